"""What the tests of the campaigns' pages begin with: a draft, what happens to it next, and what a page said."""

import re
from contextlib import suppress
from datetime import timedelta

from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.campaigns import canary, services
from newsletter.campaigns.services import Draft
from newsletter.content.compile import NotCompilable
from newsletter.content.services import Wording
from newsletter.deliveries.models import Kind, State
from newsletter.models import Campaign, Chunk, Delivery, Outcome
from tests.factories import mail
from tests.newsletter.campaigns.letters import GOOD

MINUTE = timedelta(minutes=1)


def url(name: str, of: Campaign) -> str:
    return reverse(f"studio:{name}", args=[of.pk])


def campaign(by: User, **fields: str) -> Campaign:
    wording = Wording(fields.get("subject", GOOD.subject), GOOD.preheader, GOOD.body)
    made = services.create(Draft(fields.get("name", "Opening hours"), wording), by=by, now=database_now())
    with suppress(NotCompilable):
        mail.tried(made, by)
    return made


def scheduled(one: Campaign, by: User) -> Campaign:
    services.schedule(one, at=None, by=by, now=database_now())
    return fresh(one)


def leaving_now(one: Campaign, by: User) -> Campaign:
    """Planned, with nothing handed over yet."""
    scheduled(one, by)
    services.start_due(database_now() + MINUTE)
    return fresh(one)


def few_landed(one: Campaign) -> Campaign:
    """The first few of a planned campaign have got it, and the tick has seen that."""
    few = Chunk.objects.get(batch=one.canary_batch)
    for place in range(few.size):
        Outcome.objects.create(delivery_id=few.pk * 1000 + place, at=database_now(), state=State.SUBMITTED)
    Chunk.objects.filter(pk=few.pk).update(done=True)
    canary.look(database_now())
    return fresh(one)


def press(studio: Client, shown: str, button: str) -> None:
    """Press what is called so on a page, which may be an old one: with all that its form holds."""
    forms = re.findall(r'<form method="post" action="([^"]+)">(.*?)</form>', shown, re.DOTALL)
    [(where, form)] = [(where, form) for where, form in forms if f"{button}</button>" in form]
    studio.post(where, dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)))


def pressed(studio: Client, one: Campaign, **typed: str) -> dict[str, str]:
    """What the form of the last look sends, as the page shows it now: at once, unless said otherwise."""
    form = studio.get(url("campaign_schedule", one)).context["form"]
    seen = {name: str(form.initial[name]) for name in ("count", "version", "audience", "tested")}
    return {"when": "now", "timing": "clinic", **seen, **typed}


def fresh(one: Campaign) -> Campaign:
    return Campaign.objects.select_related("email").get(pk=one.pk)


def ended(of: Campaign, state: State = State.SUBMITTED, reason: str = "") -> None:
    """Every mail of it that has not ended so far has ended so."""
    for delivery in Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=of.pk):
        Outcome.objects.get_or_create(
            delivery_id=delivery.pk, defaults={"at": database_now(), "state": state, "reason": reason}
        )
    Chunk.objects.update(done=True)


def said(page: object) -> list[str]:
    """What the next page tells about the act."""
    return [str(message) for message in page.context["messages"]]  # type: ignore[attr-defined]
