"""Amazon SES, which anymail reaches by boto3 where all other providers are reached by requests.

Nothing of boto3 is imported: it is there only where somebody uses it. Its exceptions are known by name, and its
settings by the object that anymail makes of the clinic's.
"""

import json
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError

NAME, OPERATION = "Amazon SES", "SendEmail"
ATTEMPTS = "total_max_attempts"
WORDS_FOR_ATTEMPTS = frozenset({ATTEMPTS, "max_attempts"})

NOT_SIGNED = frozenset(
    {
        "CredentialRetrievalError",
        "LoginError",
        "MetadataRetrievalError",
        "NoAuthTokenError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "SSOError",
        "TokenRetrievalError",
    }
)
"""There is no key to sign a request with, so none has left."""

TOO_MUCH = (
    "LimitExceededException",
    "RequestLimitExceeded",
    "RequestThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)
OF_THE_ACCOUNT = (
    "AccessDeniedException",
    "AccountSuspendedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "MailFromDomainNotVerifiedException",
    "NotAuthorized",
    "RequestExpired",
    "SendingPausedException",
    "UnrecognizedClientException",
)
BROKEN_OFF = ("RequestAbortedException",)  # "before a reply was sent back"
MEANT = dict.fromkeys(TOO_MUCH, 429) | dict.fromkeys(OF_THE_ACCOUNT, 403) | dict.fromkeys(BROKEN_OFF, 500)
"""Amazon says with a 400 what others have numbers of their own for."""


def is_reached_by(mailer: object) -> bool:
    return getattr(mailer, "esp_name", "") == NAME


def limit(mailer: Any, *, connect: float, read: float) -> None:
    """Let a call be one attempt, and not wait for ever, unless the clinic's own options say otherwise.

    Left alone, boto repeats a call that got no answer, and the mail may have been taken the first time.
    """
    own = mailer.client_params["config"]
    kind = type(own)
    retries = {"mode": "standard", **(own.retries or {})}
    if not WORDS_FOR_ATTEMPTS & retries.keys():
        retries[ATTEMPTS] = 1
    ours = kind(connect_timeout=connect, read_timeout=read)
    mailer.client_params["config"] = ours.merge(own).merge(kind(retries=retries))


def is_told_by(error: Exception) -> bool:
    """Whether boto raised behind this, and not anymail over an answer that it could not read."""
    return isinstance(error, AnymailAPIError) and error.esp_name == NAME and error.__cause__ is not None


def is_unsigned(error: AnymailAPIError) -> bool:
    """Raised before there was a request: no key, or what was asked for one refused it."""
    names = {kind.__name__ for kind in type(error.__cause__).__mro__}
    return bool(names & NOT_SIGNED) or getattr(error.__cause__, "operation_name", OPERATION) != OPERATION


def was_the_only_attempt(error: AnymailAPIError) -> bool:
    """Whether boto tried once: it tells of its last attempt alone, and nobody knows what the first ones did."""
    repeats = _metadata(error).get("RetryAttempts")
    if repeats is None:
        repeats = error.backend.client.meta.config.retries.get(ATTEMPTS, 0) - 1
    return bool(repeats == 0)


def response(error: AnymailAPIError) -> requests.Response | None:
    """What Amazon answered, as any other provider would have said it; None if it did not answer."""
    if not isinstance(error.response, dict):
        return None
    said, metadata = error.response.get("Error", {}), _metadata(error)
    code = str(said.get("Code", ""))
    made = requests.Response()
    made.status_code = MEANT.get(code, metadata["HTTPStatusCode"])
    made.headers.update(metadata["HTTPHeaders"])
    is_amazons = code and not code.isdecimal()  # boto gives a proxy's page the page's number for a name
    words = {"name": code if is_amazons else None, "message": said.get("Message")}
    made._content = json.dumps(words).encode()  # noqa: SLF001 - requests has no other way to make one
    return made


def _metadata(error: AnymailAPIError) -> dict[str, Any]:
    said = error.response if isinstance(error.response, dict) else {}
    return dict(said.get("ResponseMetadata", {}))
