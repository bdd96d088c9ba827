"""Traces of programs played against a card, and what of a holder must not be in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from apdu_specs.generations import APPLETS, DEFAULT, Generation
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from harness.terminals.in_process import InProcessTerminal
from harness.trace import Recorder, TracedTerminal

MOI = "00A4040008A000000054480001"
NHSO = "00A4040008A000000054480083"
ADM = "00A4040008A000000084060002"
PIN = "7391"
WINDOW = 5


def card_of(generation: Generation, *, failures: int = 0) -> Card:
    return card_in_memory(card_from_seed(7, generation=generation), pin=PIN, failures=failures)


def record(card: Card, path: Path, apdus: Iterable[bytes | None], *, show: bool = False) -> Path:
    """Send ``apdus`` (None: reset) and record them as a program's terminal."""
    recorder = Recorder(path, source="terminal", show_personal_data=show)
    with recorder, TracedTerminal(InProcessTerminal(card), recorder) as terminal:
        for apdu in apdus:
            terminal.reset() if apdu is None else terminal.transmit(apdu)
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def shown(path: Path) -> list[bytes]:
    """Every run of bytes that can be read in the trace."""
    runs = []
    for line in lines(path):
        text = line.get("bytes", "")
        pairs = [text[at : at + 2] for at in range(0, len(text), 2)]
        runs += [bytes.fromhex(run) for run in "".join(p if p != "**" else " " for p in pairs).split()]
    return runs


def secrets_of(card: Card) -> set[bytes]:
    """Windows of 5 bytes that stand in personal fields and nowhere else on the card."""
    personal: list[bytes] = []
    public: list[bytes] = []
    images = card.personalisation
    for applet in APPLETS:
        for block, file in card.generation.blocks(applet).items():
            _sort(file, images.blocks(applet)[block], personal, public)
    _sort(card.generation.adm_info, images.adm_info, personal, public)
    open_windows = {window for raw in public for window in windows(raw)}
    return {
        window
        for raw in personal
        for window in windows(raw)
        if window not in open_windows and len(set(window)) > 2
    }


def _sort(file: Any, image: bytes, personal: list[bytes], public: list[bytes]) -> None:
    for field in file.fields:
        raw = image[file.offset(field.name) :][: field.length]
        (personal if field.personal else public).append(raw)


def windows(raw: bytes) -> set[bytes]:
    return {raw[at : at + WINDOW] for at in range(len(raw) - WINDOW + 1)}


def read(offset: int, length: int, block: int = 0) -> bytes:
    return bytes((0x80, 0xB0, offset >> 8, offset & 0xFF, 2, block, length & 0xFF))


def full_read(generation: Generation = DEFAULT) -> Sequence[bytes]:
    """What a reading program sends, with GET RESPONSE after every read."""
    p2 = max(generation.get_response_p2) if 0 not in generation.get_response_p2 else 0
    sent = [bytes.fromhex(MOI)]
    for start in range(0, 5927, 255):
        length = min(255, 5927 - start)
        sent += [read(start, length), bytes((0x00, 0xC0, 0x00, p2, length))]
    sent += [bytes.fromhex(NHSO), read(0, 255), bytes((0, 0xC0, 0, p2, 255)), read(255, 95)]
    sent += [bytes((0, 0xC0, 0, p2, 95)), bytes.fromhex(ADM), bytes.fromhex("8000000007")]
    return [*sent, bytes((0, 0xC0, 0, p2, 16)), bytes.fromhex("80CA9F7F"), bytes.fromhex("00A40400")]
