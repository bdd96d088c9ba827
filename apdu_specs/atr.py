"""Answer to reset: what a card says when power comes (ISO/IEC 7816-3 8.2)."""

from __future__ import annotations

from dataclasses import dataclass

from construct import Array, Byte, Computed, ConstructError, GreedyBytes, If, Struct, Terminated, this

from apdu_specs.errors import SpecError

DIRECT_CONVENTION = 0x3B
INVERSE_CONVENTION = 0x3F
MAX_LENGTH = 33

ATR_STRUCT = Struct(
    "ts" / Byte,
    "t0" / Byte,
    "ta1" / If(this.t0 & 0x10, Byte),
    "tb1" / If(this.t0 & 0x20, Byte),
    "tc1" / If(this.t0 & 0x40, Byte),
    "td1" / If(this.t0 & 0x80, Byte),
    "rest" / GreedyBytes,
)
"""The part every Thai card has. ``rest``: further interface bytes if TD1 is there, historical bytes, TCK."""

WITHOUT_TD1 = Struct(
    "ts" / Byte,
    "t0" / Byte,
    "ta1" / If(this.t0 & 0x10, Byte),
    "tb1" / If(this.t0 & 0x20, Byte),
    "tc1" / If(this.t0 & 0x40, Byte),
    "historical_length" / Computed(this.t0 & 0x0F),
    "historical" / Array(this.historical_length, Byte),
    Terminated,
)
"""An ATR without TD1, as all known Thai cards give: T=0 only, no check byte."""

FI = {
    0: 372,
    1: 372,
    2: 558,
    3: 744,
    4: 1116,
    5: 1488,
    6: 1860,
    9: 512,
    10: 768,
    11: 1024,
    12: 1536,
    13: 2048,
}
DI = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 32, 7: 64, 8: 12, 9: 20}
DEFAULT_TA1 = 0x11
DEFAULT_CLOCK_HZ = 3_579_545


@dataclass(frozen=True, slots=True)
class Atr:
    """A decoded ATR. ``protocols``: offered T values; ``fi``/``di``: clock and bit rate factors of TA1."""

    raw: bytes
    ta1: int | None
    protocols: tuple[int, ...]
    historical: bytes

    @property
    def fi(self) -> int:
        """Clock rate conversion integer."""
        return FI.get((self.ta1 or DEFAULT_TA1) >> 4, FI[1])

    @property
    def di(self) -> int:
        """Baud rate adjustment integer."""
        return DI.get((self.ta1 or DEFAULT_TA1) & 0x0F, DI[1])

    @property
    def baud(self) -> int:
        """Bits per second that TA1 allows at the usual clock of 3.58 MHz."""
        return DEFAULT_CLOCK_HZ * self.di // self.fi

    @property
    def text(self) -> str:
        """The historical bytes as text, dots for what is not printable."""
        return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in self.historical)

    def __str__(self) -> str:
        return self.raw.hex(" ").upper()


def parse(raw: bytes) -> Atr:
    """Decode an ATR of at most 33 bytes; SpecError says what is wrong with it."""
    if not 2 <= len(raw) <= MAX_LENGTH:
        raise SpecError(f"an ATR has 2 to {MAX_LENGTH} bytes, got {len(raw)}")
    if raw[0] not in (DIRECT_CONVENTION, INVERSE_CONVENTION):
        raise SpecError(f"an ATR starts with 3B or 3F, got {raw[0]:02X}")
    try:
        start = ATR_STRUCT.parse(raw)
    except ConstructError:
        raise SpecError("the ATR ends before its interface bytes do") from None
    rest, protocols = _skip_interface_bytes(bytes(start.rest), start.td1)
    count = start.t0 & 0x0F
    check_length = 1 if any(protocols) else 0
    if len(rest) < count or len(rest) > count + check_length:
        raise SpecError(f"the ATR announces {count} historical bytes and has {len(rest)}")
    return Atr(raw, start.ta1, protocols, rest[:count])


def _skip_interface_bytes(rest: bytes, td: int | None) -> tuple[bytes, tuple[int, ...]]:
    if td is None:
        return rest, (0,)
    protocols: list[int] = []
    while td is not None:
        protocols.append(td & 0x0F)
        count = (td >> 4).bit_count()
        if len(rest) < count:
            raise SpecError("the ATR ends before its interface bytes do")
        td, rest = (rest[count - 1] if td & 0x80 else None), rest[count:]
    return rest, tuple(dict.fromkeys(protocols))


def build(historical: bytes, *, ta1: int | None, tb1: int | None = 0, tc1: int | None = 0) -> bytes:
    """An ATR in direct convention without TD1: T=0 only, no check byte."""
    if len(historical) > 15:
        raise SpecError(f"at most 15 historical bytes, got {len(historical)}")
    present = sum(flag for value, flag in ((ta1, 0x10), (tb1, 0x20), (tc1, 0x40)) if value is not None)
    return bytes(
        WITHOUT_TD1.build(
            {
                "ts": DIRECT_CONVENTION,
                "t0": present | len(historical),
                "ta1": ta1,
                "tb1": tb1,
                "tc1": tc1,
                "historical": list(historical),
            }
        )
    )
