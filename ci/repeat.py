"""Qualifies the good virtual reader again and again while other processes keep the computer busy, and compares the verdicts.

A verdict that depends on what else the computer does is worth nothing. ``ci/repeat --help`` lists the options.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

THNID = str(Path(sys.executable).with_name("thnid"))
_BUSY = "while True: pass"
_GOOD = {"pass", "not applicable"}


@contextmanager
def busy(count: int) -> Iterator[None]:
    """As many processes that only compute."""
    processes = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def qualified(profile: str, limit_s: float) -> tuple[dict[str, Any], float]:
    """The record of one run, and how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        report = str(Path(folder) / "record")
        command = [THNID, "run", "--", THNID, "qualify", "run", "--profile", profile, "--report", report]
        started = time.monotonic()
        subprocess.run(command, capture_output=True, timeout=limit_s, check=False)
        took = time.monotonic() - started
        return json.loads((Path(report) / "record.json").read_text(encoding="utf-8")), took


def flips(records: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Criterion -> its results in the runs, where they are not all pass, or not all not applicable."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        for each in record["results"]:
            found.setdefault(each["criterion"], []).append(each)
    return {
        name: results
        for name, results in found.items()
        if len({each["verdict"] for each in results}) > 1
        or len(results) < len(records)
        or results[0]["verdict"] not in _GOOD
    }


def main() -> int:
    """0 if every run said the same, and that nothing failed."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--runs", type=int, default=20)
    options.add_argument("--busy", type=int, default=2, help="processes that compute beside it (2)")
    options.add_argument("--profile", choices=("quick", "full"), default="quick")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    records, seconds = [], []
    with busy(given.busy):
        for number in range(1, given.runs + 1):
            record, took = qualified(given.profile, 1800.0)
            records.append(record)
            seconds.append(took)
            strange = [each for each in record["results"] if each["verdict"] not in _GOOD]
            told = ", ".join(f"{each['criterion']} {each['verdict']} ({each['value']})" for each in strange)
            print(f"{number}: {record['verdict']}, {took:.1f} s {told}", file=sys.stderr, flush=True)
    unsteady = flips(records)
    same = sum(not any(_strange(name, record) for name in unsteady) for record in records)
    document = {
        "runs": given.runs,
        "busy": given.busy,
        "profile": given.profile,
        "alike": same,
        "seconds": {"least": round(min(seconds), 1), "most": round(max(seconds), 1)},
        "unsteady": {
            name: [
                {"verdict": each["verdict"], "value": each["value"], "reason": each["reason"]}
                for each in results
            ]
            for name, results in unsteady.items()
        },
    }
    if given.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        print(f"{same} of {given.runs} runs alike and good, {min(seconds):.1f} to {max(seconds):.1f} s each")
        for name in unsteady:
            print(f"{name}: {', '.join(each['verdict'] for each in unsteady[name])}")
    return 1 if unsteady else 0


def _strange(name: str, record: Mapping[str, Any]) -> bool:
    return all(each["criterion"] != name or each["verdict"] not in _GOOD for each in record["results"])


if __name__ == "__main__":
    sys.exit(main())
