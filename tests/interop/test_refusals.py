"""What real servers say no to, in the middle of pipelined groups: each no reaches its own mail, and only that."""

from collections import Counter

import pytest

from newsletter.deliveries.transport.answers import Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from tests.interop import letters
from tests.interop.conftest import MAILS
from tests.interop.relay import SIZE_LIMIT
from tests.interop.world import compare, hand_over

pytestmark = pytest.mark.interop

HUGE = "x" * 70 + "\r\n"
WORDS = {"unknown": "nobody", "greylisted": "greylisted", "unwanted": "unwanted"}
EXPECTED = {
    "Postfix": {
        "unknown": (Phase.RCPT, 550, "5.1.1", Verdict.REFUSED_RECIPIENT),
        "greylisted": (Phase.RCPT, 450, "4.2.0", Verdict.RETRY),
        "unwanted": (Phase.RCPT, 554, "5.7.1", Verdict.REFUSED_POLICY),
        "content": (Phase.DOT, 550, "5.7.1", Verdict.REFUSED_POLICY),
    },
    "Exim": {
        # without an enhanced status it may be about us as well as about the recipient
        "unknown": (Phase.RCPT, 550, None, Verdict.REFUSED_POLICY),
        "greylisted": (Phase.RCPT, 451, None, Verdict.RETRY),
        "unwanted": (Phase.RCPT, 550, "5.7.1", Verdict.REFUSED_POLICY),
        "content": (Phase.DOT, 550, None, Verdict.REFUSED_POLICY),
    },
}
TAKEN = (Phase.DOT, 250, Verdict.SUBMITTED)


def kind_of(key):
    """Two thirds are taken; the rest are refused in every way there is, often several in a row."""
    return {1: "unknown", 2: "unknown", 4: "greylisted", 7: "content", 8: "unwanted"}.get(key % 15, "taken")


def mixed(key):
    kind = kind_of(key)
    if kind == "content":
        return letters.by_hand(key, f"lead{key}", subject="Please, Refuse me")
    return letters.by_hand(key, f"{WORDS.get(kind, 'lead')}{key}", body=f"Grüße {key}\r\n.\r\n")


@pytest.mark.parametrize("door", ["plain", "lockstep"])
def test_a_refusal_concerns_its_own_mail_only(relay, door):
    mails = [mixed(key) for key in range(1, MAILS + 1)]

    answers, _ = hand_over(relay, door, mails, connections=2)

    for key, answer in answers.items():
        if kind_of(key) == "taken":
            assert (answer.phase, answer.code, classify(answer)) == TAKEN
        else:
            seen = (answer.phase, answer.code, answer.enhanced, classify(answer))
            assert seen == EXPECTED[relay.name][kind_of(key)]
    compare(relay, mails, answers)


def test_a_server_that_hangs_up_on_too_many_errors_costs_no_mail_its_answer(relay):
    """Postfix hangs up after twenty errors in a row; every address still gets its own no, once."""
    mails = [letters.by_hand(key, f"nobody{key}") for key in range(1, 61)]

    answers, _ = hand_over(relay, "plain", mails, connections=1)

    assert Counter((answer.phase, answer.code) for answer in answers.values()) == {(Phase.RCPT, 550): 60}
    compare(relay, mails, answers)


def test_a_mail_over_the_announced_size_is_not_even_tried(relay):
    mails = [letters.by_hand(1, "lead1", body=HUGE * (SIZE_LIMIT // 70)), letters.by_hand(2, "lead2")]

    answers, _ = hand_over(relay, "plain", mails)

    assert [answer.accepted for answer in (answers[1], answers[2])] == [False, True]
    assert (answers[1].phase, answers[1].enhanced, answers[1].error) == (Phase.MAIL, "5.3.4", "Unsendable")
    compare(relay, mails, answers)


@pytest.mark.parametrize("server", ["postfix"], indirect=True)
def test_a_mail_that_turns_out_too_large_is_refused_at_the_dot(relay):
    mails = [letters.by_hand(1, "lead1", body=HUGE * (SIZE_LIMIT // 70)), letters.by_hand(2, "lead2")]

    answers, _ = hand_over(relay, "sizeless", mails, connections=1)

    assert (answers[1].phase, answers[1].code, answers[1].enhanced) == (Phase.DOT, 552, "5.3.4")
    assert classify(answers[1]) is Verdict.REFUSED_POLICY
    compare(relay, mails, answers)
