"""Table of contents of the app's models, as Django needs it."""

from newsletter.campaigns.models import Campaign
from newsletter.content.models import CompiledEmail, EmailTemplate, Variant
from newsletter.deliveries.models import (
    Batch,
    Chunk,
    Delivery,
    Heartbeat,
    Hold,
    Later,
    Outcome,
    Recall,
    Uncertain,
)
from newsletter.sequences.models import Enrolment, Sequence, SequenceVersion, Step
from newsletter.suppression.models import Suppression
from newsletter.tracking.models import Click, Fact, Visit

__all__ = [
    "Batch",
    "Campaign",
    "Chunk",
    "Click",
    "CompiledEmail",
    "Delivery",
    "EmailTemplate",
    "Enrolment",
    "Fact",
    "Heartbeat",
    "Hold",
    "Later",
    "Outcome",
    "Recall",
    "Sequence",
    "SequenceVersion",
    "Step",
    "Suppression",
    "Uncertain",
    "Variant",
    "Visit",
]
