"""A campaign's test as its page shows it: what each side says, how it stands, what that is worth."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.campaigns import audience
from newsletter.campaigns.experiments import checks, odds, queries
from newsletter.campaigns.experiments.models import Experiment, ExperimentState, Grounds, Judge, Side, What
from newsletter.campaigns.experiments.odds import ENOUGH, SURE, Arm
from newsletter.campaigns.experiments.queries import Letter, Sizes
from newsletter.campaigns.experiments.states import can_be_chosen, can_be_set_up, can_be_taken_back
from newsletter.campaigns.models import Campaign, CampaignStatus, Timing
from newsletter.content import queries as content
from newsletter.content.compile import NotCompilable
from newsletter.content.findings import Finding


@dataclass(frozen=True, slots=True)
class Line:
    """One side as an inbox shows it; `edit_pk` is the email to write it in."""

    side: Side
    sender: str
    subject: str
    preheader: str
    edit_pk: int


@dataclass(frozen=True, slots=True)
class Race:
    """One side's part so far, drawn as a bar against the better rate; `said` is what the two differ in."""

    side: Side
    said: str
    mailed: int
    chosen: int
    percent: float
    width: int
    is_winner: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How the test stands: per cent that B is the better one, how many did something, and how many it takes.

    `leaves_at` is when the others' mails leave, where that is not at once.
    """

    races: list[Race]
    b_percent: int
    chosen: int
    enough: int
    sure_percent: int
    is_enough: bool
    decides_at: datetime | None
    leaves_at: datetime | None
    can_choose: bool
    can_take_back: bool
    was_ended: bool

    @property
    def better(self) -> str:
        """The letter of the one that is more likely the better one."""
        return "B" if self.b_percent >= 50 else "A"  # noqa: PLR2004 - which of two is above a half

    @property
    def better_percent(self) -> int:
        return max(self.b_percent, 100 - self.b_percent)


def lines(campaign: Campaign, one: Experiment | None) -> list[Line]:
    """A, and B where there is one."""
    sides = (Side.A,) if one is None else tuple(Side)
    return [_line(queries.letter(campaign, one, side)) for side in sides]


def sizes(campaign: Campaign, one: Experiment | None, now: datetime) -> Sizes | None:
    """How many are in each part; as planned, or as it would be planned now."""
    if one is None:
        return None
    if one.state != ExperimentState.DRAFT:
        return Sizes(one.planned_a, one.planned_b, one.planned_rest)
    return queries.sizes(audience.count(campaign, now).total, one.share)


def findings(campaign: Campaign, one: Experiment | None) -> list[Finding]:
    """What keeps B from going, and what could be better in it."""
    return list(checks.findings(campaign)) if one and can_be_set_up(one.state, campaign.status) else []


def standing(campaign: Campaign, one: Experiment, now: datetime) -> Standing:
    """The figures as they are now or, once it is decided, those on which it was."""
    a, b = _decided(one) if one.state == ExperimentState.DECIDED else queries.arms(one)
    best = max(a.rate, b.rate)
    said = [_said(line, one) for line in lines(campaign, one)]
    races = [
        Race(
            side,
            words,
            arm.mailed,
            arm.chosen,
            100 * arm.rate,
            round(100 * arm.rate / best) if best else 0,
            is_winner,
        )
        for side, words, arm, is_winner in zip(
            Side, said, (a, b), (one.winner == Side.A, one.winner == Side.B), strict=True
        )
    ]
    enough = ENOUGH[Judge(one.judged_by)]
    return Standing(
        races=races,
        b_percent=_percent(odds.b_is_better(a, b)),
        chosen=a.chosen + b.chosen,
        enough=enough,
        sure_percent=round(100 * SURE),
        is_enough=a.chosen + b.chosen >= enough,
        decides_at=queries.decides_at(one),
        leaves_at=_leaves_at(one),
        can_choose=can_be_chosen(one.state, campaign.status),
        can_take_back=can_be_taken_back(one, now),
        was_ended=one.state != ExperimentState.DECIDED and campaign.status == CampaignStatus.CANCELLED,
    )


def _said(line: Line, one: Experiment) -> str:
    differs: dict[str, str] = {What.SENDER: line.sender, What.PREHEADER: line.preheader}
    return differs.get(one.what, line.subject)


def _leaves_at(one: Experiment) -> datetime | None:
    """When the clinic began to write again, where it was decided by itself in its quiet hours."""
    if one.decided_at is None or one.grounds == Grounds.STAFF or one.campaign.timing == Timing.LEAD_ZONE:
        return None
    leaves_at = one.evidence.get("leaves_at")
    return datetime.fromisoformat(leaves_at) if leaves_at else None


def _decided(one: Experiment) -> tuple[Arm, Arm]:
    return Arm(**one.evidence["a"]), Arm(**one.evidence["b"])


def _percent(likely: float) -> int:
    """Whole per cent; never said to be sure."""
    return min(99, max(1, round(100 * likely)))


def _line(letter: Letter) -> Line:
    draft, head = content.draft(letter.email, letter.instead), content.head(letter.instead)
    try:
        compiled = content.compiled(letter.email, letter.instead)
        subject, preheader = compiled.subject, compiled.preheader
    except NotCompilable:
        subject, preheader = draft.subject, draft.preheader
    return Line(letter.side, head.sender_name, subject, preheader, letter.email.pk)
