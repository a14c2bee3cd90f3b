"""Table of contents of the app's models, as Django needs it."""

from newsletter.campaigns.audience.models import AudienceCount
from newsletter.campaigns.experiments.models import Experiment
from newsletter.campaigns.models import Campaign
from newsletter.content.models import (
    CompiledEmail,
    EmailRevision,
    EmailTemplate,
    Override,
    Presence,
    SavedBlock,
    SignOff,
    Variant,
)
from newsletter.content.pictures.models import Picture
from newsletter.deliveries.models import (
    Batch,
    Breaker,
    Chunk,
    Delivery,
    Later,
    Outcome,
    PolicyWatch,
    Recall,
    Uncertain,
)
from newsletter.deliveries.pacing.models import Allowance
from newsletter.deliveries.settling.calls import Call, Search
from newsletter.deliveries.standing.models import Heartbeat, Hold, Residence, Tally
from newsletter.liveness.models import LinkCheck
from newsletter.sequences.models import (
    Belonging,
    ClicksSeen,
    DraftPresence,
    DraftState,
    Enrolment,
    Notice,
    Sequence,
    SequenceVersion,
    Step,
    Transfer,
)
from newsletter.suppression.models import Suppression
from newsletter.tracking.models import Click, Fact, Visit

__all__ = [
    "Allowance",
    "AudienceCount",
    "Batch",
    "Belonging",
    "Breaker",
    "Call",
    "Campaign",
    "Chunk",
    "Click",
    "ClicksSeen",
    "CompiledEmail",
    "Delivery",
    "DraftPresence",
    "DraftState",
    "EmailRevision",
    "EmailTemplate",
    "Enrolment",
    "Experiment",
    "Fact",
    "Heartbeat",
    "Hold",
    "Later",
    "LinkCheck",
    "Notice",
    "Outcome",
    "Override",
    "Picture",
    "PolicyWatch",
    "Presence",
    "Recall",
    "Residence",
    "SavedBlock",
    "Search",
    "Sequence",
    "SequenceVersion",
    "SignOff",
    "Step",
    "Suppression",
    "Tally",
    "Transfer",
    "Uncertain",
    "Variant",
    "Visit",
]
