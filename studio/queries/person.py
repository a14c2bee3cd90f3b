"""One person at a glance: what they agreed to, where they are in the course, and what waits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
from newsletter.sequences import publishing
from newsletter.sequences import queries as sequences
from newsletter.sequences.plan import words
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.plan.words import Names
from studio.queries import held
from studio.queries.held import Held
from studio.queries.people import CONSENT_WORDS, with_consent
from studio.queries.sequences import names

UNDER_WAY = {"active", "paused"}


@dataclass(frozen=True, slots=True)
class OnWay:
    """A way through a sequence, with `steps` (its mails) and `passed` (those that are behind) on it.

    What comes next, in words; and what holds it back, if anything.
    """

    way: Any
    following: str
    held: Held | None


@dataclass(frozen=True, slots=True)
class Person:
    """`way` is their latest way through a sequence; `ways` are those that are under way, else the latest.

    `full` is the clinic's cap where they have got, or are about to get, as much mail as it allows.
    """

    consent_state: str
    consents: list[Consent]
    requests: list[ConsentRequest]
    taggings: list[Tagging]
    way: Enrolment | None
    ways: list[OnWay]
    calls: list[Appointment]
    inquiries: list[Inquiry]
    full: Cap | None

    @property
    def consent_word(self) -> str:
        return str(CONSENT_WORDS[self.consent_state])

    @property
    def is_under_way(self) -> bool:
        return any(one.way.state in UNDER_WAY for one in self.ways)

    @property
    def gets_marketing(self) -> bool:
        return self.consent_state == "agreed"


def look(lead: Lead, *, now: datetime) -> Person:
    """Everything that the top of one person's page says."""
    state = with_consent(Lead.objects.filter(pk=lead.pk), now=now).values_list("consent_state", flat=True)
    asked = consents.requests(lead).filter(confirmed_at=None, lead=lead)
    ways: list[Any] = list(
        sequences.enrolments(lead)
        .select_related("sequence", "version__sequence", "lead")
        .annotate(steps=sequences.mails(), passed=sequences.mails(passed=True))
    )
    return Person(
        consent_state=state.get(),
        consents=list(consents.consents(lead)),
        requests=list(asked),
        taggings=list(tags.taggings(lead)),
        way=ways[0] if ways else None,
        ways=_on([way for way in ways if way.state in UNDER_WAY] or ways[:1], now),
        calls=list(diary.standing(lead, now=now).order_by("starts_at")),
        inquiries=[inquiry for inquiry in intake.inquiries(lead) if inquiry.handled_at is None],
        full=_full(lead, now),
    )


def _on(ways: list[Any], now: datetime) -> list[OnWay]:
    if not ways:
        return []
    held_back, called = held.of_ways(ways, now), names()
    return [OnWay(way, _following(way, called), held_back.get(way.pk)) for way in ways]


def _following(way: Enrolment, called: Names) -> str:
    """The step before which they stand; nothing once they have had all."""
    placed = flatten(publishing.as_published(way.version).steps)
    return next((words.step(one.step, called) for one in placed if one.position == way.next_position), "")


def _full(lead: Lead, now: datetime) -> Cap | None:
    cap = lately.cap()
    return cap if lately.of([lead.pk], cap, now)[lead.pk].room_at(cap, now) > now else None
