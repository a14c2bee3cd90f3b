"""Every address of the site, by app. What an app serves below its prefix is its own urls module."""

from django.urls import include, path
from django.views.generic import RedirectView

from config import health
from website.views import missing

urlpatterns = [
    path("healthz", health.live),
    path("readyz", health.ready),
    path("webhooks/", include("anymail.urls")),
    path("api/v1/", include("api.urls")),
    path("studio", RedirectView.as_view(pattern_name="studio:dashboard")),
    path("studio/", include("studio.urls")),
    path("", include("website.urls")),
    path("<path:rest>", missing.missing),
]

handler400 = "website.errors.malformed"
handler403 = "website.errors.refused"
handler404 = "website.errors.not_found"
handler500 = "website.errors.broken"
