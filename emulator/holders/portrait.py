"""Draws a sitter: head and shoulders before height lines, marked SPECIMEN. A drawing, nobody's likeness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emulator.holders.pencil import Colour, Pencil, Point, mirror, mixed, outline
from emulator.holders.sitter import Haircut, Outfit, Sitter

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH, HEIGHT = 148, 178

_CENTRE = WIDTH / 2
_BANNER_TOP = 161.0
_LINE_GAP = 15.0  # pixels between height lines
_LINE_CM = 5

_WHITE: Colour = (247, 248, 251)
_BLACK: Colour = (24, 20, 24)
_INK: Colour = (52, 40, 42)
_LIP: Colour = (184, 92, 88)
_BANNER: Colour = (44, 58, 92)
_GOLD: Colour = (222, 184, 92)

# All outlines are in head units: 0,0 is the middle of the head, 1,0 the right end of the face, 0,1 the chin.
_FACE = mirror(outline("0,-1 0.6,-0.87 0.93,-0.45 0.97,0.05 0.87,0.47 0.58,0.82 0.24,0.98 0,1"))


def portrait(sitter: Sitter) -> Image:
    """The finished picture, 148 x 178 pixels, RGB."""
    pencil = Pencil((WIDTH, HEIGHT), mixed(sitter.backdrop, _WHITE, 0.45), sitter.backdrop)
    _height_lines(pencil, sitter)
    _hair_behind(pencil, sitter)
    _body(pencil, sitter)
    if sitter.haircut is Haircut.TIED:
        pencil.shape(_at(sitter, _PONYTAIL), mixed(sitter.hair, _BLACK, 0.25))
    _head(pencil, sitter)
    _features(pencil, sitter)
    _hair_before(pencil, sitter)
    if sitter.glasses:
        _glasses(pencil, sitter)
    _banner(pencil)
    return pencil.finished()


def _at(sitter: Sitter, points: Sequence[Point]) -> list[Point]:
    """Head units to pixels; a mirrored sitter parts the hair on the other side."""
    (x, y), (across, down) = sitter.head, sitter.radius
    side = -across if sitter.mirrored else across
    return [(x + side * right, y + down * low) for right, low in points]


def _height_lines(pencil: Pencil, sitter: Sitter) -> None:
    """Lines every 5 cm such that the top of the head stands at the sitter's height."""
    line, ink = mixed(sitter.backdrop, _BANNER, 0.22), mixed(sitter.backdrop, _BANNER, 0.62)
    crown = sitter.head[1] - sitter.radius[1]
    pixels_per_cm = _LINE_GAP / _LINE_CM
    highest = sitter.height_cm + int(crown / pixels_per_cm)
    for height in range(highest - highest % _LINE_CM, 0, -_LINE_CM):
        y = crown + (sitter.height_cm - height) * pixels_per_cm
        if y > 130:
            return
        pencil.line([(0, y), (WIDTH, y)], line, 0.75)
        if height % 10 == 0 and y > 8:
            for x in (11, WIDTH - 11):
                pencil.text((x, y - 4.5), str(height), ink, 8)


def _body(pencil: Pencil, sitter: Sitter) -> None:
    chin = sitter.head[1] + sitter.radius[1]
    wide, neck = sitter.shoulders, sitter.radius[0] * 0.44
    cloth = _WHITE if sitter.outfit is Outfit.SHIRT and sum(sitter.cloth) > 330 else sitter.cloth
    half = [
        (neck + 2, chin + 2),
        (neck + 13, chin + 10),
        (wide * 0.8, chin + 17),
        (wide, chin + 32),
        (wide + 4, 190),
    ]
    pencil.shape([(_CENTRE + x, y) for x, y in mirror(half)], cloth)
    _neck(pencil, sitter, chin, neck)
    _OUTFITS[sitter.outfit](pencil, sitter, cloth, chin)


def _neck(pencil: Pencil, sitter: Sitter, chin: float, neck: float) -> None:
    shade = mixed(sitter.skin, (120, 70, 50), 0.28)
    half = [(neck, chin - 14), (neck, chin + 3), (neck + 3, chin + 8), (0.0, chin + 17)]
    pencil.area([(_CENTRE + x, y) for x, y in mirror(half)], shade)


def _round_neck(pencil: Pencil, sitter: Sitter, cloth: Colour, chin: float) -> None:
    neck = sitter.radius[0] * 0.44
    pencil.oval((_CENTRE, chin + 5), (neck + 4, 10), mixed(sitter.skin, (120, 70, 50), 0.12))
    pencil.bow((_CENTRE, chin + 5), (neck + 5.5, 11.5), (0, 180), mixed(cloth, _BLACK, 0.3), 2)
    _neck(pencil, sitter, chin - 6, neck)


def _collar(pencil: Pencil, sitter: Sitter, cloth: Colour, chin: float) -> None:
    neck = sitter.radius[0] * 0.44
    edge = mixed(cloth, _BLACK, 0.16)
    pencil.line([(_CENTRE, chin + 17), (_CENTRE, 178)], edge, 1.2)
    for side in (-1, 1):
        leaf = [
            (neck + 1, chin),
            (neck + 6, chin + 6),
            (neck + 3, chin + 20),
            (0, chin + 15),
            (neck, chin + 7),
        ]
        pencil.area([(_CENTRE + side * x, y) for x, y in leaf], mixed(cloth, _WHITE, 0.25))
        pencil.line([(_CENTRE + side * x, y) for x, y in leaf[1:4]], edge, 1.2)


def _lapels(pencil: Pencil, sitter: Sitter, cloth: Colour, chin: float) -> None:
    neck = sitter.radius[0] * 0.44
    edge = mixed(cloth, _BLACK, 0.35)
    for side in (-1, 1):
        lapel = [
            (neck + 4, chin + 3),
            (neck + 15, chin + 12),
            (neck + 13, chin + 24),
            (1, 176),
            (0, 176),
            (neck, chin + 9),
        ]
        pencil.area([(_CENTRE + side * x, y) for x, y in lapel], mixed(cloth, _WHITE, 0.1))
        pencil.line([(_CENTRE + side * x, y) for x, y in lapel[1:4]], edge, 1.2)


def _suit(pencil: Pencil, sitter: Sitter, cloth: Colour, chin: float) -> None:
    neck = sitter.radius[0] * 0.44
    opening = [(neck + 3, chin + 3), (neck + 1, chin + 10), (0.0, 178)]
    pencil.area([(_CENTRE + x, y) for x, y in mirror(opening)], _WHITE)
    _neck(pencil, sitter, chin, neck)
    tie = [(3.2, chin + 15), (2.4, chin + 21), (5.5, 172), (0.0, 178)]
    pencil.area([(_CENTRE + x, y) for x, y in mirror(tie)], sitter.tie)
    for side in (-1, 1):
        leaf = [
            (neck + 1, chin),
            (neck + 4, chin + 6),
            (neck - 1, chin + 19),
            (1, chin + 15),
            (neck, chin + 7),
        ]
        pencil.area([(_CENTRE + side * x, y) for x, y in leaf], (226, 229, 236))
    _lapels(pencil, sitter, cloth, chin)


def _blazer(pencil: Pencil, sitter: Sitter, cloth: Colour, chin: float) -> None:
    neck = sitter.radius[0] * 0.44
    blouse = [(neck + 4, chin + 2), (neck + 1, chin + 10), (0.0, 178)]
    pencil.area([(_CENTRE + x, y) for x, y in mirror(blouse)], _WHITE)
    _neck(pencil, sitter, chin + 5, neck)
    _lapels(pencil, sitter, cloth, chin)


_OUTFITS = {Outfit.SUIT: _suit, Outfit.SHIRT: _collar, Outfit.BLAZER: _blazer, Outfit.ROUND: _round_neck}


def _head(pencil: Pencil, sitter: Sitter) -> None:
    (x, y), (across, down) = sitter.head, sitter.radius
    shade = mixed(sitter.skin, (150, 84, 60), 0.22)
    for side in () if sitter.haircut in _BEHIND else (-1, 1):
        pencil.oval((x + side * across * 0.97, y + down * 0.1), (across * 0.15, down * 0.17), shade)
        pencil.oval((x + side * across * 0.96, y + down * 0.08), (across * 0.1, down * 0.12), sitter.skin)
        if sitter.earrings:
            pencil.oval((x + side * across * 1.0, y + down * 0.29), (1.5, 1.5), _GOLD)
    pencil.shape(_at(sitter, _FACE), shade)
    lit = [(right * 0.95 - 0.05, low * 0.985 - 0.012) for right, low in _FACE]
    pencil.shape(_at(sitter, lit), sitter.skin)


def _features(pencil: Pencil, sitter: Sitter) -> None:
    (x, y), (across, down) = sitter.head, sitter.radius
    shade = mixed(sitter.skin, (150, 84, 60), 0.34)
    brow = mixed(sitter.hair, sitter.skin, 0.15)
    for side in (-1, 1):
        eye = (x + side * across * 0.4, y + down * 0.05)
        pencil.oval(eye, (4.6, 2.9), _WHITE)
        pencil.oval((eye[0], eye[1] + 0.2), (2.7, 2.8), _INK)
        pencil.oval((eye[0] + 0.9, eye[1] - 0.9), (0.8, 0.8), _WHITE)
        pencil.bow((eye[0], eye[1] + 1.2), (5.3, 4.6), (200, 340), _INK, 1.7 if sitter.lashes else 1.2)
        thick = 1.4 if sitter.lashes else 2.2
        pencil.bow((eye[0], eye[1] - 1.5), (7.2, 6.6), (215, 325), brow, thick)
        pencil.oval(
            (x + side * across * 0.52, y + down * 0.4), (5, 3.4), mixed(sitter.skin, (226, 120, 104), 0.22)
        )
        if sitter.aged:
            pencil.bow(
                (x + side * across * 0.3, y + down * 0.5),
                (5, 8),
                (20, 70) if side > 0 else (110, 160),
                shade,
                0.8,
            )
            pencil.bow((eye[0], eye[1] + 1.5), (5.2, 5.2), (40, 140), shade, 0.8)
    pencil.bow((x, y + down * 0.3), (3.6, 3), (20, 160), shade, 1.4)
    lip = mixed(_LIP, sitter.skin, 0.1 if sitter.lashes else 0.4)
    pencil.bow((x, y + down * 0.6 - sitter.smile), (7.2, sitter.smile * 1.6), (15, 165), lip, 2.2)


def _hair_behind(pencil: Pencil, sitter: Sitter) -> None:
    """What falls behind the neck or stands above the head."""
    dark = mixed(sitter.hair, _BLACK, 0.25)
    if sitter.haircut is Haircut.BUN:
        pencil.oval(_at(sitter, [(0, -1.16)])[0], (sitter.radius[0] * 0.42, sitter.radius[1] * 0.26), dark)
    elif sitter.haircut in _BEHIND:
        pencil.shape(_at(sitter, _BEHIND[sitter.haircut]), dark)


_BEHIND = {
    Haircut.LONG: mirror(outline("0,-1.12 0.8,-0.95 1.2,-0.3 1.22,0.5 1.3,1.25 1,1.75 0.3,1.6")),
    Haircut.BOB: mirror(outline("0,-1.12 0.82,-0.95 1.22,-0.3 1.26,0.35 1.14,0.82 0.7,0.95 0.2,0.9")),
}
# The hairline of each cut, from one temple over the forehead to the other.
_HAIRLINES = {
    Haircut.SIDE_PART: outline("0.95,-0.1 0.84,-0.4 0.5,-0.62 0,-0.5 -0.5,-0.6 -0.84,-0.46 -0.95,-0.1"),
    Haircut.FRINGE: outline("0.96,-0.1 0.86,-0.32 0.5,-0.36 0.1,-0.42 -0.4,-0.34 -0.84,-0.36 -0.96,-0.1"),
    Haircut.CROPPED: outline("0.95,-0.12 0.88,-0.42 0.62,-0.6 0,-0.66 -0.62,-0.6 -0.88,-0.42 -0.95,-0.12"),
    Haircut.LONG: outline("1,0.5 0.9,-0.2 0.55,-0.56 0.3,-0.76 -0.2,-0.6 -0.86,-0.2 -1,0.5"),
    Haircut.BOB: outline("1,0.5 0.9,-0.2 0.8,-0.36 0,-0.4 -0.8,-0.36 -0.9,-0.2 -1,0.5"),
    Haircut.BUN: outline("0.97,0 0.88,-0.4 0.5,-0.66 0,-0.72 -0.5,-0.66 -0.88,-0.4 -0.97,0"),
    Haircut.TIED: outline("0.98,0.1 0.88,-0.3 0.4,-0.64 0.25,-0.72 -0.3,-0.6 -0.88,-0.3 -0.98,0.1"),
}
_CROWN = outline("-1.06,-0.3 -0.9,-0.78 -0.5,-1.06 0,-1.13 0.5,-1.06 0.9,-0.78 1.06,-0.3")
_LOW_CROWN = outline("-1.03,-0.3 -0.9,-0.7 -0.52,-0.96 0,-1.02 0.52,-0.96 0.9,-0.7 1.03,-0.3")
_TEMPLE = outline("0.97,0.05 1.06,-0.3 0.9,-0.72 0.62,-0.94 0.76,-0.66 0.88,-0.34")
_PONYTAIL = outline("0.5,0.7 0.92,0.68 1.2,1.1 1.12,1.6 0.9,1.95 0.82,1.5 0.72,1.1")
_GLOSS = outline("-0.62,-0.74 -0.3,-0.92 0.12,-0.94 0.1,-0.88 -0.26,-0.84 -0.56,-0.66")


def _hair_before(pencil: Pencil, sitter: Sitter) -> None:
    cut = sitter.haircut
    crown = _LOW_CROWN if cut is Haircut.CROPPED else _CROWN
    if cut is Haircut.RECEDING:
        for side in (-1, 1):
            pencil.shape(_at(sitter, [(side * right, low) for right, low in _TEMPLE]), sitter.hair)
        return
    pencil.shape(_at(sitter, _HAIRLINES[cut] + crown), sitter.hair)
    pencil.shape(_at(sitter, _GLOSS), mixed(sitter.hair, _WHITE, 0.16))


def _glasses(pencil: Pencil, sitter: Sitter) -> None:
    (x, y), (across, down) = sitter.head, sitter.radius
    frame = (70, 58, 62)
    level = y + down * 0.07
    for side in (-1, 1):
        pencil.ring((x + side * across * 0.41, level), (8.2, 6.8), frame, 1.3)
        pencil.line(
            [(x + side * (across * 0.41 + 8), level - 1), (x + side * across * 0.95, level - 2.5)], frame, 1.3
        )
    pencil.bow((x, level), (across * 0.41 - 7, 2.5), (190, 350), frame, 1.3)


def _banner(pencil: Pencil) -> None:
    pencil.area([(0, _BANNER_TOP), (WIDTH, _BANNER_TOP), (WIDTH, HEIGHT), (0, HEIGHT)], _BANNER)
    pencil.text((_CENTRE, (_BANNER_TOP + HEIGHT) / 2), "S P E C I M E N", _WHITE, 11)
