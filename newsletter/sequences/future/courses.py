"""What a future that is played answers about the sequences that the person is in, was in, or finished. Pure."""

from collections.abc import Collection, Sequence

from newsletter.sequences.future.way import Way
from newsletter.sequences.models import EnrolmentState

IN, WAS_IN, FINISHED = "in_course", "was_in_course", "finished_course"


def known(name: str, sequence_id: int | None, ways: Sequence[Way], waiting: Collection[int]) -> bool | None:
    """Whether this condition holds of it as far as this future decides; None where only what was before does.

    `ways` are those that are played, over or not, and `waiting` the sequences that were begun and are paused.
    """
    mine = [way for way in ways if way.place.sequence_id == sequence_id]
    if not mine and sequence_id not in waiting:
        return None
    if name == IN:
        return sequence_id in waiting or any(way.is_under_way for way in mine)
    if name == WAS_IN:
        return True
    if name == FINISHED and any(way.end == EnrolmentState.FINISHED for way in mine):
        return True
    return None
