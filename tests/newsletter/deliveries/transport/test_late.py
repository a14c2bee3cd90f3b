"""A relay that takes longer over an envelope than the gate's look is worth: that is an answer, too."""

import pytest

from newsletter.deliveries.transport.answers import Phase, seconds
from newsletter.deliveries.transport.classify import Verdict, classify
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport.world import ListJournal, accepted_keys, mail, send

pytestmark = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "lock-step"])

SOON = 0.2
AT = [("mail", Phase.MAIL), ("rcpt", Phase.RCPT), ("data", Phase.DATA)]


def soon(key):
    """A mail whose body must begin before the relay's time for a reply is over."""
    return mail(key)._replace(begin_by=seconds() + SOON)


@pytest.mark.parametrize(("at", "phase"), AT)
def test_a_relay_that_hangs_over_an_envelope_has_answered_later(pipelining, at, phase):
    journal = ListJournal()
    with SmtpSink({"pipelining": pipelining, "faults": [{"at": at, "do": "hang"}]}) as sink:
        answer = send(sink, [soon(1)], journal=journal)[1]

    assert (answer.phase, answer.accepted, answer.error) == (phase, False, "TimeoutError")
    assert classify(answer) is Verdict.RETRY
    assert journal.begun == []


@pytest.mark.parametrize(("at", "phase"), AT)
def test_so_has_one_that_took_the_mail_before(pipelining, at, phase):
    """On a session that has carried mail another connection would be tried, but for that it is too late."""
    rules = {"pipelining": pipelining, "faults": [{"at": at, "do": "hang", "after": 1, "times": 1}]}
    with SmtpSink(rules) as sink:
        answers = send(sink, [mail(1), soon(2), mail(3)])

        assert [(key, classify(answer)) for key, answer in sorted(answers.items())] == [
            (1, Verdict.SUBMITTED),
            (2, Verdict.RETRY),
            (3, Verdict.SUBMITTED),
        ]
        assert (answers[2].phase, answers[2].error) == (phase, "TimeoutError")
        assert accepted_keys(sink) == [1, 3]


@pytest.mark.parametrize(("at", "phase"), AT)
def test_a_yes_that_comes_too_late_is_a_later_and_no_body_begins(pipelining, at, phase):
    journal = ListJournal()
    rules = {"pipelining": pipelining, "faults": [{"at": at, "do": "pause", "seconds": 2 * SOON, "times": 1}]}
    with SmtpSink(rules) as sink:
        answers = send(sink, [soon(1), mail(2)], journal=journal, timeout=30.0)

        assert (answers[1].phase, answers[1].accepted, answers[1].error) == (Phase.DATA, False, "TooSlow")
        assert classify(answers[1]) is Verdict.RETRY
        assert (journal.begun, accepted_keys(sink)) == ([2], [2])


def test_who_waits_behind_a_slow_dot_pays_nothing(pipelining):
    journal = ListJournal()
    with SmtpSink({"pipelining": pipelining, "latency": [2 * SOON, 2 * SOON]}) as sink:
        answers = send(sink, [mail(1), soon(2)], journal=journal, dot_timeout=30.0)

        assert list(answers) == [1]
        assert (journal.begun, accepted_keys(sink)) == ([1], [1])


def test_who_waits_behind_a_dot_that_is_never_answered_pays_nothing(pipelining):
    with SmtpSink({"pipelining": pipelining, "faults": [{"at": "dot", "do": "accept_hang"}]}) as sink:
        answers = send(sink, [mail(1), soon(2)])

        assert [(key, classify(answer)) for key, answer in answers.items()] == [(1, Verdict.UNCERTAIN)]
        assert accepted_keys(sink) == [1]
