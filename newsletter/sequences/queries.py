"""What others ask of sequences: the course, who is where, what goes out next, what each step brought."""

from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from leads.models import Lead
from newsletter.deliveries.models import Kind, State
from newsletter.sequences.almanac import PublishedStep, published_step
from newsletter.sequences.models import Enrolment, EnrolmentState, Sequence, Step
from newsletter.sequences.plan.document import BRANCHING, StepKind
from newsletter.tracking.models import ClickLabel, FactKind

COURSE_KEY = "sciatica"


@dataclass(frozen=True, slots=True)
class StepFigures:
    """A step of the published version: its day, who waits for it, and what became of it so far.

    `submitted` counts mails, `clicked` and `booked` people; every version's mails of this step count.
    """

    step: Step
    day: int
    waiting: int
    submitted: int
    clicked: int
    booked: int


def course() -> Sequence | None:
    """The sequence that begins with a confirmed consent; None before one is published."""
    return Sequence.objects.filter(key=COURSE_KEY, published__isnull=False).first()


def place(email_id: int) -> tuple[int, int] | None:
    """Which mail of how many this one is in the sequence that mails it now; None where none does, or only to some."""
    published = Step.objects.filter(version=F("version__sequence__published"))
    step = published.filter(variant__email_id=email_id).order_by("pk").first()
    if step is None:
        return None
    rows = published.filter(version_id=step.version_id).order_by("position")
    mails = [one.position for one in trunk(list(map(published_step, rows))) if one.kind == StepKind.EMAIL]
    return (mails.index(step.position) + 1, len(mails)) if step.position in mails else None


def trunk(steps: Many[PublishedStep]) -> list[PublishedStep]:
    """The steps that everybody passes who does not end before: those in no branch."""
    found: list[PublishedStep] = []
    for step in steps:
        if not found or step.position >= found[-1].after:
            found.append(step)
    return found


def enrolments(lead: Lead) -> QuerySet[Enrolment]:
    """The lead's ways through sequences, the newest first."""
    return Enrolment.objects.filter(lead=lead).select_related("sequence").order_by("-enrolled_at", "-pk")


def mails(*, passed: bool = False) -> Coalesce:
    """How many mails lie on a way that takes no branch, or how many of them it has passed: of an enrolment's query."""
    around = Q(kind__in=BRANCHING, position__lt=OuterRef("position"), after__gt=OuterRef("position"))
    steps = Step.objects.filter(~Exists(Step.objects.filter(around, version=OuterRef("version"))), kind=StepKind.EMAIL)
    if passed:
        steps = steps.filter(position__lt=OuterRef("next_position"))
    counted = steps.filter(version=OuterRef("version")).order_by().values("version").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), 0)


def states(sequence: Sequence) -> dict[str, int]:
    """How many people are under way, finished and so on; zero where there is nobody."""
    counted = _pairs("SELECT state, count(*) FROM newsletter_enrolment WHERE sequence_id = %s GROUP BY 1", sequence)
    return {state: counted.get(state, 0) for state in EnrolmentState.values}


def exits(sequence: Sequence) -> dict[str, int]:
    """How many people left, by reason."""
    return _pairs(
        "SELECT exit_reason, count(*) FROM newsletter_enrolment WHERE sequence_id = %s AND state = 'exited' GROUP BY 1",
        sequence,
    )


def overdue(sequence: Sequence, now: datetime) -> int:
    """How many people's next mail is overdue: those whom `resume` will spread out."""
    return Enrolment.objects.filter(sequence=sequence, state=EnrolmentState.ACTIVE, due_at__lte=now).count()


def next_out(*, until: datetime, limit: int) -> list[Enrolment]:
    """Whose next step is due before `until`, the earliest first."""
    due = Enrolment.objects.filter(state=EnrolmentState.ACTIVE, due_at__lt=until, sequence__state="live")
    return list(due.select_related("lead", "sequence").order_by("due_at", "pk")[:limit])


def step_figures(sequence: Sequence) -> list[StepFigures]:
    """The published version's steps in order, each with its figures: the whole history is looked through."""
    rows = Step.objects.filter(version_id=sequence.published_id).select_related("variant__email").order_by("position")
    came, outcomes, days = waiting(sequence), _outcomes(sequence), _days([published_step(row) for row in rows])
    return [
        StepFigures(row, days[row.position], came.get(row.key, 0), *outcomes.get(row.key, (0, 0, 0))) for row in rows
    ]


def _days(steps: Many[PublishedStep]) -> dict[int, int]:
    """On which day each step's time is over, by position, for somebody to whom nothing happens that is waited for."""
    came: dict[int, int] = {}
    over: dict[int, int] = {}
    for step in steps:
        began = came.get(step.position, max(over.values(), default=0))
        over[step.position] = began + step.wait.days
        if step.kind in BRANCHING:
            came.setdefault(step.yes, began if step.kind == StepKind.UNTIL else over[step.position])
            came[step.no] = over[step.position]
        else:
            came.setdefault(step.after, over[step.position])
    return over


def waiting(sequence: Sequence) -> dict[int, int]:
    """How many people stand before each step, by its key; what this costs grows only with those under way."""
    return _pairs(
        "SELECT s.key, count(*) FROM newsletter_enrolment e"
        " JOIN newsletter_step s ON s.version_id = e.version_id AND s.position = e.next_position"
        " WHERE e.sequence_id = %s AND e.state = 'active' GROUP BY 1",
        sequence,
    )


def _outcomes(sequence: Sequence) -> dict[int, tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT d.item, count(*) FILTER (WHERE o.state = ANY (%s)),
                   count(DISTINCT d.lead_id) FILTER (WHERE EXISTS (
                       SELECT 1 FROM newsletter_click c WHERE c.delivery_id = d.id AND c.label = %s)),
                   count(DISTINCT d.lead_id) FILTER (WHERE EXISTS (
                       SELECT 1 FROM newsletter_fact f WHERE f.delivery_id = d.id AND f.kind = %s))
            FROM newsletter_enrolment e
            JOIN newsletter_delivery d ON d.owner = e.id AND d.kind = %s
            LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
            WHERE e.sequence_id = %s AND e.state <> 'held_out' GROUP BY d.item
            """,
            [[State.SUBMITTED, State.CLOSED], ClickLabel.PERSON, FactKind.BOOKED, Kind.STEP, sequence.pk],
        )
        return {key: (submitted, clicked, booked) for key, submitted, clicked, booked in cursor.fetchall()}


def _pairs(statement: str, sequence: Sequence) -> dict:
    with connection.cursor() as cursor:
        cursor.execute(statement, [sequence.pk])
        return dict(cursor.fetchall())
