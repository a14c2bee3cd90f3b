"""What others ask of emails: as they are written, as they would be frozen, and those of ours by key."""

from dataclasses import dataclass, replace

from clinic import queries as clinic
from newsletter.content import letterhead, lint
from newsletter.content.compile import Compiled, NotCompilable, compile_email
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from newsletter.content.letterhead import Letterhead
from newsletter.content.models import EmailTemplate, Variant


class NotInstalled(LookupError):
    """A shipped email is missing; `presets.install` brings it."""


@dataclass(frozen=True, slots=True)
class Instead:
    """What one mailing of an email says otherwise than the email itself: a variant under test, a sender of its own."""

    subject: str = ""
    preheader: str = ""
    sender_name: str = ""


AS_WRITTEN = Instead()


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
    )


def head(instead: Instead = AS_WRITTEN) -> Letterhead:
    """The clinic's letterhead as it is now."""
    found = letterhead.of(clinic.profile())
    return replace(found, sender_name=instead.sender_name) if instead.sender_name else found


def compiled(template: EmailTemplate, instead: Instead = AS_WRITTEN) -> Compiled:
    """The email as it would be frozen now, for previews; raises NotCompilable."""
    return compile_email(draft(template, instead), head(instead))


def findings(template: EmailTemplate, instead: Instead = AS_WRITTEN) -> list[Finding]:
    """What the linter says about the email, problems included: nothing that blocks means it can be sent."""
    try:
        frozen = compiled(template, instead)
    except NotCompilable as error:
        return [Finding(problem.where, problem.why, blocking=True) for problem in error.problems]
    return lint.findings(draft(template, instead), frozen, clinic.profile())


def transactional(key: str) -> Variant:
    """The frozen variant of one of our own emails, such as the confirmation."""
    found = Variant.objects.filter(email__key=key, label="A", current__isnull=False).first()
    if found is None:
        raise NotInstalled(f"The email “{key}” is not installed.")
    return found
