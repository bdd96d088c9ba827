"""Wrong PIN engines: the shipped one with a line or two changed, made in memory and nowhere else.

A mutant names text of the shipped source and what stands there instead. Text that is not there exactly once is an
error, so no mutant can quietly become the unchanged engine when that source is edited.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from emulator.card import card as card_module
from emulator.card.card import Card
from emulator.card.nonvolatile import NonVolatile
from emulator.card.personalisation import Personalisation


class Check(Enum):
    """What finds a mutant out."""

    MACHINE = "learned machine, conformance suite"
    OFFICE = "learned machine of the office's tries"
    ORDER = "blocks and proofs presented twice"
    BOUND = "what a cryptogram, a proof and a count belong to"
    TEAR = "power cuts and refused writes at every durable step"


@dataclass(frozen=True, slots=True)
class Edit:
    """In the module of emulator.card called ``module``: ``old`` becomes ``new``."""

    module: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A way to build the engine wrongly, and the check that has to find it."""

    name: str
    check: Check
    edits: tuple[Edit, ...]

    def __str__(self) -> str:
        return self.name

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Cards made meanwhile by ``card_of`` have this mutant's engine."""
        with pytest.MonkeyPatch.context() as patch:
            for name, mutated in _modules(self).items():
                if name == "card":
                    patch.setattr(card_module, "Card", mutated.Card)
                for exported in _EXPORTED.get(name, ()):
                    patch.setattr(card_module, exported, getattr(mutated, exported))
            yield


_EXPORTED = {"pin": ("PinEngine",), "applets.adm": ("Adm",), "volatile": ("Volatile",)}
"""What the card takes from each module that is mutated."""


def card_of(mutant: Mutant | None, card: Personalisation, store: NonVolatile) -> Card:
    """A card with ``mutant`` planted in it; the shipped one for None."""
    if mutant is None:
        return Card(card, store)
    with mutant.planted():
        made: Card = card_module.Card(card, store)
    return made


@cache
def _modules(mutant: Mutant) -> dict[str, ModuleType]:
    names = dict.fromkeys(edit.module for edit in mutant.edits)
    return {name: _mutated(name, [edit for edit in mutant.edits if edit.module == name]) for name in names}


def _mutated(name: str, edits: list[Edit]) -> ModuleType:
    original = importlib.import_module(f"emulator.card.{name}")
    source = inspect.getsource(original)
    for edit in edits:
        assert source.count(edit.old) == 1, f"{name} has this {source.count(edit.old)} times: {edit.old}"
        source = source.replace(edit.old, edit.new)
    module = ModuleType(f"{original.__name__}_mutated")
    namespace: dict[str, Any] = module.__dict__
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)  # dataclasses look for their module there
        exec(compile(source, f"<mutated {name}>", "exec"), namespace)
    return module


def _mutant(name: str, check: Check, *edits: tuple[str, str, str]) -> Mutant:
    return Mutant(name, check, tuple(Edit(*edit) for edit in edits))


_COMPARE = """            if not matches(before.pin):
                return self._policy.wrong_pin_word(raised.failures, form)
"""
_RAISED = "raised = replace(before, failures=before.failures + 1)"
_RAISE = """            self._store.write(raised)
            if state is PinState.SUSPENDED:
"""
_CLOSE = "        self.session_open = False\n        if state is PinState.SUSPENDED and"
_SUSPENDED = "            if state is PinState.SUSPENDED:\n"
_LOCKED = "        if state is PinState.LOCKED:\n            return StatusWord.PIN_LOCKED\n        self.session_open"
_CLEAR = "self._store.write(replace(raised, failures=0, pin=before.pin if new_pin is None else new_pin))"
_ISSUE = "self._store.write(replace(self._store.counters, failures=0, pin=new_pin))"
_SUSPENDED_WORD = "            self._store.write(before)\n        return self._policy.refusal_word("

MUTANTS = (
    # ------------------------------------------------------------ counting
    _mutant("a wrong PIN is not counted", Check.MACHINE, ("pin", _RAISED, "raised = before")),
    _mutant(
        "a wrong PIN counts twice",
        Check.MACHINE,
        ("pin", _RAISED, "raised = replace(before, failures=before.failures + 2)"),
    ),
    _mutant(
        "the right PIN does not clear the counter",
        Check.MACHINE,
        ("pin", _CLEAR, _CLEAR.replace("failures=0", "failures=before.failures")),
    ),
    _mutant(
        "the published form does not count",
        Check.MACHINE,
        ("pin", _RAISED, "raised = replace(before, failures=before.failures + (form is VerifyForm.ISO))"),
    ),
    _mutant(
        "CHANGE does not count",
        Check.MACHINE,
        ("pin", _RAISED, "raised = replace(before, failures=before.failures + (new_pin is None))"),
    ),
    _mutant(
        "VERIFY without data costs a try",
        Check.MACHINE,
        (
            "pin",
            "            return StatusWord.OK\n        return self._policy",
            "            return StatusWord.OK\n        self.verify(lambda pin: False, form)\n"
            "        return self._policy",
        ),
    ),
    _mutant(
        "a malformed PIN costs a try",
        Check.MACHINE,
        (
            "applets.adm",
            "            return Answer(StatusWord.WRONG_DATA)\n"
            "        return Answer(self._pin.verify(lambda pin: compare_digest(pin, parts.data)",
            "            self._pin.verify(lambda pin: False, VerifyForm.ISO)\n"
            "            return Answer(StatusWord.WRONG_DATA)\n"
            "        return Answer(self._pin.verify(lambda pin: compare_digest(pin, parts.data)",
        ),
    ),
    _mutant(
        "selecting an applet clears the counter",
        Check.MACHINE,
        (
            "card",
            "        self._selected, self._table = aid, table\n",
            "        self._selected, self._table = aid, table\n"
            "        self._store.write(Counters(0, 0, self._store.counters.pin))\n",
        ),
    ),
    _mutant(
        "the counter is lost with the power",
        Check.MACHINE,
        (
            "card",
            '        """Power goes."""\n',
            '        """Power goes."""\n        self._store.write(Counters(0, 0, self._store.counters.pin))\n',
        ),
    ),
    # ------------------------------------------------------------ the limits
    _mutant(
        "a fourth PIN is still compared",
        Check.MACHINE,
        ("pin", _SUSPENDED, "            if before.failures > self._policy.suspended_at:\n"),
    ),
    _mutant(
        "the third PIN is not compared",
        Check.MACHINE,
        ("pin", _SUSPENDED, "            if before.failures >= self._policy.suspended_at - 1:\n"),
    ),
    _mutant(
        "a sixth failure is counted",
        Check.MACHINE,
        (
            "pin",
            _LOCKED,
            _LOCKED.replace("state is PinState.LOCKED", "before.failures > (self._policy.locked_at or 0)"),
        ),
    ),
    _mutant(
        "locked after four",
        Check.MACHINE,
        (
            "pin",
            _LOCKED,
            _LOCKED.replace(
                "state is PinState.LOCKED", "before.failures >= (self._policy.locked_at or 0) - 1"
            ),
        ),
    ),
    _mutant(
        "suspended and locked are told the wrong way round",
        Check.MACHINE,
        (
            "pin",
            _SUSPENDED_WORD,
            _SUSPENDED_WORD.replace("return ", "return StatusWord.PIN_SUSPENDED + StatusWord.PIN_LOCKED - "),
        ),
    ),
    # ------------------------------------------------------------ an oracle in SUSPENDED
    _mutant(
        "the right PIN is accepted while suspended",
        Check.MACHINE,
        ("pin", _SUSPENDED, "            if state is PinState.SUSPENDED and not matches(before.pin):\n"),
    ),
    _mutant(
        "the right PIN is accepted while suspended, in the published form",
        Check.MACHINE,
        (
            "pin",
            _SUSPENDED,
            "            if state is PinState.SUSPENDED and not "
            "(form is VerifyForm.PUBLISHED and matches(before.pin)):\n",
        ),
    ),
    _mutant(
        "the right PIN is not counted while suspended",
        Check.MACHINE,
        (
            "pin",
            'if self._policy.suspended_counts == "wrong" and matches(before.pin):',
            "if matches(before.pin):",
        ),
    ),
    _mutant(
        "the right PIN has an answer of its own while suspended",
        Check.MACHINE,
        (
            "pin",
            _SUSPENDED_WORD,
            "            self._store.write(before)\n        if matches(before.pin):\n"
            "            return StatusWord.CONDITIONS_NOT_SATISFIED\n        return self._policy.refusal_word(",
        ),
    ),
    # ------------------------------------------------------------ the session
    _mutant(
        "the session survives a reset",
        Check.MACHINE,
        (
            "pin",
            'Counters stay."""\n        self.session_open = False',
            'Counters stay."""',
        ),
    ),
    _mutant(
        "the session survives a wrong PIN",
        Check.MACHINE,
        ("pin", _CLOSE, _CLOSE.removeprefix("        self.session_open = False\n")),
    ),
    _mutant(
        "a wrong PIN opens the session",
        Check.MACHINE,
        (
            "pin",
            _COMPARE,
            _COMPARE.replace(
                "                return", "                self.session_open = True\n                return"
            ),
        ),
    ),
    _mutant(
        "selecting an applet ends the session",
        Check.MACHINE,
        (
            "card",
            "        self._selected, self._table = aid, table\n",
            "        self._selected, self._table = aid, table\n        self._pin.end_session()\n",
        ),
    ),
    _mutant(
        "match status without a session",
        Check.MACHINE,
        ("applets.adm", "if not self._pin.session_open:", "if False:"),
    ),
    # ------------------------------------------------------------ CHANGE
    _mutant(
        "CHANGE is accepted while suspended",
        Check.MACHINE,
        ("pin", _SUSPENDED, "            if state is PinState.SUSPENDED and new_pin is None:\n"),
    ),
    _mutant(
        "CHANGE keeps the old PIN working",
        Check.MACHINE,
        (
            "pin",
            _COMPARE,
            _COMPARE.replace(
                "matches(before.pin)", 'any(map(matches, self.__dict__.setdefault("pins", [before.pin])))'
            ),
        ),
        ("pin", _CLEAR, f"{_CLEAR}\n            self.__dict__['pins'].append(self._store.counters.pin)"),
    ),
    _mutant(
        "CHANGE does not set the new PIN",
        Check.MACHINE,
        ("pin", _CLEAR, "self._store.write(replace(raised, failures=0))"),
    ),
    # ------------------------------------------------------------ the registry office
    _mutant(
        "the office unblocks a locked card",
        Check.MACHINE,
        ("applets.adm", "if self._pin.state is PinState.LOCKED:", "if False:"),
        ("pin", "if self.state is PinState.LOCKED:", "if False:"),
    ),
    _mutant(
        "unblocking needs no proof",
        Check.MACHINE,
        ("applets.adm", "if not proved:", "if False:"),
    ),
    _mutant(
        "unblocking does not clear the counter",
        Check.MACHINE,
        ("pin", _ISSUE, "self._store.write(replace(self._store.counters, pin=new_pin))"),
    ),
    _mutant(
        "unblocking does not set the new PIN",
        Check.MACHINE,
        ("pin", _ISSUE, "self._store.write(replace(self._store.counters, failures=0))"),
    ),
    _mutant(
        "unblocking leaves the session open",
        Check.MACHINE,
        (
            "pin",
            "            return StatusWord.MEMORY_FAILURE\n        self.session_open = False\n",
            "            return StatusWord.MEMORY_FAILURE\n",
        ),
    ),
    _mutant(
        "one proof is good for many PINs",
        Check.MACHINE,
        (
            "applets.adm",
            "proved, self._volatile.office_proved = self._volatile.office_proved, False",
            "proved = self._volatile.office_proved",
        ),
    ),
    _mutant(
        "the proof survives a reset",
        Check.MACHINE,
        (
            "volatile",
            "        self.pin_challenge = self.office_challenge = None\n        self.office_proved = False\n",
            "        self.pin_challenge = self.office_challenge = None\n",
        ),
    ),
    _mutant(
        "any proof is right",
        Check.OFFICE,
        ("pin", "if not compare_digest(proof, expected):", "if False:"),
    ),
    _mutant(
        "wrong proofs are not counted",
        Check.OFFICE,
        ("pin", "office_failures=before.office_failures + 1", "office_failures=before.office_failures"),
    ),
    _mutant(
        "an eleventh proof is compared",
        Check.OFFICE,
        (
            "pin",
            "before.office_failures >= self._policy.office_tries",
            "before.office_failures > self._policy.office_tries",
        ),
    ),
    _mutant(
        "a right proof is accepted when the office's tries are used up",
        Check.OFFICE,
        (
            "pin",
            "if before.office_failures >= self._policy.office_tries:",
            "if before.office_failures >= self._policy.office_tries and not compare_digest(proof, expected):",
        ),
    ),
    _mutant(
        "the right PIN forgives an office",
        Check.BOUND,
        ("pin", _CLEAR, _CLEAR.replace("failures=0", "failures=0, office_failures=0")),
    ),
    _mutant(
        "a proof can be used again when the new PIN could not be written",
        Check.BOUND,
        (
            "applets.adm",
            "proved, self._volatile.office_proved = self._volatile.office_proved, False",
            "proved = self._volatile.office_proved",
        ),
        (
            "applets.adm",
            "        return Answer(self._pin.issue(parts.data))",
            "        sw = self._pin.issue(parts.data)\n"
            "        self._volatile.office_proved = sw != StatusWord.OK\n"
            "        return Answer(sw)",
        ),
    ),
    # ------------------------------------------------------------ the cryptogram
    _mutant(
        "the cryptogram is not bound to its challenge",
        Check.BOUND,
        ("applets.adm", "challenge=parts.data,", "challenge=bytes(len(parts.data)),"),
    ),
    _mutant(
        "the cryptogram is not bound to its key",
        Check.BOUND,
        ("applets.adm", "key_id=parts.p2,", "key_id=adm.OFFICER_KEY_ID,"),
    ),
    # ------------------------------------------------------------ twice
    _mutant(
        "a proof without a challenge leaves an earlier one",
        Check.ORDER,
        (
            "applets.adm",
            "office_challenge, None\n        self._volatile.office_proved = False\n",
            "office_challenge, None\n",
        ),
    ),
    _mutant(
        "a PIN block can be presented again",
        Check.ORDER,
        (
            "applets.adm",
            "challenge, self._volatile.pin_challenge = self._volatile.pin_challenge, None",
            "challenge = self._volatile.pin_challenge",
        ),
    ),
    _mutant(
        "an office's proof can be presented again",
        Check.ORDER,
        (
            "applets.adm",
            "challenge, self._volatile.office_challenge = self._volatile.office_challenge, None",
            "challenge = self._volatile.office_challenge",
        ),
    ),
    # ------------------------------------------------------------ what only a cut shows
    _mutant(
        "the counter is raised after the comparison",
        Check.TEAR,
        (
            "pin",
            _RAISE,
            "            compared = state is PinState.SUSPENDED or matches(before.pin)\n" + _RAISE,
        ),
        ("pin", _COMPARE, _COMPARE.replace("matches(before.pin)", "compared")),
    ),
    _mutant(
        "the counter is raised only when the PIN was wrong",
        Check.TEAR,
        (
            "pin",
            _RAISE,
            "            if state is PinState.SUSPENDED or not matches(before.pin):\n    " + _RAISE,
        ),
        ("pin", _COMPARE, _COMPARE.replace("not matches(before.pin)", "self._store.counters == raised")),
    ),
    _mutant(
        "the PIN is compared though the counter could not be raised",
        Check.TEAR,
        (
            "pin",
            _RAISE,
            "            try:\n                self._store.write(raised)\n            except WriteFailed:\n"
            "                pass\n" + _SUSPENDED,
        ),
    ),
    _mutant(
        "the session opens though the counter could not be cleared",
        Check.TEAR,
        (
            "pin",
            _CLEAR,
            f"try:\n                {_CLEAR}\n            except WriteFailed:\n                pass",
        ),
    ),
    _mutant(
        "the counter is raised by two and then corrected",
        Check.TEAR,
        (
            "pin",
            _RAISE,
            "            self._store.write(replace(before, failures=before.failures + 2))\n" + _RAISE,
        ),
    ),
    _mutant(
        "CHANGE erases the old PIN before it sets the new one",
        Check.TEAR,
        (
            "pin",
            _CLEAR,
            f'new_pin and self._store.write(replace(raised, pin=b""))\n            {_CLEAR}',
        ),
    ),
    _mutant(
        "unblocking clears the counter before it sets the PIN",
        Check.TEAR,
        (
            "pin",
            _ISSUE,
            f"self._store.write(replace(self._store.counters, failures=0))\n            {_ISSUE}",
        ),
    ),
)
