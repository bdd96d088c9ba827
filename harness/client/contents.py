"""Everything a card tells, typed. ``to_json`` gives the stable form that scripts may rely on."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import singledispatch
from typing import Any

from apdu_specs.values import Address, BuddhistDate, Name, Sex

BASE64_FIELDS = ("photo", "signature")
"""Long binary fields; other bytes are hex in JSON."""


@dataclass(frozen=True, slots=True)
class Person:
    """The MOI applet. Blank text is empty, a blank date None; so is whatever cannot be decoded."""

    version: str | None = None
    citizen_id: str | None = field(default=None, repr=False)
    thai_name: Name | None = field(default=None, repr=False)
    english_name: Name | None = field(default=None, repr=False)
    birth_date: BuddhistDate | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    request_number: str | None = field(default=None, repr=False)
    issuer: str | None = field(default=None, repr=False)
    issuer_code: str | None = field(default=None, repr=False)
    issue_date: BuddhistDate | None = field(default=None, repr=False)
    expiry_date: BuddhistDate | None = field(default=None, repr=False)
    card_type: str | None = None
    photo_header: bytes | None = field(default=None, repr=False)
    photo: bytes | None = field(default=None, repr=False)
    address: Address | None = field(default=None, repr=False)
    photo_number: str | None = field(default=None, repr=False)
    signature: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Rights:
    """The NHSO applet."""

    version: str | None = None
    main_inscl: str | None = None
    sub_inscl: str | None = None
    main_hospital: str | None = None
    sub_hospital: str | None = None
    paid_type: str | None = None
    issue_date: BuddhistDate | None = None
    expiry_date: BuddhistDate | None = None
    update_date: BuddhistDate | None = None
    hospital_changes: str | None = None


@dataclass(frozen=True, slots=True)
class Adm:
    """The ADM applet's info. ``laser_number`` is None on old chips."""

    version: bytes | None = None
    state: bytes | None = None
    authorize: bytes | None = None
    reserved: bytes | None = None
    laser_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Chip:
    """The chip's production data (CPLC). ``serial`` is the card serial."""

    header: bytes | None = None
    ic_fabricator: bytes | None = None
    ic_type: bytes | None = None
    os_id: bytes | None = None
    os_date: bytes | None = None
    os_level: bytes | None = None
    serial: bytes | None = None
    ic_module: bytes | None = None
    icc_manufacturer: bytes | None = None
    pre_perso: bytes | None = None
    perso: bytes | None = None


@dataclass(frozen=True, slots=True)
class CardContents:
    """All of a card. ``rights`` is None if the card has none; ``unreadable`` names fields that did not decode,
    such as ``person.birth_date``."""

    generation: str | None
    atr: bytes
    person: Person
    rights: Rights | None
    adm: Adm | None
    chip: Chip | None
    unreadable: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-ready: bytes as hex, photo and signature as base64, dates as objects, absent values null."""
        document = jsonable(self)
        assert isinstance(document, dict)
        for name in BASE64_FIELDS:
            raw = getattr(self.person, name)
            document["person"][name] = None if raw is None else b64encode(raw).decode("ascii")
        return document


@singledispatch
def jsonable(value: Any) -> Any:
    """``value`` as JSON knows it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: jsonable(getattr(value, each.name)) for each in fields(value)}
    return value


@jsonable.register
def _(value: bytes) -> str:
    return value.hex().upper()


@jsonable.register
def _(value: tuple) -> list[Any]:  # type: ignore[type-arg]
    return [jsonable(each) for each in value]


@jsonable.register
def _(value: Enum) -> str:
    return value.name.lower()


@jsonable.register
def _(value: BuddhistDate) -> dict[str, Any]:
    christian = value.to_christian()
    return {
        "digits": value.digits(),
        "year": None if value.is_lifelong else value.year,
        "month": None if value.is_lifelong else value.month,
        "day": None if value.is_lifelong else value.day,
        "lifelong": value.is_lifelong,
        "iso": christian.isoformat() if christian else None,
    }
