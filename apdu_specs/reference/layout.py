"""What a construct lays out, byte by byte."""

from __future__ import annotations

from dataclasses import dataclass

from construct import Const, Construct, GreedyBytes, Prefixed, Renamed, SizeofError, Struct


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name, how many bytes (in words where it varies), and its value if that never changes."""

    name: str
    length: str
    constant: bytes | None = None


def parts_of(construct: Construct | None) -> list[Part]:
    """The parts of a data field or answer; none if there is none."""
    if construct is None:
        return []
    bare = _bare(construct)
    if isinstance(bare, Struct):
        return [_part(each.name or "data", _bare(each)) for each in bare.subcons]
    return [_part("data", bare)]


def _bare(construct: Construct) -> Construct:
    while isinstance(construct, Renamed):
        construct = construct.subcon
    return construct


def _part(name: str, construct: Construct) -> Part:
    if isinstance(construct, Const):
        return Part(name, str(len(construct.value)), bytes(construct.value))
    if isinstance(construct, Prefixed):
        return Part(name, "1 + n: a byte with n, then n bytes")
    if construct is GreedyBytes:
        return Part(name, "n")
    try:
        return Part(name, str(construct.sizeof()))
    except SizeofError:
        return Part(name, "n")


def in_words(construct: Construct | None) -> str:
    """The parts on one line: ``block (1), length (1)``."""
    named = [
        f"{part.name} ({part.length}" + (f": `{part.constant.hex(' ').upper()}`)" if part.constant else ")")
        for part in parts_of(construct)
    ]
    return ", ".join(named)
