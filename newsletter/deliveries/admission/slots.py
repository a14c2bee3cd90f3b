"""Slot fillers: what only the owner of a delivery knows about it at the moment of handing over.

A filler runs inside the hand-over transaction, after the gate's locks, and may write rows of its own app
(a confirmation's token is minted there, so that the raw token never rests in the database). It gets only
deliveries that the gate admitted, and must be quick. One that fails is asked again for each delivery alone: what
it cannot fill in is missing in that mail, and only there.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from newsletter.deliveries.admission import revisions
from newsletter.deliveries.models import Kind
from newsletter.rendering.attachments import Attachment


@dataclass(frozen=True, slots=True)
class Slotted:
    """What a filler is told of one delivery."""

    id: int
    owner: int
    item: int
    lead_id: int | None
    staff_id: int | None


@dataclass(frozen=True, slots=True)
class Filled:
    slots: Mapping[str, str] = field(default_factory=dict)
    attachment: Attachment | None = None


log = logging.getLogger(__name__)

Filler = Callable[[Sequence[Slotted], datetime], Mapping[int, Filled]]
_fillers: dict[int, Filler] = {}
_names: dict[int, str] = {}


def register(kind: Kind, filler: Filler, *, name: str = "") -> None:
    """Name the function that fills the slots of this kind; called from an app's ready().

    With a `name` it is asked only for mails that have this slot.
    """
    _fillers[kind] = filler
    _names[kind] = name


def are_wanted(kind: int, revision_id: int | None) -> bool:
    """Whether a mail of this kind and revision has slots to be filled in by its owner."""
    if kind not in _fillers:
        return False
    name = _names.get(kind, "")
    return not name or revisions.uses(revision_id, name)


def fill(kind: int, deliveries: Sequence[Slotted], now: datetime) -> Mapping[int, Filled]:
    """Slots by delivery id; a kind without a filler has none."""
    filler = _fillers.get(kind)
    if filler is None or not deliveries:
        return {}
    try:
        with transaction.atomic():
            return filler(deliveries, now)
    except (OperationalError, InterfaceError):
        raise  # nothing is wrong with the mails
    except Exception:
        log.exception("The slots of %d deliveries cannot be filled in", len(deliveries))
    alone = [fill(kind, [one], now) for one in deliveries if len(deliveries) > 1]
    return {one: filled for some in alone for one, filled in some.items()}
