"""What a new campaign can begin with: what ships, as staff have changed it, and what they keep of their own.

Each that staff have changed or kept is an email of the kind PRESET, written in the same editor as every other. It is
never mailed: a campaign gets a copy of what is saved of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from newsletter.content import services
from newsletter.content.models import CompiledEmail, EmailKind, EmailTemplate, Topic
from newsletter.content.presets.starters import STARTERS
from newsletter.content.presets.writing import Preset
from newsletter.content.services import Wording

OWN, CHANGED = "own-", "starter-"
LONGEST_NAME = 120


class NoSuchPreset(LookupError):
    """It is no preset, or it is there no longer."""


@dataclass(frozen=True, slots=True)
class Offer:
    """`key` is what a form sends; `email` is None for one that stands as it ships; staff's own do not ship."""

    key: str
    name: str
    subject: str
    preheader: str
    body: dict[str, Any]
    ships: bool
    email: EmailTemplate | None = None


def every() -> list[Offer]:
    """What ships, in its order and as it was changed; then staff's own by name."""
    found = list(EmailTemplate.objects.filter(kind=EmailKind.PRESET).order_by(Lower("name"), "pk"))
    changed = {email.key: email for email in found if email.key}
    shipped = [_shipped(starter, changed.get(f"{CHANGED}{starter.key}")) for starter in STARTERS]
    return [*shipped, *(_of(email, f"{OWN}{email.pk}", ships=False) for email in found if not email.key)]


def named(key: str) -> Offer:
    """Raises NoSuchPreset."""
    offer = next((offer for offer in every() if offer.key == key), None)
    if offer is None:
        raise NoSuchPreset(key)
    return offer


@transaction.atomic
def change(key: str, *, now: datetime) -> EmailTemplate:
    """The email in which one that ships is changed; made when it is asked for the first time. Raises NoSuchPreset."""
    offer = named(key)
    if offer.email is not None:
        return offer.email
    made, _is_new = EmailTemplate.objects.get_or_create(
        key=f"{CHANGED}{key}",
        defaults={
            "kind": EmailKind.PRESET,
            "topic": Topic.NEWSLETTER,
            "name": offer.name,
            "subject": offer.subject,
            "preheader": offer.preheader,
            "body": offer.body,
            "updated_at": now,
        },
    )
    return made


@transaction.atomic
def keep(email: EmailTemplate, *, name: str, by: User, now: datetime) -> EmailTemplate:
    """Keep what is saved of an email as a preset of one's own, under this name."""
    found = EmailTemplate.objects.select_for_update(of=["self"]).get(pk=email.pk)
    name = " ".join(name.split())[:LONGEST_NAME] or _("A preset")
    wording = Wording(found.subject, found.preheader, found.body)
    made = services.create(wording, kind=EmailKind.PRESET, name=name, topic=found.topic, now=now)
    audit.record("preset.kept", subject=f"email:{made.pk}", by=by, name=name, out_of=found.pk)
    return made


@transaction.atomic
def drop(email: EmailTemplate, *, by: User) -> None:
    """Take a preset away with its versions and what was tested of it: one that ships is offered as it ships again.

    Raises NoSuchPreset.
    """
    found = EmailTemplate.objects.select_for_update(of=["self"]).filter(pk=email.pk, kind=EmailKind.PRESET).first()
    if found is None:
        raise NoSuchPreset(email.pk)
    audit.record("preset.deleted", subject=f"email:{found.pk}", by=by, name=found.name, subject_line=found.subject)
    found.revisions.all().delete()
    found.variants.update(current=None)
    CompiledEmail.objects.filter(variant__email=found).delete()
    found.variants.all().delete()
    found.delete()


def _shipped(starter: Preset, changed: EmailTemplate | None) -> Offer:
    if changed is not None:
        return _of(changed, starter.key, ships=True)
    return Offer(starter.key, starter.name, starter.subject, starter.preheader, starter.body, ships=True)


def _of(email: EmailTemplate, key: str, *, ships: bool) -> Offer:
    return Offer(key, email.name, email.subject, email.preheader, email.body, ships, email)
