"""Team: who works here, what their role is, and inviting colleagues."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access, queries, services
from accounts.access import StaffRequest
from accounts.models import Role, User
from clinic.clock import database_now
from studio.forms.team import InviteForm, RoleForm
from studio.pages import show
from studio.services import team as acts


@access.may("manage_team")
@require_GET
def team(request: StaffRequest) -> HttpResponse:
    now = database_now()
    context = {"staff": queries.staff(), "invitations": queries.open_invitations(now)}
    return show(request, "studio/team/team.html", context, now=now)


@access.may("manage_team")
def invite(request: StaffRequest) -> HttpResponse:
    now = database_now()
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        try:
            acts.invite(wanted["email"], name=wanted["name"], role=Role(wanted["role"]), by=request.user, now=now)
        except services.AlreadyStaff:
            form.add_error("email", _("Somebody signs in with this address already."))
        else:
            messages.success(request, _("The invitation goes to %(email)s. It holds for a week.") % wanted)
            return redirect("studio:team")
    return show(request, "studio/team/invite.html", {"form": form}, now=now)


@access.may("manage_team")
@require_POST
def invitation_withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    now = database_now()
    invitation = get_object_or_404(queries.open_invitations(now), pk=pk)
    services.withdraw_invitation(invitation, by=request.user, now=now)
    messages.success(request, _("The invitation of %(name)s is withdrawn.") % {"name": invitation.name})
    return redirect("studio:team")


@access.may("manage_team")
def member(request: StaffRequest, pk: int) -> HttpResponse:
    """One colleague: the role, and whether they still work here."""
    person = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST or None, initial={"role": person.role})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_role(person, role=Role(form.cleaned_data["role"]), by=request.user)
        except services.LastOwner as error:
            form.add_error("role", str(error))
        else:
            messages.success(request, _("The role is changed."))
            return redirect("studio:team")
    return show(request, "studio/team/member.html", {"person": person, "form": form}, now=database_now())


@access.may("manage_team")
def member_deactivate(request: StaffRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk, is_active=True)
    if request.method == "POST":
        try:
            services.deactivate(person, by=request.user)
        except services.LastOwner as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("%(name)s cannot sign in any more.") % {"name": person})
        return redirect("studio:team")
    context = {
        "title": _("Let %(name)s go?") % {"name": person},
        "sentence": _("They are signed out at once and cannot sign in again. What they did keeps their name."),
        "button": _("End their access"),
        "is_danger": True,
        "back_url": reverse("studio:member", args=[pk]),
    }
    return show(request, "studio/confirm.html", context, now=database_now())


@access.may("manage_team")
@require_POST
def member_reactivate(request: StaffRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk, is_active=False)
    services.reactivate(person, by=request.user)
    messages.success(request, _("%(name)s can sign in again.") % {"name": person})
    return redirect("studio:team")
