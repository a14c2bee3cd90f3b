"""Beginning, publishing and holding a sequence: what keeps it back, what becomes of those inside, who gets what."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from leads.models import Lead
from newsletter.content import services as content
from newsletter.content.models import EmailKind, EmailTemplate
from newsletter.content.services import Wording
from newsletter.deliveries.models import Kind, State
from newsletter.models import Enrolment, Outcome, Sequence
from newsletter.sequences import publishing, writing
from newsletter.sequences.models import Transfer
from newsletter.sequences.plan.document import Plan, Step, StepKind
from newsletter.sequences.presets.shipped import SHIPPED
from newsletter.sequences.publishing import versions
from newsletter.sequences.schedule import Wait
from newsletter.sequences.writing import Act
from studio.queries import sequence_page
from tests.factories import mail, people, stock
from tests.newsletter.campaigns.letters import GOOD
from tests.newsletter.sequences.plans import pause, plan

DAY = timedelta(days=1)


@pytest.fixture
def begun(owner: User) -> Sequence:
    return writing.begin("After the call", topic="course", by=owner, now=database_now())


def letter(key: int, days: int, subject: str) -> Step:
    words = Wording(subject, GOOD.preheader, GOOD.body)
    email = content.create(words, kind=EmailKind.STEP, name=subject, topic="course", now=database_now())
    return Step(key, StepKind.EMAIL, wait=Wait(days), email=email.pk)


def writes(sequence: Sequence, made: Plan, by: User) -> None:
    found = Sequence.objects.get(pk=sequence.pk)
    writing.keep(found, Act(made, found.draft_number), by=by, now=database_now())


def url(sequence: Sequence, name: str = "sequence_publish") -> str:
    return reverse(f"studio:{name}", args=[sequence.pk])


def press(studio: Client, sequence: Sequence, **chosen: object) -> Any:
    return studio.post(url(sequence), {**seen(sequence), **chosen})


def seen(sequence: Sequence) -> dict[str, object]:
    """What the page of the last look carries now."""
    found = Sequence.objects.get(pk=sequence.pk)
    return {"number": found.draft_number, "mails": publishing.mails_mark(publishing.draft(found))}


def state(sequence: Sequence) -> str:
    return Sequence.objects.get(pk=sequence.pk).state


@pytest.fixture
def live(studio: Client, begun: Sequence, owner: User) -> Sequence:
    """Two mails, the second three days after the first, published; and two people inside, one before each."""
    writes(begun, plan(letter(1, 1, "Thank you"), letter(2, 3, "And now?")), owner)
    assert press(studio, begun).status_code == 302
    begun.refresh_from_db()
    for position in (0, 1):
        mail.enrolment(people.consent().lead, begun.published, next_position=position, due_at=database_now() + DAY)
    return begun


def test_a_new_sequence_begins_empty(studio: Client):
    answer = studio.post(reverse("studio:sequence_new"), {"name": "After the call", "preset": ""})

    made = Sequence.objects.get()
    assert answer.headers["Location"] == url(made, "sequence_edit")
    assert (made.name, made.state, publishing.draft(made)) == ("After the call", "draft", Plan())


def test_without_a_name_nothing_begins_and_it_is_said(studio: Client):
    answer = studio.post(reverse("studio:sequence_new"), {"name": " ", "preset": ""})

    assert "Give it a name that says what it is for." in answer.text
    assert not Sequence.objects.exists()


def test_its_name_and_weight_count_at_once(studio: Client, begun: Sequence):
    said = {"name": "After", "topic": "newsletter", "priority": "10"}
    studio.post(url(begun, "sequence_about"), {**said, "seen": writing.about(begun)})

    begun.refresh_from_db()
    assert (begun.name, begun.topic, begun.priority) == ("After", "newsletter", 10)
    assert studio.get(url(begun, "sequence_about")).context["form"].initial["priority"] == 10
    assert studio.post(url(begun, "sequence_about"), {**said, "priority": "7"}).status_code == 200


def test_what_a_colleague_made_of_its_name_and_weight_meanwhile_is_not_written_over(
    studio: Client, begun: Sequence, owner: User
):
    seen = studio.get(url(begun, "sequence_about")).context["form"]["seen"].value()
    writing.change(begun, seen=seen, by=owner, name="Theirs", topic="newsletter", priority=0)
    said = {"name": "Mine", "topic": "course", "priority": "10"}

    answer = studio.post(url(begun, "sequence_about"), {**said, "seen": seen})

    begun.refresh_from_db()
    assert (answer.status_code, begun.name, begun.priority) == (409, "Theirs", 0)
    assert "A colleague has changed this: “Theirs”, Clinic news." in answer.text
    again = studio.post(url(begun, "sequence_about"), {**said, "seen": answer.context["form"]["seen"].value()})
    begun.refresh_from_db()
    assert (again.status_code, begun.name) == (302, "Mine")


def test_whom_another_topic_shuts_out_is_said(studio: Client, live: Sequence):
    inside = Lead.objects.filter(enrolments__sequence=live)
    assert studio.get(url(live, "sequence_about")).context["shut_out"] == []
    Lead.objects.filter(pk=inside[0].pk).update(declined_topics=["newsletter"])

    page = " ".join(studio.get(url(live, "sequence_about")).text.split())

    assert "1 person inside declined “Clinic news”: if it is about that, they get nothing more of it." in page


def test_a_plan_that_is_not_ready_says_why_and_has_no_button(studio: Client, begun: Sequence, owner: User):
    writes(begun, plan(pause(1)), owner)

    page = studio.get(url(begun))
    answer = press(studio, begun)

    assert "Say how long it waits." in page.text
    assert ">Publish</button>" not in page.text
    assert (answer.status_code, state(begun)) == (409, "draft")


def test_publishing_makes_the_version_that_people_enter_by(studio: Client, live: Sequence):
    page = studio.get(url(live, "sequence"))

    assert (live.published.number, state(live)) == (1, "live")
    assert page.context["is_changed"] is False
    assert "2 mails over 4 days" in page.text


def test_a_mail_saved_after_the_last_look_is_looked_at_first(studio: Client, begun: Sequence, owner: User):
    first, second = letter(1, 1, "Thank you"), letter(2, 3, "And now?")
    writes(begun, plan(first, second), owner)
    looked = seen(begun)
    page = studio.get(url(begun))
    EmailTemplate.objects.filter(pk=second.email or 0).update(subject="And n", version=2)

    answer = press(studio, begun, **looked)

    assert all(f'name="{name}" value="{value}"' in page.text for name, value in looked.items())
    assert (answer.status_code, state(begun)) == (409, "draft")
    assert "Somebody changed the plan or one of its mails while you were looking." in answer.text
    assert press(studio, begun).status_code == 302


def test_words_that_do_not_go_out_anyway_are_no_news(studio: Client, live: Sequence, owner: User):
    first, second = publishing.draft(live).steps
    writes(live, plan(first, replace(second, wait=Wait(4))), owner)
    looked = seen(live)
    EmailTemplate.objects.filter(pk=second.email or 0).update(subject="And n", version=2)

    assert press(studio, live, **looked).status_code == 302


def test_who_gets_what_is_shown_before_and_nothing_changes_by_looking(studio: Client, live: Sequence, owner: User):
    first, second = publishing.draft(live).steps
    writes(live, plan(letter(3, 1, "A question"), first, second), owner)
    before = list(Enrolment.objects.values_list("version", "next_position", "due_at"))

    page = studio.get(url(live))

    assert "2 people are inside" in page.text
    assert [(one.what, one.before) for one in page.context["changes"]] == [("New", "")]
    gets = {
        person.moves: ([one.subject for one in person.before], [one.subject for one in person.after])
        for person in page.context["people"]
    }
    assert gets == {
        True: (["Thank you", "And now?"], ["A question", "Thank you", "And now?"]),
        False: (["And now?"], ["And now?"]),
    }
    assert list(Enrolment.objects.values_list("version", "next_position", "due_at")) == before


@pytest.mark.parametrize(("inside", "versions"), [("stay", [1, 1]), ("move", [2, 2]), ("", [1, 1])])
def test_those_inside_stay_or_move_as_staff_chose(
    studio: Client, live: Sequence, owner: User, inside: str, versions: list[int]
):
    writes(live, plan(*publishing.draft(live).steps, letter(3, 1, "One more")), owner)

    answer = press(studio, live, inside=inside)

    assert answer.headers["Location"] == url(live, "sequence")
    assert list(Enrolment.objects.order_by("pk").values_list("version__number", flat=True)) == versions


def test_planned_mails_of_a_step_that_is_taken_out_are_said_to_be_taken_back_and_are(
    studio: Client, live: Sequence, owner: User
):
    way = Enrolment.objects.order_by("pk")[1]
    mail.delivery(way.lead, kind=Kind.STEP, owner=way.pk, item=1, at=database_now() + DAY)
    writes(live, plan(publishing.draft(live).steps[1]), owner)

    page = studio.get(url(live))
    answer = press(studio, live, inside="stay")

    assert "1 mail that is planned of a step you took out is taken back, whatever you choose." in page.text
    assert answer.status_code == 302
    assert Outcome.objects.get().state == State.CANCELLED


def test_who_has_finished_goes_on_only_if_asked(studio: Client, live: Sequence, owner: User):
    ended = {"state": "finished", "ended_at": database_now(), "due_at": None, "next_position": 2}
    done = mail.enrolment(people.consent().lead, live.published, **ended)
    writes(live, plan(*publishing.draft(live).steps, letter(3, 1, "One more")), owner)

    page = studio.get(url(live))
    press(studio, live, inside="stay", also_finished="on")

    done.refresh_from_db()
    assert "Also 1 person who has finished" in page.text
    assert (done.state, done.version.number) == ("active", 2)


def test_whoever_looked_at_an_older_draft_looks_again(studio: Client, live: Sequence, owner: User):
    writes(live, plan(*publishing.draft(live).steps, letter(3, 1, "One more")), owner)

    answers = [press(studio, live, number=number) for number in ("0", "", "x", "9" * 30)]

    assert [answer.status_code for answer in answers] == [409, 409, 409, 409]
    assert 'role="alert"' in answers[0].text
    live.refresh_from_db()
    assert live.published.number == 1


def test_looking_at_the_pages_publishes_nothing(studio: Client, begun: Sequence, owner: User):
    writes(begun, plan(pause(1, days=1)), owner)

    pages = [studio.get(url(begun, name)) for name in ("sequence_publish", "sequence", "sequence_about")]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert state(begun) == "draft"


def test_a_mail_of_a_draft_leads_back_to_its_place_in_the_plan(studio: Client, begun: Sequence, owner: User):
    one = letter(7, 1, "Thank you")
    writes(begun, plan(pause(1, days=1), one), owner)

    page = studio.get(reverse("studio:email_edit", args=[one.email]))

    assert f"{url(begun, 'sequence_edit')}?open=7#step-7" in page.text
    assert "Thank you" in studio.get(reverse("studio:mails")).text


@pytest.mark.parametrize("key", [shipped.key for shipped in SHIPPED])
def test_each_sequence_that_ships_is_published_by_one_press(studio: Client, key: str):
    stock.sequences(database_now())
    one = Sequence.objects.get(key=key)

    assert "Nothing keeps it from being published." in studio.get(url(one)).text
    assert press(studio, one).headers["Location"] == url(one, "sequence")
    assert state(one) == "live"


def test_while_people_are_being_moved_the_page_says_how_far(
    studio: Client, live: Sequence, owner: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(versions, "AT_ONCE", 0)
    writes(live, plan(*publishing.draft(live).steps, letter(3, 1, "One more")), owner)

    press(studio, live, inside="move")

    shown = studio.get(url(live, "sequence")).text
    assert "Those inside are being moved to version 2: 0 are there, 2 are still to be looked at." in shown
    publishing.go_on(database_now())
    assert "are being moved" not in studio.get(url(live, "sequence")).text


def test_whom_the_change_brings_to_now_leaves_over_hours_that_are_chosen_and_drawn(
    studio: Client, live: Sequence, owner: User
):
    first, second = publishing.draft(live).steps
    Enrolment.objects.update(next_position=1, since=database_now() - 2 * DAY, due_at=database_now() + DAY)
    writes(live, plan(first, replace(second, wait=Wait(1))), owner)

    shown = studio.get(url(live), {"hours": "6", "inside": "move"})
    press(studio, live, inside="move", hours="6")

    assert "For 2 the next step would be due at once. They leave over 6 hours, as drawn below." in shown.text
    assert sum(part.people for part in shown.context["outlook"].parts) == 2
    assert Transfer.objects.get(version__number=2).hours == 6
    assert len(set(Enrolment.objects.values_list("due_at", flat=True))) == 2


def test_where_nothing_is_to_be_published_no_button_says_so(studio: Client, live: Sequence, owner: User):
    page = studio.get(url(live)).text
    assert "Nothing is changed" in page
    assert 'id="publish"' not in page

    writes(live, replace(publishing.draft(live), holdout=10), owner)
    assert 'id="publish"' in studio.get(url(live)).text


def test_the_editor_says_when_a_draft_was_saved_and_on_which_day(studio: Client, live: Sequence, owner: User):
    assert "As it is published" in studio.get(url(live, "sequence_edit")).text
    writes(live, replace(publishing.draft(live), holdout=10), owner)
    live.refresh_from_db()
    assert re.fullmatch(r"\d\d:\d\d \w+", sequence_page.saved(live))

    live.draft_at = database_now() - 3 * DAY
    assert re.fullmatch(r"\d+ \w+, \d\d:\d\d \w+", sequence_page.saved(live))
