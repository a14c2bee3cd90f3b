"""Whatever is asked of a sequence that people are inside, by its forms and by its addresses: a refusal at worst.

Each request is made once as it is meant, so that it is certain that the odd ones reach the same place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from itertools import cycle, product

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from leads.models import Lead, Segment
from leads.segments import queries as conditions
from leads.tags import services as tags
from newsletter.models import EmailTemplate, Enrolment, Sequence
from newsletter.sequences import by_hand, publishing, services, writing
from newsletter.sequences.by_hand import Seen
from newsletter.sequences.plan.document import Again, EventKind, Plan, Step
from newsletter.sequences.writing import Act
from tests.factories import mail, people
from tests.newsletter.campaigns.letters import GOOD
from tests.newsletter.sequences.plans import email, plan, split, until_clicked
from tests.newsletter.sequences.ways import goal, segment
from tests.studio.test_any_words import TEXTS, asked, bent

OK, FOUND = HTTPStatus.OK, HTTPStatus.FOUND
FAR = ["9999-12-31", "0001-01-01"]
WORST: Mapping[str, list[str]] = {
    "hours": ["nan", "inf", "1e308", "-1", "9" * 400, "0.25"],
    "begins": ["9999-12-31T23:59", "0001-01-01T00:00"],
    "paused": FAR,
    "page": ["9" * 5000, "²", "-1"],
    "lead": ["9" * 5000, "9" * 18, "²"],
    "would": ["9" * 5000, "-1", "²"],
    "next": ["9" * 5000, "-1", "²"],
    "step": ["9" * 5000, "-1", "²"],
    "period": ["9" * 5000, "²"],
}
"""What is hard for just this field, besides what is tried in every one."""
TRYING = {
    "plan": "published",
    "begins": "2027-01-05T10:00",
    "zone": "Europe/London",
    "paused": "2027-02-01",
    "holds": "tagged:knee",
    "act_1": "clicked",
    "after_1": "1",
    "delay_1": "120",
    "tag_1": "knee",
    "lead": "",
}
LOOKS: Mapping[str, Mapping[str, str]] = {
    "sequence_try": TRYING,
    "sequence_report": {"version": "2"},
    "sequence_report_people": {"point": "entered", "version": "1", "step": "1", "reason": "", "q": "ada", "page": "1",
                               "period": ""},
    "sequence_report_pair": {"first": "1", "second": "2"},
    "sequence_publish": {"hours": "4", "page": "1", "inside": "move"},
    "sequence_resume": {"hours": "4"},
    "sequence_begin": {},
    "sequence_about": {},
}  # fmt: skip


@pytest.fixture
def ada() -> Lead:
    known = people.consent(people.lead("ada@mail.example", first_name="Ada")).lead
    tags.add(known, name="knee", by=None, now=database_now())
    return known


@pytest.fixture
def knee(owner: User, ada: Lead) -> Sequence:
    """Two versions with somebody inside, paused; and a draft that is another again."""
    begun = writing.begin("Knee", topic="course", by=owner, now=database_now())
    steps = (letter(1), until_clicked(2, 3), split(3, "knee", yes=(letter(4),)), letter(5, 2))
    rules = {**goal(EventKind.BOOKED), "again": Again.OCCASION}
    for made in (plan(*steps, **rules), plan(*steps, letter(6, 1), **rules)):
        keep(made, owner)
        seen = publishing.Seen(Sequence.objects.get().draft_number)
        publishing.publish(begun.pk, publishing.Choice(), seen=seen, by=owner, now=database_now())
    found = Sequence.objects.select_related("published").get()
    services.begin_by_hand(found, [ada.pk], by=owner, now=database_now())
    services.pause(found, by=owner, now=database_now())
    keep(plan(*steps, **rules), owner)
    return Sequence.objects.select_related("published").get()


def letter(key: int, days: int = 0) -> Step:
    """A step that mails the one letter there is, which goes out already."""
    words = {"subject": GOOD.subject, "preheader": GOOD.preheader, "body": GOOD.body}
    made = EmailTemplate.objects.first() or mail.variant(mail.email(kind="step", topic="course", **words)).email
    return replace(email(key, days), email=made.pk)


def keep(made: Plan, by: User) -> None:
    found = Sequence.objects.get()
    writing.keep(found, Act(made, found.draft_number), by=by, now=database_now())


def url(of: Sequence, name: str) -> str:
    return reverse(f"studio:{name}", args=[of.pk])


def odd(said: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The same with something missing, or something else in it."""
    yield from bent(dict(said), cycle(TEXTS))
    yield from ({**said, name: worst} for name in said for worst in WORST.get(name, ()))


def stumbles(client: Client, address: str, said: Mapping[str, str]) -> list[dict[str, str]]:
    """The posts that make the server stumble."""
    client.raise_request_exception = False
    return [body for body in odd(said) if asked(client, address, body) >= HTTPStatus.INTERNAL_SERVER_ERROR]


@pytest.mark.parametrize("name", LOOKS)
def test_whatever_the_address_of_a_page_says_it_answers(studio: Client, knee: Sequence, name: str) -> None:
    assert studio.get(url(knee, name), LOOKS[name]).status_code == OK

    studio.raise_request_exception = False
    answered = [(said, studio.get(url(knee, name), said).status_code) for said in odd(LOOKS[name])]
    assert [said for said, status in answered if status >= HTTPStatus.INTERNAL_SERVER_ERROR] == []


def test_whoever_a_mail_is_read_as_it_answers(studio: Client, knee: Sequence, ada: Lead) -> None:
    step = publishing.draft(knee).emails[0]
    address = reverse("studio:sequence_try_letter", args=[knee.pk, step.email])
    assert studio.get(address, {"lead": ada.pk}).status_code == OK

    studio.raise_request_exception = False
    answers = {studio.get(address, {"lead": said}).status_code for said in [*TEXTS, *WORST["lead"]]}
    assert answers == {HTTPStatus.OK, HTTPStatus.NOT_FOUND}


def test_whatever_is_posted_to_begin_by_hand_it_answers(studio: Client, knee: Sequence) -> None:
    grace = people.consent(people.lead("grace@mail.example")).lead
    one, many = {"address": grace.email}, {"segment": str(segment("knee").pk)}
    shown = by_hand.look(knee, grace, now=database_now()).shown
    begins = {"begin": "", **one, "mark": shown.mark, "would": str(shown.would)}
    assert (shown, asked(studio, url(knee, "sequence_begin"), begins)) == (Seen(shown.mark, 1), FOUND)
    assert asked(studio, url(knee, "sequence_begin"), {"look": "", **many}) == OK

    assert [stumbles(studio, url(knee, "sequence_begin"), said) for said in (begins, {"look": "", **many})] == [[], []]


def test_whatever_a_segment_says_by_now_beginning_by_hand_answers(studio: Client, knee: Sequence) -> None:
    chosen = segment("knee")
    for condition in ({"name": "clicked_within", "value": "9" * 200}, {"name": "gone", "value": ""}):
        Segment.objects.filter(pk=chosen.pk).update(conditions=[{**condition, "not": False}])
        page = studio.post(url(knee, "sequence_begin"), {"look": "", "segment": chosen.pk})

        assert (page.status_code, page.context.get("look")) == (OK, None)


def test_whatever_is_posted_to_resume_it_answers(studio: Client, knee: Sequence) -> None:
    assert asked(studio, url(knee, "sequence_resume"), {"hours": "4"}) == FOUND

    assert stumbles(studio, url(knee, "sequence_resume"), {"hours": "4"}) == []


def test_whatever_is_posted_to_publish_with_people_inside_it_answers(studio: Client, knee: Sequence) -> None:
    mails = publishing.mails_mark(publishing.draft(knee))
    said = {"number": str(knee.draft_number), "mails": mails, "inside": "move", "also_finished": "on", "hours": "4"}
    assert asked(studio, url(knee, "sequence_publish"), said) == FOUND

    assert stumbles(studio, url(knee, "sequence_publish"), said) == []


def test_whatever_is_posted_about_its_name_it_answers(studio: Client, knee: Sequence) -> None:
    said = {"name": "Hip", "topic": "newsletter", "priority": "10", "seen": writing.about(knee)}
    assert asked(studio, url(knee, "sequence_about"), said) == FOUND

    assert stumbles(studio, url(knee, "sequence_about"), said) == []


def test_whatever_is_posted_about_one_person_it_answers(studio: Client, knee: Sequence, ada: Lead) -> None:
    way = Enrolment.objects.get(lead=ada)
    said = {"way": str(way.pk), "next": "1", "act": "move", "step": "5", "reason": "Told"}
    address = reverse("studio:lead_ways", args=[ada.pk])
    assert asked(studio, address, said) == FOUND

    assert stumbles(studio, address, said) == []


def test_whatever_a_condition_asks_for_the_draft_can_be_looked_at(studio: Client, knee: Sequence) -> None:
    in_days = [one["name"] for one in conditions.choices() if one["kind"] == "days"]
    other = people.consent().lead
    trying = {name: value for name, value in TRYING.items() if name != "holds"}
    assert "clicked_within" in in_days

    for asks, value in product(in_days, ("999999", "9" * 200)):
        number = Sequence.objects.get(pk=knee.pk).draft_number
        said = {"act": "change", "key": "3", "number": str(number), "condition": asks, "value": value}
        studio.post(url(knee, "sequence_act"), said)
        whom = ("sequence_try", ""), ("sequence_try", other.email), ("sequence_edit", "")
        seen = [studio.get(url(knee, name), {**trying, "plan": "draft", "lead": lead}) for name, lead in whom]

        condition = publishing.draft(Sequence.objects.get(pk=knee.pk)).find(3).condition
        assert condition is not None
        assert (condition["name"], condition["value"]) == (asks, value)
        assert [page.status_code for page in seen] == [OK, OK, OK]
        assert all(page.context["found"].entries for page in seen[:2])
