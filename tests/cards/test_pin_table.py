"""The PIN table, row by row: bytes in, status word out, f afterwards. All bytes are written out here by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from apdu_specs import keys
from apdu_specs.pin_policy import NATIONAL_WRONG_ONLY, PinState
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.card.nonvolatile import Counters, MemoryStore
from emulator.errors import WriteFailed
from tests.model.pin_block import pin_block

NATIONAL_CARD = card_from_seed(7)
WRONG_ONLY_CARD = card_from_seed(7, policy=NATIONAL_WRONG_ONLY)

SELECT_ADM = "00A4040008 A000000084060002"
SELECT_MOI = "00A4040008 A000000054480001"
SELECT_NHSO = "00A4040008 A000000054480083"
SELECT_MANAGER = "00A4040008 A000000003000000"
VERIFY_RIGHT = "0020000104 31323334"
VERIFY_WRONG = "0020000104 30303030"
VERIFY_EMPTY = "00200001"
VERIFY_EMPTY_PUBLISHED = "80200100"
CHANGE_RIGHT = "0024000108 31323334 35363738"
CHANGE_WRONG = "0024000108 30303030 35363738"
NEW_PIN = "002C020104 35363738"
VERIFY_NEW = "0020000104 35363738"
GET_CHALLENGE = "0084000010"
GET_PIN_CHALLENGE = "80B4000020"
MATCH_STATUS = "8088010120" + 32 * "5A"
WRONG_PROOF = "0082000220" + 32 * "00"

ALL_F = (0, 1, 2, 3, 4, 5)
STATES = {
    0: PinState.READY,
    1: PinState.READY,
    2: PinState.READY,
    3: PinState.SUSPENDED,
    4: PinState.SUSPENDED,
    5: PinState.LOCKED,
}


def card_with(f: int, *, wrong_only: bool = False) -> Card:
    """A card with PIN 1234, f failures, powered, ADM selected."""
    card = card_in_memory(WRONG_ONLY_CARD if wrong_only else NATIONAL_CARD, pin="1234", failures=f)
    card.power_on()
    assert say(card, SELECT_ADM) == "610A"
    return card


def say(card: Card, command: str) -> str:
    """The whole answer, as hex."""
    return card.transmit(bytes.fromhex(command)).hex().upper()


def present_published(card: Card, pin: str) -> str:
    """Ask for a challenge and answer it with ``pin``."""
    challenge = card.transmit(bytes.fromhex(GET_PIN_CHALLENGE))
    assert challenge[32:] == b"\x90\x00"
    return say(card, "8020010020" + pin_block(pin.encode(), challenge[:32]).hex())


def proof(card: Card) -> str:
    """The EXTERNAL AUTHENTICATE of an honest registry office, after its GET CHALLENGE."""
    challenge = card.transmit(bytes.fromhex(GET_CHALLENGE))
    assert challenge[16:] == b"\x90\x00"
    key = keys.office_key(keys.SPECIMEN_MASTER_KEY, card.citizen_id, card.serial)
    return "0082000220" + keys.office_proof(key, challenge=challenge[:16], serial=card.serial).hex()


# ------------------------------------------------------------ READY, SUSPENDED, LOCKED: VERIFY


@pytest.mark.parametrize(
    ("f", "command", "answer", "f_after"),
    [
        # READY, right
        (0, VERIFY_RIGHT, "9000", 0),
        (1, VERIFY_RIGHT, "9000", 0),
        (2, VERIFY_RIGHT, "9000", 0),
        # READY, wrong
        (0, VERIFY_WRONG, "63C2", 1),
        (1, VERIFY_WRONG, "63C1", 2),
        (2, VERIFY_WRONG, "63C0", 3),
        # SUSPENDED, anything
        (3, VERIFY_RIGHT, "6983", 4),
        (3, VERIFY_WRONG, "6983", 4),
        (4, VERIFY_RIGHT, "6984", 5),
        (4, VERIFY_WRONG, "6984", 5),
        # LOCKED, anything
        (5, VERIFY_RIGHT, "6984", 5),
        (5, VERIFY_WRONG, "6984", 5),
        # any, without data
        (0, VERIFY_EMPTY, "63C3", 0),
        (1, VERIFY_EMPTY, "63C2", 1),
        (2, VERIFY_EMPTY, "63C1", 2),
        (3, VERIFY_EMPTY, "6983", 3),
        (4, VERIFY_EMPTY, "6983", 4),
        (5, VERIFY_EMPTY, "6984", 5),
        (0, VERIFY_EMPTY_PUBLISHED, "6303", 0),
        (2, VERIFY_EMPTY_PUBLISHED, "6301", 2),
        (3, VERIFY_EMPTY_PUBLISHED, "6983", 3),
        (5, VERIFY_EMPTY_PUBLISHED, "6984", 5),
        # any, CHANGE REFERENCE DATA: as VERIFY with the old PIN
        (0, CHANGE_RIGHT, "9000", 0),
        (2, CHANGE_RIGHT, "9000", 0),
        (0, CHANGE_WRONG, "63C2", 1),
        (1, CHANGE_WRONG, "63C1", 2),
        (2, CHANGE_WRONG, "63C0", 3),
        (3, CHANGE_RIGHT, "6983", 4),
        (3, CHANGE_WRONG, "6983", 4),
        (4, CHANGE_RIGHT, "6984", 5),
        (4, CHANGE_WRONG, "6984", 5),
        (5, CHANGE_RIGHT, "6984", 5),
        (5, CHANGE_WRONG, "6984", 5),
        # any, RESET RETRY COUNTER without the office's proof
        (0, NEW_PIN, "6982", 0),
        (3, NEW_PIN, "6982", 3),
        (4, NEW_PIN, "6982", 4),
        (5, NEW_PIN, "6984", 5),
    ],
)
def test_row(f: int, command: str, answer: str, f_after: int) -> None:
    card = card_with(f)
    assert (say(card, command), card.failures) == (answer, f_after)
    assert card.state is STATES[f_after]


@pytest.mark.parametrize(
    ("f", "pin", "answer", "f_after"),
    [
        (0, "1234", "9000", 0),
        (2, "1234", "9000", 0),
        (0, "0000", "6302", 1),
        (1, "0000", "6301", 2),
        (2, "0000", "6300", 3),
        (3, "1234", "6983", 4),
        (3, "0000", "6983", 4),
        (4, "1234", "6984", 5),
        (4, "0000", "6984", 5),
        (5, "1234", "6984", 5),
        (5, "0000", "6984", 5),
    ],
)
def test_row_in_the_published_form(f: int, pin: str, answer: str, f_after: int) -> None:
    card = card_with(f)
    assert (present_published(card, pin), card.failures) == (answer, f_after)


def test_both_forms_count_together() -> None:
    card = card_with(0)
    assert say(card, VERIFY_WRONG) == "63C2"
    assert present_published(card, "0000") == "6301"
    assert say(card, CHANGE_WRONG) == "63C0"
    assert present_published(card, "1234") == "6983"
    assert say(card, VERIFY_RIGHT) == "6984"


def test_pin_block_of_the_published_form() -> None:
    """SHA-1 of 1234 and 28 bytes FF, and the key bytes made of it, checked once by a third program."""
    challenge = bytes(range(32))
    assert pin_block(b"1234", challenge) == bytes.fromhex(
        "13D2FAEDDC716F028C36D391A22C2686FD062A5028F60589692A6B1E351E8ECA"
    )


# ------------------------------------------------------------ the session


def test_session_opens_with_the_right_pin_and_closes_with_a_wrong_one() -> None:
    card = card_with(1)
    assert say(card, MATCH_STATUS) == "6982"
    assert say(card, VERIFY_RIGHT) == "9000"
    assert say(card, VERIFY_EMPTY) == "9000"
    assert say(card, MATCH_STATUS) == "6121"
    assert say(card, VERIFY_WRONG) == "63C2"
    assert say(card, VERIFY_EMPTY) == "63C2"
    assert say(card, MATCH_STATUS) == "6982"


@pytest.mark.parametrize("interruption", [Card.reset, lambda card: (card.power_off(), card.power_on())])
@pytest.mark.parametrize("f", ALL_F)
def test_power_and_reset_drop_the_session_but_never_counters(
    f: int, interruption: Callable[[Card], object]
) -> None:
    card = card_with(f)
    say(card, VERIFY_RIGHT)
    after_verify = card.failures
    interruption(card)
    assert say(card, VERIFY_EMPTY) == "6985"  # nothing is selected any more
    say(card, SELECT_ADM)
    assert card.failures == after_verify
    assert say(card, VERIFY_EMPTY) == {0: "63C3", 4: "6983", 5: "6984"}[after_verify]
    assert say(card, MATCH_STATUS) == "6982"


def test_change_sets_the_new_pin_and_opens_the_session() -> None:
    card = card_with(2)
    assert say(card, CHANGE_RIGHT) == "9000"
    assert say(card, VERIFY_EMPTY) == "9000"
    assert say(card, VERIFY_RIGHT) == "63C2"
    assert say(card, VERIFY_NEW) == "9000"


@pytest.mark.parametrize(
    "command", [CHANGE_WRONG, "0024000108 31323334 3536373A", "0024000107 31323334 353637"]
)
def test_a_refused_change_keeps_the_old_pin(command: str) -> None:
    card = card_with(0)
    say(card, command)
    assert say(card, VERIFY_RIGHT) == "9000"


# ------------------------------------------------------------ malformed PINs are refused alike, free, always


@pytest.mark.parametrize("f", ALL_F)
@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("0020000101 31", "6700"),
        ("0020000103 313233", "6700"),
        ("0020000105 3132333435", "6700"),
        ("0020000108 31323334FFFFFFFF", "6700"),
        ("0020000104 3132333A", "6A80"),
        ("0020000104 41424344", "6A80"),
        ("0020000104 31323320", "6A80"),
        ("0020000104 313233B2", "6A80"),
        ("0020000104 01020304", "6A80"),
        ("0020000104 00000000", "6A80"),
        ("0024000104 31323334", "6700"),
        ("0024000107 31323334353637", "6700"),
        ("0024000109 313233343536373839", "6700"),
        ("00240001", "6700"),
        ("0024000108 4132333435363738", "6A80"),
        ("0024000108 3132333435363741", "6A80"),
        ("002C020103 353637", "6700"),
        ("002C020105 3536373839", "6700"),
        ("002C020104 35363741", "6A80"),
        ("802001001F" + 31 * "00", "6700"),
        ("8020010021" + 33 * "00", "6700"),
    ],
)
def test_malformed_pin_costs_nothing_in_every_state(f: int, command: str, answer: str) -> None:
    card = card_with(f)
    assert (say(card, command), card.failures) == (answer, f)
    assert say(card, command.replace(" ", "")) == answer


def test_malformed_pin_leaves_the_session_open() -> None:
    card = card_with(0)
    say(card, VERIFY_RIGHT)
    assert say(card, "0020000103 313233") == "6700"
    assert say(card, "0020000104 3132333A") == "6A80"
    assert say(card, VERIFY_EMPTY) == "9000"


# ------------------------------------------------------------ the variant: a right PIN while suspended is not counted


@pytest.mark.parametrize(
    ("f", "command", "answer", "f_after"),
    [
        (2, VERIFY_WRONG, "63C0", 3),
        (3, VERIFY_RIGHT, "6983", 3),
        (4, VERIFY_RIGHT, "6983", 4),
        (3, VERIFY_WRONG, "6983", 4),
        (4, VERIFY_WRONG, "6984", 5),
        (3, CHANGE_RIGHT, "6983", 3),
        (4, CHANGE_RIGHT, "6983", 4),
        (3, CHANGE_WRONG, "6983", 4),
        (4, CHANGE_WRONG, "6984", 5),
        (5, VERIFY_RIGHT, "6984", 5),
        (5, VERIFY_WRONG, "6984", 5),
        (3, VERIFY_EMPTY, "6983", 3),
    ],
)
def test_row_of_the_variant(f: int, command: str, answer: str, f_after: int) -> None:
    card = card_with(f, wrong_only=True)
    assert (say(card, command), card.failures) == (answer, f_after)


@pytest.mark.parametrize("f", [3, 4])
def test_variant_refuses_the_right_pin_forever_without_counting(f: int) -> None:
    card = card_with(f, wrong_only=True)
    for _ in range(20):
        assert say(card, VERIFY_RIGHT) == "6983"
        assert present_published(card, "1234") == "6983"
        assert say(card, CHANGE_RIGHT) == "6983"
    assert card.failures == f
    assert say(card, MATCH_STATUS) == "6982"
    assert say(card, proof(card)) == "9000"
    assert say(card, NEW_PIN) == "9000"
    assert say(card, VERIFY_NEW) == "9000"


# ------------------------------------------------------------ the registry office


@pytest.mark.parametrize("f", [0, 1, 2, 3, 4])
def test_office_issues_a_new_pin(f: int) -> None:
    card = card_with(f)
    assert say(card, proof(card)) == "9000"
    assert (say(card, NEW_PIN), card.failures) == ("9000", 0)
    assert say(card, VERIFY_EMPTY) == "63C3"
    assert say(card, VERIFY_RIGHT) == "63C2"
    assert say(card, VERIFY_NEW) == "9000"


def test_a_locked_card_is_beyond_the_office() -> None:
    card = card_with(5)
    assert say(card, proof(card)) == "9000"
    assert (say(card, NEW_PIN), card.failures) == ("6984", 5)
    assert say(card, VERIFY_NEW) == "6984"


def test_one_proof_is_for_one_pin() -> None:
    card = card_with(3)
    assert say(card, proof(card)) == "9000"
    assert say(card, NEW_PIN) == "9000"
    assert say(card, NEW_PIN) == "6982"


class RefusingStore(MemoryStore):
    """Memory that can be told to refuse."""

    refuses = False

    def write(self, counters: Counters) -> None:
        if self.refuses:
            raise WriteFailed("refused")
        super().write(counters)


def test_a_proof_is_used_up_by_a_new_pin_that_could_not_be_written() -> None:
    """As by a power cut: what was tried once needs a proof of its own to be tried again."""
    store = RefusingStore(Counters(3, 0, b"1234"))
    card = Card(NATIONAL_CARD, store)
    say(card, SELECT_ADM)
    assert say(card, proof(card)) == "9000"
    store.refuses = True
    assert say(card, NEW_PIN) == "6581"
    store.refuses = False
    assert say(card, NEW_PIN) == "6982"
    assert card.counters == Counters(3, 0, b"1234")
    assert say(card, proof(card)) == "9000"
    assert say(card, NEW_PIN) == "9000"


def test_a_proof_cannot_be_played_back() -> None:
    card = card_with(3)
    once = proof(card)
    assert say(card, once) == "9000"
    assert say(card, NEW_PIN) == "9000"
    assert say(card, once) == "6985"
    say(card, GET_CHALLENGE)
    assert say(card, once) == "63C9"


@pytest.mark.parametrize(("pin", "word", "f"), [(b"1234", "9000", 0), (b"0000", "6302", 1)])
def test_a_pin_block_cannot_be_played_back(pin: bytes, word: str, f: int) -> None:
    card = card_with(0)
    once = "80200100 20" + pin_block(pin, bytes.fromhex(say(card, "80B40000 20"))[:-2]).hex()
    assert say(card, once) == word
    assert say(card, once) == "6985"
    say(card, "80B40000 20")
    assert say(card, once) == f"63{2 - f:02X}"  # another challenge, so it is a wrong PIN
    assert card.failures == f + 1


def test_a_right_pin_does_not_forgive_an_office() -> None:
    card = card_with(0)
    say(card, GET_CHALLENGE)
    assert say(card, "0082000220" + 32 * "00") == "63C9"
    assert say(card, "0020000104 31323334") == "9000"
    assert card.counters.office_failures == 1


def test_a_cryptogram_is_bound_to_its_challenge_and_key() -> None:
    card = card_with(0)
    assert say(card, "0020000104 31323334") == "9000"
    told = set()
    for key_id, challenge in (("01", "5A"), ("02", "5A"), ("01", "5B")):
        assert say(card, f"808801{key_id}20" + 32 * challenge) == "6121"
        told.add(say(card, "00C0000021"))
    assert len(told) == 3


def test_a_proof_without_a_challenge_takes_an_earlier_one_back() -> None:
    card = card_with(3)
    once = proof(card)
    assert say(card, once) == "9000"
    assert say(card, once) == "6985"
    assert say(card, NEW_PIN) == "6982"
    assert card.counters.office_failures == 0


def test_a_proof_dies_with_the_power() -> None:
    card = card_with(3)
    assert say(card, proof(card)) == "9000"
    card.reset()
    say(card, SELECT_ADM)
    assert say(card, NEW_PIN) == "6982"
    late = proof(card)
    card.reset()
    say(card, SELECT_ADM)
    assert say(card, late) == "6985"


def test_ten_wrong_proofs_in_a_row_shut_the_office_out() -> None:
    card = card_with(3)
    for left in ("63C9", "63C8", "63C7", "63C6", "63C5", "63C4", "63C3", "63C2", "63C1", "63C0"):
        say(card, GET_CHALLENGE)
        assert say(card, WRONG_PROOF) == left
    for _ in range(3):
        assert say(card, proof(card)) == "6983"
        assert say(card, NEW_PIN) == "6982"
    card.power_off()
    card.power_on()
    say(card, SELECT_ADM)
    assert say(card, proof(card)) == "6983"
    assert card.counters == Counters(3, 10, b"1234")  # no holder's try was spent


def test_nine_wrong_proofs_are_forgiven_by_a_right_one() -> None:
    card = card_with(3)
    for _ in range(9):
        say(card, GET_CHALLENGE)
        say(card, WRONG_PROOF)
    assert say(card, proof(card)) == "9000"
    say(card, GET_CHALLENGE)
    assert say(card, WRONG_PROOF) == "63C9"


def test_a_shut_out_office_does_not_shut_out_the_holder() -> None:
    card = card_in_memory(NATIONAL_CARD, pin="1234")
    card.restore(Counters(0, 10, b"1234"))
    say(card, SELECT_ADM)
    assert say(card, VERIFY_RIGHT) == "9000"
    assert say(card, MATCH_STATUS) == "6121"


# ------------------------------------------------------------ a command refused with 6C has not happened


@pytest.mark.parametrize("refused", ["80B40000", "80B4000021", "80B4000000"])
def test_a_pin_challenge_that_was_not_given_is_not_open(refused: str) -> None:
    card = card_with(0)
    assert say(card, refused) == "6C20"
    assert (say(card, "8020010020" + 32 * "00"), card.failures) == ("6985", 0)


@pytest.mark.parametrize("refused", ["80B40000", "80B4000021"])
def test_a_refused_challenge_does_not_spoil_the_one_given_before(refused: str) -> None:
    card = card_with(0)
    challenge = card.transmit(bytes.fromhex(GET_PIN_CHALLENGE))[:32]
    assert say(card, refused) == "6C20"
    assert (say(card, "8020010020" + pin_block(b"1234", challenge).hex()), card.failures) == ("9000", 0)


@pytest.mark.parametrize("refused", ["00840000", "0084000011"])
def test_a_refused_office_challenge_changes_nothing(refused: str) -> None:
    card = card_with(3)
    right = proof(card)
    assert say(card, refused) == "6C10"
    assert say(card, right) == "9000"
    assert say(card, refused) == "6C10"
    assert say(card, NEW_PIN) == "9000"


# ------------------------------------------------------------ what the PIN does not touch


@pytest.mark.parametrize("f", ALL_F)
def test_reading_is_as_before_in_every_state(f: int) -> None:
    def everything(card: Card) -> list[str]:
        commands = [
            *(SELECT_MOI, "80B0000402000D", "00C000000D", "80B0001102 00D1", "00C00000D1"),
            *("80B0157902 00A0", "00C00000A0", "80B0017B02 00FF", "00C00000FF"),
            *(SELECT_NHSO, "80B0000402003C", "00C000003C"),
            *(SELECT_ADM, "8000000007", "00C0000010", "8000000017"),
            *("00A40400", "00A4040012", "80CA9F7F", "80CA9F7F2D"),
        ]
        return [say(card, command) for command in commands]

    fresh = everything(card_with(0))
    assert all(answer[-4:-2] in ("90", "61", "6C") for answer in fresh)
    card = card_with(f)
    say(card, VERIFY_WRONG)
    assert everything(card) == fresh


@pytest.mark.parametrize("applet", [SELECT_MOI, SELECT_NHSO, SELECT_MANAGER])
@pytest.mark.parametrize(
    "command",
    [
        *(VERIFY_RIGHT, VERIFY_WRONG, VERIFY_EMPTY, VERIFY_EMPTY_PUBLISHED, "8020010020" + 32 * "00"),
        *(CHANGE_RIGHT, NEW_PIN, GET_CHALLENGE, WRONG_PROOF, GET_PIN_CHALLENGE, MATCH_STATUS),
    ],
)
def test_pin_commands_live_in_adm_only(applet: str, command: str) -> None:
    card = card_with(1)
    assert say(card, applet) == "610A"
    assert (say(card, command), card.failures) == ("6D00", 1)


# ------------------------------------------------------------ tearing the card out


class PowerCut(BaseException):
    """The card leaves the reader: nothing after this happens."""


@dataclass
class TornStore:
    """Memory of a card that is torn out at its n-th write, just before or just after it took hold."""

    counters: Counters
    cut_at: int
    taken_hold: bool
    writes: int = 0

    def write(self, counters: Counters) -> None:
        self.writes += 1
        if self.writes == self.cut_at and not self.taken_hold:
            raise PowerCut
        self.counters = counters
        if self.writes == self.cut_at:
            raise PowerCut

    def close(self) -> None:
        pass


def torn(command: str, f: int, cut_at: int, taken_hold: bool) -> Counters:
    """What the card remembers after being torn out during ``command``."""
    store = TornStore(Counters(f, 0, b"1234"), cut_at, taken_hold)
    card = Card(NATIONAL_CARD, store)
    card.power_on()
    say(card, SELECT_ADM)
    with pytest.raises(PowerCut):
        say(card, command)
    return store.counters


@pytest.mark.parametrize("f", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("command", [VERIFY_RIGHT, VERIFY_WRONG, CHANGE_RIGHT, CHANGE_WRONG])
def test_torn_out_while_f_is_raised(command: str, f: int) -> None:
    """Before: nothing was compared and nothing spent. After: one try, though nothing was compared yet."""
    assert torn(command, f, 1, taken_hold=False) == Counters(f, 0, b"1234")
    assert torn(command, f, 1, taken_hold=True) == Counters(f + 1, 0, b"1234")


@pytest.mark.parametrize("f", [0, 1, 2])
def test_torn_out_while_f_is_cleared(f: int) -> None:
    """One try at most is spent; the new PIN comes together with the cleared counter or not at all."""
    assert torn(VERIFY_RIGHT, f, 2, taken_hold=False) == Counters(f + 1, 0, b"1234")
    assert torn(VERIFY_RIGHT, f, 2, taken_hold=True) == Counters(0, 0, b"1234")
    assert torn(CHANGE_RIGHT, f, 2, taken_hold=False) == Counters(f + 1, 0, b"1234")
    assert torn(CHANGE_RIGHT, f, 2, taken_hold=True) == Counters(0, 0, b"5678")


@pytest.mark.parametrize("f", ALL_F)
@pytest.mark.parametrize("command", [VERIFY_RIGHT, VERIFY_WRONG])
def test_at_most_two_writes_and_none_when_locked(command: str, f: int) -> None:
    store = TornStore(Counters(f, 0, b"1234"), cut_at=99, taken_hold=False)
    card = Card(NATIONAL_CARD, store)
    card.power_on()
    say(card, SELECT_ADM)
    say(card, command)
    assert store.writes == (0 if f == 5 else 2 if f < 3 and command == VERIFY_RIGHT else 1)
