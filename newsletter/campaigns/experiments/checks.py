"""What keeps a campaign with a test from going: the same checks for B as for A, and that the two differ."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from newsletter.campaigns import mailable
from newsletter.campaigns.experiments import queries
from newsletter.campaigns.experiments.models import Experiment, ExperimentState, Side, What
from newsletter.campaigns.experiments.queries import Letter
from newsletter.campaigns.models import Campaign
from newsletter.content import queries as content
from newsletter.content.compile import Compiled, NotCompilable
from newsletter.content.findings import Finding
from newsletter.content.models import CompiledEmail
from newsletter.deliveries.models import Outcome, State

TEST_B = "test B"
TESTS = ("test", TEST_B)


def findings(campaign: Campaign, known: Collection[Finding] = ()) -> Iterator[Finding]:
    """What there is to say about B besides what is `known` of A; nothing where there is no test."""
    one = queries.of(campaign)
    if one is None:
        return
    same = _same(campaign, one)
    if same:
        yield _said(same, "same")
        return
    letter = queries.letter(campaign, one, Side.B)
    checked = content.checked(letter.email, letter.instead)
    found = [*checked.findings, *mailable.findings(checked.compiled, checked.findings)]
    own = letter.email.pk if letter.email.pk != campaign.email_id else None
    yield from (_of_b(finding, own) for finding in found if finding not in known)
    if not is_tried(letter) and one.state == ExperimentState.DRAFT:
        why = _("Nobody has had a test mail of B as it is written now. Send yourself one.")
        yield replace(_said(why, "test_missing"), fix="send_test", is_b=True)


def is_tried(letter: Letter) -> bool:
    """Whether a test mail has left that says exactly what this side says now."""
    try:
        now = content.compiled(letter.email, letter.instead)
    except NotCompilable:
        return False
    alike = CompiledEmail.objects.filter(
        variant__email=letter.email, variant__label__in=TESTS, subject=now.subject, html=now.html, text=now.text
    )
    tried = [one.pk for one in alike if _name(one) == _name(now)]
    return Outcome.objects.filter(revision_id__in=tried, state=State.SUBMITTED).exists()


def _of_b(finding: Finding, email: int | None) -> Finding:
    """Said of B, and mended in its own email; where it has none, its words stand on the test's page."""
    where = _("B, %(where)s") % {"where": finding.where} if finding.where else "B"
    return replace(finding, where=where, email=email, is_b=True)


def _same(campaign: Campaign, one: Experiment) -> str:
    """Why there is nothing to compare; empty where the two differ."""
    if one.what == What.BODY:
        email, other = campaign.email, one.other_email
        said = [(one.subject, one.preheader, one.body) for one in (email, other) if one is not None]
        is_same = said[0] == said[-1]
    else:
        ours = queries.letter(campaign, one, Side.A)
        as_written = {
            What.SUBJECT: campaign.email.subject,
            What.PREHEADER: campaign.email.preheader,
            What.SENDER: content.head(ours.instead).sender_name,
        }
        is_same = one.words.strip() in {"", as_written[What(one.what)].strip()}
    return _("A and B say the same: there is nothing to compare.") if is_same else ""


def _said(why: str, code: str) -> Finding:
    return Finding(_("A/B test"), why, blocking=True, code=f"experiment_{code}", fix="open_experiment")


def _name(one: Compiled | CompiledEmail) -> str:
    return str(one.sender.get("name", ""))
