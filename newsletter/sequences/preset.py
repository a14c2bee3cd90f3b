"""The shipped course: seven mails over 21 days, published as version 1."""

from datetime import datetime, time
from itertools import pairwise

from django.db import transaction

from newsletter.content import course, presets
from newsletter.content.models import Topic, Variant
from newsletter.sequences.models import Sequence, SequenceVersion, Step
from newsletter.sequences.queries import COURSE_KEY

EVERY_DAY = list(range(7))


@transaction.atomic
def install(now: datetime) -> Sequence:
    """Install the course and its mails; what is there already is left as it is."""
    presets.install(now)
    sequence, _ = Sequence.objects.get_or_create(
        key=COURSE_KEY, defaults={"name": "The sciatica course", "topic": Topic.COURSE}
    )
    if sequence.published is None:
        sequence.published = _publish(sequence, now)
        sequence.save(update_fields=["published"])
    return sequence


def _publish(sequence: Sequence, now: datetime) -> SequenceVersion:
    version = SequenceVersion.objects.create(
        sequence=sequence,
        number=1,
        weekdays=EVERY_DAY,
        window_opens_at=time(9),
        window_closes_at=time(18),
        published_at=now,
    )
    waits = [day - before for before, day in pairwise((0, *course.DAYS))]
    Step.objects.bulk_create(
        Step(version=version, key=place + 1, position=place, wait_days=wait, variant=_variant(course.DAYS[place]))
        for place, wait in enumerate(waits)
    )
    return version


def _variant(day: int) -> Variant:
    return Variant.objects.get(email__key=course.key(day), label="A")
