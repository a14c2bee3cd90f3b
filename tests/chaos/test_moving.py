"""kill -9 of whoever moves people to a new version, between two chunks: nobody moves twice, nobody is left behind."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leads.models import Lead
from newsletter.models import Enrolment
from newsletter.sequences import publishing
from newsletter.sequences.models import Transfer
from newsletter.sequences.publishing import Choice, Inside, Progress, versions
from newsletter.sequences.schedule import Wait
from tests.chaos.arena import arena
from tests.chaos.test_pause import READERS, readers
from tests.newsletter.sequences.course import DAY, NOW
from tests.newsletter.sequences.publishing.test_versions import mailing, publish, sequence

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MOVE = """
import django
django.setup()
from clinic.clock import database_now
from newsletter.sequences import publishing
publishing.go_on(database_now())
"""
LAST = "SELECT 1 FROM newsletter_enrolment WHERE id = %d FOR UPDATE"


def test_a_process_that_is_killed_between_two_chunks_leaves_nobody_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "AT_ONCE", 0)
    first, second = mailing(1), mailing(2, 300)
    made = sequence(first, second)
    readers()
    standing = {"sequence": made, "version": made.published, "next_position": 1, "enrolled_at": NOW, "since": NOW}
    far = NOW + 300 * DAY
    ways = Enrolment.objects.bulk_create(Enrolment(lead=lead, due_at=far, **standing) for lead in Lead.objects.all())
    publish(made, first, replace(second, wait=Wait()), choice=Choice(Inside.MOVE, hours=8), at=NOW)

    with arena(tmp_path, [sys.executable, "-c", MOVE]) as moving:
        moving.run_until_a_row_halts_it(LAST % max(way.pk for way in ways))
        half, dues = publishing.progress(made.pk, NOW), dict(Enrolment.objects.values_list("pk", "due_at"))
        moving.run_to_the_end()

    after = dict(Enrolment.objects.values_list("pk", "due_at"))
    transfer = Transfer.objects.get(version=made.published)
    assert half == Progress(number=2, done=1000, left=READERS - 1000)
    assert (transfer.moved, transfer.dealt, publishing.progress(made.pk, NOW)) == (READERS, READERS, None)
    assert set(Enrolment.objects.values_list("version", flat=True)) == {made.published_id}
    assert {pk: due for pk, due in dues.items() if due != far}.items() <= after.items()
    assert len(set(after.values())) == READERS
    assert not Enrolment.objects.filter(due_at__gte=NOW + DAY).exists()
