"""A plan changes while people are inside, a pause ends, one person is looked after: what was said is what happens."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import axe, sequences
from tests.browser.campaigns import asked, done, main
from tests.browser.test_sequence_hold import published
from tests.config.deadlines import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

INSIDE = """
    INSERT INTO newsletter_enrolment (sequence_id, version_id, lead_id, consent_id, state, next_position, due_at, since,
                                      occasion, turn, enrolled_at, exit_reason)
    SELECT s.id, s.published_id, k.lead_id, min(k.id), 'active', (row_number() OVER (ORDER BY k.lead_id) - 1) %% 2,
           now(), now(), 0, 0, now(), ''
    FROM newsletter_sequence s, leads_consent k JOIN leads_lead l ON l.id = k.lead_id
    WHERE s.id = %s AND k.purpose = 'marketing' AND k.withdrawn_at IS NULL AND l.erased_at IS NULL AND l.status = 'lead'
      AND l.paused_until IS NULL AND NOT s.topic = ANY(l.declined_topics)
      AND NOT EXISTS (SELECT 1 FROM newsletter_enrolment e WHERE e.lead_id = l.id AND e.ended_at IS NULL)
    GROUP BY s.id, k.lead_id ORDER BY k.lead_id LIMIT %s
"""
UNDER_WAY = "SELECT count(*) FROM newsletter_enrolment WHERE sequence_id = %s AND state = 'active'"
GOT = """
    SELECT e.lead_id, array_agg(t.subject ORDER BY d.id) FROM newsletter_enrolment e
    JOIN newsletter_delivery d ON d.owner = e.id AND d.kind = 2 JOIN newsletter_variant v ON v.id = d.variant_id
    JOIN newsletter_emailtemplate t ON t.id = v.email_id WHERE e.sequence_id = %s GROUP BY 1
"""
PLANNED = """
    SELECT b.planned_at FROM newsletter_enrolment e JOIN newsletter_delivery d ON d.owner = e.id AND d.kind = 2
    JOIN newsletter_chunk c ON c.id = d.id / 1000 JOIN newsletter_batch b ON b.id = c.batch_id
    WHERE e.sequence_id = %s AND d.item = 1 ORDER BY b.planned_at
"""
STILL_DUE = """
    SELECT due_at FROM newsletter_enrolment WHERE sequence_id = %s AND next_position = 0 AND state = 'active'
    ORDER BY due_at
"""
TIME_ZONE = "SELECT time_zone FROM clinic_clinic"
A_PART = timedelta(seconds=1)
"""Four of the demo's hours, as the curve is drawn for 64 of them."""
NO_CAP = "UPDATE clinic_clinic SET cap_mails = 50"


def paused(page: Page, demo: dict[str, str], number: int) -> int:
    """Two mails; so many people inside, every other one before the second; and nothing moves while one looks."""
    done(demo, NO_CAP)
    sequence = published(page, demo, "after-the-call")
    page.get_by_role("button", name="Pause").click()
    expect(main(page)).to_contain_text("Paused")
    done(demo, INSIDE, sequence, number)
    return sequence


def shows_how(page: Page, demo: dict[str, str], sequence: int, hours: str) -> None:
    page.goto(f"{demo['studio']}sequences/{sequence}/resume")
    sequences.reach(page, page.get_by_label("Hours"))
    page.keyboard.press("Control+a")
    page.keyboard.type(hours)
    sequences.press(page, "Show how they leave")


def test_who_gets_what_is_shown_before_publishing_and_is_what_they_then_get(page: Page, demo: dict[str, str]) -> None:
    sequence = paused(page, demo, 4)
    sequences.press(page, "Change the plan", "link")
    sequences.ready(page)
    sequences.press(page, "Take out step 1")
    expect(page.locator("[data-step]")).to_have_count(1)
    sequences.press(page, "Review and publish", "link")

    expect(main(page)).to_contain_text("4 people are inside")
    expect(main(page)).to_contain_text("2 people move. 2 have passed it and stay.")
    table = page.get_by_role("table", name="Who gets what, before and after")
    told = {whose(row): mails(row) for row in table.get_by_role("row").all()[1:]}
    assert sorted(len(before) for before, _after in told.values()) == [1, 1, 2, 2]
    assert axe.findings(page, "the last look") == []
    sequences.reach(page, page.get_by_label("New people only", exact=False))
    page.keyboard.press("ArrowDown")
    sequences.press(page, "Publish")
    expect(page.get_by_role("status")).to_contain_text("2 people were moved to it.")

    shows_how(page, demo, sequence, "1")
    sequences.press(page, re.compile("^Go on over"))
    wait_until(lambda: asked(demo, UNDER_WAY, sequence) == [(0,)], within=120)
    got = {lead: list(found) for lead, found in asked(demo, GOT, sequence)}
    assert got == {lead: after for lead, (_before, after) in told.items()}


def whose(row: Locator) -> int:
    """The number of the lead: two of them may have one name."""
    return int(row.get_by_role("link").get_attribute("href").rstrip("/").rpartition("/")[2])


def mails(row: Locator) -> list[list[str]]:
    """The subjects of what somebody gets, as it is and with the new version."""
    return [cell.locator(".mail-ahead").all_inner_texts() for cell in row.get_by_role("cell").all()]


def test_after_a_pause_mails_leave_as_the_curve_showed(page: Page, demo: dict[str, str]) -> None:
    sequence = paused(page, demo, 12)
    done(demo, "UPDATE newsletter_enrolment SET next_position = 0 WHERE sequence_id = %s", sequence)
    asked_at = clock(demo)
    shows_how(page, demo, sequence, "64")
    expect(main(page)).to_contain_text("12 people are overdue.")
    rows = page.get_by_role("table", name="People whose next mail leaves, by time").get_by_role("row").all()[1:]
    [(zone,)] = asked(demo, TIME_ZONE)
    drawn = [
        instant(row.get_by_role("rowheader").inner_text(), asked_at.astimezone(ZoneInfo(zone)))
        for row in rows
        for _one in range(people(row))
    ]
    assert len(drawn) == 12
    assert max(map(people, rows)) == 1

    sequences.press(page, re.compile("^Go on over"))
    expect(page.get_by_role("status")).to_contain_text("12 overdue people go on over 64 hours.")
    looked_for = clock(demo) - asked_at
    due = [due_at for (due_at,) in asked(demo, STILL_DUE, sequence)]
    put_off = [due_at - shown for due_at, shown in zip(reversed(due), reversed(drawn), strict=False)]
    # The time is dealt out from when somebody presses.
    assert all(timedelta() <= late <= A_PART + looked_for for late in put_off)
    wait_until(lambda: len(asked(demo, PLANNED, sequence)) == 12, within=90)
    late = [at - shown for shown, (at,) in zip(drawn, asked(demo, PLANNED, sequence), strict=True)]
    assert min(late) >= timedelta()


def people(row: Locator) -> int:
    return int(row.get_by_role("cell").last.inner_text())


def clock(demo: dict[str, str]) -> datetime:
    [(now,)] = asked(demo, "SELECT now()")
    return now


def instant(words: str, near: datetime) -> datetime:
    """The moment that is said with day, second and zone, but without a year: not a day away from this one."""
    day, second, zone = re.search(r"(\d+ \w+), (\d\d:\d\d:\d\d) (\w+)", words).groups()
    days = [near.date() + timedelta(days=number) for number in (-1, 0, 1)]
    [on] = [one for one in days if f"{one:%-d %b}" == day]
    local = datetime.combine(on, time.fromisoformat(second), tzinfo=near.tzinfo)
    return (local if local.tzname() == zone else local.replace(fold=1)).astimezone(UTC)


def test_one_person_is_held_goes_on_skips_is_put_back_and_taken_out_each_with_the_reason(
    page: Page, demo: dict[str, str]
) -> None:
    sequence = paused(page, demo, 1)
    [(lead,)] = asked(demo, "SELECT lead_id FROM newsletter_enrolment WHERE sequence_id = %s", sequence)
    acts = [
        ("Hold them where they are", "On holiday", "A sequence held for this person"),
        ("Let them go on", "Back again", "A sequence goes on for this person"),
        ("Skip the next step", "Thanked on the phone", "Next step skipped by staff"),
        ("Put them before another step", "Wants it in writing", "Put before another step by staff"),
        ("Take them out", "Asked for it", "Taken out of a sequence by staff"),
    ]
    for act, reason, told in acts:
        page.goto(f"{demo['studio']}leads/{lead}/sequences")
        card = page.get_by_role("region", name="Held for a while")
        card.get_by_label(re.compile(f"^{act}")).check()
        if act.startswith("Put them"):
            card.get_by_label("Before which step").select_option(index=1)
        assert axe.findings(page, "one person's sequences") == []
        card.get_by_label("Why").fill(reason)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("It stands on their line of time")
        expect(main(page)).to_contain_text(told)
        expect(main(page)).to_contain_text(reason)

    page.goto(f"{demo['studio']}leads/{lead}/sequences")
    expect(page.get_by_role("region", name="Held for a while")).to_have_count(0)
