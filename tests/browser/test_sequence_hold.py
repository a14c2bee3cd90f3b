"""A sequence that was paused goes on over a time that staff choose, and they see the curve before it starts."""

import re
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe, sequences
from tests.browser.campaigns import asked, done, main

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OVERDUE = """
    INSERT INTO newsletter_enrolment (sequence_id, version_id, lead_id, consent_id, state, next_position, due_at, since,
                                      occasion, turn, enrolled_at, exit_reason)
    SELECT s.id, s.published_id, k.lead_id, min(k.id), 'active', 0, now() - interval '1 day', now() - interval '1 day',
           0, 0, now(), ''
    FROM newsletter_sequence s, leads_consent k JOIN leads_lead l ON l.id = k.lead_id
    WHERE s.id = %s AND k.purpose = 'marketing' AND k.withdrawn_at IS NULL AND l.erased_at IS NULL AND l.status = 'lead'
    GROUP BY s.id, k.lead_id ORDER BY k.lead_id LIMIT 8
"""
PUT_OFF = "SELECT count(*) FROM newsletter_enrolment WHERE sequence_id = %s AND due_at > now() - interval '1 hour'"


def published(page: Page, demo: dict[str, str], preset: str) -> int:
    """A sequence out of a preset, begun and published by what the forms send."""
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrf")
    said = {"name": "Held for a while", "preset": preset, "csrfmiddlewaretoken": token}
    begun = page.request.post(f"{demo['studio']}sequences/new", form=said, max_redirects=0)
    page.goto(urljoin(demo["studio"], begun.headers["location"]))
    sequences.ready(page)
    page.get_by_role("link", name="Review and publish").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 is what people enter from now on.")
    return int(re.search(r"/sequences/(\d+)", page.url)[1])  # type: ignore[index]


def test_what_became_overdue_in_a_pause_leaves_over_the_chosen_hours(page: Page, demo: dict[str, str]) -> None:
    sequence = published(page, demo, "after-the-call")
    page.get_by_role("button", name="Pause").click()
    expect(main(page)).to_contain_text("Paused")
    done(demo, OVERDUE, sequence)

    page.reload()
    page.get_by_role("link", name="Resume (8 overdue)").click()
    page.get_by_label("Hours").fill("2")
    page.get_by_role("button", name="Show how they leave").click()
    expect(page.get_by_role("heading", name="How they leave over 2 hours")).to_be_visible()
    bars = page.get_by_role("table", name="People whose next mail leaves, by time").get_by_role("row")
    people = [int(row.get_by_role("cell").last.inner_text()) for row in bars.all()[1:]]
    assert sum(people) == 8
    assert len(people) > 1
    assert asked(demo, PUT_OFF, sequence) == [(0,)]
    assert axe.findings(page, "going on") == []

    page.get_by_role("button", name="Go on over 2 hours").click()
    expect(page.get_by_role("status")).to_contain_text("It goes on. 8 overdue people go on over 2 hours.")
    assert asked(demo, "SELECT state FROM newsletter_sequence WHERE id = %s", sequence) == [("live",)]
