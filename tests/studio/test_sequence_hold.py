"""What staff are told when a sequence goes on again: of people, since not everybody who is overdue gets a mail then."""

import pytest
from django.test import Client
from django.urls import reverse

from clinic.clock import database_now
from newsletter.sequences import services
from tests.factories import people
from tests.newsletter.sequences.course import DAY, hand_over
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import begun, sequence

pytestmark = pytest.mark.django_db


def test_those_whose_last_mail_leaves_first_are_overdue_and_not_drawn(studio: Client) -> None:
    then = (database_now() - 9 * DAY).replace(hour=16)
    knee = sequence(email(1), email(2, 1), at=then)
    begun(knee, now=then)
    services.advance(then)
    hand_over(then)
    begun(knee, now=then)
    services.advance(then)
    services.pause(knee, by=people.staff(), now=then)
    page = reverse("studio:sequence_resume", args=[knee.pk])

    seen = studio.get(page, {"hours": "3"})
    done = studio.post(page, {"hours": "3"}, follow=True)

    assert "2 people are overdue." in seen.text
    assert "1 mail was on its way" in seen.text
    assert sum(part.people for part in seen.context["parts"]) == 1
    assert "It goes on. 2 overdue people go on over 3 hours." in done.text
