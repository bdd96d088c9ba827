"""Cards for trying readers beside the one at hand, most of them for their answer to reset (ISO/IEC 7816-3 8.2)."""

from __future__ import annotations

from enum import Enum

from apdu_specs.atr import MAX_LENGTH, build
from apdu_specs.generations import DEFAULT
from apdu_specs.language import Text


class OddCard(Enum):
    """A card for trying readers; the value is what scripts call it. All but ``ANOTHER`` answer as the test card does."""

    TEST = "test"
    """Nothing is odd about it: the test card with an answer to reset that every reader knows."""
    INVERSE = "inverse"
    """Inverse convention: TS 3F, T=0 only."""
    LONGEST = "longest"
    """As long as an ATR can be: 15 interface bytes, 15 historical ones and a check byte. T=0."""
    MUTE = "mute"
    """Present, and no ATR: a card put in the wrong way round."""
    ANOTHER = "another"
    """A Thai ID card of another holder than the card at hand."""

    @property
    def atr(self) -> bytes:
        """The answer to reset; of the mute card one that is too long to be one, as no answer at all ends the link."""
        return _ATRS[self]

    @property
    def text(self) -> Text:
        """For people."""
        return _TEXTS[self]


_ATRS = {
    OddCard.TEST: build(b"THNIDTST", ta1=0x18),
    OddCard.INVERSE: bytes.fromhex("3F 69 00 00") + b"INVERSE.3",
    OddCard.LONGEST: bytes.fromhex("3B FF 11 00 00 E0 00 0A FF 03 00 00 FF 00 00 00 0F")
    + b"LONGEST.ATR.33B"
    + bytes.fromhex("45"),
    OddCard.MUTE: bytes(MAX_LENGTH + 1),
    OddCard.ANOTHER: DEFAULT.atr,
}
_TEXTS = {
    OddCard.TEST: Text("a test card (ECHO command)", "บัตรทดสอบ (คำสั่ง ECHO)"),
    OddCard.INVERSE: Text(
        "a card of inverse convention (ATR 3F ...)", "บัตรแบบ inverse convention (ATR 3F ...)"
    ),
    OddCard.LONGEST: Text("a card with an ATR of 33 bytes", "บัตรที่มี ATR ยาว 33 ไบต์"),
    OddCard.MUTE: Text("a card that gives no ATR", "บัตรที่ไม่ให้ ATR"),
    OddCard.ANOTHER: Text("a Thai ID card of another holder", "บัตรประจำตัวประชาชนของผู้ถืออีกคนหนึ่ง"),
}
