"""The report of a sequence: every figure leads to its people, a version of its own, two side by side."""

import re
from html import unescape
from http import HTTPStatus
from itertools import cycle

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.privacy import services as privacy
from newsletter.models import Enrolment, Sequence, SequenceVersion
from newsletter.sequences.models import ExitReason
from newsletter.sequences.report.difference import Share
from studio.queries.sequence_report import Figure, Report
from tests.factories import mail, people
from tests.newsletter.sequences.course import DAY, NOW
from tests.newsletter.sequences.report.lived import (
    FINISHED,
    HELD_OUT,
    LEFT,
    PAUSED,
    booked,
    mailed,
    noted,
    two_versions,
    way,
)
from tests.newsletter.sequences.ways import meanwhile
from tests.studio.test_any_words import NUMBERS, TEXTS, bent

pytestmark = pytest.mark.django_db
PAGES = ("sequence_report", "sequence_report_people", "sequence_report_pair")
SAID = {
    "point": "left", "version": "1", "step": "1", "reason": "booked", "q": "ada", "period": "2", "page": "1",
    "first": "1", "second": "2",
}  # fmt: skip


@pytest.fixture
def lived(owner) -> tuple[Sequence, SequenceVersion, SequenceVersion]:
    """Something of everything, in both versions."""
    made, first, second = two_versions(holdout=10)
    for version in (first, second):
        done = way(version, FINISHED, last_key=3, next_position=9)
        mailed(done, 1)
        mail.click(mailed(done, 3, after=3 * DAY))
        gone = way(version, LEFT, exit_reason=ExitReason.BOOKED, last_key=1)
        letter = mailed(gone, 1)
        mail.click(letter)
        booked(letter, state="attended")
        way(version, LEFT, exit_reason=ExitReason.UNSUBSCRIBED)
        waiting = way(version, next_position=1)
        mailed(waiting, 1, state=None)
        way(version, PAUSED, next_position=1)
    way(second, enrolled_at=first.published_at, next_position=2, last_key=2)
    noted(way(second, HELD_OUT).lead)
    return made, first, second


def url(name: str, sequence: Sequence) -> str:
    return reverse(f"studio:{name}", args=[sequence.pk])


def report(studio: Client, sequence: Sequence, **said: str) -> Report:
    page = studio.get(url("sequence_report", sequence), said)
    assert page.status_code == HTTPStatus.OK
    return page.context["report"]


def figures(of: Report) -> list[Figure]:
    """Every figure that has a list."""
    found = [*of.heads.values(), *of.stands.values(), of.moved]
    for line in of.mails:
        found += [line.mailed, line.not_mailed, line.clicked, line.booked, line.attended, line.left]
    for place in of.places:
        found += [place.waiting, place.paused]
    for leaving in of.leavings:
        found += [leaving.ways, *(figure for _step, figure in leaving.after)]
    for one in of.compared:
        found += [one.mailed.people, one.mailed.booked, one.held_out.people, one.held_out.booked]
    return [figure for figure in found if figure.url]


@pytest.mark.parametrize("version", ["", "2"])
def test_every_figure_leads_to_as_many_people(studio: Client, lived, version: str) -> None:
    shown = figures(report(studio, lived[0], version=version))

    listed = {one.url: studio.get(one.url).context["page"].paginator.count for one in shown}
    assert listed == {one.url: one.count for one in shown}
    assert len({one.count for one in shown}) > 3


def test_the_figures_on_the_page_are_those_of_the_report(studio: Client, lived) -> None:
    page = studio.get(url("sequence_report", lived[0]))

    links = {
        unescape(address): int(count)
        for address, count in re.findall(r'<a href="([^"]*report/people\?[^"]*)">(\d+)</a>', page.text)
    }
    shown = {one.url: one.count for one in figures(page.context["report"]) if one.count}
    found = page.context["report"]
    in_words = {found.moved.url, *(one.not_mailed.url for one in found.mails)}
    assert links == {address: count for address, count in shown.items() if address not in in_words}


def test_everybody_who_entered_is_somewhere(studio: Client, lived) -> None:
    found = report(studio, lived[0])

    stands = {name: figure.count for name, figure in found.stands.items()}
    assert stands == {"under_way": 3, "paused": 2, "finished": 2, "left": 4, "held_out": 1}
    assert found.heads["entered"].count == 3 + 2 + 2 + 4
    assert [(place.step.key, place.waiting.count, place.paused.count) for place in found.places] == [
        (2, 1, 1),
        (5, 1, 1),
        (4, 1, 0),
    ]


def test_a_version_tells_of_its_own_ways_and_all_of_every_step(studio: Client, lived) -> None:
    made = lived[0]

    both, first = report(studio, made), report(studio, made, version="1")
    assert [(line.step.key, line.mailed.count, line.step.is_gone) for line in both.mails] == [
        (1, 4, False),
        (2, 0, True),
        (4, 0, False),
        (3, 2, False),
    ]
    assert [(line.step.key, line.mailed.count) for line in first.mails] == [(1, 2), (2, 0), (3, 1)]
    assert (both.moved.count, first.moved.count, report(studio, made, version="2").moved.count) == (1, 0, 1)


def test_reasons_are_told_with_the_mail_before_and_the_goal_comes_first(studio: Client, lived) -> None:
    found = report(studio, lived[0]).leavings

    assert [(one.reason, one.ways.count) for one in found] == [("booked", 2), ("unsubscribed", 2)]
    assert [[(step.key if step else None, figure.count) for step, figure in one.after] for one in found] == [
        [(1, 2)],
        [(None, 2)],
    ]


def test_what_the_mails_bring_is_said_in_words_with_its_bounds(studio: Client, lived) -> None:
    made, _first, second = lived

    assert "Too few have booked to say anything." in studio.get(url("sequence_report", made)).text
    for number in range(60):
        one = way(second, HELD_OUT if number % 2 else FINISHED)
        if number % 6 == 0:
            noted(one.lead)
    page = studio.get(url("sequence_report", made))
    (said,) = page.context["report"].compared
    assert (said.lift.booked.first.count, said.lift.booked.second.count) == (11, 1)
    assert "The mails bring bookings." in page.text
    assert "With the mails 28.2 more in 100; in truth between 9.9 more and 44.9 more." in page.text


def test_without_anybody_held_out_it_is_said_how_to_know(studio: Client, owner) -> None:
    made, _first, _second = two_versions()

    page = studio.get(url("sequence_report", made))
    assert page.context["report"].compared == []
    assert "let a share of people get nothing" in page.text


def test_two_versions_stand_side_by_side(studio: Client, lived) -> None:
    made = lived[0]

    pair = studio.get(url("sequence_report_pair", made)).context["pair"]
    assert (pair.first.version.number, pair.second.version.number, pair.is_open) == (1, 2, True)
    assert [(line.first.count, line.first.of, line.second.count, line.second.of) for line in pair.lines] == [
        (2, 5, 2, 6),
        (1, 5, 1, 6),
        (1, 5, 1, 6),
        (1, 5, 1, 6),
    ]
    assert [(line.key, line.first is None, line.second is None) for line in pair.mails] == [
        (1, False, False),
        (2, False, True),
        (4, True, False),
        (3, False, False),
    ]
    assert [round(line.more.by, 3) for line in pair.lines] == [-0.067, -0.033, -0.033, -0.033]
    for line in [*pair.lines, *pair.mails]:
        for version, share in ((1, line.first), (2, line.second)):
            if share is not None:
                listed = studio.get(f"{url('sequence_report_people', made)}?{line.asked}&version={version}")
                assert listed.context["page"].paginator.count == share.count, (str(line.label), version)
    turned = studio.get(url("sequence_report_pair", made), {"first": "2", "second": "1"}).context["pair"]
    assert [line.more.by for line in turned.lines if line.more] == [-line.more.by for line in pair.lines if line.more]


def test_somebody_moved_while_two_versions_are_counted_breaks_nothing(studio: Client, owner) -> None:
    made, first, second = two_versions()
    one = way(first)
    mail.click(mailed(one, 1))

    with meanwhile("min(e.due_at)", lambda: Enrolment.objects.filter(pk=one.pk).update(version=second)):
        pair = studio.get(url("sequence_report_pair", made)).context["pair"]

    clicked = pair.lines[0]
    assert (clicked.first, clicked.second) == (Share(0, 0), Share(0, 1))


def test_a_list_names_people_and_leads_to_them(studio: Client, lived) -> None:
    made, _first, second = lived
    ida = people.lead(first_name="Ida", last_name="Quill")
    way(second, lead=ida, next_position=1, last_key=1)

    page = studio.get(url("sequence_report_people", made), {"q": "quill", "point": "under_way"})
    assert page.context["page"].paginator.count == 1
    assert reverse("studio:lead", args=[ida.pk]) in page.text
    assert "Ida Quill" in page.text


def test_somebody_erased_stays_in_the_figures_without_a_name(studio: Client, lived, owner) -> None:
    made, _first, second = lived
    ida = way(second, next_position=1, lead=people.lead(first_name="Ida", last_name="Quill")).lead
    entered = report(studio, made).heads["entered"].count

    privacy.erase(ida, by=owner, now=NOW)

    assert report(studio, made).heads["entered"].count == entered
    page = studio.get(url("sequence_report_people", made), {"reason": "erased", "point": "left"})
    assert page.context["page"].paginator.count == 1
    assert ("Somebody who was erased" in page.text, "Quill" in page.text) == (True, False)


def test_the_page_costs_as_many_questions_for_many_as_for_few(studio: Client, lived) -> None:
    made, first, second = lived
    counts = []
    for name in PAGES:
        with CaptureQueriesContext(connection) as few:
            studio.get(url(name, made))
        for version in (first, second):
            mail.click(mailed(way(version, next_position=1), 1))
        with CaptureQueriesContext(connection) as many:
            studio.get(url(name, made))
        counts.append((len(few), len(many)))
    assert [few for few, _many in counts] == [many for _few, many in counts]


def test_what_there_is_nothing_to_tell_of_has_no_page(studio: Client, owner) -> None:
    draft = Sequence.objects.create(key="draft", name="Draft", state="draft")
    alone = mail.sequence().sequence

    for name in PAGES:
        assert studio.get(url(name, draft)).status_code == HTTPStatus.NOT_FOUND
        assert studio.get(reverse(f"studio:{name}", args=[2**40])).status_code == HTTPStatus.NOT_FOUND
    assert studio.get(url("sequence_report_pair", alone)).headers["Location"] == url("sequence_report", alone)
    assert studio.get(url("sequence_report", alone), {"version": "2"}).status_code == HTTPStatus.NOT_FOUND
    assert studio.get(url("sequence_report", alone)).status_code == HTTPStatus.OK


def test_nothing_is_posted_to_it(studio: Client, lived) -> None:
    ways = Enrolment.objects.count()

    assert {studio.post(url(name, lived[0])).status_code for name in PAGES} == {HTTPStatus.METHOD_NOT_ALLOWED}
    assert Enrolment.objects.count() == ways


@pytest.mark.parametrize("name", PAGES)
def test_whatever_is_asked_for_the_server_does_not_stumble(studio: Client, lived, name: str) -> None:
    studio.raise_request_exception = False
    refused = [
        said
        for said in (SAID, *bent(SAID, cycle([*TEXTS, *map(str, NUMBERS)])))
        if studio.get(url(name, lived[0]), said).status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    ]
    assert refused == []


def test_the_sequence_and_the_list_lead_to_it(studio: Client, lived) -> None:
    for page in (studio.get(url("sequence", lived[0])), studio.get(reverse("studio:sequences"))):
        assert f'href="{url("sequence_report", lived[0])}"' in page.text
