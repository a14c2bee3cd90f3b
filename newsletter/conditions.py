"""What can be asked of a lead that only mail can tell: clicks, the course, earlier campaigns.

Only a person's clicks count; what a scanner opened says nothing about anybody.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.segments import registry
from leads.segments import uses as segments
from leads.segments.registry import Condition
from newsletter.campaigns.audience import uses
from newsletter.campaigns.models import Campaign
from newsletter.deliveries.models import Kind, State
from newsletter.sequences.models import Sequence
from newsletter.tracking.models import ClickLabel

CLICKED = f"""
    EXISTS (SELECT 1 FROM newsletter_click click
            WHERE click.lead_id = {{lead}} AND click.label = '{ClickLabel.PERSON.value}'{{within}})
"""  # noqa: S608
WITHIN = " AND click.at > {now} - make_interval(days => %s)"

ENROLLED = """
    EXISTS (SELECT 1 FROM newsletter_enrolment enrolment
            JOIN newsletter_sequence sequence ON sequence.id = enrolment.sequence_id
            WHERE enrolment.lead_id = {lead} AND sequence.key = %s{state})
"""
UNDER_WAY = " AND enrolment.state IN ('active', 'paused')"
FINISHED = " AND enrolment.state = 'finished'"

GOT = f"""
    EXISTS (SELECT 1 FROM newsletter_delivery delivery
            LEFT JOIN newsletter_outcome outcome ON outcome.delivery_id = delivery.id
            LEFT JOIN newsletter_uncertain doubt ON doubt.delivery_id = delivery.id
            WHERE delivery.kind = {Kind.CAMPAIGN:d} AND delivery.owner = %s AND delivery.item = {{lead}}
              AND (outcome.state IN ({State.SUBMITTED:d}, {State.CLOSED:d}) OR doubt.delivery_id IS NOT NULL))
"""  # noqa: S608
"""Whether it has left, or may have left: whoever may have got it is not told that they did not."""

CLICKED_IN = f"""
    EXISTS (SELECT 1 FROM newsletter_delivery delivery
            JOIN newsletter_click click ON click.delivery_id = delivery.id
            WHERE delivery.kind = {Kind.CAMPAIGN:d} AND delivery.owner = %s AND delivery.item = {{lead}}
              AND click.label = '{ClickLabel.PERSON.value}')
"""  # noqa: S608


def _campaigns() -> list[tuple[str, str]]:
    planned = Campaign.objects.exclude(planned_at=None).order_by("-planned_at", "-pk")
    return [(str(pk), name) for pk, name in planned.values_list("pk", "name")]


def _sequences() -> list[tuple[str, str]]:
    return list(Sequence.objects.order_by("name", "pk").values_list("key", "name"))


def _enrolled(state: str, value: str) -> tuple[str, list[object]]:
    return ENROLLED.replace("{state}", state), [value]


CONDITIONS = (
    Condition(
        name="clicked_within",
        label=pgettext_lazy("followed by a number of days", "clicked in a mail in the last"),
        denial=pgettext_lazy("followed by a number of days", "did not click in a mail in the last"),
        phrase=_("who clicked in a mail in the last %(value)s days"),
        opposite=_("who did not click in a mail in the last %(value)s days"),
        sql=lambda value: (CLICKED.replace("{within}", WITHIN), [int(value)]),
        in_days=True,
    ),
    Condition(
        name="clicked",
        label=_("have clicked in a mail"),
        denial=_("have never clicked in a mail"),
        phrase=_("who have clicked in a mail"),
        opposite=_("who have never clicked in a mail"),
        sql=lambda _value: (CLICKED.replace("{within}", ""), []),
    ),
    Condition(
        name="in_course",
        label=_("are now in"),
        denial=_("are not now in"),
        phrase=_("now in “%(value)s”"),
        opposite=_("not now in “%(value)s”"),
        sql=lambda value: _enrolled(UNDER_WAY, value),
        values=_sequences,
    ),
    Condition(
        name="finished_course",
        label=_("have finished"),
        denial=_("have not finished"),
        phrase=_("who finished “%(value)s”"),
        opposite=_("who did not finish “%(value)s”"),
        sql=lambda value: _enrolled(FINISHED, value),
        values=_sequences,
    ),
    Condition(
        name="was_in_course",
        label=_("have ever been in"),
        denial=_("have never been in"),
        phrase=_("ever in “%(value)s”"),
        opposite=_("never in “%(value)s”"),
        sql=lambda value: _enrolled("", value),
        values=_sequences,
    ),
    Condition(
        name="got_campaign",
        label=_("got the campaign"),
        denial=_("did not get the campaign"),
        phrase=_("who got “%(value)s”"),
        opposite=_("who did not get “%(value)s”"),
        sql=lambda value: (GOT, [int(value)]),
        values=_campaigns,
    ),
    Condition(
        name="clicked_campaign",
        label=_("clicked in the campaign"),
        denial=_("did not click in the campaign"),
        phrase=_("who clicked in “%(value)s”"),
        opposite=_("who did not click in “%(value)s”"),
        sql=lambda value: (CLICKED_IN, [int(value)]),
        values=_campaigns,
    ),
    Condition(
        name="ignored_campaign",
        label=_("got, and did not click in, the campaign"),
        denial=_("did not get, or clicked in, the campaign"),
        phrase=_("who got “%(value)s” and did not click in it"),
        opposite=_("who did not get “%(value)s”, or clicked in it"),
        sql=lambda value: (f"{GOT} AND NOT {CLICKED_IN}", [int(value), int(value)]),
        values=_campaigns,
    ),
)


def register() -> None:
    """Make them known, and say which campaigns use a segment."""
    registry.register(*CONDITIONS)
    segments.register(uses.campaigns)
