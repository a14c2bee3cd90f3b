"""What may hang on a mail: a calendar file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """`method` is the calendar's own (REQUEST, CANCEL, PUBLISH) and repeated in the part's content type."""

    filename: str
    content: bytes
    method: str = "REQUEST"
