"""Toxin in the cupboard: lots, single vials, and the movements that explain every tenth of a Unit.

Patients appear only by pseudonym. A vial's contents always equal what was drawn, what was wasted and what is left;
the database holds that by itself.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from collis.knowledge.names import PRODUCTS
from collis_clinic.audit.fields import FixedField
from collis_clinic.audit.guards import Guard
from collis_clinic.audit.recorded import Recorded

PRODUCT_CHOICES = [(name, name) for name in PRODUCTS]


class VialState(models.TextChoices):
    """Where a vial stands; it only goes on, never back."""

    UNOPENED = "unopened", _("unopened")
    OPENED = "opened", _("opened")
    USED = "used", _("used up")
    WASTED = "wasted", _("wasted")
    EXPIRED = "expired", _("expired")
    RETURNED = "returned", _("returned")


NEXT: dict[str, frozenset[str]] = {
    VialState.UNOPENED: frozenset(
        {VialState.OPENED, VialState.WASTED, VialState.EXPIRED, VialState.RETURNED}
    ),
    VialState.OPENED: frozenset({VialState.USED, VialState.WASTED}),
    VialState.USED: frozenset(),
    VialState.WASTED: frozenset(),
    VialState.EXPIRED: frozenset({VialState.RETURNED}),
    VialState.RETURNED: frozenset(),
}


class Lot(Recorded):
    """One lot of one product and vial size, as printed on it."""

    product = models.CharField(max_length=40, choices=PRODUCT_CHOICES)
    brand = models.CharField(max_length=40, null=True)
    number = models.CharField(max_length=40)
    expiry = models.DateField(null=True)
    gtin = models.CharField(max_length=14, null=True)
    vial_units = FixedField(places=1)
    supplier = models.CharField(max_length=120, null=True)

    class Meta:
        ordering = ("product", "number")
        constraints = (
            models.UniqueConstraint(fields=["product", "number", "vial_units"], name="lot_once"),
            models.CheckConstraint(name="lot_units_above_0", condition=Q(vial_units__gt=0)),
        )

    def expired_on(self, day: date) -> bool:
        """Whether the lot may no longer be used on a day; an expiry nobody recorded counts as passed."""
        return self.expiry is None or self.expiry < day

    def __str__(self) -> str:
        return f"{self.product} {self.number}"


class Vial(Recorded):
    """One vial. `bound_to` is the patient whose own vial it is (supply by a specialty pharmacy), None for stock."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="vials")
    serial = models.CharField(max_length=40, null=True)
    state = models.CharField(max_length=10, choices=VialState.choices, default=VialState.UNOPENED)
    bound_to = models.UUIDField(null=True, db_index=True)
    place = models.CharField(max_length=60, null=True)
    received_on = models.DateField()
    opened_at = models.DateTimeField(null=True)
    contents = FixedField(places=1)
    drawn = FixedField(places=1, default=0)
    wasted = FixedField(places=1, default=0)
    left = FixedField(places=1)

    class Meta:
        ordering = ("lot__expiry", "recorded_at")
        constraints = (
            models.CheckConstraint(
                name="vial_contents_explained", condition=Q(contents=F("drawn") + F("wasted") + F("left"))
            ),
            models.CheckConstraint(
                name="vial_nothing_negative", condition=Q(drawn__gte=0, wasted__gte=0, left__gte=0)
            ),
            models.CheckConstraint(name="vial_state_known", condition=Q(state__in=VialState.values)),
        )
        indexes = (models.Index(fields=["state", "lot"], name="vial_state_lot"),)

    def subject_pseudonym(self) -> UUID | None:
        return self.bound_to

    def refuse_impossible(self) -> None:
        super().refuse_impossible()
        before = (self._stood or {}).get("state")
        if before is not None and before != self.state and self.state not in NEXT[before]:
            raise ValidationError(
                {"state": _("Read %(now)s after %(before)s; a vial never goes back.")
                 % {"now": VialState(self.state).label, "before": VialState(before).label}}
            )  # fmt: skip


class MovementKind(models.TextChoices):
    """What happened to a vial."""

    RECEIVED = "received", _("received")
    OPENED = "opened", _("opened")
    DRAWN = "drawn", _("drawn")
    WASTED = "wasted", _("wasted")
    EXPIRED = "expired", _("expired")
    RETURNED = "returned", _("returned")


class Movement(Recorded):
    """One step in a vial's life, written once. `session` and `patient` are pseudonyms."""

    guard: ClassVar[Guard] = Guard.APPEND_ONLY

    vial = models.ForeignKey(Vial, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=MovementKind.choices)
    units = FixedField(places=1)
    session = models.UUIDField(null=True, db_index=True)
    patient = models.UUIDField(null=True)
    reason = models.CharField(max_length=200, null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "recorded_at")
        constraints = (models.CheckConstraint(name="movement_not_negative", condition=Q(units__gte=0)),)

    def subject_pseudonym(self) -> UUID | None:
        return self.patient


class Recall(Recorded):
    """A lot called back: no vial of it is opened any more."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="recalls")
    notice = models.TextField()
    on = models.DateField()
    closed_on = models.DateField(null=True)
