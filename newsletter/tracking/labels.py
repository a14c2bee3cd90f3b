"""Who clicked, as far as a request tells. Pure. Scanners follow links before people do, and follow all of them.

The label is a judgement, so the reason always comes with it. What a person then does on the page outweighs it.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from newsletter.tracking.models import ClickLabel

TOO_SOON = timedelta(seconds=2)
BURST = timedelta(seconds=2)
BURST_LINKS = 3

SCANNERS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scanner|preview|prefetch|validator|linkcheck|monitoring|headless"
    r"|barracuda|proofpoint|mimecast|messagelabs|symantec|fireeye|trendmicro|forcepoint|ironport|sophos"
    r"|fortinet|fortimail|zscaler|check ?point|avanan|vadesecure|safelinks|google-?safety|imageproxy|mailproxy"
    r"|yahoocachesystem|facebookexternalhit|whatsapp|microsoft office|ms-office|bitdefender|kaspersky"
    r"|curl|wget|python|go-http-client|java/|okhttp|libwww|httpclient|guzzle|axios|node-fetch|ruby|perl|php/"
    r"|powershell|winhttp|postman",
    re.IGNORECASE,
)
BROWSERS = ("mozilla/", "opera/")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the request told of itself."""

    method: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    label: ClickLabel
    reason: str


IN_A_BURST = Judgement(ClickLabel.SCANNER, "three or more links within two seconds")
ACTED = Judgement(ClickLabel.PERSON, "went on to act on the page")


def judge(seen: Seen, *, since_submitted: timedelta | None, links_in_burst: int) -> Judgement:
    """Judge one request; `since_submitted` is None while nobody knows that the mail has left."""
    scanner = _scanner(seen.agent)
    if seen.method == "HEAD":
        return Judgement(ClickLabel.SCANNER, "asked for the headers only")
    if scanner:
        return Judgement(ClickLabel.SCANNER, f"calls itself {scanner}")
    if since_submitted is not None and since_submitted < TOO_SOON:
        return Judgement(ClickLabel.SCANNER, "within two seconds of the mail's leaving")
    if links_in_burst >= BURST_LINKS:
        return IN_A_BURST
    if since_submitted is None or not seen.agent.lower().startswith(BROWSERS):
        return Judgement(ClickLabel.UNKNOWN, "nothing to tell by")
    return Judgement(ClickLabel.PERSON, "looks like a person's browser")


@lru_cache(maxsize=512)
def _scanner(agent: str) -> str:
    """What a program calls itself that is no browser, else nothing. Few programs are in use, and looking takes long."""
    found = SCANNERS.search(agent)
    return found[0].strip("/").lower() if found else ""
