"""Who is written to, in numbers: leads who agreed, campaigns that staff let go, a course that people follow."""

from datetime import time, timedelta

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Role, User
from clinic.clock import database_now
from leads.models import Consent, Lead
from leads.people import addresses
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.services import Draft
from newsletter.content import services as content
from newsletter.content.models import EmailKind, Topic
from newsletter.content.services import Wording
from newsletter.deliveries.models import Kind
from newsletter.models import Campaign, Delivery, Enrolment, Sequence, SequenceVersion, Step, Variant
from newsletter.sequences.queries import COURSE_KEY
from tests.factories import clinics, mail, people

LETTER = {
    "version": 1,
    "blocks": [
        {"type": "text", "text": "Hello {{ first_name|there }}. The clinic has new opening hours from Monday on."},
        {"type": "button", "label": "Book the free call", "target": "call"},
    ],
}
SUBJECT = "New opening hours"
TABLES_THAT_STAY = ("django_migrations", "django_content_type", "auth_permission")


def empty() -> None:
    """Forget everything that the run before left in the database."""
    kept = ", ".join(f"'{table}'" for table in TABLES_THAT_STAY)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"  # noqa: S608
            f" WHERE schemaname = 'public' AND tablename NOT IN ({kept})"
        )
        (tables,) = cursor.fetchone()
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


def clinic() -> User:
    """A clinic that may send, to the same people again and again; returns its owner."""
    clinics.clinic(cap_mails=1000)
    return people.staff(Role.OWNER)


def leads(count: int, *, name: str = "p") -> list[Lead]:
    """So many people who agreed a while ago."""
    keys = [f"{name}{n}@example.org" for n in range(count)]
    made = Lead.objects.bulk_create(
        Lead(email=key, address_key=key, address_hash=addresses.digest(key), first_name="Ada", source="sign_up")
        for key in keys
    )
    agreed = database_now() - timedelta(days=9)
    wording = people.wording()
    Consent.objects.bulk_create(
        Consent(lead=lead, purpose="marketing", basis="express", wording=wording, granted_at=agreed) for lead in made
    )
    return made


def campaign(by: User, *, name: str = "Opening hours", subject: str = SUBJECT) -> Campaign:
    """Written and let go; the next tick plans it."""
    now = database_now()
    made = campaigns.create(Draft(name, Wording(subject, "From Monday on", LETTER)), by=by, now=now)
    mail.tried(made, by)
    assert campaigns.schedule(made, at=now, by=by, now=now)
    return made


def letters() -> QuerySet[Delivery]:
    """What is for leads; the test mail that staff had of a campaign's words went another way, long ago."""
    return Delivery.objects.exclude(kind=Kind.TEST)


def letters_to(these: QuerySet[Lead]) -> QuerySet[Delivery]:
    return letters().filter(lead_id__in=these.values("pk"))


def course(steps: int) -> Sequence:
    """A course whose window is open at any time, and which waits a day before each step."""
    made = Sequence.objects.create(key=COURSE_KEY, name="The sciatica course")
    version = SequenceVersion.objects.create(
        sequence=made,
        number=1,
        weekdays=list(range(7)),
        window_opens_at=time(0),
        window_closes_at=time(23, 59, 59),
    )
    for place in range(steps):
        Step.objects.create(version=version, key=place + 1, position=place, wait_days=1, variant=letter(place))
    made.published = version
    made.save()
    return made


def letter(number: int) -> Variant:
    """A step's email, frozen as publishing does."""
    now = database_now()
    wording = Wording(f"Step {number}", "What helps", LETTER)
    email = content.create(wording, kind=EmailKind.STEP, name=f"Step {number}", topic=Topic.COURSE, now=now)
    made, _ = Variant.objects.get_or_create(email=email, label="A")
    content.freeze(made, now=now)
    return made


def enrol(followers: list[Lead], into: Sequence) -> None:
    """Everybody's first step is due."""
    now = database_now()
    consents = {one.lead_id: one for one in Consent.objects.filter(lead__in=followers)}
    Enrolment.objects.bulk_create(
        Enrolment(
            sequence=into,
            version=into.published,
            lead=lead,
            consent=consents[lead.pk],
            is_asked_for=True,
            due_at=now - timedelta(minutes=1),
            enrolled_at=now - timedelta(minutes=1),
        )
        for lead in followers
    )
