"""What a plan names that is not there, or not any more (mails, segments, tags, other sequences); and its likes."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.segments import queries as segments
from leads.tags import queries as tags
from newsletter.content import queries as content
from newsletter.content.models import EmailTemplate
from newsletter.sequences.models import Sequence, SequenceState
from newsletter.sequences.plan.document import Event, EventKind, Plan, Step, StepKind, TriggerKind
from newsletter.sequences.plan.problems import GOAL, TRIGGER, Problem
from newsletter.sequences.queries import COURSE_KEY

NOT_LIVE = {
    SequenceState.DRAFT.value: gettext_lazy("“%(name)s” is not published yet: until it is, nobody goes there."),
    SequenceState.PAUSED.value: gettext_lazy("“%(name)s” is paused: whoever goes there waits until it goes on."),
}


def problems(plan: Plan, *, own_id: int) -> Iterator[Problem]:
    """What is to be said of everything that the plan names."""
    yield from _of_mails(plan)
    yield from _of_handovers(plan, own_id)
    yield from _of_segment(plan)
    yield from _of_tags(plan)
    yield from _of_links(plan)
    yield from _of_likes(plan, own_id)


def mailed(step: Step) -> list[int]:
    """The emails that a step may mail."""
    other = step.scarce.email if step.scarce else None
    return [email for email in (step.email, other) if email is not None]


def _of_mails(plan: Plan) -> Iterator[Problem]:
    named = [(step.key, email) for step in plan.emails for email in mailed(step)]
    there = set(EmailTemplate.objects.filter(pk__in={email for _key, email in named}).values_list("pk", flat=True))
    yield from (Problem(key, _("Its mail is not there any more.")) for key, email in named if email not in there)


def _of_handovers(plan: Plan, own_id: int) -> Iterator[Problem]:
    steps = [step for step in plan.every() if step.kind == StepKind.HANDOVER and step.sequence not in (None, own_id)]
    known = Sequence.objects.in_bulk({step.sequence for step in steps}) if steps else {}
    for step in steps:
        following = known.get(step.sequence or 0)
        if following is None:
            yield Problem(step.key, _("The sequence that it hands over to is not there any more."))
        elif following.state in NOT_LIVE:
            yield Problem(step.key, NOT_LIVE[following.state] % {"name": following.name}, blocks=False)


def _of_segment(plan: Plan) -> Iterator[Problem]:
    trigger = plan.trigger
    if trigger.kind != TriggerKind.SEGMENT or not trigger.value:
        return
    if trigger.value not in {str(segment.pk) for segment in segments.segments()}:
        yield Problem(TRIGGER, _("The segment that begins it is not there any more."))


def _of_links(plan: Plan) -> Iterator[Problem]:
    """A link that is waited for and stands in its mail no more."""
    named: list[tuple[int | str, Event | None]] = [(GOAL, plan.goal)]
    named += [(step.key, step.event) for step in plan.every()]
    wanted = [(where, event) for where, event in named if event and event.kind == EventKind.CLICKED and event.link]
    if not wanted:
        return
    emails = {str(step.key): step.email for step in plan.emails if step.email}
    there = content.clickable(list(emails.values()))
    words = _("Its mail does not lead to %(link)s any more: nobody can click that.")
    for where, event in wanted:
        if event.mail in emails and event.link not in there[emails[event.mail]]:
            yield Problem(where, words % {"link": event.link}, blocks=False)


def _of_likes(plan: Plan, own_id: int) -> Iterator[Problem]:
    """Another live sequence that the very same begins: people come into both, and get the first mails of both."""
    trigger = plan.trigger
    if trigger.kind == TriggerKind.HAND:
        return
    asked = Q(published__plan__trigger__kind=trigger.kind.value)
    if trigger.kind == TriggerKind.CONSENT:
        asked |= Q(key=COURSE_KEY, published__plan={})
    live = Sequence.objects.filter(asked, state=SequenceState.LIVE).exclude(pk=own_id).order_by("name")
    said = "published__plan__trigger__value", "published__plan__trigger__number"
    words = _("“%(name)s” is begun by the same: whoever comes in gets the mails of both.")
    for name, value, number in live.values_list("name", *said):
        if (_name(value or ""), number or 0) == (_name(trigger.value), trigger.number):
            yield Problem(TRIGGER, words % {"name": name}, blocks=False)


def _of_tags(plan: Plan) -> Iterator[Problem]:
    """A tag that nobody can get is waited for in vain; one that the plan itself puts on will be there."""
    named = list(_tags(plan))
    if not named:
        return
    put_on = {step.tag for step in plan.every() if step.kind == StepKind.TAG and step.adds}
    there = {_name(tag) for tag in (*put_on, *(tag.name for tag in tags.all_tags()))}
    words = _("No tag is called “%(tag)s” (any more): nobody has it.")
    yield from (Problem(where, words % {"tag": tag}, blocks=False) for where, tag in named if _name(tag) not in there)


def _tags(plan: Plan) -> Iterator[tuple[int | str, str]]:
    """The tags that something waits for, with the place that says so."""
    if plan.trigger.kind == TriggerKind.TAG and plan.trigger.value:
        yield TRIGGER, plan.trigger.value
    if plan.goal is not None and plan.goal.kind == EventKind.TAG and plan.goal.value:
        yield GOAL, plan.goal.value
    for step in plan.every():
        if step.event is not None and step.event.kind == EventKind.TAG and step.event.value:
            yield step.key, step.event.value


def _name(tag: str) -> str:
    return " ".join(tag.split()).lower()
