"""Words for where somebody is in the course, and the tone of each state's word: how its badge is coloured."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from newsletter.campaigns import canary
from newsletter.campaigns.models import Campaign, CampaignStatus

GOOD, NOTE, WAIT, ALERT = "good", "note", "wait", "alert"

TONES: dict[str, str] = {
    # calls and bookings
    "booked": GOOD,
    "attended": GOOD,
    "missed": ALERT,
    "not_suitable": WAIT,
    "cancelled": WAIT,
    "answered": GOOD,
    "no_answer": ALERT,
    # deliveries
    "planned": WAIT,
    "waiting": WAIT,
    "submitted": NOTE,
    "delivered": GOOD,
    "refused": ALERT,
    "failed": ALERT,
    "expired": WAIT,
    "closed": ALERT,
    "uncertain": ALERT,
    "bounced": ALERT,
    "complained": ALERT,
    "unsubscribed": WAIT,
    "replied": GOOD,
    # sequences and campaigns
    "live": GOOD,
    "active": GOOD,
    "paused": ALERT,
    "finished": GOOD,
    "exited": WAIT,
    "held_out": WAIT,
    "draft": WAIT,
    "scheduled": NOTE,
    "sending": NOTE,
    # people
    "lead": NOTE,
    "patient": GOOD,
    "agreed": GOOD,
    "asked": WAIT,
    "left": WAIT,
    "unreachable": ALERT,
    "none": WAIT,
    "open": ALERT,
    "erased": WAIT,
    # clicks
    "person": GOOD,
    "scanner": WAIT,
    "unknown": WAIT,
}


COURSE: dict[str, Promise] = {
    "paused": _("Held"),
    "finished": _("Finished a sequence"),
    "exited": _("Left a sequence"),
    "held_out": _("Gets nothing, to compare"),
}


FIELDS: dict[str, Promise] = {
    "first_name": _("first name"),
    "free_times": _("next free times"),
    "when": _("time of the appointment"),
    "phone_hint": _("number we call"),
    "clinic_name": _("clinic's name"),
    "emergency_number": _("emergency number"),
    "first_visit_price": _("price of a first visit"),
    "free_call_terms": _("what the free call is"),
    "insurance_note": _("what insurance pays"),
    "phone": _("clinic's phone number"),
    "practitioner": _("practitioner's name"),
    "practitioner_title": _("practitioner's title"),
}
"""Merge fields in a word or two, as they are shown in place of `{{ first_name|there }}`."""


PRESETS: dict[str, Promise] = {
    "plain-letter": _("A few words from you, as to one person. The one that people answer."),
    "clinic-news": _("One or two things that are new, such as hours or a colleague."),
    "newsletter": _("Something to read, something to do, and what is new, once a month."),
    "event": _("An invitation: what, when, where, and how to say yes."),
    "seasonal-tip": _("One small thing that helps at this time of the year."),
}
"""What a campaign's presets are for, by their keys."""


DONE: dict[str, Promise] = {
    "campaign.created": _("Begun"),
    "campaign.scheduled": _("Scheduled"),
    "campaign.draft": _("Taken back"),
    "campaign.put_off": _("Put off and spread out after a hold"),
    "campaign.taken_back": _("Made a draft again, because its time had passed"),
    "campaign.not_started": _("Did not leave when its time came"),
    "campaign.started": _("Began to leave"),
    "campaign.canary_landed": _("Paused after the first few"),
    "campaign.canary_passed": _("Went on after the first few"),
    "campaign.canary_clean": _("Went on: nothing came back from the first few"),
    "campaign.paused": _("Paused"),
    "campaign.stopped": _("Paused, because the mail server refused mails"),
    "campaign.sending": _("Resumed"),
    "campaign.mending": _("Paused, to mend its words"),
    "campaign.mended": _("Went on with new words"),
    "campaign.not_mended": _("Went on with the old words"),
    "campaign.cancelled": _("Cancelled"),
    "campaign.archived": _("Put away"),
    "campaign.unarchived": _("Taken back into the list"),
    "campaign.made_public": _("Shown in the public archive"),
    "campaign.made_private": _("Taken out of the public archive"),
    "campaign.repeats": _("A draft is made every month"),
    "campaign.repeats_no_more": _("No draft is made any more"),
    "experiment.set_up": _("The A/B test was set up"),
    "experiment.dropped": _("The A/B test was taken away"),
    "experiment.decided": _("The A/B test was decided"),
    "experiment.taken_back": _("What was chosen in the A/B test was taken back"),
}
"""What was done to a campaign, by the act in the audit trail."""

WHY: dict[str, Promise] = {
    # taken back
    "booked": _("taken back: they booked"),
    "attended": _("taken back: they came to the call"),
    "replied": _("taken back: they replied"),
    "clicked": _("taken back: they clicked"),
    "tag": _("taken back: they got the tag"),
    "over": _("taken back: what it was about is over"),
    "declined": _("taken back: they want nothing of this topic any more"),
    "bounced": _("taken back: a mail to them bounced"),
    "complained": _("taken back: they marked a mail as spam"),
    "merged": _("taken back: the same person, with another address"),
    "had already": _("taken back: they had it with another address"),
    "staff": _("taken back: staff took them out"),
    "became a patient": _("taken back: they became a patient"),
    "held by staff": _("taken back while staff holds them"),
    "skipped by staff": _("skipped by staff"),
    "its step was taken out of the plan": _("its step was taken out of the plan"),
    "campaign cancelled": _("the campaign was cancelled"),
    "cancelled": _("cancelled"),
    "the call was moved": _("the call was moved"),
    "the call was cancelled": _("the call was cancelled"),
    # not let out
    "erased": _("everything personal was erased"),
    "suppressed": _("their address gets no mail"),
    "unsubscribed": _("they unsubscribed"),
    "no consent": _("there is no consent"),
    "topic declined": _("they want nothing of this topic"),
    "no longer works here": _("they no longer work here"),
    "no address": _("there is no address"),
    "no content": _("the mail has no content"),
    "what it was about is over": _("what it was about is over"),
    "too late to be useful": _("it was too late to be useful"),
    "skipped after a hold": _("skipped after a hold"),
    # waits
    "paused": _("it is paused"),
    "paused by the person": _("they paused their mail"),
    "outside the hours in which it may leave": _("it waits for the hours in which it may leave"),
    "nobody can tell whether its hour has come": _("nobody can tell whether its hour has come; it is asked again soon"),
    "not begun": _("it was not begun, and is tried again"),
    "spread out after a hold": _("spread out after a hold"),
    # was uncertain
    "somebody answered it": _("somebody answered it"),
    "the provider had told of it": _("the provider had told of it"),
    "not in the provider's records": _("the provider has no record of it: it goes again"),
    "sent again by staff": _("sent again by staff"),
    "treated as sent by staff": _("staff treats it as sent"),
    "treated as sent after 7 days": _("treated as sent after 7 days"),
}
"""Why a mail waits, did not leave or is no longer uncertain, by what is stored with its delivery."""
WHO_SAYS: dict[str, Promise] = {
    "Gave up: ": _("Gave up: "),
    "Too late to try again: ": _("Too late to try again: "),
    "the provider says: ": _("the provider says: "),
}
"""What stands before the words of a mail server or a provider."""

AS_IT_IS: dict[str, Promise] = {
    CampaignStatus.DRAFT: _("Nothing was changed: it is a draft, and nobody has got it."),
    CampaignStatus.SCHEDULED: _("Nothing was changed: it is scheduled. You can take it back until it begins to leave."),
    CampaignStatus.SENDING: _("Nothing was changed: it is leaving. You can pause or cancel it."),
    CampaignStatus.PAUSED: _("Nothing was changed: it is paused. What has not left stays here until you resume."),
    CampaignStatus.FINISHED: _("Nothing was changed: everything that could leave has left."),
    CampaignStatus.CANCELLED: _("Nothing was changed: it was cancelled, and what had not left never will."),
}
"""What is said to somebody who pressed a button that came too late, by how the campaign is."""

FEW_LANDED = _("Nothing was changed: the first few have come to an end, and the others wait. Look at what came back.")


def as_it_is(campaign: Campaign) -> str:
    """Why a press changed nothing: how the campaign is now."""
    if campaign.fixing_by is not None:
        said = _("Nothing was changed: it is paused, and %(name)s mends its words. Look at them first.")
        return said % {"name": campaign.fixing_by}
    if campaign.status == CampaignStatus.PAUSED and canary.asks(campaign):
        return str(FEW_LANDED)
    return str(AS_IT_IS[campaign.status])


def links_asked(asked: int) -> str:
    """What became of the wish to have links looked at again."""
    if not asked:
        return str(_("They were looked at a moment ago, or are being looked at."))
    return ngettext("%(n)d link is looked at again.", "%(n)d links are looked at again.", asked) % {"n": asked}


def field(name: str) -> str:
    """A merge field in a word or two; one that we do not know by its own name."""
    return str(FIELDS.get(name, name.replace("_", " ")))


def why(stored: str) -> str:
    """Why a mail waits or did not leave; words that are not ours, a mail server's, as they are."""
    before = next((begins for begins in WHO_SAYS if stored.startswith(begins)), "")
    return f"{WHO_SAYS[before]}{stored.removeprefix(before)}" if before else str(WHY.get(stored, stored))


def tone(state: str) -> str:
    """The tone of a state; a tone may also be named directly."""
    return TONES.get(state, state if state in {GOOD, NOTE, WAIT, ALERT} else WAIT)
