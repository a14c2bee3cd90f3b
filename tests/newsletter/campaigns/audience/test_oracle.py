"""The question about an audience beside the same question answered person by person, without a database."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.models import Lead, Segment, Tag
from leads.tags.models import Tagging
from newsletter.campaigns import audience
from newsletter.campaigns.audience import Share
from newsletter.campaigns.audience.question import REASONS
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import Kind, State
from newsletter.models import Campaign, Delivery
from newsletter.suppression.models import Suppression
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import NOW

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

CONSENTS = {
    "holds": ({}, True),
    "holds for an hour": ({"expires_at": NOW + HOUR}, True),
    "ends now": ({"expires_at": NOW}, False),
    "withdrawn": ({"withdrawn_at": NOW - DAY, "withdrawn_how": "link"}, False),
    "for an answer": ({"purpose": "inquiry"}, False),
}
"""What was agreed to, and whether it lets mail through."""
MAILS = {
    "submitted": ({"state": State.SUBMITTED, "at": NOW - DAY}, True),
    "long ago": ({"state": State.SUBMITTED, "at": NOW - 8 * DAY}, False),
    "refused": ({"state": State.REFUSED, "at": NOW - DAY}, False),
    "a step": ({"state": State.SUBMITTED, "at": NOW - DAY, "kind": Kind.STEP}, True),
    "planned": ({"at": NOW + HOUR}, True),
}
"""What they were mailed, and whether the cap counts it."""
SEGMENTS = {
    "phone": ([{"name": "has_phone"}], "all", lambda one: one.phone),
    "no phone": ([{"name": "has_phone", "not": True}], "all", lambda one: not one.phone),
    "either": ([{"name": "tagged", "value": "a"}, {"name": "has_phone"}], "any", lambda one: one.tagged or one.phone),
    "both": ([{"name": "tagged", "value": "a"}, {"name": "has_phone"}], "all", lambda one: one.tagged and one.phone),
}
OTHERS = count(10**12)
"""Other campaigns than the one that is asked about."""
ZONES = ["", "America/Toronto", "Asia/Tokyo", "Europe/London", "Mars/Olympus"]


@dataclass(frozen=True)
class Person:
    language: str
    status: str
    declines: bool
    pause: int | None
    suppressions: frozenset[str]
    consents: frozenset[str]
    mails: tuple[str, ...]
    phone: bool
    tagged: bool
    zone: str
    erased: bool = field(default=False)


@dataclass(frozen=True)
class Asked:
    patients: bool
    included: frozenset[str]
    excluded: frozenset[str]
    cap: int
    timing: str


PEOPLE = st.builds(
    Person,
    language=st.sampled_from(["en", "en", "en", "fr"]),
    status=st.sampled_from(["lead", "lead", "patient"]),
    declines=st.booleans(),
    pause=st.sampled_from([None, None, -1, 0, 1]),
    suppressions=st.frozensets(st.sampled_from(["all", "marketing", "lifted"]), max_size=2),
    consents=st.frozensets(st.sampled_from(sorted(CONSENTS)), max_size=3),
    mails=st.lists(st.sampled_from(sorted(MAILS)), max_size=2).map(tuple),
    phone=st.booleans(),
    tagged=st.booleans(),
    zone=st.sampled_from(ZONES),
    erased=st.sampled_from([False] * 9 + [True]),
)
SIDES = st.frozensets(st.sampled_from(sorted(SEGMENTS)), max_size=2)
ASKED = st.builds(
    Asked,
    patients=st.booleans(),
    included=SIDES,
    excluded=SIDES,
    cap=st.integers(1, 3),
    timing=st.sampled_from(["clinic", "lead_zone", "spread"]),
)


def is_in(one: Person, names: frozenset[str]) -> bool:
    return any(SEGMENTS[name][2](one) for name in names)


def expected(one: Person, asked: Asked) -> str | None:
    """The first reason that leaves this person out, "" for none; None for who is not asked for at all."""
    if one.erased or (asked.included and not is_in(one, asked.included)):
        return None
    checks = {
        "left_out": is_in(one, asked.excluded),
        "language": one.language != "en",
        "patient": one.status == "patient" and not asked.patients,
        "suppressed": "all" in one.suppressions,
        "unsubscribed": "marketing" in one.suppressions,
        "no_consent": not any(CONSENTS[name][1] for name in one.consents),
        "declined": one.declines,
        "paused": one.pause is not None and one.pause > 0,
        "capped": sum(MAILS[name][1] for name in one.mails) >= asked.cap,
    }
    return next((name for name, leaves_out in checks.items() if leaves_out), "")


def made(one: Person, tag: Tag) -> Lead:
    lead = people.lead(
        language=one.language,
        status=one.status,
        declined_topics=["newsletter"] if one.declines else [],
        paused_until=None if one.pause is None else NOW + one.pause * HOUR,
        phone="+14165550123" if one.phone else "",
        time_zone=one.zone,
    )
    for name in one.consents:
        people.consent(lead, granted_at=NOW - 9 * DAY, **CONSENTS[name][0])
    for name in one.mails:
        mail.delivery(lead, owner=next(OTHERS), **MAILS[name][0])
    for scope in one.suppressions:
        is_lifted = scope == "lifted"
        Suppression.objects.create(
            address_hash=people.hash_of(lead),
            scope="all" if is_lifted else scope,
            reason="staff",
            at=NOW - DAY,
            lifted_at=NOW if is_lifted else None,
        )
    if one.tagged:
        Tagging.objects.create(lead=lead, tag=tag)
    if one.erased:
        Lead.objects.filter(pk=lead.pk).update(email="", address_key=None, erased_at=NOW)
    return lead


def campaign(asked: Asked) -> Campaign:
    spread = {"spread_hours": 3} if asked.timing == "spread" else {}
    found = mail.campaign(
        email=mail.variant().email, includes_patients=asked.patients, timing=asked.timing, goes_at=NOW + HOUR, **spread
    )
    known = {
        name: Segment.objects.create(name=name, conditions=conditions, match=match)
        for name, (conditions, match, _fits) in SEGMENTS.items()
    }
    found.included.set(known[name] for name in asked.included)
    found.excluded.set(known[name] for name in asked.excluded)
    return found


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(crowd=st.lists(PEOPLE, max_size=5), asked=ASKED)
def test_each_person_is_counted_once_where_they_belong_and_who_is_counted_is_planned(crowd, asked):
    with transaction.atomic():
        clinics.clinic(cap_mails=asked.cap, cap_days=7)
        tag = Tag.objects.create(name="a")
        reasons = {made(one, tag).pk: expected(one, asked) for one in crowd}
        wanted = Counter(reason for reason in reasons.values() if reason is not None)
        gets_it = {pk for pk, reason in reasons.items() if reason == ""}
        one = campaign(asked)

        counted = audience.count(one, NOW)
        variant = one.email.variants.get()
        audience.plan(one, NOW, [Share(variant.pk, people=1), Share(variant.pk)])

        found = {name: dict(counted.reasons).get(why, 0) for name, why in REASONS.items()}
        assert found == {name: wanted[name] for name in REASONS}
        assert (counted.total, counted.everybody) == (len(gets_it), sum(wanted.values()))
        assert sum(counted.zones.values()) == counted.total
        mailed = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=one.pk).values_list("lead_id", flat=True)
        assert sorted(mailed) == sorted(gets_it)
        assert deliveries.progress(Kind.CAMPAIGN, one.pk).planned == counted.total
        transaction.set_rollback(True)
