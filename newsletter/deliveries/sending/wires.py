"""The transports of one sender slot: opened when first asked for, kept until the slot ends."""

from newsletter.deliveries.transport.answers import LaneTransport
from newsletter.deliveries.transport.provider import open_lane


class Wires:
    def __init__(self) -> None:
        self._open: dict[str, LaneTransport] = {}

    def by(self, alias: str) -> LaneTransport:
        """The transport behind this alias of settings.MAILERS."""
        if alias not in self._open:
            self._open[alias] = open_lane(alias)
        return self._open[alias]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()
