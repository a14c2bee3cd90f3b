"""Events as the providers post them, to anymail's own views, with their secrets or without."""

import base64
import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.test import Client

SIGNING_KEY = "key-for-tests"


def postmark(payload: dict, *, secret: str | None = None, door: str = "tracking") -> Any:
    """Post one of Postmark's events; with our own secret unless another (or "" for none) is given."""
    secret = settings.ANYMAIL["WEBHOOK_SECRET"] if secret is None else secret
    headers = {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()} if secret else {}
    return Client().post(
        f"/webhooks/postmark/{door}/", json.dumps(payload), content_type="application/json", headers=headers
    )


def postmark_reply(headers: dict[str, str], text: str = "Thank you!", **fields: object) -> dict:
    """Somebody's mail, as Postmark reads it: fields, with the headers that it does not say otherwise beside them."""
    return {
        "FromFull": {"Email": "ada@mail.example", "Name": "Ada", "MailboxHash": ""},
        "ToFull": [{"Email": "dana@harbour.example", "Name": "Dana", "MailboxHash": ""}],
        "CcFull": [],
        "BccFull": [],
        "OriginalRecipient": "abc@inbound.postmarkapp.com",
        "Subject": "Re: Hello",
        "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
        "Date": "Thu, 07 Jan 2027 16:33:54 +0000",
        "TextBody": text,
        "HtmlBody": "",
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
        "Attachments": [],
        **fields,
    }


def postmark_delivery(delivery_id: int, recipient: str, **fields: object) -> dict:
    return {
        "RecordType": "Delivery",
        "ServerID": 23,
        "MessageStream": "outbound",
        "MessageID": "00000000-0000-0000-0000-000000000000",
        "Recipient": recipient,
        "Tag": "",
        "DeliveredAt": "2027-01-05T15:33:54.9070259Z",
        "Details": "smtp;250 2.0.0 OK l10si21599969igu.63 - gsmtp",
        "Metadata": {"delivery": str(delivery_id)},
        **fields,
    }


def postmark_bounce(delivery_id: int, recipient: str, kind: str = "HardBounce", **fields: object) -> dict:
    return {
        "RecordType": "SpamComplaint" if kind == "SpamComplaint" else "Bounce",
        "ID": 4323372036854775807,
        "Type": kind,
        "TypeCode": 1,
        "Name": kind,
        "Tag": "",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ServerID": 23,
        "MessageStream": "outbound",
        "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist",
        "Email": recipient,
        "From": "dana@harbour.example",
        "BouncedAt": "2027-01-05T15:33:54.9070259Z",
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "Hello",
        "Metadata": {"delivery": str(delivery_id)},
        **fields,
    }


def mailgun(event: str, *, message_id: str, recipient: str, **fields: object) -> Any:
    """Post one of Mailgun's signed events; settings name SIGNING_KEY. It knows the mail by its Message-ID."""
    moment, token = "1799163234", "c" * 50
    signed = hmac.new(SIGNING_KEY.encode(), f"{moment}{token}".encode(), hashlib.sha256).hexdigest()
    payload = {
        "signature": {"token": token, "timestamp": moment, "signature": signed},
        "event-data": {
            "event": event,
            "timestamp": 1799163234.5,
            "id": "rWVr2ir1R22F5Wt6Y3xtmw",
            "recipient": recipient,
            "message": {"headers": {"message-id": message_id, "subject": "Hello"}, "size": 515},
            "user-variables": {},
            "tags": [],
            **fields,
        },
    }
    secret = base64.b64encode(settings.ANYMAIL["WEBHOOK_SECRET"].encode()).decode()
    return Client().post(
        "/webhooks/mailgun/tracking/",
        json.dumps(payload),
        content_type="application/json",
        headers={"Authorization": f"Basic {secret}"},
    )
