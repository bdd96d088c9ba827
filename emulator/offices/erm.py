"""ERM: the menu and the modules that an officer finds after login, and what can be done in each.

Menu and module titles are the manual's (pages 2.5 and 2.6); the second module, and the actions, are ``assumed``.
Which level opens what is configuration: ``levels``.
"""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs.language import Text


@dataclass(frozen=True, slots=True)
class Module:
    """One module of ERM: id, title, and the actions that a level may permit in it."""

    id: str
    title: Text
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Menu:
    """One entry of the program's menu with its modules."""

    id: str
    title: Text
    modules: tuple[Module, ...]


ENTITLEMENT = Module(
    "entitlement",
    Text("entitlement check and registration", "ระบบเว็บตรวจสอบสิทธิและการลงทะเบียนประชาชน"),
    ("search", "register", "authentication-code"),
)
AUTHENTICATION_CODES = Module(  # assumed
    "authentication-codes",
    Text("authentication codes", "ระบบขอ Authentication Code"),
    ("authentication-code",),
)
ERM = Menu(
    "erm",
    Text("ERM", "เข้าใช้งานระบบเว็บตรวจสอบสิทธิและลงทะเบียนออนไลน์ (ERM)"),
    (ENTITLEMENT, AUTHENTICATION_CODES),
)
