import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clinic.clock import database_now
from newsletter.campaigns import report
from newsletter.campaigns.models import Campaign
from newsletter.deliveries.models import Lane, Outcome, State, Uncertain
from newsletter.deliveries.standing import holds
from tests.factories import people
from tests.newsletter.deliveries import world


@pytest.fixture
def leaving(db):
    """Five planned, two submitted in the last minute, one refused."""
    world.open_clinic()
    planned = world.plan(world.leads(5))
    email = planned.variant.email
    now = database_now()
    for delivery_id, state in zip(planned.ids, (State.SUBMITTED, State.SUBMITTED, State.REFUSED), strict=False):
        Outcome.objects.create(delivery_id=delivery_id, at=now - timedelta(seconds=5), state=state)
    return Campaign.objects.create(
        id=7, name="Autumn", email=email, status="sending", planned_count=5, created_by=people.staff()
    )


def said(*command: object) -> str:
    out = StringIO()
    call_command("progress", *command, stdout=out)
    return out.getvalue()


def test_figures_add_up_and_speed_and_time_left_are_said(leaving):
    expected = "Autumn: 5 planned = 2 submitted, 1 refused, 2 waiting. 2 a minute, 0:01:00 left.\n"

    assert said() == said(7) == expected


def test_every_number_is_said_while_mail_leaves(leaving):
    planned = world.plan([world.lead(f"more{number}") for number in range(15)])
    assert len(planned.ids) == 20
    for state, first, end in ((State.REFUSED, 3, 5), (State.FAILED, 5, 9)):
        for one in planned.ids[first:end]:
            Outcome.objects.create(delivery_id=one, at=database_now(), state=state)
    for one in planned.ids[9:14]:
        Uncertain.objects.create(delivery_id=one, lane=Lane.MARKETING, since=database_now())

    assert said(7) == (
        "Autumn: 20 planned = 2 submitted, 3 refused, 4 failed, 5 uncertain, 6 waiting. 2 a minute, 0:03:00 left.\n"
    )


def test_what_is_held_or_paused_has_no_speed(leaving):
    holds.hold("A wrong date", by=None, now=database_now())
    held = said(7)
    Campaign.objects.update(status="paused")

    assert held.endswith("2 waiting. Held; nothing leaves.\n")
    assert said(7).endswith("2 waiting. Paused.\n")


def test_what_stands_still_says_so(leaving):
    Outcome.objects.update(at=database_now() - timedelta(minutes=2))

    assert said(7).endswith("No mail left in the last minute.\n")


def test_what_is_not_there_is_said(db):
    assert said() == "No campaign is leaving.\n"
    for number in (9, 0):
        with pytest.raises(CommandError, match=f"There is no campaign {number}"):
            said(number)


@pytest.mark.django_db(transaction=True)
def test_while_work_goes_on_lines_are_said(leaving, monkeypatch):
    monkeypatch.setattr(report, "SECONDS", 0.01)
    heard, lines = threading.Event(), []

    def say(line: str) -> None:
        lines.append(line)
        heard.set()

    with report.every_few_seconds(say):
        assert heard.wait(60)

    assert lines[0].startswith("Autumn: 5 planned = 2 submitted")
