"""Measures criteria on the reader of the surrounding ``thnid run``, one JSON object a line: criterion, verdict, value, reason.

``python -m harness.bench.matrix.measured [--soak SECONDS] [CRITERION...]``; without criteria, all that a quick campaign and
a soak can measure. What ``thnid qualify run`` does, for a choice of criteria; the record is thrown away.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.bench.matrix import MEASURABLE
from harness.errors import HarnessError
from harness.qualify.actuator import CONTROL_VARIABLE, VirtualActuator
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import Criterion, Profile
from harness.qualify.record import Record
from harness.qualify.runner import Campaign
from harness.qualify.subject import Subject

READER_VARIABLE, PIN_VARIABLE = "THNID_READER", "THNID_PIN"


def measure(names: Iterable[str], soak_s: float) -> dict[str, Any]:
    """A campaign of the criteria ``names``. Raises NoReader, StackUnavailable."""
    wanted = {name: _in_quick(CRITERIA[name]) for name in CRITERIA if name in set(names)}
    subject = Subject(
        os.environ[READER_VARIABLE],
        actuator=VirtualActuator(os.environ[CONTROL_VARIABLE]),
        virtual_reader=True,
        soak_s=soak_s,
    )
    subject.recognise()
    subject.pin = os.environ.get(PIN_VARIABLE) if subject.card.virtual else None
    with tempfile.TemporaryDirectory() as folder:
        return Campaign(subject, wanted, Record.begin(Path(folder), {}), _tell).run()


def _in_quick(criterion: Criterion) -> Criterion:
    """As if it were one of the quick profile; it keeps its own, by which its time is reckoned."""
    return replace(criterion, profiles=criterion.profiles | {Profile.QUICK})


def _tell(criterion: Criterion, line: dict[str, Any], number: int, of: int) -> None:
    del criterion, number, of
    told = {name: line[name] for name in ("criterion", "verdict", "value", "reason", "ms")}
    print(json.dumps(told, ensure_ascii=False), flush=True)


def main() -> int:
    """0 also when criteria failed; 3 without a reader."""
    parser = argparse.ArgumentParser(prog="python -m harness.bench.matrix.measured")
    parser.add_argument("--soak", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("criteria", nargs="*", metavar="CRITERION")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.criteria) - set(CRITERIA))
    if unknown:
        parser.error(f"there is no criterion {', '.join(unknown)}")
    try:
        measure(chosen.criteria or MEASURABLE, chosen.soak)
    except HarnessError as error:
        print(error.message.en, file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.flush()
    status = main()
    sys.stdout.flush()
    os._exit(status)  # a call that never returns has a thread that would be waited for
