"""The provider lane: django-anymail's test backend, a loopback stand-in for one provider, Django's own backends."""

import socket
from datetime import UTC, datetime

import pytest
from anymail.exceptions import AnymailAPIError
from anymail.message import AnymailRecipientStatus
from anymail.signals import post_send, pre_send
from django.core import mail as django_mail

from newsletter.deliveries.breaker import LONGEST_PEACE
from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.record import Record, Subject
from newsletter.deliveries.transport.answers import Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.deliveries.transport.provider import ProviderTransport, open_lane
from newsletter.deliveries.transport.smtp import Backend
from tests.fakes.provider_api import ProviderApi, drop, hang, json, raw
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport import letters
from tests.newsletter.deliveries.transport.test_message import UNSUBSCRIBE, a_mail
from tests.newsletter.deliveries.transport.world import ListJournal, accepted_keys, mail, mails

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
POSTMARK = "anymail.backends.postmark.EmailBackend"
INACTIVE = {
    "ErrorCode": 406,
    "Message": "You tried to send to a recipient that has been marked as inactive.\n"
    " Found inactive addresses: ann@reader.example.\n Inactive recipients are ones that have generated a hard bounce"
    " or a spam complaint. ",
}
INVALID = {"ErrorCode": 300, "Message": "Invalid 'To' address: 'ann@reader.example'."}


@pytest.fixture
def api():
    with ProviderApi() as running:
        yield running


def a_lane(settings, backend, **options):
    settings.MAILERS = {"marketing": {"BACKEND": backend, "OPTIONS": options}}
    return open_lane("marketing")


@pytest.fixture
def postmark(settings, api):
    lane = a_lane(settings, POSTMARK, server_token="token", api_url=api.url, timeout=1)
    yield lane
    lane.close()


def submit(lane, batch):
    journal = ListJournal()
    answers = {answer.key: answer for answer in lane.submit(batch, journal=journal)}
    return answers, journal


def submit_one(lane):
    answers, journal = submit(lane, [a_mail()])
    return answers[7], journal


def test_a_lane_of_ours_is_used_as_it_is(settings):
    lane = a_lane(settings, "newsletter.deliveries.transport.smtp.Backend", host="127.0.0.1")

    assert isinstance(lane, Backend)


def test_anymails_test_backend_gets_everything(settings):
    lane = a_lane(settings, "anymail.backends.test.EmailBackend")
    django_mail.outbox = []

    answer, journal = submit_one(lane)

    (sent,) = django_mail.outbox
    parameters = vars(sent)["anymail_test_params"]
    assert isinstance(lane, ProviderTransport)
    assert (answer.phase, answer.accepted, classify(answer)) == (Phase.REQUEST, True, Verdict.SUBMITTED)
    assert parameters["metadata"] == {"delivery": "7"}
    assert parameters["extra_headers"]["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert parameters["text_body"].strip() == "Grüezi"
    assert parameters["html_body"].strip() == "<p>Grüezi</p>"
    assert [attachment.name for attachment in parameters["attachments"]] == ["call.ics"]
    assert journal.lines == [("B", 7), ("A", 7, 250)]


def test_a_providers_request_carries_the_unsubscribe_link_literally(postmark, api):
    submit_one(postmark)

    (request,) = api.requests
    headers = {header["Name"]: header["Value"] for header in request["Headers"]}
    assert headers["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


PROVIDER_ERRS = {
    "unreadable json in a yes": (raw(200, b"<html>"), None, Verdict.UNCERTAIN),
    "a yes without what makes it one": (json(200, {"ErrorCode": 0}), None, Verdict.UNCERTAIN),
    "an address in the yes that cannot be read": (
        json(200, {"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": "a@b@c"}),
        None,
        Verdict.UNCERTAIN,
    ),
    "inactive recipient": (json(422, INACTIVE), False, Verdict.REFUSED_RECIPIENT),
    "invalid recipient": (json(422, INVALID), False, Verdict.REFUSED_RECIPIENT),
    "other refusal": (
        json(422, {"ErrorCode": 400, "Message": "Sender Signature not found"}),
        False,
        Verdict.REFUSED_POLICY,
    ),
    "400": (raw(400, b"{}"), False, Verdict.REFUSED_POLICY),
    "401": (json(401, {"ErrorCode": 10, "Message": "Bad token"}), False, Verdict.REFUSED_POLICY),
    "402": (raw(402, b""), False, Verdict.REFUSED_POLICY),
    "403": (raw(403, b""), False, Verdict.REFUSED_POLICY),
    "413": (raw(413, b""), False, Verdict.REFUSED_POLICY),
    "408": (raw(408, b""), False, Verdict.RETRY),
    "429": (raw(429, b"", Retry_After="7"), False, Verdict.RELAY_DOWN),
    "503 that says until when": (raw(503, b"maintenance", Retry_After="120"), False, Verdict.RETRY),
    "503 in the provider's words": (json(503, {"ErrorCode": 100, "Message": "Maintenance"}), False, Verdict.RETRY),
    "503 in Resend's words": (json(503, {"statusCode": 503, "name": "unavailable"}), False, Verdict.RETRY),
    "503 with a list of errors": (json(503, {"errors": [{"message": "busy"}]}), False, Verdict.RETRY),
    "503 of a proxy": (raw(503, b"<html>no healthy upstream</html>"), None, Verdict.UNCERTAIN),
    "503 of a gateway": (json(503, {"message": "Service Unavailable"}), None, Verdict.UNCERTAIN),
    "503 that is no object": (json(503, ["busy"]), None, Verdict.UNCERTAIN),
    "503 without a word": (raw(503, b""), None, Verdict.UNCERTAIN),
    "500": (json(500, {"ErrorCode": 1, "Message": "oops"}), None, Verdict.UNCERTAIN),
    "502": (raw(502, b"bad gateway"), None, Verdict.UNCERTAIN),
    "504": (raw(504, b""), None, Verdict.UNCERTAIN),
    "drop": (drop, None, Verdict.UNCERTAIN),
    "hang": (hang, None, Verdict.UNCERTAIN),
}


@pytest.mark.parametrize("case", PROVIDER_ERRS)
def test_one_mail_to_an_erring_provider(postmark, api, case):
    plan, accepted, verdict = PROVIDER_ERRS[case]
    api.will(plan)

    answer, journal = submit_one(postmark)

    assert (answer.phase, answer.accepted) == (Phase.REQUEST, accepted)
    assert classify(answer) is verdict
    assert journal.begun == [7]
    assert (7 in journal.answers) is (accepted is not None)
    assert len(api.requests) == 1


def test_it_says_how_many_mails_it_can_have_under_way(postmark, settings):
    plain = a_lane(settings, "django.core.mail.backends.locmem.EmailBackend")

    assert (postmark.width, plain.width) == (4 * 50, 1)
    plain.close()


TRANSACTIONAL = {
    "401": (json(401, {"ErrorCode": 10, "Message": "Bad token"}), Verdict.RELAY_DOWN),
    "403": (raw(403, b""), Verdict.RELAY_DOWN),
    "402": (raw(402, b""), Verdict.REFUSED_POLICY),
    "400": (raw(400, b"{}"), Verdict.REFUSED_POLICY),
    "invalid recipient": (json(422, INVALID), Verdict.REFUSED_RECIPIENT),
    "500": (raw(500, b""), Verdict.UNCERTAIN),
}


@pytest.mark.parametrize("case", TRANSACTIONAL)
def test_a_refused_key_keeps_mail_that_somebody_waits_for(settings, api, case):
    plan, verdict = TRANSACTIONAL[case]
    backend = {"BACKEND": POSTMARK, "OPTIONS": {"server_token": "old", "api_url": api.url, "timeout": 1}}
    settings.MAILERS = {"transactional": backend}
    lane = open_lane("transactional")
    api.will(plan)

    answer, _ = submit_one(lane)
    lane.close()

    assert classify(answer) is verdict


def test_a_refused_key_ends_mail_where_one_mailer_serves_both_lanes(settings, api):
    settings.LANES = {"transactional": LaneOptions("marketing"), "marketing": LaneOptions("marketing")}
    lane = a_lane(settings, POSTMARK, server_token="old", api_url=api.url, timeout=1)
    api.will(raw(401, b""))

    answer, _ = submit_one(lane)
    lane.close()

    assert classify(answer) is Verdict.REFUSED_POLICY


@pytest.mark.parametrize(("code", "body", "seconds"), [(429, b"", 7.0), (503, b"later", 7.0)])
def test_how_long_the_provider_wants_to_be_left_alone_is_known(postmark, api, code, body, seconds):
    api.will(raw(code, body, Retry_After="7"))

    assert submit_one(postmark)[0].retry_after == seconds


@pytest.mark.parametrize("said", ["86400", "1790000000", "1" + "0" * 15, "9" * 400], ids=len)
@pytest.mark.parametrize("code", [429, 503])
def test_a_mail_is_left_alone_no_longer_than_its_relay(postmark, api, code, said):
    """A day, the seconds of an epoch, more than any clock has, more than a number holds."""
    api.will(raw(code, b"later", Retry_After=said))

    answer, _ = submit_one(postmark)

    assert answer.retry_after == LONGEST_PEACE.total_seconds()
    kept = Record()
    kept.note(answer, Subject(7, None, 0, None), at=NOW)
    assert [due for _, due, _, _ in kept.laters] == [NOW + LONGEST_PEACE]


@pytest.mark.parametrize("said", ["Sun, 22 Nov 2026 10:00:00 GMT", "-5", "1e15", "inf", "nan", "7, 7", "soon", ""])
def test_what_is_no_number_of_seconds_in_retry_after_is_as_if_not_said(postmark, api, said):
    api.will(raw(429, b"", Retry_After=said))

    assert submit_one(postmark)[0].retry_after is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:{closed}/", "http://provider.invalid/", "https://127.0.0.1:{open}/"])
def test_what_never_reached_the_provider_is_not_sent(settings, api, url):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed = gone.getsockname()[1]
    url = url.format(closed=closed, open=api.server.server_port)
    lane = a_lane(settings, POSTMARK, server_token="token", api_url=url, timeout=3)

    answer, _ = submit_one(lane)
    lane.close()

    assert (answer.phase, answer.accepted) == (Phase.CONNECT, False)
    assert classify(answer) is Verdict.RELAY_DOWN
    assert api.requests == []


def test_a_rejection_inside_a_yes_is_not_held_against_the_recipient(settings):
    """Providers also "reject" for a sender who is not verified; that must not suppress an audience."""
    lane = a_lane(settings, "anymail.backends.test.EmailBackend")

    def reject(sender, message, **_):
        status = AnymailRecipientStatus(message_id=None, status="rejected")
        message.anymail_test_response = {"recipient_status": {"ann@reader.example": status}}

    pre_send.connect(reject)
    try:
        answer, _ = submit_one(lane)
    finally:
        pre_send.disconnect(reject)

    assert (answer.accepted, classify(answer)) == (False, Verdict.REFUSED_POLICY)


def test_a_listener_that_fails_does_not_undo_an_acceptance(settings, caplog):
    lane = a_lane(settings, "anymail.backends.test.EmailBackend")

    def fail(sender, **_):
        raise RuntimeError("our own mistake")

    post_send.connect(fail)
    try:
        answer, journal = submit_one(lane)
    finally:
        post_send.disconnect(fail)

    assert (answer.accepted, journal.answers) == (True, {7: 250})
    assert "a receiver of post_send failed" in caplog.text


def test_an_error_that_nobody_knows_is_uncertain(settings, caplog):
    lane = a_lane(settings, "anymail.backends.test.EmailBackend")

    def fail(sender, message, **_):
        message.anymail_test_response = AnymailAPIError("something else")

    pre_send.connect(fail)
    try:
        answer, journal = submit_one(lane)
    finally:
        pre_send.disconnect(fail)

    assert (answer.accepted, answer.error, journal.answers) == (None, "AnymailAPIError", {})
    assert "failed in an unknown way" in caplog.text


def test_what_the_provider_cannot_express_is_refused_before_it_leaves(settings, api):
    lane = a_lane(settings, POSTMARK, server_token="token", api_url=api.url)
    two_bodies = b"To: a@reader.example\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n" + b"".join(
        b"--m\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n" for _ in range(2)
    )

    answers, _ = submit(lane, [mail(1, "a@reader.example", two_bodies + b"--m--\r\n")])
    lane.close()

    assert (answers[1].accepted, answers[1].error) == (False, "AnymailUnsupportedFeature")
    assert classify(answers[1]) is Verdict.REFUSED_POLICY
    assert api.requests == []


@pytest.mark.parametrize("backend", [POSTMARK, "django.core.mail.backends.locmem.EmailBackend"])
def test_a_mail_that_nobody_can_read_is_refused_and_its_neighbours_leave(settings, api, backend):
    options = {"server_token": "token", "api_url": api.url} if backend == POSTMARK else {}
    lane = a_lane(settings, backend, **options)
    unreadable = b"To: a@reader.example\r\nContent-Type: text/plain; charset=no-such\r\n\r\nHello\r\n"

    answers, journal = submit(lane, [letters.mail(1), mail(2, "a@reader.example", unreadable), letters.mail(3)])
    lane.close()

    assert {key: classify(answer) for key, answer in answers.items()} == {
        1: Verdict.SUBMITTED,
        2: Verdict.REFUSED_POLICY,
        3: Verdict.SUBMITTED,
    }
    assert journal.answers == {1: 250, 2: 550, 3: 250}


DJANGOS_SMTP_ERRS = [
    ({"at": "banner", "reply": "421 4.3.2 closing"}, Phase.GREETING, False, Verdict.RELAY_DOWN),
    ({"at": "mail", "reply": "550 5.7.1 not you"}, Phase.MAIL, False, Verdict.REFUSED_POLICY),
    ({"at": "rcpt", "reply": "550 5.1.1 nobody"}, Phase.RCPT, False, Verdict.REFUSED_RECIPIENT),
    ({"at": "rcpt", "reply": "450 4.2.0 later"}, Phase.RCPT, False, Verdict.RETRY),
    ({"at": "dot", "reply": "451 4.7.0 later"}, Phase.DOT, False, Verdict.RETRY),
    ({"at": "dot", "reply": "554 5.7.1 spam"}, Phase.DOT, False, Verdict.REFUSED_POLICY),
    ({"at": "rcpt", "do": "drop"}, Phase.REQUEST, None, Verdict.UNCERTAIN),
    ({"at": "dot", "do": "accept_drop"}, Phase.REQUEST, None, Verdict.UNCERTAIN),
]


@pytest.mark.parametrize(("fault", "phase", "accepted", "verdict"), DJANGOS_SMTP_ERRS, ids=str)
def test_djangos_own_smtp_backend_is_a_lane_that_knows_less(settings, fault, phase, accepted, verdict):
    with SmtpSink({"faults": [fault | {"times": 1}]}) as sink:
        options = {"host": "127.0.0.1", "port": sink.port, "timeout": 2}
        lane = a_lane(settings, "django.core.mail.backends.smtp.EmailBackend", **options)
        answers, _ = submit(lane, [mail(1)])
        assert (answers[1].phase, answers[1].accepted, classify(answers[1])) == (phase, accepted, verdict)

        answers, _ = submit(lane, [mail(2), mail(3)])
        lane.close()
        assert [answer.accepted for answer in answers.values()] == [True, True]
        assert [key for key in accepted_keys(sink) if key > 1] == [2, 3]


def test_djangos_memory_backend_is_a_lane(settings):
    lane = a_lane(settings, "django.core.mail.backends.locmem.EmailBackend")
    django_mail.outbox = []

    answers, _ = submit(lane, mails(2))

    assert [answer.accepted for answer in answers.values()] == [True, True]
    assert [message.to for message in django_mail.outbox] == [["lead1@reader.example"], ["lead2@reader.example"]]
