"""What steps ask a person to do: from the step to its doing, and what becomes of it where people are erased or one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.models import AuditEvent, User
from leads.merging.services import merge
from leads.models import Lead
from leads.privacy import services as privacy
from newsletter.models import Enrolment
from newsletter.sequences import notices
from newsletter.sequences.models import Notice
from newsletter.sequences.plan.document import Step, StepKind
from tests.factories import mail, people
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import DAY, NOW, begun, ending, reader, sequence, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> User:
    return people.staff()


def notify(key: int) -> Step:
    return Step(key, StepKind.NOTIFY, text="Call this person.")


def asked() -> list[tuple[int, str]]:
    return [(one.enrolment.lead_id, one.text) for one in notices.waiting()]


def acts() -> list[str]:
    return list(AuditEvent.objects.filter(subject__startswith="notice:").order_by("pk").values_list("act", flat=True))


def test_what_a_step_asks_waits_for_a_person_until_it_is_done_and_can_be_put_back(by: User):
    way = begun(sequence(notify(1), email(2)))
    tick(NOW)
    [notice] = notices.waiting()
    assert (notice.enrolment, notice.text, notice.at) == (way, "Call this person.", NOW)

    assert notices.handle(notice, by=by, now=NOW + DAY)
    tick(NOW + DAY)
    assert (asked(), [(one.handled_by, one.handled_at) for one in notices.handled()]) == ([], [(by, NOW + DAY)])

    assert notices.reopen(notice, by=by)
    assert (asked(), list(notices.handled())) == ([(way.lead_id, "Call this person.")], [])
    assert acts() == ["notice.handled", "notice.reopened"]


def test_who_has_waited_longest_comes_first():
    late, early = mail.notice(people.lead(), at=NOW), mail.notice(people.lead(), at=NOW - DAY)

    assert list(notices.waiting()) == [early, late]


def test_what_is_pressed_twice_is_done_once_and_stays_with_who_did_it(by: User):
    notice = mail.notice(people.lead())

    pressed = [notices.handle(notice, by=who, now=now) for who, now in ((by, NOW), (people.staff(), NOW + DAY))]
    put_back = [notices.reopen(notice, by=by) for _ in range(2)]

    assert (pressed, put_back, acts()) == ([True, False], [True, False], ["notice.handled", "notice.reopened"])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_has_done_it():
    notice, staff = mail.notice(people.lead()), [people.staff(), people.staff()]
    both = threading.Barrier(len(staff))

    def press(who: User) -> bool:
        try:
            both.wait()
            return notices.handle(notice, by=who, now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(staff)) as pool:
        pressed = list(pool.map(press, staff))

    assert sorted(pressed) == [False, True]
    assert (Notice.objects.get().handled_by, acts()) == (staff[pressed.index(True)], ["notice.handled"])


def test_who_is_erased_takes_what_was_asked_for_them_along_done_or_not(by: User):
    knee = sequence(notify(1), notify(2), email(3))
    gone, other = begun(knee), begun(knee)
    tick(NOW)
    first, second = Notice.objects.filter(enrolment=gone).order_by("key")
    notices.handle(first, by=by, now=NOW)

    privacy.erase(gone.lead, by=by, now=NOW)
    tick(NOW + DAY)

    assert set(Notice.objects.values_list("enrolment", flat=True)) == {other.pk}
    assert (notices.handle(second, by=by, now=NOW), notices.reopen(first, by=by)) == (False, False)


def merged(kept: Lead, gone: Lead, by: User) -> list[int]:
    """For whom it is asked afterwards."""
    merge(kept, gone, by=by, now=NOW)
    return [lead for lead, _text in asked()]


def test_what_was_asked_for_one_of_two_who_are_one_is_asked_for_the_one_who_is_kept(by: User):
    way, kept = begun(sequence(notify(1), email(2))), reader()
    tick(NOW)

    assert merged(kept, way.lead, by) == [kept.pk]
    tick(NOW)
    assert (ending(way)[0], asked()) == ("finished", [(kept.pk, "Call this person.")])


@pytest.mark.parametrize("is_kept_ahead", [True, False])
def test_the_way_that_ends_for_the_other_one_leaves_what_it_asked_with_the_kept_one(by: User, is_kept_ahead: bool):
    knee = sequence(email(1), notify(2), email(3, 2))
    ahead = begun(knee, now=NOW - DAY)
    tick(NOW - DAY)
    tick(NOW)
    behind = begun(knee)
    kept, gone = (ahead, behind) if is_kept_ahead else (behind, ahead)

    assert merged(kept.lead, gone.lead, by) == [kept.lead_id]
    assert Enrolment.objects.filter(lead=kept.lead).count() == 2


def test_who_is_erased_after_they_were_merged_takes_both_along(by: User):
    knee = sequence(notify(1), email(2))
    kept, gone = begun(knee), begun(knee)
    tick(NOW)
    merge(kept.lead, gone.lead, by=by, now=NOW)

    privacy.erase(Lead.objects.get(pk=kept.lead_id), by=by, now=NOW)

    assert list(Notice.objects.all()) == []
