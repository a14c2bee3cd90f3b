"""Every address of the site, by app. What an app serves below its prefix is its own urls module."""

from django.urls import include, path

from config import health

urlpatterns = [
    path("healthz", health.live),
    path("readyz", health.ready),
    path("webhooks/", include("anymail.urls")),
    path("studio/", include("studio.urls")),
    path("", include("website.urls")),
]

handler400 = "website.errors.malformed"
handler403 = "website.errors.refused"
handler404 = "website.errors.not_found"
handler500 = "website.errors.broken"
