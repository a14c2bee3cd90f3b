"""What others ask of the library: where a picture is, and how large it stands in a mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet

from newsletter.content.art import PICTURES as ART
from newsletter.content.pictures.models import WIDEST_SHOWN, Picture

PREFIX = "p/"
ART_SIZE = (320, 0)


class NoSuchPicture(LookupError):
    """Neither a drawing that ships nor a picture of the library has this name."""


@dataclass(frozen=True)
class Shown:
    """`url` is absolute; `width` and `height` are CSS pixels in a mail, 0 where the templates decide."""

    url: str
    width: int
    height: int


def resolve(name: str) -> Shown:
    """Where the picture of this name is and how large it stands in a mail; raises NoSuchPicture.

    A name is that of a drawing that ships ("nerve-map") or of a picture in the library ("p/...").
    """
    if name in ART:
        return Shown(settings.PUBLIC_URL + settings.STATIC_URL + ART[name], *ART_SIZE)
    picture = Picture.objects.filter(name=name.removeprefix(PREFIX)).first() if name.startswith(PREFIX) else None
    if picture is None:
        raise NoSuchPicture(name)
    return shown(picture)


def library(words: str = "") -> QuerySet[Picture]:
    """The pictures whose label or description says each of these words, the newest first."""
    wanted = Q()
    for word in words.split():
        wanted &= Q(label__icontains=word) | Q(alt__icontains=word)
    return Picture.objects.filter(wanted).select_related("uploaded_by").order_by("-uploaded_at", "-pk")


def named(references: Sequence[str]) -> QuerySet[Picture]:
    """The pictures of the library that are called so, as `p/...`."""
    names = [reference.removeprefix(PREFIX) for reference in references if "\0" not in reference]
    return Picture.objects.filter(name__in=names)


def shown(picture: Picture) -> Shown:
    """The picture as a mail shows it: never larger than it is, never wider than the letter."""
    width = min(picture.width, WIDEST_SHOWN)
    return Shown(address(picture.name), width, max(1, round(picture.height * width / picture.width)))


def address(name: str) -> str:
    """The public address of a picture's file, the same for ever."""
    return settings.PUBLIC_URL + path(name)


def path(name: str) -> str:
    """The same within this site."""
    return f"/media/{name}"
