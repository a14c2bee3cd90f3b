"""What the composer has done in one click without being left: a test mail, a look at links, words allowed."""

from http import HTTPStatus

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.content import overrides
from newsletter.content.compile import NotCompilable
from newsletter.content.models import EmailTemplate
from studio import scripted, words
from studio.forms.preflight import ReasonForm
from studio.queries import rules
from studio.scripted import Refused
from studio.services import drafting

Said = dict[str, str]


@access.may_in_json("send_campaigns")
@require_POST
@scripted.answers
def email_test(request: StaffRequest, pk: int) -> Said:
    """Mail what is saved to whoever asks."""
    email = get_object_or_404(EmailTemplate, pk=pk)
    try:
        drafting.send_test(email, to=request.user, now=database_now())
    except NotCompilable as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    return {"said": _("A test leaves within seconds, to %(email)s.") % {"email": request.user.email}}


@access.may_in_json("send_campaigns")
@require_POST
@scripted.answers
def email_links(request: StaffRequest, pk: int) -> Said:
    """Have the links that are saved looked at afresh."""
    email = get_object_or_404(EmailTemplate, pk=pk)
    return {"said": words.links_asked(drafting.look_at_links(email, now=database_now()))}


@access.may_in_json("send_campaigns")
@require_POST
@scripted.answers
def email_allow(request: StaffRequest, pk: int, key: str) -> Said:
    """Let words stand that a rule forbids, for a reason."""
    email = get_object_or_404(EmailTemplate, pk=pk)
    form = ReasonForm({"reason": scripted.text(scripted.read(request), "reason")})
    if not form.is_valid():
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, " ".join(str(why) for why in form.errors["reason"]))
    finding = rules.finding(email, key)
    if finding is None:
        why = _("These words do not stand there any more, or were allowed already.")
        raise Refused(HTTPStatus.CONFLICT, why)
    overrides.allow(email, finding, reason=form.cleaned_data["reason"], by=request.user, now=database_now())
    return {"said": _("Allowed, in this sentence of this email, as long as it stands there.")}
