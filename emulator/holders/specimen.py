"""The portrait on a synthetic card: plainly a drawing, marked SPECIMEN, and shaped like the card's photo.

148 x 178 pixels, JFIF, baseline, three components, 4:2:0, 96 dpi, at most 5,118 bytes, one start and one end
marker in the whole file. Public: header of one real photo; programs that take the last marker pair they find.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from apdu_specs.values import Sex
from emulator.holders.portrait import portrait
from emulator.holders.sitter import sitter_for

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 5118
DPI = (96, 96)
_QUALITIES = (80, 70, 60, 50, 40, 30)  # the first that fits is taken


def specimen_photo(seed: int, *, sex: Sex, age: int) -> bytes:
    """A drawn specimen portrait as JPEG bytes (148 x 178, baseline, at most 5,118 bytes).

    The same arguments give the same bytes with the same version of Pillow; another version may draw or encode
    a little differently. Pillow is imported on the first call.
    """
    return _encoded(portrait(sitter_for(seed, sex, age)))


def _encoded(picture: Image) -> bytes:
    """The best quality that fits the photo field. Baseline, because old programs show no progressive JPEG."""
    for quality in _QUALITIES:
        file = BytesIO()
        picture.save(file, "JPEG", quality=quality, subsampling="4:2:0", optimize=True, dpi=DPI)
        if file.tell() <= MAX_BYTES:
            break
    return file.getvalue()
