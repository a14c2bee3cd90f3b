"""A mail for a step, begun where the step stands."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from newsletter.content import services as content
from newsletter.content.models import EmailKind, EmailTemplate
from newsletter.content.services import Wording
from newsletter.sequences import publishing, writing
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan import editing
from newsletter.sequences.plan.document import Step, StepKind
from newsletter.sequences.plan.editing import NotPossible
from newsletter.sequences.writing import Act

LONGEST_NAME = 120


@transaction.atomic
def begin_mail(sequence: Sequence, step: Step, *, number: int, by: User, now: datetime) -> EmailTemplate:
    """A new mail for this email step, which is kept as it is told here. Raises NotPossible, Overtaken."""
    plan = publishing.draft(sequence)
    if step.kind != StepKind.EMAIL:
        raise NotPossible(_("Only a mail has words."))
    name = _("%(sequence)s: a mail") % {"sequence": sequence.name}
    email = content.create(
        Wording("", ""), kind=EmailKind.STEP, name=name[:LONGEST_NAME], topic=sequence.topic, now=now
    )
    changed = editing.change(plan, replace(step, email=email.pk))
    writing.keep(sequence, Act(changed, number), by=by, now=now)
    return email
