"""Everything that may keep a mail from going is caught, on screen and by the server, mended from there."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from newsletter.content.findings import FIXES
from tests.browser import campaigns, composing, studio
from tests.browser.campaigns import asked, done, main
from tests.browser.studio import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DEAD = "https://www.nice.org.uk/guidance/gone"
ALIVE = "https://www.nhs.uk/conditions/sciatica/"
TEXTS = {
    "aaaaaaa1": "<p>Hello {{ frist_name|there }}, this is a plain letter about nothing.</p>",
    "aaaaaaa2": "<p>And {{ first_name }}, one more thing.</p>",
    "aaaaaaa3": f'<p>Read <a href="{ALIVE.replace("https", "http")}">what others say</a>.</p>',
    "aaaaaaa4": "<p>We cure everybody.</p>",
    "aaaaaaa5": "<p>[Say why you write.]</p>",
    "aaaaaaa6": f'<p>Read <a href="{DEAD}">the guideline</a>.</p>',
    "aaaaaaa7": "<p>Sciatica is common.</p>",
}
IMAGE = {"id": "aaaaaaa8", "type": "image", "picture": "nerve-map", "alt": "", "decorative": False}
BODY = {"version": 2, "blocks": [*({"id": key, "type": "text", "text": html} for key, html in TEXTS.items()), IMAGE]}
LONG = {"id": "aaaaaaa9", "type": "text", "text": "<p>So.</p>" * 1500}


def rewrite(number: int, words: str) -> Callable[[Page], object]:
    """What nobody but who writes can mend."""
    return lambda page: composing.prose(page, number).fill(words)


def click(fix: str) -> Callable[[Page], object]:
    """The one click that mends it."""
    return lambda page: page.locator("#findings").get_by_role("button", name=str(FIXES[fix])).first.click()


FAULTS: dict[str, Callable[[Page], object]] = {
    "Write a subject.": lambda page: page.get_by_label("Subject").fill("Re: hello"),
    "It looks like an answer to a mail": click("strip_re"),
    "There is no field “frist_name”": rewrite(1, "Hello, this is a plain letter about nothing."),
    "The field “The reader's first name” may be empty.": click("add_fallback"),
    "Use its address that begins with https://": click("use_https"),
    "Say in the alternative text what the picture shows": click("mark_decorative"),
    "“cure” is a word no clinic can use.": rewrite(4, "We listen to everybody."),
    "Replace the words in square brackets": rewrite(5, "We write because it is Monday."),
    f"The link {DEAD} is dead.": rewrite(6, "There is a guideline."),
    "Add the red-flag box": click("add_red_flags"),
}
LATER = {"It looks like an answer to a mail"}


def test_preflight_catches_each_thing_that_blocks(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    studio.sign_in(page, demo)
    composing.begin(page, demo, "Everything wrong")
    email = int(re.findall(r"emails/(\d+)", page.url)[0])
    [(campaign,)] = asked(demo, "SELECT id FROM newsletter_campaign WHERE email_id = %s", email)
    rewritten(demo, email, BODY)
    looked_at(demo, DEAD, "dead", "gone")
    looked_at(demo, ALIVE, "alive", "")
    [(address,)] = asked(demo, "SELECT postal_address FROM clinic_clinic")
    done(demo, "UPDATE clinic_clinic SET postal_address = ''")
    try:
        everything_is_said_and_nothing_goes(page, demo, campaign)
        the_address_is_entered_from_where_it_is_missed(page, address)
    finally:
        done(demo, "UPDATE clinic_clinic SET postal_address = %s", address)
    each_fault_is_mended(page, demo, campaign)
    what_is_too_large_and_what_nobody_has_read(page, demo, campaign, email)


def review(page: Page, demo: dict[str, str], campaign: int) -> None:
    page.goto(f"{demo['studio']}campaigns/{campaign}/schedule")


def looked_at(demo: dict[str, str], url: str, verdict: str, reason: str) -> None:
    """As a worker saw it a moment ago."""
    done(
        demo,
        "INSERT INTO newsletter_linkcheck (url, verdict, reason, checked_at) VALUES (%s, %s, %s, now())"
        " ON CONFLICT (url) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason, checked_at = now()",
        *(url, verdict, reason),
    )


def rewritten(demo: dict[str, str], email: int, body: dict[str, object]) -> None:
    done(
        demo,
        "UPDATE newsletter_emailtemplate SET subject = '', body = %s::jsonb, version = version + 1, updated_at = now()"
        " WHERE id = %s",
        json.dumps(body),
        email,
    )


def everything_is_said_and_nothing_goes(page: Page, demo: dict[str, str], campaign: int) -> None:
    """Each with its place and a way from there; and the server does not go by the button."""
    review(page, demo, campaign)
    said = page.locator("#checks .finding-wrong")
    for sentence in [*(FAULTS.keys() - LATER), "The law wants a postal address in it."]:
        fault = said.filter(has_text=sentence)
        expect(fault).to_have_count(1)
        expect(fault.locator("strong").first).not_to_be_empty()
        expect(fault.get_by_role("link").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Send to"))).to_have_count(0)
    page.locator("#send").evaluate("form => form.submit()")
    expect(page.locator("#send")).to_contain_text("Write a subject.")
    assert asked(demo, "SELECT status FROM newsletter_campaign WHERE id = %s", campaign) == [("draft",)]


def the_address_is_entered_from_where_it_is_missed(page: Page, address: str) -> None:
    page.locator("#checks").get_by_role("link", name=re.compile("Open the clinic's profile")).first.click()
    page.get_by_label("Postal address").fill(address)
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    expect(page.get_by_role("main")).to_be_visible()


def each_fault_is_mended(page: Page, demo: dict[str, str], campaign: int) -> None:
    review(page, demo, campaign)
    expect(page.locator("#checks")).not_to_contain_text("postal address")
    page.get_by_role("link", name=re.compile("^Go there .Subject")).first.click()
    composing.ready(page)
    expect(page.get_by_label("Subject")).to_be_focused()
    left = list(FAULTS)
    found = page.locator("#findings")
    for sentence, mend in FAULTS.items():
        expect(found).to_contain_text(sentence)
        mend(page)
        expect(found).not_to_contain_text(sentence)
        left.remove(sentence)
        for other in set(left) - LATER:
            expect(found).to_contain_text(other)
    composing.is_saved(page)
    expect(page.locator("#findings .finding-wrong")).to_have_count(0)


def what_is_too_large_and_what_nobody_has_read(page: Page, demo: dict[str, str], campaign: int, email: int) -> None:
    done(
        demo,
        "UPDATE newsletter_emailtemplate SET body = jsonb_insert(body, '{blocks,0}', %s::jsonb), version = version + 1"
        " WHERE id = %s",
        json.dumps(LONG),
        email,
    )
    review(page, demo, campaign)
    large = page.locator("#checks .finding-wrong").filter(has_text="KB large")
    expect(page.locator("#checks .finding-wrong")).to_have_count(2)
    large.get_by_role("link").first.click()
    composing.ready(page)
    composing.act(page, "Delete", 1).click()
    composing.is_saved(page)

    review(page, demo, campaign)
    expect(page.locator("#checks .finding-wrong")).to_have_count(1)
    expect(page.locator("#checks")).to_contain_text("Nobody has had a test mail of these words.")
    campaigns.send_a_test(page)
    expect(page.get_by_role("button", name=re.compile(r"Send to \d+ people"))).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#checks .finding-wrong")).to_have_count(0)
    expect(main(page)).not_to_contain_text("It cannot go yet")
