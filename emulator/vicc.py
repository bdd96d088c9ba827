"""The card for vsmartcard's own Python framework, for those who run its ``vicc`` already.

``CardOS`` is what that framework calls a SmartcardOS. In a program of your own::

    icc = VirtualICC(None, "iso7816", "localhost", 35963)
    icc.os = CardOS(open_card(Path("a.card")))
    icc.run()

``python -m emulator.vicc --card a.card`` does just that. vsmartcard's framework is not a dependency: Debian's
``vsmartcard-vpicc`` puts it where Debian's Python does not look, so name its folder in PYTHONPATH; it needs pycryptodome.
``emulator.link`` speaks the same wire without it, some 200 times faster, because it acknowledges every packet at once.
Source: public, vsmartcard's virtualsmartcard 3.3.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apdu_specs.language import Text
from apdu_specs.vpcd import DEFAULT_PORT
from emulator.card.card_file import open_card
from emulator.errors import EmulatorError
from emulator.link import CardPort

FRAMEWORK = "virtualsmartcard.VirtualSmartcard"
DEBIAN_FOLDER = "/usr/lib/python3/site-packages/virtualsmartcard"


class FrameworkMissing(EmulatorError):
    """vsmartcard's Python framework cannot be imported."""

    exit_status = 3

    def __init__(self, why: ImportError) -> None:
        super().__init__(
            Text(
                f"vsmartcard's Python framework cannot be loaded: {why}.",
                f"โหลดเฟรมเวิร์ก Python ของ vsmartcard ไม่ได้: {why}",
            ),
            Text(
                f"Install Debian's vsmartcard-vpicc and pycryptodome, and set PYTHONPATH={DEBIAN_FOLDER}.",
                f"โปรดติดตั้ง vsmartcard-vpicc ของเดเบียนและ pycryptodome แล้วตั้งค่า PYTHONPATH={DEBIAN_FOLDER}",
            ),
        )


class CardOS:
    """``card`` with the five methods by which vsmartcard's framework calls a card. Its names, hence not ours."""

    def __init__(self, card: CardPort) -> None:
        self.card = card

    def getATR(self) -> bytes:
        """The answer to reset."""
        return self.card.atr

    def powerUp(self) -> None:
        """Power comes."""
        self.card.power_on()

    def powerDown(self) -> None:
        """Power goes."""
        self.card.power_off()

    def reset(self) -> None:
        """Warm reset."""
        self.card.reset()

    def execute(self, msg: bytes | bytearray) -> bytes:
        """The response APDU to a command APDU."""
        return self.card.transmit(bytes(msg))


def host(card: CardPort, hostname: str = "localhost", port: int = DEFAULT_PORT) -> Any:
    """A ``VirtualICC`` that is connected to the vpcd at ``hostname`` and holds ``card``; call its ``run()``.

    Raises FrameworkMissing. The framework ends the process itself (SystemExit) when there is no vpcd, and when it hangs
    up. It logs every answer in full at INFO, so only its errors are let through.
    """
    try:
        framework = importlib.import_module(FRAMEWORK)
    except ImportError as why:
        raise FrameworkMissing(why) from why
    icc = framework.VirtualICC(None, "iso7816", hostname, port, logginglevel=logging.ERROR)
    icc.os = CardOS(card)
    return icc


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m emulator.vicc``: options as of ``vicc``, and the card file."""
    parser = argparse.ArgumentParser(
        prog="python -m emulator.vicc", description="A thnid card in vsmartcard's vicc."
    )
    parser.add_argument("--card", type=Path, required=True, help="a card file, see 'thnid card create'")
    parser.add_argument("-H", "--hostname", default="localhost", help="where vpcd listens")
    parser.add_argument("-P", "--port", type=int, default=DEFAULT_PORT, help=f"default {DEFAULT_PORT}")
    options = parser.parse_args(arguments)
    try:
        card = open_card(options.card)
        try:
            host(card, options.hostname, options.port).run()
        finally:
            card.close()
    except EmulatorError as error:
        print(f"thnid: {error.message} {error.what_to_do}", file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
