"""The reference page: fresh, complete, and true of the card."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from pathlib import Path

import pytest

from apdu_specs import keys, published_pin
from apdu_specs.authentication import FLOW, REGISTRY_OFFICE_FLOW
from apdu_specs.errors import SpecError
from apdu_specs.formats import FORMATS, format_of
from apdu_specs.generations import APPLETS, GENERATIONS
from apdu_specs.interindustry import GET_RESPONSE, SELECT
from apdu_specs.pin_policy import POLICIES, PinPolicy
from apdu_specs.reference import find, page, sections
from apdu_specs.reference.documents import everything
from apdu_specs.reference.files import files
from apdu_specs.reference.pin import Transition, diagram, transitions
from apdu_specs.status import MEANINGS
from apdu_specs.t0 import RULES, Rule
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from tests.model.pin_block import pin_block

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
SELECT_ADM = bytes.fromhex("00A4040008A000000084060002")
PIN, WRONG = b"1234", b"9999"


def test_the_page_in_docs_is_fresh() -> None:
    assert page() == PAGE, "stale: run 'thnid spec --markdown > docs/reference.md'"


def test_everything_declared_is_on_the_page() -> None:
    commands = {SELECT, GET_RESPONSE, *(command for applet in APPLETS for command in applet.commands)}
    for command in commands:
        assert f"#### {command.name}\n" in PAGE
        for vector in command.vectors:
            assert bytes.fromhex(vector.command).hex(" ").upper() in PAGE
    for applet in APPLETS:
        assert all(aid.hex(" ").upper() in PAGE for aid in applet.aids)
    for generation in GENERATIONS.values():
        assert f"### Generation {generation.name}\n" in PAGE
        assert generation.atr.hex(" ").upper() in PAGE
    for name, file in files().items():
        assert f"### {name}\n" in PAGE
        for field in file.fields:
            assert (
                f"| {file.offset(field.name):04X} | {file.offset(field.name)} | {field.length} | `{field.name}`"
                in PAGE
            )
            assert field.meaning.th in PAGE
    for status in MEANINGS.values():
        assert f"| `{status.code}` |" in PAGE
    for policy in POLICIES:
        assert f"### PIN policy {policy}\n" in PAGE


def test_every_generations_files_are_there() -> None:
    named = files()
    for generation in GENERATIONS.values():
        for applet in APPLETS:
            assert all(named[file.name] is file for file in generation.blocks(applet).values())
        assert named[generation.adm_info.name] is generation.adm_info


def test_every_field_has_an_explained_format_and_every_format_a_field() -> None:
    used = {format_of(field).name for file in files().values() for field in file.fields}
    assert used == set(FORMATS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_card_does_what_a_rule_says(rule: Rule) -> None:
    card = card_in_memory(card_from_seed(7))
    for step in rule.examples:
        answer = card.transmit(bytes.fromhex(step.command))
        assert (len(answer) - 2, answer[-2:].hex().upper()) == (step.length, step.sw), step.command


def blocked(policy: PinPolicy, failures: int) -> Card:
    card = card_in_memory(card_from_seed(7, policy=policy), pin=PIN.decode(), failures=failures)
    card.transmit(SELECT_ADM)
    return card


def act(card: Card, event: str) -> bytes:
    match event:
        case "VERIFY right":
            return card.transmit(bytes.fromhex("0020000104") + PIN)
        case "VERIFY wrong":
            return card.transmit(bytes.fromhex("0020000104") + WRONG)
        case "VERIFY wrong (published form)":
            challenge = card.transmit(bytes.fromhex("80B4000020"))[:32]
            return card.transmit(bytes.fromhex("8020010020") + pin_block(WRONG, challenge))
        case "VERIFY without data":
            return card.transmit(bytes.fromhex("00200001"))
        case "VERIFY without data (published form)":
            return card.transmit(bytes.fromhex("80200100"))
    challenge = card.transmit(bytes.fromhex("0084000010"))[:16]
    proof = hmac.new(card.personalisation.office_key, b"OFF1" + challenge + card.serial, sha256).digest()
    card.transmit(bytes.fromhex("0082000220") + proof)
    return card.transmit(bytes.fromhex("002C020104") + b"5678")


@pytest.mark.parametrize("policy", POLICIES.values(), ids=str)
def test_the_card_makes_exactly_the_transitions_of_its_policy(policy: PinPolicy) -> None:
    found = transitions(policy)
    assert {each.failures for each in found} == set(range(max(each.after for each in found) + 1))
    for each in found:
        card = blocked(policy, each.failures)
        assert act(card, each.event).hex().upper() == f"{each.word:04X}", each
        assert card.failures == each.after, each


@pytest.mark.parametrize("policy", POLICIES.values(), ids=str)
def test_the_diagram_has_exactly_the_transitions(policy: PinPolicy) -> None:
    arrow = re.compile(r"^    f(\d+) --> f(\d+) : (.+) / ([0-9A-F]{2}) ([0-9A-F]{2})$", re.MULTILINE)
    text = diagram(policy)
    drawn = [Transition(int(m[1]), m[3], int(m[4] + m[5], 16), int(m[2])) for m in arrow.finditer(text)]
    assert drawn == transitions(policy)
    assert text.count("-->") == len(drawn) + 1
    assert f"```mermaid\n{text}```" in PAGE


def test_the_national_table_as_the_manual_has_it() -> None:
    rows = [
        line for line in PAGE.split("### PIN policy national\n")[1].splitlines() if line.startswith("| ")
    ][2:8]
    assert rows == [
        "| 0 | READY | `90 00`, f = 0 | `63 C2`, f = 1 | `63 02`, f = 1 | `63 C3`, f = 0 | `63 03`, f = 0 | `90 00`, f = 0 |",
        "| 1 | READY | `90 00`, f = 0 | `63 C1`, f = 2 | `63 01`, f = 2 | `63 C2`, f = 1 | `63 02`, f = 1 | `90 00`, f = 0 |",
        "| 2 | READY | `90 00`, f = 0 | `63 C0`, f = 3 | `63 00`, f = 3 | `63 C1`, f = 2 | `63 01`, f = 2 | `90 00`, f = 0 |",
        "| 3 | SUSPENDED | `69 83`, f = 4 | `69 83`, f = 4 | `69 83`, f = 4 | `69 83`, f = 3 | `69 83`, f = 3 | `90 00`, f = 0 |",
        "| 4 | SUSPENDED | `69 84`, f = 5 | `69 84`, f = 5 | `69 84`, f = 5 | `69 83`, f = 4 | `69 83`, f = 4 | `90 00`, f = 0 |",
        "| 5 | LOCKED | `69 84`, f = 5 | `69 84`, f = 5 | `69 84`, f = 5 | `69 84`, f = 5 | `69 84`, f = 5 | `69 84`, f = 5 |",
    ]


def test_barred_offices_are_as_the_page_says() -> None:
    assert "ten in a row, `63 C0`" in PAGE and "never LOCKED" in PAGE and "f = None" not in PAGE
    authenticate = PAGE.split("#### EXTERNAL AUTHENTICATE\n")[1].split("\n#### ")[0]
    assert "| `63 Cx` | wrong proof of a registry office; wrong ones left: {n} /" in authenticate
    assert "| `69 83` | registry offices are barred" in authenticate
    card = blocked(POLICIES["national"], 3)
    words = []
    for _ in range(11):
        card.transmit(bytes.fromhex("0084000010"))
        words.append(card.transmit(bytes.fromhex("0082000220") + bytes(32)).hex().upper())
    assert words == [f"63C{left:X}" for left in range(9, -1, -1)] + ["6983"]
    assert act(card, "office issues a PIN") == b"\x69\x82"  # its right proof no longer helps
    assert act(card, "VERIFY without data") == b"\x69\x83"


def test_examples_are_for_readers_of_any_language() -> None:
    assert '| `{"year": 2505, "month": null, "day": null}` |' in PAGE
    assert "| lifelong |" in PAGE and "| `1` = male |" in PAGE
    assert not re.search(r"BuddhistDate\(|Name\(|<Sex|None|\b1 bytes", PAGE)
    old = PAGE.split("### MOI version 0002, block 0\n")[1].split("\n### ")[0]
    assert '| `version` | `30 30 30 32` | `"0002"` |' in old and '"0003"' not in old


@pytest.mark.parametrize("name", ["MOI, block 0", "CPLC", "national", "Files", "PIN policies"])
def test_what_is_for_a_terminal_has_five_columns_at_most(name: str) -> None:
    rows = [line for line in find(name).for_terminal().splitlines() if line.startswith("| ")]
    assert rows and all(line.replace("\\|", "").count("|") <= 6 for line in rows)
    assert all(field.name in find("MOI, block 0").for_terminal() for field in files()["MOI, block 0"].fields)


def test_key_examples() -> None:
    serial, citizen_id = bytes.fromhex("FFFF000000070001"), b"1999900000019"
    master = sha256(b"thnid specimen master key: for synthetic cards only").digest()

    def mac(key: bytes, message: bytes) -> bytes:
        return hmac.new(key, message, sha256).digest()

    card_key = mac(master, b"CARD" + citizen_id + serial)
    office_key = mac(master, b"OFFC" + citizen_id + serial)
    expected = [
        card_key,
        mac(card_key, b"GMS1" + bytes(range(32)) + citizen_id + serial + b"\x01\x01"),
        office_key,
        mac(office_key, b"OFF1" + bytes(range(16)) + serial),
    ]
    assert [each.example for each in keys.CONSTRUCTIONS] == expected
    assert all(each.hex(" ").upper() in PAGE for each in expected)


def test_published_pin_example() -> None:
    pin, challenge, block = published_pin.EXAMPLE
    assert pin_block(pin, challenge) == block == published_pin.pin_block(pin, challenge)
    assert block.hex(" ").upper() in PAGE


def test_flows_use_declared_commands() -> None:
    declared = {SELECT, GET_RESPONSE, *(command for applet in APPLETS for command in applet.commands)}
    assert {step.command for step in (*FLOW, *REGISTRY_OFFICE_FLOW) if step.command} <= declared


def test_parts_are_found_by_name() -> None:
    assert find("read").name == "READ"
    assert find("TH NID 18").kind == "generation"
    assert find("17").name == "TH NID 17"
    assert find("moi, block 0").kind == "file"
    assert find("cplc").name == "CPLC"
    assert find("iso-3").kind == "policy"
    assert find("text formats").kind == "chapter"
    for section in sections():
        assert section.markdown()
        assert section.document()
        assert find(section.name).name == section.name
    with pytest.raises(SpecError, match="READ"):
        find("no such thing")


def test_the_whole_as_one_document() -> None:
    document = everything()
    read = next(each for each in document["commands"] if each["name"] == "READ")
    assert read["form"] == "80 B0 <P1> <P2> 02 <block (1), length (1)>"
    names = [each["name"] for each in document["generations"]]
    assert names == list(GENERATIONS)
