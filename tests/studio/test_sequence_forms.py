"""The forms of the sequence editor: what does not fit stays as it was typed, and one link of a mail can be chosen."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from clinic.clock import database_now
from newsletter.models import Sequence
from newsletter.sequences import writing
from newsletter.sequences.plan.document import Event, EventKind, Step, StepKind
from tests.factories import mail
from tests.newsletter.sequences.plans import pause, plan, until_clicked
from tests.studio.test_sequence_editor import drafted, press, url, writes


@pytest.fixture
def begun(owner: User) -> Sequence:
    return writing.begin("After the call", topic="course", by=owner, now=database_now())


@pytest.mark.parametrize("sent", [{"act": "change", "key": 1}, {"act": "rule", "rule": "again", "again": "days"}])
@pytest.mark.parametrize("scripted", [False, True])
def test_a_form_that_does_not_fit_stays_open_with_what_was_typed_and_why(
    sent: dict[str, Any], scripted: bool, studio: Client, begun: Sequence, owner: User
):
    writes(begun, plan(pause(1, days=1)), owner)

    answer = press(studio, begun, sent["act"], scripted=scripted, **{**sent, "days": "4000", "open": ""})

    [typed] = re.findall(r"<input[^>]* is-invalid[^>]*>", answer.text)
    said = 'value="4000"', 'aria-invalid="true"', 'aria-describedby="id_days_error"'
    assert [answer.status_code, *(words in typed for words in said)] == [422, True, True, True]


def test_one_link_of_a_mail_is_chosen_to_wait_for_and_stays_chosen_when_the_mail_has_it_no_more(
    studio: Client, begun: Sequence, owner: User
):
    letter = mail.variant(mail.email(kind="step", subject="One map"))
    writes(begun, plan(Step(1, StepKind.EMAIL, email=letter.email_id), until_clicked(2, 3)), owner)

    offered = studio.get(url(begun) + "?open=2").context["form"].fields["mail"].choices
    press(studio, begun, "change", key=2, event="clicked", mail="1 /ask", days="3")
    letter.current.links = []
    letter.current.save()
    kept = studio.get(url(begun) + "?open=2")

    links = [("1", "any link in it"), ("1 /ask", "“Ask a question” (/ask)"), ("1 /book", "“Book a free call” (/book)")]
    assert [(name, sorted(of) if isinstance(of, list) else of) for name, of in offered[1:]] == [("One map", links)]
    assert drafted(begun).find(2).event == Event(EventKind.CLICKED, "1 /ask")
    assert '<option value="1 /ask" selected>/ask (not in its mail any more)</option>' in kept.text
    assert "clicks the link to /ask in “One map”" in kept.text
    assert press(studio, begun, "change", key=2, event="clicked", mail="1 /ask", days="4").status_code == 302
