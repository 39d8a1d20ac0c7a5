"""Toxin in the cupboard: lots, vials, movements, recalls."""

from __future__ import annotations

from django.apps import AppConfig


class StockConfig(AppConfig):
    """The app."""

    name = "collis_clinic.stock"
    label = "stock"
