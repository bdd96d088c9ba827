"""How the card speaks T=0, exchange by exchange, as the programs that read real cards rely on it. All bytes by hand."""

from __future__ import annotations

import pytest

from apdu_specs.generations import GENERATIONS
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory

MOI, NHSO, ADM = ("00A4040008A0000000" + rest for rest in ("54480001", "54480083", "84060002"))
MANAGER_FCI = "6F108408A000000003000000A5049F6501FF"
LASER = b"OT9124880363".hex().upper()
ADM_HEADER = "01000101000000"
SERIAL = "FFFF000000070001"


def card_of(generation: str) -> Card:
    card = card_in_memory(card_from_seed(7, generation=GENERATIONS[generation]))
    card.power_on()
    return card


def talk(card: Card, *exchanges: tuple[str, str]) -> None:
    """Each command gets exactly that answer; a trailing ... stands for data of which only the end is known."""
    for number, (command, expected) in enumerate(exchanges):
        answer = card.transmit(bytes.fromhex(command)).hex().upper()
        if expected.startswith("..."):
            answer = "..." + answer[3 - len(expected) :]
        assert answer == expected, f"exchange {number}: {command}"


@pytest.fixture
def card() -> Card:
    return card_of("TH NID 18")


# --- commands whose data come at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("80000000", "6C17"),
        ("8000000000", "6C17"),
        ("80000000FF", "6C17"),
        ("8000000018", "6C17"),
        ("8000000017", f"{ADM_HEADER}{LASER}000000009000"),
        ("8000000007", f"{ADM_HEADER}6110"),
        ("8000000001", "016116"),
    ],
)
def test_adm_info(card: Card, command: str, answer: str) -> None:
    talk(card, (ADM, "610A"), (command, answer))


def test_laser_number_as_most_programs_read_it(card: Card) -> None:
    """Le 07 takes the header, the rest waits."""
    talk(card, (ADM, "610A"), ("8000000007", f"{ADM_HEADER}6110"), ("00C0000010", f"{LASER}000000009000"))


def test_laser_number_as_one_program_reads_seven_letters_of_it(card: Card) -> None:
    talk(card, (ADM, "610A"), ("8000000007", f"{ADM_HEADER}6110"), ("00C0000007", f"{LASER[:14]}6109"))


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("80CA9F7F", "6C2D"),
        ("80CA9F7F00", "6C2D"),
        ("80CA9F7FFF", "6C2D"),
        ("80CA9F7F2E", "6C2D"),
        ("80CA9F7F2D", f"9F7F2A4790503847912081 3B00{SERIAL}{24 * '00'}9000"),
        ("80CA9F7F03", "9F7F2A612A"),
        ("80CA9F7E2D", "6A86"),
    ],
)
@pytest.mark.parametrize(
    "select", [None, "00A40400", "00A4040012", "00A4040008A000000003000000", "00A4040002434D"]
)
def test_cplc(card: Card, select: str | None, command: str, answer: str) -> None:
    """The card manager is selected after reset, and by either name, and without any, also when told 6C."""
    if select:
        card.transmit(bytes.fromhex(select))
    talk(card, (command, answer.replace(" ", "")))


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00A40400", "6C12"),
        ("00A4040000", "6C12"),
        ("00A40400FF", "6C12"),
        ("00A4040012", f"{MANAGER_FCI}9000"),
        ("00A4040002", "6F106110"),
    ],
)
def test_select_without_identifier(card: Card, command: str, answer: str) -> None:
    talk(card, (MOI, "610A"), (command, answer), ("80B0000402000D", "6D00"), ("80CA9F7F", "6C2D"))


# --- SELECT and GET RESPONSE ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fetch", ["00C000000A", "80C000000A", "00C000010A", "80C000010A"])
def test_what_select_tells(card: Card, fetch: str) -> None:
    talk(card, (MOI, "610A"), (fetch, "8408A0000000544800019000"), (fetch, "6985"))


def test_select_with_le(card: Card) -> None:
    for le in ("00", "0A", "FF"):
        talk(card, (NHSO + le, "610A"), ("00C000000A", "8408A0000000544800839000"))


@pytest.mark.parametrize("aid", ["A000000054480011", "A000000084060000", "A0000000544800", "434D00", "FF"])
def test_an_absent_applet_leaves_the_selection(card: Card, aid: str) -> None:
    select = f"00A40400{len(aid) // 2:02X}{aid}"
    talk(card, (select, "6A82"), ("80B0000402000D", "6985"))
    talk(card, (MOI, "610A"), (select, "6A82"), ("80B0000002 0004", "6104"), ("00C0000004", "303030339000"))


@pytest.mark.parametrize(
    ("fetches"),
    [
        [("00C0000004", "8408A0006106"), ("80C0000106", "0000544800019000"), ("00C0000001", "6985")],
        [("00C000000B", "6C0A"), ("00C000000A", "8408A0000000544800019000")],
        [("00C0000000", "6C0A"), ("00C00000", "6C0A"), ("00C000000A", "8408A0000000544800019000")],
        [("00C000020A", "6A86"), ("00C001000A", "6A86"), ("00C000000A", "8408A0000000544800019000")],
        [
            (f"00C00000{le:02X}", f"{byte}61{10 - number:02X}")
            for number, (le, byte) in enumerate([(1, "84"), (1, "08")], 1)
        ],
        [("80B0000402000D", "610D"), ("00C000000A", "...6103")],
        [("00B0000000", "6D00"), ("00C000000A", "6985")],
    ],
)
def test_get_response(card: Card, fetches: list[tuple[str, str]]) -> None:
    """Less than what waits: the rest is announced. More: the length is told and nothing is lost. Else: dropped."""
    talk(card, (MOI, "610A"), *fetches)


# --- READ -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        ("80B0000402000D", "610D"),
        ("80B0000402000D00", "610D"),  # some stacks add Le
        ("80B0000402000DFF", "610D"),
        ("80B00000020000", "6100"),
        ("80B01627020100", "6100"),  # two bytes of length
        ("80B01726020001", "6101"),
        ("80B017260200FF", "6101"),  # partly past the end
        ("80B01727020001", "6B00"),
        ("80B07A5A0200FF", "6B00"),
        ("80B0FFFF020000", "6B00"),
        ("80B00000020104", "6B00"),  # no block 1 on current cards
        ("80B00004", "6700"),
        ("80B000040D", "6700"),
        ("80B0000401000D", "6700"),
        ("80B00004030000 0D", "6700"),
        ("00B0000402000D", "6D00"),
        ("80B1000402000D", "6D00"),
        ("81B0000402000D", "6E00"),
    ],
)
def test_read(card: Card, read: str, answer: str) -> None:
    talk(card, (MOI, "610A"), (read, answer))


def test_256_bytes_only_for_those_who_ask(card: Card) -> None:
    talk(
        card, (MOI, "610A"), ("80B00000020000", "6100"), ("00C00000FF", "...6101"), ("00C0000001", "...9000")
    )
    talk(card, ("80B00000020000", "6100"))
    answer = card.transmit(bytes.fromhex("00C0000000"))
    assert len(answer) == 258 and answer.startswith(b"0003") and answer.endswith(b"\x90\x00")


def test_reads_cross_field_borders(card: Card) -> None:
    talk(card, (MOI, "610A"), ("80B000000200FF", "61FF"))
    whole = card.transmit(bytes.fromhex("00C00000FF"))[:-2]
    for offset, length in ((0x04, 0x0D), (0x11, 0xD1), (0xD0, 0x20), (0xD9, 0x1D)):
        talk(card, (f"80B000{offset:02X}0200{length:02X}", f"61{length:02X}"))
        assert card.transmit(bytes.fromhex(f"00C00000{length:02X}"))[:-2] == whole[offset : offset + length]


def test_a_read_sent_twice(card: Card) -> None:
    talk(
        card,
        (MOI, "610A"),
        *2 * [("80B0000402000D", "610D")],
        ("00C000000D", "...9000"),
        ("00C000000D", "6985"),
    )


# --- generations that differ ------------------------------------------------------------------------------------------


def test_3b67_wants_p2_01() -> None:
    card = card_of("3B 67")
    talk(card, (MOI, "610A"), ("00C000000A", "6A86"), ("00C000010A", "8408A0000000544800019000"))
    talk(card, ("80B00000020004", "6104"), ("80C0000004", "6A86"), ("80C0000104", "303030339000"))


def test_version_0002() -> None:
    """Person and photo in block 1, address in block 0."""
    card = card_of("0002")
    cid = card.citizen_id.encode().hex()
    talk(card, (MOI, "610A"), ("80B00000020104", "6104"), ("00C0000004", "303030329000"))
    talk(card, ("80B0000402010D", "610D"), ("00C000000D", f"{cid}9000"))
    talk(card, ("80B0017B020104", "6104"), ("00C0000004", "FFD8FFE09000"))
    talk(card, ("80B00000020004", "6104"), ("00C0000004", "303030329000"))
    talk(card, ("80B000040200 96", "6196"))
    address = card.transmit(bytes.fromhex("00C0000096"))
    assert address.count(b"#") == 7 and address.endswith(b"\x90\x00")
    talk(card, ("80B01578020102", "6101"), ("80B01579020101", "6B00"), ("80B001A8020001", "6B00"))
    talk(card, ("80B00000020100", "6100"), ("00C0000004", "3030303261FC"))  # block 1, not two bytes of length


def test_a_chip_without_laser_number() -> None:
    card = card_of("no laser")
    talk(
        card, (ADM, "610A"), ("80000000", "6C07"), ("8000000017", "6C07"), ("8000000007", f"{ADM_HEADER}9000")
    )
    talk(card, ("00C0000010", "6985"))


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_tells_its_citizen_id(generation: str) -> None:
    card = card_of(generation)
    block, p2 = ("01" if generation == "0002" else "00"), ("01" if generation == "3B 67" else "00")
    cid = card.citizen_id.encode().hex()
    talk(card, (MOI, "610A"), (f"80B0000402{block}0D", "610D"), (f"00C000{p2}0D", f"{cid}9000"))
