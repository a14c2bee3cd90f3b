"""Amazon SES as it really is reached, by anymail and boto3, with a stand-in for it on loopback."""

import socket

import pytest

from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.transport.answers import Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.deliveries.transport.provider import open_lane
from tests.fakes.provider_api import ProviderApi, drop, hang, json, raw, taking
from tests.newsletter.deliveries.transport.test_message import UNSUBSCRIBE, a_mail
from tests.newsletter.deliveries.transport.world import ListJournal

SES = "anymail.backends.amazon_ses.EmailBackend"
KEY = {"aws_access_key_id": "key-name", "aws_secret_access_key": "secret"}
BRIEF = {"connect_timeout": 3, "read_timeout": 1}


@pytest.fixture
def api():
    with ProviderApi() as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch, tmp_path):
    """Neither keys nor settings of Amazon's that somebody keeps here."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "BOTO_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def open_ses(settings, api):
    """Opens a lane over SES; `config` is what the clinic's own options say to boto."""
    lanes = []

    def opened(alias="marketing", *, url=api.url, key=KEY, region="eu-west-1", config=BRIEF):
        params = {"endpoint_url": url, "region_name": region, "config": dict(config), **key}
        settings.MAILERS = {alias: {"BACKEND": SES, "OPTIONS": {"client_params": params}}}
        lanes.append(open_lane(alias))
        return lanes[-1]

    yield opened
    for lane in lanes:
        lane.close()


def submit_one(lane):
    journal = ListJournal()
    (answer,) = lane.submit([a_mail()], journal=journal)
    return answer, journal


def says(status, name, words="so it is", **headers):
    return json(status, {"message": words}, x_amzn_ErrorType=name, x_amzn_RequestId="r-1", **headers)


def test_a_mail_is_taken_with_its_links_and_its_number(open_ses, api):
    answer, journal = submit_one(open_ses())

    (taken,) = api.mails
    assert (answer.phase, answer.accepted, answer.text) == (Phase.REQUEST, True, "id-1")
    assert (taken.delivery, taken.to, taken.text.strip()) == ("7", "ann@reader.example", "Grüezi")
    assert taken.headers["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert journal.lines == [("B", 7), ("A", 7, 250)]


SES_ERRS = {
    "too many a second": (says(429, "TooManyRequestsException"), False, Verdict.RELAY_DOWN),
    "too many a day": (says(400, "ThrottlingException", "Daily message quota exceeded"), False, Verdict.RELAY_DOWN),
    "a limit": (says(400, "LimitExceededException"), False, Verdict.RELAY_DOWN),
    "a mail that it does not want": (says(400, "MessageRejected"), False, Verdict.REFUSED_POLICY),
    "a request that it does not want": (says(400, "BadRequestException"), False, Verdict.REFUSED_POLICY),
    "no such configuration": (says(404, "NotFoundException"), False, Verdict.REFUSED_POLICY),
    "a key that may not": (says(403, "AccessDeniedException"), False, Verdict.REFUSED_POLICY),
    "an account that may not": (says(400, "AccountSuspendedException"), False, Verdict.REFUSED_POLICY),
    "a pause": (says(400, "SendingPausedException"), False, Verdict.REFUSED_POLICY),
    "too slow a request": (says(408, "RequestTimeoutException"), False, Verdict.RETRY),
    "a request broken off": (says(400, "RequestAbortedException"), None, Verdict.UNCERTAIN),
    "503 in its own words": (says(503, "ServiceUnavailable"), False, Verdict.RETRY),
    "503 that says until when": (raw(503, b"", Retry_After="120"), False, Verdict.RETRY),
    "503 of a proxy": (raw(503, b"<html>no healthy upstream</html>"), None, Verdict.UNCERTAIN),
    "503 without a word": (raw(503, b""), None, Verdict.UNCERTAIN),
    "500": (says(500, "InternalFailure"), None, Verdict.UNCERTAIN),
    "502": (raw(502, b"<html>bad gateway</html>"), None, Verdict.UNCERTAIN),
    "504": (raw(504, b""), None, Verdict.UNCERTAIN),
    "a yes without what makes it one": (json(200, {}), None, Verdict.UNCERTAIN),
    "a yes that cannot be read": (raw(200, b"<html>"), None, Verdict.UNCERTAIN),
    "taken, and hung up": (taking(drop), None, Verdict.UNCERTAIN),
    "taken, and no answer": (taking(hang), None, Verdict.UNCERTAIN),
    "taken, and 500": (taking(says(500, "InternalFailure")), None, Verdict.UNCERTAIN),
    "taken, and 503 of a proxy": (taking(raw(503, b"")), None, Verdict.UNCERTAIN),
}


@pytest.mark.parametrize("case", SES_ERRS)
def test_one_mail_to_an_erring_amazon_is_one_request(open_ses, api, monkeypatch, case):
    """Also where the machine tells all programs to try Amazon again."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
    plan, accepted, verdict = SES_ERRS[case]
    api.will(plan)

    answer, journal = submit_one(open_ses())

    assert (answer.phase, answer.accepted) == (Phase.REQUEST, accepted)
    assert classify(answer) is verdict
    assert journal.begun == [7]
    assert (7 in journal.answers) is (accepted is not None)
    assert len(api.requests) == 1


def test_its_words_are_kept(open_ses, api):
    api.will(says(400, "MessageRejected", "Email address is not verified."))

    answer, _ = submit_one(open_ses())

    assert answer.code == 400
    assert "MessageRejected" in answer.text
    assert "Email address is not verified." in answer.text


def test_how_long_it_wants_to_be_left_alone_is_known(open_ses, api):
    api.will(says(429, "TooManyRequestsException", Retry_After="7"))

    assert submit_one(open_ses())[0].retry_after == 7


WAITING = {
    "AccessDeniedException": Verdict.RELAY_DOWN,
    "AccountSuspendedException": Verdict.RELAY_DOWN,
    "SendingPausedException": Verdict.RELAY_DOWN,
    "MessageRejected": Verdict.REFUSED_POLICY,
}


@pytest.mark.parametrize("name", WAITING)
def test_an_account_that_may_not_keeps_mail_that_somebody_waits_for(open_ses, api, settings, name):
    settings.LANES = {"transactional": LaneOptions("transactional"), "marketing": LaneOptions("marketing")}
    api.will(says(400, name))

    answer, _ = submit_one(open_ses("transactional"))

    assert classify(answer) is WAITING[name]


@pytest.mark.parametrize("url", ["http://127.0.0.1:{closed}/", "http://provider.invalid/", "https://127.0.0.1:{open}/"])
def test_what_never_reached_amazon_is_not_sent(open_ses, api, url):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed = gone.getsockname()[1]

    answer, journal = submit_one(open_ses(url=url.format(closed=closed, open=api.server.server_port)))

    assert (answer.phase, answer.accepted) == (Phase.CONNECT, False)
    assert classify(answer) is Verdict.RELAY_DOWN
    assert journal.answers == {7: 451}
    assert api.requests == []


@pytest.mark.parametrize(
    ("missing", "phase"), [({"key": {}}, Phase.AUTH), ({"region": None}, Phase.CONNECT)], ids=["key", "region"]
)
def test_without_a_key_or_a_region_mail_waits(open_ses, api, missing, phase):
    lane = open_ses(**missing)

    answers = [submit_one(lane)[0] for _ in range(2)]

    assert [(answer.phase, answer.accepted) for answer in answers] == [(phase, False)] * 2
    assert {classify(answer) for answer in answers} == {Verdict.RELAY_DOWN}
    assert api.requests == []


def config_of(lane):
    mailer = lane._mailer()
    mailer.open()
    config = mailer.client.meta.config
    mailer.close()
    return config


def test_a_call_is_one_attempt_and_as_patient_as_any_providers(open_ses):
    config = config_of(open_ses(config={}))

    assert (config.connect_timeout, config.read_timeout) == (10, 60)
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
    assert "django-anymail" in config.user_agent_extra


def test_a_mode_is_no_number_of_attempts(open_ses):
    config = config_of(open_ses(config={"retries": {"mode": "adaptive"}, "read_timeout": 5}))

    assert config.retries == {"mode": "adaptive", "total_max_attempts": 1}
    assert (config.connect_timeout, config.read_timeout) == (10, 5)


@pytest.mark.parametrize("said", [{"max_attempts": 1}, {"total_max_attempts": 2}], ids=str)
def test_who_asks_for_more_attempts_gets_them_and_knows_less(open_ses, api, said):
    """The first attempt may have been taken: what the last one says is no proof."""
    api.will(taking(drop), says(400, "MessageRejected"))

    answer, _ = submit_one(open_ses(config={**BRIEF, "retries": said}))

    assert len(api.requests) == 2
    assert classify(answer) is Verdict.UNCERTAIN


@pytest.mark.parametrize(("attempts", "verdict"), [(1, Verdict.RELAY_DOWN), (2, Verdict.UNCERTAIN)])
def test_that_nobody_is_there_at_the_last_attempt_proves_nothing_of_the_first(open_ses, attempts, verdict):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/"

    answer, _ = submit_one(open_ses(url=url, config={"retries": {"total_max_attempts": attempts}}))

    assert classify(answer) is verdict


def test_a_first_attempt_that_is_refused_is_a_refusal_however_many_were_allowed(open_ses, api):
    api.will(says(400, "MessageRejected"))

    answer, _ = submit_one(open_ses(config={"retries": {"total_max_attempts": 3}}))

    assert classify(answer) is Verdict.REFUSED_POLICY
    assert len(api.requests) == 1


PROFILES = """
[profile clinic]
role_arn = arn:aws:iam::123456789012:role/mail
source_profile = machine
region = eu-west-1
[profile machine]
aws_access_key_id = key-name
aws_secret_access_key = secret
"""
DENIED = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not this role.</Message></Error></ErrorResponse>"


def test_a_role_that_is_not_granted_is_no_refusal_of_a_mail(open_ses, api, monkeypatch, tmp_path):
    """boto asks another service for the role first; what that one says is not about the mail."""
    (tmp_path / "profiles").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "profiles"))
    monkeypatch.setenv("AWS_PROFILE", "clinic")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", api.url)
    api.will(raw(403, DENIED))

    answer, _ = submit_one(open_ses(key={}))

    assert [request.get("Action") for request in api.requests] == [["AssumeRole"]]
    assert (answer.phase, classify(answer)) == (Phase.AUTH, Verdict.RELAY_DOWN)
    assert "Not this role." in answer.text
