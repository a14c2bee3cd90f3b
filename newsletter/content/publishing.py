"""Publishing: what is saved goes out from now on. Only for what goes out again and again; campaigns are scheduled."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from newsletter.content import queries, richtext, services, signing
from newsletter.content.drafts import Conflict, locked
from newsletter.content.findings import Finding
from newsletter.content.models import CompiledEmail, EmailKind, EmailTemplate, Variant

LONGEST_NAME = 120
GOES_OUT = frozenset({EmailKind.STEP, EmailKind.TRANSACTIONAL})


class NotPublishable(Exception):
    """A campaign is not published: it is scheduled. A preset never goes out itself."""


class NotSigned(Exception):
    """Its words have changed since they were signed, and nobody has put their name under the new ones."""


class NotFit(Exception):
    """These words may not be mailed; `findings` say where and why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(" ".join(str(finding) for finding in findings))
        self.findings = findings


@transaction.atomic
def publish(email: EmailTemplate, *, version: int, by: User, now: datetime, signature: str = "") -> CompiledEmail:
    """Let this version go out from now on, signed where it is a mail of the course that was signed before.

    Raises NotPublishable, Conflict when it is no longer the present version, NotFit and NotSigned.
    """
    if email.kind not in GOES_OUT:
        raise NotPublishable
    found, name = locked(email), _name(signature)
    if found.version != version:
        raise Conflict(found)
    blocking = [finding for finding in queries.findings(found) if finding.blocking]
    if blocking:
        raise NotFit(blocking)
    if signing.standing(found).needs_signature and not name:
        raise NotSigned
    variant, _is_new = Variant.objects.get_or_create(email=found, label=queries.STANDING)
    frozen = services.freeze(variant, now=now)
    is_signed = bool(name) and signing.is_of_the_course(found)
    if is_signed:
        signing.sign(found, version=version, name=name, by=by, now=now)
    signed_by = name if is_signed else ""
    audit.record("email.published", subject=f"email:{found.pk}", by=by, version=version, signed_by=signed_by)
    return frozen


def _name(signature: str) -> str:
    """The name as it is read; nothing for what is none."""
    name = " ".join(richtext.visible(signature).split())[:LONGEST_NAME]
    return name if any(letter.isalpha() for letter in name) else ""
