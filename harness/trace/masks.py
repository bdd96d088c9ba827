"""Which bytes of an answer are personal, from the declarations of files and commands.

A mask has one byte for each byte of data: 0 shown, 1 hidden. What no declaration covers is hidden. What an answer to reset
says of a card's layout may be wrong, so a byte is shown only if it is personal in no layout; the generation just names fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from apdu_specs.apdu import MAX_ANSWER
from apdu_specs.applet import Applet
from apdu_specs.command import Command
from apdu_specs.file import File
from apdu_specs.generations import DEFAULT, GENERATIONS, Generation

HIDDEN = b"\x01"
SHOWN = b"\x00"
_TWO_BYTE_LENGTH = MAX_ANSWER.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer's data comes from. ``map``: the mask of all of it; ``file`` and ``start`` name its fields."""

    map: bytes
    file: File | None = None
    start: int = 0

    def mask(self, position: int, count: int) -> bytes:
        """The mask of ``count`` bytes from ``position`` of the answer on."""
        begin = self.start + position
        return self.map[begin : begin + count].ljust(count, HIDDEN)

    def fields(self, position: int, count: int) -> tuple[str, ...]:
        """The fields that those bytes are of."""
        return _fields(self.file, self.start + position, count) if self.file else ()


UNKNOWN = Source(b"")
OPEN = Source(SHOWN * MAX_ANSWER)


def of_read(generation: Generation | None, applet: Applet, offset: int, data: bytes) -> Source:
    """The source of a READ whose data field is ``data``, on a card that looks like ``generation``."""
    return _read_source((generation or DEFAULT).name, applet, offset, data)


@lru_cache(maxsize=1024)
def _read_source(generation_name: str, applet: Applet, offset: int, data: bytes) -> Source:
    # The data of a read with a length of two bytes looks like a block id and a length: it may be either.
    blocks = (data[0], 0) if data == _TWO_BYTE_LENGTH else (data[0],)
    looks_like = GENERATIONS[generation_name].blocks(applet)
    possible = _files(applet, blocks)
    usual = next((looks_like[block] for block in blocks if block in looks_like), None)
    return Source(_in_all(possible), usual or next(iter(possible), None), offset)


def _files(applet: Applet, blocks: tuple[int, ...]) -> tuple[File, ...]:
    """Every file that one of these blocks of ``applet`` is, in any generation."""
    layouts = [generation.blocks(applet) for generation in GENERATIONS.values()]
    return tuple(dict.fromkeys(each[block] for block in blocks for each in layouts if block in each))


@lru_cache(maxsize=64)
def _in_all(files: tuple[File, ...]) -> bytes:
    """Hidden is what is personal in any of them; as long as the shortest, so beyond it all is hidden."""
    return bytes(map(max, zip(*map(of_file, files), strict=False)))


@lru_cache(maxsize=64)
def of_file(file: File) -> bytes:
    """The mask of a whole file."""
    return b"".join((HIDDEN if each.personal else SHOWN) * each.length for each in file.fields)


@lru_cache(maxsize=64)
def of_command(command: Command) -> Source:
    """The source of a command's answer that is told by the command alone."""
    if command.personal or command.secret:
        return UNKNOWN
    if command.file is not None:
        return Source(of_file(command.file), command.file)
    return OPEN


@lru_cache(maxsize=1024)
def _fields(file: File, start: int, count: int) -> tuple[str, ...]:
    end = start + count
    return tuple(
        each.name
        for each in file.fields
        if file.offset(each.name) < end and start < file.offset(each.name) + each.length
    )


def masked(data: bytes, mask: bytes) -> str:
    """``data`` as hex with ``**`` for what ``mask`` hides."""
    if HIDDEN not in mask:
        return data.hex().upper()
    if SHOWN not in mask:
        return "**" * len(data)
    return "".join("**" if hide else f"{byte:02X}" for byte, hide in zip(data, mask, strict=True))
