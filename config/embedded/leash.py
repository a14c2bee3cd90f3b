"""Become another program that does not outlive whoever started it.

Run as a script: leash.py DEATH_SIGNAL PARENT_PID UID GID COMMAND... . On Linux the kernel sends the signal when the
parent dies, however it dies. With a UID of -1 the account stays as it is; the change has to come before
the leash, because it would take the leash off.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    death_signal, parent, uid, gid = (int(number) for number in arguments[:4])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before the leash was on
        sys.exit(1)
    os.execv(arguments[4], arguments[4:])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
