"""The two signatures of the checklist: the practitioner's under the mails of the course, and a test mail seen."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic import queries as clinic
from clinic.clock import database_now
from newsletter.campaigns import services as campaigns
from newsletter.rendering import preview
from studio import previews
from studio.forms.setup import SignOffForm
from studio.pages import show
from studio.queries.course import latest_test, letter, letters, signed
from studio.services import setup as acts


@access.may("change_setup")
def setup_content(request: StaffRequest) -> HttpResponse:
    """The mails of the course, to be read and signed."""
    now = database_now()
    profile = clinic.profile()
    form = SignOffForm(request.POST or None, initial={"name": profile.practitioner})
    if request.method == "POST" and form.is_valid():
        acts.sign_off(form.cleaned_data["name"], by=request.user, now=now)
        messages.success(request, _("Signed. Thank you."))
        return redirect("studio:setup")
    context = {"letters": signed(), "form": form, "clinic": profile}
    return show(request, "studio/setup/content.html", context, now=now)


@access.may("change_setup")
@require_GET
@previews.framed
def setup_letter(request: StaffRequest, pk: int) -> HttpResponse:
    """One of the mails of the course as a reader gets it, for a frame."""
    revision = letter(pk)
    if revision is None:
        raise Http404
    reader = preview.sample(settings.PUBLIC_URL, sent_at=database_now())
    return previews.frame(preview.preview(revision, reader).html)


@access.may("change_setup")
@require_GET
def setup_test_mail(request: StaffRequest) -> HttpResponse:
    """Shows what became of the last test; the page asks for that part again until it is settled."""
    context = {"clinic": clinic.profile(), "latest": latest_test(request.user.pk)}
    template = "studio/setup/test_mail.html" + ("#latest" if request.htmx else "")
    return show(request, template, context, now=database_now())


@access.may("change_setup")
@require_POST
def test_mail_send(request: StaffRequest) -> HttpResponse:
    """Plan the first mail of the course for whoever is signed in."""
    first = letters()[0]
    campaigns.send_test(first.email, to=request.user, now=database_now())
    messages.success(request, _("The test mail leaves within seconds, to %(email)s.") % {"email": request.user.email})
    return redirect("studio:setup_test_mail")


@access.may("change_setup")
@require_POST
def test_mail_seen(request: StaffRequest) -> HttpResponse:
    acts.confirm_test_mail(by=request.user, now=database_now())
    messages.success(request, _("Good: the way to the inbox works."))
    return redirect("studio:setup")
