"""The report adds up with the database row by row: every number that page and file say, beside a count by hand."""

import csv
import io
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import lxml.html  # type: ignore[import-untyped]
import pytest
from django.test import Client

from newsletter.campaigns.results import people
from newsletter.campaigns.results.people import Did
from newsletter.deliveries import tallies
from newsletter.deliveries.models import CHUNK_SIZE, State
from newsletter.models import Campaign, Chunk, CompiledEmail, Delivery, Experiment, Outcome, Variant
from studio import words
from tests.newsletter.campaigns.results import by_hand
from tests.newsletter.campaigns.results.by_hand import Counted
from tests.newsletter.campaigns.results.every_ending import HOUR, NOW, at_random, campaign, deliveries
from tests.studio.campaigns import url

ZONE = "America/Toronto"
Table = list[list[str]]


@pytest.fixture
def made(db) -> Campaign:
    """A random one between two others, one chunk of it counted beforehand, and a test of two wordings beside it."""
    at_random(12, seed=1)
    found = at_random(90, seed=7)
    at_random(12, seed=3)
    b = Variant.objects.get(email=found.email, label="B")
    rest = Variant.objects.create(email=found.email, label="rest")
    Experiment.objects.create(campaign=found, state="testing", variant_b=b, variant_rest=rest)
    _count_one_chunk(deliveries(found)[-1].pk // CHUNK_SIZE)
    return found


def _count_one_chunk(chunk: int) -> None:
    """Its mails have all ended, so it has a tally, and nobody looks at its rows again for the sums."""
    of_it = Delivery.objects.filter(pk__gte=chunk * CHUNK_SIZE, pk__lt=(chunk + 1) * CHUNK_SIZE)
    for one in of_it.exclude(pk__in=Outcome.objects.values("delivery_id")):
        Outcome.objects.create(delivery_id=one.pk, at=NOW + HOUR, state=State.CLOSED)
    Chunk.objects.filter(pk=chunk).update(done=True)
    assert tallies.count_finished(NOW) == 1


@pytest.fixture
def counted(made: Campaign) -> Counted:
    found = by_hand.count(made, ZONE)
    assert len(found.states) == 8
    assert min(found.states.values()) > 0
    return found


def tables(page: str) -> dict[str, list[Table]]:
    """Every table of a page by its caption: its rows, each cell as one line."""
    found: dict[str, list[Table]] = {}
    for table in lxml.html.document_fromstring(page).iter("table"):
        rows = [
            [" ".join(cell.text_content().split()) for cell in row.iterchildren("th", "td")]
            for row in table.iterfind("./tbody/tr")
        ]
        found.setdefault(table.findtext("caption"), []).append(rows)
    return found


def figures(table: Table, said: dict[str, int]) -> dict[str, int]:
    """A table of figures by their labels, of which each line begins with one of those that were `said`."""
    return {
        next(label for label in sorted(said, key=len, reverse=True) if line.startswith(label)): int(number)
        for line, number in table
    }


def spoken(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b, %H:%M}"


def hourly(counted: Counted) -> Table:
    """What the table of hours is to say: every hour from the first mail on, those after the second day together."""
    first = min(counted.hours)
    most = max(at for at, of in counted.hours.items() if of["left"]) - first + timedelta(days=2)
    shown = [at for at in counted.hours if at - first < most]
    late = sum((of for at, of in counted.hours.items() if at not in shown), Counter())
    span = most if late else max(shown) - first + HOUR
    lines = [first + place * HOUR for place in range(int(span / HOUR))]
    rows = [(spoken(at), counted.hours.get(at, Counter())) for at in lines]
    rows += [("after that", late)] if late else []
    return [[said, *(str(of[what]) for what in ("left", "clicked", "booked", "unsubscribed"))] for said, of in rows]


def test_how_the_mails_ended_and_why(studio: Client, made: Campaign, counted: Counted) -> None:
    found = tables(studio.get(url("results", made)).text)

    (ends,) = found["How the mails ended; the lines add up to what was planned"]
    assert figures(ends, counted.states) == dict(counted.states)
    assert sum(counted.states.values()) == counted.planned == made.planned_count
    (reasons,) = found["Reasons, the most frequent first"]
    said = {words.why(stored) or "No reason was told": count for stored, count in counted.reasons.items()}
    assert {why: int(n) for why, n in reasons} == said


def test_what_came_back(studio: Client, made: Campaign, counted: Counted) -> None:
    page = studio.get(url("results", made))

    (found,) = tables(page.text)["What became known afterwards"]
    expected = {
        "Delivered": counted.facts["delivered"],
        "Turned away": counted.facts["blocked"],
        "Bounced": counted.facts["bounced"],
        "Marked as spam": counted.facts["complained"],
        "Unsubscribed": counted.facts["unsubscribed"],
        "Bookings credited to it": counted.facts["booked"],
        "People who clicked": len(counted.people),
        "Clicks of people": counted.clicks["person"],
        "Clicks of scanners": counted.clicks["scanner"],
        "Clicks of whom nobody can tell": counted.clicks["unknown"],
    }
    assert figures(found, expected) == expected
    heads = [figure.count for figure in page.context["report"].heads]
    assert heads == [counted.mailed, len(counted.people), counted.facts["booked"], counted.facts["unsubscribed"]]


def test_hour_by_hour(studio: Client, made: Campaign, counted: Counted) -> None:
    (found,) = tables(studio.get(url("results", made)).text)["What happened in each hour by the clinic's clock"]

    assert found == hourly(counted)
    for column, total in enumerate(
        (counted.mailed, len(counted.people), counted.facts["booked"], counted.facts["unsubscribed"]), 1
    ):
        assert sum(int(row[column]) for row in found) == total


def test_link_by_link_of_each_wording(studio: Client, made: Campaign, counted: Counted) -> None:
    page = studio.get(url("results", made))

    found = tables(page.text)["Clicks by link, in the order in which the links stand"]
    editions = page.context["report"].editions
    assert {edition.revision.pk: edition.left for edition in editions} == {
        revision: of["left"] for revision, of in counted.wordings.items()
    }
    assert sorted(page.context["report"].wordings.values()) == ["A, as it began", "A, as it was mended", "B"]
    for edition, table in zip(editions, found, strict=True):
        of = [counted.links.get((edition.revision.pk, link), Counter()) for link in (0, 1)]
        assert [row[1:] for row in table] == [
            [str(one[name]) for name in ("people", "person", "scanner")] for one in of
        ]
        assert [link.unknown_clicks for link in edition.links] == [one["unknown"] for one in of]
        links = CompiledEmail.objects.get(pk=edition.revision.pk).links
        assert [row[0] for row in table] == [f"{link['label']}{link['url']}" for link in links]


def test_mailbox_by_mailbox(studio: Client, made: Campaign, counted: Counted) -> None:
    (found,) = tables(studio.get(url("results", made)).text)["By mailbox provider"]

    columns = ("people", "mailed", "delivered", "clicked", "not_reached")
    expected = {name or "Others": [str(box[column]) for column in columns] for name, box in counted.mailboxes.items()}
    assert {row[0]: row[1:] for row in found} == expected
    assert len(expected) >= 4


def test_wording_by_wording_under_test(studio: Client, made: Campaign, counted: Counted) -> None:
    (found,) = tables(studio.get(url("results", made)).text)["What each part of the test brought"]

    b = Experiment.objects.get(campaign=made).variant_b_id
    columns = ("planned", "mailed", "clicked", "booked", "unsubscribed")
    expected = {"B" if key == b else "A": [of[name] for name in columns] for key, of in counted.variants.items()}
    assert {row[0]: [int(cell.split()[0]) for cell in row[1:]] for row in found} == expected


def test_beside_those_before_it(studio: Client, made: Campaign) -> None:
    before = campaign(12, began_at=NOW - 24 * HOUR, name="An older one")
    for one in deliveries(before)[:5]:
        Outcome.objects.create(delivery_id=one.pk, at=NOW, state=State.SUBMITTED)

    compared = studio.get(url("results", made)).context["report"].compared

    for one in compared:
        by_itself = by_hand.count(one.campaign, ZONE)
        sums = (by_itself.mailed, len(by_itself.people), by_itself.facts["booked"], by_itself.facts["unsubscribed"])
        assert (one.sums.mailed, one.sums.clicked, one.sums.booked, one.sums.unsubscribed) == sums
    assert [one.campaign.pk for one in compared][-1] == before.pk


def test_each_list_names_those_whom_its_number_counts(made: Campaign, counted: Counted) -> None:
    everybody = people.look(deliveries(made))

    assert {one.lead_id for one in everybody if one.clicks} == counted.people
    assert sum(one.clicks for one in everybody) == counted.clicks["person"]
    assert sum(one.scanner_clicks for one in everybody) == counted.clicks["scanner"]
    for kind in ("delivered", "blocked", "bounced", "complained", "unsubscribed", "booked"):
        assert sum(getattr(one, f"{kind}_at") is not None for one in everybody) == counted.facts[kind]
        assert people.found(made, did=Did(kind)).count() == counted.facts[kind]


def test_the_file_says_every_number_of_the_page(studio: Client, made: Campaign, counted: Counted) -> None:
    answer: Any = studio.get(url("results_numbers_file", made))
    whole = b"".join(answer.streaming_content).decode()

    _header, *lines = csv.reader(io.StringIO(whole.removeprefix("\ufeff")))
    numbers: dict[str, Counter[str]] = {}
    for table, line, column, number, _meaning in lines:
        numbers.setdefault(table, Counter())[f"{line}/{column}"] += int(number)
    mails = {f"{state}/Count": n for state, n in counted.states.items()} | {"Planned/Count": counted.planned}
    assert numbers["Mails"] == mails
    hours = numbers["By hour"]
    assert sum(n for name, n in hours.items() if name.endswith("/Clicked")) == len(counted.people)
    assert sum(n for name, n in hours.items() if name.endswith("/Mailed")) == counted.mailed
    boxes = numbers["Mailboxes"]
    assert {name: boxes[f"{name or 'Others'}/Planned"] for name in counted.mailboxes} == {
        name: box["people"] for name, box in counted.mailboxes.items()
    }
    links = [line for line in lines if line[0].startswith("Links of") and line[2] == "Clicks"]
    assert sum(int(line[3]) for line in links) == counted.clicks["person"]
    assert sum(int(line[3]) for line in lines if line[0] == "By wording under test" and line[2] == "Planned") == 90
    assert {line[1] for line in lines if line[0].startswith("Beside")} == {made.name}
