"""A sequence built, published and changed in a real browser: by keyboard, by drag, and by two people at once."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe, composing, sequences
from tests.browser.campaigns import asked, done

pytestmark = [pytest.mark.browser, pytest.mark.slow]

INSIDE = """
    INSERT INTO newsletter_enrolment (sequence_id, version_id, lead_id, consent_id, state, next_position, due_at, since,
                                      occasion, turn, enrolled_at, exit_reason)
    SELECT s.id, s.published_id, k.lead_id, min(k.id), 'active', row_number() OVER (ORDER BY k.lead_id) - 1,
           now() + interval '20 days', now(), 0, 0, now(), ''
    FROM newsletter_sequence s, leads_consent k JOIN leads_lead l ON l.id = k.lead_id
    WHERE s.id = %s AND k.purpose = 'marketing' AND k.withdrawn_at IS NULL AND l.erased_at IS NULL AND l.status = 'lead'
    GROUP BY s.id, k.lead_id ORDER BY k.lead_id LIMIT 2
"""

BUILT = [
    "1 At once: “What you asked for, and what comes next”",
    "2 2 days later: “One map, and one thing you can do today”",
    "3 3 days later: “When it starts somewhere else”",
    "4 3 days later: “What a first visit is like”",
    "5 4 days later: “What studies show, and what they don't”",
    "6 Wait until somebody replies or asks a question, at most 2 days",
    "7 Ask a person: Please answer in person.",
    "8 Wait: 3 days later",
    "9 2 days later: “Fifteen minutes, no needles”",
    "10 Wait until somebody clicks in a mail, at most 2 days",
    "11 1 day later: “No time that suits?”",
    "12 3 days later: “Shall we leave it here?”",
]
IF_SO = "at the end of: as soon as this happens"


def pk(page: Page) -> int:
    """The sequence whose page this is."""
    return int(re.search(r"/sequences/(\d+)", page.url)[1])  # type: ignore[index]


def begin(page: Page, demo: dict[str, str], name: str) -> None:
    page.goto(f"{demo['studio']}sequences/new")
    sequences.reach(page, page.get_by_label("Name", exact=True))
    page.keyboard.type(name)
    sequences.press(page, re.compile("^An empty plan"))
    sequences.ready(page)


def test_the_course_is_built_from_an_empty_page_by_keyboard_and_published_with_people_inside(
    page: Page, demo: dict[str, str]
) -> None:
    build(page, demo)
    moved_and_had_back(page)
    publish_with_people_inside(page, demo)


def build(page: Page, demo: dict[str, str]) -> None:
    """The shipped course, from nothing: its rules, seven mails, a person for questions, one letter more for a click."""
    begin(page, demo, "The course once more")
    rule(page, "Begins", "It begins when", "somebody confirms that we may write")
    rule(page, "Ends when somebody", "It has reached its goal when somebody", "books")
    for mail, days in (("What you asked for", 0), ("One map", 2), ("When it starts", 3), ("What a first visit", 3)):
        add_mail(page, mail, days)
    add_mail(page, "What studies show", 4)
    add_wait_until(page, "replies or asks a question")
    sequences.add(page, "Ask a person", IF_SO)
    sequences.write(page, "What the person is to do", "Please answer in person.")
    sequences.done(page)
    sequences.add(page, "Wait", IF_SO)
    sequences.write(page, "Days", "3")
    sequences.done(page)
    add_mail(page, "Fifteen minutes", 2)
    add_wait_until(page, "clicks in a mail")
    compose(page)
    add_mail(page, "Shall we leave", 3)
    assert sequences.steps(page) == BUILT
    expect(page.get_by_role("heading", name="The plan: 7 mails over 21 days (up to 8)")).to_be_visible()


def rule(page: Page, name: str, label: str, words: str) -> None:
    sequences.press(page, re.compile(f"^Change ?: {name}"), "link")
    sequences.choose(page, label, words)
    sequences.done(page)
    expect(sequences.heard(page)).to_contain_text(re.compile(f"^{name}: .*{words}"))


def add_mail(page: Page, mail: str, days: int) -> None:
    sequences.add(page, "Mail")
    sequences.choose(page, "Mail", mail)
    sequences.write(page, "Days", str(days))
    sequences.done(page)


def add_wait_until(page: Page, event: str) -> None:
    sequences.add(page, "Wait until something happens")
    sequences.choose(page, "Until somebody", event)
    sequences.write(page, "Days at most", "2")
    sequences.done(page)


def compose(page: Page) -> None:
    """A mail is written where it is needed, and one is back at its step."""
    sequences.add(page, "Mail", IF_SO)
    sequences.write(page, "Days", "1")
    sequences.press(page, "Write a new mail")
    composing.ready(page)
    sequences.press(page, "Add the first block")
    sequences.reach(page, page.get_by_role("dialog").get_by_role("button", name=re.compile("^Text")))
    page.keyboard.press("Enter")
    sequences.reach(page, composing.prose(page, 1))
    page.keyboard.type("You looked at the free call. Was there no time that suits you?")
    sequences.reach(page, page.get_by_label("Subject"))
    page.keyboard.type("No time that suits?")
    composing.is_saved(page)
    sequences.press(page, re.compile("^The plan of"), "link")
    sequences.ready(page)
    expect(sequences.field(page, "Days")).to_have_value("1")
    sequences.done(page)


def moved_and_had_back(page: Page) -> None:
    """The mail for who clicked goes out of its branch by one key, is had back, and both survive a reload."""
    inside = page.locator(".branch [data-step]")
    sequences.reach(page, page.get_by_role("link", name=re.compile("^Change ?: step 11$")))
    page.keyboard.press("Alt+ArrowDown")
    expect(sequences.heard(page)).to_contain_text("Moved: 1 day later")
    expect(inside).to_have_count(3)
    page.keyboard.press("Alt+ArrowDown")
    expect(inside).to_have_count(2)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(inside).to_have_count(3)
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+y")
    expect(inside).to_have_count(2)
    page.reload()
    sequences.ready(page)
    sequences.press(page, "Undo")
    expect(inside).to_have_count(3)
    sequences.press(page, "Undo")
    expect(sequences.heard(page)).to_contain_text("Undo")
    assert sequences.steps(page) == BUILT


def publish_with_people_inside(page: Page, demo: dict[str, str]) -> None:
    sequence = pk(page)
    sequences.press(page, "Review and publish", "link")
    sequences.press(page, "Publish")
    expect(page.get_by_role("status")).to_contain_text("Version 1 is what people enter from now on.")
    done(demo, INSIDE, sequence)

    sequences.press(page, "Change the plan", "link")
    sequences.ready(page)
    sequences.add(page, "Mail", "before step 2")
    sequences.choose(page, "Mail", "When it starts")
    sequences.done(page)
    sequences.press(page, "Review and publish", "link")
    expect(page.get_by_role("main")).to_contain_text("2 people are inside")
    table = page.get_by_role("table", name="Who gets what, before and after")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_role("cell").nth(1)).to_contain_text("When it starts somewhere else")
    sequences.reach(page, page.get_by_label("New people only", exact=False))
    page.keyboard.press("ArrowDown")
    sequences.press(page, "Publish")
    expect(page.get_by_role("status")).to_contain_text("2 people were moved to it.")
    statement = (
        "SELECT DISTINCT v.number FROM newsletter_enrolment e JOIN newsletter_sequenceversion v ON v.id = e.version_id"
    )
    assert asked(demo, f"{statement} WHERE e.sequence_id = %s", sequence) == [(2,)]


def test_what_is_typed_saves_itself_and_a_step_is_dragged_into_a_branch(page: Page, demo: dict[str, str]) -> None:
    begin(page, demo, "Dragged")
    sequences.add(page, "Ask a person")
    sequences.write(page, "What the person is to do", "Ring them")
    expect(page.locator("#words-1")).to_contain_text("Ask a person: Ring them")
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d\d:\d\d"))
    page.keyboard.type(" today")
    expect(page.locator("#words-1")).to_contain_text("Ring them today")
    assert sequences.field(page, "What the person is to do").input_value() == "Ring them today"
    sequences.done(page)
    sequences.add(page, "Two ways, by lot")
    sequences.done(page)

    handle = page.locator("[data-step='1'] [data-drag]").bounding_box()
    to = page.locator("[data-place='2-no-0'] > summary").bounding_box()
    assert handle
    assert to
    page.mouse.move(handle["x"] + 5, handle["y"] + 5)
    page.mouse.down()
    page.mouse.move(to["x"] + 5, to["y"] + to["height"] / 2, steps=4)
    page.mouse.up()
    expect(page.locator(".branch-no [data-step='1']")).to_be_visible()
    assert axe.findings(page, "the editor") == []


def test_two_who_write_at_once_are_told_and_neither_loses_anything(
    page: Page, colleague: Page, demo: dict[str, str]
) -> None:
    begin(page, demo, "Two at once")
    sequences.add(page, "Ask a person")
    colleague.goto(page.url.partition("?")[0].partition("#")[0] + "?open=1")
    sequences.ready(colleague)
    expect(colleague.locator("#others")).to_contain_text("Dana Reyes has this open since")
    sequences.write(page, "What the person is to do", "Ring them")
    sequences.done(page)
    expect(page.locator("#others")).to_contain_text("Sam Okafor has this open since")

    sequences.write(colleague, "What the person is to do", "Write to them")
    panel = colleague.locator("#overtaken")
    expect(panel).to_contain_text("before you did. Nothing is lost.")
    expect(panel).to_contain_text("Ask a person: Write to them")
    expect(panel).to_contain_text("Ask a person: Ring them")
    expect(panel).to_be_focused()
    sequences.press(colleague, "Do mine as well")
    expect(colleague.locator("#words-1")).to_contain_text("Write to them")
    assert axe.findings(colleague, "the editor") == []
