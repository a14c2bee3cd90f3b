"""Files that are not taken, and what the person who uploaded one can do about it."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

HEIF = re.compile(rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1|avi[fs])", re.DOTALL)
MARKUP = re.compile(rb"\s*<(?:\?xml|!|svg|html|script)", re.IGNORECASE)
BEGINNING = 1024

OTHER_KINDS = (
    (
        HEIF,
        gettext_lazy("This is a photo as iPhones keep it (HEIC). Send it to yourself as JPEG, and take that."),
    ),
    (
        re.compile(rb"%PDF-"),
        gettext_lazy("This is a PDF. Make a picture of the page, such as a screenshot, and take that."),
    ),
    (
        re.compile(rb"(?:II\*\0|MM\0\*|8BPS|BM)"),
        gettext_lazy("Mail programs do not show this kind of picture. Save it as JPEG or PNG and try again."),
    ),
)


class Unfit(ValueError):
    """The file cannot become a picture of the library; `str()` is for whoever uploaded it."""


def refuse_other_kinds(content: bytes) -> None:
    """Name what is often uploaded by mistake; raises Unfit."""
    beginning = content[:BEGINNING].removeprefix(b"\xef\xbb\xbf")
    if MARKUP.match(beginning):
        raise Unfit(_("This is a drawing or a page as text (SVG). Mail programs do not show it: export it as PNG."))
    for pattern, why in OTHER_KINDS:
        if pattern.match(beginning):
            raise Unfit(str(why))
