"""What the composer's page asks while somebody writes: keep it, show it, who else is there, let it go out."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from leads.models import Lead
from newsletter.content import findings, presence, publishing, signing
from newsletter.content.compile import NotCompilable
from newsletter.content.drafts import Conflict, NotStorable
from newsletter.content.models import EmailTemplate
from newsletter.content.services import Wording
from studio import previews, scripted
from studio.queries import look, reader
from studio.queries.look import Reading
from studio.scripted import Refused
from studio.services import drafting

Said = dict[str, Any]


@access.may_in_json("write_emails")
@require_POST
@scripted.answers
def email_save(request: StaffRequest, pk: int) -> Said:
    email, said = _email(pk), scripted.read(request)
    version, draft = scripted.number(said, "version"), _draft(said)
    try:
        saved = drafting.save(email, draft, version=version, by=request.user, now=database_now())
    except NotStorable as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, problems=look.problems(error.problems)) from None
    except Conflict as conflict:
        raise _conflict(conflict, request) from None
    except EmailTemplate.DoesNotExist:
        raise Http404 from None  # a preset that somebody has dropped at this moment
    except drafting.NotEditable:
        why = _("This campaign can no longer be changed: somebody has scheduled it, or it has left.")
        raise Refused(HTTPStatus.LOCKED, why) from None
    return {**_saved(saved), **_words(saved), "standing": _standing(saved)}


@access.may_in_json("write_emails")
@require_POST
@scripted.answers
def email_preview(request: StaffRequest, pk: int) -> Said:
    """What is typed, as the chosen lead would get it; nothing is saved."""
    email, said = _email(pk), scripted.read(request)
    lead_pk = said.get("lead")
    lead = None if lead_pk is None else get_object_or_404(Lead, pk=scripted.number(said, "lead"), erased_at=None)
    reading = Reading(lead, is_dark=scripted.flag(said, "dark"), now=database_now())
    return look.look(email, _draft(said), reading).as_json()


@access.may_in_json("write_emails")
@require_http_methods(["GET", "POST"])
@scripted.answers
def email_here(request: StaffRequest, pk: int) -> Said:
    """Whether somebody has saved since, and who else is there. A POST says that the asker is there too.

    A GET brings a fresh token: whoever signed in again in another window goes on writing in this one with it.
    """
    email, now = _email(pk), database_now()
    token = {"csrf": get_token(request)} if request.method == "GET" else {}
    if request.method == "POST":
        presence.note(email, who=request.user, now=now)
    others = presence.others(email, than=request.user, now=now)
    is_editable = drafting.is_editable(email)
    return {**_saved(email), "others": others, "editable": is_editable, "standing": _standing(email), **token}


@access.may_in_json("write_emails")
@require_POST
@scripted.answers
def email_publish(request: StaffRequest, pk: int) -> Said:
    """Let what is saved go out from now on. A mail of the course that was signed asks for a name under it."""
    email, said = _email(pk), scripted.read(request)
    version, name = scripted.number(said, "version"), scripted.text(said, "signature", default="")
    try:
        publishing.publish(email, version=version, by=request.user, now=database_now(), signature=name)
    except publishing.NotPublishable:
        raise Refused(HTTPStatus.CONFLICT, _("A campaign is scheduled, not published.")) from None
    except Conflict as conflict:
        raise _conflict(conflict, request) from None
    except NotCompilable as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, problems=look.problems(error.problems)) from None
    except publishing.NotFit as error:
        blocking = [findings.as_json(finding) for finding in error.findings]
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, problems=blocking) from None
    except publishing.NotSigned:
        why = _("These words are not the ones that were signed. Put the practitioner's name under them.")
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, why, needs_signature=True, problems=[]) from None
    return {"version": version, "standing": _standing(email)}


@access.may_in_json("write_emails")
@require_GET
@scripted.answers
def email_readers(request: StaffRequest) -> HttpResponse:
    """People to look at a mail as."""
    found = reader.found(request.GET.get("q", "")[:100])
    return scripted.answer([{"id": lead.pk, "label": reader.label(lead)} for lead in found])


@access.may("write_emails")
@require_GET
@previews.framed
def preview_frame(request: StaffRequest) -> HttpResponse:
    """An empty page under a mail's policy, for the composer to write the mail into."""
    return previews.frame(previews.sentence(""))


def _email(pk: int) -> EmailTemplate:
    return get_object_or_404(EmailTemplate.objects.select_related("updated_by"), pk=pk)


def _draft(said: Said) -> Wording:
    subject, preheader = (scripted.text(said, name) for name in ("subject", "preheader"))
    return Wording(subject, preheader, said.get("document"))  # type: ignore[arg-type]


def _saved(email: EmailTemplate) -> Said:
    local = timezone.localtime(email.updated_at)
    return {
        "version": email.version,
        "saved_at": email.updated_at.isoformat(),
        "saved": f"{local:%H:%M} {local.tzname()}",
        "by": str(email.updated_by or ""),
    }


def _words(email: EmailTemplate) -> Said:
    """As they are kept, which is not letter by letter as they were sent: rich text is written anew."""
    return {"subject": email.subject, "preheader": email.preheader, "document": email.body}


def _standing(email: EmailTemplate) -> Said:
    """What goes out against what is saved, as the page says it."""
    found = signing.standing(email)
    return {
        "published_version": found.published_version,
        "is_changed": found.is_changed,
        "needs_signature": found.needs_signature,
        "signed_by": found.signed.name if found.signed else "",
        "signed_version": found.signed.version if found.signed else None,
    }


def _conflict(conflict: Conflict, request: StaffRequest) -> Refused:
    """Both texts are safe: theirs is here, and what was sent is still on the page."""
    theirs = conflict.theirs
    return Refused(
        HTTPStatus.CONFLICT,
        **_saved(theirs),
        **_words(theirs),
        mine=theirs.updated_by_id == request.user.pk,
    )
