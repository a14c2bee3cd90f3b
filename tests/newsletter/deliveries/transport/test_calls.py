"""Calls of many mails: a list of messages (Postmark, Resend), a merge batch (Mailgun), one at a time (Brevo)."""

from email import message_from_bytes, policy
from itertools import count

import pytest

from newsletter.deliveries.settling import calls
from newsletter.deliveries.transport import clerk, memory
from newsletter.deliveries.transport.answers import Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.deliveries.transport.provider import open_lane
from tests.fakes.provider_api import ProviderApi, drop, hang, json, raw, success, taking
from tests.newsletter.deliveries.transport import letters
from tests.newsletter.deliveries.transport.world import ListJournal

KEYS = {"postmark": "server_token", "resend": "api_key", "mailgun": "api_key", "brevo": "api_key"}
OK = {"ErrorCode": 0, "Message": "OK", "MessageID": "a", "To": "lead1@reader.example"}
INVALID = {"ErrorCode": 300, "Message": "Invalid 'To' address: 'lead2@reader.example'."}
INACTIVE = {
    "ErrorCode": 406,
    "Message": "You tried to send to a recipient that has been marked as inactive.\n"
    " Found inactive addresses: lead2@reader.example.\n Inactive recipients are ones that have generated a hard bounce",
}
UNSIGNED = {"ErrorCode": 400, "Message": "Sender Signature not found"}
BAD_TO = (raw(400, b'{"message": "to parameter is not a valid address. please check documentation"}'),)


@pytest.fixture
def api():
    with ProviderApi() as running:
        yield running


@pytest.fixture
def lane(settings, api):
    """A lane through the provider of this name."""
    opened = []

    def at(name, **options):
        backend = f"anymail.backends.{name}.EmailBackend"
        options = {KEYS[name]: "token", "api_url": api.url, "timeout": 1.0, **options}
        settings.MAILERS = {"marketing": {"BACKEND": backend, "OPTIONS": options}}
        opened.append(open_lane("marketing"))
        return opened[-1]

    yield at
    for one in opened:
        one.close()


def submit(through, mails):
    """The answers by delivery, and the journal; no mail is answered twice."""
    journal = ListJournal()
    answers = list(through.submit(iter(mails), journal=journal))
    assert len({answer.key for answer in answers}) == len(answers)
    return {answer.key: answer for answer in answers}, journal


def verdicts(answers):
    return [classify(answers[key]).value for key in sorted(answers)]


def seen(mail):
    """What the recipient of the finished bytes would have."""
    parsed = message_from_bytes(mail.content, policy=policy.default)
    text, html = (parsed.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))
    return str(mail.key), parsed["To"], parsed["Subject"], text, html, parsed["Message-ID"], parsed["List-Unsubscribe"]


def shown(taken):
    headers = {name.lower(): value for name, value in taken.headers.items()}
    text, html = (part.replace("\r\n", "\n") for part in (taken.text, taken.html))
    return taken.delivery, taken.to, taken.subject, text, html, headers["message-id"], headers["list-unsubscribe"]


@pytest.mark.parametrize("name", KEYS)
def test_every_recipient_gets_what_the_finished_mail_says(lane, api, name):
    mails = [letters.mail(key, who) for key, who in zip(count(1), ["Zoë", "", 'A "b" & <c>', "50 %"], strict=False)]

    answers, journal = submit(lane(name), mails)

    assert verdicts(answers) == ["submitted"] * 4
    assert sorted(shown(mail) for mail in api.mails) == sorted(seen(mail) for mail in mails)
    assert journal.answers == {1: 250, 2: 250, 3: 250, 4: 250}


@pytest.mark.parametrize(("name", "sizes"), [("postmark", [50, 50, 20]), ("resend", [100, 20]), ("mailgun", [100, 20])])
def test_so_many_share_a_call_as_the_table_says(lane, api, name, sizes):
    answers, _ = submit(lane(name), letters.mails(120))

    found = [len(request["to"] if isinstance(request, dict) else request) for request in api.requests]
    assert sorted(found, reverse=True) == sizes
    assert verdicts(answers) == ["submitted"] * 120


def test_several_calls_are_under_way_at_a_time(lane, api):
    api.latency = 0.1

    submit(lane("postmark"), letters.mails(200))

    assert api.connections == 4


def test_what_is_halted_while_a_provider_thinks_begins_no_further_call(lane, api):
    api.latency = 1.2
    through = lane("postmark", timeout=10)

    answers = list(through.submit(letters.mails(400), journal=ListJournal(), look=through.halt))

    assert len(answers) == len(api.mails) == 200


def test_every_mail_is_noted_before_its_call_leaves(lane, api):
    journal = ListJournal()
    begun = []

    def look(handler):
        begun.append(list(journal.begun))
        success(handler)

    api.will(look)
    list(lane("postmark").submit(iter(letters.mails(3)), journal=journal))

    assert begun == [[1, 2, 3]]


PARTS = {
    "invalid address": (INVALID, Verdict.REFUSED_RECIPIENT),
    "inactive address": (INACTIVE, Verdict.REFUSED_RECIPIENT),
    "our fault": (UNSIGNED, Verdict.REFUSED_POLICY),
    "no part": (None, Verdict.UNCERTAIN),
    "part without an id": ({"ErrorCode": 0, "Message": "OK"}, Verdict.UNCERTAIN),
    "part without words": ({"ErrorCode": 300}, Verdict.REFUSED_POLICY),
}


@pytest.mark.parametrize("case", PARTS)
def test_one_refusal_in_a_list_concerns_one_mail(lane, api, case):
    part, verdict = PARTS[case]
    api.will(json(200, [OK, part, OK]))

    answers, journal = submit(lane("postmark"), letters.mails(3))

    assert verdicts(answers) == ["submitted", verdict.value, "submitted"]
    assert (2 in journal.answers) is (verdict is not Verdict.UNCERTAIN)


WHOLE = {
    "400": (raw(400, b"{}"), "refused_policy"),
    "401": (json(401, {"ErrorCode": 10, "Message": "Bad token"}), "refused_policy"),
    "413": (raw(413, b""), "refused_policy"),
    "408": (raw(408, b""), "retry"),
    "429": (raw(429, b"", Retry_After="7"), "relay_down"),
    "503 that says until when": (raw(503, b"maintenance", Retry_After="120"), "retry"),
    "503 in the provider's words": (json(503, {"ErrorCode": 100, "Message": "Maintenance"}), "retry"),
    "503 of a proxy": (raw(503, b"<html>no healthy upstream</html>"), "uncertain"),
    "503 without a word": (raw(503, b""), "uncertain"),
    "500": (raw(500, b"oops"), "uncertain"),
    "502": (raw(502, b"bad gateway"), "uncertain"),
    "504": (raw(504, b""), "uncertain"),
    "drop": (drop, "uncertain"),
    "taken, then dropped": (taking(drop), "uncertain"),
    "hang": (hang, "uncertain"),
    "unreadable json in a yes": (raw(200, b"<html>"), "uncertain"),
    "a yes to something else": (json(200, {"hello": "world"}), "uncertain"),
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("case", WHOLE)
def test_what_is_said_of_a_whole_call_holds_for_each_mail(lane, api, name, case):
    plan, verdict = WHOLE[case]
    api.will(*[plan] * 8)

    answers, journal = submit(lane(name), letters.mails(2))

    assert verdicts(answers) == [verdict] * 2
    assert {answer.phase for answer in answers.values()} == {Phase.REQUEST}
    assert (set(journal.answers) == {1, 2}) is (verdict != "uncertain")
    assert sorted(set(journal.begun)) == [1, 2]


@pytest.mark.parametrize(("name", "code"), [("resend", 422), ("mailgun", 400)])
def test_a_call_refused_for_one_recipient_is_tried_apart(lane, api, name, code):
    """Both providers refuse all for the sake of one; nobody else may suffer, and nobody get two."""

    def refuse_the_bad(handler):
        is_bad = b"lead5%40" in handler.body or b"lead5@" in handler.body
        (raw(code, b'{"message": "not a valid address"}') if is_bad else success)(handler)

    api.will(*[refuse_the_bad] * 20)
    answers, journal = submit(lane(name), letters.mails(8))

    assert verdicts(answers) == ["submitted"] * 4 + ["refused_policy"] + ["submitted"] * 3
    assert sorted(int(mail.delivery) for mail in api.mails) == [1, 2, 3, 4, 6, 7, 8]
    assert journal.answers == dict.fromkeys([1, 2, 3, 4, 6, 7, 8], 250) | {5: 550}
    assert journal.lines.count(("A", 1, 550)) == 0


def test_a_provider_that_refuses_everything_is_not_asked_for_ever(lane, api):
    api.will(*[raw(400, b'{"message": "no"}')] * 200)

    answers, _ = submit(lane("mailgun"), letters.mails(100))

    assert len(api.requests) <= 1 + clerk.MOST_SPLITS
    assert set(verdicts(answers)) <= {"retry", "refused_policy"}
    assert len(answers) == 100


@pytest.mark.parametrize("name", ["postmark", "resend", "mailgun"])
def test_once_the_provider_is_down_the_rest_is_answered_at_once(lane, api, name):
    api.will(*[raw(429, b"", Retry_After="7")] * 4)

    answers, journal = submit(lane(name), letters.mails(1000))

    assert verdicts(answers) == ["relay_down"] * 1000
    assert len(api.requests) <= 4
    assert len(journal.begun) <= 400
    assert {answer.retry_after for answer in answers.values()} == {7.0}


def test_nobody_is_begun_when_there_is_no_connection(lane):
    answers, journal = submit(lane("postmark", api_url="http://127.0.0.1:9/"), letters.mails(3))

    assert verdicts(answers) == ["relay_down"] * 3
    assert {answer.phase for answer in answers.values()} == {Phase.CONNECT}
    assert set(journal.answers.values()) == {451}


def test_two_mails_to_one_address_never_share_a_merge_batch(lane, api):
    twice = [letters.mail(1, address="ann@reader.example"), letters.mail(2, "Bo", address="ann@reader.example")]

    answers, _ = submit(lane("mailgun"), twice)

    assert verdicts(answers) == ["submitted"] * 2
    assert [len(request["to"]) for request in api.requests] == [1, 1]
    assert sorted(mail.subject for mail in api.mails) == ["Bo, a quiet hour", "Lead 1, a quiet hour"]


def test_the_same_call_has_the_same_key(lane, api):
    api.will(taking(drop))
    through = lane("resend")

    first, _ = submit(through, letters.mails(2))
    second, _ = submit(through, letters.mails(2))

    assert verdicts(first) == ["uncertain"] * 2
    assert verdicts(second) == ["submitted"] * 2
    assert api.keys[0] == api.keys[1] is not None
    assert len(api.mails) == 2


def test_a_known_key_with_another_answer_is_in_doubt(lane, api):
    api.will(json(409, {"name": "concurrent_idempotent_requests"}))

    answers, journal = submit(lane("resend"), letters.mails(2))

    assert verdicts(answers) == ["uncertain"] * 2
    assert journal.answers == {}


def test_the_mails_under_way_are_answered_before_the_error_of_the_next(lane, api):
    def broken():
        yield from letters.mails(60)
        raise RuntimeError("no more")

    answers = []
    with pytest.raises(RuntimeError, match="no more"):
        answers.extend(answer.key for answer in lane("postmark").submit(broken(), journal=ListJournal()))

    assert sorted(answers) == sorted(int(mail.delivery) for mail in api.mails) == list(range(1, 61))


def test_closed_early_the_calls_under_way_still_end_in_the_journal(lane, api):
    api.latency = 0.05
    journal = ListJournal()

    answers = lane("postmark").submit(iter(letters.mails(1000)), journal=journal)
    next(answers)
    answers.close()

    assert sorted(journal.answers) == sorted(journal.begun) == sorted(int(mail.delivery) for mail in api.mails)
    assert len(api.mails) <= 400


@pytest.fixture
def clock(monkeypatch):
    """The machine's clock, which a test moves on."""
    now = [1000.0]
    monkeypatch.setattr(clerk.time, "clock_gettime", lambda _: now[0])
    return now


class Sleeper(memory.NoMemory):
    """Remembers a call, and sleeps before it leaves."""

    def __init__(self, clock, seconds):
        self.clock, self.seconds = clock, seconds

    def remember(self, call):
        self.clock[0] += self.seconds
        return 0


@pytest.mark.parametrize("name", ["postmark", "resend"])
@pytest.mark.parametrize("case", [(29, "submitted", 2), (31, "relay_down", 0)])
def test_a_sender_that_slept_before_the_call_left_posts_nothing(lane, api, clock, name, case):
    seconds, verdict, count = case
    memory.register(Sleeper(clock, seconds))
    try:
        answers, journal = submit(lane(name), letters.mails(2))
    finally:
        memory.register(calls.Book())

    assert (verdicts(answers), len(api.mails)) == ([verdict] * 2, count)
    assert set(journal.answers.values()) == {250 if count else 451}


def test_no_part_of_a_refused_call_begins_long_after_its_mails_were_drawn(lane, api, clock):
    def refuse_slowly(handler):
        clock[0] += 12
        raw(400, b'{"message": "no"}')(handler)

    api.will(*[refuse_slowly] * 20)
    answers, journal = submit(lane("mailgun", timeout=5), letters.mails(64))

    assert len(api.requests) <= 6  # three that take the time, and those under way meanwhile
    assert verdicts(answers) == ["relay_down"] * 64
    assert set(journal.answers.values()) == {451}


def test_a_repetition_that_slept_posts_nothing(lane, api, clock):
    api.will(taking(drop))
    through = lane("resend")
    submit(through, letters.mails(2))

    (answer, _) = through.replay(letters.mails(2), key=api.keys[0], drawn_at=clock[0] - 31)

    assert (answer.accepted, answer.error, len(api.requests)) == (False, "NotBegun", 1)
