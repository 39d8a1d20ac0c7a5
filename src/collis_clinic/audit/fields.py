"""Exact decimals on every database: kept as whole numbers of their smallest step."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Field
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from collis.units import plain


class FixedField(models.BigIntegerField):  # type: ignore[type-arg]
    """A decimal of at most `places` digits after the point, stored as an integer, so that sums and constraints are
    exact on SQLite too. A value of more digits, NaN or infinity is refused, never rounded.

    In lookups and constraints use the decimal; `scaled` gives the stored number.
    """

    if TYPE_CHECKING:
        _pyi_private_set_type: Decimal | int | str | Combinable  # type: ignore[assignment]
        _pyi_private_get_type: Decimal  # type: ignore[assignment]

    def __init__(self, *args: Any, places: int = 2, **kwargs: Any) -> None:
        self.places = places
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "places": self.places}

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.places)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        if isinstance(value, bool | float):
            raise ValidationError(_("Write an exact number."), code="inexact")
        try:
            number = Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            raise ValidationError(_("Read “%(read)s”, expected a number."), params={"read": value}) from None
        self.scaled(number)
        return number

    def scaled(self, number: Decimal) -> int:
        """The whole number stored for a decimal."""
        if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
            raise ValidationError(_("Read “%(read)s”, expected a number."), params={"read": str(number)[:40]})
        steps = number.scaleb(self.places)
        if steps != steps.to_integral_value():
            raise ValidationError(
                _("Read %(read)s, expected at most %(places)s digits after the point."),
                params={"read": plain(number), "places": self.places},
            )
        return int(steps)

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        number = self.to_python(value)
        return None if number is None else self.scaled(number)

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        from django import forms

        return Field.formfield(
            self, form_class=forms.DecimalField, decimal_places=self.places, max_digits=12, **kwargs
        )

    @property
    def validators(self) -> list[Any]:
        return list(cast("Any", self)._validators)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else plain(value)
