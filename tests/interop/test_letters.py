"""Every mail arrives once, byte for byte, under its own envelope, whatever the server announces."""

import pytest

from tests.interop import letters
from tests.interop.conftest import MAILS
from tests.interop.world import compare, hand_over, no

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("door", ["plain", "lockstep", "starttls", "tls", "auth", "lockstep_auth"])
def test_every_letter_arrives_as_it_was_handed_over(relay, door, figure):
    mails = list(letters.mails(MAILS))

    answers, seconds = hand_over(relay, door, mails)

    assert no(answers) == set()
    compare(relay, mails, answers)
    figure(f"{door:14} {MAILS} mails, 4 connections: {MAILS / seconds:7.0f} mails/s")
