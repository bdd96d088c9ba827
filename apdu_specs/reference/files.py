"""Memory maps."""

from __future__ import annotations

from apdu_specs.adm import GET_INFO
from apdu_specs.file import Field, File
from apdu_specs.formats import FORMATS, format_of
from apdu_specs.generations import APPLETS, GENERATIONS, Generation
from apdu_specs.reference.commands import files_of_commands
from apdu_specs.reference.markdown import source, table


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
    return (
        f"{file.length} bytes (`0000` to `{file.length - 1:04X}`), {where(file)}. Source: {source(file.provenance)}.\n\n"
        + table(header, rows)
        + "\nExamples:\n\n"
        + table(
            ("field", "bytes", "value"),
            [_example(each, *vector) for each in file.fields for vector in each.vectors],
        )
    )


def _example(field: Field, raw: str, value: object) -> tuple[str, str, str]:
    data = bytes.fromhex(raw)
    body = data.rstrip(data[-1:]) if data[-4:] in (b"    ", bytes(4)) else data
    padding = f" + {len(data) - len(body)} x {data[-1]:02X}" if len(body) < len(data) else ""
    if isinstance(value, bytes):
        shown = value.hex(" ").upper() if len(value) <= 16 else f"{len(value)} bytes"
    else:
        shown = repr(value).replace("month=None", "month unknown").replace("day=None", "day unknown")
    return f"`{field.name}`", f"`{body.hex(' ').upper()}`{padding}", f"`{shown}`" if shown else ""


def formats() -> str:
    """How values stand in fields."""
    rows = ((each.name, each.text.en, each.text.th, source(each.provenance)) for each in FORMATS.values())
    return table(("format", "how it is read", "วิธีอ่าน", "source (confidence)"), rows)
