"""Whether mail leaves: holds, the tick, the senders, what waits, what is in doubt, what the relays say."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Clinic
from newsletter.deliveries import breaker, guard, journal, queries
from newsletter.deliveries.models import Lane
from newsletter.deliveries.pacing import state as limits
from newsletter.deliveries.standing import heartbeats, holds, overdue, residence
from newsletter.deliveries.standing.models import Heartbeat, HoldScope
from newsletter.health.findings import Finding, Level

SILENT_AFTER = timedelta(minutes=2)
LATE_AFTER = timedelta(minutes=10)


def look(now: datetime) -> Iterator[Finding]:
    parts = {part.name: part for part in heartbeats.all_parts()}
    yield from _holds()
    yield from _tick(parts.get("tick"), now)
    for lane in Lane:
        seen = parts.get(heartbeats.sender(lane))
        yield from _lane(lane, seen, now)
        yield from _leases(lane, _doing(seen, now))
    yield from _relays()
    yield from _strangers()
    for lane in Lane:
        yield from _limits(lane)
    yield from _journals()
    yield from _doubts()


def _holds() -> Iterator[Finding]:
    hold = holds.active()
    if hold is not None:
        what = (
            _("All mail is on hold: %(why)s")
            if hold.scope == HoldScope.ALL
            else _("Marketing mail is on hold: %(why)s")
        )
        who = str(hold.by or "") or (_("set automatically") if hold.is_automatic else hold.get_cause_display())
        yield Finding(
            f"{what % {'why': hold.reason}} ({who})",
            _("Release it when the reason is gone; you are asked what becomes of the mail that waits."),
            hold.since,
            "hold",
            Level.NOTE if hold.by else Level.WRONG,
        )
        return
    move = residence.move()
    if move is not None:
        yield Finding(
            _("The database or the site has moved: %(how)s. Nothing leaves.") % {"how": "; ".join(move.differences)},
            _("All mail is put on hold as soon as a sender runs. If only one machine says so, its PUBLIC_URL differs."),
            room="hold",
        )
    if not Clinic.objects.filter(sending_unlocked_at__isnull=False).exists():
        yield Finding(
            _("No mail to readers leaves yet: the checklist is not finished."),
            _("Go through the checklist in the studio's setup."),
            room="setup",
            level=Level.NOTE,
        )


def _tick(seen: Heartbeat | None, now: datetime) -> Iterator[Finding]:
    if seen is None or now - seen.at > SILENT_AFTER:
        yield Finding(
            _("The tick is silent: no campaign begins, and the course stands still."),
            _("Restart the services beat and tick. If Redis was away, both recover by themselves."),
            seen.at if seen else None,
        )


def _lane(lane: Lane, seen: Heartbeat | None, now: datetime) -> Iterator[Finding]:
    if seen is None or now - seen.at > SILENT_AFTER:
        yield Finding(
            _("No sender of the lane “%(lane)s” is at work.") % {"lane": lane.label},
            _("Restart the service %(lane)s. What was being handed over is settled, or shows under Uncertain.")
            % {"lane": lane.value},
            seen.at if seen else None,
        )
    elif seen.failing_since is not None:
        yield Finding(
            _("Senders of the lane “%(lane)s” fail: %(why)s") % {"lane": lane.label, "why": seen.why},
            _("They try again every few seconds. If it goes on, the log of the service %(lane)s says more.")
            % {"lane": lane.value},
            seen.failing_since,
        )
    oldest = overdue.oldest(lane, now)
    if oldest is None or now - oldest < LATE_AFTER or holds.is_shut(lane):
        return
    count, doing = overdue.most(lane, now), _doing(seen, now)
    yield Finding(
        ngettext(
            "Up to %(n)s mail of the lane “%(lane)s” is overdue.",
            "Up to %(n)s mails of the lane “%(lane)s” are overdue.",
            count,
        )
        % {"n": f"{count:,}", "lane": lane.label},
        _advice(doing),
        oldest,
        level=Level.NOTE if doing in {heartbeats.WORKING, heartbeats.LIMITED} else Level.WRONG,
    )


def _doing(seen: Heartbeat | None, now: datetime) -> str | None:
    """What the lane's senders are at, failing until a slot has ended well; None when none was seen lately."""
    if seen is None or now - seen.at > SILENT_AFTER:
        return None
    return seen.doing if seen.failing_since is None else heartbeats.FAILING


def _advice(doing: str | None) -> str:
    match doing:
        case None:
            return _(
                "It leaves when a sender is at work again. After half an hour marketing mail is held and you are asked."
            )
        case heartbeats.FAILING:
            return _(
                "It leaves when its senders fail no more. After half an hour marketing mail is held and you are asked."
            )
        case heartbeats.LIMITED:
            return _("Nothing to do: the lane's limit slows it down. Raise the limit if the provider allows more.")
        case heartbeats.CUT_OFF:
            return _("The mail server does not answer; senders try again by themselves.")
        case _:
            return _("Senders are at work. If the number does not fall, look into their log.")


def _relays() -> Iterator[Finding]:
    for trouble in breaker.state():
        if trouble.lane:
            yield _slowed(trouble)
            continue
        yield Finding(
            _("The mail server behind “%(names)s” does not take mail: %(why)s")
            % {"names": ", ".join(trouble.mailers), "why": trouble.why},
            _("Senders try again by themselves, next at %(at)s. Look whether it runs and is reachable.")
            % {"at": f"{trouble.next_try_at:%H:%M:%S %Z}"},
            trouble.since,
        )


def _slowed(trouble: breaker.Trouble) -> Finding:
    """The others go on: it is not the server that is in trouble."""
    return Finding(
        _("The mail server behind “%(names)s” wants less mail of the lane “%(lane)s”: %(why)s")
        % {"names": ", ".join(trouble.mailers), "lane": Lane(trouble.lane).label, "why": trouble.why},
        _("Senders try again by themselves, next at %(at)s. If it goes on, give the lane a lower rate.")
        % {"at": f"{trouble.next_try_at:%H:%M:%S %Z}"},
        trouble.since,
    )


def _strangers() -> Iterator[Finding]:
    doubted = guard.doubted()
    if doubted is not None:
        yield Finding(
            _("The mail server says of %(n)s readers in a row that they do not exist: %(words)s")
            % {"n": doubted.people, "words": doubted.words},
            _(
                "Look whether it knows where their mail goes. Confirmations and appointments are tried again for a day,"
                " and no further address is stopped, until it takes a mail."
            ),
        )


def _limits(lane: Lane) -> Iterator[Finding]:
    state = limits.of(lane)
    for limit in state.limits:
        if limit.is_reached:
            whose = limit.domains or _("the lane “%(lane)s”") % {"lane": lane.label}
            yield Finding(
                _("Today's limit for %(whose)s is reached: %(count)s mails.")
                % {"whose": whose, "count": f"{limit.per_day:,}"},
                _("The rest leaves from %(at)s on, by itself.") % {"at": f"{state.next_day_at:%a %H:%M %Z}"},
                level=Level.NOTE,
            )
    if state.is_degraded:
        yield Finding(
            _("The lane “%(lane)s” keeps to a smaller rate, since Redis does not answer.") % {"lane": lane.label},
            _("Start the redis service again."),
            level=Level.NOTE,
        )


def _leases(lane: Lane, doing: str | None) -> Iterator[Finding]:
    """While the lane is shut, cut off, at its limit or fails, nobody can take them up."""
    if doing in {heartbeats.CUT_OFF, heartbeats.LIMITED, heartbeats.FAILING} or holds.is_shut(lane):
        return
    count, since = queries.stuck_leases(lane)
    if count:
        yield Finding(
            ngettext(
                "%(n)s lease ran out and nobody took it up.", "%(n)s leases ran out and nobody took them up.", count
            )
            % {"n": count},
            _("A sender takes them up when it works on that lane. Restart the lane's service."),
            since,
        )


def _journals() -> Iterator[Finding]:
    try:
        count = journal.count_of_the_dead()
    except OSError as error:
        yield Finding(
            _("The senders' journals cannot be read here: %(why)s") % {"why": error},
            _("Look as the user that senders run as, or give that user %(folder)s back.")
            % {"folder": settings.JOURNAL_DIR},
        )
        return
    if count:
        yield Finding(
            ngettext(
                "%(n)s killed sender has left a journal behind on this machine.",
                "%(n)s killed senders have left journals behind on this machine.",
                count,
            )
            % {"n": count},
            _(
                "A sender on this machine settles by them what was under way: start one that keeps %(folder)s."
                " Where one is at work, its log says what cannot be settled."
            )
            % {"folder": settings.JOURNAL_DIR},
        )


def _doubts() -> Iterator[Finding]:
    count, since = queries.doubts()
    if count:
        yield Finding(
            ngettext("%(n)s mail may or may not have left.", "%(n)s mails may or may not have left.", count)
            % {"n": f"{count:,}"},
            _("Decide about them, or leave them: after seven days they count as sent."),
            since,
            "uncertain",
            Level.NOTE,
        )
