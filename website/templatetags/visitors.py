"""What visitors' templates need beyond Django's own tags: phone numbers to read, and to call."""

from django import template

from booking import phones

register = template.Library()


@register.filter
def readable(number: str) -> str:
    """A phone number as people write it."""
    return phones.readable(number)


@register.filter
def dialled(number: str) -> str:
    """The address that a phone calls: the digits, and the + before them."""
    return "tel:" + "".join(char for char in number if char.isdigit() or char == "+")
