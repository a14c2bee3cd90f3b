"""The library: pictures for mails, by label; what the page and the composer upload comes the same way."""

import logging
from urllib.parse import urlencode

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.content.pictures import queries, services, store, uses
from newsletter.content.pictures.encode import LARGEST_FILE
from newsletter.content.pictures.models import Picture
from newsletter.content.pictures.services import Added
from newsletter.content.pictures.unfit import Unfit
from studio.forms.pictures import DescribeForm
from studio.pages import show

logger = logging.getLogger(__name__)

A_PAGE = 48
MOST_ASKED = 200
"""Names in one question; more than a mail has pictures."""
MOST_NAMED = 4


@access.may("write_emails")
@require_GET
def library(request: StaffRequest) -> HttpResponse:
    """Every picture, or those that say the words asked for."""
    return _library(request)


@access.may_in_json("write_emails")
@require_GET
def pictures(request: StaffRequest) -> HttpResponse:
    """The library for a page's script, a page at a time; or just those that are named, of which it knows no more."""
    named = request.GET.getlist("name")[:MOST_ASKED]
    if named:
        return JsonResponse({"pictures": [_said(picture) for picture in queries.named(named)]})
    page = Paginator(queries.library(_words(request)), A_PAGE).get_page(request.GET.get("page"))
    pages = {"page": page.number, "pages": page.paginator.num_pages}
    return JsonResponse({"pictures": [_said(picture) for picture in page], **pages})


@access.may_in_json("write_emails")
@require_POST
def picture_upload(request: StaffRequest) -> HttpResponse:
    """One picture, from a page's script; a refusal says why."""
    try:
        added = _added(request.FILES.get("file"), request)
    except Unfit as error:
        return JsonResponse({"why": str(error)}, status=422)
    return JsonResponse({**_said(added.picture), "is_new": added.is_new, "note": _note(added)}, status=201)


@access.may("write_emails")
@require_POST
def picture_add(request: StaffRequest) -> HttpResponse:
    """Pictures from the page's form, where no script runs."""
    files: list[UploadedFile | None] = [*request.FILES.getlist("file")]
    for file in files or [None]:
        try:
            added = _added(file, request)
        except Unfit as error:
            messages.error(request, f"{file.name}: {error}" if file is not None else str(error))
        else:
            messages.success(request, _say_added(added))
    return redirect("studio:library")


@access.may("write_emails")
@require_POST
def picture_describe(request: StaffRequest, name: str) -> HttpResponse:
    picture = _picture(name)
    form = DescribeForm(request.POST, instance=picture, prefix=picture.name[:8])
    if not form.is_valid():
        return _library(request, form)
    said = form.cleaned_data
    services.describe(
        picture, label=said["label"], alt=said["alt"], is_decorative=said["is_decorative"], by=request.user
    )
    messages.success(request, _("Saved: %(label)s") % {"label": said["label"]})
    return _back(request, picture)


@access.may("write_emails")
@require_POST
def picture_delete(request: StaffRequest, name: str) -> HttpResponse:
    picture = _picture(name)
    try:
        services.delete(picture, by=request.user)
    except services.InUse as error:
        messages.error(request, _say_used(picture, [use.what for use in error.uses]))
        return _back(request, picture)
    messages.success(request, _("“%(label)s” is deleted.") % {"label": picture.label})
    return _back(request)


def _library(request: StaffRequest, wrong: DescribeForm | None = None) -> HttpResponse:
    words = _words(request)
    page = Paginator(queries.library(words), A_PAGE).get_page(request.GET.get("page"))
    drafted = uses.in_drafts()
    cards = [
        {
            "picture": picture,
            "path": queries.path(picture.name),
            "drafts": drafted[picture.reference],
            "form": wrong if wrong and wrong.instance.pk == picture.pk else _form(picture),
            "is_open": bool(wrong and wrong.instance.pk == picture.pk),
        }
        for picture in page
    ]
    context = {"page": page, "cards": cards, "words": words, "largest": LARGEST_FILE // 2**20}
    part = "#grid" if request.htmx else ""
    return show(request, "studio/pictures/library.html" + part, context, now=database_now())


def _picture(name: str) -> Picture:
    """Raises Http404, also for what no picture could be called."""
    if not store.NAME.fullmatch(name):
        raise Http404
    return get_object_or_404(Picture, name=name)


def _words(request: StaffRequest) -> str:
    """What is looked for: as much of it as can stand in a database."""
    return " ".join(request.GET.get("q", "")[:100].replace("\0", " ").split())


def _back(request: StaffRequest, picture: Picture | None = None) -> HttpResponse:
    """To where on the page somebody was: what they looked for, and the picture."""
    asked = {name: request.POST[name][:100] for name in ("q", "page") if request.POST.get(name)}
    place = f"#p-{picture.name}" if picture else ""
    return redirect(reverse("studio:library") + (f"?{urlencode(asked)}" if asked else "") + place)


def _form(picture: Picture) -> DescribeForm:
    return DescribeForm(instance=picture, prefix=picture.name[:8])


def _added(file: UploadedFile | None, request: StaffRequest) -> Added:
    """Take one uploaded file; raises Unfit with whatever keeps it out."""
    if file is None:
        raise Unfit(_nothing_came(request))
    try:
        return services.add(file.read(), filename=file.name or "", by=request.user, now=database_now())
    except store.StoreFailed:
        logger.exception("A picture could not be stored")
        raise Unfit(
            _("The picture could not be stored. Nothing is wrong with it: tell whoever looks after the server.")
        ) from None


def _nothing_came(request: StaffRequest) -> str:
    """A file beyond the limit is dropped on its way in: what is left of it is how long the request was."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > LARGEST_FILE:
        return _("The file is larger than %(most)d MB. Save it smaller.") % {"most": LARGEST_FILE // 2**20}
    return _("Choose a picture first.")


def _say_added(added: Added) -> str:
    said = _("In the library: %(label)s") if added.is_new else _("The library had it already: %(label)s")
    return " ".join(filter(None, [said % {"label": added.picture.label}, _note(added)]))


def _note(added: Added) -> str:
    """What became of the picture that its owner would not expect."""
    if not added.is_stilled:
        return ""
    return _("It moved for too long, or was too heavy for a mail: only its first picture is kept, and stands still.")


def _say_used(picture: Picture, places: list[str]) -> str:
    """Where it is used; of many places the first few."""
    where = "; ".join(places[:MOST_NAMED])
    if len(places) > MOST_NAMED:
        where += "; " + _("and %(n)d more") % {"n": len(places) - MOST_NAMED}
    said = ngettext(
        "“%(label)s” stays, because it is used: %(where)s.",
        "“%(label)s” stays, because it is used in %(n)d places: %(where)s.",
        len(places),
    )
    return said % {"label": picture.label, "where": where, "n": len(places)}


def _said(picture: Picture) -> dict[str, object]:
    shown = queries.shown(picture)
    return {
        "name": picture.reference,
        "url": queries.path(picture.name),
        "width": shown.width,
        "height": shown.height,
        "alt": picture.alt,
        "decorative": picture.is_decorative,
        "label": picture.label,
    }
