"""How values stand in the card's fixed-length fields: construct formats.

Every format parses exactly its length and builds exactly its length. Text is TIS-620 padded with spaces (0x20);
dates are eight digits of the Buddhist era; an empty field is all spaces. Source: public, all readers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from construct import Bytes, Construct, ExprAdapter

from apdu_specs.errors import SpecError
from apdu_specs.values import SEPARATOR, Address, BuddhistDate, Name, Sex

PAD = b" "
THAI_ENCODING = "tis-620"
THAI_DECODING = "cp874"  # the superset that Windows programs write; the same for Thai letters
JPEG_END = b"\xff\xd9"

# What each format is called; a construct carries it as its ``docs``, and ``apdu_specs.formats`` explains it.
THAI = "Thai text"
ASCII = "ASCII text"
NAME = "name"
ADDRESS = "address"
DATE = "Buddhist date"
SEX_DIGIT = "sex"
JPEG = "JPEG"
BINARY = "binary"
NUL_PADDED = "NUL-padded text"


def _format(length: int, decode: Callable[[bytes], Any], encode: Callable[[Any], bytes]) -> Construct:
    return ExprAdapter(
        Bytes(length),
        decoder=lambda raw, _: decode(raw),
        encoder=lambda value, _: _padded(encode(value), length),
    )


def _padded(raw: bytes, length: int) -> bytes:
    if len(raw) > length:
        raise SpecError(f"{len(raw)} bytes do not fit in a field of {length}")
    return raw.ljust(length, PAD)


def _decode_thai(raw: bytes) -> str:
    # A reader must show what it can of a real card's bytes, so what is not Thai becomes U+FFFD instead of an error.
    return raw.rstrip(b" \x00").decode(THAI_DECODING, errors="replace")


def _encode_thai(text: str) -> bytes:
    try:
        return text.encode(THAI_ENCODING)
    except UnicodeEncodeError as error:
        raise SpecError(f"{text[error.start]!r} cannot be written in TIS-620") from None


def thai(length: int) -> Construct:
    """Thai or ASCII text of ``length`` bytes <-> str."""
    return _format(length, _decode_thai, _encode_thai) * THAI


def _encode_ascii(text: str) -> bytes:
    if not text.isascii():
        raise SpecError(f"this field holds ASCII only: {text!r}")
    return text.encode("ascii")


def ascii_text(length: int) -> Construct:
    """ASCII text of ``length`` bytes <-> str."""
    return _format(length, _decode_thai, _encode_ascii) * ASCII


def _parts(raw: bytes, count: int) -> list[str]:
    """The ``#`` parts, always ``count`` of them: missing ones empty, superfluous ones joined into the last."""
    parts = [part.strip() for part in _decode_thai(raw).split(SEPARATOR, count - 1)]
    parts[-1] = parts[-1].replace(SEPARATOR, " ")
    return parts + [""] * (count - len(parts))


def name(length: int) -> Construct:
    """``title#first#middle#last`` <-> Name."""
    return (
        _format(length, lambda raw: Name(*_parts(raw, 4)), lambda value: _encode_thai(value.joined())) * NAME
    )


def address(length: int) -> Construct:
    """Eight ``#`` parts <-> Address."""
    return (
        _format(length, lambda raw: Address(*_parts(raw, 8)), lambda value: _encode_thai(value.joined()))
        * ADDRESS
    )


def _decode_date(raw: bytes) -> BuddhistDate | None:
    digits = _decode_thai(raw)
    return BuddhistDate.from_digits(digits) if digits else None


def _encode_date(value: BuddhistDate | None) -> bytes:
    return value.digits().encode("ascii") if value else b""


BUDDHIST_DATE: Construct = _format(8, _decode_date, _encode_date) * DATE
"""``YYYYMMDD`` of the Buddhist era, ``00`` for an unknown month or day, ``99999999`` lifelong, blank None."""

SEX: Construct = (
    _format(1, lambda raw: Sex(raw.decode("ascii")), lambda value: value.value.encode("ascii")) * SEX_DIGIT
)
"""``1`` male, ``2`` female <-> Sex."""


def _decode_jpeg(raw: bytes) -> bytes:
    # Cut after the end-of-image marker, not at the padding: image data may itself end in spaces.
    end = raw.rfind(JPEG_END)
    return raw[: end + len(JPEG_END)] if end >= 0 else raw.rstrip(PAD)


def jpeg(length: int) -> Construct:
    """A JPEG image padded with spaces <-> its bytes (empty if the field is blank)."""
    return _format(length, _decode_jpeg, bytes) * JPEG


def binary(length: int) -> Construct:
    """Exactly ``length`` bytes whose meaning is not public."""
    return Bytes(length) * BINARY


def nul_padded(length: int) -> Construct:
    """ASCII text padded with NUL <-> str."""
    padded_with_nul = ExprAdapter(
        Bytes(length),
        decoder=lambda raw, _: _decode_thai(raw),
        encoder=lambda value, _: _encode_ascii(value).ljust(length, b"\x00"),
    )
    return padded_with_nul * NUL_PADDED
