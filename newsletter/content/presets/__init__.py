"""The emails that ship: the course and the other sequences, what follows from an act, what a campaign begins with."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from newsletter.content import services
from newsletter.content.models import EmailTemplate, Variant
from newsletter.content.presets.course import COURSE
from newsletter.content.presets.letters import LETTERS
from newsletter.content.presets.starters import STARTERS
from newsletter.content.presets.transactional import TRANSACTIONAL
from newsletter.content.presets.writing import Preset

__all__ = ["COURSE", "LETTERS", "SHIPPED", "STARTERS", "TRANSACTIONAL", "install", "starter"]

SHIPPED: tuple[Preset, ...] = (*COURSE, *LETTERS, *TRANSACTIONAL)


def starter(key: str) -> Preset:
    """What a new campaign is begun with; an unknown key gives the plain letter."""
    return next((preset for preset in STARTERS if preset.key == key), STARTERS[0])


@transaction.atomic
def install(now: datetime) -> None:
    """Bring every shipped email and freeze it; may be repeated.

    An email that staff have edited is theirs and keeps its words; the others follow what ships.
    """
    for preset in SHIPPED:
        template, _ = EmailTemplate.objects.get_or_create(key=preset.key, defaults=_wording(preset, now))
        if template.updated_by_id is None and _differs(template, preset):
            EmailTemplate.objects.filter(pk=template.pk).update(**_wording(preset, now), version=F("version") + 1)
        variant, _ = Variant.objects.get_or_create(email=template, label="A")
        freeze = services.freeze if template.updated_by_id is None else services.freeze_anew
        freeze(variant, now=now)


def _differs(template: EmailTemplate, preset: Preset) -> bool:
    shipped = (preset.subject, preset.preheader, preset.body)
    return (template.subject, template.preheader, template.body) != shipped


def _wording(preset: Preset, now: datetime) -> dict[str, object]:
    return {
        "kind": preset.kind,
        "topic": preset.topic,
        "name": preset.name,
        "subject": preset.subject,
        "preheader": preset.preheader,
        "body": preset.body,
        "updated_at": now,
    }
