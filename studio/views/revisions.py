"""What an email said before: its versions, two of them side by side, and having one back."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.content import compare, signing
from newsletter.content.drafts import Conflict
from newsletter.content.models import EmailRevision, EmailTemplate
from studio.pages import show
from studio.queries import history
from studio.services import drafting


@access.may("write_emails")
@require_GET
def email_revisions(request: StaffRequest, pk: int) -> HttpResponse:
    """The versions, the newest first; `old` and `new` in the address are compared."""
    email = get_object_or_404(EmailTemplate.objects.select_related("updated_by"), pk=pk)
    entries = history.entries(email)
    old, new = _chosen(entries, request.GET.get("old"), request.GET.get("new"))
    context = {
        "email": email,
        "entries": entries,
        "standing": signing.standing(email),
        "is_editable": drafting.is_editable(email),
        "old": old,
        "new": new,
        "rows": compare.compared(old.words, new.words, history.names()) if old and new and old is not new else None,
    }
    return show(request, "studio/revisions/revisions.html", context, now=database_now())


@access.may("write_emails")
@require_POST
def revision_restore(request: StaffRequest, pk: int) -> HttpResponse:
    """Let the email say again what it said in this version."""
    revision = get_object_or_404(EmailRevision.objects.select_related("email"), pk=pk)
    seen = request.POST.get("version", "")
    if not (seen.isascii() and seen.isdigit()):
        raise Http404
    try:
        drafting.restore(revision, version=int(seen[:9]), by=request.user, now=database_now())
    except Conflict as conflict:
        who = str(conflict.theirs.updated_by or "")
        messages.error(request, _("%(who)s has saved it in the meantime. Look at what is new first.") % {"who": who})
    except drafting.NotEditable:
        messages.error(request, _("This campaign can no longer be changed."))
    else:
        messages.success(request, _("It says again what it said in version %(n)d.") % {"n": revision.version})
    return redirect("studio:email_revisions", pk=revision.email_id)


def _chosen(
    entries: list[history.Entry], old: str | None, new: str | None
) -> tuple[history.Entry | None, history.Entry | None]:
    """The two versions that the address names; without it the last two, the older one first."""
    by_version = {str(entry.words.version): entry for entry in entries}
    found = [by_version[name] for name in (old, new) if name in by_version]
    if len(found) < 2:  # noqa: PLR2004 - two are compared
        found = entries[:2]
    ordered = sorted(found, key=lambda entry: entry.words.version)
    return (ordered[0], ordered[1]) if len(ordered) == 2 else (None, None)  # noqa: PLR2004
