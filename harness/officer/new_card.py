"""How a virtual card that is locked for good is replaced: at which address, or with which command."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apdu_specs.language import Text

_AS_BEFORE = Text(
    "A virtual card is replaced by the command below, with the counter key as here (--counter-key or "
    "THNID_COUNTER_KEY):",
    "สำหรับบัตรเสมือน ให้ทำบัตรใหม่ด้วยคำสั่งต่อไปนี้ โดยใช้กุญแจของเคาน์เตอร์ค่าเดียวกับที่ใช้ที่นี่ (--counter-key หรือ THNID_COUNTER_KEY):",
)
_BY_COMMAND = Text("A virtual card is replaced by this command:", "สำหรับบัตรเสมือน ให้ทำบัตรใหม่ด้วยคำสั่งนี้:")
_OF_ITS_FILE = Text(
    "A virtual card is replaced, given its card file, as this command tells:",
    "สำหรับบัตรเสมือน ให้ทำบัตรใหม่จากแฟ้มบัตร ดูวิธีใช้ด้วยคำสั่งนี้:",
)
_IN_MEMORY = Text(
    "This virtual card is in no file, so no new one can be made of it; this command makes it usable again:",
    "บัตรเสมือนใบนี้ไม่มีแฟ้มบัตร จึงทำบัตรใหม่ไม่ได้ ใช้คำสั่งนี้เพื่อให้บัตรกลับมาใช้ได้อีก:",
)


@dataclass(frozen=True, slots=True)
class NewCard:
    """The way to a new card for one virtual card, as far as it is known here.

    ``desk``: the address of a registry desk whose staff can log in; ``file``: the card's file; ``in_memory``: it is known to
    have none; ``inserted``: it is in a reader that 'thnid card insert' reaches; ``registry``: the address of the registry
    office that is to be told; ``key_file``: the master key that the card was made with.
    """

    serial: bytes
    desk: str | None = None
    file: Path | None = None
    in_memory: bool = False
    inserted: bool = False
    registry: str | None = None
    key_file: Path | None = None

    @property
    def sentence(self) -> Text:
        """What to do; ends with a colon, after which ``link`` or ``command`` is to follow."""
        if self.in_memory:
            return _IN_MEMORY
        if self.desk is not None:
            shown, file = self.serial.hex().upper(), "" if self.file is None else f" ({self.file})"
            return Text(
                f"A virtual card is replaced at the registry desk: look up {shown} there and send its card file{file}:",
                f"สำหรับบัตรเสมือน ให้ทำบัตรใหม่ที่หน้างานบัตรประจำตัวประชาชนของสำนักทะเบียน โดยค้นหาหมายเลขบัตร {shown} แล้วส่งแฟ้มบัตร{file}:",
            )
        if self.file is None:
            return _OF_ITS_FILE
        return _BY_COMMAND if self.registry is None else _AS_BEFORE

    @property
    def link(self) -> str | None:
        """The desk's address, where it can help."""
        return None if self.in_memory else self.desk

    @property
    def command(self) -> str | None:
        """The command, for a shell; None where there is a ``link``."""
        if self.in_memory:
            return "thnid card set --state ready"
        if self.desk is not None:
            return None
        if self.file is None:
            return "thnid office replace-card --help"
        out = str(self.file.with_name(f"{self.file.stem}-new{self.file.suffix}"))
        words = ["thnid", "office", "replace-card", "--card", str(self.file), "--out", out]
        words += [] if self.registry is None else ["--registry-url", self.registry]
        words += [] if self.key_file is None else ["--key-file", str(self.key_file)]
        return shlex.join(words) + (
            f" && {shlex.join(['thnid', 'card', 'insert', out])}" if self.inserted else ""
        )

    def after(self, advice: Text) -> Text:
        """``advice``, and then this, in one line."""
        followed = self.link or self.command
        return Text(
            f"{advice.en} {self.sentence.en} {followed}", f"{advice.th} {self.sentence.th} {followed}"
        )


WayToNewCard = Callable[[bytes], NewCard | None]
"""Tells of a locked card's serial (8 bytes) how it is replaced here; None for a real card, which only its office replaces."""


def nowhere(_serial: bytes) -> None:
    """Nothing is known of a way, to a new card or to a new PIN."""
    return None
