"""axe looks at a page, in the two widths and the two schemes that people have.

Its source is put in through the browser's tools, so that our policy against foreign scripts stays as it is.
"""

import itertools
import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = (Path(__file__).parents[1] / "vendor/axe/axe.min.js").read_text()
SCHEMES: tuple[Any, ...] = ("light", "dark")
WIDTHS = (1280, 390)
NARROWEST = 320
"""CSS pixels: 1280 magnified four times."""

ABOUT_COLOUR = ("color-contrast", "link-in-text-block")
WHOLE = {("light", 1280), ("dark", 390)}
"""Here every rule is tried: each width and each scheme once. Colours depend on both: `make browser` tries them all."""
LOOKS = {*itertools.product(SCHEMES, WIDTHS)} if os.environ.get("LOOKS") == "all" else WHOLE

RUN = """async (how) => {
    const [within, rules] = how || [];
    const only = rules?.length ? {runOnly: rules} : {};
    const found = await axe.run(within || document, {resultTypes: ['violations'], iframes: false, ...only});
    return found.violations
        .filter(violation => ['serious', 'critical'].includes(violation.impact))
        .flatMap(violation => violation.nodes.map(node =>
            `${violation.id} at ${node.target.join(' ')}: ${[...node.any, ...node.all, ...node.none][0]?.message}`));
}"""
TOO_WIDE = """() => [...document.body.querySelectorAll('*')]
    .filter(element => element.getClientRects().length && getComputedStyle(element).overflowX === 'visible')
    .filter(element => element.getBoundingClientRect().left + element.scrollWidth > innerWidth)
    .slice(-1).map(element => element.outerHTML.slice(0, 200))"""


def findings(page: Page, name: str, within: str = "") -> list[str]:
    """What is serious or critical on this page, or in a part of it: page, scheme and width, rule, node."""
    page.evaluate(SOURCE)
    found = []
    for scheme, width in sorted(LOOKS):
        looks(page, scheme, width)
        rules = () if (scheme, width) in WHOLE else ABOUT_COLOUR
        found += [f"{name} ({scheme}, {width}): {said}" for said in page.evaluate(RUN, [within, rules])]
    looks(page, "light", NARROWEST)
    if page.evaluate("document.documentElement.scrollWidth") > NARROWEST:
        found.append(f"{name} scrolls sideways at {NARROWEST} pixels: {page.evaluate(TOO_WIDE)}")
    return found


def looks(page: Page, scheme: Any, width: int) -> None:
    """What moves is switched off: a colour halfway to another one is nobody's choice."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
