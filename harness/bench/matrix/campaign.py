"""Runs criteria against faults: each fault in a ``thnid run`` of its own with a national card, with the test card, and for the soak."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass

from emulator.zoo import Fault
from harness.bench.matrix import MEASURABLE
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import Family, Need
from harness.qualify.verdict import Verdict

LIMIT_S = 900.0
"""Longest that all criteria may take against one fault; what was not reached by then counts as incomplete."""
SOAK_S = 5.0
_OURS = ("THNID_", "PCSCLITE_")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one fault, or of none: the verdict of each criterion, and how long all took."""

    verdicts: dict[str, Verdict]
    seconds: float


def measured(
    fault: Fault | None,
    criteria: Iterable[str] = MEASURABLE,
) -> Outcome:
    """What ``criteria`` say of a reader with ``fault``. Criteria that were not reached are INCOMPLETE."""
    wanted = [name for name in CRITERIA if name in set(criteria)]
    soaked = [name for name in wanted if CRITERIA[name].family is Family.SOAK]
    with_test_card = [name for name in wanted if Need.FAULT_CARD in CRITERIA[name].needs]
    with_national_card = [name for name in wanted if name not in (*soaked, *with_test_card)]
    started = time.monotonic()
    verdicts: dict[str, Verdict] = {}
    for names, options in ((with_national_card, ()), (with_test_card, ("--test-card",)), (soaked, ())):
        if names:
            verdicts |= _run(fault, names, options)
    return Outcome({name: verdicts[name] for name in wanted}, time.monotonic() - started)


def _run(fault: Fault | None, names: list[str], options: tuple[str, ...]) -> dict[str, Verdict]:
    faulty = () if fault is None else ("--fault", fault.written)
    python = (sys.executable, "-m")
    child = (*python, "harness.bench.matrix.measured", "--soak", f"{SOAK_S:g}", *names)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        run = subprocess.Popen(
            [*python, "harness.cli", "run", *options, *faulty, "--", *child],
            stdin=subprocess.DEVNULL,
            stdout=told,
            env={**environment, "LANG": "C.UTF-8"},
        )
        try:
            run.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            run.terminate()  # thnid run hands it on, and ends its stack
            run.wait(30.0)
        told.seek(0)
        found = {line["criterion"]: Verdict(line["verdict"]) for line in map(json.loads, told)}
    return {name: found.get(name, Verdict.INCOMPLETE) for name in names}
