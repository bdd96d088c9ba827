"""The client: it reads what was personalised, names every refusal, and keeps its hands off real cards' tries."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from apdu_specs import keys, moi, nhso
from apdu_specs.errors import SpecError
from apdu_specs.generations import GENERATIONS, Generation
from apdu_specs.pin_policy import NATIONAL, PinPolicy
from apdu_specs.values import LIFELONG, Name
from emulator.card.card import Card
from emulator.card.issue import blank_counters, card_from_seed, card_in_memory
from emulator.card.nonvolatile import Counters, MemoryStore
from emulator.card.personalisation import Personalisation, personalise, virtual_serial
from emulator.holders import Holder, holder_from_seed
from emulator.link import LinkThread
from harness.client import CardClient
from harness.client.chain import fetching, joined, right_length
from harness.client.errors import CardNonsense
from harness.client.safety import RealCardNeedsConsent, TooFewTriesLeft
from harness.errors import (
    CardRefused,
    CardRemoved,
    CardSilent,
    CardWasReset,
    HarnessError,
    OfficeBarred,
    OfficeProofWrong,
    PinLocked,
    PinMalformed,
    PinSuspended,
    WrongPin,
)
from harness.terminals import Terminal
from harness.terminals.in_process import CardPort
from harness.terminals.link import LinkTerminal
from tests.harness.scripted_terminal import Listening, Scripted

UNKNOWN_ATR = bytes.fromhex("3B6A00000031C173C8400000 9000")
REAL_SERIAL = bytes.fromhex("5123004200A1B2C3")
SELECT_MOI = "00A4040008A000000054480001"
READ_VERSION = ("80B00000020004", "303030339000")


def card_of(seed: int = 7, *, failures: int = 0, **personalisation: Any) -> Card:
    return card_in_memory(card_from_seed(seed, **personalisation), failures=failures)


def client_of(card: CardPort) -> CardClient:
    return CardClient(Listening(card))


def sent_by(client: CardClient) -> list[bytes]:
    assert isinstance(client.terminal, Listening)
    return client.terminal.sent


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["in process", "link"])
def connected(request: pytest.FixtureRequest) -> Iterator[Callable[[Card], Terminal]]:
    """Puts a card behind the kind of terminal, and takes it out again."""
    put: list[tuple[LinkThread, LinkTerminal]] = []

    def connect(card: Card) -> Terminal:
        if request.param == "in process":
            return Listening(card)
        terminal = LinkTerminal(timeout_s=60)
        link = LinkThread(card, terminal.host, terminal.port)
        link.start()
        put.append((link, terminal))
        terminal.connect()
        return terminal

    yield connect
    for link, terminal in put:
        terminal.close()
        link.close()


@pytest.mark.parametrize("generation", GENERATIONS.values(), ids=GENERATIONS)
def test_what_is_read_is_what_was_personalised(
    generation: Generation, connected: Callable[[Card], Terminal]
) -> None:
    holder = holder_from_seed(7)
    contents = CardClient(connected(card_of(generation=generation))).read_all()
    assert (contents.generation, contents.atr) == (generation.name, generation.atr)
    assert contents.unreadable == ()
    for record, source in ((contents.person, holder), (contents.rights, holder.rights)):
        assert record is not None and source is not None
        for name in record.__slots__:
            if name not in ("version", "photo_header"):
                assert getattr(record, name) == getattr(source, name), name
    assert contents.person.version == ("0002" if generation.name == "0002" else "0003")
    assert contents.person.photo_header == len(holder.photo).to_bytes(2, "big")
    assert contents.adm is not None and contents.chip is not None
    assert contents.adm.laser_number == (None if generation.name == "no laser" else holder.laser_number)
    assert (contents.adm.version, contents.adm.state, contents.adm.authorize) == (
        b"\x01\x00",
        b"\x01",
        b"\x01",
    )
    assert contents.chip.serial == bytes.fromhex("FFFF000000070001")
    assert contents.chip.header == bytes.fromhex("9F7F2A")


def test_single_fields() -> None:
    client = client_of(card_of())
    holder = holder_from_seed(7)
    assert client.citizen_id() == holder.citizen_id
    assert client.read_field(moi.MOI, "thai_name") == holder.thai_name
    assert client.read_field(moi.MOI, "photo") == holder.photo
    assert holder.rights is not None
    assert client.read_field(nhso.NHSO, "sub_hospital") == holder.rights.sub_hospital
    assert client.card_serial() == bytes.fromhex("FFFF000000070001")
    assert len(client.adm_info()) == 23 and len(client.cplc()) == 45
    with pytest.raises(SpecError, match="no field blood_type"):
        client.read_field(moi.MOI, "blood_type")


@pytest.mark.parametrize("failures", range(6))
def test_reading_spends_nothing_and_needs_no_pin(failures: int) -> None:
    card = card_of(failures=failures)
    client = client_of(card)
    assert client.read_all() == client_of(card_of()).read_all()
    assert card.counters == Counters(failures, 0, b"1234")
    assert not [apdu for apdu in sent_by(client) if apdu[1] in (0x20, 0x24, 0x82, 0x2C)]
    assert all(len(apdu) <= 13 for apdu in sent_by(client))


def test_no_answer_is_longer_than_what_any_reader_can_hold() -> None:
    client = client_of(card_of())
    client.read_all()
    assert {apdu[6] for apdu in sent_by(client) if apdu[:2] == b"\x80\xb0"} <= set(range(1, 256))


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    client_of(card_of()).read_all(lambda done, total: told.append((done, total)))
    assert told[-1] == (5927 + 350, 5927 + 350)
    assert told == sorted(told) and {total for _, total in told} == {6277}


# --- the JSON that scripts rely on ------------------------------------------------------------------------------------

JSON_KEYS = {
    "": ["generation", "atr", "person", "rights", "adm", "chip", "unreadable"],
    "person": [
        *("version", "citizen_id", "thai_name", "english_name", "birth_date", "sex", "request_number"),
        *("issuer", "issuer_code", "issue_date", "expiry_date", "card_type", "photo_header", "photo"),
        *("address", "photo_number", "signature"),
    ],
    "rights": [
        *("version", "main_inscl", "sub_inscl", "main_hospital", "sub_hospital", "paid_type"),
        *("issue_date", "expiry_date", "update_date", "hospital_changes"),
    ],
    "adm": ["version", "state", "authorize", "reserved", "laser_number"],
    "chip": [
        *("header", "ic_fabricator", "ic_type", "os_id", "os_date", "os_level", "serial", "ic_module"),
        *("icc_manufacturer", "pre_perso", "perso"),
    ],
    "person.thai_name": ["title", "first", "middle", "last"],
    "person.address": ["house_no", "moo", "trok", "soi", "road", "tambon", "amphoe", "changwat"],
    "person.birth_date": ["digits", "year", "month", "day", "lifelong", "iso"],
}


def test_the_json_that_scripts_rely_on() -> None:
    holder = holder_from_seed(7)
    document = client_of(card_of()).read_all().to_json()
    assert json.loads(json.dumps(document)) == document
    for path, expected in JSON_KEYS.items():
        place: Any = document
        for key in filter(None, path.split(".")):
            place = place[key]
        assert list(place) == expected, path
    assert document["atr"] == "3B79960000544820 4E4944203138".replace(" ", "")
    assert document["person"]["citizen_id"] == holder.citizen_id
    assert document["person"]["sex"] == holder.sex.name.lower()
    assert document["person"]["thai_name"]["first"] == holder.thai_name.first
    assert b64decode(document["person"]["photo"]) == holder.photo
    assert b64decode(document["person"]["signature"]) == holder.signature
    assert document["chip"]["serial"] == "FFFF000000070001"
    assert document["adm"]["version"] == "0100"
    assert document["unreadable"] == []


def test_dates_in_the_json() -> None:
    lifelong = personalise(replace(holder_from_seed(7), expiry_date=LIFELONG), virtual_serial(7))
    document = client_of(card_in_memory(lifelong)).read_all().to_json()
    assert document["person"]["expiry_date"] == {
        "digits": "99999999",
        "year": None,
        "month": None,
        "day": None,
        "lifelong": True,
        "iso": None,
    }
    born = holder_from_seed(7).birth_date
    assert document["person"]["birth_date"]["iso"] == str(born.to_christian())
    assert document["person"]["birth_date"]["year"] == born.year


def test_contents_are_not_shown_by_accident() -> None:
    holder, contents = holder_from_seed(7), client_of(card_of()).read_all()
    for personal in (holder.citizen_id, holder.thai_name.first, holder.laser_number, holder.photo_number):
        assert personal not in repr(contents)


# --- cards that are not as foreseen -----------------------------------------------------------------------------------


def with_field(card: Personalisation, place: tuple[bytes, int], offset: int, raw: bytes) -> Personalisation:
    image = card.images[place]
    return replace(card, images={**card.images, place: image[:offset] + raw + image[offset + len(raw) :]})


def test_spaces_in_a_photo_are_image_data() -> None:
    """Readers that trim each piece they read spoil such photos."""
    photo = b"\xff\xd8" + b" " * 3000 + b"\xff\xd9"
    holder = replace(holder_from_seed(7), photo=photo)
    client = client_of(card_in_memory(personalise(holder, virtual_serial(7))))
    assert client.read_all().person.photo == photo == client.read_field(moi.MOI, "photo")


def test_garbage_in_a_field_spoils_that_field_only() -> None:
    card = card_from_seed(7)
    card = with_field(card, (moi.AID, 0), 0x00D9, b"2520XX01")  # birth date
    card = with_field(card, (moi.AID, 0), 0x00E1, b"9")  # sex
    card = with_field(card, (nhso.AID, 0), 0x0155, b"\xff" * 8)  # update date of the rights
    contents = client_of(card_in_memory(card)).read_all()
    assert contents.unreadable == ("person.birth_date", "person.sex", "rights.update_date")
    assert contents.person.birth_date is None and contents.person.sex is None
    assert contents.rights is not None and contents.rights.update_date is None
    good = client_of(card_of()).read_all()
    assert replace(contents.person, birth_date=good.person.birth_date, sex=good.person.sex) == good.person
    with pytest.raises(SpecError, match="field sex"):
        client_of(card_in_memory(card)).read_field(moi.MOI, "sex")


def test_a_blank_card() -> None:
    card = card_from_seed(7)
    blank = replace(card, images={place: b" " * len(image) for place, image in card.images.items()})
    client = client_of(card_in_memory(blank))
    contents = client.read_all()
    assert contents.rights is None
    assert contents.unreadable == ("person.sex",)
    assert (contents.person.birth_date, contents.person.photo) == (None, b"")
    assert contents.person.thai_name == Name("", "", "", "")
    assert client.citizen_id() == ""


def test_a_holder_without_rights() -> None:
    card = personalise(replace(holder_from_seed(7), rights=None), virtual_serial(7))
    contents = client_of(card_in_memory(card)).read_all()
    assert contents.rights is None and contents.unreadable == ()
    assert contents.to_json()["rights"] is None


def test_a_card_without_nhso() -> None:
    client = client_of(card_of())
    assert isinstance(client.terminal, Listening)
    client.terminal.instead = lambda apdu: b"\x6a\x82" if apdu.endswith(nhso.AID) else None
    contents = client.read_all()
    assert contents.rights is None and contents.unreadable == ()
    assert contents.person.citizen_id == holder_from_seed(7).citizen_id
    assert contents.adm is not None and contents.adm.laser_number == holder_from_seed(7).laser_number


def test_a_card_that_is_no_thai_card() -> None:
    client = CardClient(Scripted([(SELECT_MOI, "6A82")], UNKNOWN_ATR))
    with pytest.raises(CardRefused) as refused:
        client.read_all()
    assert (refused.value.sw, refused.value.command) == (0x6A82, "SELECT")


class Disguised:
    """A card with an answer to reset that nobody knows."""

    def __init__(self, card: Card, atr: bytes = UNKNOWN_ATR) -> None:
        self.card, self.atr = card, atr
        self.power_on, self.power_off, self.reset = card.power_on, card.power_off, card.reset
        self.transmit = card.transmit


@pytest.mark.parametrize("atr", [UNKNOWN_ATR, GENERATIONS["TH NID 6"].atr], ids=["unknown", "TH NID 6"])
@pytest.mark.parametrize(("generation", "version"), [("0002", "0002"), ("TH NID 17", "0003")])
def test_the_layout_is_judged_by_the_data_version_whatever_the_answer_to_reset(
    generation: str, version: str, atr: bytes
) -> None:
    contents = client_of(Disguised(card_of(generation=GENERATIONS[generation]), atr)).read_all()
    assert contents.generation == (None if atr == UNKNOWN_ATR else "TH NID 6")  # it is not claimed to be one
    assert contents.person.version == version
    assert contents.unreadable == ()
    assert contents.person.address == holder_from_seed(7).address
    assert contents.person.photo == holder_from_seed(7).photo


def test_any_card_of_the_3b67_family_is_asked_with_p2_01() -> None:
    """No whole answer to reset of it is public: readers go by its first two bytes."""
    atr = bytes.fromhex("3B67000029200059C25490")
    client = client_of(Disguised(card_of(generation=GENERATIONS["3B 67"]), atr))
    assert client.citizen_id() == holder_from_seed(7).citizen_id
    assert {apdu[:4].hex() for apdu in sent_by(client) if apdu[1] == 0xC0} == {"00c00001"}


# --- PIN --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("failures", "tries"), [(0, 3), (1, 2), (2, 1)])
def test_tries_left_are_told_for_nothing(failures: int, tries: int) -> None:
    card = card_of(failures=failures)
    client = client_of(card)
    assert [client.tries_left() for _ in range(5)] == [tries] * 5
    assert card.failures == failures


@pytest.mark.parametrize(
    ("failures", "error", "sw"),
    [(3, PinSuspended, 0x6983), (4, PinSuspended, 0x6983), (5, PinLocked, 0x6984)],
)
def test_no_tries_left(failures: int, error: type[CardRefused], sw: int) -> None:
    card = card_of(failures=failures)
    with pytest.raises(error) as refused:
        client_of(card).tries_left()
    assert (refused.value.sw, refused.value.command, card.failures) == (sw, "VERIFY", failures)


@pytest.mark.parametrize("policy", [NATIONAL, replace(NATIONAL, name="two", suspended_at=2)])
def test_an_open_session_tells_the_figure_of_a_policy_that_is_known(policy: PinPolicy) -> None:
    card = card_in_memory(card_from_seed(7, policy=policy), failures=1)
    for known, figure in ((None, None), (policy, policy.suspended_at)):
        client = CardClient(Listening(card), policy=known)
        client.terminal.connect()
        client.verify_pin("1234")
        assert client.tries_left() == figure
    client.terminal.reset()
    client.forget()
    assert client.tries_left() == policy.suspended_at  # what the card itself says


def test_a_real_card_whose_session_is_open_has_spent_no_try() -> None:
    card = real_card()
    client = CardClient(Listening(card), real_card=REAL_SERIAL.hex())
    client.verify_pin("1234")
    client.verify_pin("1234")
    assert card.failures == 0


PIN_CALLS: list[tuple[str, Callable[[CardClient, str], object]]] = [
    ("VERIFY", lambda client, pin: client.verify_pin(pin)),
    ("VERIFY (published form)", lambda client, pin: client.verify_pin_published(pin)),
    ("CHANGE REFERENCE DATA", lambda client, pin: client.change_pin(pin, pin)),
]


@pytest.mark.parametrize(("command", "present"), PIN_CALLS)
def test_right_pin(command: str, present: Callable[[CardClient, str], object]) -> None:
    card = card_of(failures=2)
    client = client_of(card)
    present(client, "1234")
    assert card.failures == 0
    assert client.tries_left() is None  # VERIFY without data just says 9000: the card tells no figure
    assert client.match_status(bytes(32)).matched == 1


@pytest.mark.parametrize(("command", "present"), PIN_CALLS)
def test_wrong_pins_to_the_end(command: str, present: Callable[[CardClient, str], object]) -> None:
    card = card_of()
    client = client_of(card)
    base = 0x6300 if "published" in command else 0x63C0
    for left in (2, 1, 0):
        with pytest.raises(WrongPin) as wrong:
            present(client, "0000")
        assert (wrong.value.tries_left, wrong.value.sw, wrong.value.command) == (left, base | left, command)
    with pytest.raises(PinSuspended) as suspended:
        present(client, "1234")
    assert (suspended.value.sw, suspended.value.command) == (0x6983, command)
    for _ in range(2):
        with pytest.raises(PinLocked) as locked:
            present(client, "1234")
        assert (locked.value.sw, locked.value.command) == (0x6984, command)
    assert card.failures == 5


@pytest.mark.parametrize("pin", ["", "123", "12345", "12a4", "๑๒๓๔", "²²²²", " 123", "1234\n"])
def test_a_pin_that_is_none_is_not_sent(pin: str) -> None:
    client = client_of(card_of())
    calls: list[Callable[[CardClient, str], object]] = [
        *(present for _, present in PIN_CALLS),
        lambda client, pin: client.change_pin("1234", pin),
        lambda client, pin: client.office_reset_pin(pin),
    ]
    for call in calls:
        with pytest.raises(PinMalformed) as malformed:
            call(client, pin)
        assert pin.strip() == "" or pin not in str(malformed.value)
    assert sent_by(client) == []


def test_change_pin() -> None:
    client = client_of(card_of())
    client.change_pin("1234", "9876")
    with pytest.raises(WrongPin):
        client.verify_pin("1234")
    client.verify_pin("9876")


# --- match status and the registry office -----------------------------------------------------------------------------


@pytest.mark.parametrize("key_id", [0, 1, 10])
def test_match_status(key_id: int) -> None:
    card = card_of()
    client = client_of(card)
    client.verify_pin("1234")
    challenge = bytes(range(32))
    status = client.match_status(challenge, key_id)
    assert status.matched == 1
    assert status.cryptogram == keys.match_cryptogram(
        keys.card_key(keys.SPECIMEN_MASTER_KEY, card.citizen_id, card.serial),
        challenge=challenge,
        citizen_id=card.citizen_id,
        serial=card.serial,
        key_id=key_id,
        match_status=1,
    )


def test_match_status_without_a_pin_and_with_nonsense() -> None:
    client = client_of(card_of())
    with pytest.raises(CardRefused) as refused:
        client.match_status(bytes(32))
    assert (type(refused.value), refused.value.sw, refused.value.command) == (
        CardRefused,
        0x6982,
        "GET MATCH STATUS",
    )
    with pytest.raises(SpecError):
        client.match_status(bytes(31))
    with pytest.raises(SpecError):
        client.match_status(bytes(32), key_id=11)


def proof_for(client: CardClient, card: Card) -> bytes:
    key = keys.office_key(keys.SPECIMEN_MASTER_KEY, card.citizen_id, card.serial)
    return keys.office_proof(key, challenge=client.office_challenge(), serial=card.serial)


def test_a_visit_to_the_registry_office() -> None:
    card = card_of(failures=4)
    client = client_of(card)
    client.office_authenticate(proof_for(client, card))
    client.office_reset_pin("5678")
    assert card.counters == Counters(0, 0, b"5678")
    client.verify_pin("5678")


def test_an_office_that_cannot_prove_itself() -> None:
    """Its tries are not the holder's: a wrong proof is no wrong PIN."""
    card = card_of(failures=3)
    client = client_of(card)
    with pytest.raises(CardRefused) as refused:
        client.office_reset_pin("5678")
    assert (refused.value.sw, refused.value.command) == (0x6982, "RESET RETRY COUNTER")
    with pytest.raises(CardRefused) as refused:
        client.office_authenticate(bytes(32))
    assert refused.value.sw == 0x6985  # no challenge was asked for
    refusals = [(OfficeProofWrong, sw) for sw in range(0x63C9, 0x63BF, -1)]
    for kind, sw in [*refusals, (OfficeBarred, 0x6983)]:
        client.office_challenge()
        with pytest.raises(CardRefused) as refused:
            client.office_authenticate(bytes(32))
        assert (type(refused.value), refused.value.sw) == (kind, sw)
        assert refused.value.command == "EXTERNAL AUTHENTICATE"
    assert card.counters == Counters(3, 10, b"1234")


def test_an_office_and_a_locked_card() -> None:
    card = card_of(failures=5)
    client = client_of(card)
    client.office_authenticate(proof_for(client, card))
    with pytest.raises(PinLocked) as locked:
        client.office_reset_pin("5678")
    assert (locked.value.sw, locked.value.command) == (0x6984, "RESET RETRY COUNTER")


# --- the chain --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        ([("80B0000402000D", "6102"), ("00C0000002", "ABCD9000")], "ABCD9000"),
        ([("80B0000402000D", "6100"), ("00C0000000", 256 * "AB" + "9000")], 256 * "AB" + "9000"),
        # a card that gives less than it was asked for, again and again
        (
            [
                ("80B0000402000D", "6104"),
                ("00C0000004", "AB6103"),
                ("00C0000003", "CDEF6101"),
                ("00C0000001", "019000"),
            ],
            "ABCDEF019000",
        ),
        ([("8000000007", "AB6102"), ("00C0000002", "CDEF9000")], "ABCDEF9000"),  # data with the announcement
        ([("80CA9F7F", "6C02"), ("80CA9F7F02", "ABCD9000")], "ABCD9000"),
        ([("80CA9F7F", "6C00"), ("80CA9F7F00", "AB9000")], "AB9000"),
        ([("80CA9F7F2D", "6C02"), ("80CA9F7F02", "ABCD9000")], "ABCD9000"),
        ([("80CA9F7F", "6C02"), ("80CA9F7F02", "AB6101"), ("00C0000001", "CD9000")], "ABCD9000"),
        # GET RESPONSE itself is told the right length
        ([("80B0000402000D", "6105"), ("00C0000005", "6C02"), ("00C0000002", "ABCD9000")], "ABCD9000"),
        ([("80B0000402000D", "6C02")], "6C02"),  # not for commands with data
        ([("80CA9F7F", "6C02"), ("80CA9F7F02", "6C03")], "6C03"),  # a card that cannot make up its mind
        ([("80B0000402000D", "6B00")], "6B00"),
        ([("80B0000402000D", "6102"), ("00C0000002", "6F00")], "6F00"),
        ([("00A40400", "9000")], "9000"),
    ],
)
def test_61_and_6c_are_served(script: list[tuple[str, str]], answer: str) -> None:
    terminal = Scripted(script)
    send = joined(terminal.transmit, (fetching(), right_length()))
    assert send(bytes.fromhex(script[0][0])).hex().upper() == answer
    assert terminal.finished


def test_a_card_that_always_has_more_is_given_up() -> None:
    fetched = 0

    def endless(apdu: bytes) -> bytes:
        nonlocal fetched
        fetched += 1
        return b"\xab\x61\x01"

    answer = joined(endless, (fetching(), right_length()))(bytes.fromhex("80B0000402000D"))
    assert answer.endswith(b"\x61\x01") and len(answer) == fetched + 2 < 100


def test_processors_of_ones_own_are_outside_the_chain() -> None:
    seen: list[str] = []

    def spy(apdu: bytes, send: Callable[[bytes], bytes]) -> bytes:
        answer = send(apdu)
        seen.append(f"{apdu.hex()} {answer[-2:].hex()}")
        return answer

    client = CardClient(Listening(card_of()), processors=[spy])
    client.citizen_id()
    assert seen == ["00a4040008a000000054480001 9000", "80b00000020004 9000", "80b0000402000d 9000"]


# --- cards that answer wrongly ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["", "90", "61"])
def test_an_answer_without_a_status_word(answer: str) -> None:
    client = CardClient(Scripted([(SELECT_MOI, answer)]))
    with pytest.raises(CardNonsense) as nonsense:
        client.citizen_id()
    assert nonsense.value.exit_status == 1
    assert nonsense.value.message.th and nonsense.value.what_to_do.th


@pytest.mark.parametrize(
    ("cut", "call"),
    [
        (0xCA, CardClient.card_serial),
        (0xCA, lambda client: client.verify_pin("1234")),
        (0xB4, lambda client: client.verify_pin_published("1234")),
    ],
)
def test_answers_that_are_too_short(cut: int, call: Callable[[CardClient], object]) -> None:
    card = card_of()
    client = client_of(card)
    assert isinstance(client.terminal, Listening)
    client.terminal.instead = lambda apdu: b"\x9f\x7f\x2a\x90\x00" if apdu[1] == cut else None
    with pytest.raises(CardNonsense):
        call(client)
    assert card.counters == Counters(0, 0, b"1234")


def test_a_card_that_gives_nothing_when_it_is_read() -> None:
    client = CardClient(Scripted([(SELECT_MOI, "9000"), READ_VERSION, ("80B0000402000D", "9000")]))
    with pytest.raises(CardNonsense):
        client.citizen_id()


class WithoutSignature:
    """A card that does not give what only one program is known to read."""

    def __init__(self, card: Card) -> None:
        self.card, self.atr = card, card.atr
        self.power_on, self.power_off, self.reset = card.power_on, card.power_off, card.reset

    def transmit(self, apdu: bytes) -> bytes:
        refused = apdu[:2] == b"\x80\xb0" and int.from_bytes(apdu[2:4], "big") + (apdu[6] or 256) > 0x1627
        return b"\x6b\x00" if refused else self.card.transmit(apdu)


def test_what_a_card_refuses_is_missing_and_the_rest_is_read() -> None:
    contents = client_of(WithoutSignature(card_of())).read_all()
    assert contents.unreadable == ("person.signature",)
    assert contents.person.signature is None
    assert contents.person.photo_number == holder_from_seed(7).photo_number
    assert contents.person.address == holder_from_seed(7).address


def test_reading_everything_selects_each_applet_once() -> None:
    terminal = Listening(card_of())
    CardClient(terminal).read_all()
    assert [apdu for apdu in terminal.sent if apdu[1] == 0xA4] == [
        bytes.fromhex(f"00A4040008{aid}")
        for aid in ("A000000054480001", "A000000054480083", "A000000084060002", "A000000003000000")
    ]


def test_a_card_that_gives_less_than_asked_is_read_piece_by_piece() -> None:
    script = [
        (SELECT_MOI, "9000"),
        READ_VERSION,
        ("80B0000402000D", "313939399000"),
        ("80B00008020009", "3930303030303030359000"),
    ]
    assert CardClient(Scripted(script)).citizen_id() == "1999900000005"


# --- cards that go away -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [CardWasReset(), CardRemoved(), CardSilent(1.0)])
def test_after_a_reset_or_a_removal_nothing_is_taken_for_granted(trouble: HarnessError) -> None:
    card = card_of()
    client = client_of(card)
    terminal = client.terminal
    assert isinstance(terminal, Listening)
    client.verify_pin("1234")
    assert client.tries_left() is None

    def fail(apdu: bytes) -> bytes:
        card.reset()
        raise trouble

    terminal.instead = fail
    with pytest.raises(type(trouble)):
        client.tries_left()
    terminal.instead = lambda apdu: None
    terminal.sent.clear()
    client.verify_pin("1234")
    assert [apdu[:2].hex() for apdu in terminal.sent] == [
        "00a4",
        "00c0",
        "80ca",
        "80ca",
        "00a4",
        "00c0",
        "0020",
    ]


# --- real cards -------------------------------------------------------------------------------------------------------


def real_card(*, failures: int = 0, holder: Holder | None = None) -> Card:
    """A card whose serial is such as a chip maker gives."""
    personalisation = personalise(holder or holder_from_seed(7), REAL_SERIAL)
    return Card(personalisation, MemoryStore(blank_counters("1234", failures)))


COSTLY: list[Callable[[CardClient], object]] = [
    lambda client: client.verify_pin("1234"),
    lambda client: client.verify_pin_published("1234"),
    lambda client: client.change_pin("1234", "5678"),
    lambda client: client.office_authenticate(bytes(32)),
    lambda client: client.office_reset_pin("5678"),
]


def costly(sent: list[bytes]) -> list[bytes]:
    """What could cost a try: VERIFY with data, CHANGE, EXTERNAL AUTHENTICATE, RESET RETRY COUNTER."""
    return [apdu for apdu in sent if apdu[1] in (0x24, 0x82, 0x2C) or (apdu[1] == 0x20 and len(apdu) > 5)]


@pytest.mark.parametrize(
    "consent", [None, "", "FFFF000000070001", "5123004200A1B2C4", "5123004200A1B2", "yes"]
)
@pytest.mark.parametrize("call", COSTLY)
def test_nothing_costly_reaches_a_real_card_without_its_serial(
    call: Callable[[CardClient], object], consent: str | None
) -> None:
    card = real_card()
    client = CardClient(Listening(card), real_card=consent)
    with pytest.raises(RealCardNeedsConsent) as refused:
        call(client)
    assert costly(sent_by(client)) == [] and card.counters == Counters(0, 0, b"1234")
    assert refused.value.serial == REAL_SERIAL and refused.value.exit_status == 2
    for sentence in (refused.value.message.en, refused.value.message.th, refused.value.what_to_do.en):
        assert "5123004200A1B2C3" in sentence


@pytest.mark.parametrize("consent", ["5123004200A1B2C3", "5123004200a1b2c3", "51 23 00 42 00 A1 B2 C3"])
def test_with_consent_a_real_card_is_sent_its_pin(consent: str) -> None:
    card = real_card(failures=1)
    client = CardClient(Listening(card), real_card=consent)
    client.verify_pin("1234")
    assert card.failures == 0
    assert client.match_status(bytes(32)).matched == 1


@pytest.mark.parametrize("call", COSTLY[:3])
def test_a_real_cards_last_try_is_not_spent(call: Callable[[CardClient], object]) -> None:
    card = real_card(failures=2)
    client = CardClient(Listening(card), real_card=REAL_SERIAL.hex())
    with pytest.raises(TooFewTriesLeft) as refused:
        call(client)
    assert refused.value.tries_left == 1 and refused.value.exit_status == 1
    assert costly(sent_by(client)) == [] and card.failures == 2


@pytest.mark.parametrize(("failures", "error"), [(3, PinSuspended), (5, PinLocked)])
@pytest.mark.parametrize("call", COSTLY[:3])
def test_a_real_card_that_is_suspended_is_not_driven_further(
    call: Callable[[CardClient], object], failures: int, error: type[CardRefused]
) -> None:
    card = real_card(failures=failures)
    client = CardClient(Listening(card), real_card=REAL_SERIAL.hex())
    with pytest.raises(error):
        call(client)
    assert costly(sent_by(client)) == [] and card.failures == failures


def test_real_cards_are_read_without_consent() -> None:
    client = CardClient(Listening(real_card()))
    assert client.read_all().person.citizen_id == holder_from_seed(7).citizen_id
    assert client.tries_left() == 3
    assert costly(sent_by(client)) == []


@pytest.mark.parametrize("trouble", [CardRemoved(), CardWasReset()])
def test_a_real_card_that_comes_after_a_virtual_one_is_not_taken_for_it(trouble: HarnessError) -> None:
    client = client_of(card_of())
    terminal = client.terminal
    assert isinstance(terminal, Listening)
    client.verify_pin("1234")

    def gone(apdu: bytes) -> bytes:
        raise trouble

    terminal.instead = gone
    with pytest.raises(type(trouble)):
        client.citizen_id()
    terminal.instead = lambda apdu: None
    terminal.change(real_card())
    terminal.sent.clear()
    with pytest.raises(RealCardNeedsConsent):
        client.verify_pin("1234")
    assert costly(terminal.sent) == []
