"""A campaign, in a real browser on real processes: written in a dozen clicks, scheduled, taken back, sent."""

import re
import time
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.browser import campaigns, composing, studio
from tests.browser.campaigns import SUBJECT, asked, main
from tests.browser.studio import PATIENCE
from tests.config.deadlines import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLINIC = ZoneInfo("America/Toronto")
MOST_CLICKS, MOST_SECONDS = 12, 120
ASKS_EVERY = 2_000
"""Milliseconds, while the checks may say something else in a moment."""
PHONE: ViewportSize = {"width": 390, "height": 844}
COUNT_CLICKS = """
    addEventListener("click", event => {
        if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks ?? 0) + 1;
    }, true);
"""


def clicks(page: Page) -> int:
    return int(page.evaluate("sessionStorage.clicks"))


def next_week() -> datetime:
    at = datetime.now(CLINIC).replace(hour=9, minute=30, second=0, microsecond=0)
    return at + timedelta(days=7 - at.weekday() + 1)


def test_from_signing_in_to_a_scheduled_campaign_in_a_dozen_clicks(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    page.context.add_init_script(COUNT_CLICKS)
    began = time.monotonic()
    studio.sign_in(page, demo)
    page.get_by_role("navigation").get_by_role("link", name="Campaigns").click()
    main(page).get_by_role("link", name="Write a campaign").click()
    page.get_by_role("button", name=re.compile("^A plain letter")).click()
    composing.ready(page)
    page.get_by_label("Subject").clear()
    page.get_by_label("Subject").press_sequentially(SUBJECT)
    composing.prose(page, 1).fill(campaigns.TEXT)
    composing.is_saved(page)
    page.get_by_role("link", name="Review and send").click()
    campaigns.send_a_test(page)
    page.get_by_label("At a time of your own").check()
    page.get_by_label("Date and time").fill(f"{next_week():%Y-%m-%dT%H:%M}")
    expect(page.locator("#outlook")).to_contain_text("Tue", timeout=PATIENCE)
    send = page.get_by_role("button", name=re.compile(r"Send to \d+ people"))
    send.click(timeout=PATIENCE)
    expect(main(page)).to_contain_text("You can take it back until it begins to leave.")

    assert clicks(page) <= MOST_CLICKS
    assert time.monotonic() - began < MOST_SECONDS
    [(status, at)] = asked(demo, "SELECT status, goes_at FROM newsletter_campaign WHERE id = %s", campaigns.pk(page))
    assert (status, at) == ("scheduled", next_week())
    taken_back_from_the_calendar(page, demo)


def taken_back_from_the_calendar(page: Page, demo: dict[str, str]) -> None:
    page.goto(f"{demo['studio']}campaigns/calendar")
    day = page.get_by_role("cell").filter(has_text=f"{next_week():%-d %b}")
    day.get_by_role("button", name="Take it back").click()
    expect(main(page)).to_contain_text("Taken back. It is a draft again, and nobody has got it.")


def test_a_look_at_the_checks_meanwhile_does_not_swallow_what_becomes_of_a_test(
    chromium_page: Page, demo: dict[str, str]
) -> None:
    page, held = chromium_page, list[Route]()
    studio.sign_in(page, demo)
    composing.begin(page, demo, "Asked for twice")
    campaigns.write(page)
    with campaigns.frozen_sender(demo, "transactional"):
        page.get_by_role("link", name="Review and send").click()
        page.get_by_role("button", name="Send me a test").click()
        expect(page.locator("#checks")).to_contain_text("A test leaves within seconds")
        page.reload()
        with page.expect_response(re.compile("/checks"), timeout=PATIENCE):
            pass
        page.route("**/test", lambda route: held.append(route))  # noqa: PLW0108 - it sets an attribute on its handler
        with page.expect_request("**/test"):
            page.get_by_role("button", name="Send me a test").click()
        looked: list[str] = []
        page.on("request", lambda request: looked.append(request.url))
        page.wait_for_timeout(ASKS_EVERY + 500)
        assert looked == []
        held[0].continue_()
        expect(page.locator("#checks")).to_contain_text("A test leaves within seconds")
    expect(page.locator("#checks")).to_contain_text("The test has left", timeout=PATIENCE)


def test_what_cannot_go_has_no_button_and_leads_to_the_place(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    studio.sign_in(page, demo)
    composing.begin(page, demo, "Half written")
    page.get_by_label("Subject").clear()
    composing.is_saved(page)
    page.get_by_role("link", name="Review and send").click()

    expect(main(page)).to_contain_text("It cannot go yet")
    expect(main(page)).to_contain_text("Write a subject.")
    expect(page.get_by_role("button", name=re.compile("Send to"))).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Go there .Subject")).click()
    composing.ready(page)
    expect(page.get_by_label("Subject")).to_be_focused()


def test_on_a_phone_a_minute_to_take_it_back_is_counted_down_and_then_it_leaves(
    chromium_page: Page, demo: dict[str, str]
) -> None:
    page = chromium_page
    page.set_viewport_size(PHONE)
    studio.sign_in(page, demo)
    composing.begin(page, demo, "Quiet hour")
    campaigns.write(page)
    page.get_by_role("link", name="Review and send").click()
    campaigns.send_a_test(page)
    button = page.get_by_role("button", name=re.compile(r"Send to \d+ people"))
    people = int(re.findall(r"\d+", button.inner_text(timeout=PATIENCE))[0])
    fits(page)
    button.dblclick()
    expect(page.locator("p.flash")).to_have_text(
        [f"Scheduled for {people} people. You can take it back until it begins to leave."]
    )
    fits(page)
    counts_down(page)
    page.get_by_role("button", name="Take it back").click()
    expect(main(page)).to_contain_text("It is a draft again, and nobody has got it.")

    page.get_by_role("link", name="Review and send").click()
    page.get_by_role("button", name=f"Send to {people} people").click()
    campaigns.let_the_minute_pass(demo, campaigns.pk(page))
    expect(main(page)).to_contain_text("Everything that could leave has left", timeout=PATIENCE)
    fits(page)
    assert (campaigns.figure(page, "Planned"), campaigns.figure(page, "Submitted")) == (people, people)
    everybody_got_it_once(page, demo, people)


def fits(page: Page) -> None:
    """Nothing hangs over the edge of the screen, once the page has its styles."""
    page.wait_for_load_state("load", timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def counts_down(page: Page) -> None:
    """By itself, and the button to take it back stays the same all the while."""
    undo = page.locator(".undo strong")
    first = int(undo.inner_text().split()[0])
    handle = page.get_by_role("button", name="Take it back").element_handle()
    wait_until(lambda: int(undo.inner_text().split()[0]) < first, within=60)
    assert handle.evaluate("button => button.isConnected")


def everybody_got_it_once(page: Page, demo: dict[str, str], people: int) -> None:
    wanted = asked(
        demo,
        "SELECT l.email FROM newsletter_delivery d JOIN leads_lead l ON l.id = d.lead_id"
        " WHERE d.kind = 1 AND d.owner = %s",
        campaigns.pk(page),
    )
    page.goto(f"{demo['inbox']}?subject={SUBJECT}")
    got = Counter(page.locator("#mails td[data-label=To]").all_inner_texts())
    assert {email: got[email] for (email,) in wanted} == {email: 1 for (email,) in wanted}
    assert len(wanted) == people
