"""The studio's rooms, in the order in which a day goes: what the navigation shows, to whom, and its counts."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.models import User
from studio.queries.attention import Counts


@dataclass(frozen=True, slots=True)
class Room:
    """`path` is the first part of the room's addresses, `url_name` its first page, `count` what Counts calls it."""

    path: str
    url_name: str
    label: Promise
    act: str = "see_studio"
    count: str = ""
    demo_only: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """A room as the navigation shows it to one person."""

    label: Promise
    url: str
    count: int
    here: bool


GROUPS: tuple[tuple[Promise, tuple[Room, ...]], ...] = (
    (
        _("Today"),
        (
            Room("", "dashboard", _("Overview")),
            Room("calls", "calls", _("Calls"), "answer_calls", "calls"),
            Room("appointments", "appointments", _("Appointments"), "change_appointments", "without_outcome"),
        ),
    ),
    (
        _("People"),
        (
            Room("leads", "leads", _("Leads"), "see_leads"),
            Room("segments", "segments", _("Segments"), "send_campaigns"),
        ),
    ),
    (
        _("Mail"),
        (
            Room("campaigns", "campaigns", _("Campaigns"), "send_campaigns"),
            Room("sequences", "sequences", _("Sequences"), "change_sequences"),
            Room("mails", "mails", _("Mails and presets"), "write_emails"),
            Room("pictures", "library", _("Pictures"), "write_emails"),
            Room("uncertain", "uncertain", _("Uncertain"), "settle_uncertain", "uncertain"),
            Room("hold", "hold", _("Hold"), "hold_sending"),
            Room("status", "status", _("Status")),
            Room("inbox", "inbox", _("Demo inbox"), demo_only=True),
        ),
    ),
    (
        _("Clinic"),
        (
            Room("setup", "setup", _("Setup"), "change_setup", "setup_open"),
            Room("brand", "brand", _("Brand"), "change_setup"),
            Room("claims", "claims", _("Rules for words"), "write_emails"),
            Room("team", "team", _("Team"), "manage_team"),
        ),
    ),
)


def doors(user: User, *, counts: Counts, path: str) -> list[tuple[Promise, list[Door]]]:
    """The rooms that this member of staff may enter, by group; `path` is the address asked for."""
    room_path = path.removeprefix(reverse("studio:dashboard")).partition("/")[0]
    return [
        (label, [_door(room, counts=counts, here=room.path == room_path) for room in rooms if _open(room, user)])
        for label, rooms in GROUPS
        if any(_open(room, user) for room in rooms)
    ]


def _open(room: Room, user: User) -> bool:
    return access.allows(user, room.act) and (settings.DEMO or not room.demo_only)


def _door(room: Room, *, counts: Counts, here: bool) -> Door:
    return Door(
        label=room.label,
        url=reverse(f"studio:{room.url_name}"),
        count=getattr(counts, room.count) if room.count else 0,
        here=here,
    )
