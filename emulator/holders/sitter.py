"""Who sits for a specimen portrait: every choice of the drawing, made before the first stroke."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from apdu_specs.values import Sex
from emulator.holders.pencil import Colour, Point, mixed

_Item = TypeVar("_Item")

_SEED_START = 0x5EC1_3E00_0000  # not the chances that already chose the holder's sex and name

_SKINS: tuple[Colour, ...] = (
    (248, 219, 190),
    (241, 204, 169),
    (229, 186, 148),
    (211, 164, 125),
    (186, 139, 103),
)
_HAIRS: tuple[Colour, ...] = ((30, 27, 30), (40, 33, 32), (56, 42, 37), (72, 52, 43))
_GREY: Colour = (196, 196, 200)
_BACKDROPS: tuple[Colour, ...] = (
    (198, 217, 234),
    (208, 224, 236),
    (216, 223, 231),
    (196, 212, 230),
    (208, 226, 224),
)
_CLOTHS: tuple[Colour, ...] = (
    (52, 64, 96),
    (70, 74, 86),
    (124, 54, 64),
    (40, 92, 100),
    (170, 150, 108),
    (98, 80, 126),
    (60, 106, 80),
    (214, 128, 116),
)
_SOBER_CLOTHS = 5  # the first ones, for suits
_TIES: tuple[Colour, ...] = ((150, 44, 52), (38, 70, 124), (196, 150, 58), (50, 98, 84))


class Haircut(Enum):
    """What frames the face."""

    SIDE_PART = "side part"
    FRINGE = "fringe"
    CROPPED = "cropped"
    RECEDING = "receding"
    LONG = "long"
    BOB = "bob"
    BUN = "bun"
    TIED = "tied back"


class Outfit(Enum):
    """What the sitter wears."""

    SUIT = "suit and tie"
    SHIRT = "shirt with a collar"
    BLAZER = "blazer over a blouse"
    ROUND = "round neck"


@dataclass(frozen=True, slots=True)
class Sitter:
    """Everything that is drawn. ``head`` is the middle of the head, ``radius`` half its size, in pixels."""

    skin: Colour
    hair: Colour
    backdrop: Colour
    cloth: Colour
    tie: Colour
    haircut: Haircut
    outfit: Outfit
    glasses: bool
    aged: bool
    lashes: bool
    earrings: bool
    mirrored: bool
    head: Point
    radius: Point
    shoulders: float
    smile: float
    height_cm: int


def sitter_for(seed: int, sex: Sex, age: int) -> Sitter:
    """The sitter of one seed: looks follow sex and age, the rest is chance, the same on every machine."""
    chance = random.Random(_SEED_START + seed).random

    def pick(items: Sequence[_Item]) -> _Item:
        return items[int(chance() * len(items))]

    child, woman = age < 15, sex is Sex.FEMALE
    build = 0.86 if child else 0.96 if woman else 1.0
    hair = mixed(pick(_HAIRS), _GREY, _greyness(age, chance))
    outfit = pick(_outfits(sex, age))
    return Sitter(
        skin=pick(_SKINS),
        hair=hair,
        backdrop=pick(_BACKDROPS),
        cloth=pick(_CLOTHS[:_SOBER_CLOTHS] if outfit is Outfit.SUIT else _CLOTHS),
        tie=pick(_TIES),
        haircut=pick(_haircuts(sex, age)),
        outfit=outfit,
        glasses=chance() < (0.45 if age >= 50 else 0.2),
        aged=age >= 55,
        lashes=woman,
        earrings=woman and not child and chance() < 0.5,
        mirrored=chance() < 0.5,
        head=(74.0, 77.0 + 4 * chance() + (5 if child else 0)),
        radius=((26.5 + 2.5 * chance()) * (0.5 + build / 2), (34.0 + 2.5 * chance()) * (0.45 + build * 0.55)),
        shoulders=(52.0 + 5 * chance()) * build,
        smile=1.5 + 2.0 * chance(),
        height_cm=int((120 if child else 158 if woman else 168) + 14 * chance()),
    )


def _greyness(age: int, chance: Callable[[], float]) -> float:
    return min(max((age - 45) / 30, 0.0), 1.0) * (0.5 + 0.5 * chance())


def _haircuts(sex: Sex, age: int) -> tuple[Haircut, ...]:
    if sex is Sex.FEMALE:
        cuts = (Haircut.BOB, Haircut.BUN, Haircut.TIED)
        return (*cuts, Haircut.LONG) if age < 60 else cuts
    if age < 15:
        return Haircut.CROPPED, Haircut.FRINGE
    if age < 45:
        return Haircut.SIDE_PART, Haircut.FRINGE, Haircut.CROPPED
    return Haircut.SIDE_PART, Haircut.CROPPED, Haircut.RECEDING


def _outfits(sex: Sex, age: int) -> tuple[Outfit, ...]:
    if age < 15:
        return Outfit.SHIRT, Outfit.ROUND
    if sex is Sex.FEMALE:
        return Outfit.BLAZER, Outfit.SHIRT, Outfit.ROUND
    return Outfit.SUIT, Outfit.SHIRT, Outfit.ROUND
