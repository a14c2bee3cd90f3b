"""The words that somebody wrote when they answered a mail: without what they quote, and without our own links. Pure."""

import re
from html import unescape

import nh3

LONGEST_READ = 100_000
LINE_ENDS = re.compile(r"<br\s*/?>|</(p|div|li|tr|h[1-6]|blockquote)>", re.IGNORECASE)
QUOTED_HTML = re.compile(r"<blockquote\b.*", re.IGNORECASE | re.DOTALL)
WROTE = re.compile(r"^(on|am|le|el|il)\b.{3,200}\b(wrote|schrieb|écrit|escribió|ha scritto)\b.{0,120}:$", re.IGNORECASE)
REST_IS_QUOTED = re.compile(
    r"^(-{2,}\s*(original message|forwarded message|ursprüngliche nachricht).*|_{10,}|from:\s.+|von:\s.+)$",
    re.IGNORECASE,
)
EMPTY_LINES = re.compile(r"\n{3,}")


def own_words(text: str, *, site: str) -> str:
    """What is new in an answer. A link to our site may be the reader's own and open their doors: it is not kept."""
    lines: list[str] = []
    for line in _joined(text[:LONGEST_READ]).splitlines():
        plain = line.strip()
        if REST_IS_QUOTED.match(plain):
            break
        if not (plain.startswith(">") or WROTE.match(plain)):
            lines.append(line.rstrip())
    without_links = re.sub(re.escape(site) + r"\S*", "…", "\n".join(lines), flags=re.IGNORECASE)
    return EMPTY_LINES.sub("\n\n", without_links).strip()


def from_html(html: str) -> str:
    """The words of a mail that has no text part; what is quoted in a block of its own goes."""
    shown = LINE_ENDS.sub("\n", QUOTED_HTML.sub("", html[:LONGEST_READ]))
    return unescape(nh3.clean(shown, tags=set()))


def _joined(text: str) -> str:
    """“On Tuesday Dana wrote:” is broken in two by many programs."""
    return re.sub(r"^((?:On|Am|Le|El|Il)\b[^\n]{3,200})\n([^\n]{0,120}:)$", _as_one, text, flags=re.MULTILINE)


def _as_one(found: re.Match[str]) -> str:
    one = f"{found[1]} {found[2]}"
    return one if WROTE.match(one) else found[0]
