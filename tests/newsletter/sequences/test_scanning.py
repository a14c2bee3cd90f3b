"""What begins a way though nobody announces it: the tick looks for it, and finds everybody once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from booking.models import Appointment
from leads.consent.models import Basis, Purpose
from leads.consent.services import Ground
from leads.models import Lead, Segment
from leads.segments import services as segments
from leads.tags import services as tags
from newsletter.models import Sequence
from newsletter.sequences import scanning, services
from newsletter.sequences.models import ExitReason
from newsletter.sequences.occasions import About, occasion_of
from newsletter.sequences.plan.document import Again, TriggerKind
from newsletter.sequences.scanning import EVERY, scan
from tests.factories import mail, people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import (
    BEFORE,
    DAY,
    MINUTE,
    NOW,
    inside,
    publish,
    reader,
    segment,
    sequence,
    trigger,
    who,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
EXPRESS = Ground(Purpose.MARKETING, Basis.EXPRESS)
PER_OCCASION = {"again": Again.OCCASION}


def test_who_comes_to_belong_to_a_segment_enters_and_who_belonged_before_does_not():
    knee = segment_sequence("knee")
    old, new = reader(), reader()
    tags.add(old, name="knee", by=None, now=NOW)
    scan(NOW)
    tags.add(new, name="knee", by=None, now=NOW)

    assert scan(NOW + EVERY - timedelta(seconds=1)) == 0  # not yet time
    assert scan(NOW + EVERY) == 1

    assert inside(knee) == [new.pk]
    assert scan(NOW + 2 * EVERY) == 0


def segment_sequence(*names: str, **rules: object) -> Sequence:
    for name in names:
        tags.add(people.lead(), name=name, by=None, now=BEFORE)
    made = segment(*names)
    return sequence(email(1), key="segment", **trigger(TriggerKind.SEGMENT, str(made.pk)), **rules)


def test_who_leaves_a_segment_and_comes_again_enters_again_if_the_rule_lets_them():
    knee = segment_sequence("knee", again=Again.DAYS, again_days=1)
    lead = reader()
    scan(NOW)
    tags.add(lead, name="knee", by=None, now=NOW)
    scan(NOW + EVERY)
    services.leave(lead, reason=ExitReason.STAFF, now=NOW + EVERY)
    scan(NOW + 2 * DAY)
    tags.remove(lead, name="knee")
    scan(NOW + 3 * DAY)
    tags.add(lead, name="knee", by=None, now=NOW + 3 * DAY)
    assert [turn for _lead, _occasion, turn, _state in who(knee)] == [0]

    scan(NOW + 4 * DAY)

    assert [turn for _lead, _occasion, turn, _state in who(knee)] == [0, 1]


def test_who_fits_a_segment_and_agrees_later_enters_then():
    knee = segment_sequence("knee")
    lead = people.lead()
    tags.add(lead, name="knee", by=None, now=NOW)
    scan(NOW)
    people.consent(lead)

    scan(NOW + EVERY)

    assert inside(knee) == [lead.pk]


def test_who_belongs_only_because_staff_changed_the_segment_did_not_come():
    knee = segment_sequence("knee", "hip")
    lead = reader()
    tags.add(lead, name="back", by=None, now=NOW)
    scan(NOW)
    changed = segments.Draft("wider", [{"name": "tagged", "value": "back", "not": False}])
    segments.change(Segment.objects.get(), changed, by=people.staff(), now=NOW + DAY)

    scan(NOW + 2 * DAY)

    assert who(knee) == []


def test_a_segment_that_begins_a_sequence_is_not_deleted():
    segment_sequence("knee")

    with pytest.raises(segments.InUse) as error:
        segments.delete(Segment.objects.get(), by=people.staff())

    assert error.value.names == ["segment"]


def birthday_tick(of: Sequence, on: datetime) -> list[int]:
    scan(on)
    return [about - occasion_of(About.YEAR, 0) for _lead, about, _turn, _state in who(of)]


def test_a_birthday_begins_once_a_year_in_the_clinics_zone():
    wishes = sequence(email(1), **trigger(TriggerKind.BIRTHDAY), **PER_OCCASION)
    reader(birthday=date(1980, 1, 7))
    reader(birthday=date(1980, 2, 7))

    assert birthday_tick(wishes, datetime(2027, 1, 7, 4, 59, tzinfo=UTC)) == []
    assert birthday_tick(wishes, datetime(2027, 1, 7, 5, 14, tzinfo=UTC)) == [2027]
    assert birthday_tick(wishes, datetime(2027, 1, 7, 6, tzinfo=UTC)) == [2027]
    assert birthday_tick(wishes, datetime(2027, 1, 8, 6, tzinfo=UTC)) == [2027]
    services.leave(Lead.objects.get(birthday=date(1980, 1, 7)), reason=ExitReason.STAFF, now=NOW)
    birthday_tick(wishes, datetime(2028, 1, 6, 12, tzinfo=UTC))
    assert birthday_tick(wishes, datetime(2028, 1, 8, 12, tzinfo=UTC)) == [2027, 2028]


def test_after_a_long_outage_nobody_is_wished_well_for_an_old_birthday():
    wishes = sequence(email(1), **trigger(TriggerKind.BIRTHDAY), **PER_OCCASION)
    old, fresh = reader(birthday=date(1980, 2, 1)), reader(birthday=date(1980, 2, 9))
    scan(NOW)

    scan(datetime(2027, 2, 10, 12, tzinfo=UTC))

    assert inside(wishes) == [fresh.pk]
    assert old.pk not in inside(wishes)


@pytest.mark.parametrize(
    ("day", "fits"), [(date(2027, 2, 28), True), (date(2028, 2, 28), False), (date(2028, 2, 29), True)]
)
def test_who_was_born_on_the_29th_of_february_has_a_birthday_every_year(day, fits):
    sequence(email(1), at=datetime(2027, 1, 1, tzinfo=UTC), **trigger(TriggerKind.BIRTHDAY))
    lead = reader(birthday=date(1980, 2, 29))

    found = Lead.objects.filter(scanning._born_on(day))

    assert list(found) == ([lead] if fits else [])


def visit(lead: Lead, at: datetime) -> Appointment:
    return Appointment.objects.create(
        lead=lead,
        starts_at=at,
        ends_at=at + HOUR,
        blocked_until=at + HOUR,
        state="attended",
        booked_at=at,
        changed_at=at,
    )


def test_some_months_after_the_last_visit_a_way_begins_once_for_it():
    back = sequence(email(1), **trigger(TriggerKind.VISIT, number=3), **PER_OCCASION)
    lead, regular = reader(), reader()
    last = visit(lead, datetime(2026, 10, 6, 15, tzinfo=UTC))
    visit(regular, datetime(2026, 10, 6, 17, tzinfo=UTC))
    visit(regular, datetime(2026, 12, 6, 15, tzinfo=UTC))

    scan(datetime(2027, 1, 6, 14, 50, tzinfo=UTC))
    assert who(back) == []
    for hour in (16, 17, 18):
        scan(datetime(2027, 1, 6, hour, tzinfo=UTC))

    assert who(back) == [(lead.pk, last.pk, 0, "active")]


def test_a_visit_that_is_written_down_late_counts_all_the_same():
    back = sequence(email(1), **trigger(TriggerKind.VISIT, number=3))
    scan(NOW)
    call = visit(reader(), NOW - 100 * DAY)
    Appointment.objects.filter(pk=call.pk).update(changed_at=NOW + HOUR)

    scan(NOW + 2 * HOUR)

    assert inside(back) == [call.lead_id]


def test_a_visit_that_was_being_written_down_at_the_last_look_is_found_by_the_next():
    back = sequence(email(1), again=Again.OCCASION, **trigger(TriggerKind.VISIT, number=3))
    scan(NOW + HOUR)
    call = visit(reader(), NOW - 100 * DAY)
    Appointment.objects.filter(pk=call.pk).update(changed_at=NOW + HOUR - MINUTE)

    scan(NOW + 2 * HOUR)
    scan(NOW + 3 * HOUR)

    assert inside(back) == [call.lead_id]


def heard(kind: str, at: datetime) -> Lead:
    """Somebody whose last sign was this, then."""
    lead = people.consent(granted_at=NOW - 300 * DAY).lead
    if kind == "consent":
        people.consent(lead, granted_at=at)
    if kind == "click":
        mail.click(mail.delivery(lead, state=1), at=at)
    if kind == "question":
        people.inquiry(lead, received_at=at)
    if kind == "booking":
        lead.goals.create(kind="phone", at=at)
    return lead


@pytest.mark.parametrize("kind", ["consent", "click", "question", "booking"])
def test_silence_is_found_in_the_moment_in_which_it_is_long_enough_and_not_again(kind):
    quiet = sequence(email(1), **trigger(TriggerKind.QUIET, number=90), again=Again.DAYS, again_days=1)
    lead = heard(kind, NOW - 90 * DAY + HOUR)

    scan(NOW)
    assert who(quiet) == []
    scan(NOW + 2 * HOUR)
    assert inside(quiet) == [lead.pk]
    services.leave(lead, reason=ExitReason.STAFF, now=NOW + 2 * HOUR)
    for days in range(1, 5):
        scan(NOW + days * DAY)

    assert len(who(quiet)) == 1


def test_a_scanners_click_is_no_sign_of_anybody_and_who_was_quiet_before_is_left_in_peace():
    quiet = sequence(email(1), **trigger(TriggerKind.QUIET, number=90))
    silent, old = heard("click", NOW - 90 * DAY + HOUR), heard("click", NOW - 200 * DAY)
    mail.click(mail.delivery(silent, state=1), at=NOW - DAY, label="scanner")

    scan(NOW)
    scan(NOW + 2 * HOUR)

    assert inside(quiet) == [silent.pk]
    assert old.pk not in inside(quiet)


def test_a_new_version_of_the_same_trigger_misses_nobody_and_another_trigger_looks_at_nothing_before_it():
    quiet = sequence(email(1), **trigger(TriggerKind.QUIET, number=90))
    lead = heard("click", NOW - 90 * DAY + timedelta(minutes=5))
    scan(NOW)
    longer = plans.plan(email(1), email(2), **trigger(TriggerKind.QUIET, number=90))
    publish(quiet, longer, at=NOW + timedelta(minutes=10))

    scan(NOW + timedelta(minutes=11))

    assert inside(quiet) == [lead.pk]


def test_two_looks_at_once_are_one():
    quiet = sequence(email(1), **trigger(TriggerKind.QUIET, number=90))
    heard("click", NOW - 90 * DAY)
    scan(NOW - HOUR)

    assert [scan(NOW + HOUR), scan(NOW + HOUR)] == [1, 0]
    assert len(who(quiet)) == 1


def test_a_look_where_nothing_is_to_be_looked_for_costs_one_query(django_assert_num_queries):
    sequence(email(1), **trigger(TriggerKind.TAG, "knee"))

    with django_assert_num_queries(1):
        scan(NOW)


def test_a_sequence_that_cannot_be_read_keeps_no_other_from_beginning():
    unreadable, quiet = (sequence(email(1), key=key, **trigger(TriggerKind.QUIET, number=90)) for key in ("a", "b"))
    heard("click", NOW - 90 * DAY)
    scan(NOW - HOUR)
    unreadable.published.plan["schema"] = 99
    unreadable.published.save()

    with pytest.raises(ExceptionGroup, match="cannot be begun"):
        scan(NOW + HOUR)

    assert [len(who(one)) for one in (unreadable, quiet)] == [0, 1]
