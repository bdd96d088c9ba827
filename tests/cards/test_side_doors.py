"""No side door: what a suspended or locked card does is the same whatever PIN it is given, and a PIN is told nowhere."""

from __future__ import annotations

import gc
import hmac
import itertools
import logging
import operator
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType, ModuleType

import pytest

from apdu_specs import keys, published_pin
from apdu_specs.pin_policy import POLICIES
from emulator.card import Card, Counters, MemoryStore
from emulator.card import pin as pin_module
from emulator.card.applets import adm
from emulator.card.card_file import open_card
from emulator.card.issue import card_from_seed, card_in_file
from emulator.errors import BadCard
from emulator.link import LinkThread
from harness.client import CardClient
from harness.errors import HarnessError
from harness.terminals.in_process import InProcessTerminal
from harness.terminals.link import LinkTerminal
from tests.model.pin_block import pin_block

ROOT = Path(__file__).parents[2]
CARD = card_from_seed(7)
SELECT_ADM = bytes.fromhex("00A4040008A000000084060002")
PIN = b"7391"
PRESENTED = (b"7391", b"0000", b"7390", b"7301", b"0391", b"9999", b"1937")
MATCH_STATUS = bytes.fromhex("8088010120" + 32 * "5A")


class CountingStore(MemoryStore):
    """Memory that counts what is written."""

    def __init__(self, counters: Counters) -> None:
        super().__init__(counters)
        self.writes = 0

    def write(self, counters: Counters) -> None:
        self.writes += 1
        super().write(counters)


def card_with(f: int, policy: str = "national", pin: bytes = PIN) -> tuple[Card, CountingStore]:
    store = CountingStore(Counters(f, 0, pin))
    card = Card(card_from_seed(7, policy=POLICIES[policy]), store, random_bytes=lambda length: bytes(length))
    card.transmit(SELECT_ADM)
    return card, store


def iso(card: Card, pin: bytes) -> bytes:
    return bytes.fromhex("0020000104") + pin


def change(card: Card, pin: bytes) -> bytes:
    return bytes.fromhex("0024000108") + pin + b"5678"


def published(card: Card, pin: bytes) -> bytes:
    challenge = card.transmit(bytes.fromhex("80B4000020"))[:-2]
    return bytes.fromhex("8020010020") + pin_block(pin, challenge)


FORMS = (iso, change, published)
Form = Callable[[Card, bytes], bytes]
REFUSING = [(policy, f) for policy, states in (("national", (3, 4, 5)), ("iso-3", (3,))) for f in states]
"""Where nothing is compared. The variant national-wrong-only compares while suspended, as its declaration says."""


# --- the same work, whatever the PIN ----------------------------------------------------------------------------------


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every comparison of secrets and every hash or cipher over one, by name, as it is made."""
    made: list[str] = []

    def counted(module: ModuleType, name: str) -> None:
        shipped = getattr(module, name)

        def call(*arguments: object, **named: object) -> object:
            made.append(name)
            return shipped(*arguments, **named)

        monkeypatch.setattr(module, name, call)

    counted(adm, "compare_digest")
    counted(pin_module, "compare_digest")
    counted(adm, "pin_block")
    counted(published_pin, "sha1")
    monkeypatch.setattr(hmac, "digest", _counting(made, "hmac", hmac.digest))
    return made


def _counting(made: list[str], name: str, shipped: Callable[..., bytes]) -> Callable[..., bytes]:
    def call(*arguments: object, **named: object) -> bytes:
        made.append(name)
        return shipped(*arguments, **named)

    return call


@pytest.mark.parametrize(("policy", "f"), REFUSING)
@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_compared_or_computed_of_any_pin(
    policy: str, f: int, form: Form, computed: list[str]
) -> None:
    seen = set()
    for pin in PRESENTED:
        card, store = card_with(f, policy)
        command = form(card, pin)
        computed.clear()  # what a card computes when it is made
        seen.add((card.transmit(command), store.writes, card.counters, tuple(computed)))
    assert len(seen) == 1 and next(iter(seen))[3] == ()
    counted = 0 if f == 5 or policy == "iso-3" else 1
    assert next(iter(seen))[1] == counted


CARD_CODE = tuple(str(ROOT / room) for room in ("apdu_specs", "emulator"))


def lines_of(work: Callable[[], object]) -> list[tuple[CodeType, int]]:
    """Every line of the card's own Python that ``work`` runs; not what a garbage collection runs in between."""
    lines: list[tuple[CodeType, int]] = []

    def trace(frame: FrameType, event: str, _argument: object) -> object:
        if frame.f_code.co_filename.startswith(CARD_CODE):
            lines.append((frame.f_code, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize(("policy", "f"), REFUSING)
@pytest.mark.parametrize("form", FORMS)
def test_the_same_lines_run_whatever_the_pin(policy: str, f: int, form: Form) -> None:
    runs = []
    for pin in PRESENTED:
        card, _ = card_with(f, policy)
        command = form(card, pin)
        runs.append(lines_of(lambda card=card, command=command: card.transmit(command)))  # type: ignore[misc]
    assert len(runs[0]) > 10 and all(run == runs[0] for run in runs)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_lines_run_for_every_wrong_pin(form: Form) -> None:
    """However many digits are right."""
    runs = []
    for pin in PRESENTED[1:]:
        card, _ = card_with(0)
        command = form(card, pin)
        runs.append(lines_of(lambda card=card, command=command: card.transmit(command)))  # type: ignore[misc]
    assert all(run == runs[0] for run in runs)


def test_every_pin_there_is() -> None:
    """All ten thousand, with one answer."""
    for f, answer in ((3, b"\x69\x83"), (4, b"\x69\x84"), (5, b"\x69\x84")):
        card, _ = card_with(f)
        counters = card.counters
        answers = set()
        for number in range(10_000):
            answers.add((card.transmit(iso(card, b"%04d" % number)), card.counters.failures))
            card.restore(counters)
            card.transmit(SELECT_ADM)
        assert answers == {(answer, min(f + 1, 5))}


# --- constant time ----------------------------------------------------------------------------------------------------


class Guarded(bytes):
    """A secret that may only be compared in constant time."""

    __hash__ = None  # type: ignore[assignment]

    def _refuse(self, *_: object) -> bool:
        raise AssertionError("a secret was compared in a time that depends on it")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _refuse
    startswith = endswith = find = index = count = _refuse


def test_the_guard_guards() -> None:
    for compare in (
        lambda: operator.eq(b"7391", Guarded(PIN)),
        lambda: Guarded(PIN) != b"7391",
        lambda: {Guarded(PIN)},
    ):
        with pytest.raises((AssertionError, TypeError)):
            compare()


@pytest.mark.parametrize("policy", POLICIES)
def test_secrets_are_only_compared_in_constant_time(policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped_block, shipped_proof = published_pin.pin_block, keys.office_proof
    monkeypatch.setattr(
        adm, "pin_block", lambda pin, challenge: Guarded(shipped_block(bytes(pin), challenge))
    )
    monkeypatch.setattr(keys, "office_proof", lambda *given, **named: Guarded(shipped_proof(*given, **named)))
    for f in range(POLICIES[policy].most_failures + 1):
        for form, pin in itertools.product(FORMS, (PIN, b"0000")):
            card, _ = card_with(f, policy, Guarded(PIN))
            card.transmit(form(card, pin))
            card.transmit(bytes.fromhex("00200001"))
            card.transmit(MATCH_STATUS)
    for proof in (bytes(32), None):
        card, _ = card_with(0, policy, Guarded(PIN))
        challenge = card.transmit(bytes.fromhex("0084000010"))[:-2]
        key = card.personalisation.office_key
        right = shipped_proof(key, challenge=challenge, serial=card.serial)
        answer = card.transmit(bytes.fromhex("0082000220") + (proof or right))
        assert answer == (b"\x63\xc9" if proof else b"\x90\x00")


# --- nothing but the PIN session --------------------------------------------------------------------------------------

PROOF = keys.office_proof(CARD.office_key, challenge=bytes(16), serial=CARD.serial)

SYMBOLS: dict[str, Callable[[Card], bytes | None]] = {
    "select ADM": lambda card: card.transmit(SELECT_ADM),
    "select MOI": lambda card: card.transmit(bytes.fromhex("00A4040008A000000054480001")),
    "bare select": lambda card: card.transmit(bytes.fromhex("00A40400")),
    "right": lambda card: card.transmit(iso(card, PIN)),
    "wrong": lambda card: card.transmit(iso(card, b"0000")),
    "malformed": lambda card: card.transmit(bytes.fromhex("00200001033132 33".replace(" ", ""))),
    "empty": lambda card: card.transmit(bytes.fromhex("00200001")),
    "empty, published": lambda card: card.transmit(bytes.fromhex("80200100")),
    "change": lambda card: card.transmit(bytes.fromhex("0024000108") + PIN + PIN),
    "change wrongly": lambda card: card.transmit(bytes.fromhex("0024000108") + b"0000" + PIN),
    "challenge": lambda card: card.transmit(bytes.fromhex("80B4000020")),
    "a block of zeros": lambda card: card.transmit(bytes.fromhex("8020010020") + bytes(32)),
    "office challenge": lambda card: card.transmit(bytes.fromhex("0084000010")),
    "office proof": lambda card: card.transmit(bytes.fromhex("0082000220") + PROOF),
    "wrong proof": lambda card: card.transmit(bytes.fromhex("0082000220") + bytes(32)),
    "new PIN": lambda card: card.transmit(bytes.fromhex("002C020104") + PIN),
    "match status": lambda card: card.transmit(MATCH_STATUS),
    "get response": lambda card: card.transmit(bytes.fromhex("00C0000021")),
    "reset": lambda card: card.reset(),
}
OPENING = {"right", "change"}
CLOSING = {"wrong", "change wrongly", "a block of zeros", "right", "change", "reset", "new PIN"}
DEPTH = 4
_TAKEN, _REFUSED = (0x63, 0x90), (b"\x69\x83", b"\x69\x84")


@pytest.mark.parametrize("f", [0, 2, 3, 5])
def test_nothing_but_the_pin_session_gives_match_status(f: int) -> None:
    """Every word of up to four commands, from every state: the session is open exactly after the card said so."""
    card, _ = card_with(f)
    start = card.counters
    depth = DEPTH if f == 0 else DEPTH - 1
    given = 0
    for word in itertools.product(SYMBOLS, repeat=depth):
        if word[0] != "select ADM" and "select ADM" not in word[1:-1]:
            continue  # then ADM is never there to answer
        card.restore(start)
        session = False
        for name in word:
            answer = SYMBOLS[name](card)
            if name in CLOSING and (answer is None or answer[0] in _TAKEN or answer in _REFUSED):
                session = name in OPENING and answer == b"\x90\x00"
        answer = card.transmit(MATCH_STATUS)
        assert (answer == b"\x61\x21") <= session, word
        given += answer == b"\x61\x21"
    assert (given > 0) == (f < 3)


# --- the PIN is told nowhere ------------------------------------------------------------------------------------------

DIGITS = re.compile(r"(?<![0-9A-Za-z])7391(?![0-9A-Za-z])|37333931", re.IGNORECASE)


def told(text: str) -> list[str]:
    return DIGITS.findall(text)


def ours_from(start: object) -> Iterator[object]:
    """Every object of our classes that can be reached."""
    seen, waiting = {id(start)}, [start]
    while waiting:
        each = waiting.pop()
        if type(each).__module__.split(".")[0] in ("apdu_specs", "emulator", "harness"):
            yield each
        for other in gc.get_referents(each):
            if id(other) not in seen and not isinstance(other, type | ModuleType | CodeType):
                if isinstance(other, dict) and "__builtins__" in other:
                    continue  # a module's names: from there everything can be reached
                seen.add(id(other))
                waiting.append(other)


def client_of(card: Card) -> CardClient:
    terminal = InProcessTerminal(card)
    terminal.connect()
    return CardClient(terminal)


@pytest.mark.parametrize("in_file", [False, True])
def test_no_repr_tells_the_pin(tmp_path: Path, in_file: bool) -> None:
    if in_file:
        card_in_file(tmp_path / "a.card", CARD, pin=PIN.decode())
        card = open_card(tmp_path / "a.card")
        card.transmit(SELECT_ADM)
    else:
        card, _ = card_with(0)
    client = client_of(card)
    client.verify_pin(PIN.decode())
    client.change_pin(PIN.decode(), PIN.decode())
    kept = card.snapshot()
    found = 0
    for each in (*ours_from(client), *ours_from(kept)):
        found += 1
        assert not told(repr(each)) and not told(str(each)), type(each)
    assert found > 20
    card.close()


def test_no_error_tells_the_pin(tmp_path: Path) -> None:
    for presented in ("7391", "73910", "739", "7391x", "７３９１"):
        for f in range(6):
            card, _ = card_with(f, pin=b"0007")
            client = client_of(card)
            uses: tuple[Callable[[], object], ...] = (
                lambda client=client, pin=presented: client.verify_pin(pin),  # type: ignore[misc]
                lambda client=client, pin=presented: client.verify_pin_published(pin),  # type: ignore[misc]
                lambda client=client, pin=presented: client.change_pin(pin, pin),  # type: ignore[misc]
                lambda client=client, pin=presented: client.office_reset_pin(pin),  # type: ignore[misc]
            )
            for use in uses:
                with pytest.raises(HarnessError) as error:
                    use()
                cause: BaseException | None = error.value
                while cause is not None:
                    for text in (str(cause), repr(cause), repr(cause.args), repr(vars(cause))):
                        assert presented not in text and not told(text)
                    cause = cause.__cause__ or cause.__context__
    with pytest.raises(BadCard) as refused:
        card_in_file(tmp_path / "a.card", CARD, pin="7391x")
    assert not told(repr(refused.value) + str(vars(refused.value)))


def test_no_log_tells_the_pin(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    card, _ = card_with(0)
    terminal = LinkTerminal()
    with LinkThread(card, terminal.host, terminal.port), terminal:
        CardClient(terminal).verify_pin(PIN.decode())

    def fail(counters: Counters) -> None:
        raise ZeroDivisionError

    card._store.write = fail  # type: ignore[method-assign]
    terminal = LinkTerminal()
    with LinkThread(card, terminal.host, terminal.port), terminal, pytest.raises(HarnessError):
        CardClient(terminal).verify_pin(PIN.decode())
    assert "ZeroDivisionError" in caplog.text  # a card that fails is logged, with where
    assert not told(caplog.text)


CRASHING = """
import faulthandler, os, sys
sys.path.insert(0, "")
faulthandler.enable()
from emulator.card.issue import card_from_seed, card_in_memory
from harness.client import CardClient
from harness.terminals.in_process import InProcessTerminal
pin = sys.stdin.readline().strip()
card = card_in_memory(card_from_seed(7), pin=pin)
terminal = InProcessTerminal(card)
terminal.connect()
class Crash(InProcessTerminal):
    pass
def crash(counters):
    if sys.argv[1] == "abort":
        os.abort()
    raise ZeroDivisionError
card._store.write = crash
CardClient(terminal).verify_pin(pin)
"""


@pytest.mark.parametrize("how", ["abort", "raise"])
def test_a_crash_in_mid_verify_tells_no_pin(how: str) -> None:
    done = subprocess.run(
        ["bash", "-c", 'ulimit -c 0; exec "$@"', "bash", sys.executable, "-c", CRASHING, how],
        cwd=ROOT,
        input="7391\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert ("Fatal Python error" if how == "abort" else "ZeroDivisionError") in done.stderr
    assert not told(done.stdout + done.stderr)
