"""The frozen mail with the numbers beside its links. Pure."""

import re
from collections.abc import Mapping

from django.utils.html import format_html

from newsletter.rendering import links
from newsletter.rendering.preview import NOBODY

LINK = re.compile(rf'(<a\b[^>]*\bhref="[^"]*{links.prefix("click")}{NOBODY}/(\d+)"[^>]*>)(.*?)(</a>)', re.DOTALL)
BADGE = (
    "display:inline-block;margin:2px 4px;padding:1px 8px;border-radius:10px;background:#17505a;color:#ffffff;"
    "border:1px solid #ffffff;font:bold 13px/18px sans-serif;text-decoration:none;white-space:nowrap;"
    "vertical-align:middle"
)


def marked(html: str, said: Mapping[int, str]) -> str:
    """A sample's HTML with these words after the links of these numbers; a link without words stays as it is."""

    def mark(found: re.Match[str]) -> str:
        words = said.get(int(found[2]))
        return found[0] if words is None else found[0] + format_html('<span style="{}">{}</span>', BADGE, words)

    return LINK.sub(mark, html)
