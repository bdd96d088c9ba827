"""One walk over everything that is declared: vectors, provenance, status words, both languages, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator

from apdu_specs import card_manager, interindustry, keys, published_pin, vpcd
from apdu_specs.applet import Applet
from apdu_specs.command import Command, Outgoing
from apdu_specs.file import Field, File
from apdu_specs.generations import APPLETS, GENERATIONS
from apdu_specs.language import Text
from apdu_specs.pin_policy import POLICIES, PinState
from apdu_specs.provenance import Confidence, Kind, Provenance
from apdu_specs.status import COMMON_STATUSES, MEANINGS, Family, StatusWord

COMMAND_NAMES = {
    "SELECT",
    "GET RESPONSE",
    "READ",
    "GET INFO",
    "VERIFY",
    "CHANGE REFERENCE DATA",
    "GET PIN CHALLENGE",
    "VERIFY (published form)",
    "GET MATCH STATUS",
    "GET CHALLENGE",
    "EXTERNAL AUTHENTICATE",
    "RESET RETRY COUNTER",
    "GET CPLC",
}
FILE_NAMES = {
    "MOI, block 0",
    "MOI version 0002, block 0",
    "MOI version 0002, block 1",
    "NHSO, block 0",
    "ADM info",
    "ADM info of old chips",
    "CPLC",
}

Complaint = str


def files() -> list[File]:
    """Every file of every generation and applet, once."""
    found: dict[File, None] = {card_manager.CPLC: None}
    for generation in GENERATIONS.values():
        found[generation.adm_info] = None
        for applet in APPLETS:
            found |= dict.fromkeys(generation.blocks(applet).values())
    return list(found)


def commands() -> list[Command]:
    """SELECT, GET RESPONSE and the commands of every applet, once."""
    of_applets = (command for applet in APPLETS for command in applet.commands)
    return list(dict.fromkeys((interindustry.SELECT, interindustry.GET_RESPONSE, *of_applets)))


def test_every_declaration() -> None:
    assert {command.name for command in commands()} == COMMAND_NAMES
    assert {file.name for file in files()} == FILE_NAMES
    complaints = [
        *(complaint for file in files() for complaint in walk_file(file)),
        *(complaint for command in commands() for complaint in walk_command(command)),
        *walk_status_words(),
        *walk_sentences(),
        *walk_provenance(),
        *walk_names(),
    ]
    assert not complaints, "\n".join(complaints)


# --- files ------------------------------------------------------------------------------------------------------------


def walk_file(file: File) -> Iterator[Complaint]:
    yield from twice(f"file {file.name}: field", (field.name for field in file.fields))
    for field in file.fields:
        yield from walk_field(field, f"{file.name}: {field.name}")
    image = b"".join(bytes.fromhex(field.vectors[0][0]) for field in file.fields if field.vectors)
    if len(image) != file.length or file.struct.sizeof() != file.length:
        yield f"{file.name}: fields of {len(image)} bytes in a file of {file.length}"
        return
    values = file.parse(image)
    if file.build(values) != image:
        yield f"{file.name}: does not build what it parsed"
    whole = file.struct.parse(image)
    if any(whole[name] != value for name, value in values.items()):
        yield f"{file.name}: the one construct and the fields disagree"
    for field in file.fields:
        if image[file.offset(field.name) :][: field.length] != bytes.fromhex(field.vectors[0][0]):
            yield f"{file.name}: {field.name} is not at its offset"


def walk_field(field: Field, where: str) -> Iterator[Complaint]:
    if not field.vectors:
        yield f"{where}: no vector"
    for raw_hex, value in field.vectors:
        raw = bytes.fromhex(raw_hex)
        if len(raw) != field.length:
            yield f"{where}: a vector of {len(raw)} bytes for {field.length}"
        if field.parse(raw) != value:
            yield f"{where}: {raw_hex[:40]} parses into {field.parse(raw)!r}"
        if field.build(value) != raw:
            yield f"{where}: {value!r} builds {field.build(value).hex()[:40]}"
    yield from bilingual(f"{where}: meaning", field.meaning)
    yield from sourced(where, field.provenance)


# --- commands ---------------------------------------------------------------------------------------------------------


def walk_command(command: Command) -> Iterator[Complaint]:
    name = command.name
    if not command.vectors:
        yield f"{name}: no vector"
    for vector in command.vectors:
        raw = bytes.fromhex(vector.command)
        parts = command.decode(raw)
        if (parts.p1, parts.p2, parts.le) != (vector.p1, vector.p2, vector.le):
            yield f"{name}: {vector.command} decodes into {parts}"
        if command.parse_data(parts.data) != vector.data:
            yield f"{name}: data of {vector.command} parses into {command.parse_data(parts.data)!r}"
        if raw[0] not in command.cla:
            yield f"{name}: {vector.command} is of an undeclared class"
        encoded = command.encode(vector.data, p1=vector.p1, p2=vector.p2, le=vector.le)
        if encoded != bytes((command.cla[0],)) + raw[1:]:
            yield f"{name}: {vector.command} encodes as {encoded.hex()}"
    yield from walk_statuses(command)
    yield from twice(f"{name}: header", command.headers)
    yield from bilingual(f"{name}: meaning", command.meaning)
    yield from sourced(name, command.provenance)
    if (command.answer is None) is not (command.outgoing is Outgoing.NOTHING):
        yield f"{name}: an answer that does not travel, or the other way round"


def walk_statuses(command: Command) -> Iterator[Complaint]:
    declared = (*command.statuses, *COMMON_STATUSES)
    yield from twice(f"{command.name}: status", declared)
    for status in declared:
        if status not in MEANINGS:
            yield f"{command.name}: {status!r} has no meaning"
        if not command.may_answer(int(status)):
            yield f"{command.name}: {status!r} is declared and may not be answered"
    needed: dict[Outgoing, set[StatusWord | Family]] = {
        Outgoing.NOTHING: set(),
        Outgoing.AT_ONCE: {StatusWord.OK, Family.WRONG_LE, Family.BYTES_WAITING},
        Outgoing.WAITING: {Family.BYTES_WAITING},
    }
    for status in {command.wrong_parameters, *needed[command.outgoing]} - set(declared):
        yield f"{command.name}: {status!r} is not declared"


# --- words, sentences, sources, names ---------------------------------------------------------------------------------


def walk_status_words() -> Iterator[Complaint]:
    for word in (*StatusWord, *Family):
        if word not in MEANINGS:
            yield f"{word!r} has no meaning"
    for kind in (StatusWord, Family):
        if len(kind.__members__) != len(list(kind)):
            yield f"{kind.__name__}: a word has two names"
    yield from twice("status word", [int(word) for word in (*StatusWord, *Family)])
    yield from twice("status code", [meaning.code for meaning in MEANINGS.values()])
    for meaning in MEANINGS.values():
        yield from bilingual(f"status {meaning.code}", meaning.meaning)
        yield from sourced(f"status {meaning.code}", meaning.provenance)
        if ("x" in meaning.code) is not ("{n}" in meaning.meaning.en and "{n}" in meaning.meaning.th):
            yield f"status {meaning.code}: the number it carries is not told in both languages"


def walk_sentences() -> Iterator[Complaint]:
    for applet in APPLETS:
        yield from bilingual(f"applet {applet.name}", applet.meaning)
    for generation in GENERATIONS.values():
        yield from bilingual(f"generation {generation.name}", generation.differences)
    for state in PinState:
        yield from bilingual(f"condition of {state.value}", state.condition)
        yield from bilingual(f"advice for {state.value}", state.advice)


def walk_provenance() -> Iterator[Complaint]:
    told: list[tuple[str, Provenance]] = [
        *((f"file {file.name}", file.provenance) for file in files()),
        *((f"applet {applet.name}", applet.provenance) for applet in APPLETS),
        *((f"generation {each.name}", each.provenance) for each in GENERATIONS.values()),
        *((f"policy {policy.name}", policy.provenance) for policy in POLICIES.values()),
        ("keys", keys.PROVENANCE),
        ("published PIN block", published_pin.PROVENANCE),
        ("vpcd", vpcd.PROVENANCE),
        ("read past the end", interindustry.PARTLY_PAST_THE_END),
        ("length of two bytes", interindustry.TWO_BYTE_LENGTH),
        ("selected after reset", card_manager.DEFAULT_AFTER_RESET),
    ]
    for where, provenance in told:
        yield from sourced(where, provenance)


def walk_names() -> Iterator[Complaint]:
    yield from twice("command", (command.name for command in commands()))
    yield from twice("file", (file.name for file in files()))
    yield from twice("applet", (applet.name for applet in APPLETS))
    yield from twice("applet identifier", (aid for applet in APPLETS for aid in applet.aids))
    yield from twice("generation", (name.casefold() for name in GENERATIONS))
    yield from twice("answer to reset", (generation.atr for generation in GENERATIONS.values()))
    for applet in APPLETS:
        yield from twice(f"applet {applet.name}: header", headers(applet))
    for name, generation in GENERATIONS.items():
        if name != generation.name:
            yield f"generation {generation.name} is listed as {name}"
    for name, policy in POLICIES.items():
        if name != policy.name:
            yield f"policy {policy.name} is listed as {name}"


def headers(applet: Applet) -> list[bytes]:
    """What the applet dispatches on, the commands of every applet included."""
    of_all = (interindustry.SELECT, interindustry.GET_RESPONSE)
    return [header for command in (*applet.commands, *of_all) for header in command.headers]


def sourced(where: str, provenance: Provenance) -> Iterator[Complaint]:
    if len(provenance.source.split()) < 2:
        yield f"{where}: its source says nothing: {provenance.source!r}"
    if (provenance.kind is Kind.ASSUMED) is not (provenance.confidence is Confidence.NONE):
        yield f"{where}: {provenance}"
    if provenance.kind is Kind.STANDARD and not any(digit.isdigit() for digit in provenance.source):
        yield f"{where}: a standard without a number"


def bilingual(where: str, text: Text) -> Iterator[Complaint]:
    if not text.en.isascii() and not set(text.en) <= set(map(chr, range(0x20, 0x2100))):
        yield f"{where}: not English: {text.en}"
    if not text.en.strip():
        yield f"{where}: nothing in English"
    if not any("ก" <= letter <= "๛" for letter in text.th):
        yield f"{where}: nothing in Thai"


def twice(what: str, things: Iterable[Hashable]) -> Iterator[Complaint]:
    yield from (f"{what} {thing!r} is declared {n} times" for thing, n in Counter(things).items() if n > 1)
