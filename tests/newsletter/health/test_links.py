"""A dead link in a mail that goes out by itself is found while nobody looks at the mail."""

from datetime import timedelta

import pytest

from clinic.clock import database_now
from newsletter.campaigns import preflight
from newsletter.health import links
from newsletter.liveness.models import LinkCheck, Verdict
from newsletter.models import CompiledEmail
from tests.factories import clinics, mail

pytestmark = pytest.mark.django_db
URL = "https://good.test/page"


def test_a_dead_link_of_a_mail_that_goes_out_by_itself_is_told(settings):
    settings.LINK_CHECKS = True
    clinics.clinic(booking_url="")
    now = database_now().replace(minute=0)
    mail.variant(mail.email(kind="step", topic="course", name="What studies show"))
    mail.variant(mail.email(kind="campaign"))
    CompiledEmail.objects.update(
        links=[{"url": URL, "label": "Read", "goal": "page"}, {"url": "/book", "goal": "call"}]
    )

    preflight.see_to_links(now + timedelta(minutes=1))
    assert LinkCheck.objects.count() == 0
    preflight.see_to_links(now)
    assert [check.url for check in LinkCheck.objects.all()] == [URL]
    assert list(links.look(now)) == []

    LinkCheck.objects.update(verdict=Verdict.DEAD, reason="gone", checked_at=now, due_at=None)
    (told,) = links.look(now)
    assert told.what.startswith("“What studies show” goes out with a dead link: https://good.test/page.")
    assert (told.since, told.room) == (now, "mails")
