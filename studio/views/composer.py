"""The composer: one page for every email. The server draws it; what is done on it is static/studio/composer/.

What the page asks while somebody writes stands in `drafts`, `saved_blocks` and `pictures`.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.content.models import EmailTemplate
from studio.pages import show
from studio.queries import writing
from studio.services import drafting


@access.may("write_emails")
@require_GET
def email_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Write an email. A campaign that is scheduled or has left is shown on its own page instead."""
    email = get_object_or_404(EmailTemplate.objects.select_related("updated_by"), pk=pk)
    page = writing.page(email)
    if not drafting.is_editable(email):
        messages.error(request, _("Only a draft can be changed. Take it back first."))
        return redirect(page.back)
    state = writing.state(email)
    context = {
        "email": email,
        "page": page,
        "state": state,
        "fields": state["fields"],
        "kinds": writing.kinds(email),
        "targets": writing.choices(email),
    }
    return show(request, "studio/composer/edit.html", context, now=database_now())
