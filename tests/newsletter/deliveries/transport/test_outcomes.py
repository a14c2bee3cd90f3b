"""Every way in which a relay can err, over a real connection, with pipelining and without."""

import pytest

from newsletter.deliveries.transport.answers import NOBODY_THERE, Answer, Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport.world import ListJournal, accepted_keys, mail, mails, send

pytestmark = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "lock-step"])

RELAY_ERRS = [
    # at, do, reply, phase, accepted, code, error, verdict, taken by the sink
    ("banner", "reply", "421 4.3.2 closing", Phase.GREETING, False, 421, None, Verdict.RELAY_DOWN, False),
    ("banner", "reply", "554 5.7.1 not you", Phase.GREETING, False, 554, None, Verdict.RELAY_DOWN, False),
    ("banner", "drop", "", Phase.GREETING, False, None, "EOFError", Verdict.RELAY_DOWN, False),
    ("banner", "hang", "", Phase.GREETING, False, None, "TimeoutError", Verdict.RELAY_DOWN, False),
    ("ehlo", "reply", "502 5.5.1 what?", Phase.GREETING, False, 502, None, Verdict.RELAY_DOWN, False),
    ("mail", "reply", "421 4.3.2 closing", Phase.MAIL, False, 421, None, Verdict.RELAY_DOWN, False),
    ("mail", "reply", "451 4.3.0 later", Phase.MAIL, False, 451, None, Verdict.RETRY, False),
    ("mail", "reply", "550 5.7.1 not you", Phase.MAIL, False, 550, None, Verdict.REFUSED_POLICY, False),
    ("mail", "drop", "", Phase.MAIL, False, None, "EOFError", Verdict.RETRY, False),
    ("mail", "hang", "", Phase.MAIL, False, None, "TimeoutError", Verdict.RETRY, False),
    ("rcpt", "reply", "421 4.3.2 closing", Phase.RCPT, False, 421, None, Verdict.RELAY_DOWN, False),
    ("rcpt", "reply", "450 4.2.0 later", Phase.RCPT, False, 450, None, Verdict.RETRY, False),
    ("rcpt", "reply", "550 5.1.1 nobody", Phase.RCPT, False, 550, None, Verdict.REFUSED_RECIPIENT, False),
    ("rcpt", "reply", "550 5.2.1 disabled", Phase.RCPT, False, 550, None, Verdict.REFUSED_RECIPIENT, False),
    ("rcpt", "reply", "554 5.7.1 blocked", Phase.RCPT, False, 554, None, Verdict.REFUSED_POLICY, False),
    ("rcpt", "grant", "550 5.1.1 nobody", Phase.RCPT, False, 550, None, Verdict.REFUSED_RECIPIENT, False),
    ("rcpt", "grant", "450 4.2.0 later", Phase.RCPT, False, 450, None, Verdict.RETRY, False),
    ("rcpt", "drop", "", Phase.RCPT, False, None, "EOFError", Verdict.RETRY, False),
    ("rcpt", "hang", "", Phase.RCPT, False, None, "TimeoutError", Verdict.RETRY, False),
    ("data", "reply", "421 4.3.2 closing", Phase.DATA, False, 421, None, Verdict.RELAY_DOWN, False),
    ("data", "reply", "451 4.3.0 later", Phase.DATA, False, 451, None, Verdict.RETRY, False),
    ("data", "reply", "554 5.7.1 no", Phase.DATA, False, 554, None, Verdict.REFUSED_POLICY, False),
    ("data", "drop", "", Phase.DATA, False, None, "EOFError", Verdict.RETRY, False),
    ("data", "hang", "", Phase.DATA, False, None, "TimeoutError", Verdict.RETRY, False),
    ("dot", "reply", "421 4.3.2 closing", Phase.DOT, False, 421, None, Verdict.RETRY, False),
    ("dot", "reply", "451 4.7.0 later", Phase.DOT, False, 451, None, Verdict.RETRY, False),
    ("dot", "reply", "550 5.7.1 spam", Phase.DOT, False, 550, None, Verdict.REFUSED_POLICY, False),
    ("dot", "reply", "552 5.3.4 too big", Phase.DOT, False, 552, None, Verdict.REFUSED_POLICY, False),
    ("dot", "drop", "", Phase.DOT, None, None, "EOFError", Verdict.UNCERTAIN, False),
    ("dot", "hang", "", Phase.DOT, None, None, "TimeoutError", Verdict.UNCERTAIN, False),
    ("dot", "accept_drop", "", Phase.DOT, None, None, "EOFError", Verdict.UNCERTAIN, True),
    ("dot", "accept_hang", "", Phase.DOT, None, None, "TimeoutError", Verdict.UNCERTAIN, True),
    ("dot", "slow", "", Phase.DOT, True, 250, None, Verdict.SUBMITTED, True),
    ("quit", "drop", "", Phase.DOT, True, 250, None, Verdict.SUBMITTED, True),
    ("quit", "hang", "", Phase.DOT, True, 250, None, Verdict.SUBMITTED, True),
    ("quit", "reply", "500 5.5.2 what?", Phase.DOT, True, 250, None, Verdict.SUBMITTED, True),
]


@pytest.mark.parametrize("row", RELAY_ERRS, ids=lambda row: " ".join(row[:3]).strip())
def test_one_mail_to_an_erring_relay(pipelining, row):
    at, do, reply, phase, accepted, code, error, verdict, taken = row
    with SmtpSink({"pipelining": pipelining, "faults": [{"at": at, "do": do, "reply": reply}]}) as sink:
        answer = send(sink, [mail(1)])[1]

        assert (answer.phase, answer.accepted, answer.code, answer.error) == (phase, accepted, code, error)
        assert classify(answer) is verdict
        assert accepted_keys(sink) == ([1] if taken else [])


def kept(answer: Answer) -> int | None:
    """What the journal keeps of it."""
    return NOBODY_THERE if classify(answer) is Verdict.REFUSED_RECIPIENT else answer.code


@pytest.mark.parametrize(
    ("at", "do", "reply", "verdict"),
    [(row[0], row[1], row[2], row[7]) for row in RELAY_ERRS if row[0] in {"mail", "rcpt", "data", "dot"}],
)
def test_an_error_at_one_mail_leaves_its_neighbours_alone(pipelining, at, do, reply, verdict):
    """The second of five mails errs; the session may end, and yet the other four arrive once."""
    if reply.startswith("421") or do in {"drop", "hang"}:
        verdict = Verdict.SUBMITTED if at != "dot" else verdict  # given a second chance on a new connection
    rules = {"pipelining": pipelining, "faults": [{"at": at, "do": do, "reply": reply, "after": 1, "times": 1}]}
    journal = ListJournal()
    with SmtpSink(rules) as sink:
        answers = send(sink, mails(5), journal=journal)

        verdicts = {key: classify(answer) for key, answer in answers.items()}
        assert verdicts == dict.fromkeys([1, 3, 4, 5], Verdict.SUBMITTED) | {2: verdict}
        arrived = accepted_keys(sink)
        assert sorted(arrived) == sorted(set(arrived))
        assert {1, 3, 4, 5} <= set(arrived)
        assert journal.answers == {key: kept(answer) for key, answer in answers.items() if key in journal.answers}
        assert set(journal.begun) >= set(arrived)


@pytest.mark.parametrize("at", ["mail", "rcpt", "data"])
def test_a_mail_that_breaks_every_connection_is_answered_in_the_end(pipelining, at):
    """The relay hangs up whenever it comes to the second mail; nobody else pays for it."""
    recipient = "" if at == "mail" else "lead2@"
    fault = {"at": at, "do": "drop", "recipient": recipient} | ({"after": 1, "times": 9} if at == "mail" else {})
    with SmtpSink({"pipelining": pipelining, "faults": [fault]}) as sink:
        answers = send(sink, mails(2))

        assert classify(answers[1]) is Verdict.SUBMITTED
        assert classify(answers[2]) is Verdict.RETRY
        assert accepted_keys(sink) == [1]


def test_a_drop_in_the_middle_of_a_body_is_not_an_acceptance(pipelining):
    huge = mail(1).content + b"x" * 20_000_000
    with SmtpSink({"pipelining": pipelining, "faults": [{"at": "body", "do": "drop"}]}) as sink:
        answer = send(sink, [mail(1, content=huge)], timeout=30.0)[1]

        assert (answer.phase, answer.accepted) == (Phase.BODY, False)
        assert classify(answer) is Verdict.RETRY


def test_a_refusal_in_the_middle_of_a_body_is_read_although_the_pipe_breaks(pipelining):
    huge = mail(1).content + b"x" * 20_000_000
    rules = {"pipelining": pipelining, "faults": [{"at": "body", "reply": "552 5.3.4 too big", "times": 1}]}
    with SmtpSink(rules) as sink:
        answers = send(sink, [mail(1, content=huge), mail(2)], timeout=30.0)

        assert (answers[1].phase, answers[1].accepted, answers[1].code) == (Phase.BODY, False, 552)
        assert classify(answers[1]) is Verdict.REFUSED_POLICY
        assert accepted_keys(sink) == [2]


def test_a_relay_that_stops_reading_is_left(pipelining):
    huge = mail(1).content + b"x" * 20_000_000
    with SmtpSink({"pipelining": pipelining, "faults": [{"at": "body", "do": "stall"}]}) as sink:
        answer = send(sink, [mail(1, content=huge)])[1]

        assert (answer.phase, answer.accepted, answer.error) == (Phase.BODY, False, "TimeoutError")


def test_replies_byte_by_byte_are_replies(pipelining):
    faults = [{"at": at, "do": "slow"} for at in ("banner", "ehlo", "mail", "rcpt", "data", "dot", "quit")]
    with SmtpSink({"pipelining": pipelining, "faults": faults}) as sink:
        answers = send(sink, mails(3), timeout=30.0, dot_timeout=30.0)

        assert [answer.accepted for answer in answers.values()] == [True, True, True]
        assert accepted_keys(sink) == [1, 2, 3]


def test_large_bodies_arrive_whole(pipelining):
    bodies = [mail(key).content + (f"{key}".encode() * 70 + b"\r\n") * 60_000 for key in (1, 2, 3)]
    with SmtpSink({"pipelining": pipelining}) as sink:
        batch = [mail(key, content=body) for key, body in enumerate(bodies, start=1)]
        answers = send(sink, batch, timeout=30.0, dot_timeout=30.0)

        assert [answer.accepted for answer in answers.values()] == [True, True, True]
        assert sink.contents == bodies


def test_a_body_that_fills_every_buffer_arrives_whole(pipelining):
    content = mail(1).content + b"x" * 20_000_000 + b"\r\n"
    with SmtpSink({"pipelining": pipelining}) as sink:
        answers = send(sink, [mail(1, content=content), mail(2)], timeout=30.0, dot_timeout=30.0)

        assert [answer.accepted for answer in answers.values()] == [True, True]
        assert [entry["bytes"] for entry in sink.accepted] == [len(content), len(mail(2).content)]


def test_the_reply_to_a_dot_may_take_longer_than_other_replies(pipelining):
    with SmtpSink({"pipelining": pipelining, "latency": [1.3, 1.4]}) as sink:
        assert send(sink, [mail(1)], timeout=1.0, dot_timeout=30.0)[1].accepted


def test_a_body_with_dots_arrives_as_it_was(pipelining):
    content = mail(1).content + b".\r\n..\r\n.dotted\r\nend\r\n.\r\n"
    with SmtpSink({"pipelining": pipelining}) as sink:
        send(sink, [mail(1, content=content), mail(2)])

        assert sink.contents == [content, mail(2).content]


def test_nothing_is_said_before_its_turn_unless_pipelining_was_announced(pipelining):
    with SmtpSink({"pipelining": pipelining}) as sink:
        send(sink, mails(5), connections=2)

        assert sink.spoke_early == 0
        assert sorted(accepted_keys(sink)) == [1, 2, 3, 4, 5]


def test_a_size_limit_and_letters_of_its_own_are_respected(pipelining):
    with SmtpSink({"pipelining": pipelining, "size": 500, "utf8": False, "eight_bit": False}) as sink:
        batch = [mail(1), mail(2, content=b"x" * 501), mail(3, "jörg@reader.example", b"To you\r\n"), mail(4)]
        answers = send(sink, batch)

        assert [(key, answers[key].accepted, answers[key].enhanced) for key in (2, 3)] == [
            (2, False, "5.3.4"),
            (3, False, "5.6.7"),
        ]
        assert accepted_keys(sink) == [1, 4]
        assert sink.accepted[0]["parameters"] == [f"SIZE={len(mail(1).content)}"]
