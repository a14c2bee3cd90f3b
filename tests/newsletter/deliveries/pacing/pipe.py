"""A wire to a server that can be cut, or go dead without a word, and be mended again."""

import contextlib
import selectors
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit


class Pipe:
    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._is_dead = threading.Event()
        self._is_over = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._work, daemon=True)

    @property
    def url(self) -> str:
        host = f"{self._url.netloc.rpartition('@')[0]}@127.0.0.1:{self._listener.getsockname()[1]}"
        return urlunsplit(self._url._replace(netloc=host))

    def die(self) -> None:
        """Accept everything, swallow everything, answer nothing."""
        self._is_dead.set()

    def mend(self) -> None:
        self._is_dead.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def _work(self) -> None:
        while not self._is_over.is_set():
            for key, _ in self._selector.select(0.02):
                if key.fileobj is self._listener:
                    self._connect()
                else:
                    self._pass_on(key.fileobj, key.data)

    def _connect(self) -> None:
        near = self._listener.accept()[0]
        far = socket.create_connection((self._url.hostname, self._url.port))
        self._selector.register(near, selectors.EVENT_READ, far)
        self._selector.register(far, selectors.EVENT_READ, near)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = source.recv(65_536)
        if not data:
            for end in (source, target):
                with contextlib.suppress(KeyError):
                    self._selector.unregister(end)
                end.close()
        elif not self._is_dead.is_set():
            with contextlib.suppress(OSError):
                target.sendall(data)
