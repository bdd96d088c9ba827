"""Reads everything on a Thai national ID card with pyscard, as Python programs do, and prints it as JSON.

Run by Debian's own Python with Debian's python3-pyscard. GET RESPONSE only after 61, again with the right length after
6C, its P2 by ATR; where block 0 does not start with version 0003 or later, person and photo are taken from block 1.
"""

from __future__ import annotations

import json
from typing import Any

from smartcard.System import readers

APPLETS = {"person": 0x01, "rights": 0x83}
ADM = [0xA0, 0x00, 0x00, 0x00, 0x84, 0x06, 0x00, 0x02]
PERSON = {
    "citizen_id": (0x0004, 13),
    "thai_name": (0x0011, 100),
    "english_name": (0x0075, 100),
    "birth_date": (0x00D9, 8),
    "sex": (0x00E1, 1),
    "issuer": (0x00F6, 100),
    "issue_date": (0x0167, 8),
    "expiry_date": (0x016F, 8),
}
RIGHTS = {
    "main_right": (0x0004, 60),
    "sub_right": (0x0040, 100),
    "main_hospital": (0x00A4, 80),
    "sub_hospital": (0x00F4, 80),
    "paid_type": (0x0144, 1),
    "since": (0x0145, 8),
    "until": (0x014D, 8),
}
PHOTO = [(0x017B + 254 * part, 254) for part in range(20)] + [(0x1553, 38)]


class Card:
    """A connected card."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.atr = bytes(connection.getATR())
        self._p2 = 0x01 if self.atr[:2] == b"\x3b\x67" else 0x00

    def send(self, *command: int) -> bytes:
        """The answer's data; raises RuntimeError with the status word if it is not 9000."""
        data, sw1, sw2 = self._connection.transmit(list(command))
        if sw1 == 0x6C:
            data, sw1, sw2 = self._connection.transmit([*command[:4], sw2])
        while sw1 == 0x61:
            more, sw1, sw2 = self._connection.transmit([0x00, 0xC0, 0x00, self._p2, sw2])
            data += more
        if (sw1, sw2) != (0x90, 0x00):
            raise RuntimeError(f"{sw1:02X}{sw2:02X}")
        return bytes(data)

    def select(self, aid: list[int]) -> None:
        """Choose an applet."""
        self.send(0x00, 0xA4, 0x04, 0x00, len(aid), *aid)

    def read(self, block: int, offset: int, length: int) -> bytes:
        """A piece of the applet's memory."""
        return self.send(0x80, 0xB0, offset >> 8, offset & 0xFF, 0x02, block, length)

    def fields(self, block: int, layout: dict[str, tuple[int, int]]) -> dict[str, str]:
        """Text fields, decoded."""
        return {
            name: self.read(block, offset, length).decode("tis-620").strip()
            for name, (offset, length) in layout.items()
        }


def everything(card: Card) -> dict[str, Any]:
    """All that the card tells."""
    card.select([0xA0, 0x00, 0x00, 0x00, 0x54, 0x48, 0x00, APPLETS["person"]])
    block, address = (0, (0x1579, 160)) if card.read(0, 0, 4) >= b"0003" else (1, (4, 150))
    person = card.fields(block, PERSON) | card.fields(0, {"address": address})
    photo = b"".join(card.read(block, offset, length) for offset, length in PHOTO)
    card.select([0xA0, 0x00, 0x00, 0x00, 0x54, 0x48, 0x00, APPLETS["rights"]])
    rights = card.fields(0, RIGHTS)
    card.select(ADM)
    adm = card.send(0x80, 0x00, 0x00, 0x00)
    card.send(0x00, 0xA4, 0x04, 0x00)
    return {
        "atr": card.atr.hex(),
        "person": person,
        "photo": photo.hex(),
        "rights": rights,
        "laser": adm[7:19].decode("ascii") or None,
        "cplc": card.send(0x80, 0xCA, 0x9F, 0x7F).hex(),
    }


def main() -> None:
    """The card in the first reader."""
    connection = readers()[0].createConnection()
    connection.connect()
    print(json.dumps(everything(Card(connection))))
    connection.disconnect()


if __name__ == "__main__":
    main()
