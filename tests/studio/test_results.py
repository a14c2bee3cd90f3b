"""The results of a campaign: the page, the mail with its clicks, who did what, the files."""

import csv
import io
import re
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, User
from leads.models import Lead
from newsletter.campaigns.results import queries
from newsletter.content import services as content
from newsletter.models import Campaign, Delivery, Variant
from studio import spreadsheet
from studio.queries import results as figures
from tests.factories import mail
from tests.newsletter.campaigns.experiments.tested import BODY
from tests.newsletter.campaigns.results.every_ending import (
    HOUR,
    NOW,
    campaign,
    clicks,
    deliveries,
    lived,
    submitted_and,
)
from tests.studio.campaigns import url


def named(one: Delivery, **names: str) -> None:
    assert one.lead_id is not None
    Lead.objects.filter(pk=one.lead_id).update(**names)


def text(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text))


def file_of(answer) -> list[list[str]]:
    whole = b"".join(answer.streaming_content).decode()
    assert whole.startswith("\ufeff")
    return list(csv.reader(io.StringIO(whole.removeprefix("\ufeff"))))


def test_the_page_says_every_number_and_what_it_counts(studio: Client) -> None:
    made = lived()
    numbers = queries.numbers(made)

    page = studio.get(url("results", made))

    heads = {str(figure.label): (figure.count, figure.of) for figure in page.context["report"].heads}
    assert heads == {
        "Mailed": (numbers.mailed, 34),
        "People who clicked": (numbers.people, numbers.mailed),
        "Bookings credited to it": (numbers.facts["booked"], numbers.mailed),
        "Unsubscribed": (numbers.facts["unsubscribed"], numbers.mailed),
    }
    ends = page.context["report"].ends
    assert sum(figure.count for figure in ends) == 34
    for figure in [*page.context["report"].heads, *ends, *page.context["report"].came_back]:
        assert str(figure.meaning).endswith(".")
        assert str(figure.meaning) in page.text
    assert "34 mails were planned. Each is in one line." in text(page)


def test_a_number_leads_to_the_people_behind_it(studio: Client) -> None:
    made = lived()
    page = studio.get(url("results", made))

    for figure in [*page.context["report"].ends, *page.context["report"].came_back]:
        if figure.did and str(figure.label) not in {"Expired", "Cancelled"}:
            listed = studio.get(url("results_people", made), {"did": figure.did})
            assert listed.context["page"].paginator.count == figure.count, figure.label


def test_the_drawing_and_the_table_behind_it_say_the_same(studio: Client) -> None:
    made = campaign(6)
    first, second, third, *_rest = deliveries(made)
    submitted_and(clicks(0))(first)
    submitted_and(clicks(0))(second)
    submitted_and(clicks(0, after=2 * HOUR))(third)

    page = studio.get(url("results", made))

    report = page.context["report"]
    assert [(bar.x, bar.y, bar.height) for bar in report.bars] == [(0, 100, 0), (10, 0, 100), (20, 50, 50)]
    assert page.text.count('<rect class="now" x=') == 3 + 1
    assert "Most in one hour: 2 people, Mon 2 Mar, 10:00 EST" in text(page)


def test_hours_after_the_second_day_are_one_line_and_no_column(studio: Client) -> None:
    report = studio.get(url("results", lived())).context["report"]

    assert (len(report.bars), len(report.hours), report.hours[-1].is_rest) == (48, 49, True)


def test_without_word_from_the_provider_nothing_is_called_delivered(studio: Client) -> None:
    made = campaign(6)
    submitted_and(clicks(0))(deliveries(made)[0])
    silent = studio.get(url("results", made))
    mail.fact(deliveries(made)[0], "delivered", at=NOW)
    told = studio.get(url("results", made))

    sentence = "Your mail provider has not said which mails reached a mailbox."
    assert (sentence in silent.text, sentence in told.text) == (True, False)


def test_the_mail_shows_how_many_followed_each_link(studio: Client) -> None:
    made = campaign(6)
    variant = Variant.objects.get(email=made.email)
    made.email.body = BODY
    made.email.save()
    revision = content.freeze(variant, now=NOW)
    numbers = {link["goal"]: place for place, link in enumerate(revision.links)}
    for one in deliveries(made)[:2]:
        submitted_and(clicks(numbers["call"]))(one)
    address = reverse("studio:results_map", args=[made.pk, revision.pk])
    assert address in studio.get(url("results", made)).text

    frame = studio.get(address)

    assert re.findall(r">(\d+ pe[a-z]+)</span>", frame.text).count("2 people") >= 1
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert studio.get(reverse("studio:results_map", args=[made.pk, revision.pk + 99])).status_code == 404


def test_the_mail_with_its_numbers_asks_for_clicks_alone_and_never_shows_a_test_mail(studio: Client) -> None:
    made = campaign(6)
    made.email.body = BODY
    made.email.save()
    revision = content.freeze(Variant.objects.get(email=made.email), now=NOW)
    tried = content.freeze(Variant.objects.create(email=made.email, label="test"), now=NOW)

    with CaptureQueriesContext(connection) as asked:
        frame = studio.get(reverse("studio:results_map", args=[made.pk, revision.pk]))

    assert frame.status_code == 200
    assert [said["sql"] for said in asked if "leads_lead" in said["sql"]] == []
    assert studio.get(reverse("studio:results_map", args=[made.pk, tried.pk])).status_code == 404


def test_the_people_are_listed_with_what_they_did(studio: Client) -> None:
    made = lived()
    page = studio.get(url("results_people", made))
    assert "34 people." in text(page)
    assert "there is no consent" in text(page)
    assert "no consent " not in text(page).replace("is no consent", "")

    booked = studio.get(url("results_people", made), {"did": "booked"})

    assert {one.booked_at for one in booked.context["people"]} == {NOW + 3 * HOUR, NOW + 71 * HOUR}
    assert reverse("studio:lead", args=[booked.context["people"][0].lead_id]) in booked.text


def test_somebody_is_found_by_name_and_nobody_is_said_kindly(studio: Client) -> None:
    made = campaign(6)
    named(deliveries(made)[0], first_name="Zoé")

    assert len(studio.get(url("results_people", made), {"q": "zoé"}).context["people"]) == 1
    assert "Nobody of this campaign fits" in studio.get(url("results_people", made), {"q": "nobody"}).text


RESULTS, PEOPLE = 21, 13


@pytest.mark.parametrize("count", [6, 51])
def test_pages_ask_as_much_about_many_as_about_few(studio: Client, count: int, django_assert_num_queries) -> None:
    made = lived(count)
    studio.get(url("results", made))

    with django_assert_num_queries(RESULTS):
        studio.get(url("results", made))
    with django_assert_num_queries(PEOPLE):
        studio.get(url("results_people", made), {"did": "clicked", "q": "ada"})


def test_who_takes_the_names_away_is_written_down(studio: Client, owner: User) -> None:
    made = lived()

    assert studio.get(url("results_people_file", made)).status_code == 302
    assert AuditEvent.objects.filter(act="results.exported").count() == 0
    answer = studio.post(url("results_people_file", made))

    event = AuditEvent.objects.get(act="results.exported")
    assert (event.subject, event.by, event.detail) == (f"campaign:{made.pk}", owner, {"people": 34})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="opening-hours-{made.pk}-people.csv"'
    header, *lines = file_of(answer)
    assert len(lines) == 34
    assert header[:4] == ["Email", "Name", "State", "Since"]
    assert lines[0][3] == "2026-03-02 09:20"
    assert {line[2] for line in lines} >= {"Submitted", "Refused by our own check", "Uncertain", "Waiting"}
    assert "there is no consent" in {line[4] for line in lines}
    assert sum(int(line[7]) for line in lines) == queries.numbers(made).clicks


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1"])  # noqa: RUF001 - a wide sign
def test_a_name_that_is_a_formula_is_text_in_the_file(studio: Client, name: str) -> None:
    made = campaign(3)
    named(deliveries(made)[0], first_name=name)

    _header, first, *_rest = file_of(studio.post(url("results_people_file", made)))

    assert first[1] == f"'{name.strip(' ')}"


@pytest.mark.parametrize("name", ["Ada;=1+1", "Ada; @SUM(A1)", ";-1;+1", "Ada;＝1"])  # noqa: RUF001 - a wide sign
def test_a_formula_behind_a_sign_that_parts_cells_elsewhere_is_text_too(name: str) -> None:
    """Where the comma is for decimals, spreadsheets cut lines at semicolons."""
    said = spreadsheet.safe(name)

    assert isinstance(said, str)
    assert not re.search(r"(^|;)\s*[=+@＝-]", said)  # noqa: RUF001 - a wide sign
    assert said.replace("'", "") == name


def test_names_of_every_script_arrive_as_they_are() -> None:
    names = ["Zoë O'Brien", "李小龍", "עדי כהן", "Søren", "नेहा", "👩 Ada", "Jean-Luc", "a; b"]

    written = "".join(spreadsheet.lines([names], ZoneInfo("UTC")))

    assert list(csv.reader(io.StringIO(written.removeprefix("\ufeff")))) == [names]


def test_numbers_and_plain_words_are_not_touched() -> None:
    assert [spreadsheet.safe(cell) for cell in (-3, 2.5, "Ada", "a=b", None)] == [-3, 2.5, "Ada", "a=b", ""]
    assert spreadsheet.safe(NOW, ZoneInfo("America/Toronto")) == "2026-03-02 09:20"


def test_the_numbers_as_a_file_are_those_of_the_page(studio: Client) -> None:
    made = lived()
    answer = studio.get(url("results_numbers_file", made))

    _header, *lines = file_of(answer)

    numbers = {line: int(number) for table, line, _column, number, _meaning in lines if table == "Mails"}
    assert numbers.pop("Planned") == sum(numbers.values()) == 34
    assert "there is no consent" in [line for table, line, *_rest in lines if table == "Why mails were not submitted"]
    assert AuditEvent.objects.filter(act="results.exported").count() == 0


def test_before_it_left_there_is_nothing_to_tell(studio: Client, draft: Campaign) -> None:
    for name in ("results", "results_people", "results_numbers_file"):
        assert studio.get(url(name, draft)).status_code == 404
    assert studio.post(url("results_people_file", draft)).status_code == 404


def test_it_stands_beside_the_campaigns_before_it(studio: Client) -> None:
    usual = campaign(200, began_at=NOW - 24 * HOUR, name="Usual")
    better = campaign(200, name="Better")
    for place, one in enumerate(deliveries(usual)):
        submitted_and(*([clicks(0)] if place < 4 else []))(one)
    for place, one in enumerate(deliveries(better)):
        submitted_and(*([clicks(0)] if place < 20 else []))(one)

    of_better = studio.get(url("results", better))
    of_usual = studio.get(url("results", usual))

    assert [(one.campaign.name, one.clicked, one.width) for one in of_better.context["report"].compared] == [
        ("Better", 10.0, 100),
        ("Usual", 2.0, 20),
    ]
    assert "More people clicked than is usual for you." in of_better.text
    assert of_usual.context["report"].usual == ""


def test_a_difference_that_may_be_chance_is_called_as_usual(db) -> None:
    first = campaign(20, began_at=NOW - HOUR)
    second = campaign(20)
    for made, many in ((first, 2), (second, 4)):
        for place, one in enumerate(deliveries(made)):
            submitted_and(*([clicks(0)] if place < many else []))(one)

    assert figures.report(second).usual == "same"


def test_the_overview_tells_of_the_last_one(studio: Client) -> None:
    assert "brought" not in studio.get(reverse("studio:dashboard")).text
    made = lived()

    page = studio.get(reverse("studio:dashboard"))

    numbers = queries.numbers(made)
    assert f"{numbers.mailed} mailed, {numbers.people} people clicked, 4 bookings" in text(page)
    assert url("results", made) in page.text
    assert Delivery.objects.count() == 34
