"""Whether what readers are led to by mails that go out by themselves is still there."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from newsletter.content import queries as content
from newsletter.health.findings import Finding
from newsletter.liveness import queries as liveness
from newsletter.liveness.models import Verdict
from newsletter.liveness.wording import WHY


def look(now: datetime) -> Iterator[Finding]:
    """Each dead link once; nobody looks at these mails before they leave, as they do at a campaign."""
    led_by = content.standing_links()
    for url, check in liveness.known(list(led_by)).items():
        if check.verdict == Verdict.DEAD:
            told = {"url": url, "mail": led_by[url], "why": WHY.get(check.reason, "")}
            yield Finding(
                _("“%(mail)s” goes out with a dead link: %(url)s. %(why)s") % told,
                _("Change the link in the mail, or the address in the profile, and let it go out from now on."),
                since=check.checked_at,
                room="mails",
            )
