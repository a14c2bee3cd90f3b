"""What visitors' templates need beyond Django's own tags: phone numbers to read and to call, days that hold a time."""

from django import template

from clinic import phones
from website.diary import Day

register = template.Library()


@register.filter
def readable(number: str) -> str:
    """A phone number as people write it."""
    return phones.readable(number)


@register.filter
def dialled(number: str) -> str:
    """The address that a phone calls: the digits, and the + before them."""
    return "tel:" + "".join(char for char in number if char.isdigit() or char == "+")


@register.filter
def offers(day: Day, value: str) -> bool:
    """Whether the time with this value is one of the day's."""
    return any(free.value == value for free in day.times)
