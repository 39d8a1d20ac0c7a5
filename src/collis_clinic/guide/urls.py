"""Addresses of this part."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "guide"

urlpatterns: list[URLPattern] = []
