"""A sequence built, published and changed in a real browser: by keyboard, by drag, and by two people at once."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe, sequences
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
    "2 Wait until somebody clicks in a mail, at most 2 days",
    "3 1 day later: “One map, and one thing you can do today”",
]
VERSIONS = """
    SELECT DISTINCT v.number FROM newsletter_enrolment e JOIN newsletter_sequenceversion v ON v.id = e.version_id
    WHERE e.sequence_id = %s
"""


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
    begin(page, demo, "A short course")
    sequences.add(page, "Mail")
    sequences.choose(page, "Mail", "What you asked for")
    sequences.done(page)
    sequences.add(page, "Wait until something happens")
    sequences.choose(page, "Until somebody", "clicks in a mail")
    sequences.write(page, "Days at most", "2")
    sequences.done(page)
    sequences.add(page, "Mail", "at the end of: if it has not happened by then")
    sequences.choose(page, "Mail", "One map")
    sequences.write(page, "Days", "1")
    sequences.done(page)
    sequences.press(page, re.compile("^Change ?: Ends when somebody"), "link")
    sequences.choose(page, "It has reached its goal when somebody", "books")
    sequences.done(page)
    assert sequences.steps(page) == BUILT


def moved_and_had_back(page: Page) -> None:
    sequences.reach(page, page.get_by_role("link", name=re.compile("^Change ?: step 3")))
    page.keyboard.press("Alt+ArrowDown")
    expect(sequences.heard(page)).to_contain_text("Moved: 1 day later")
    assert page.locator(".branch [data-step]").count() == 0
    page.keyboard.press("Control+z")
    expect(page.locator(".branch [data-step]")).to_have_count(1)
    page.keyboard.press("Control+y")
    expect(page.locator(".branch [data-step]")).to_have_count(0)
    page.reload()
    sequences.ready(page)
    assert sequences.steps(page) == BUILT
    sequences.press(page, "Undo")
    expect(page.locator(".branch [data-step]")).to_have_count(1)


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
    expect(page.locator("#words-1")).to_contain_text("Ask a person: Ring them", timeout=5000)
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d\d:\d\d"))
    page.keyboard.type(" today")
    expect(page.locator("#words-1")).to_contain_text("Ring them today", timeout=5000)
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
    sequences.write(page, "What the person is to do", "Ring them")
    sequences.done(page)

    sequences.write(colleague, "What the person is to do", "Write to them")
    panel = colleague.locator("#overtaken")
    expect(panel).to_contain_text("before you did. Nothing is lost.", timeout=5000)
    expect(panel).to_contain_text("Ask a person: Write to them")
    expect(panel).to_contain_text("Ask a person: Ring them")
    expect(panel).to_be_focused()
    sequences.press(colleague, "Do mine as well")
    expect(colleague.locator("#words-1")).to_contain_text("Write to them")
    assert axe.findings(colleague, "the editor") == []
