"""Smooth drawing with Pillow: strokes in picture coordinates, drawn three times as large and then reduced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

Point = tuple[float, float]
Colour = tuple[int, int, int]

_SCALE = 3  # enough for edges that look smooth once reduced
_PIECES = 6  # straight pieces between two points of a curve


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """``one`` with ``share`` (0..1) of ``other`` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def outline(corners: str) -> list[Point]:
    """Points from ``x,y x,y ...``."""
    return [(float(x), float(y)) for x, y in (corner.split(",") for corner in corners.split())]


def mirror(points: Sequence[Point]) -> list[Point]:
    """Points of a right half, followed by those of its left half, as one outline around x = 0."""
    return [*points, *((-x, y) for x, y in reversed(points) if x)]


def smooth(points: Sequence[Point]) -> list[Point]:
    """The closed Catmull-Rom curve through ``points``, as many straight pieces."""
    count = len(points)
    curve: list[Point] = []
    for index in range(count):
        (x0, y0), (x1, y1) = points[index - 1], points[index]
        (x2, y2), (x3, y3) = points[(index + 1) % count], points[(index + 2) % count]
        curve.extend(
            (a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)
            for a, b, c, d in _catmull_rom()
        )
    return curve


@cache
def _catmull_rom() -> tuple[tuple[float, float, float, float], ...]:
    """How much of the point before, at the start, at the end and after goes into each piece's corner."""
    ts = [step / _PIECES for step in range(_PIECES)]
    return tuple(
        (
            (-t + 2 * t**2 - t**3) / 2,
            (2 - 5 * t**2 + 3 * t**3) / 2,
            (t + 4 * t**2 - 3 * t**3) / 2,
            (t**3 - t**2) / 2,
        )
        for t in ts
    )


@cache
def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


class Pencil:
    """Draws on one picture. All coordinates and widths are pixels of the finished picture."""

    def __init__(self, size: tuple[int, int], top: Colour, bottom: Colour) -> None:
        """A picture of ``size`` whose backdrop runs from ``top`` to ``bottom``."""
        from PIL import Image, ImageDraw

        fall = Image.linear_gradient("L").resize(size, Image.Resampling.NEAREST)
        backdrop = Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), fall)
        self._image = backdrop.resize((size[0] * _SCALE, size[1] * _SCALE), Image.Resampling.NEAREST)
        self._draw = ImageDraw.Draw(self._image)

    def finished(self) -> Image:
        """The picture in its final size."""
        return self._image.reduce(_SCALE)

    def area(self, points: Iterable[Point], colour: Colour) -> None:
        """A filled area with straight edges."""
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled area with a smooth outline through ``points``."""
        self.area(smooth(points), colour)

    def oval(self, centre: Point, radius: Point, colour: Colour) -> None:
        """A filled ellipse."""
        self._draw.ellipse(self._box(centre, radius), fill=colour)

    def ring(self, centre: Point, radius: Point, colour: Colour, width: float) -> None:
        """The outline of an ellipse."""
        self._draw.ellipse(self._box(centre, radius), outline=colour, width=round(width * _SCALE))

    def bow(
        self, centre: Point, radius: Point, degrees: tuple[float, float], colour: Colour, width: float
    ) -> None:
        """A part of an ellipse's outline; degrees run clockwise from the right."""
        self._draw.arc(self._box(centre, radius), *degrees, fill=colour, width=round(width * _SCALE))

    def line(self, points: Iterable[Point], colour: Colour, width: float) -> None:
        """Straight strokes from point to point."""
        corners = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(corners, fill=colour, width=round(width * _SCALE), joint="curve")

    def text(self, centre: Point, words: str, colour: Colour, size: float) -> None:
        """ASCII words around ``centre``, ``size`` pixels high, in Pillow's own font."""
        at = (centre[0] * _SCALE, centre[1] * _SCALE)
        self._draw.text(at, words, fill=colour, font=_font(round(size * _SCALE)), anchor="mm")

    def _box(self, centre: Point, radius: Point) -> tuple[float, float, float, float]:
        (x, y), (across, down) = centre, radius
        return (x - across) * _SCALE, (y - down) * _SCALE, (x + across) * _SCALE, (y + down) * _SCALE
