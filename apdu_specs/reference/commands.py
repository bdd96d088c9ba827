"""The applets' and commands' part of the reference."""

from __future__ import annotations

from collections.abc import Iterable

from apdu_specs import adm, card_manager
from apdu_specs.applet import Applet
from apdu_specs.command import Command, Outgoing, Parameter
from apdu_specs.file import File
from apdu_specs.generations import APPLETS
from apdu_specs.interindustry import GET_RESPONSE, SELECT
from apdu_specs.reference.layout import in_words
from apdu_specs.reference.markdown import both, code, source, spaced, table
from apdu_specs.status import COMMON_STATUSES, MEANINGS, Family, StatusWord

COMMANDS: tuple[Command, ...] = (
    SELECT,
    GET_RESPONSE,
    *dict.fromkeys(command for applet in APPLETS for command in applet.commands),
)
"""Every command once, those of every applet first."""


def applets_with(command: Command) -> list[str]:
    """The names of the applets that answer it."""
    if command in (SELECT, GET_RESPONSE):
        return [applet.name for applet in APPLETS]
    return [applet.name for applet in APPLETS if command in applet.commands]


def applets() -> str:
    """The table of applets."""
    rows = (
        (
            applet.name,
            both(applet.meaning),
            ", ".join(code(aid) for aid in applet.aids),
            ", ".join(command.name for command in applet.commands),
            source(applet.provenance),
        )
        for applet in APPLETS
    )
    header = ("applet", "meaning", "AIDs", "its commands", "source (confidence)")
    return (
        table(header, rows)
        + "\nSELECT and GET RESPONSE are answered in every applet; `43 4D` is the ASCII name `CM`. After a reset the card manager is "
        f"selected: {source(card_manager.DEFAULT_AFTER_RESET)}.\n"
    )


def applet_section(applet: Applet) -> str:
    """One applet with its commands."""
    aids = ", ".join(code(aid) for aid in applet.aids)
    parts = [f"{both(applet.meaning)}. AIDs: {aids}. Source: {source(applet.provenance)}.\n"]
    parts += [f"#### {command.name}\n\n{command_section(command)}" for command in applet.commands]
    return "\n".join(parts)


def command_section(command: Command) -> str:
    """One command: bytes, parameters, lengths, answer, status words, examples, source."""
    rows = [
        ("meaning", both(command.meaning)),
        ("applets", ", ".join(applets_with(command))),
        ("bytes", f"`{form_of(command)}`"),
        ("CLA", " or ".join(f"`{cla:02X}`" for cla in command.cla)),
        ("P1", _parameter(command.p1)),
        ("P2", _parameter(command.p2)),
        ("Lc", _lc(command)),
        ("data", in_words(command.data) or "none"),
        ("answer", _answer(command)),
        ("how the answer comes", command.outgoing.value),
        ("wrong P1 or P2", _word(command.wrong_parameters)),
        ("source (confidence)", source(command.provenance)),
    ]
    if command is SELECT:
        rows.insert(
            9,
            (
                "answer without an identifier",
                f"{in_words(card_manager.FCI)}: {code(card_manager.FCI.build({'max_length': 255}))}",
            ),
        )
    if command is adm.GET_MATCH_STATUS:
        names = ", ".join(f"`{number:02X}` {name}" for number, name in adm.KEY_NAMES.items())
        rows.insert(6, ("key ids", names))
    return "\n".join(
        [
            table(("", ""), rows),
            "Status words:\n",
            table(
                ("code", "meaning"),
                [
                    *((_code(each), both(command.meaning_of(each))) for each in command.statuses),
                    *(
                        (f"{_code(each)} without data", both(meaning))
                        for each, meaning in command.meanings_without_data.items()
                    ),
                ],
            ),
            f"and, as any command: {', '.join(_code(each) for each in COMMON_STATUSES)}.\n",
            "Examples:\n",
            table(
                ("command", "P1", "P2", "data", "Le"),
                [
                    (
                        code(bytes.fromhex(vector.command)),
                        f"{vector.p1:02X}",
                        f"{vector.p2:02X}",
                        _value(vector.data),
                        "" if vector.le is None else vector.le,
                    )
                    for vector in command.vectors
                ],
            ),
        ]
    )


def form_of(command: Command) -> str:
    """The bytes in one line: ``80 B0 <P1> <P2> 02 <block> <length>``."""
    p1 = f"{command.p1.fixed:02X}" if command.p1.fixed is not None else "<P1>"
    p2 = f"{command.p2.fixed:02X}" if command.p2.fixed is not None else "<P2>"
    form = f"{command.cla[0]:02X} {command.ins:02X} {p1} {p2}"
    if command.data is not None:
        lc = f"{max(command.lengths):02X}" if len(command.lengths - {0}) == 1 else "<Lc>"
        form += f" {lc} <{in_words(command.data)}>"
    elif command.outgoing is Outgoing.AT_ONCE:
        form += " <Le>"
    return form


def _lc(command: Command) -> str:
    if command.data is None:
        return "no data field"
    return command.lengths_text + ("; 0 means no Lc and no data" if 0 in command.lengths else "")


def _parameter(parameter: Parameter) -> str:
    return f"`{parameter}`" + (f" {parameter.meaning}" if parameter.meaning else "")


def _answer(command: Command) -> str:
    if command.file is not None:
        return f"{command.file.length} bytes: file {command.file.name}"
    return in_words(command.answer) or "none"


def _code(each: StatusWord | Family) -> str:
    return f"`{MEANINGS[each].code}`"


def _word(word: StatusWord) -> str:
    return f"`{spaced(word.raw)}`"


def _value(data: object) -> str:
    if data is None:
        return ""
    if isinstance(data, bytes):
        return code(data) if len(data) <= 8 else f"{code(data[:4])} ... ({len(data)} bytes)"
    assert isinstance(data, dict)
    return ", ".join(f"{name} {_value(v) if isinstance(v, bytes) else v}" for name, v in data.items())


def status_words(words: Iterable[StatusWord | Family] = tuple(MEANINGS)) -> str:
    """The table of status words."""
    rows = ((_code(each), both(MEANINGS[each].meaning), source(MEANINGS[each].provenance)) for each in words)
    return table(("code", "meaning ({n} is the number that x or xx carries)", "source (confidence)"), rows)


def files_of_commands() -> list[tuple[str, File]]:
    """Files that a command of their own reads whole: (command's name, file)."""
    return [(command.name, command.file) for command in COMMANDS if command.file is not None]
