"""Django's PostgreSQL, with the health of a kept connection read off its socket.

Before a request's first query Django asks a kept connection `SELECT 1`, which costs a busy page as much as a real
question. A server that went away has hung up, and that shows without asking; only a socket on which something lies
is asked. Where nobody hung up, because the network swallows everything, either way waits for tcp_user_timeout.
"""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        return self._is_quiet() or super().is_usable()

    def _is_quiet(self) -> bool:
        """Whether the connection is open and nothing has come in on it unasked, such as its end."""
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
