"""Files that are not taken, and what the person who uploaded one can do about it."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

HEIF = re.compile(rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)
AVIF = re.compile(rb"....ftypavi[fs]", re.DOTALL)
FILM = re.compile(rb"(?:....ftyp|\x1aE\xdf\xa3)", re.DOTALL)
MARKUP = re.compile(rb"\s*<(?:\?xml|!|svg|html|script)", re.IGNORECASE)
BEGINNING = 1024

JPEG = b"\xff\xd8"
MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
SCAN, END = 0xDA, 0xD9
MOST_SCANS, MOST_SEGMENTS = 30, 5_000
"""Of a JPEG: a dozen times over the picture is usual, and each time costs as much as all of a plain one."""

OTHER_KINDS = (
    (
        HEIF,
        gettext_lazy("This is a photo as iPhones keep it (HEIC). Send it to yourself as JPEG, and take that."),
    ),
    (
        AVIF,
        gettext_lazy("This is an AVIF. Mail programs do not show this kind of picture: save it as JPEG or PNG."),
    ),
    (
        FILM,
        gettext_lazy("This is a film. Mail programs show none: take a picture out of it, and link to the film."),
    ),
    (
        re.compile(rb"PK\x03\x04"),
        gettext_lazy("This is a document or an archive, as from Word. Save the picture in it as a file of its own."),
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


def refuse_endless_ones(content: bytes) -> None:
    """A JPEG may say in a few bytes that all of it is gone over once more, as often as it likes; raises Unfit."""
    if not content.startswith(JPEG):
        return
    scans, place = 0, len(JPEG)
    for _segment in range(MOST_SEGMENTS):
        marker = MARKER.search(content, place)
        kind = content[marker.end() - 1] if marker else END
        if marker is None or kind == END:
            return
        scans += kind == SCAN
        if scans > MOST_SCANS:
            break
        place = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2])
    raise Unfit(_("The picture is made of far too many layers. Open it, save it anew as JPEG, and try again."))
