"""The demo's clinic and the people who work there."""

from datetime import date, datetime, time, timedelta

from accounts.models import Role, User
from clinic.models import Clinic, DayOff, WeeklyHours

ZONE = "America/Toronto"
OPENS, CLOSES = time(9), time(17)
WORKDAYS = range(5)


def open_clinic(*, began_at: datetime) -> Clinic:
    """A clinic whose first-run checklist has been green since the story began."""
    return Clinic.objects.create(
        id=1,
        name="Harbour Acupuncture",
        practitioner="Dana Reyes",
        practitioner_title="Registered acupuncturist",
        postal_address="12 Quay Street\nPort Ellis, Ontario",
        phone="+14165550134",
        email="desk@harbour.example",
        sender_name="Dana Reyes at Harbour Acupuncture",
        sender_email="dana@news.harbour.example",
        time_zone=ZONE,
        public_holidays="CA-ON",
        booking_url="https://booking.harbour.example/new",
        first_visit_price="A first visit takes an hour and costs $95.",
        insurance_note="Many extended health plans pay for acupuncture; ask yours before you come.",
        content_signed_off_at=began_at,
        content_signed_off_by="Dana Reyes",
        test_mail_seen_at=began_at,
        sending_unlocked_at=began_at,
    )


def open_hours(*, today: date) -> None:
    WeeklyHours.objects.bulk_create(
        WeeklyHours(weekday=weekday, opens_at=OPENS, closes_at=CLOSES) for weekday in WORKDAYS
    )
    DayOff.objects.create(on=today + timedelta(days=9), label="Training day")


def hire(*, owner_email: str, at: datetime) -> tuple[User, User]:
    """The owner, whose password the demo announces, and the front desk; a colleague who practises too."""
    owner = User.objects.create_user(owner_email, name="Dana Reyes", role=Role.OWNER, created_at=at)
    desk = User.objects.create_user("sam@harbour.example", name="Sam Okafor", role=Role.FRONT_DESK, created_at=at)
    User.objects.create_user("mei@harbour.example", name="Mei Tanaka", role=Role.PRACTITIONER, created_at=at)
    return owner, desk
