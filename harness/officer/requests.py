"""NHSO's regional office over HTTP: letters that ask for rights, and what is decided on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from apdu_specs.language import Text
from apdu_specs.offices import COUNTER_KEY_HEADER
from harness.officer import errors
from harness.officer.offices import NhsoClient, OfficeAnswer

_LINE = r"[^\x00-\x1f\x7f-\x9f]{0,300}"
_REFERENCE = r"R[0-9]{4}-[0-9]{6,9}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an organisation gets for its letter."""

    reference: str
    code: str = field(repr=False)
    note: Text


@dataclass(frozen=True, slots=True)
class AskedFor:
    """One officer of a letter: place in it (from 1), name, level, decision (None while it waits), notes."""

    officer: int
    name: str = field(repr=False)
    level: str
    decision: str | None
    reason: str | None
    notes: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class LetterStanding:
    """A letter that was received, and how it stands."""

    reference: str
    organisation_name: str
    organisation: str
    officers: tuple[AskedFor, ...]


class RequestsClient(NhsoClient):
    """The regional office. Handing in needs no key, deciding the counter's."""

    def __init__(self, url: str, *, counter_key: str = "") -> None:
        """``url`` is NHSO's. Raises BadServiceAddress."""
        super().__init__(url)
        self._http.headers = httpx.Headers(
            [*self._http.headers.raw, (COUNTER_KEY_HEADER.encode(), counter_key.encode())]
        )

    def hand_in(self, letter: Mapping[str, object]) -> Receipt:
        """Send a letter. Raises NhsoRefused, which names every field at fault."""
        answer = self._post("requests", letter)
        return Receipt(
            answer.text("reference", _REFERENCE),
            answer.text("receipt", r"[a-z0-9]{12}"),
            answer.sentence("note") or Text("", ""),
        )

    def letters(self, *, everything: bool = False) -> tuple[LetterStanding, ...]:
        """The letters in which officers wait, or all."""
        answer = self._ask("GET", "requests", params={"everything": everything})
        return tuple(_standing(each) for each in answer.each("requests"))

    def letter(self, reference: str) -> LetterStanding:
        """One letter. Raises NhsoRefused."""
        return _standing(self._ask("GET", f"requests/{_own(reference)}"))

    def approve(self, reference: str, officer: int) -> LetterStanding:
        """Grant what the letter asks for that officer. Raises NhsoRefused."""
        return _standing(self._post(f"requests/{_own(reference)}/approvals", {"officer": officer}))

    def refuse(self, reference: str, officer: int, reason: str) -> LetterStanding:
        """Refuse it, with the reason that the officer is told. Raises NhsoRefused."""
        body = {"officer": officer, "reason": reason}
        return _standing(self._post(f"requests/{_own(reference)}/refusals", body))

    def revoke(self, citizen_id: str, reason: str) -> None:
        """End an officer's right. Raises NhsoRefused."""
        self._post("requests/revocations", {"pid": citizen_id, "reason": reason})

    def sweep(self) -> int:
        """End rights that were not used within 60 days; gives how many officers were told."""
        told = self._post("requests/sweeps", {}).found.get("told")
        return told if isinstance(told, int) else 0

    def _refusal(self, answer: OfficeAnswer) -> errors.OfficeRefused:
        refusal = super()._refusal(answer)
        if refusal.fields:
            english = "; ".join(f"{name} {why.en}" for name, why in refusal.fields.items())
            thai = "; ".join(f"{name} {why.th}" for name, why in refusal.fields.items())
            refusal.message = Text(f"{refusal.message.en} {english}.", f"{refusal.message.th} {thai}")
        return refusal


def _own(reference: str) -> str:
    """As it may stand in an address: whatever else is asked for is just not known."""
    return (
        "".join(character for character in reference.upper() if character.isalnum() or character == "-")
        or "-"
    )


def _standing(answer: OfficeAnswer) -> LetterStanding:
    return LetterStanding(
        answer.text("reference", _REFERENCE),
        answer.text("organisation_name", _LINE),
        answer.text("organisation", r"[0-9]{5}"),
        tuple(_asked(each) for each in answer.each("officers")),
    )


def _asked(answer: OfficeAnswer) -> AskedFor:
    number = answer.found.get("officer")
    notes = answer.found.get("notes")
    told = [OfficeAnswer(RequestsClient.service, {"note": note}).sentence("note") for note in notes or ()]
    return AskedFor(
        officer=number if isinstance(number, int) else 0,
        name=answer.text("name", _LINE),
        level=answer.inside("level").text("id", r"[a-z0-9-]{1,20}"),
        decision=None if answer.found.get("decision") is None else answer.text("decision", r"[a-z]{1,10}"),
        reason=None if answer.found.get("reason") is None else answer.text("reason", _LINE),
        notes=tuple(note for note in told if note is not None),
    )
