"""Readers on their way through a live sequence, beside the running tick: by a click, and up to a booking.

Nobody waits for days here: a way is due later, or now, as if so much time had passed.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, StorageState, expect
from psycopg.types.json import Json

from newsletter.sequences.plan.document import Event, EventKind, Plan, Step, StepKind, write
from newsletter.sequences.schedule import Wait
from tests.browser import studio
from tests.browser.campaigns import asked, done, frozen_sender, main
from tests.browser.conftest import Window
from tests.config.deadlines import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 60
A_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
"""What a browser with a window calls itself: clicks of one without count as a program's."""

NO_CAP = "UPDATE clinic_clinic SET cap_mails = 50"
JOINED = """
    WITH made AS (
        INSERT INTO leads_lead (email, address_key, address_hash, first_name, last_name, phone, language, time_zone,
                                status, source, first_page, first_referrer, declined_topics, created_at)
        SELECT address, address, sha256(address::bytea), initcap(split_part(address, '@', 1)), '', '', 'en', '', 'lead',
               'sign_up', '', '', '{}', now() FROM unnest(%s::text[]) address RETURNING id
    )
    INSERT INTO leads_consent
    SELECT like_theirs.* FROM made,
         (SELECT to_jsonb(theirs) AS said FROM leads_consent theirs
          WHERE purpose = 'marketing' AND withdrawn_at IS NULL LIMIT 1) k,
         jsonb_populate_record(NULL::leads_consent, k.said || jsonb_build_object(
             'lead_id', made.id, 'id', nextval(pg_get_serial_sequence('leads_consent', 'id')))) like_theirs
"""
LEFT = """
    UPDATE leads_consent SET withdrawn_at = now(), withdrawn_how = 'link'
    WHERE lead_id IN (SELECT id FROM leads_lead WHERE email = ANY(%s))
"""
LETTERS = """
    SELECT id, subject FROM newsletter_emailtemplate WHERE key = ANY(%s::text[])
    ORDER BY array_position(%s::text[], key::text)
"""
DRAFT = "UPDATE newsletter_sequence SET draft = %s, draft_number = draft_number + 1 WHERE id = %s"
HELD = """
    UPDATE newsletter_enrolment SET due_at = due_at + interval '1 hour' WHERE sequence_id = %s AND next_position = 1
      AND lead_id = (SELECT id FROM leads_lead WHERE email = %s) RETURNING due_at
"""
"""The days of waiting for a click are long ones: however slow this machine is, the click comes within them."""
DAYS_PASSED = """
    WITH way AS (
        UPDATE newsletter_enrolment SET due_at = now(), since = since - interval '1 hour'
        WHERE sequence_id = %s AND state = 'active' RETURNING id
    )
    UPDATE newsletter_outcome o SET at = at - interval '1 hour'
    FROM newsletter_delivery d JOIN way ON way.id = d.owner WHERE d.kind = 2 AND o.delivery_id = d.id
"""
MAILS = """
    SELECT t.subject, coalesce(o.state, 0), coalesce(o.reason, ''), o.at < now() - interval '2 seconds'
    FROM newsletter_enrolment e JOIN leads_lead l ON l.id = e.lead_id
    JOIN newsletter_delivery d ON d.kind = 2 AND d.owner = e.id LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    JOIN newsletter_variant v ON v.id = d.variant_id JOIN newsletter_emailtemplate t ON t.id = v.email_id
    WHERE e.sequence_id = %s AND l.email = %s ORDER BY d.id
"""
SUBMITTED = 1

Letters = list[tuple[int, str]]
Joined = Callable[..., list[str]]


@pytest.fixture
def desk(computer: Window, session: StorageState) -> Page:
    """The studio, and beside it the inbox of the readers."""
    return computer(session, user_agent=A_BROWSER)


@pytest.fixture
def joined(demo: dict[str, str]) -> Iterator[Joined]:
    """More people who agreed, as somebody else of the demo did; they leave again afterwards."""
    there: list[str] = []

    def join(*names: str) -> list[str]:
        addresses = [f"{name}@ways.example" for name in names]
        done(demo, JOINED, addresses)
        done(demo, NO_CAP)
        there.extend(addresses)
        return addresses

    yield join
    done(demo, LEFT, there)


def letters(demo: dict[str, str], *keys: str) -> Letters:
    """These installed mails: their ids and subjects."""
    found = asked(demo, LETTERS, list(keys), list(keys))
    assert len(found) == len(keys)
    return found


def mail(key: int, of: Letters, *, days: int = 0) -> Step:
    return Step(key, StepKind.EMAIL, wait=Wait(days=days), email=of[key - 1][0])


def live(page: Page, demo: dict[str, str], name: str, plan: Plan) -> int:
    """A sequence of this plan, begun and published in the studio."""
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrf")
    said = {"name": name, "preset": "", "csrfmiddlewaretoken": token}
    begun = page.request.post(f"{demo['studio']}sequences/new", form=said, max_redirects=0)
    sequence = int(re.findall(r"/sequences/(\d+)", begun.headers["location"])[0])
    done(demo, DRAFT, Json(write(plan)), sequence)
    page.goto(urljoin(demo["studio"], f"sequences/{sequence}/publish"))
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 is what people enter from now on.")
    return sequence


def begins(page: Page, demo: dict[str, str], sequence: int, address: str) -> None:
    """By hand, as staff do it for one person."""
    page.goto(f"{demo['studio']}sequences/{sequence}/begin")
    page.get_by_label("The email address of one person").fill(address)
    page.get_by_role("button", name="Look who comes in").click()
    page.get_by_role("button", name="Begin for 1 person").click()
    expect(page.get_by_role("status")).to_contain_text("1 person begins.")


def hold(demo: dict[str, str], sequence: int, address: str) -> None:
    """As soon as this reader's click is waited for."""
    wait_until(lambda: asked(demo, HELD, sequence, address), within=PATIENCE)


def planned(demo: dict[str, str], sequence: int, address: str) -> list[str]:
    """The subjects of the sequence's mails for this reader, whatever became of them, in order."""
    return [subject for subject, *_rest in asked(demo, MAILS, sequence, address)]


def got(demo: dict[str, str], sequence: int, address: str) -> list[str]:
    """Those of them that were handed over."""
    return [subject for subject, state, *_rest in asked(demo, MAILS, sequence, address) if state == SUBMITTED]


def gets(demo: dict[str, str], sequence: int, address: str, subjects: list[str]) -> None:
    wait_until(lambda: got(demo, sequence, address) == subjects, within=PATIENCE)


def caught(page: Page, demo: dict[str, str], address: str, of: Letters) -> set[str]:
    """Which of these mails lie in this reader's inbox."""
    page.goto(f"{demo['inbox']}?to={address}")
    there = page.locator("#mails").get_by_role("rowheader").all_inner_texts()
    return {subject for _id, subject in of if subject in there}


def test_who_clicks_goes_one_way_and_who_does_not_the_other(desk: Page, demo: dict[str, str], joined: Joined) -> None:
    clicker, silent = joined("wanda", "silas")
    mails = letters(demo, "course-2", "course-follow-up", "course-21")
    first, to_clickers, to_others = [subject for _id, subject in mails]
    looked = Step(
        4, StepKind.UNTIL, event=Event(EventKind.CLICKED), days=3, yes=(mail(2, mails),), no=(mail(3, mails),)
    )
    sequence = live(desk, demo, "Two ways by a click", Plan(steps=(mail(1, mails), looked)))
    for address in (clicker, silent):
        begins(desk, demo, sequence, address)
        hold(demo, sequence, address)
        gets(demo, sequence, address, [first])

    studio.open_mail(desk, demo, to=clicker, subject=first)
    wait_until(lambda: asked(demo, MAILS, sequence, clicker)[0][-1])  # nobody clicks sooner than they can read
    opened = studio.follow(desk, "See the map in full")
    expect(opened.get_by_role("heading", level=1)).to_be_visible()
    opened.close()
    gets(demo, sequence, clicker, [first, to_clickers])
    assert got(demo, sequence, silent) == [first]
    done(demo, DAYS_PASSED, sequence)
    gets(demo, sequence, silent, [first, to_others])

    assert caught(desk, demo, clicker, mails) == {first, to_clickers}
    assert caught(desk, demo, silent, mails) == {first, to_others}
    desk.goto(f"{demo['studio']}sequences/{sequence}/report/people")
    people = desk.get_by_role("table", name="People and where they are")
    expect(people.get_by_role("row", name="Wanda").get_by_role("cell").last).to_have_text(to_clickers)
    expect(people.get_by_role("row", name="Silas").get_by_role("cell").last).to_have_text(to_others)


def chooses_a_time(page: Page, demo: dict[str, str], address: str, subject: str) -> Page:
    """From the mail to the booking page, up to the last press."""
    studio.open_mail(page, demo, to=address, subject=subject)
    opened = studio.follow(page, "Choose a time")
    expect(opened.get_by_role("heading", level=1)).to_contain_text("when shall we call", ignore_case=True)
    studio.read_for_a_moment(opened)
    opened.locator("details[open] input[name=starts_at]").last.check(force=True)
    opened.get_by_label("Phone number").fill("416 555 0144")
    return opened


def test_who_books_from_the_fourth_mail_does_not_get_the_fifth(
    desk: Page, demo: dict[str, str], joined: Joined
) -> None:
    booker, other = joined("odile", "tamsin")
    mails = letters(demo, "course-0", "course-2", "course-5", "course-16", "course-8", "course-21")
    subjects = [subject for _id, subject in mails]
    steps = [mail(key, mails, days=0 if key < 5 else 30) for key in range(1, 7)]
    sequence = live(desk, demo, "Up to the booking", Plan(goal=Event(EventKind.BOOKED), steps=tuple(steps)))
    for address in (booker, other):
        begins(desk, demo, sequence, address)
    for address in (booker, other):
        gets(demo, sequence, address, subjects[:4])

    opened = chooses_a_time(desk, demo, booker, subjects[3])
    with frozen_sender(demo):
        done(demo, DAYS_PASSED, sequence)
        wait_until(
            lambda: all(planned(demo, sequence, one) == subjects[:5] for one in (booker, other)), within=PATIENCE
        )
        opened.get_by_role("button", name="Book this call").click()
        expect(opened.get_by_role("heading", level=1)).to_contain_text(re.compile("booked", re.IGNORECASE))
    gets(demo, sequence, other, subjects[:5])

    assert asked(demo, MAILS, sequence, booker)[4][2] == "booked"
    assert caught(desk, demo, booker, mails) == set(subjects[:4])
    assert caught(desk, demo, other, mails) == set(subjects[:5])
    desk.goto(f"{demo['studio']}leads?q={booker}")
    desk.get_by_role("link", name="Odile").click()
    expect(main(desk)).to_contain_text(f"Credited to “{subjects[3]}”")
    expect(main(desk)).to_contain_text("Ended: Booked")
    desk.goto(f"{demo['studio']}sequences/{sequence}/report")
    brought = desk.get_by_role("table", name="What each mail led to").get_by_role("row")
    expect(brought.filter(has_text=subjects[3]).get_by_role("cell").nth(2)).to_contain_text("1")
