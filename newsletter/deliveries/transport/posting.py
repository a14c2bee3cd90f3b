"""One request to a provider, and what its answer says about each mail in it.

Runs in a thread of its own, with a backend that nobody else uses meanwhile. It notes every answer in the journal as
soon as it is read. What concerns a single mail is judged by the same hands as a mail that went alone.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from anymail.message import AnymailStatus
from django.core.mail.backends.base import BaseEmailBackend

from newsletter.deliveries.transport import failures, message
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Phase
from newsletter.deliveries.transport.forms import Form, Request
from newsletter.deliveries.transport.message import FinishedMessage
from newsletter.deliveries.transport.providers import Provider

CLOSING = 421  # what a relay says before it hangs up
CONFLICT = 409  # the key of this request is known for another one, or that one is still at work
ABOUT_THE_MAILS = frozenset({400, 422})
UNPROCESSABLE = 422


@dataclass(slots=True)
class Call:
    """Mails that share one request. Without a form there is one, and the backend makes of it what it can.

    `drawn_at` is when the first of them was, before anything was remembered of it; halves of a call keep it.
    """

    mails: list[FinishedMail]
    form: Form | None = None
    items: list[str] = field(default_factory=list)
    request: Request | None = None
    drawn_at: float = 0.0

    @property
    def keys(self) -> list[int]:
        return [mail.key for mail in self.mails]


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a call. Refused as a whole, its mails may be tried apart from one another."""

    answers: list[Answer]
    may_be_split: bool = False


def post(mailer: Any, call: Call, *, provider: Provider) -> Reply:
    """Carry out the call; whatever happens is in the reply."""
    if call.request is None:
        return Reply([_send(mailer, call.mails[0], has_metadata=provider.metadata)])
    whole = _envelope()
    try:
        response = mailer.post_to_esp(call.request.payload, whole)
        return Reply(READERS[mailer.esp_name](mailer, call, response))
    except Exception as error:  # noqa: BLE001 - whatever another library raises is an answer; failures logs it
        answer = _settled(failures.failed(0, error, whole), call)
    if answer.code in {None, CLOSING}:
        mailer.close()  # the next request starts on a fresh connection
    is_about_one = provider.all_or_none and answer.accepted is False and answer.code in ABOUT_THE_MAILS
    return Reply([answer._replace(key=mail.key) for mail in call.mails], is_about_one and len(call.mails) > 1)


def _settled(answer: Answer, call: Call) -> Answer:
    """A request that the provider knows by its key already may have been taken the first time."""
    if answer.code == CONFLICT and call.request is not None and call.request.key:
        return answer._replace(accepted=None, error="KnownKey")
    return answer


def _send(mailer: BaseEmailBackend, mail: FinishedMail, *, has_metadata: bool) -> Answer:
    """One message, through the backend's own door."""
    try:
        finished = message.read(mail)
    except Exception as error:  # noqa: BLE001 - nothing has left; whatever the parser raises concerns this mail alone
        return failures.unfit(mail.key, error)
    if not has_metadata:
        del finished.metadata
    try:
        count = mailer.send_messages([finished])
    except Exception as error:  # noqa: BLE001 - whatever another library raises is an answer; failures logs it
        answer = failures.failed(mail.key, error, finished)
        if answer.code in {None, CLOSING}:
            mailer.close()
        return answer
    if not count or failures.is_given_up(finished):
        return Answer(mail.key, Phase.REQUEST, accepted=False, error="NotTaken")
    return Answer(mail.key, Phase.REQUEST, accepted=True, text=failures.provider_id(finished))


def _envelope() -> FinishedMessage:
    """A message that stands for all of a call where anymail wants to name one."""
    whole = FinishedMessage(b"")
    whole.anymail_status = AnymailStatus()
    return whole


def _taken(key: int, provider_id: object) -> Answer:
    return Answer(key, Phase.REQUEST, accepted=True, text=str(provider_id or ""))


def _unreadable(key: int) -> Answer:
    return Answer(key, Phase.REQUEST, accepted=None, code=200, error="BadResponse", text="an answer without this mail")


def _of_postmark(mailer: Any, call: Call, response: requests.Response) -> list[Answer]:
    """A list in the order of the messages, with an ErrorCode each."""
    parts = mailer.deserialize_json_response(response, call.request and call.request.payload, None)
    if response.status_code == UNPROCESSABLE or not isinstance(parts, list) or len(parts) != len(call.mails):
        return [_postmark_whole(mail.key, response) for mail in call.mails]
    return [_postmark_part(mailer, mail, part) for mail, part in zip(call.mails, parts, strict=True)]


def _postmark_whole(key: int, response: requests.Response) -> Answer:
    """An answer that tells nothing of the single mails: a refusal of all of them, or not to be understood."""
    is_refusal = response.status_code == UNPROCESSABLE
    return _unreadable(key)._replace(
        accepted=False if is_refusal else None,
        code=response.status_code,
        error=None if is_refusal else "BadResponse",
        text=failures.words(response),
    )


def _postmark_part(mailer: Any, mail: FinishedMail, part: object) -> Answer:
    if not isinstance(part, dict):
        return _unreadable(mail.key)
    if part.get("ErrorCode") == 0 and part.get("MessageID"):
        return _taken(mail.key, part["MessageID"])
    return _as_alone(mailer, mail, part, status=200 if part.get("ErrorCode", 0) == 0 else UNPROCESSABLE)


def _as_alone(mailer: Any, mail: FinishedMail, part: object, *, status: int) -> Answer:
    """What anymail makes of this part, were it the answer to a request of its own."""
    finished = _envelope()
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(part).encode()  # noqa: SLF001 - requests has no other way to make one
    try:
        finished = message.read(mail)
        finished.anymail_status = AnymailStatus()
        payload = mailer.build_message_payload(finished, mailer.send_defaults)
        finished.anymail_status.esp_response = response
        finished.anymail_status.set_recipient_status(mailer.parse_recipient_status(response, payload, finished))
        mailer.raise_for_recipient_status(finished.anymail_status, response, payload, finished)
    except Exception as error:  # noqa: BLE001 - as above
        return failures.failed(mail.key, error, finished)
    return _taken(mail.key, failures.provider_id(finished))


def _of_resend(mailer: Any, call: Call, response: requests.Response) -> list[Answer]:
    """All were taken, or the request would have been refused; ids in the order of the messages."""
    reply = mailer.deserialize_json_response(response, call.request and call.request.payload, None)
    found = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(found, list) or len(found) != len(call.mails):
        return [_unreadable(mail.key) for mail in call.mails]
    ids = [part.get("id") if isinstance(part, dict) else None for part in found]
    pairs = zip(call.mails, ids, strict=True)
    return [_taken(mail.key, one) if one else _unreadable(mail.key) for mail, one in pairs]


def _of_one_for_all(mailer: Any, call: Call, response: requests.Response) -> list[Answer]:
    """One id, or none, for all of the request: what anymail reads of it holds for each mail."""
    request = call.request
    assert request is not None  # noqa: S101 - there is a response to it
    status = mailer.parse_recipient_status(response, request.payload, None)
    ids = {one.message_id for one in status.values()}
    return [_taken(mail.key, next(iter(ids), None)) for mail in call.mails]


READERS: dict[str, Callable[[Any, Call, requests.Response], list[Answer]]] = {
    "Postmark": _of_postmark,
    "Resend": _of_resend,
    "Mailgun": _of_one_for_all,
    "Brevo": _of_one_for_all,
}
