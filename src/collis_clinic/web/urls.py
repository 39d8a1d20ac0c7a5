"""Pages of the frame: home, health, offline. Lists and forms of the parts join here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from collis_clinic.web import failures, home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("health/", home.health, name="health"),
    path("offline/", failures.offline, name="offline"),
    path("sw.js", home.service_worker, name="service-worker"),
    path("emergency/<uuid:patient>/", home.emergency, name="break-glass"),
    path("emergency/", home.emergencies, name="break-glass-list"),
    path("emergency/<uuid:number>/review/", home.review_emergency, name="break-glass-review"),
]
