"""ERM: the menu and modules an officer finds after login, and the levels that open them.

Menu and module titles are the manual's (pages 2.5 and 2.6). The annex with the real levels is not public, so
the levels, and what each may do, are ``assumed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apdu_specs.language import Text


class Level(StrEnum):
    """The single level of an officer's right."""

    SEARCH = "search"
    REGISTER = "register"
    AUTHENTICATE = "authenticate"


LEVEL_TITLES = {
    Level.SEARCH: Text("search entitlements", "ตรวจสอบสิทธิ"),
    Level.REGISTER: Text("search and register", "ตรวจสอบสิทธิและลงทะเบียน"),
    Level.AUTHENTICATE: Text(
        "search, register and request authentication codes", "ตรวจสอบสิทธิ ลงทะเบียน และขอ Authentication Code"
    ),
}


@dataclass(frozen=True, slots=True)
class Module:
    """One module of ERM: id, title, and what each level may do in it; an absent level may not enter."""

    id: str
    title: Text
    actions: dict[Level, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Menu:
    """One entry of the program's menu with its modules."""

    id: str
    title: Text
    modules: tuple[Module, ...]


ENTITLEMENT = Module(
    "entitlement",
    Text("entitlement check and registration", "ระบบเว็บตรวจสอบสิทธิและการลงทะเบียนประชาชน"),
    {
        Level.SEARCH: ("search",),
        Level.REGISTER: ("search", "register"),
        Level.AUTHENTICATE: ("search", "register", "authentication-code"),
    },
)
AUTHENTICATION_CODES = Module(  # assumed
    "authentication-codes",
    Text("authentication codes", "ระบบขอ Authentication Code"),
    {Level.AUTHENTICATE: ("authentication-code",)},
)
ERM = Menu(
    "erm",
    Text("ERM", "เข้าใช้งานระบบเว็บตรวจสอบสิทธิและลงทะเบียนออนไลน์ (ERM)"),
    (ENTITLEMENT, AUTHENTICATION_CODES),
)
