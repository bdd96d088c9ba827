"""Actuators: whatever inserts and removes the card; a hand, a virtual stack and a machine are interchangeable."""

from __future__ import annotations

import json
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from apdu_specs.language import Text
from apdu_specs.odd_atrs import OddCard
from harness.errors import HarnessError

CONTROL_VARIABLE = "THNID_CONTROL"
MAX_MESSAGE = 65536
_CONTROL_LIMIT_S = 30.0

Asked = Callable[[Text], None]
"""Asks the operator to do something and returns when it is said to be done (or is being done)."""


class ActuatorFailed(HarnessError):
    """The card could not be inserted or removed; ``why`` is the actuator's own word."""

    exit_status = 3

    def __init__(self, why: Text | str) -> None:
        told = Text(why, why) if isinstance(why, str) else why
        super().__init__(
            Text(f"The actuator failed: {told.en}.", f"อุปกรณ์เสียบบัตรทำงานไม่สำเร็จ: {told.th}"),
            Text("Check it, or use --actuator manual.", "โปรดตรวจสอบอุปกรณ์ หรือใช้ --actuator manual"),
        )


class Actuator(ABC):
    """Moves the card of one reader. Times are monotonic nanoseconds, None where the moment is not known.

    Errors of all methods: ActuatorFailed.
    """

    kind: str
    patience_s = 5.0
    """How long the card may take to move once it was asked for."""
    precise = False
    """Whether the times are good enough to measure a delay."""
    can_pull_in_mid_apdu = False
    can_unplug = False
    odd_cards: frozenset[OddCard] = frozenset()
    """Cards for trying readers that it can insert in the card's place."""

    @abstractmethod
    def insert(self) -> int | None:
        """Insert the card; when the contact was made."""

    @abstractmethod
    def remove(self) -> int | None:
        """Remove the card; when the contact was broken."""

    def insert_odd(self, card: OddCard) -> int | None:
        """Insert one of ``odd_cards``, which ``remove`` takes out again; when the contact was made."""
        raise ActuatorFailed(f"'{self.kind}' has no such card")

    def tries_left(self, serial: bytes) -> int | None:
        """What the card with this serial itself counts, asked past the reader; None where only a reader can ask it."""
        return None

    def unplug(self) -> None:
        """Unplug the reader."""
        raise ActuatorFailed(f"'{self.kind}' cannot unplug a reader")

    def replug(self) -> None:
        """Plug the reader in again."""
        raise ActuatorFailed(f"'{self.kind}' cannot plug a reader in")


class ManualActuator(Actuator):
    """A person, who is asked. When the contact is made is not known."""

    kind = "manual"
    patience_s = 60.0
    can_pull_in_mid_apdu = True
    can_unplug = True
    odd_cards = frozenset({OddCard.MUTE})

    def __init__(self, ask: Asked) -> None:
        self._ask = ask

    def insert(self) -> int | None:
        """Returns as soon as the person was asked; the reader tells when the card is in."""
        self._ask(Text("Insert the card now.", "โปรดเสียบบัตร"))
        return None

    def remove(self) -> int | None:
        """Returns as soon as the person was asked."""
        self._ask(Text("Take the card out now.", "โปรดถอดบัตร"))
        return None

    def insert_odd(self, card: OddCard) -> int | None:
        """Any card is mute the wrong way round. Returns as soon as the person was asked."""
        self._ask(
            Text(
                "Insert any card the wrong way round: its chip away from the contacts.",
                "โปรดเสียบบัตรใบใดก็ได้กลับด้าน ให้ชิปไม่ตรงหน้าสัมผัส",
            )
        )
        return None

    def unplug(self) -> None:
        """Returns as soon as the person was asked."""
        self._ask(Text("Unplug the reader now.", "โปรดถอดสายเครื่องอ่าน"))

    def replug(self) -> None:
        """Returns as soon as the person was asked."""
        self._ask(Text("Plug the reader in again now.", "โปรดเสียบสายเครื่องอ่านอีกครั้ง"))


class VirtualActuator(Actuator):
    """The control socket of ``thnid run`` or ``thnid serve``, named by THNID_CONTROL."""

    kind = "virtual"
    precise = True
    can_pull_in_mid_apdu = True
    odd_cards = frozenset(OddCard)

    def __init__(self, path: str) -> None:
        self._path = path

    def insert(self) -> int | None:
        """The virtual contact is made before this returns; PC/SC may not have seen it yet."""
        return self._told("connect", "contact_made_ns")

    def remove(self) -> int | None:
        """The virtual contact is broken before this returns; PC/SC may not have seen it yet."""
        return self._told("pull", "contact_broken_ns")

    def insert_odd(self, card: OddCard) -> int | None:
        """As ``insert``."""
        return self._told("connect", "contact_made_ns", odd=card.value)

    def tries_left(self, serial: bytes) -> int | None:
        """0 where its PIN is suspended or locked; None where the card is not a national one, or another."""
        card = self._answer("show")
        told = card.get("tries_left")
        return told if card.get("serial") == serial.hex().upper() and isinstance(told, int) else None

    def _told(self, do: str, moment: str, **more: str) -> int | None:
        answer = self._answer(do, **more)
        if "error" in answer:
            raise ActuatorFailed(str(answer["message"]["en"]).rstrip("."))
        told = answer.get(moment)
        return told if isinstance(told, int) else None

    def _answer(self, do: str, **more: str) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_CONTROL_LIMIT_S)
            try:
                connection.connect(self._path)
                connection.sendall(json.dumps({"do": do, **more}).encode())
                answer = json.loads(connection.recv(MAX_MESSAGE))
            except (OSError, ValueError) as error:
                raise ActuatorFailed(f"the control socket does not answer ({error})") from error
        return answer


class NoActuator(Actuator):
    """Nobody is there: criteria that need an actuator do not apply."""

    kind = "none"

    def insert(self) -> int | None:
        raise ActuatorFailed("nobody is there to insert the card")

    def remove(self) -> int | None:
        raise ActuatorFailed("nobody is there to remove the card")
