"""Memory maps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from apdu_specs.adm import GET_INFO
from apdu_specs.file import Field, File
from apdu_specs.formats import FORMATS, format_of
from apdu_specs.generations import APPLETS, GENERATIONS, Generation
from apdu_specs.reference.commands import files_of_commands
from apdu_specs.reference.markdown import both, source, table
from apdu_specs.values import BuddhistDate, HashParts, Sex

_LONGEST_BYTES = 16


def files() -> dict[str, File]:
    """File name -> file: every one that some generation has."""
    found = [
        file
        for generation in GENERATIONS.values()
        for applet in APPLETS
        for file in generation.blocks(applet).values()
    ]
    found += [generation.adm_info for generation in GENERATIONS.values()]
    found += [file for _, file in files_of_commands()]
    return {file.name: file for file in found}


def where(file: File) -> str:
    """How the file is read, and by which generations it is had."""
    for name, read_whole in files_of_commands():
        others = [each for each in GENERATIONS.values() if each.adm_info is file]
        if file is read_whole or (others and name == GET_INFO.name):
            return f"read with {name}" + (f"; generations: {_names(others)}" if others else "")
    places: dict[tuple[str, int], list[Generation]] = {}
    for generation in GENERATIONS.values():
        for applet in APPLETS:
            for block, each in generation.blocks(applet).items():
                if each is file:
                    places.setdefault((applet.name, block), []).append(generation)
    return "; ".join(
        f"read with READ, applet {applet}, block {block}; generations: {_names(having)}"
        for (applet, block), having in places.items()
    )


def _names(generations: list[Generation]) -> str:
    names = [each.name for each in generations]
    return "all" if len(names) == len(GENERATIONS) else ", ".join(names)


def file_section(file: File) -> str:
    """One memory map."""
    rows = [
        (
            f"{file.offset(each.name):04X}",
            file.offset(each.name),
            each.length,
            f"`{each.name}`",
            format_of(each).name,
            each.meaning.en,
            each.meaning.th,
            each.note,
            "yes" if each.personal else "no",
            source(each.provenance),
        )
        for each in file.fields
    ]
    header = (
        "offset",
        "dec",
        "length",
        "field",
        "format",
        "meaning",
        "ความหมาย",
        "note",
        "personal",
        "source (confidence)",
    )
    return f"{_whole(file)}\n{table(header, rows)}\n{_examples(file)}"


def narrow_file_section(file: File) -> str:
    """As ``file_section``, for a terminal: five columns, and fields of another source than the file's below."""
    rows = [
        (
            f"{file.offset(each.name):04X}",
            each.length,
            f"`{each.name}`" + (" *" if each.personal else ""),
            format_of(each).name,
            both(each.meaning) + (f"; {each.note}" if each.note else ""),
        )
        for each in file.fields
    ]
    sources: dict[str, list[str]] = {}
    for each in file.fields:
        sources.setdefault(source(each.provenance), []).append(f"`{each.name}`")
    told = "\n".join(f"* {each}: {', '.join(names)}" for each, names in sources.items())
    header = ("offset", "bytes", "field", "format", "meaning")
    personal = "\n\\* personal\n" if any(each.personal for each in file.fields) else ""
    return f"{_whole(file)}\n{table(header, rows)}{personal}\nSources:\n\n{told}\n\n{_examples(file)}"


def all_files(section: Callable[[File], str] = file_section) -> str:
    """Every file."""
    return "\n".join(f"### {name}\n\n{section(file)}" for name, file in files().items())


def _whole(file: File) -> str:
    last = f"`{file.length - 1:04X}`"
    return f"{file.length} bytes (`0000` to {last}), {where(file)}. Source: {source(file.provenance)}.\n"


def _examples(file: File) -> str:
    rows = [_example(each, *vector) for each in file.fields for vector in each.vectors]
    return f"Examples:\n\n{table(('field', 'bytes', 'value'), rows)}"


def _example(field: Field, raw: str, value: object) -> tuple[str, str, str]:
    data = bytes.fromhex(raw)
    body = data.rstrip(data[-1:]) if data[-4:] in (b"    ", bytes(4)) else data
    padding = f"{len(data) - len(body)} x `{data[-1]:02X}`" if len(body) < len(data) else ""
    start = f"`{body.hex(' ').upper()}`" if body else ""
    return f"`{field.name}`", " + ".join(filter(None, (start, padding))), _shown(value)


def _shown(value: object) -> str:
    """An example's value for readers of any programming language: JSON, or words."""
    match value:
        case None:
            return "none"
        case bytes():
            if len(value) > _LONGEST_BYTES:
                return f"{len(value)} bytes"
            return f"`{value.hex(' ').upper()}`" if value else "none"
        case Sex():
            return f"`{value.value}` = {value.text.en}"
        case BuddhistDate() if value.is_lifelong:
            return value.text.en
        case BuddhistDate() | HashParts():
            return f"`{json.dumps(asdict(value), ensure_ascii=False)}`"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def formats() -> str:
    """How values stand in fields."""
    rows = ((each.name, each.text.en, each.text.th, source(each.provenance)) for each in FORMATS.values())
    return table(("format", "how it is read", "วิธีอ่าน", "source (confidence)"), rows)
