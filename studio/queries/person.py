"""One person at a glance: what they agreed to, where they are in the course, and what waits."""

from dataclasses import dataclass
from datetime import datetime

from booking import queries as diary
from booking.models import Appointment
from leads.consent import queries as consents
from leads.consent.models import Consent, ConsentRequest
from leads.intake import queries as intake
from leads.intake.models import Inquiry
from leads.models import Lead, Tagging
from leads.tags import queries as tags
from newsletter.deliveries import lately
from newsletter.deliveries.lately import Cap
from newsletter.models import Enrolment
from newsletter.sequences import queries as sequences
from studio.queries.people import CONSENT_WORDS, with_consent

UNDER_WAY = {"active", "paused"}


@dataclass(frozen=True, slots=True)
class Person:
    """`way` is their latest way through a sequence; `steps` are its mails, `passed` those that are behind.

    `full` is the clinic's cap where they have got, or are about to get, as much mail as it allows.
    """

    consent_state: str
    consents: list[Consent]
    requests: list[ConsentRequest]
    taggings: list[Tagging]
    way: Enrolment | None
    calls: list[Appointment]
    inquiries: list[Inquiry]
    full: Cap | None

    @property
    def consent_word(self) -> str:
        return str(CONSENT_WORDS[self.consent_state])

    @property
    def is_under_way(self) -> bool:
        return self.way is not None and self.way.state in UNDER_WAY

    @property
    def gets_marketing(self) -> bool:
        return self.consent_state == "agreed"


def look(lead: Lead, *, now: datetime) -> Person:
    """Everything that the top of one person's page says."""
    state = with_consent(Lead.objects.filter(pk=lead.pk), now=now).values_list("consent_state", flat=True)
    asked = consents.requests(lead).filter(confirmed_at=None)
    return Person(
        consent_state=state.get(),
        consents=list(consents.consents(lead)),
        requests=list(asked),
        taggings=list(tags.taggings(lead)),
        way=sequences.enrolments(lead).annotate(steps=sequences.mails(), passed=sequences.mails(passed=True)).first(),
        calls=list(diary.standing(lead, now=now).order_by("starts_at")),
        inquiries=[inquiry for inquiry in intake.inquiries(lead) if inquiry.handled_at is None],
        full=_full(lead, now),
    )


def _full(lead: Lead, now: datetime) -> Cap | None:
    cap = lately.cap()
    return cap if lately.of([lead.pk], cap, now)[lead.pk].room_at(cap, now) > now else None
