"""The article that everything begins with, and the quiet pages beside it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clinic import clock
from clinic import queries as clinic
from leads.consent import wording
from website import access, visits
from website.forms.sign_up import SignUpForm
from website.views import demo


@access.page
def home(request: HttpRequest) -> HttpResponse:
    """The article; in the demo the page with the doors."""
    return demo.doors(request) if settings.DEMO else article(request)


@access.page
def article(request: HttpRequest) -> HttpResponse:
    now = clock.database_now()
    visits.count(request, "article", now=now)
    form = SignUpForm(request, now=now, words=wording.marketing(clinic.profile()))
    return render(request, "website/article.html", {"form": form})


@access.page
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "website/privacy.html")


@access.page
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines may read the article and the archive; links from mails and the studio are none of theirs."""
    private = ("/studio/", "/api/", "/webhooks/", "/c/", "/u/", "/p/", "/b/", "/a/", "/v/", "/confirm/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in private)]
    lines.append(f"Sitemap: {settings.PUBLIC_URL}{reverse('website:sitemap')}")
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
