"""Who a patient is: kept apart from the clinical rows, encrypted under a key of its own, found by blind index.

Each person has a random key, wrapped by the identity key of the clinic. Erasing a person destroys the identity row
and with it the wrapped key; nothing else anywhere says who it was.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12
KEY_BITS = 256


class Unreadable(RuntimeError):
    """An identity that the key does not open: a wrong key file, or a row changed or moved by hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who a patient is. What is not known is None."""

    surname: str
    given_name: str
    birth_date: date | None = None
    record_number: str | None = None
    phone: str | None = None
    address: str | None = None
    insurance_number: str | None = None

    @property
    def name(self) -> str:
        """As shown in a list."""
        return f"{self.surname}, {self.given_name}" if self.given_name else self.surname

    def __repr__(self) -> str:
        return "Person(...)"

    def age_on(self, day: date) -> int | None:
        """Whole years on a day."""
        born = self.birth_date
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Sealed:
    """A person as stored: the wrapped key and the encrypted words."""

    wrapped_key: bytes
    words: bytes


def seal(person: Person, patient: UUID) -> Sealed:
    """Encrypt under a fresh key, bound to the patient's pseudonym."""
    key = AESGCM.generate_key(KEY_BITS)
    text = json.dumps({k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(person).items()})
    return Sealed(
        wrapped_key=_encrypt(settings.KEYS.identity, key, b"key\0" + patient.bytes),
        words=_encrypt(key, text.encode(), b"words\0" + patient.bytes),
    )


def open_sealed(sealed: Sealed, patient: UUID) -> Person:
    """The person; `Unreadable` where the key does not fit."""
    try:
        key = _decrypt(settings.KEYS.identity, sealed.wrapped_key, b"key\0" + patient.bytes)
        values = json.loads(_decrypt(key, sealed.words, b"words\0" + patient.bytes))
    except InvalidTag:
        raise Unreadable("The identity cannot be read with this clinic's key.") from None
    born = values.pop("birth_date")
    return Person(birth_date=None if born is None else date.fromisoformat(born), **values)


def tokens(person: Person) -> dict[str, str]:
    """The blind index of a person: what is known of surname, birth date and record number, hashed with the key."""
    said = {
        "surname": person.surname,
        "birth_date": person.birth_date.isoformat() if person.birth_date else "",
        "record_number": person.record_number or "",
    }
    return {kind: token(kind, text) for kind, text in said.items() if normalised(text)}


def token(kind: str, text: str) -> str:
    """The blind index of one thing searched for."""
    return hmac.new(settings.KEYS.index, f"{kind}\0{normalised(text)}".encode(), hashlib.sha256).hexdigest()


def normalised(text: str) -> str:
    """Letters and digits only, small, without accents: Müller-Lüdenscheidt and MULLER LUDENSCHEIDT are found alike.

    >>> normalised(" O'Brien-Müller ")
    'obrienmuller'
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if c.isalnum() and not unicodedata.combining(c))


def _encrypt(key: bytes, plain: bytes, about: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def _decrypt(key: bytes, sealed: bytes, about: bytes) -> bytes:
    raw = bytes(sealed)
    return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about)
