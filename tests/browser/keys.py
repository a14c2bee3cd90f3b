"""A page by keyboard alone: where the Tab key leads, and whether the way past the menu works."""

from playwright.sync_api import Page

from tests.config.deadlines import wait_until

MOST_PRESSES = 400
A_FEW = 20
LISTEN = """() => {
    window.reached = new Set();
    document.addEventListener('focusin', event => window.reached.add(event.target));
}"""
MISSED = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    .filter(element => element.checkVisibility({visibilityProperty: true}) && !element.disabled)
    .filter(element => !element.closest('[aria-hidden="true"]'))
    .filter(element => element.type !== 'radio' ||
        ![...window.reached].some(other => other.type === 'radio' && other.name === element.name))
    .filter(element => !window.reached.has(element))
    .filter(element => ![...window.reached].some(gone => !gone.isConnected && gone.outerHTML === element.outerHTML))
    .map(element => element.outerHTML.slice(0, 120))"""
"""What a page has put in the place of something reached, because it asks for itself again, counts as reached."""
IS_FIRST = "document.querySelector('a[href], button, input, select, textarea, summary').matches('.skip')"
HAS_LED = """() => {
    const [skip, target] = [document.querySelector('.skip'), document.querySelector(':target')];
    return location.hash === skip.hash && !(target && document.activeElement === skip);
}"""
"""The address has changed, and where it names a place the focus has gone there: the browser takes its time over it."""
IS_PAST = "document.querySelector('main').contains(document.activeElement)"


def missed(page: Page) -> list[str]:
    """What can be used with a mouse and is never reached with the Tab key."""
    page.evaluate(LISTEN)
    for _ in range(MOST_PRESSES // A_FEW):
        for _ in range(A_FEW):
            page.keyboard.down("Tab")  # and held: it repeats itself
        page.keyboard.up("Tab")
        if not page.evaluate(MISSED):
            return []
    return page.evaluate(MISSED)


def skips(page: Page) -> bool:
    """Whether the first stop is the way past the menu, and Enter there leads into the page."""
    if not page.evaluate(IS_FIRST):
        return False
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    wait_until(lambda: page.evaluate(HAS_LED))
    page.keyboard.press("Tab")
    return page.evaluate(IS_PAST)
