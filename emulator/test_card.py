"""The test card: not a national card; it does what ``apdu_specs.test_card`` declares, for trying readers."""

from __future__ import annotations

from apdu_specs import test_card as declared
from apdu_specs.apdu import HEADER_LENGTH
from apdu_specs.atr import build as build_atr
from apdu_specs.interindustry import FCI, SELECT
from apdu_specs.status import StatusWord
from apdu_specs.vpcd import LONGEST_PAYLOAD
from emulator.link import Late, NoAnswer

ATR = build_atr(b"THNIDTST", ta1=0x18)
"""T=0, TA1 18 as most national cards have."""


class TestCard:
    """A CardPort with one applet, selected from the start, that answers SELECT, ECHO and TELL. It remembers nothing.

    ``atr`` is another answer to reset than its own, such as those of ``apdu_specs.odd_atrs``.
    """

    __test__ = False  # pytest collects what is called Test...

    def __init__(self, atr: bytes = ATR) -> None:
        self._atr = atr

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self._atr

    def power_on(self) -> None:
        """Power comes."""

    def power_off(self) -> None:
        """Power goes."""

    def reset(self) -> None:
        """Warm reset."""

    def close(self) -> None:
        """There is no memory to let go of."""

    def transmit(self, apdu: bytes, /) -> bytes:
        """The declared answer. Raises Late and NoAnswer where the command asks for that."""
        done = declared.echo(apdu)
        if done is None:
            return declared.tell(apdu) or _other(apdu)
        if done.wait_ms is None:
            raise NoAnswer
        answer = done.answer if len(done.answer) <= LONGEST_PAYLOAD else StatusWord.WRONG_LENGTH.raw
        if done.wait_ms:
            raise Late(answer, done.wait_ms / 1000)
        return answer


def _other(apdu: bytes) -> bytes:
    if len(apdu) < HEADER_LENGTH:
        return StatusWord.WRONG_LENGTH.raw
    if apdu[:2] in SELECT.headers:
        name = apdu[HEADER_LENGTH + 1 :]
        found = name[: len(declared.AID)] == declared.AID
        return FCI.build({"aid": declared.AID}) + StatusWord.OK.raw if found else StatusWord.NOT_FOUND.raw
    known = apdu[0] in (declared.CLA, *SELECT.cla)
    return (StatusWord.UNKNOWN_INSTRUCTION if known else StatusWord.UNKNOWN_CLASS).raw
