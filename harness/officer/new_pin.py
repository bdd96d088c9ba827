"""How a virtual card whose PIN is suspended gets a new one: at which counter, or with which command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apdu_specs.language import Text

_AT_THE_COUNTER = Text(
    "The owner of a virtual card chooses a new PIN at the registry office's PIN counter, with the card left in the reader:",
    "เจ้าของบัตรเสมือนกำหนด PIN ใหม่ได้ที่เคาน์เตอร์กำหนดรหัส PIN ของสำนักทะเบียน โดยเสียบบัตรไว้ในเครื่องอ่าน:",
)
_BY_COMMAND = Text(
    "A virtual card in the reader gets a new PIN by this command; 'thnid office desk' serves a counter with pages for it:",
    "สำหรับบัตรเสมือนในเครื่องอ่าน ให้กำหนด PIN ใหม่ด้วยคำสั่งนี้ หรือเปิดหน้าเว็บของเคาน์เตอร์ด้วย 'thnid office desk':",
)


@dataclass(frozen=True, slots=True)
class NewPin:
    """The way to a new PIN for one virtual card. ``counter``: the address of a PIN counter that is open here."""

    counter: str | None = None

    @property
    def sentence(self) -> Text:
        """What to do; ends with a colon, after which ``link`` or ``command`` is to follow."""
        return _BY_COMMAND if self.counter is None else _AT_THE_COUNTER

    @property
    def link(self) -> str | None:
        """The counter's address."""
        return self.counter

    @property
    def command(self) -> str | None:
        """The command, for a shell; None where there is a ``link``."""
        return "thnid office renew-pin" if self.counter is None else None


WayToNewPin = Callable[[bytes], NewPin | None]
"""Tells of a suspended card's serial (8 bytes) how it gets a new PIN here; None for a real card, which only its office serves."""
