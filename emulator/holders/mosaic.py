"""A portrait as a mosaic of 8 x 8 squares, coded so that most bytes of the image data are spaces (0x20).

A card pads the photo with spaces, so programs strip them; some strip every chunk they read, and cut into the image
data of photos that have spaces there. This is a valid baseline JPEG whose image data is full of them.

How: each square has a DC coefficient only. The Huffman codes are chosen such that "as bright as the last square"
(``00``) and "nothing else in this square" (``100000``) make one byte 0x20 together, and every other square exactly two
bytes, so the spaces stay on byte borders. None of these bytes can be FF, so nothing needs stuffing.
Source: ITU-T T.81, annexes B (format), C (codes) and F (baseline).
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_WIDTH, _HEIGHT = 148, 178
_MCU = 16  # 4:2:0: four squares of brightness, one of each colour
_COLUMNS, _ROWS = -(-_WIDTH // _MCU), -(-_HEIGHT // _MCU)
_STEP = 16  # quantiser of DC: differences then need seven bits at most
_LEVELS_PER_DC = 8  # DC is eight times the mean of its square
_SHADE = 4  # few shades, so that neighbours are often alike
_MIDDLE = 128

_SAME, _NOTHING_ELSE = "00", "100000"
# A difference of c bits gets a code of 10 - c bits: with the six of _NOTHING_ELSE that makes two bytes.
_CODES = {bits: "0" + "1" * (8 - bits) + "0" for bits in range(1, 8)} | {0: _SAME}
_DC_COUNTS = bytes((0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
_DC_SYMBOLS = bytes((0, 7, 6, 5, 4, 3, 2, 1))
_AC_COUNTS = bytes((1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
_AC_SYMBOLS = bytes((0x01, 0x00))  # the first is never used; it pushes the second's code up to 100000


def mosaic(photo: bytes) -> bytes:
    """``photo`` (a JPEG) as a mosaic of 148 x 178 pixels: JPEG bytes, most of whose image data are spaces."""
    from PIL import Image

    with Image.open(BytesIO(photo)) as picture:
        data = _image_data(picture.convert("YCbCr"))
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x01\x01\x00\x60\x00\x60\x00\x00"),
            _segment(0xFE, b"SPECIMEN"),
            _segment(0xDB, b"\x00" + bytes((_STEP,)) * 64),
            _segment(0xC0, _frame_header()),
            _segment(0xC4, b"\x00" + _DC_COUNTS + _DC_SYMBOLS),
            _segment(0xC4, b"\x10" + _AC_COUNTS + _AC_SYMBOLS),
            _segment(0xDA, b"\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00"),
            data,
            b"\xff\xd9",
        )
    )


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _frame_header() -> bytes:
    size = _HEIGHT.to_bytes(2, "big") + _WIDTH.to_bytes(2, "big")
    return b"\x08" + size + b"\x03" + b"\x01\x22\x00" + b"\x02\x11\x00" + b"\x03\x11\x00"


def _image_data(picture: Image) -> bytes:
    # What lies right of and below the picture is coded but never shown: anything much like its edge will do.
    whole = picture.resize((_COLUMNS * _MCU, _ROWS * _MCU))
    whole.paste(picture, (0, 0))
    bright, blue, red = whole.split()
    squares = (
        _means(bright, 2 * _COLUMNS, 2 * _ROWS),
        _means(blue, _COLUMNS, _ROWS),
        _means(red, _COLUMNS, _ROWS),
    )
    bits: list[str] = []
    last = [0, 0, 0]
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            for component, x, y in _mcu(column, row):
                level = squares[component][y][x]
                bits.append(_coded(level - last[component]))
                last[component] = level
    joined = "".join(bits)
    return int(joined, 2).to_bytes(len(joined) // 8, "big")


def _mcu(column: int, row: int) -> tuple[tuple[int, int, int], ...]:
    """Component, x and y of the six squares of one unit, in their order."""
    left, top = 2 * column, 2 * row
    return (
        (0, left, top),
        (0, left + 1, top),
        (0, left, top + 1),
        (0, left + 1, top + 1),
        (1, column, row),
        (2, column, row),
    )


def _means(component: Image, columns: int, rows: int) -> list[list[int]]:
    """The quantised DC coefficient of each square."""
    from PIL import Image

    raw = component.resize((columns, rows), Image.Resampling.BOX).tobytes()
    levels = [_SHADE * round((value - _MIDDLE) * _LEVELS_PER_DC / _STEP / _SHADE) for value in raw]
    return [levels[start : start + columns] for start in range(0, len(levels), columns)]


def _coded(difference: int) -> str:
    """One square's bits: eight if it is as the last one, else sixteen."""
    bits = abs(difference).bit_length()
    value = difference if difference >= 0 else difference + (1 << bits) - 1
    return _CODES[bits] + (f"{value:0{bits}b}" if bits else "") + _NOTHING_ELSE
