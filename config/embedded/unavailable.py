"""The one exception of this package: a server cannot be had, and one sentence for a person why."""


class Unavailable(Exception):
    """Say what is wrong and what to do, in one sentence."""
