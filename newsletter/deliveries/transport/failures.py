"""What the exceptions of other people's mail backends tell us.

Anything that is not provably a refusal, or provably raised before the request left, is uncertain.
"""

import logging
import smtplib
import ssl
from collections.abc import Iterator

import requests
import urllib3.exceptions
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused

from newsletter.deliveries.transport import amazon
from newsletter.deliveries.transport.answers import Answer, Phase
from newsletter.deliveries.transport.message import FinishedMessage
from newsletter.deliveries.transport.replies import Reply

NEVER_CONNECTED = (
    urllib3.exceptions.NewConnectionError,  # refused, unreachable, unknown name
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
)
FAILED_HANDSHAKES = frozenset(
    {
        "NO_PROTOCOLS_AVAILABLE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)
TAKEN = frozenset({"sent", "queued"})
KEY_REFUSED = frozenset({401, 403})
BAD_REQUEST, SERVER_ERROR, UNAVAILABLE = 400, 500, 503
OWN_ERRORS = {"ErrorCode": int, "name": str, "errors": list}
"""What a provider's own error says, and a proxy's does not: Postmark's, Resend's, SendGrid's and SparkPost's."""

SHOWN = 300
LONGEST_PEACE = 3600.0  # seconds; as long as the breaker leaves a relay alone

logger = logging.getLogger(__name__)


def not_opened(key: int, error: Exception) -> Answer:
    """The backend could not even connect or sign in."""
    if isinstance(error, smtplib.SMTPResponseException):
        phase = Phase.AUTH if isinstance(error, smtplib.SMTPAuthenticationError) else Phase.GREETING
        return _from_reply(key, phase, error.smtp_code, error.smtp_error)
    return Answer(key, Phase.CONNECT, accepted=False, text=str(error)[:SHOWN], error=type(error).__name__)


def not_begun(key: int) -> Answer:
    """Too much time has passed since the mail was drawn: whatever was known of it then may not be so any more."""
    return Answer(key, Phase.CONNECT, accepted=False, text="not begun: drawn too long ago", error="NotBegun")


def about_the_key(answer: Answer) -> Answer:
    """The same, as it is where a relay refuses the password: nothing is wrong with the mail, if it names nobody."""
    is_refusal = answer.accepted is False and answer.phase is Phase.REQUEST
    is_of_the_key = is_refusal and answer.code in KEY_REFUSED and answer.enhanced is None
    return answer._replace(phase=Phase.AUTH) if is_of_the_key else answer


def failed(key: int, error: Exception, message: FinishedMessage) -> Answer:
    """The backend raised after it was given the message."""
    response = getattr(error, "response", None)
    if _was_taken(message):
        logger.error("The provider took the mail, then a receiver of post_send failed", exc_info=error)
        answer = Answer(key, Phase.REQUEST, accepted=True, text=provider_id(message))
    elif isinstance(error, AnymailRecipientsRefused):
        answer = _refused(key, error)
    elif isinstance(response, requests.Response):
        answer = _responded(key, response)
    elif isinstance(error, requests.RequestException):
        answer = _not_responded(key, error)
    elif amazon.is_told_by(error):
        answer = _amazons(key, error)
    elif isinstance(error, smtplib.SMTPException):
        answer = _smtp(key, error)
    elif isinstance(error, AnymailError) and isinstance(error, ValueError | TypeError):
        answer = _unfit(key, error, message)
    else:
        logger.error("A mail backend failed in an unknown way", exc_info=error)
        answer = _uncertain(key, error)
    return answer


def provider_id(message: FinishedMessage) -> str:
    """The provider's name for a message that it took; empty if it has none."""
    status = getattr(message, "anymail_status", None)
    return str(status.message_id or "") if status is not None else ""


def is_given_up(message: FinishedMessage) -> bool:
    """The provider answered the call well, and yet says that it could not make a mail of it."""
    status = getattr(message, "anymail_status", None)
    return status is not None and status.status == {"failed"}


def _was_taken(message: FinishedMessage) -> bool:
    status = getattr(message, "anymail_status", None)
    return status is not None and bool(status.status) and status.status <= TAKEN


def _refused(key: int, error: AnymailRecipientsRefused) -> Answer:
    """Refused for the recipient's sake if the address is invalid, or the call itself was refused for it.

    A "rejected" inside a successful call may have other causes: a sender not verified, a test account.
    """
    code = getattr(error.response, "status_code", None)
    is_invalid = "invalid" in error.email_message.anymail_status.status
    is_recipients = is_invalid or (code is not None and code >= BAD_REQUEST)
    enhanced = "5.1.1" if is_recipients else "5.7.0"
    return Answer(key, Phase.REQUEST, accepted=False, code=code, enhanced=enhanced, text=words(error.response))


def _responded(key: int, response: requests.Response) -> Answer:
    """4xx is a refusal, and 503 is one if it says when to come again or whose it is.

    Every other answer may come from halfway, from a proxy behind which the mail was taken.
    """
    code = response.status_code
    is_refusal = BAD_REQUEST <= code < SERVER_ERROR or (code == UNAVAILABLE and _is_the_providers(response))
    return Answer(
        key,
        Phase.REQUEST,
        accepted=False if is_refusal else None,
        code=code,
        text=words(response),
        error=None if is_refusal else "BadResponse",
        retry_after=_seconds(response.headers.get("Retry-After")),
    )


def _is_the_providers(response: requests.Response) -> bool:
    if "Retry-After" in response.headers:
        return True
    try:
        said = response.json()
    except ValueError:
        return False
    return isinstance(said, dict) and any(isinstance(said.get(name), kind) for name, kind in OWN_ERRORS.items())


def _not_responded(key: int, error: Exception) -> Answer:
    causes = list(_causes(error))
    if any(isinstance(cause, NEVER_CONNECTED) or _is_failed_handshake(cause) for cause in causes):
        name = type(causes[-1]).__name__
        return Answer(key, Phase.CONNECT, accepted=False, text=str(causes[-1])[:SHOWN], error=name)
    return _uncertain(key, causes[-1])


def _amazons(key: int, error: AnymailAPIError) -> Answer:
    """Judged as all others' answers and silences, where boto has not tried more than once."""
    cause = error.__cause__
    if amazon.is_unsigned(error):
        return Answer(key, Phase.AUTH, accepted=False, text=str(cause)[:SHOWN], error=type(cause).__name__)
    if not amazon.was_the_only_attempt(error):
        return _uncertain(key, cause)
    response = amazon.response(error)
    return _not_responded(key, error) if response is None else _responded(key, response)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what lies behind it; requests, boto and urllib3 wrap in several ways."""
    seen: set[int] = set()
    found: list[object] = [error]
    while found:
        cause = found.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            found += [cause.__context__, cause.__cause__, getattr(cause, "reason", None), *cause.args]


def _is_failed_handshake(cause: BaseException) -> bool:
    return isinstance(cause, ssl.SSLError) and cause.reason in FAILED_HANDSHAKES


def _smtp(key: int, error: smtplib.SMTPException) -> Answer:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return _from_reply(key, Phase.RCPT, code, words)
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _from_reply(key, Phase.MAIL, error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPResponseException):
        return _from_reply(key, Phase.DOT, error.smtp_code, error.smtp_error)
    return _uncertain(key, error)


def _from_reply(key: int, phase: Phase, code: int, words: bytes | str) -> Answer:
    reply = Reply(code, words.encode().splitlines() if isinstance(words, str) else words.splitlines() or [b""])
    return Answer(key, phase, accepted=False, code=code, enhanced=reply.enhanced, text=reply.text)


def _unfit(key: int, error: Exception, message: FinishedMessage) -> Answer:
    """Raised while the request was being made; but also when an address in the answer cannot be read."""
    if message.anymail_status.esp_response is not None:
        return _uncertain(key, error)
    return unfit(key, error)


def unfit(key: int, error: Exception) -> Answer:
    """No request can be made of this mail."""
    return Answer(key, Phase.REQUEST, accepted=False, text=str(error)[:SHOWN], error=type(error).__name__)


def _uncertain(key: int, error: BaseException) -> Answer:
    return Answer(key, Phase.REQUEST, accepted=None, text=str(error)[:SHOWN], error=type(error).__name__)


def words(response: object) -> str:
    """What a response over HTTP says; other libraries have responses of other kinds."""
    if not isinstance(response, requests.Response):
        return ""
    return f"{response.reason or ''} {response.text}".strip()[:SHOWN]


def _seconds(value: str | None) -> float | None:
    """Retry-After as a number of seconds; its other form, a date, is not worth a clock.

    Whatever it says, nobody's confirmation waits for more than the longest peace without being tried.
    """
    return min(float(value), LONGEST_PEACE) if value and value.isdecimal() else None
