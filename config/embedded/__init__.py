"""Real PostgreSQL and real Valkey as child processes, for the demo and the tests.

Nothing needs to be installed: the programs come with two wheels, or from PATH. A server that the
environment names (DATABASE_URL, REDIS_URL) is used instead. Not for production, where nothing imports this.
"""
