"""What keeps a draft from being published: the plan's own problems, and those of every mail's words."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from clinic import queries as clinic
from leads.segments import queries as segments
from newsletter.content import queries as content
from newsletter.content import revisions
from newsletter.content.models import EmailKind, EmailTemplate, Variant
from newsletter.deliveries import lately
from newsletter.sequences.models import Sequence, Step
from newsletter.sequences.plan.document import Hours, Plan
from newsletter.sequences.plan.problems import HOURS, Allowed, Problem, problems
from newsletter.sequences.publishing import naming
from newsletter.sequences.publishing.naming import mailed


class NotPublishable(Exception):
    """The draft has problems that keep it from being published."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__("; ".join(problem.words for problem in found))
        self.problems = found


def review(sequence: Sequence, plan: Plan) -> list[Problem]:
    """What is to be said about this plan and its mails before it is published."""
    return [*about_plan(sequence, plan), *about_mails(plan)]


def about_plan(sequence: Sequence, plan: Plan) -> list[Problem]:
    """The same without a look into the mails, as quick as somebody types."""
    cap = lately.cap()
    allowed = Allowed(cap.mails, max(cap.span.days, 1))
    found = problems(plan, of_condition=segments.problems, cap=allowed, own_id=sequence.pk)
    return [*found, *_of_quiet_hours(plan), *_of_keys(sequence, plan), *naming.problems(plan, own_id=sequence.pk)]


def about_mails(plan: Plan) -> list[Problem]:
    """What blocks the words that would go out: those that go out already, else those that are saved."""
    steps = [(step, email) for step in plan.emails for email in mailed(step)]
    emails = EmailTemplate.objects.in_bulk({email for _step, email in steps})
    going = _going_out(list(emails))
    words = {pk: revisions.as_of(email, going[pk]) if pk in going else email for pk, email in emails.items()}
    said = {pk: list(_of_mail(email)) for pk, email in words.items()}
    found = [Problem(step.key, about) for step, email in steps for about in said.get(email, ())]
    newer = [(step, emails[pk]) for step, pk in steps if pk in going and emails[pk].version != going[pk]]
    return found + [Problem(step.key, _newer(email), blocks=False) for step, email in newer]


def _of_quiet_hours(plan: Plan) -> Iterator[Problem]:
    """Hours in which the clinic writes to nobody do not count, whatever a plan says."""
    profile = clinic.profile()
    first, last = profile.writes_from, profile.writes_until
    words = _("By the setup the clinic writes only from %(first)s to %(last)s: its other hours do not count.") % {
        "first": f"{first:%H:%M}",
        "last": f"{last:%H:%M}",
    }
    said: list[tuple[int | str, Hours]] = [(HOURS, plan.hours)]
    said += [(step.key, step.hours) for step in plan.emails if step.hours is not None]
    for where, hours in said:
        if hours.opens < first or hours.closes > last:
            yield Problem(where, words, blocks=max(hours.opens, first) >= min(hours.closes, last))
    for step in plan.emails:
        at = step.wait.at
        if at is not None and not first <= at < last:
            yield Problem(step.key, words)


def _of_keys(sequence: Sequence, plan: Plan) -> Iterator[Problem]:
    """A key that was once something else: who is inside may have passed it, and would never get this step."""
    earlier = dict(
        Step.objects.filter(version__sequence=sequence).order_by("version__number").values_list("key", "kind")
    )
    for step in plan.every():
        if earlier.get(step.key, step.kind) != step.kind:
            yield Problem(step.key, _("Another step had its number before: take it out and add it again."))


def _going_out(emails: list[int]) -> dict[int, int]:
    """The version of each email of which something goes out."""
    found = Variant.objects.filter(email__in=emails, label=content.STANDING, current__isnull=False)
    return dict(found.values_list("email_id", "current__version"))


def _newer(email: EmailTemplate) -> str:
    return _("“%(mail)s”: other words are saved than those that go out. Publish the mail to use them.") % {
        "mail": email.name
    }


def _of_mail(email: EmailTemplate) -> Iterator[str]:
    if email.kind != EmailKind.STEP:
        yield _("“%(mail)s” is not a mail of a sequence.") % {"mail": email.name}
        return
    for finding in content.findings(email):
        if finding.blocking:
            yield _("“%(mail)s”: %(finding)s") % {"mail": email.name, "finding": finding}
