"""Acts on emails: write one down, freeze what goes out from now on."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from clinic import queries as clinic
from newsletter.content import blocks, queries, revisions
from newsletter.content.compile import Compiled
from newsletter.content.models import CompiledEmail, EmailKind, EmailTemplate, Variant
from newsletter.content.pictures import holding
from newsletter.content.queries import AS_WRITTEN, STANDING, Instead


@dataclass(frozen=True)
class Wording:
    """What is saved together."""

    subject: str
    preheader: str
    body: dict[str, Any] = field(default_factory=blocks.empty)


@transaction.atomic
def create(wording: Wording, *, kind: EmailKind, name: str, topic: str = "", now: datetime) -> EmailTemplate:
    """Begin an email, from a starter or empty, with its variant A not yet frozen."""
    holding.hold(wording.body)
    template = EmailTemplate.objects.create(
        kind=kind,
        topic=topic,
        name=name,
        language=clinic.profile().language,
        subject=wording.subject,
        preheader=wording.preheader,
        body=wording.body,
        updated_at=now,
    )
    Variant.objects.create(email=template)
    return template


@transaction.atomic
def freeze(variant: Variant, *, now: datetime, instead: Instead = AS_WRITTEN) -> CompiledEmail:
    """Freeze the email as it is written now; the same content keeps its revision. Raises NotCompilable."""
    email, locked = _locked(variant)
    revisions.keep(email)
    return _frozen(variant, locked, queries.compiled(email, instead), version=email.version, now=now)


@dataclass(frozen=True, slots=True)
class Ready:
    """What freezing an email takes long for, done beforehand and without a lock."""

    version: int
    compiled: Compiled


class Overtaken(Exception):
    """The email was saved since it was made ready."""


def ready(email: EmailTemplate) -> Ready:
    """The email as it is written now, compiled; raises NotCompilable."""
    return Ready(email.version, queries.compiled(email))


@transaction.atomic
def freeze_ready(variant: Variant, made: Ready, *, now: datetime) -> CompiledEmail:
    """Freeze just what was made ready; raises Overtaken."""
    email, locked = _locked(variant)
    if email.version != made.version:
        raise Overtaken
    revisions.keep(email)
    return _frozen(variant, locked, made.compiled, version=email.version, now=now)


@transaction.atomic
def freeze_anew(variant: Variant, *, now: datetime) -> CompiledEmail:
    """Freeze what was frozen last under today's letterhead: what staff have only saved since does not go out."""
    email, locked = _locked(variant)
    words = revisions.as_of(email, locked.current.version) if locked.current else email
    return _frozen(variant, locked, queries.compiled(words), version=words.version, now=now)


def refreeze(*, now: datetime) -> int:
    """Freeze every standing email anew, after the clinic's profile or our templates changed; say how many changed.

    Campaigns are left alone: what was scheduled was seen and approved as it was. So are tests.
    """
    standing = Variant.objects.filter(current__isnull=False, label=STANDING).exclude(email__kind=EmailKind.CAMPAIGN)
    before = {variant.pk: variant.current_id for variant in standing}
    return sum(freeze_anew(variant, now=now).pk != before[variant.pk] for variant in standing)


def _locked(variant: Variant) -> tuple[EmailTemplate, Variant]:
    """Both ours alone until commit: nobody saves between reading the words and keeping them."""
    email = EmailTemplate.objects.select_for_update().get(pk=variant.email_id)
    return email, Variant.objects.select_for_update(of=["self"]).select_related("current").get(pk=variant.pk)


def _frozen(variant: Variant, locked: Variant, compiled: Compiled, *, version: int, now: datetime) -> CompiledEmail:
    compiled.sender["feedback_id"] = queries.feedback_id(locked.pk, compiled)
    if locked.current is None or locked.current.digest != compiled.digest:
        locked.current = _append(locked, compiled, version, now)
        locked.save(update_fields=["current"])
    elif locked.current.version != version:
        locked.current.version = version
        locked.current.save(update_fields=["version"])
    variant.current = locked.current
    return locked.current


def _append(variant: Variant, compiled: Compiled, version: int, now: datetime) -> CompiledEmail:
    return CompiledEmail.objects.create(
        variant=variant,
        number=variant.revisions.count() + 1,
        subject=compiled.subject,
        preheader=compiled.preheader,
        html=compiled.html,
        text=compiled.text,
        links=compiled.links,
        conditions=compiled.conditions,
        sender=compiled.sender,
        version=version,
        digest=compiled.digest,
        compiled_at=now,
    )
