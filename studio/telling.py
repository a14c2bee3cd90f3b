"""What the next page says about an act: each sentence once, however often somebody pressed."""

from typing import cast

from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest


def success(request: HttpRequest, sentence: str) -> None:
    _once(request, messages.SUCCESS, sentence)


def error(request: HttpRequest, sentence: str) -> None:
    _once(request, messages.ERROR, sentence)


def _once(request: HttpRequest, level: int, sentence: str) -> None:
    """Two presses of a button are answered one after the other, and only the last answer is shown."""
    waiting = cast("BaseStorage", messages.get_messages(request))
    said = {str(message) for message in waiting}
    waiting.used = False
    if sentence not in said:
        messages.add_message(request, level, sentence)
