import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.deliveries.transport.answers import FinishedMail, Phase
from newsletter.deliveries.transport.envelope import Abilities, Unsendable, commands, transparent

EVERYTHING = Abilities(pipelining=True, size=1000, eight_bit=True, utf8=True)
NOTHING = Abilities()


def a_mail(recipient="lead@reader.example", content=b"Hello\r\n", sender="clinic@clinic.example"):
    return FinishedMail(1, sender, recipient, content)


def test_the_envelope_names_both_ends_and_what_the_relay_wants_to_know():
    assert commands(a_mail(content=b"x" * 9 + "é".encode()), EVERYTHING) == (
        b"MAIL FROM:<clinic@clinic.example> SIZE=11 BODY=8BITMIME\r\n",
        b"RCPT TO:<lead@reader.example>\r\n",
    )
    assert commands(a_mail(), NOTHING) == (
        b"MAIL FROM:<clinic@clinic.example>\r\n",
        b"RCPT TO:<lead@reader.example>\r\n",
    )


def test_an_empty_sender_is_written_as_such():
    assert commands(a_mail(sender=""), NOTHING)[0] == b"MAIL FROM:<>\r\n"


def test_a_domain_in_letters_of_its_own_is_written_in_ascii():
    assert commands(a_mail("lead@bücher.example"), NOTHING)[1] == b"RCPT TO:<lead@xn--bcher-kva.example>\r\n"


def test_a_name_in_letters_of_its_own_needs_smtputf8():
    sender, recipient = commands(a_mail("jörg@reader.example"), EVERYTHING)

    assert sender == b"MAIL FROM:<clinic@clinic.example> SIZE=7 SMTPUTF8\r\n"
    assert recipient == "RCPT TO:<jörg@reader.example>\r\n".encode()


@pytest.mark.parametrize(
    ("mail", "abilities", "phase", "enhanced"),
    [
        (a_mail("jörg@reader.example"), NOTHING, Phase.RCPT, "5.6.7"),
        (a_mail(content=b"x" * 1001), EVERYTHING, Phase.MAIL, "5.3.4"),
        (a_mail(content=b"\xe9"), NOTHING, Phase.MAIL, "5.6.1"),
        (a_mail("a" * 65 + "@reader.example"), EVERYTHING, Phase.RCPT, "5.1.3"),
        (a_mail("a@" + "b" * 250 + ".example"), EVERYTHING, Phase.RCPT, "5.1.3"),
        (a_mail("no-at-sign"), EVERYTHING, Phase.RCPT, "5.1.3"),
        (a_mail("two@at@reader.example"), EVERYTHING, Phase.RCPT, "5.1.3"),
        (a_mail("a b@reader.example"), EVERYTHING, Phase.RCPT, "5.1.3"),
        (a_mail("a@reader.example>\r\nRCPT TO:<b@reader.example"), EVERYTHING, Phase.RCPT, "5.1.3"),
        (a_mail("a@reader.example\r\nDATA"), EVERYTHING, Phase.RCPT, "5.1.3"),
        (a_mail("a\x00@reader.example"), EVERYTHING, Phase.RCPT, "5.1.3"),
        (a_mail(""), EVERYTHING, Phase.RCPT, "5.1.3"),
        (a_mail(sender="a\r\n@clinic.example"), EVERYTHING, Phase.MAIL, "5.1.7"),
    ],
)
def test_what_a_relay_can_never_take_is_found_out_before_anything_is_said(mail, abilities, phase, enhanced):
    with pytest.raises(Unsendable) as problem:
        commands(mail, abilities)

    assert (problem.value.phase, problem.value.enhanced) == (phase, enhanced)


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_address_ever_smuggles_a_second_command(sender, recipient):
    try:
        said = commands(a_mail(recipient, sender=sender), EVERYTHING)
    except Unsendable:
        return
    assert [words.count(b"\n") for words in said] == [1, 1]
    assert [words.count(b"\r") for words in said] == [1, 1]


def test_a_quoted_name_may_hold_a_space():
    assert commands(a_mail('"a b"@reader.example'), NOTHING)[1] == b'RCPT TO:<"a b"@reader.example>\r\n'


@given(st.lists(st.sampled_from([b".", b"..", b"", b"a.", b".a", b"\r"]), max_size=8))
def test_a_body_reads_the_same_on_the_other_side_whatever_its_dots(lines):
    content = b"\r\n".join(lines)

    crossed = transparent(content)

    assert b"\r\n.\r\n" not in b"\r\n" + crossed
    undone = b"\r\n".join(line.removeprefix(b".") for line in crossed.split(b"\r\n"))
    assert undone.removesuffix(b"\r\n") == content.removesuffix(b"\r\n")
    assert crossed.endswith(b"\r\n")


def test_bare_line_feeds_cannot_end_a_body_early():
    assert transparent(b"a\n.\r\nMAIL FROM:<x@y.example>\r\n") == b"a\n..\r\nMAIL FROM:<x@y.example>\r\n"


def test_what_a_relay_announces_is_read():
    lines = [b"relay.example", b"PIPELINING", b"SIZE 35882577", b"8BITMIME", b"SMTPUTF8", b"AUTH PLAIN LOGIN", b""]

    assert Abilities.announced(lines) == Abilities(
        pipelining=True, size=35882577, eight_bit=True, utf8=True, auth=frozenset({"PLAIN", "LOGIN"})
    )


def test_a_word_in_the_relays_name_announces_nothing():
    assert Abilities.announced([b"PIPELINING STARTTLS", b"size", b"x-other"]) == Abilities()
