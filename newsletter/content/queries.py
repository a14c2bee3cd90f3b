"""What others ask of emails: as they are written, as they would be frozen, and those of ours by key."""

from clinic import queries as clinic
from newsletter.content import letterhead, lint
from newsletter.content.compile import Compiled, NotCompilable, compile_email
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from newsletter.content.models import EmailTemplate, Variant


class NotInstalled(LookupError):
    """A shipped email is missing; `presets.install` brings it."""


def draft(template: EmailTemplate) -> Draft:
    """The email as it is written now."""
    return Draft(
        kind=template.kind,
        subject=template.subject,
        preheader=template.preheader,
        body=template.body,
        key=template.key,
        topic=template.topic,
        language=template.language,
    )


def compiled(template: EmailTemplate) -> Compiled:
    """The email as it would be frozen now, for previews; raises NotCompilable."""
    return compile_email(draft(template), letterhead.of(clinic.profile()))


def findings(template: EmailTemplate) -> list[Finding]:
    """What the linter says about the email, problems included: nothing that blocks means it can be sent."""
    try:
        frozen = compiled(template)
    except NotCompilable as error:
        return [Finding(problem.where, problem.why, blocking=True) for problem in error.problems]
    return lint.findings(draft(template), frozen, clinic.profile())


def transactional(key: str) -> Variant:
    """The frozen variant of one of our own emails, such as the confirmation."""
    found = Variant.objects.filter(email__key=key, label="A", current__isnull=False).first()
    if found is None:
        raise NotInstalled(f"The email “{key}” is not installed.")
    return found
