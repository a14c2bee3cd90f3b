"""A goal, and what is waited for, can be one particular link of a mail: by the address that it leads to."""

import pytest

from accounts.models import User
from newsletter.deliveries.models import State
from newsletter.models import CompiledEmail, Delivery, Outcome, Sequence
from newsletter.sequences import publishing, writing
from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import Event, EventKind, Step, StepKind
from tests.factories import mail, people
from tests.newsletter.sequences.course import DAY, NOW, hand_over, planned
from tests.newsletter.sequences.plans import email, pause, plan
from tests.newsletter.sequences.ways import PERSON_SEEN, begun, click, ending, goal, sequence, tick

pytestmark = pytest.mark.django_db
BOOK, ASK = 0, 1
"""The places of the two links that each letter has: /book and /ask."""
ASKED = Event(EventKind.CLICKED, "1 /ask")


def until_asked(key: int, **branches: tuple[Step, ...]) -> Step:
    return Step(key, StepKind.UNTIL, event=ASKED, days=3, **branches)


@pytest.mark.parametrize(("link", "end"), [(BOOK, ("active", "")), (ASK, ("exited", "clicked"))])
def test_only_a_click_on_the_link_of_the_goal_ends_the_way(link: int, end: tuple[str, str]):
    way = begun(sequence(email(1), pause(2, days=9), **goal(EventKind.CLICKED, ASKED.value)))
    tick(NOW)
    click(way, 1, at=NOW, link=link)

    tick(NOW + PERSON_SEEN)

    assert ending(way) == end


@pytest.mark.parametrize(("link", "mails"), [(BOOK, [1]), (ASK, [1, 3])])
def test_only_a_click_on_the_link_that_is_waited_for_goes_the_way_of_who_clicked(link: int, mails: list[int]):
    way = begun(sequence(email(1), until_asked(2, yes=(email(3),)), pause(4, days=9)))
    tick(NOW)
    hand_over(NOW)
    click(way, 1, at=NOW, link=link)

    tick(NOW + PERSON_SEEN)
    tick(NOW + DAY)

    assert planned(way) == mails


def test_what_counts_is_where_the_link_led_in_the_words_that_left():
    way = begun(sequence(email(1), pause(2, days=9), **goal(EventKind.CLICKED, ASKED.value)))
    tick(NOW)
    delivery = Delivery.objects.get(owner=way.pk, kind=2)
    left = CompiledEmail.objects.get(variant=delivery.variant_id)
    Outcome.objects.create(delivery_id=delivery.pk, at=NOW, state=State.SUBMITTED, revision_id=left.pk)
    newer = CompiledEmail.objects.create(variant=left.variant, number=2, digest="1" * 64, links=left.links[::-1])
    type(left.variant).objects.filter(pk=left.variant_id).update(current=newer)
    click(way, 1, at=NOW, link=ASK)

    tick(NOW + PERSON_SEEN)

    assert ending(way) == ("exited", "clicked")


def test_a_link_that_its_mail_no_longer_has_is_said_where_it_is_waited_for():
    by: User = people.staff()
    mine: Sequence = writing.begin("Mine", topic="course", by=by, now=NOW)
    letter = mail.variant(mail.email(kind="step")).email
    made = plan(Step(1, StepKind.EMAIL, email=letter.pk), until_asked(2), goal=ASKED)
    before = [one.where for one in publishing.about_plan(mine, made)]

    CompiledEmail.objects.filter(variant__email=letter).update(links=[])

    told = [one for one in publishing.about_plan(mine, made) if one.where in ("goal", 2) and "/ask" in one.words]
    assert ("goal" in before, [(one.where, one.blocks) for one in told]) == (False, [("goal", False), (2, False)])


@pytest.mark.parametrize(("came", "is_it"), [("1 /ask", True), ("1 /book", False), ("1", True), ("2", False)])
def test_a_click_that_is_only_played_is_taken_for_the_link_that_is_wanted(came: str, is_it: bool):
    assert ASKED.is_reached_by(Event(EventKind.CLICKED, came)) is is_it


def test_it_is_said_in_words():
    names = words.Names({}, {}, {}, str, {"clicked:1": "One map"})

    assert words.event(ASKED, names) == "clicks the link to /ask in “One map”"
