"""Acts of the setup room. Each one looks afterwards whether the checklist is finished, and then unlocks sending."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from clinic.models import Clinic, DayOff, WeeklyHours
from newsletter.content import services as content
from newsletter.content import signing
from newsletter.content.pictures import holding
from studio import checklist

SUBJECT = "clinic:1"


class ChangedSince(Exception):
    """Somebody else has saved something else meanwhile."""


@transaction.atomic
def change_profile(
    changes: Mapping[str, object], *, by: User, now: datetime, seen: Mapping[str, object] | None = None
) -> Clinic:
    """Write these fields of the profile; what stands in the mails changes with them.

    With what was `seen` before, nothing is written over that has been saved since. Raises ChangedSince.
    """
    clinic = _locked()
    if any(_is_anothers(getattr(clinic, name), (seen or {}).get(name), to) for name, to in changes.items() if seen):
        raise ChangedSince
    holding.hold(dict(changes))
    before = {name: getattr(clinic, name) for name in changes}
    for name, value in changes.items():
        setattr(clinic, name, value)
    changed = sorted(name for name in changes if before[name] != changes[name])
    if changed:
        audit.record("clinic.changed", subject=SUBJECT, by=by, fields=changed)
    clinic = _settle(clinic, by=by, now=now)
    if changed:
        content.refreeze(now=now)
    return clinic


@transaction.atomic
def change_hours(
    spans: Iterable[tuple[int, time, time]], *, rules: Mapping[str, int], by: User, now: datetime
) -> Clinic:
    """Replace the week's hours for calls and how they are offered. Calls that are booked stay booked."""
    clinic = _locked()
    for name, value in rules.items():
        setattr(clinic, name, value)
    WeeklyHours.objects.all().delete()
    WeeklyHours.objects.bulk_create(
        WeeklyHours(weekday=weekday, opens_at=opens_at, closes_at=closes_at) for weekday, opens_at, closes_at in spans
    )
    audit.record("clinic.hours", subject=SUBJECT, by=by)
    return _settle(clinic, by=by, now=now)


@transaction.atomic
def add_day_off(on: date, *, label: str, by: User) -> DayOff:
    """Nobody can book a call on that day from now on; named again, the day gets the new label."""
    day, _ = DayOff.objects.update_or_create(on=on, defaults={"label": label})
    audit.record("clinic.day_off", subject=SUBJECT, by=by, on=on.isoformat())
    return day


@transaction.atomic
def remove_day_off(day: DayOff, *, by: User) -> None:
    audit.record("clinic.day_off_removed", subject=SUBJECT, by=by, on=day.on.isoformat())
    day.delete()


@transaction.atomic
def sign_off(name: str, *, by: User, now: datetime) -> Clinic:
    """The practitioner signs the mails that go out under their name, each as it goes out now."""
    clinic = _locked()
    signing.sign_what_goes_out(name, by=by, now=now)
    clinic.content_signed_off_at, clinic.content_signed_off_by = now, name
    audit.record("content.signed_off", subject=SUBJECT, by=by, name=name)
    return _settle(clinic, by=by, now=now)


@transaction.atomic
def confirm_test_mail(*, by: User, now: datetime) -> Clinic:
    """Somebody saw the test mail in their inbox."""
    clinic = _locked()
    clinic.test_mail_seen_at = now
    audit.record("test_mail.seen", subject=SUBJECT, by=by)
    return _settle(clinic, by=by, now=now)


def plain(value: Any) -> Any:
    """A value of the profile to compare, as JSON has it; words with the line ends that they are kept with."""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return "\n".join(value.splitlines()) if isinstance(value, str) else value


def _is_anothers(present: object, seen: object, to: object) -> bool:
    return plain(present) not in (seen, to)


def _locked() -> Clinic:
    """The profile, ours alone until commit; a first one if there is none."""
    Clinic.objects.get_or_create(id=1)
    return Clinic.objects.select_for_update().get(id=1)


def _settle(clinic: Clinic, *, by: User, now: datetime) -> Clinic:
    """Save; the moment the checklist is complete, mail may leave, and that is never taken back by a form."""
    is_complete = checklist.check(clinic, has_hours=WeeklyHours.objects.exists()).is_complete
    if clinic.sending_unlocked_at is None and is_complete:
        clinic.sending_unlocked_at = now
        audit.record("sending.unlocked", subject=SUBJECT, by=by)
    clinic.save()
    return clinic
