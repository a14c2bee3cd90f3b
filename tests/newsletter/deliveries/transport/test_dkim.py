"""Signed mail is believed by dkimpy, which shares nothing with the signer, and a changed byte is not."""

import base64
import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_curve_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.mail import EmailMultiAlternatives, mailers

from config import checks
from newsletter.deliveries.transport.dkim import Signing
from newsletter.deliveries.transport.envelope import transparent
from newsletter.deliveries.transport.signing import KeyUnusable
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport import letters
from tests.newsletter.deliveries.transport.world import IMPATIENT, ListJournal, mail

DOMAIN = "clinic.example"
HEAD = (
    b"From: =?utf-8?b?UHJheGlz?= <hello@clinic.example>\r\n"
    b"To: Ann <ann@reader.example>\r\n"
    b"Subject: A quiet\r\n hour\r\n"
    b"Date: Tue, 5 Jan 2027 15:00:00 +0000\r\n"
    b"Message-ID: <1@clinic.example>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"List-Id: <news.clinic.example>\r\n"
    b"Feedback-ID: 7:campaign:clinic\r\n"
    b"List-Unsubscribe: <https://clinic.example/u/abc>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
)
ONE = HEAD + b"\r\nHello Ann\r\n"


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


RSA, ED25519 = generate_private_key(65537, 2048), Ed25519PrivateKey.generate()
RSA_RECORD = base64.b64encode(RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
RECORDS = {
    b"m1": b"v=DKIM1; k=rsa; p=" + RSA_RECORD,
    b"e1": b"v=DKIM1; k=ed25519; p=" + base64.b64encode(ED25519.public_key().public_bytes_raw()),
}
KEYS = [{"selector": "m1", "key": pem(RSA)}, {"selector": "e1", "key": pem(ED25519)}]
SAID = {DOMAIN: KEYS}
BOTH = [True, True]


def published(name, timeout=5):
    """What the DNS says under this name: both keys, for every domain that is asked about."""
    return RECORDS[name.partition(b"._domainkey.")[0]]


def verify(content):
    """Whether each signature is believed, the topmost first."""
    found = dkim.DKIM(content)
    count = sum(1 for name, _ in found.headers if name.lower() == b"dkim-signature")
    return [is_believed(found, number) for number in range(count)]


def is_believed(found, number):
    try:
        return found.verify(number, dnsfunc=published)
    except dkim.ValidationError:
        return False


@pytest.fixture(scope="module")
def signing():
    return Signing(SAID)


def attached():
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = "a@clinic.example", "b@reader.example", "Größe · 頭痛"
    message.set_content("Grüße aus der Praxis\n")
    message.add_alternative("<p>Grüße</p>", subtype="html")
    message.add_attachment(b"\x00\xff.\r\n." * 900, maintype="application", subtype="octet-stream", filename="plan.bin")
    return message.as_bytes()


HOSTILE = {
    "as usual": ONE,
    "an empty body": HEAD + b"\r\n",
    "nothing behind the headers": HEAD.removesuffix(b"\r\n"),
    "empty lines at the end": ONE + b"\r\n" * 70,
    "blank lines at the end": ONE + b" \t\r\n\r\n  \r\n",
    "no line end at the end": ONE.removesuffix(b"\r\n"),
    "a blank at the end and no line end": ONE.removesuffix(b"\r\n") + b" ",
    "only empty lines": HEAD + b"\r\n" + b"\r\n" * 9,
    "runs of blanks": ONE + b"a \t  b\t\tc   \r\n\t\r\n  d\r\n",
    "a long run of blanks": ONE + b" " * 3_000 + b"x\r\n",
    "lines that begin with dots": ONE + b".\r\n..\r\n.dotted\r\n.\r\n",
    "a header over many lines": b"X-Long: a\r\n\tb\r\n   c\r\n" + ONE.replace(b"A quiet", b"A\r\n\t  very\r\n quiet  "),
    "eight-bit letters": ONE + "Grüße, 頭痛\r\n".encode(),
    "eight-bit letters in a header": ONE.replace(b"A quiet", "Größe".encode()),
    "headers twice": b"To: another@reader.example\r\nList-Id: <two>\r\n" + ONE,
    "small and large letters": ONE.replace(b"Subject: ", b"subject:  ").replace(b"To:", b"TO:"),
    "an attachment": attached(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_signed_mail_is_believed(signing, name):
    signed = signing.signed(HOSTILE[name])

    assert verify(transparent(signed, has_dots=False)) == BOTH  # with its last line ended, as it arrives
    assert signed.endswith(HOSTILE[name])
    assert max(len(line) for line in signed.removesuffix(HOSTILE[name]).split(b"\r\n")) <= 100


def test_what_the_verifier_cannot_read_is_believed_as_a_relay_may_write_it_anew(signing):
    """It knows no blanks before a colon, and takes minutes over a very long run of them."""
    content = ONE.replace(b"Subject:", b"Subject \t:").replace(b"To:", b"To :") + b" " * 300_000 + b"x\r\n"
    signed = signing.signed(content)

    anew = re.sub(rb"[ \t]+", b" ", signed.replace(b"Subject \t:", b"Subject:").replace(b"To :", b"To:"))

    assert signed.endswith(content)
    assert verify(anew) == BOTH
    assert verify(anew.replace(b" x\r\n", b"x\r\n")) == [False, False]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Hello Ann", b"Hello Bob"),
        (b"Hello Ann", b"HelloAnn"),
        (b"To: Ann", b"To: Bob"),
        (b"15:00:00", b"15:00:01"),
        (b"<1@clinic", b"<2@clinic"),
        (b"/u/abc", b"/u/abd"),
        (b"=One-Click", b"=Two-Click"),
        (b"7:campaign", b"8:campaign"),
        (b"<news.", b"<olds."),
        (b"MIME-Version: 1.0", b"MIME-Version: 2.0"),
        (b"text/plain", b"text/html"),
        (b"Subject: A quiet", b"Subject: A loud"),
        (b"hello@clinic", b"hallo@clinic"),
    ],
)
def test_a_changed_byte_is_not_believed(signing, old, new):
    assert verify(signing.signed(ONE).replace(old, new)) == [False, False]


@pytest.mark.parametrize(
    "added",
    [b"From: evil@example.org", b"Subject: Buy", b"List-Unsubscribe: <https://evil.example>", b"Reply-To: e@e.example"],
)
def test_a_header_that_must_not_be_added_is_not_believed(signing, added):
    assert verify(signing.signed(ONE).replace(b"Feedback-ID:", added + b"\r\nFeedback-ID:")) == [False, False]


def test_what_relays_may_do_on_the_way_is_believed(signing):
    signed = signing.signed(ONE + b"a  b\r\n")
    relayed = b"Received: from us\r\n" + signed.replace(b"Subject: A quiet\r\n hour", b"subject: A  quiet hour")

    assert verify(relayed.replace(b"a  b\r\n", b"a b \r\n\r\n\r\n")) == BOTH


def test_every_header_that_matters_is_covered_and_those_that_may_not_be_added_once_more(signing):
    value = message_from_bytes(signing.signed(ONE))["DKIM-Signature"]
    names = re.search(r";h=([^;]+)", re.sub(r"\s", "", value))[1].split(":")

    twice = {"from", "to", "subject", "date", "message-id", "mime-version", "content-type"}
    twice |= {"list-unsubscribe", "list-unsubscribe-post"}
    assert {name for name in names if names.count(name) == 2} == twice
    assert {name for name in names if names.count(name) == 1} == {"cc", "reply-to", "list-id", "feedback-id"}


@pytest.mark.parametrize(
    ("sender", "count"),
    [
        (b"hello@clinic.example", 2),
        (b"Praxis <hello@News.Clinic.Example>", 2),
        (b"hello@notclinic.example", 0),
        (b"hello@example", 0),
        (b"nobody", 0),
    ],
)
def test_the_key_is_the_sending_domains_or_the_nearest_above(signing, sender, count):
    content = b"From: " + sender + b"\r\nTo: a@b.example\r\n\r\nHello\r\n"

    assert verify(signing.signed(content)) == [True] * count
    assert (signing.signed(content) == content) is (count == 0)


@pytest.fixture
def sink(settings):
    settings.DKIM = SAID
    with SmtpSink() as running:
        options = {"host": "127.0.0.1", "port": running.port, "connections": 1, **IMPATIENT}
        settings.MAILERS = {
            "marketing": {"BACKEND": "newsletter.deliveries.transport.smtp.Backend", "OPTIONS": options}
        }
        yield running


def test_what_arrives_over_smtp_is_believed_dots_and_all(sink):
    lane = mailers["marketing"]
    batch = [mail(key, content=content) for key, content in enumerate(HOSTILE.values(), start=1)]
    answers = list(lane.submit(batch, journal=ListJournal()))
    lane.close()

    assert [answer.accepted for answer in answers] == [True] * len(HOSTILE)
    assert [verify(content) for content in sink.contents] == [BOTH] * len(HOSTILE)


def test_a_letter_is_believed_as_it_arrives_with_both_of_its_ways_to_leave(sink, settings):
    letter = letters.mail(7, "Zoë")
    settings.DKIM = {letter.sender.rpartition("@")[2]: KEYS}
    lane = mailers["marketing"]
    list(lane.submit([letter], journal=ListJournal()))
    lane.close()

    (arrived,) = sink.contents
    assert arrived.endswith(letter.content)
    assert verify(arrived) == BOTH
    assert verify(arrived.replace(b"\r\nList-Unsubscribe: <", b"\r\nList-Unsubscribe: <evil.")) == [False, False]
    assert verify(arrived.replace(b"=One-Click", b"=Two-Click")) == [False, False]


def test_what_django_mails_is_signed_too(sink):
    message = EmailMultiAlternatives("Größe", "Grüße\n.dot\n", f"Praxis <a@{DOMAIN}>", ["b@reader.example"])
    message.attach_alternative("<p>Grüße</p>", "text/html")
    mailers["marketing"].send_messages([message])

    assert [verify(content) for content in sink.contents] == [BOTH]


def test_without_a_key_nothing_is_touched(sink, settings):
    settings.DKIM = {}
    lane = mailers["marketing"]
    list(lane.submit([mail(1)], journal=ListJournal()))
    lane.close()

    assert sink.contents == [mail(1).content]


def test_a_key_may_lie_in_a_file(tmp_path):
    (tmp_path / "key.pem").write_text(pem(RSA))
    signing = Signing({DOMAIN: {"selector": "m1", "file": str(tmp_path / "key.pem")}})

    assert verify(signing.signed(ONE)) == [True]


UNUSABLE = {
    "no file": ({"selector": "m1", "file": "/nowhere/key.pem"}, "cannot be read: FileNotFoundError"),
    "no key": ({"selector": "m1", "key": "secret"}, "cannot be read: ValueError"),
    "neither RSA nor Ed25519": (
        {"selector": "m1", "key": pem(generate_curve_key(SECP256R1()))},
        "neither RSA nor Ed25519",
    ),
    "no selector": ({"key": pem(ED25519)}, "needs"),
    "a selector with a line end": ({"selector": "m1\r\nX: y", "key": pem(ED25519)}, "cannot|not a name"),
    "both": ({"selector": "m1", "key": pem(ED25519), "file": "/key"}, "needs"),
    "a word": ("secret", "needs"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_key_that_cannot_be_used_is_said(name, settings):
    said, words = UNUSABLE[name]
    settings.DKIM = {DOMAIN: said}

    with pytest.raises(KeyUnusable, match=words) as problem:
        Signing(settings.DKIM)
    assert "secret" not in str(problem.value)
    assert [found.id for found in checks.signing_keys_can_be_used()] == ["meridian.E008"]


def short_key():
    """An RSA key of 648 bits, of two Mersenne primes; the library makes none so short."""
    p, q, e = 2**521 - 1, 2**127 - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), RSAPublicNumbers(e, p * q))
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def test_a_key_under_1024_bits_is_refused(settings):
    settings.DKIM = {DOMAIN: {"selector": "m1", "key": pem(short_key())}}

    (found,) = checks.signing_keys_can_be_used()

    assert found.msg == "DKIM: the key of clinic.example has 648 bits; 1024 are the least."


def test_keys_that_can_be_used_are_fine(settings):
    settings.DKIM = SAID

    assert checks.signing_keys_can_be_used() == []
