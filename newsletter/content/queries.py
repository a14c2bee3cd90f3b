"""What others ask of emails: as they are written, as they would be frozen, and those of ours by key."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from clinic import queries as clinic
from newsletter.content import blocks, course, letterhead, linked, lint, overrides, utm
from newsletter.content.compile import Compiled, NotCompilable, compile_email
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding, of_problem
from newsletter.content.letterhead import Letterhead
from newsletter.content.models import EmailKind, EmailTemplate, Variant
from newsletter.content.overrides import Allowed
from newsletter.content.problems import Problem
from newsletter.liveness import queries as liveness


class NotInstalled(LookupError):
    """A shipped email is missing; `presets.install` brings it."""


@dataclass(frozen=True, slots=True)
class Instead:
    """What one mailing of an email says otherwise than the email itself: a variant under test, a sender of its own."""

    subject: str = ""
    preheader: str = ""
    sender_name: str = ""
    tags: utm.Tags = ()


AS_WRITTEN = Instead()
STANDING = "A"
"""The variant of an email that goes out again and again."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is to say about an email, what blocks it first; what somebody allowed; what it compiles to.

    `links` are the addresses outside that it leads to, as they are written.
    """

    findings: list[Finding]
    allowed: list[Allowed]
    compiled: Compiled | None
    links: list[str]


def draft(template: EmailTemplate, instead: Instead = AS_WRITTEN) -> Draft:
    """The email as it is written now."""
    return Draft(
        kind=template.kind,
        subject=instead.subject or template.subject,
        preheader=instead.preheader or template.preheader,
        body=template.body,
        key=template.key,
        topic=template.topic,
        language=template.language,
        place=course.place(template),
    )


def head(instead: Instead = AS_WRITTEN) -> Letterhead:
    """The clinic's letterhead as it is now."""
    found = letterhead.of(clinic.profile())
    return replace(found, sender_name=instead.sender_name) if instead.sender_name else found


def compiled(template: EmailTemplate, instead: Instead = AS_WRITTEN) -> Compiled:
    """The email as it would be frozen now, for previews; raises NotCompilable."""
    found = compile_email(draft(template, instead), head(instead))
    standing = Variant.objects.filter(email_id=template.pk, label=STANDING).values_list("pk", flat=True).first()
    sender = found.sender if standing is None else found.sender | {"feedback_id": feedback_id(standing, found)}
    return replace(found, links=utm.tagged(found.links, instead.tags), sender=sender)


def findings(
    template: EmailTemplate, instead: Instead = AS_WRITTEN, *, frozen: Compiled | None = None
) -> list[Finding]:
    """What there is to say about the email, problems included: nothing that blocks means it can be sent.

    What somebody has allowed for a reason is not among it; see `overrides`. Whoever has compiled it already says so.
    """
    return checked(template, instead, frozen=frozen).findings


def checked(template: EmailTemplate, instead: Instead = AS_WRITTEN, *, frozen: Compiled | None = None) -> Checked:
    """What there is to say, what was allowed, and the email as it would be frozen if it compiles.

    What keeps it from being compiled comes first, and hides nothing that can be said all the same.
    """
    profile, written = clinic.profile(), draft(template, instead)
    problems: list[Problem] = []
    try:
        frozen = frozen or compiled(template, instead)
    except NotCompilable as error:
        problems = error.problems
    is_readable = not blocks.shape_problems(written.body)
    found = [*lint.findings(written, frozen, profile), *linked.findings(written, profile)] if is_readable else []
    kept, allowed = overrides.apply(template, found)
    said = [of_problem(problem) for problem in problems]
    links = linked.urls(written, profile) if is_readable else []
    return Checked(said + sorted(kept, key=lambda finding: not finding.blocking), allowed, frozen, links)


def links(template: EmailTemplate) -> list[str]:
    """The addresses outside that an email leads to as it is written, however unfinished."""
    written = draft(template)
    return linked.urls(written, clinic.profile()) if not blocks.shape_problems(written.body) else []


def clickable(email_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Where each of these emails leads, with what is written on the link: as it goes out, and as it is saved."""
    profile = clinic.profile()
    going = Variant.objects.filter(email__in=email_ids, label=STANDING, current__isnull=False).select_related("current")
    found: dict[int, dict[str, str]] = {pk: {} for pk in email_ids}
    for variant in going:
        for link in reversed(variant.current.links if variant.current else []):
            found[variant.email_id][link["url"]] = link["label"]
    for template in EmailTemplate.objects.filter(pk__in=email_ids):
        written = draft(template)
        for url in linked.leads_to(written, profile) if not blocks.shape_problems(written.body) else []:
            found[template.pk].setdefault(url, "")
    return found


def feedback_id(variant_id: int, compiled: Compiled) -> str:
    """What a mailbox provider groups complaints by: the email, its stream, and who sends."""
    return f"v{variant_id}:{compiled.sender['stream']}:{compiled.sender['address'].rpartition('@')[2]}"


def standing_links() -> dict[str, str]:
    """Where the mails lead outside that go out by themselves, and the name of one mail that leads there."""
    found = Variant.objects.filter(label=STANDING, current__isnull=False).exclude(email__kind=EmailKind.CAMPAIGN)
    named = {
        link["url"]: variant.email.name
        for variant in found.select_related("email", "current").order_by("-pk")
        if variant.current
        for link in variant.current.links
    }
    return {url: named[url] for url in liveness.checkable(list(named))}


def transactional(key: str) -> Variant:
    """The frozen variant of one of our own emails, such as the confirmation."""
    found = Variant.objects.filter(email__key=key, label=STANDING, current__isnull=False).first()
    if found is None:
        raise NotInstalled(f"The email “{key}” is not installed.")
    return found
