import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from clinic.clock import database_now
from newsletter.deliveries.models import Lane, Uncertain
from newsletter.deliveries.standing import heartbeats
from tests.newsletter.deliveries import world


@pytest.fixture(autouse=True)
def clinic(db, settings, tmp_path):
    settings.DEBUG = True
    settings.JOURNAL_DIR = tmp_path
    for name in ("tick", *(heartbeats.sender(lane) for lane in Lane)):
        heartbeats.beat(name, now=database_now())
    return world.open_clinic()


def said(*options: str) -> str:
    out = StringIO()
    call_command("doctor", *options, stdout=out)
    return out.getvalue()


def test_nothing_wrong_ends_well():
    assert said() == "Nothing is stuck.\n"
    assert json.loads(said("--json")) == []


def test_what_is_only_worth_knowing_ends_well_too():
    Uncertain.objects.create(delivery_id=1000, lane=Lane.MARKETING, since=database_now())

    assert said().startswith("note   1 mail may or may not have left.\n       Since ")


def test_something_wrong_is_said_with_where_to_go_and_ends_badly():
    out, since = StringIO(), database_now() - timedelta(hours=1)
    heartbeats.beat("tick", now=since)

    with pytest.raises(CommandError, match="1 of these need somebody"):
        call_command("doctor", "--json", stdout=out)

    (finding,) = json.loads(out.getvalue())
    assert (finding["level"], finding["since"], finding["room"]) == ("wrong", since.isoformat(), None)


def test_a_database_that_was_not_migrated_is_a_finding_for_programs_too():
    out = StringIO()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE newsletter_residence")

    with pytest.raises(CommandError, match="1 of these need somebody"), transaction.atomic():
        call_command("doctor", "--json", stdout=out)

    (finding,) = json.loads(out.getvalue())
    assert finding["what"] == 'The database is not what it must be: relation "newsletter_residence" does not exist'
    assert (finding["level"], finding["advice"]) == ("wrong", "Run `manage.py migrate`.")
