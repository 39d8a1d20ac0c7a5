"""All addresses: the frame at the root, each part under its own name."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from collis_clinic.web import api, failures

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("collis_clinic.web.urls")),
    path("account/", include("collis_clinic.web.account_urls")),
    path("visits/", include("collis_clinic.visits.urls")),
    path("own/", include("collis_clinic.patients.urls")),
    path("guide/", include("collis_clinic.guide.urls")),
    path("stories/", include("collis_clinic.stories.urls")),
    path("registry/", include("collis_clinic.registry.urls")),
    path("letters/", include("collis_clinic.letters.urls")),
    path("api/", include((list(api.urls()), "api"))),
    path("fhir/", include("collis_clinic.fhir.urls")),
]

handler400 = failures.bad_request
handler403 = failures.forbidden
handler404 = failures.not_found
handler500 = failures.broken
