"""Every mail arrives once, byte for byte, under its own envelope, whatever the server announces."""

import pytest

from newsletter.deliveries.transport.answers import Phase
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


@pytest.mark.parametrize("server", ["postfix", "seven_bit_exim"], indirect=True)
def test_letters_arrive_where_eight_bits_are_not_taken_and_what_has_them_is_not_even_tried(relay):
    mails = list(letters.mails(MAILS, eight_bit=False))
    too_much = letters.by_hand(MAILS + 1, f"lead{MAILS + 1}", body="Grüße\r\n")

    answers, _ = hand_over(relay, "seven_bit", [*mails, too_much])

    refused = answers.pop(too_much.key)
    assert (refused.phase, refused.enhanced, refused.error) == (Phase.MAIL, "5.6.1", "Unsendable")
    assert no(answers) == set()
    compare(relay, mails, answers)
