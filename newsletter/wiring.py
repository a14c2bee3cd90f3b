"""Who listens to whom inside the newsletter, what a tick does, and what fills a mail at the last moment."""

from functools import partial

from anymail.signals import inbound as mail_came
from anymail.signals import tracking as provider_told

from leads import signals
from leads.segments import uses as segments
from newsletter import conditions, receivers, tick
from newsletter.campaigns import again, canary, patients, preflight
from newsletter.campaigns import overdue as late_campaigns
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.experiments import deciding as experiments
from newsletter.content import course
from newsletter.content.pictures import uses
from newsletter.deliveries import bell, guard, mailboxes, returned
from newsletter.deliveries.admission import delays, slots
from newsletter.deliveries.models import Kind
from newsletter.deliveries.settling import asking, calls
from newsletter.deliveries.standing import overdue
from newsletter.deliveries.transport import memory
from newsletter.liveness import services as liveness
from newsletter.sequences import goals, hours, merging, one, publishing, returning, scanning, taking_up, triggers
from newsletter.sequences import overdue as late_people
from newsletter.sequences import queries as ways
from newsletter.sequences import services as sequences
from newsletter.suppression import services as suppression
from newsletter.tracking import services as tracking
from newsletter.webhooks import events, replies
from newsletter.webhooks import services as webhooks

AT_EVERY_TICK = (
    campaigns.start_due,
    canary.look,
    experiments.look,
    again.draft_due,
    publishing.go_on,
    goals.look_at_clicks,
    returned.look,
    scanning.scan,
    sequences.advance,
    webhooks.settle_doubts,
    asking.remind,
    campaigns.finish_done,
    preflight.see_to_links,
)

MAY_BE_UNDONE = (merging.MERGED, one.HELD, patients.REASON, *(reason.value for reason in taking_up.BY_MISTAKE))
"""Why a mail is taken back that may be wanted after all, when it comes back out of a sender's hands."""


def connect() -> None:
    conditions.register()
    _hear()
    memory.register(calls.Book())
    uses.whoever_knows_what_left(mailboxes.left)
    liveness.register(partial(bell.ring, bell.LINKS))
    slots.register(Kind.CONFIRMATION, receivers.confirmation_links)
    delays.register(Kind.STEP, hours.when)
    course.register(ways.place)
    for reason in MAY_BE_UNDONE:
        returned.register(Kind.STEP, reason=reason, plan=partial(returning.after_all, reason=reason))
    returned.register(Kind.INQUIRY, reason=merging.MERGED, plan=receivers.answer_again)
    segments.register(triggers.using)
    for kind, late in ((Kind.CAMPAIGN, late_campaigns), (Kind.STEP, late_people)):
        overdue.name_owners(kind, late.names)
        overdue.register(overdue.Source(late.lines, late.skip, late.put_off))
    for work in AT_EVERY_TICK:
        tick.register(work)


def _hear() -> None:
    signals.consent_requested.connect(receivers.ask_to_confirm)
    signals.consent_granted.connect(receivers.welcome)
    signals.consent_withdrawn.connect(receivers.let_go)
    signals.inquiry_received.connect(receivers.answer_inquiry)
    signals.question_asked.connect(receivers.asked)
    signals.tag_added.connect(receivers.tagged)
    signals.topics_chosen.connect(receivers.choose)
    signals.patient_known.connect(receivers.leave_out)
    signals.leads_merging.connect(receivers.hold_to_merge)
    signals.leads_merged.connect(receivers.merge)
    signals.lead_erased.connect(receivers.forget)
    suppression.when_suppressed(receivers.stop_suppressed)
    guard.when_refused(receivers.stop_refused)
    tracking.when_a_person_clicked(goals.clicked)
    provider_told.connect(events.receive)
    mail_came.connect(replies.receive)
