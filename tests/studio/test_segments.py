import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, User
from leads.models import Segment, Tag
from leads.segments import services
from leads.segments.services import Draft, NameTaken
from leads.tags import services as tags
from tests.factories import mail, people
from tests.leads.segments.fitting import NOW, only
from tests.newsletter.campaigns.together import in_two_threads

TAGGED = only("tagged", "leg pain")
NEVER_BOOKED = only("booked", negated=True)


@pytest.fixture(autouse=True)
def leg_pain(db) -> Tag:
    return Tag.objects.create(name="leg pain")


def segment(*conditions: dict, name: str = "Legs", **fields: object) -> Segment:
    return Segment.objects.create(name=name, conditions=list(conditions or [TAGGED]), **fields)


def said(*pairs: tuple[str, str], name: str = "Legs", **further: str) -> dict[str, object]:
    """The form, with these conditions and values in its rows."""
    rows = {"condition": [chosen for chosen, _value in pairs], "value": [value for _chosen, value in pairs]}
    return {"name": name, "match": "all", **rows, **further}


def tagged(first_name: str):
    lead = people.lead(first_name=first_name)
    tags.add(lead, name="leg pain", by=None, now=NOW)
    return lead


def test_an_empty_room_teaches(studio: Client) -> None:
    page = studio.get(reverse("studio:segments")).content.decode()

    assert "For example: people tagged “leg pain” and never booked." in page
    assert page.count(reverse("studio:segment_new")) == 1


def test_a_segment_is_described_from_menus_and_saved(studio: Client, owner: User) -> None:
    form = said(("tagged", "leg pain"), ("not:booked", ""), ("signed_up_within", "30"))

    answer = studio.post(reverse("studio:segment_new"), form)

    made = Segment.objects.get()
    assert answer.headers["Location"] == reverse("studio:segments")
    assert (made.name, made.match, made.created_by) == ("Legs", "all", owner)
    assert made.conditions == [TAGGED, NEVER_BOOKED, only("signed_up_within", "30")]
    assert list(AuditEvent.objects.values_list("act", "by")) == [("segment.created", owner.pk)]


def test_it_is_listed_in_plain_words_with_its_people_and_campaigns(studio: Client) -> None:
    tagged("Ada")
    made = segment(TAGGED, NEVER_BOOKED)
    mail.campaign().included.add(made)
    mail.campaign().excluded.add(made)

    page = studio.get(reverse("studio:segments")).content.decode()

    assert "People tagged “leg pain” and never booked" in page
    assert '<td class="number" data-label="People now">1</td>' in page
    assert '<td class="number" data-label="Campaigns">2</td>' in page


def test_its_page_has_what_was_chosen_how_many_fit_and_ten_of_them(studio: Client) -> None:
    names = [f"Ada{number}" for number in range(12)]
    for name in names:
        tagged(name)
    people.lead(first_name="Nobody")
    made = segment()

    page = studio.get(reverse("studio:segment", args=[made.pk])).content.decode()

    assert '<option value="tagged" selected>' in page
    assert '<option value="leg pain" selected>' in page
    assert "12 people are in it now" in page
    assert [name for name in names if f">{name}</a>" in page] == names[2:]
    assert "Nobody" not in page


def test_while_it_is_chosen_the_page_shows_whom_it_fits_and_nothing_is_saved(studio: Client) -> None:
    tagged("Ada")

    part = studio.post(reverse("studio:segment_look"), said(("tagged", "leg pain"), name="")).content.decode()
    unfinished = studio.post(reverse("studio:segment_look"), said(("tagged", ""))).content.decode()

    assert "1 person is in it now" in part
    assert "Ada</a>" in part
    assert "<html" not in part
    assert "Choose the rest" in unfinished
    assert not Segment.objects.exists()


def test_a_row_more_and_a_row_less_save_nothing_and_lose_nothing(studio: Client) -> None:
    url = reverse("studio:segment_new")
    more = studio.post(url, said(("tagged", "leg pain"), name="Some", add="1")).content.decode()
    less = studio.post(url, said(("tagged", "leg pain"), ("not:booked", ""), remove="1")).content.decode()

    assert more.count('name="condition"') == 2
    assert 'value="Some"' in more
    assert less.count('name="condition"') == 1
    assert '<option value="not:booked" selected>' in less
    assert not Segment.objects.exists()


def test_a_value_of_another_condition_is_not_taken_over(studio: Client) -> None:
    part = studio.post(reverse("studio:segment_look"), said(("signed_up_within", "leg pain"))).content.decode()

    assert 'inputmode="numeric"' in part
    assert "leg pain" not in part


PROBLEMS = [
    (said(("tagged", "")), "Choose one."),
    (said(("signed_up_within", "0")), "Give a number of days between 1 and 3650."),
    (said(("no_such", "")), "There is no condition “no_such” any more."),
    (said(("tagged", "leg pain"), name=""), "Give it a name that says who is in it."),
    (said(("tagged", "leg pain"), name="legs"), "There is a segment of this name already."),
]


@pytest.mark.parametrize(("form", "why"), PROBLEMS)
def test_what_is_missing_is_said_where_it_is(studio: Client, form: dict, why: str) -> None:
    segment()

    page = studio.post(reverse("studio:segment_new"), form).content.decode()

    assert why in page
    assert Segment.objects.count() == 1


def test_one_that_a_campaign_uses_stays_and_says_so(studio: Client) -> None:
    made = segment()
    mail.campaign(name="Autumn news").excluded.add(made)

    page = studio.get(reverse("studio:segment", args=[made.pk])).content.decode()
    answer = studio.post(reverse("studio:segment_delete", args=[made.pk]), follow=True).content.decode()

    assert "One campaign uses this segment" in page
    assert "It stays: it is used by “Autumn news”." in answer
    assert Segment.objects.count() == 1


def test_one_that_nothing_uses_can_go(studio: Client, owner: User) -> None:
    made = segment()
    lead = tagged("Ada")

    asked = studio.get(reverse("studio:segment_delete", args=[made.pk])).content.decode()
    assert Segment.objects.count() == 1
    studio.post(reverse("studio:segment_delete", args=[made.pk]))

    assert "Delete the segment “Legs”?" in asked
    assert not Segment.objects.exists()
    assert lead.taggings.count() == 1
    assert AuditEvent.objects.filter(act="segment.deleted", by=owner).count() == 1


def test_one_that_nobody_can_evaluate_any_more_is_listed_and_can_be_mended(studio: Client) -> None:
    made = segment(only("gone"))

    listed = studio.get(reverse("studio:segments")).content.decode()
    page = studio.get(reverse("studio:segment", args=[made.pk])).content.decode()

    assert "cannot be told" in listed
    assert "of an unknown condition “gone”" in listed
    assert "Choose the rest" in page


def test_the_list_asks_the_same_for_one_as_for_three(studio: Client) -> None:
    asked = []
    for number in range(3):
        made = segment(TAGGED, only("got_campaign", "7"), name=f"Legs {number}")
        mail.campaign().included.add(made)
        with CaptureQueriesContext(connection) as context:
            studio.get(reverse("studio:segments"))
        asked.append(len(context))

    assert asked[0] == asked[2]


def test_one_that_a_scheduled_campaign_uses_says_what_a_change_does(studio: Client) -> None:
    made = segment()
    mail.campaign(name="Spring", status="scheduled", start_at=NOW).included.add(made)
    mail.campaign(name="Summer").included.add(made)

    page = studio.get(reverse("studio:segment", args=[made.pk])).content.decode()

    assert "“Spring” is scheduled with this segment. If you change who is in it, that campaign does not leave" in page
    assert "Summer" not in page


def test_of_two_who_change_it_neither_replaces_the_others_words_unseen(studio: Client, owner: User) -> None:
    made = segment()
    url = reverse("studio:segment", args=[made.pk])
    seen = studio.get(url).context["form"]["seen"].value()
    services.change(made, Draft("Theirs", [NEVER_BOOKED]), by=owner, now=NOW)

    first = studio.post(url, said(("tagged", "leg pain"), name="Mine", seen=seen))
    made.refresh_from_db()
    assert (made.name, made.conditions) == ("Theirs", [NEVER_BOOKED])
    assert "Somebody else changed this segment." in first.text
    assert 'value="Mine"' in first.text
    again = first.context["form"]["seen"].value()
    studio.post(url, said(("tagged", "leg pain"), name="Mine", seen=again))

    made.refresh_from_db()
    assert (again == seen, made.name, made.conditions) == (False, "Mine", [TAGGED])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_one_name_at_once_the_second_is_told(owner: User) -> None:
    draft = Draft("Legs", [TAGGED])

    def save() -> str:
        try:
            return services.create(draft, by=owner, now=NOW).name
        except NameTaken:
            return "taken"

    assert in_two_threads(save) == ["Legs", "taken"]
    assert Segment.objects.count() == 1
