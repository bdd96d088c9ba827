"""The page: its sections in order, and how one is found by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from apdu_specs.errors import SpecError
from apdu_specs.generations import APPLETS, GENERATIONS
from apdu_specs.interindustry import GET_RESPONSE, SELECT
from apdu_specs.pin_policy import POLICIES
from apdu_specs.reference import cards, commands, documents, exchange, files, pin, secrets
from apdu_specs.reference.markdown import anchor

TITLE = "The card, as declared"
_INTRO = (
    "Made of the declarations in `apdu_specs/` by `thnid spec --markdown`; do not edit. There is no public specification of "
    "the Thai national ID card, so everything says whose word it is: *public* programs that read real cards, a *standard*, the "
    "*manual* for NHSO officers, or *assumed*, which is this project's choice where nothing is public. Confidence: *high* many "
    "independent voices, *medium* a few, *low* one lineage, *none* our choice.\n"
)


_FILES, _POLICIES = "Files", "PIN policies"
_NARROW = {
    _FILES: partial(files.all_files, files.narrow_file_section),
    _POLICIES: partial(pin.policies, pin.narrow_policy_section),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One part that can be asked for by name. ``kind``: chapter, applet, command, file, generation, status or policy.

    ``narrow``: its Markdown for a terminal, where ``markdown`` has wide tables.
    """

    kind: str
    name: str
    markdown: Callable[[], str]
    document: Callable[[], dict[str, object]]
    narrow: Callable[[], str] | None = None

    def for_terminal(self) -> str:
        """Its Markdown for a screen of 80 columns."""
        return (self.narrow or self.markdown)()


def chapters() -> list[Section]:
    """The chapters in the order of the page."""
    return [
        Section("chapter", name, make, partial(_chapter_document, name, make), _NARROW.get(name))
        for name, make in (
            ("How T=0 is spoken", exchange.rules),
            ("Applets", commands.applets),
            ("Commands", _commands),
            (_FILES, files.all_files),
            ("Text formats", files.formats),
            ("Generations", _generations),
            ("Status words", commands.status_words),
            (_POLICIES, pin.policies),
            ("The published PIN form", secrets.published_form),
            ("Authentication", secrets.authentication),
            ("Keys and cryptograms", secrets.constructions),
        )
    ]


def _chapter_document(name: str, make: Callable[[], str]) -> dict[str, object]:
    return {"name": name, "markdown": make()}


def _commands() -> str:
    parts = ["### Every applet\n"]
    parts += [f"#### {each.name}\n\n{commands.command_section(each)}" for each in (SELECT, GET_RESPONSE)]
    described: set[str] = {SELECT.name, GET_RESPONSE.name}
    for applet in APPLETS:
        parts.append(f"### Applet {applet.name}\n")
        for command in applet.commands:
            if command.name in described:
                parts.append(f"{command.name}: see above.\n")
            else:
                parts.append(f"#### {command.name}\n\n{commands.command_section(command)}")
            described.add(command.name)
    return "\n".join(parts)


def _generations() -> str:
    parts = [cards.generations()]
    parts += [
        f"### Generation {each.name}\n\n{cards.generation_section(each)}" for each in GENERATIONS.values()
    ]
    return "\n".join(parts)


def page() -> str:
    """The whole page as Markdown."""
    contents = "\n".join(f"* [{each.name}](#{anchor(each.name)})" for each in chapters())
    body = "\n".join(f"## {each.name}\n\n{each.markdown()}" for each in chapters())
    return f"# {TITLE}\n\n{_INTRO}\n{contents}\n\n{body}".rstrip("\n") + "\n"


def sections() -> list[Section]:
    """Everything that has a name."""
    found = [
        Section(
            "command", each.name, partial(commands.command_section, each), partial(documents.command, each)
        )
        for each in commands.COMMANDS
    ]
    found += [
        Section("applet", each.name, partial(commands.applet_section, each), partial(documents.applet, each))
        for each in APPLETS
    ]
    found += [
        Section(
            "file",
            name,
            partial(files.file_section, each),
            partial(documents.file, each),
            partial(files.narrow_file_section, each),
        )
        for name, each in files.files().items()
    ]
    found += [
        Section(
            "generation", name, partial(cards.generation_section, each), partial(documents.generation, each)
        )
        for name, each in GENERATIONS.items()
    ]
    found += [
        Section(
            "policy",
            name,
            partial(pin.policy_section, each),
            partial(documents.policy, each),
            partial(pin.narrow_policy_section, each),
        )
        for name, each in POLICIES.items()
    ]
    return found + chapters()


def find(name: str) -> Section:
    """The part called ``name``; case, spaces and punctuation do not matter, and a beginning or a part will do. SpecError."""
    wanted = _squeezed(name)
    everything = sections()
    for matches in (
        lambda other: other == wanted or other == f"thnid{wanted}",
        lambda other: other.startswith(wanted),
        lambda other: wanted in other,
    ):
        found = [each for each in everything if wanted and matches(_squeezed(each.name))]
        if found:
            return found[0]
    raise SpecError(f"there is no {name!r}; there are: {'; '.join(each.name for each in everything)}")


def _squeezed(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
