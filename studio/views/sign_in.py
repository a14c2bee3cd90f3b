"""Signing in and out, a forgotten password, an invitation, one's own account."""

from datetime import datetime
from typing import Any, cast

from axes.helpers import get_client_ip_address
from axes.models import AccessAttempt
from axes.utils import reset as unlock
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash, views
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import access, queries, services
from accounts.access import StaffRequest
from accounts.models import User
from clinic.clock import database_now
from studio.forms.sign_in import (
    AccountForm,
    ForgottenForm,
    NewPasswordForm,
    OwnPasswordForm,
    SignInForm,
    WelcomeForm,
)
from studio.pages import show
from studio.services import team

BACKEND = "django.contrib.auth.backends.ModelBackend"

sign_in = access.everyone(
    views.LoginView.as_view(
        template_name="studio/sign_in/sign_in.html",
        authentication_form=SignInForm,
        redirect_authenticated_user=True,
    )
)
sign_out = access.everyone(views.LogoutView.as_view())


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any]) -> HttpResponse:
    """Say when to try again, after too many wrong passwords for one address from one place."""
    tried = AccessAttempt.objects.filter(
        username=credentials.get("username"), ip_address=get_client_ip_address(request)
    ).order_by("-attempt_time")
    last_at: datetime = tried.values_list("attempt_time", flat=True).first() or database_now()
    again_at = last_at + settings.AXES_COOLOFF_TIME
    return render(request, "studio/sign_in/locked_out.html", {"again_at": again_at, "now": timezone.now()}, status=429)


@access.everyone
def forgotten(request: HttpRequest) -> HttpResponse:
    """The same answer for known and unknown addresses."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        team.send_password_link(form.cleaned_data["email"], now=database_now())
        return redirect("studio:forgotten_done")
    return render(request, "studio/sign_in/forgotten.html", {"form": form})


@access.everyone
def forgotten_done(request: HttpRequest) -> HttpResponse:
    return render(request, "studio/sign_in/forgotten_done.html")


class NewPassword(views.PasswordResetConfirmView):
    """Django moves the token from the address into the session before it shows the form."""

    template_name = "studio/sign_in/new_password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("studio:sign_in")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        user = cast("User", self.user)
        services.set_password(user, password=form.cleaned_data["new_password1"])
        del self.request.session[views.INTERNAL_RESET_SESSION_TOKEN]
        unlock(username=user.email)
        messages.success(self.request, _("Your password is changed. Sign in with the new one."))
        return redirect(self.get_success_url())


new_password = access.everyone(NewPassword.as_view())


@sensitive_post_parameters("password")
@access.everyone
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    now = database_now()
    invitation = queries.invitation_by_token(token, now=now)
    if invitation is None:
        return render(request, "studio/sign_in/welcome_over.html", status=404)
    form = WelcomeForm(request.POST or None, invitation=invitation)
    if request.method == "POST" and form.is_valid():
        user = services.accept(
            invitation, name=form.cleaned_data["name"], password=form.cleaned_data["password"], now=now
        )
        login(request, user, backend=BACKEND)
        return redirect("studio:dashboard")
    return render(request, "studio/sign_in/welcome.html", {"form": form, "invitation": invitation})


@access.may("see_studio")
def account(request: StaffRequest) -> HttpResponse:
    form = AccountForm(request.POST or None, initial={"name": request.user.name})
    if request.method == "POST" and form.is_valid():
        services.rename(request.user, name=form.cleaned_data["name"])
        messages.success(request, _("Your name is changed."))
        return redirect("studio:account")
    return show(request, "studio/sign_in/account.html", {"form": form}, now=database_now())


@sensitive_post_parameters("new_password1", "new_password2", "old_password")
@access.may("see_studio")
def own_password(request: StaffRequest) -> HttpResponse:
    form = OwnPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.set_password(request.user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(request, request.user)
        messages.success(request, _("Your password is changed. Other browsers are signed out."))
        return redirect("studio:account")
    return show(request, "studio/sign_in/own_password.html", {"form": form}, now=database_now())
