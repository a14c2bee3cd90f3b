"""The session without a socket: what is said when, and what is known when it ends."""

from newsletter.deliveries.transport.answers import NOBODY_THERE, Phase
from newsletter.deliveries.transport.conversation import Conversation
from newsletter.deliveries.transport.envelope import Abilities
from newsletter.deliveries.transport.replies import Reply
from newsletter.deliveries.transport.work import Work
from tests.newsletter.deliveries.transport.world import SENDER, ListJournal, mail, mails

OK, GO = Reply(250, [b"2.0.0 ok"]), Reply(354, [b"go"])
PIPELINING, LOCKSTEP = Abilities(pipelining=True), Abilities()


def envelope(key):
    return f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<lead{key}@reader.example>\r\nDATA\r\n".encode()


def body(key):
    return mail(key).content + b".\r\n"


class Session:
    def __init__(self, batch, abilities=PIPELINING, most_mails=100):
        self.journal = ListJournal()
        self.work = Work(batch, self.journal)
        self.conversation = Conversation(abilities, pipelining=True, most_mails=most_mails)

    def begin(self):
        return self._written(self.conversation.begin(self.work))

    def hear(self, *replies):
        return self._written(b"".join(self.conversation.hear(reply) for reply in replies))

    def _written(self, data):
        self.conversation.written += len(data)
        return data

    @property
    def answers(self):
        return [(answer.key, answer.phase, answer.accepted, answer.code) for answer in self.work.answers]


def test_with_pipelining_a_body_travels_with_the_next_envelope():
    session = Session(mails(2))

    assert session.begin() == envelope(1)
    assert session.hear(OK, OK) == b""
    assert session.hear(GO) == body(1) + envelope(2)
    assert session.hear(OK, OK, OK) == b""
    assert session.hear(GO) == body(2)
    assert session.hear(OK) == b""
    assert session.answers == [(1, Phase.DOT, True, 250), (2, Phase.DOT, True, 250)]
    assert session.conversation.is_free


def test_a_body_never_leaves_before_the_dot_before_it_was_answered():
    session = Session(mails(3))
    session.begin()
    session.hear(OK, OK, GO)

    assert session.journal.begun == [1]
    session.hear(OK)
    assert session.journal.lines == [("B", 1), ("A", 1, 250)]
    session.hear(OK, OK, GO)
    assert session.journal.lines == [("B", 1), ("A", 1, 250), ("B", 2)]


def test_without_pipelining_every_command_waits_for_its_reply():
    session = Session(mails(2), LOCKSTEP)

    said = [session.begin()] + [session.hear(reply) for reply in (OK, OK, GO, OK)]

    mail_from, rcpt_to, data = (line + b"\r\n" for line in envelope(1).splitlines())
    assert said == [mail_from, rcpt_to, data, body(1), mail_from]


def test_pipelining_is_not_used_where_it_is_announced_but_not_wanted():
    conversation = Conversation(PIPELINING, pipelining=False, most_mails=10)

    assert conversation.begin(Work(mails(1), ListJournal())) == f"MAIL FROM:<{SENDER}>\r\n".encode()


def test_a_refused_recipient_costs_nobody_else_and_resets_the_session():
    session = Session(mails(3))
    session.begin()
    session.hear(OK, OK, GO)
    session.hear(OK)

    assert session.hear(OK, Reply(550, [b"5.1.1 no"]), Reply(554, [b"5.5.1 none"])) == b"RSET\r\n" + envelope(3)
    assert session.hear(OK, OK, OK, GO) == body(3)
    assert session.hear(OK) == b""
    assert session.answers == [(1, Phase.DOT, True, 250), (2, Phase.RCPT, False, 550), (3, Phase.DOT, True, 250)]
    assert session.journal.begun == [1, 3]


def test_a_relay_that_grants_data_to_nobody_gets_a_lone_dot():
    session = Session(mails(2))
    session.begin()

    assert session.hear(OK, Reply(450, [b"4.2.0 later"]), GO) == b".\r\n"
    assert session.hear(Reply(554, [b"5.5.1 none"])) == envelope(2)
    assert session.answers == [(1, Phase.RCPT, False, 450)]
    assert session.journal.begun == []


def test_no_dot_is_sent_to_a_recipient_whose_sender_was_refused():
    session = Session(mails(1))
    session.begin()

    assert session.hear(Reply(550, [b"5.7.1 not you"]), OK, GO) == b""
    assert session.conversation.is_over
    assert session.answers == [(1, Phase.MAIL, False, 550)]


def test_without_pipelining_a_refusal_ends_the_envelope_there():
    session = Session(mails(2), LOCKSTEP)
    session.begin()
    session.hear(OK)

    assert session.hear(Reply(550, [b"5.1.1 no"])) == b"RSET\r\n"
    assert session.hear(OK) == f"MAIL FROM:<{SENDER}>\r\n".encode()


def test_a_reply_that_fits_no_question_ends_the_session():
    session = Session(mails(2))
    session.begin()

    assert session.hear(OK, OK, OK) == b""
    assert session.conversation.is_over
    assert session.answers == [(1, Phase.DATA, False, 250)]
    assert session.work.take() == mail(2)


def test_a_lost_connection_leaves_one_mail_in_doubt_and_gives_the_next_one_back():
    session = Session(mails(3))
    session.begin()
    session.hear(OK, OK, GO)

    session.conversation.lost(ConnectionResetError("gone"))

    assert session.answers == [(1, Phase.DOT, None, None)]
    assert session.work.take() == mail(2)
    assert session.work.take() == mail(3)


def test_a_body_whose_dot_did_not_leave_was_not_taken():
    session = Session(mails(1))
    session.begin()
    session.conversation.hear(OK)
    session.conversation.hear(OK)
    words = session.conversation.hear(GO)

    session.conversation.written += len(words) - len(b".\r\n")
    session.conversation.lost(ConnectionResetError("gone"))

    assert session.answers == [(1, Phase.BODY, False, None)]


def test_a_single_byte_of_the_dot_is_enough_to_be_in_doubt():
    session = Session(mails(1))
    session.begin()
    session.conversation.hear(OK)
    session.conversation.hear(OK)
    words = session.conversation.hear(GO)

    session.conversation.written += len(words) - len(b"\r\n")
    session.conversation.lost(ConnectionResetError("gone"))

    assert session.answers == [(1, Phase.DOT, None, None)]


def test_a_dot_that_may_lie_in_a_record_that_left_is_in_doubt():
    """TLS says nothing of a write that stopped between two records."""
    session = Session(mails(2))
    session.begin()
    session.conversation.hear(OK)
    session.conversation.hear(OK)
    words = session.conversation.hear(GO)

    session.conversation.perhaps_written = len(words)
    session.conversation.lost(ConnectionResetError("gone"))

    assert session.answers == [(1, Phase.DOT, None, None)]


def test_a_refusal_for_good_is_in_the_journal_and_is_not_asked_for_again():
    session = Session(mails(2), LOCKSTEP)
    session.begin()
    session.hear(OK)
    session.hear(Reply(550, [b"5.7.1 not from you"]))
    session.hear(OK)
    session.hear(OK)
    session.hear(Reply(550, [b"5.1.1 nobody here"]))

    assert [(key, code) for key, _, _, code in session.answers] == [(1, 550), (2, 550)]
    assert session.journal.answers == {1: 550, 2: NOBODY_THERE}


def test_a_mail_that_was_stopped_before_its_body_is_nobodys_failure():
    session = Session(mails(1))
    session.begin()
    session.hear(OK, OK)
    session.work.stop()
    session.hear(GO)

    assert session.conversation.is_over
    assert (session.answers, session.journal.lines) == ([], [])


def test_a_refusal_before_the_dot_has_left_is_a_refusal_and_ends_the_session():
    session = Session(mails(2))
    session.begin()
    session.conversation.hear(OK)
    session.conversation.hear(OK)
    session.conversation.hear(GO)

    session.conversation.hear(Reply(552, [b"5.3.4 too big"]))

    assert session.answers == [(1, Phase.BODY, False, 552)]
    assert session.conversation.is_over
    assert session.work.take() == mail(2)


def test_a_yes_before_the_dot_has_left_is_nothing_to_rely_on():
    session = Session(mails(1))
    session.begin()
    session.conversation.hear(OK)
    session.conversation.hear(OK)
    session.conversation.hear(GO)

    session.conversation.hear(OK)

    assert session.answers == [(1, Phase.BODY, None, 250)]
    assert session.journal.answers == {}


def test_a_reply_to_the_dot_that_decides_nothing_leaves_the_mail_in_doubt():
    session = Session(mails(1))
    session.begin()
    session.hear(OK, OK, GO)

    session.hear(GO)

    assert session.answers == [(1, Phase.DOT, None, 354)]
    assert session.journal.answers == {}
    assert session.conversation.is_over


def test_421_to_the_dot_is_an_answer_and_the_next_envelope_goes_elsewhere():
    session = Session(mails(2))
    session.begin()
    session.hear(OK, OK, GO)

    session.hear(Reply(421, [b"4.3.2 closing"]))

    assert session.answers == [(1, Phase.DOT, False, 421)]
    assert session.journal.answers == {1: 421}
    assert session.work.take() == mail(2)


def test_421_to_an_envelope_on_a_session_that_worked_gives_the_mail_back():
    session = Session(mails(2))
    session.begin()
    session.hear(OK, OK, GO)
    session.hear(OK)

    session.hear(Reply(421, [b"4.7.0 too many mails here"]))

    assert session.answers == [(1, Phase.DOT, True, 250)]
    assert session.work.take() == mail(2)


def test_a_mail_that_loses_three_sessions_is_answered():
    work = Work([], ListJournal())
    session = Session(mails(1))
    session.begin()
    session.conversation.lost(EOFError("gone"))
    (otherwise,) = session.work.answers

    for _ in range(2):
        work.give_back(mail(1), otherwise=otherwise)
        assert work.take() == mail(1)
    work.give_back(mail(1), otherwise=otherwise)

    assert work.take() is None
    assert list(work.answers) == [otherwise]


def test_a_session_takes_no_more_mails_than_its_share():
    session = Session(mails(3), most_mails=2)
    session.begin()
    session.hear(OK, OK, GO)
    session.hear(OK, OK, OK)

    assert session.hear(GO) == body(2)
    assert session.hear(OK) == b""
    assert session.conversation.is_used_up
    assert session.work.take() == mail(3)


def test_a_mail_that_cannot_be_sent_here_is_answered_and_the_next_one_taken():
    session = Session([mail(1, "not an address"), mail(2)])

    assert session.begin() == envelope(2)
    assert session.answers == [(1, Phase.RCPT, False, None)]


def test_words_out_of_turn_end_the_session():
    session = Session([])
    session.begin()

    session.hear(Reply(421, [b"4.4.2 idle for too long"]))

    assert session.conversation.is_over
    assert session.answers == []


def test_after_a_stop_no_body_begins():
    session = Session(mails(1))
    session.begin()
    session.work.stop()

    assert session.hear(OK, OK, GO) == b""
    assert session.journal.begun == []
    assert session.conversation.is_over
