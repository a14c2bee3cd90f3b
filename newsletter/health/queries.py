"""Everything that is wrong or worth knowing, for the status page and `manage.py doctor` alike."""

from datetime import datetime

from newsletter.health import links, machine, sending, setup, work
from newsletter.health.findings import Finding, Level, Look

LOOKS: tuple[Look, ...] = (sending.look, work.look, machine.look, setup.look, links.look)


def findings(now: datetime) -> list[Finding]:
    """What is wrong first, then what is worth knowing."""
    found = [finding for look in LOOKS for finding in look(now)]
    return sorted(found, key=lambda finding: finding.level is not Level.WRONG)
