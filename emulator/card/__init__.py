"""The virtual card: core, applets, PIN, non-volatile memory, card file."""

from __future__ import annotations

from emulator.card.card import Card
from emulator.card.nonvolatile import Counters, MemoryStore, Snapshot

__all__ = ["Card", "Counters", "MemoryStore", "Snapshot"]
