"""A TCP proxy that makes the way longer: everything arrives `delay` seconds later, in order, at full width.

    with DelayingProxy(port, delay=0.02) as proxy:
        ... proxy.port ...

Each piece is due at its own time, so any number of them is under way at once, as on a long line.
"""

import asyncio
import threading
from contextlib import suppress
from typing import Self

PIECE = 65536
MOST_UNDER_WAY = 1000
GONE = (OSError, asyncio.CancelledError)


class DelayingProxy:
    def __init__(self, target: int, *, delay: float) -> None:
        self._target = target
        self._delay = delay
        self.port = 0
        self.connections = 0
        self._carried: set[asyncio.Task | None] = set()

    def __enter__(self) -> Self:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(60), "the proxy did not start"
        return self

    def __exit__(self, *problem):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        assert not self._thread.is_alive(), "the proxy did not stop"

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for carried in self._carried:
            carried.cancel()
        await asyncio.gather(*self._carried, return_exceptions=True)

    async def _carry(self, near_reader, near_writer):
        self.connections += 1
        self._carried.add(asyncio.current_task())
        writers = [near_writer]
        with suppress(*GONE):
            await asyncio.sleep(2 * self._delay)  # the handshake of TCP takes a round trip, too
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            writers.append(far_writer)
            await asyncio.gather(self._pass(near_reader, far_writer), self._pass(far_reader, near_writer))
        for writer in writers:
            writer.close()
        with suppress(*GONE):
            await asyncio.gather(*(writer.wait_closed() for writer in writers))

    async def _pass(self, reader, writer):
        under_way = asyncio.Queue(MOST_UNDER_WAY)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take(reader, under_way))
            group.create_task(self._give(under_way, writer))

    async def _take(self, reader, under_way):
        piece = b"more"
        while piece:
            try:
                piece = await reader.read(PIECE)
            except OSError:
                piece = b""
            await under_way.put((self._loop.time() + self._delay, piece))

    async def _give(self, under_way, writer):
        while True:
            due, piece = await under_way.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            if not piece:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(piece)
            await writer.drain()
