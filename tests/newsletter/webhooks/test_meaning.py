import pytest
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from newsletter.webhooks.meaning import Meaning, meaning


def means(event_type: str, reason: str | None = None, **fields: object) -> Meaning | None:
    return meaning(AnymailTrackingEvent(event_type=event_type, reject_reason=reason, **fields))


@pytest.mark.parametrize(
    ("event_type", "expected"),
    [
        (EventType.DELIVERED, Meaning.DELIVERED),
        (EventType.COMPLAINED, Meaning.COMPLAINED),
        (EventType.UNSUBSCRIBED, Meaning.UNSUBSCRIBED),
        (EventType.BOUNCED, Meaning.BOUNCED),
        (EventType.QUEUED, None),
        (EventType.SENT, None),
        (EventType.DEFERRED, None),
        (EventType.FAILED, None),
        (EventType.AUTORESPONDED, None),
        (EventType.OPENED, None),
        (EventType.CLICKED, None),
        (EventType.SUBSCRIBED, None),
        (EventType.UNKNOWN, None),
    ],
)
def test_each_kind_of_event_means_one_thing(event_type, expected):
    assert means(event_type) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (RejectReason.BOUNCED, Meaning.BOUNCED),
        (RejectReason.INVALID, Meaning.BOUNCED),
        (RejectReason.SPAM, Meaning.COMPLAINED),
        (RejectReason.UNSUBSCRIBED, Meaning.UNSUBSCRIBED),
        (RejectReason.BLOCKED, Meaning.BLOCKED),
        (RejectReason.TIMED_OUT, Meaning.BLOCKED),
        (RejectReason.OTHER, Meaning.BLOCKED),
        (None, Meaning.BLOCKED),
    ],
)
def test_what_the_provider_would_not_send_tells_why(reason, expected):
    assert means(EventType.REJECTED, reason) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (RejectReason.BOUNCED, Meaning.BOUNCED),
        (RejectReason.INVALID, Meaning.BOUNCED),
        (RejectReason.SPAM, Meaning.BLOCKED),
        (RejectReason.BLOCKED, Meaning.BLOCKED),
        (RejectReason.OTHER, Meaning.BLOCKED),
    ],
)
def test_only_a_missing_mailbox_is_a_bounce_that_counts(reason, expected):
    assert means(EventType.BOUNCED, reason) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"esp_event": {"RecordType": "Bounce", "Type": "SoftBounce"}},
        {"esp_event": {"event": "soft_bounce"}},
        {"esp_event": {"data": {"type": "soft_bounced"}}},
        {"esp_event": {"hard_bounce": False}},
        {"esp_event": {"msys": {"message_event": {"bounce_class": "22"}}}},
        {"description": "Transient: MailboxFull"},
        {"mta_response": "smtp; 452 4.2.2 The recipient's inbox is out of storage space"},
        {"mta_response": "550 5.7.1 Message rejected as spam by content scanning."},
        {"mta_response": "552 5.2.2 Over quota"},
    ],
)
def test_a_mailbox_that_is_full_or_unwilling_is_turned_away(fields):
    assert means(EventType.BOUNCED, RejectReason.BOUNCED, **fields) == Meaning.BLOCKED


@pytest.mark.parametrize(
    "fields",
    [
        {"esp_event": {"RecordType": "Bounce", "Type": "HardBounce"}},
        {"esp_event": {"hard_bounce": True}},
        {"esp_event": {"msys": {"message_event": {"bounce_class": "10"}}}},
        {"esp_event": ["not", "a", "mapping"]},
        {"description": "Permanent: General"},
        {"mta_response": "550 5.1.1 no such user; seen by 4.7.8.9"},
        {"mta_response": ""},
    ],
)
def test_a_mailbox_that_does_not_exist_is_a_bounce(fields):
    assert means(EventType.BOUNCED, RejectReason.BOUNCED, **fields) == Meaning.BOUNCED
