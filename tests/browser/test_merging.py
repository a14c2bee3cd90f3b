"""Somebody who wrote from two addresses is here twice: staff find both, read what merging does, and make them one."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.campaigns import asked, done, main
from tests.browser.sequences import press, reach
from tests.browser.test_sequence_ways import JOINED

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEPT, GONE = "wilhelmina@home.example", "wilhelmina@work.example"
ALIKE = "UPDATE leads_lead SET last_name = 'Harker', phone = '+14165550187' WHERE email = ANY(%s)"
NOTED = """
    INSERT INTO leads_note (lead_id, by_id, text, at)
    SELECT l.id, (SELECT min(id) FROM accounts_user), 'Prefers the early morning.', now()
    FROM leads_lead l WHERE l.email = %s
"""


def test_two_entries_of_one_person_become_one_by_keyboard(page: Page, demo: dict[str, str]) -> None:
    done(demo, JOINED, [KEPT, GONE])
    done(demo, ALIKE, [KEPT, GONE])
    done(demo, NOTED, GONE)
    [(kept,)] = asked(demo, "SELECT id FROM leads_lead WHERE email = %s", KEPT)

    page.goto(f"{demo['studio']}leads/{kept}")
    press(page, re.compile("^This is the same person as"), "link")
    press(page, re.compile(f"{re.escape(GONE)}: Compare both"), "link")

    then = page.get_by_role("form", name="What will happen")
    expect(then).to_contain_text(f"{KEPT} stays their address. Nothing is mailed to {GONE} any more.")
    expect(then).to_contain_text(f"They go on getting the emails: {KEPT} agreed to them itself.")
    expect(then).to_contain_text("This cannot be undone.")
    assert axe.findings(page, "merging two") == []

    reach(page, then.get_by_label("Type the address that goes"))
    page.keyboard.type(GONE)
    press(page, "They are one person")

    expect(page.get_by_role("status")).to_contain_text("They are one now.")
    for came_over in ("Prefers the early morning.", "Merged with a second entry of the same person"):
        expect(main(page)).to_contain_text(came_over)
    assert page.url == f"{demo['studio']}leads/{kept}"
    assert asked(demo, "SELECT count(*) FROM leads_lead WHERE merged_into_id = %s", kept) == [(1,)]
