"""Whom a campaign is for: chosen, counted as it is chosen, and fixed once it is scheduled."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from leads.models import Lead, Segment
from leads.people.models import LeadStatus
from newsletter.campaigns import services
from newsletter.campaigns.services import Readers
from newsletter.models import Campaign
from tests.factories import people
from tests.studio.campaigns import fresh, leaving_now, said, scheduled, url

HTMX = {"HX-Request": "true"}


@pytest.fixture
def segment(db: None) -> Segment:
    return Segment.objects.create(name="Patients", conditions=[{"name": "status", "value": "patient"}])


def test_the_page_says_how_many_who_some_are_and_why_others_are_left_out(
    studio: Client, draft: Campaign, readers: list[Lead]
) -> None:
    people.consent(people.lead(status=LeadStatus.PATIENT))
    people.lead(first_name="Silent")

    page = studio.get(url("campaign_audience", draft))

    counted = page.context["counted"]
    assert (counted.total, len(counted.samples), counted.everybody) == (3, 3, 5)
    assert sorted(number for _why, number in counted.reasons) == [1, 1]
    assert "patients" in page.text


def test_what_is_chosen_is_saved_and_counted_at_once(
    studio: Client, draft: Campaign, readers: list[Lead], segment: Segment
) -> None:
    people.consent(people.lead(status=LeadStatus.PATIENT))
    chosen = {"name": "Hours", "topic": "newsletter", "includes_patients": "on", "included": [segment.pk]}

    part = studio.post(url("campaign_audience", draft), chosen, headers=HTMX)

    found = fresh(draft)
    assert (found.name, found.includes_patients, list(found.included.all())) == ("Hours", True, [segment])
    assert (part.context["counted"].total, "<html" in part.text) == (1, False)
    assert "Patients" in studio.get(url("campaign", draft)).text


def test_without_a_script_it_is_saved_by_a_button(studio: Client, draft: Campaign, segment: Segment) -> None:
    chosen = {"name": "Hours", "topic": "course", "excluded": [segment.pk]}

    answer = studio.post(url("campaign_audience", draft), chosen)

    assert answer.headers["Location"] == url("campaign", draft)
    assert (fresh(draft).topic, fresh(draft).email.topic, list(fresh(draft).excluded.all())) == (
        "course",
        "course",
        [segment],
    )


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "", "topic": "newsletter"},
        {"name": "Hours", "topic": "gossip"},
        {"name": "Hours", "topic": "newsletter", "included": "4711"},
        {"name": "Hours", "topic": "newsletter", "excluded": "x"},
    ],
)
def test_what_makes_no_sense_changes_nothing(typed: dict[str, str], studio: Client, draft: Campaign) -> None:
    page = studio.post(url("campaign_audience", draft), typed)

    assert page.context["form"].errors
    assert (fresh(draft).name, fresh(draft).topic) == ("Opening hours", "newsletter")


def test_once_it_is_scheduled_nobody_changes_whom_it_is_for(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    scheduled(draft, owner)

    page = studio.get(url("campaign_audience", draft))
    studio.post(url("campaign_audience", draft), {"name": "Hours", "topic": "course"})

    assert "only a draft can be changed" in page.text
    assert fresh(draft).topic == "newsletter"
    assert said(studio.get(url("campaign", draft))) == [
        "It is no draft any more. Take it back to change whom it is for."
    ]


def test_counting_costs_the_same_for_one_reader_as_for_three(studio: Client, draft: Campaign) -> None:
    asked = []
    for _ in range(3):
        people.consent()
        with CaptureQueriesContext(connection) as queries:
            studio.get(url("campaign_audience", draft))
        asked.append(len(queries))

    assert asked == [asked[0]] * 3


def test_what_cannot_be_saved_is_said_beside_the_count(studio: Client, draft: Campaign, readers: list[Lead]) -> None:
    part = studio.post(url("campaign_audience", draft), {"name": "", "topic": "course"}, headers=HTMX)

    assert ("Give it a name." in part.text, "3</strong> people get it" in part.text) == (True, True)
    assert fresh(draft).topic == "newsletter"


def test_where_only_a_part_was_asked_for_the_whole_page_of_the_campaign_is_gone_to(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    scheduled(draft, owner)

    answer = studio.post(url("campaign_audience", draft), {"name": "Hours", "topic": "course"}, headers=HTMX)

    assert (answer.status_code, answer.headers["HX-Redirect"], answer.text) == (200, url("campaign", draft), "")


def test_once_it_is_planned_the_page_shows_whom_it_was_planned_for(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    people.lead(first_name="Silent")
    leaving_now(draft, owner)
    people.consent()

    page = studio.get(url("campaign_audience", draft))

    counted = page.context["counted"]
    assert (counted.total, counted.everybody, len(counted.samples)) == (3, 4, 3)
    assert "people were to get it" in page.text


def test_each_segment_says_who_is_in_it_and_one_can_be_described(
    studio: Client, draft: Campaign, segment: Segment
) -> None:
    page = studio.get(url("campaign_audience", draft)).text

    assert page.count("Patients: people with the status “Patient”") == 2
    assert reverse("studio:segment_new") in page


def test_a_segment_that_nobody_can_evaluate_is_said_and_not_an_error(
    studio: Client, draft: Campaign, readers: list[Lead]
) -> None:
    draft.included.add(Segment.objects.create(name="Gone", conditions=[{"name": "no_such"}]))

    pages = [studio.get(url(name, draft)) for name in ("campaign_audience", "campaign_schedule", "campaign")]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "cannot be told any more" in pages[0].text
    assert "Nobody would get it" in pages[1].text


CHOSEN = {"name": "Hours", "topic": "course"}


def test_of_two_who_choose_neither_takes_the_others_choice_back_unseen(
    studio: Client, draft: Campaign, readers: list[Lead]
) -> None:
    seen = studio.get(url("campaign_audience", draft)).context["seen"]
    colleague = people.staff(name="Kim")
    services.choose(draft, name="Kim's", readers=Readers("newsletter", True, [], []), by=colleague)

    answer = studio.post(url("campaign_audience", draft), {**CHOSEN, "seen": seen}, headers=HTMX)
    page = studio.get(url("campaign_audience", draft))

    assert answer.headers["HX-Redirect"] == url("campaign_audience", draft)
    assert said(page) == ["Kim changed this a moment ago; here it is. Yours is not saved."]
    assert (fresh(draft).name, fresh(draft).includes_patients) == ("Kim's", True)
    studio.post(url("campaign_audience", draft), {**CHOSEN, "seen": page.context["seen"]}, headers=HTMX)
    assert fresh(draft).name == "Hours"


def test_who_clicks_quickly_is_not_kept_by_their_own_clicks(studio: Client, draft: Campaign) -> None:
    seen = studio.get(url("campaign_audience", draft)).context["seen"]
    for name in ("One", "Two"):
        part = studio.post(url("campaign_audience", draft), {**CHOSEN, "name": name, "seen": seen}, headers=HTMX)
        assert fresh(draft).name == name

    assert part.context["seen"] != seen
    assert f'value="{part.context["seen"]}" form="choice"' in part.text
