"""Scenarios as files: given a card and an officer, when these things happen, then the card and the offices say this.

``loading`` reads a file and names every mistake in it with its line, ``player`` plays it, ``report`` tells how it went.
What may stand in a file is declared once, in ``declared``; schema and reference page are made from that.
"""

from __future__ import annotations

from harness.bench.scenario.loading import ScenarioInvalid, load
from harness.bench.scenario.model import Scenario
from harness.bench.scenario.player import ScenarioResult, play, play_all
from harness.bench.scenario.readers import in_process_readers, pcsc_readers
from harness.bench.scenario.shelf import find, shipped

__all__ = [
    "Scenario",
    "ScenarioInvalid",
    "ScenarioResult",
    "find",
    "in_process_readers",
    "load",
    "pcsc_readers",
    "play",
    "play_all",
    "shipped",
]
