"""What a lane is told by the settings: whom it hands mail to, and how much of it at most.

Read once, when the settings are: what is wrong is said there and then, in one sentence. A rate that is None has no
limit. This module knows neither the database nor Redis; `pace` keeps what is said here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MAILBOX_PROVIDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gmail.com": ("gmail.com", "googlemail.com"),
        "outlook.com": ("outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.co.uk", "live.ca", "hotmail.ca"),
        "yahoo.com": ("yahoo.com", "ymail.com", "rocketmail.com", "yahoo.ca", "yahoo.co.uk", "aol.com"),
        "icloud.com": ("icloud.com", "me.com", "mac.com"),
    }
)
"""Domains behind which one provider counts what comes from us; any of them names the group."""

DEFAULT_RAMP = (50, 100, 200, 400, 800, 1_500, 3_000, 6_000, 12_000, 25_000, 50_000, 100_000)
"""Mails a day from the first day on: about double each day, beginning where a new sender is not noticed."""


@dataclass(frozen=True, slots=True)
class DomainLimit:
    """How much may go to the mailboxes of one group of domains."""

    name: str
    domains: frozenset[str]
    rate_per_second: float | None = None
    rate_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class WarmUp:
    """The most that may leave on each day from the first on; afterwards only `rate_per_day` counts.

    The first day is `starts_on`, or else the day on which the lane's first mail was counted.
    """

    ramp: tuple[int, ...] = DEFAULT_RAMP
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class LaneOptions:
    """`mailer` and `fail_over` are aliases of settings.MAILERS; `window` is how many leave between two commits."""

    mailer: str
    fail_over: str = ""
    rate_per_second: float | None = None
    rate_per_day: int | None = None
    warm_up: WarmUp | None = None
    domains: Mapping[str, DomainLimit] = field(default_factory=dict)
    window: int = 100

    @property
    def counts_days(self) -> bool:
        return self.rate_per_day is not None or self.warm_up is not None


def options(lane: str) -> LaneOptions:
    """What settings.LANES says of this lane; a lane that it does not name has no limits."""
    return settings.LANES.get(lane) or LaneOptions(lane)


def read(variable: str, said: Mapping[str, Any], *, lane: str, window: int) -> LaneOptions:
    """The options in what a person wrote; raises ImproperlyConfigured, naming the variable and what is wrong."""
    return _Reader(variable).lane({"mailer": lane, "window": window, **said})


class _Reader:
    """Reads one variable's words; `path` says where in it."""

    def __init__(self, path: str) -> None:
        self._path = path

    def lane(self, said: Mapping[str, Any]) -> LaneOptions:
        self._only(said, LaneOptions.__slots__)
        return LaneOptions(
            mailer=self._word(said, "mailer"),
            fail_over=self._word(said, "fail_over"),
            rate_per_second=self._rate(said, "rate_per_second"),
            rate_per_day=self._count(said, "rate_per_day"),
            warm_up=self._warm_up(said.get("warm_up", False)),
            domains=self._groups(said.get("domains", {})),
            window=self._count(said, "window") or self._refuse("window must be 1 or more"),
        )

    def _groups(self, said: Any) -> Mapping[str, DomainLimit]:
        if not isinstance(said, dict):
            self._refuse('domains must be an object such as {"gmail.com": {"rate_per_second": 5}}')
        groups: dict[str, DomainLimit] = {}
        taken: dict[str, str] = {}
        for name, limits in said.items():
            group = _Reader(f"{self._path}: {name}").group(name.strip().lower(), limits)
            for domain in group.domains:
                if domain in taken:
                    self._refuse(f"{domain} is in two groups, {taken[domain]} and {name}")
                taken[domain] = name
            groups[group.name] = group
        return MappingProxyType(groups)

    def group(self, name: str, said: Any) -> DomainLimit:
        if not isinstance(said, dict):
            self._refuse('must be an object such as {"rate_per_second": 5, "rate_per_day": 2000}')
        self._only(said, ("domains", "rate_per_second", "rate_per_day"))
        per_second, per_day = self._rate(said, "rate_per_second"), self._count(said, "rate_per_day")
        if per_second is None and per_day is None:
            self._refuse("rate_per_second or rate_per_day is missing")
        return DomainLimit(name, self._domains(name, said.get("domains")), per_second, per_day)

    def _domains(self, name: str, said: Any) -> frozenset[str]:
        if said is None:
            return frozenset(next((known for known in MAILBOX_PROVIDERS.values() if name in known), (name,)))
        if not (isinstance(said, list) and said and all(isinstance(one, str) and "." in one for one in said)):
            self._refuse('domains must be domain names such as ["example.com", "example.net"]')
        return frozenset(one.strip().lower() for one in said)

    def _warm_up(self, said: Any) -> WarmUp | None:
        match said:
            case None | False:
                return None
            case True:
                return WarmUp()
            case list():
                return WarmUp(self._ramp(said))
            case dict():
                self._only(said, ("ramp", "starts_on"))
                return WarmUp(self._ramp(said.get("ramp", list(DEFAULT_RAMP))), self._date(said.get("starts_on")))
        return self._refuse("warm_up must be true, a list of mails per day, or an object with ramp and starts_on")

    def _ramp(self, said: Any) -> tuple[int, ...]:
        days = said if isinstance(said, list) else []
        if not days or not all(_is_whole(day) and day >= 1 for day in days) or days != sorted(days):
            self._refuse("the warm-up's ramp must be whole numbers of mails per day that grow, such as [50, 100, 200]")
        return tuple(days)

    def _date(self, said: Any) -> date | None:
        try:
            return None if said is None else date.fromisoformat(said)
        except (TypeError, ValueError):
            return self._refuse(f"starts_on must be a day such as 2026-03-02, not {said!r}")

    def _rate(self, said: Mapping[str, Any], name: str) -> float | None:
        value = said.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            self._refuse(f"{name} must be a number above 0, not {value!r}")
        return float(value)

    def _count(self, said: Mapping[str, Any], name: str) -> int | None:
        value = said.get(name)
        if value is not None and not (_is_whole(value) and value >= 1):
            self._refuse(f"{name} must be a whole number of 1 or more, not {value!r}")
        return value

    def _word(self, said: Mapping[str, Any], name: str) -> str:
        value = said.get(name, "")
        if not isinstance(value, str):
            self._refuse(f"{name} must be an alias of a mail backend, not {value!r}")
        return value

    def _only(self, said: Mapping[str, Any], known: Iterable[str]) -> None:
        for name in sorted(said.keys() - set(known)):
            self._refuse(f"{name} is not known; known are {', '.join(known)}")

    def _refuse(self, problem: str) -> NoReturn:
        raise ImproperlyConfigured(f"{self._path}: {problem}.")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
