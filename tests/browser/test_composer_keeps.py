"""Nothing that is typed is lost: without a network, without a session, with a colleague, with a laptop that is shut."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, StorageState, expect

from tests.browser import composing, studio
from tests.browser.campaigns import asked, done
from tests.config.deadlines import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKED_AT_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
"""As when somebody comes back to the window: it asks at once who else is there."""
LAST_KEY_TO_SERVER = 5000
"""Milliseconds, as it is promised."""


def looks_again(page: Page) -> None:
    with page.expect_response(re.compile("/here$")):
        page.evaluate(LOOKED_AT_AGAIN)


def test_words_typed_without_a_network_survive_a_closed_window(page: Page, demo: dict[str, str]) -> None:
    address = composing.begin(page, demo, "On a train")
    page.context.set_offline(True)
    composing.prose(page, 1).fill("Written in a tunnel.")
    expect(page.locator("#save-notice")).to_contain_text("your words are kept on this computer")
    again = page.context.new_page()
    page.close()
    again.context.set_offline(False)
    again.goto(address)
    composing.ready(again)

    expect(composing.prose(again, 1)).to_have_text("Written in a tunnel.")
    expect(again.locator("#save-notice")).to_contain_text("Welcome back")
    composing.is_saved(again)


def test_a_window_shut_in_the_middle_of_a_word_opens_with_it(page: Page, demo: dict[str, str]) -> None:
    """With a list in it, which the server writes in another way than the editor; and nothing stands twice."""
    address = composing.begin(page, demo, "Shut")
    composing.prose(page, 1).fill("One thing ")
    composing.block(page, 1).get_by_role("button", name="List", exact=True).click()
    before = composing.kinds(page)
    again = page.context.new_page()
    page.close(run_before_unload=True)
    again.goto(address)
    composing.ready(again)

    expect(composing.prose(again, 1).locator("li")).to_have_text("One thing")
    composing.is_saved(again)
    assert composing.kinds(again) == before


@pytest.fixture
def stopwatch(browser: Browser, session: StorageState) -> Iterator[Page]:
    """A window whose clock can be stopped. That is done by a script, which the preview's frame refuses and says so."""
    context = browser.new_context(storage_state=session, locale="en-CA", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.clock.install()
    yield page
    context.close()


def test_what_is_typed_is_on_the_server_five_seconds_after_the_last_key(stopwatch: Page, demo: dict[str, str]) -> None:
    """The page's own clock stands still from then on: what had not left by then never would."""
    page = stopwatch
    email = int(composing.begin(page, demo, "Five seconds").rstrip("/").split("/")[-2])
    kept = "SELECT subject FROM newsletter_emailtemplate WHERE id = %s"
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    page.get_by_label("Subject").press("Control+a")
    page.keyboard.type("Typed and left alone")
    page.clock.run_for(LAST_KEY_TO_SERVER)

    wait_until(lambda: asked(demo, kept, email) == [("Typed and left alone",)])
    expect(page.locator("#saved")).to_have_text(composing.SAVED)
    page.keyboard.type(", and once more")
    for _key in range(5):
        page.keyboard.type("!")
        page.clock.run_for(LAST_KEY_TO_SERVER / 5)
    wait_until(lambda: asked(demo, kept, email)[0][0].startswith("Typed and left alone, and once more"))


def test_the_connection_comes_back_and_so_do_the_words(page: Page, demo: dict[str, str]) -> None:
    address = composing.begin(page, demo, "Back again")
    page.context.set_offline(True)
    page.get_by_label("Subject").fill("Typed while away")
    expect(page.locator("#saved")).to_have_text("Not saved: no connection")
    page.get_by_role("link", name="Review and send").click()
    expect(page.locator("#save-notice")).to_contain_text("You are still here")
    page.context.set_offline(False)
    composing.is_saved(page)

    page.goto(address)
    expect(page.get_by_label("Subject")).to_have_text("Typed while away")


def test_a_save_whose_answer_is_lost_is_nobody_elses(page: Page, demo: dict[str, str]) -> None:
    composing.begin(page, demo, "Half heard")
    before = composing.kinds(page)
    lost: list[str] = []

    def heard_by_the_server_alone(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.fetch()
            route.abort()

    page.route(re.compile("/save$"), heard_by_the_server_alone)
    composing.write(page, 1, " Into the tunnel.")
    expect(page.locator("#saved")).to_have_text("Not saved: no connection")
    composing.write(page, 1, " And out of it.")
    composing.is_saved(page)

    expect(page.locator("#save-notice")).to_contain_text("Everything is saved again")
    assert composing.kinds(page) == before
    page.reload()
    composing.ready(page)
    expect(composing.prose(page, 1)).to_contain_text("Into the tunnel. And out of it.")


def test_who_is_signed_out_in_the_middle_loses_nothing(page: Page, demo: dict[str, str]) -> None:
    composing.begin(page, demo, "Signed out")
    page.context.clear_cookies()
    page.get_by_label("Subject").fill("Typed after the session ended")
    expect(page.locator("#save-notice")).to_contain_text("You were signed out")

    other = page.context.new_page()
    studio.sign_in(other, demo)
    other.close()
    page.evaluate("dispatchEvent(new Event('focus'))")
    composing.is_saved(page)


def test_two_who_write_at_once_are_told_and_keep_every_word(page: Page, colleague: Page, demo: dict[str, str]) -> None:
    address = composing.begin(page, demo, "Four hands")
    began = composing.kinds(page)
    colleague.goto(address)
    composing.ready(colleague)
    looks_again(page)
    expect(page.locator("#others")).to_have_text("Sam Okafor is writing here too")
    expect(colleague.locator("#others")).to_contain_text("is writing here too")
    page.get_by_label("What the button says").fill("Mine on the button")
    composing.write(page, 1, " Mine in the text.")
    composing.save(page)
    composing.write(colleague, 1, " Theirs in the text.")
    composing.add(colleague, "Heading")
    colleague.get_by_role("textbox", name="Heading").fill("Theirs below")
    composing.save(colleague)

    expect(colleague.locator("#save-notice")).to_contain_text("Both are here now.")
    looks_again(page)
    expect(page.locator("#save-notice")).to_contain_text("Sam Okafor saved this email")
    composing.save(page)
    words = "\n".join(words for _kind, words, _only in composing.says(page))
    for sentence in ("Mine on the button", "Mine in the text.", "Theirs in the text.", "Theirs below"):
        assert sentence in words
    assert composing.kinds(page) == composing.kinds(colleague) == ["Text", "Text", *began[1:], "Heading"]


def test_what_only_one_of_two_has_changed_stands_once(page: Page, colleague: Page, demo: dict[str, str]) -> None:
    """A list and a condition, which come back from the server in another shape."""
    address = composing.begin(page, demo, "One each")
    composing.prose(page, 1).fill("First")
    composing.block(page, 1).get_by_role("button", name="List", exact=True).click()
    composing.act(page, "Show only to some", 1).click()
    page.get_by_role("button", name="Show only to them").click()
    composing.save(page)
    began = composing.kinds(page)
    colleague.goto(address)
    composing.ready(colleague)
    colleague.get_by_label("Subject").fill("From Sam")
    composing.save(colleague)
    composing.write(page, 1, " thing")
    composing.save(page)

    expect(page.locator("#save-notice")).to_contain_text("Both are here now.")
    assert composing.kinds(page) == began
    expect(page.get_by_label("Subject")).to_have_text("From Sam")
    expect(composing.prose(page, 1).locator("li")).to_have_text("First thing")


def test_who_writes_is_told_that_it_was_scheduled_meanwhile(page: Page, demo: dict[str, str]) -> None:
    address = composing.begin(page, demo, "Overtaken")
    email = int(address.rstrip("/").split("/")[-2])
    status = "UPDATE newsletter_campaign SET status = %s WHERE email_id = %s"
    done(demo, status, "paused", email)
    looks_again(page)
    expect(page.locator("#save-notice")).to_contain_text("Somebody has scheduled this campaign")
    page.get_by_label("Subject").fill("Typed too late")
    expect(page.locator("#saved")).to_have_text("It cannot be changed now")

    done(demo, status, "draft", email)
    looks_again(page)
    composing.is_saved(page)
    page.reload()
    expect(page.get_by_label("Subject")).to_have_text("Typed too late")


def test_a_link_in_the_preview_leads_nowhere(page: Page, demo: dict[str, str]) -> None:
    composing.begin(page, demo, "Clicked")
    composing.letter(page).get_by_role("link").first.click(force=True)
    composing.write(page, 1, " Still shown.")

    expect(composing.letter(page).get_by_text("Still shown.")).to_be_visible()
