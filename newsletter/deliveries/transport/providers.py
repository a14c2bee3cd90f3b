"""What each provider's API allows, as django-anymail 15.2 reaches it, and how the engine therefore sends.

There are three ways:

    merge    one message for many people, the provider fills in what differs (anymail's merge_data). Only where
             every header can differ too: List-Unsubscribe and Message-ID are each recipient's own.
    full     many finished messages in one request. Anymail makes such a request of one message only (the same
             body for all); each message is built by its payload, and the request joined from those.
    single   one message a request.

`most` is the provider's limit for one request, `at_once` how many the engine puts into one: small enough that the
next ones are made ready meanwhile, and that a lost answer leaves few in doubt. `in_flight` is how many requests
run at a time. `all_or_none`: one bad recipient makes the provider refuse the request, and the others are
tried again without it. `replay` is for how long the provider knows a repeated request by its key (a little less
than it says); `looks_up` whether it can be asked what became of a delivery. Every row was read in anymail's source
(anymail/backends/<name>.py) and in the pages it names.

Not in the table, or without webhooks, a backend is sent to one message at a time.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

NO_REPLAY = timedelta(0)


class Way(StrEnum):
    MERGE = "merge"
    FULL = "full"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Provider:
    backend: str
    way: Way
    why: str
    sources: tuple[str, ...]
    most: int = 1
    at_once: int = 1
    in_flight: int = 4
    all_or_none: bool = False
    metadata: bool = True
    replay: timedelta = NO_REPLAY
    looks_up: bool = False


ANYMAIL = "https://anymail.dev/en/stable/esps/"

TABLE = (
    Provider(
        backend="anymail.backends.postmark.EmailBackend",
        way=Way.FULL,
        why="merge_data needs a template that is stored with Postmark; /email/batch takes 500 messages and 50 MB and"
        " answers for each of them. No key for repeated requests. GET /messages/outbound finds by recipient and"
        " shows metadata, for 45 days.",
        sources=(
            f"{ANYMAIL}postmark/",
            "https://postmarkapp.com/developer/user-guide/send-email-with-api/batch-emails",
            "https://postmarkapp.com/developer/api/messages-api",
        ),
        most=500,
        at_once=50,
        looks_up=True,
    ),
    Provider(
        backend="anymail.backends.resend.EmailBackend",
        way=Way.FULL,
        why="No merge_data at all; /emails/batch takes 100 messages, all or none. The header Idempotency-Key works"
        " for 24 hours on both addresses; another body under the same key is refused with 409. Two requests a second"
        " unless agreed otherwise. Metadata travels in a header, X-Metadata. What was sent cannot be searched.",
        sources=(
            f"{ANYMAIL}resend/",
            "https://resend.com/docs/dashboard/emails/batch-sending",
            "https://resend.com/docs/dashboard/emails/idempotency-keys",
            "https://resend.com/docs/api-reference/rate-limit",
        ),
        most=100,
        at_once=100,
        in_flight=2,
        all_or_none=True,
        replay=timedelta(hours=23),
    ),
    Provider(
        backend="anymail.backends.mailgun.EmailBackend",
        way=Way.MERGE,
        why="%recipient.key% works in body, subject and headers, for 1,000 recipients; an invalid one refuses the"
        " whole request with 400. One message id for all. No key for repeated requests. Events can be searched by"
        " recipient for at least 3 days, but that API is deprecated, so nothing is built on it.",
        sources=(
            f"{ANYMAIL}mailgun/",
            "https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending",
            "https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/events",
        ),
        most=1000,
        at_once=100,
        all_or_none=True,
    ),
    Provider(
        backend="anymail.backends.brevo.EmailBackend",
        way=Way.SINGLE,
        why="messageVersions would carry params and headers of each recipient (1,000 in a request, 100 requests a"
        " minute), but the letter would have to be written in Brevo's template language, which reads all of it. headers"
        ".idempotencyKey, a UUID: 15 minutes by the changelog, 30 by the guide; the shorter is believed.",
        sources=(
            f"{ANYMAIL}brevo/",
            "https://developers.brevo.com/changelog/email-api-now-supports-idempotency",
            "https://developers.brevo.com/docs/heterogenous-versions-batch-emails",
        ),
        in_flight=8,
        replay=timedelta(minutes=13),
    ),
    Provider(
        backend="anymail.backends.amazon_ses.EmailBackend",
        way=Way.SINGLE,
        why="merge_data and merge_headers need a template that is stored with SES (50 destinations). SendEmail takes no"
        " token for repeated requests, so boto is kept from repeating them, and what was sent cannot be searched."
        " Metadata travels in X-Metadata.",
        sources=(
            f"{ANYMAIL}amazon_ses/",
            "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html",
            "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html",
            "https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html",
            "https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html",
        ),
        in_flight=8,
    ),
    Provider(
        backend="anymail.backends.sendgrid.EmailBackend",
        way=Way.SINGLE,
        why="Personalizations could carry a merge batch with headers (1,000), but anymail has dropped its support for"
        " SendGrid, and nothing new is built on it.",
        sources=(
            f"{ANYMAIL}sendgrid/",
            "https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors",
            "https://github.com/anymail/django-anymail/issues/432",
        ),
    ),
    Provider(
        backend="anymail.backends.mailjet.EmailBackend",
        way=Way.SINGLE,
        why="merge_data works in [[var:name]], which Mailjet reads only with its template language switched on for"
        " the whole letter. Metadata is EventPayload.",
        sources=(f"{ANYMAIL}mailjet/",),
    ),
    Provider(
        backend="anymail.backends.sparkpost.EmailBackend",
        way=Way.SINGLE,
        why="merge_data works in {{name}}; SparkPost reads every pair of braces in the letter, and escapes values.",
        sources=(f"{ANYMAIL}sparkpost/",),
    ),
    Provider(
        backend="anymail.backends.mandrill.EmailBackend",
        way=Way.SINGLE,
        why="merge_data works in *|NAME|*, but anymail has no merge_headers for it.",
        sources=(f"{ANYMAIL}mandrill/",),
    ),
    Provider(
        backend="anymail.backends.unisender_go.EmailBackend",
        way=Way.SINGLE,
        why="merge_headers can carry List-Unsubscribe and nothing else.",
        sources=(f"{ANYMAIL}unisender_go/",),
    ),
    Provider(
        backend="anymail.backends.mailtrap.EmailBackend",
        way=Way.SINGLE,
        why="merge_data needs a stored template. The batch API would take full messages; not tried.",
        sources=(f"{ANYMAIL}mailtrap/",),
    ),
    Provider(
        backend="anymail.backends.mailersend.EmailBackend",
        way=Way.SINGLE,
        why="A batch shows everybody the whole To line, or gives no message ids. No metadata: webhooks find the"
        " delivery by its Message-ID, and headers need an enterprise account.",
        sources=(f"{ANYMAIL}mailersend/",),
        metadata=False,
    ),
    Provider(
        backend="anymail.backends.postal.EmailBackend",
        way=Way.SINGLE,
        why="No merge_data and no metadata; the Message-ID is ours.",
        sources=(f"{ANYMAIL}postal/",),
        metadata=False,
    ),
    Provider(
        backend="anymail.backends.scaleway.EmailBackend",
        way=Way.SINGLE,
        why="No merge_data. Metadata travels in X-Metadata.",
        sources=(f"{ANYMAIL}scaleway/",),
    ),
)

UNKNOWN = Provider(backend="", way=Way.SINGLE, why="Nothing is known of it.", sources=(), in_flight=1)
_BY_BACKEND = {provider.backend: provider for provider in TABLE}


def of(mailer: object) -> Provider:
    """The row for this backend, or for the one that it is derived from."""
    return of_kind(type(mailer))


def of_kind(kind: type) -> Provider:
    """The row for backends of this class."""
    names = (f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__)
    return next((_BY_BACKEND[name] for name in names if name in _BY_BACKEND), UNKNOWN)
