"""Holders that break naive programs: what stands on the card, byte by byte, and that our own client reads them all."""

from __future__ import annotations

import contextlib
import json
from io import BytesIO

import pytest
from click.testing import CliRunner
from PIL import Image

from apdu_specs.citizen_id import is_valid
from apdu_specs.generations import GENERATIONS, THNID_18
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.errors import BadCard
from emulator.holders import holder_from_seed
from emulator.holders.odd import ODD_HOLDERS, odd_holder
from harness.cli import card as card_commands
from harness.client import CardClient
from harness.terminals.in_process import InProcessTerminal

SEED = 7
MOI, NHSO = bytes.fromhex("A000000054480001"), bytes.fromhex("A000000054480083")
NAMES = [
    "unknown-birth-date",
    "unknown-birth-day",
    "lifelong-card",
    "expired-card",
    "no-middle-name",
    "middle-name",
    "title-with-space",
    "two-word-surname",
    "longest-names",
    "bangkok-address",
    "moo-and-soi",
    "empty-address-parts",
    "no-photo",
    "largest-photo",
    "spaces-in-photo",
    "blank-rights",
    "expired-rights",
]


def image(name: str, aid: bytes = MOI) -> bytes:
    """The applet's memory on the default generation."""
    return card_from_seed(SEED, generation=THNID_18, holder=odd_holder(name, SEED)).images[aid, 0]


def thai(text: str) -> bytes:
    return text.encode("tis_620")


def test_the_list_is_complete() -> None:
    assert list(ODD_HOLDERS) == NAMES
    for each in ODD_HOLDERS.values():
        assert each.catches.en
        assert any("ก" <= letter <= "๛" for letter in each.catches.th)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("name", NAMES)
def test_our_client_reads_every_holder_in_every_generation(name: str, generation: str) -> None:
    holder = odd_holder(name, SEED)
    card = card_in_memory(card_from_seed(SEED, generation=GENERATIONS[generation], holder=holder))
    with InProcessTerminal(card) as terminal:
        contents = CardClient(terminal).read_all()
    assert contents.unreadable == ()
    person = contents.person
    for field in (
        "citizen_id",
        "thai_name",
        "english_name",
        "birth_date",
        "issue_date",
        "expiry_date",
        "address",
    ):
        assert getattr(person, field) == getattr(holder, field)
    assert (person.photo or b"") == holder.photo


@pytest.mark.parametrize("name", NAMES)
def test_every_seed_makes_a_valid_holder(name: str) -> None:
    for seed in range(40):
        holder = odd_holder(name, seed)
        assert is_valid(holder.citizen_id)
        assert holder.citizen_id.startswith("19999")
        assert len(holder.photo) <= 5118
        card_from_seed(seed, holder=holder)


def test_names_are_found_however_they_are_written_and_unknown_ones_list_the_known() -> None:
    assert odd_holder("Unknown_Birth_Date", SEED) == odd_holder("unknown-birth-date", SEED)
    with pytest.raises(BadCard, match=r"unknown-birth-date, .*expired-rights") as caught:
        odd_holder("nobody", SEED)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("name", "offset", "expected"),
    [
        ("unknown-birth-date", 0x00D9, b"25400000"),
        ("unknown-birth-day", 0x00D9, b"25401100"),
        ("lifelong-card", 0x016F, b"99999999"),
        ("expired-card", 0x0167, b"2555022125631124"),
        ("expired-card", 0x00E2 + 11, b"/25550221"),
        ("no-middle-name", 0x0011, thai("นาย#วีระ##มั่นมณี   ")),
        ("middle-name", 0x0011, thai("นาย#วีระ#กลางใจ#มั่นมณี   ")),
        ("middle-name", 0x0075, b"Mr.#Wira#Klangchai#Manmani   "),
        ("title-with-space", 0x0011, thai("ว่าที่ ร.ต.#วีระ##มั่นมณี   ")),
        ("title-with-space", 0x0075, b"Acting Sub Lt.#Wira##Manmani   "),
        ("two-word-surname", 0x0011, thai("นาย#วีระ##มั่นมณี ณ ตัวอย่าง   ")),
        ("two-word-surname", 0x0075, b"Mr.#Wira##Manmani Na Tuayang   "),
        (
            "bangkok-address",
            0x1579,
            thai("99/9###ซอยตัวอย่าง 5#ถนนพหลโยธิน#แขวงลาดยาว#เขตจตุจักร#กรุงเทพมหานคร   "),
        ),
        ("moo-and-soi", 0x1579, thai("88/1#หมู่ที่ 7##ซอยร่มเย็น 3##ตำบลบางพูด#อำเภอปากเกร็ด#จังหวัดนนทบุรี   ")),
        ("empty-address-parts", 0x1579, thai("######เขตจตุจักร#กรุงเทพมหานคร   ")),
        ("no-photo", 0x0179, b"\x00\x00" + b" " * 5118),
        ("largest-photo", 0x0179, b"\x13\xfe\xff\xd8\xff\xe0"),
        ("largest-photo", 0x1577, b"\xff\xd9"),
    ],
)
def test_bytes_on_the_card(name: str, offset: int, expected: bytes) -> None:
    assert image(name)[offset : offset + len(expected)] == expected


@pytest.mark.parametrize(("offset", "title"), [(0x0011, thai("นาย#")), (0x0075, b"Mr.#")])
def test_longest_names_fill_the_field(offset: int, title: bytes) -> None:
    field = image("longest-names")[offset : offset + 100]
    assert field.startswith(title)
    assert field.count(b"#") == 3
    assert not field.endswith(b" ")
    assert all(len(part) > 20 for part in field.split(b"#")[1:])


def test_blank_and_expired_rights() -> None:
    assert image("blank-rights", NHSO) == b" " * 0x015E
    assert image("expired-rights", NHSO)[0x0145:0x015D] == b"255801052560093025580105"


def test_an_expired_card_has_expired_whatever_its_seed() -> None:
    for seed in range(60):
        expires = odd_holder("expired-card", seed).expiry_date.to_christian()
        assert expires is not None
        assert expires.year <= 2023


@pytest.mark.parametrize("name", ["largest-photo", "spaces-in-photo"])
def test_photos_are_valid_baseline_jpegs(name: str) -> None:
    for seed in range(40):
        photo = odd_holder(name, seed).photo
        assert photo.startswith(bytes.fromhex("FFD8FFE0"))
        assert (photo.count(b"\xff\xd8"), photo.count(b"\xff\xd9")) == (1, 1)
        picture = Image.open(BytesIO(photo))
        picture.load()
        assert (picture.size, picture.mode) == ((148, 178), "RGB")


def test_the_largest_photo_shows_the_seeded_one() -> None:
    for seed in range(8):
        plain, largest = holder_from_seed(seed).photo, odd_holder("largest-photo", seed).photo
        assert len(largest) == 5118
        assert Image.open(BytesIO(plain)).tobytes() == Image.open(BytesIO(largest)).tobytes()


def test_the_mosaic_shows_the_seeded_photo() -> None:
    plain, mosaic = (
        Image.open(BytesIO(photo)).convert("L").resize((18, 22), Image.Resampling.BOX).tobytes()
        for photo in (holder_from_seed(SEED).photo, odd_holder("spaces-in-photo", SEED).photo)
    )
    differences = sorted(abs(a - b) for a, b in zip(plain, mosaic, strict=True))
    assert differences[len(differences) * 9 // 10] < 20


def test_stripping_spaces_from_chunks_damages_the_photo() -> None:
    """What a widespread program does to every chunk of 255 bytes."""
    photo = odd_holder("spaces-in-photo", SEED).photo
    data = photo[photo.index(b"\xff\xda") + 14 : -2]
    assert data.count(b" ") > max(400, len(data) * 0.4)
    field = photo.ljust(5118)
    stripped = b"".join(field[start : start + 255].strip() for start in range(0, 5100, 255))
    picture, damaged = Image.open(BytesIO(photo)), Image.open(BytesIO(stripped))
    assert len(stripped) < len(photo)
    with contextlib.suppress(OSError):  # a decoder that says so is right, too
        assert damaged.tobytes() != picture.tobytes()


def test_the_command_lists_them_with_what_they_catch() -> None:
    result = CliRunner().invoke(card_commands.command, ["holders", "--json"])
    assert result.exit_code == 0
    listed = json.loads(result.output)["holders"]
    assert [each["name"] for each in listed] == NAMES
    assert set(listed[0]["catches"]) == {"en", "th"}


def test_a_card_file_can_have_an_odd_holder(tmp_path: object) -> None:
    path = f"{tmp_path}/odd.card"
    runner = CliRunner()
    made = runner.invoke(card_commands.command, ["create", path, "--holder", "lifelong-card", "--json"])
    assert made.exit_code == 0, made.output
    refused = runner.invoke(
        card_commands.command, ["create", f"{tmp_path}/no.card", "--holder", "nobody", "--json"]
    )
    assert refused.exit_code == 2
    assert "unknown-birth-date" in json.loads(refused.stdout)["what_to_do"]
