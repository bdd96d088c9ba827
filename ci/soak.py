"""Soaks the virtual reader with ``thnid qualify run --profile soak`` and watches the memory of every process of it.

Once a second the resident memory of the whole tree is looked at: ``thnid run`` (the card), ``thnid qualify`` (the campaign),
the private pcscd and its keeper. The growth is a straight line through the time after the warm-up, carried on to an hour;
the hour's figure is the highest seen plus what the line adds. ``ci/soak --help`` lists the options.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

THNID = str(Path(sys.executable).with_name("thnid"))
EVERY_S = 1.0
WARM_UP = 0.2
"""Part of the run whose growth is not counted: modules are loaded, buffers reach their size."""
HOUR_S = 3600.0
Seen = list[tuple[float, dict[str, int]]]
KIB_IN_MIB = 1024


def tree(root: int) -> Iterator[int]:
    """``root`` and all its descendants; the keeper has a session of its own and is one of them all the same."""
    yield root
    try:
        children = [
            int(each)
            for task in Path(f"/proc/{root}/task").iterdir()
            for each in (task / "children").read_text().split()
        ]
    except OSError:
        return
    for child in children:
        yield from tree(child)


def resident_kib(pid: int) -> tuple[str, int]:
    """What the process is, and its resident memory; pages that processes share count in each."""
    words = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return _name(words), next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _name(words: list[str]) -> str:
    for word, name in (("qualify", "thnid qualify"), ("_keeper.py", "keeper"), ("--foreground", "pcscd")):
        if any(word in each for each in (words[:4] if word == "qualify" else words)):
            return name
    return "thnid run"


def look(root: int) -> dict[str, int]:
    """KiB by what the process is; processes that just end are left out."""
    found: dict[str, int] = {}
    for pid in tree(root):
        try:
            name, size = resident_kib(pid)
        except (OSError, ValueError):
            continue
        found[name] = found.get(name, 0) + size
    return found


def watch(process: subprocess.Popen[str], document: Path) -> tuple[Seen, float]:
    """(seconds, KiB by process) until it ends, and when ``document`` was there, which ends the soak."""
    begun, pause = time.monotonic(), threading.Event()
    seen: Seen = []
    end = 0.0
    while process.poll() is None:
        at = time.monotonic() - begun
        if not document.exists():
            end = at
        seen.append((at, look(process.pid)))
        pause.wait(EVERY_S)
    return seen, end


def judged(seen: list[tuple[float, int]], end: float) -> dict[str, float]:
    """MiB: the median of the soak, the highest of all, what an hour adds, and the highest after an hour.

    The soak goes from the warm-up to ``end``; after it the page is drawn, once.
    """
    steady = [(at, kib / KIB_IN_MIB) for at, kib in seen if end * WARM_UP <= at <= end and kib]
    sizes = [size for _, size in steady]
    line = statistics.linear_regression(*zip(*steady, strict=True)) if len(steady) > 1 else None
    growth = line.slope * HOUR_S if line else 0.0
    highest = max(kib for _, kib in seen) / KIB_IN_MIB
    return {
        "median": round(statistics.median(sizes), 1),
        "highest": round(highest, 1),
        "growth_per_hour": round(growth, 1),
        "after_an_hour": round(highest + max(0.0, growth), 1),
    }


def soak(minutes: float, folder: Path) -> tuple[dict[str, Any], Seen, float]:
    """The record of a soak that long, the memory seen, and when the soak ended."""
    command = [THNID, "run", "--", THNID, "qualify", "run", "--profile", "soak"]
    command += ["--soak-seconds", str(minutes * 60), "--report", str(folder / "record")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, text=True, env=dict(os.environ))
        seen, end = watch(process, folder / "record" / "record.json")
    document = json.loads((folder / "record" / "record.json").read_text(encoding="utf-8"))
    return document, seen, end


def main() -> int:
    """The figures, and whether they are within the limit."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--limit-mib", type=float, default=200.0, help="of all processes together (200)")
    options.add_argument("--json", action="store_true")
    options.add_argument("--keep", type=Path, help="folder that keeps record, log and memory.json")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        document, seen, end = soak(given.minutes, folder)
        (folder / "memory.json").write_text(json.dumps(seen))
    names = sorted({name for _, sizes in seen for name in sizes})
    running = [each for each in seen if "thnid qualify" in each[1]]
    memory = {name: judged([(at, sizes.get(name, 0)) for at, sizes in running], end) for name in names}
    memory["together"] = judged([(at, sum(sizes.values())) for at, sizes in running], end)
    hour = memory["together"]["after_an_hour"]
    results = {each["criterion"]: each for each in document["results"]}
    told = {
        "minutes": given.minutes,
        "verdict": document["verdict"],
        "soak": {name: results[name]["value"] for name in results if name.startswith("SK-")},
        "commands": (results["SK-1"]["reason"] or {}).get("en"),
        "memory_mib": memory,
        "limit_mib": given.limit_mib,
        "within": hour <= given.limit_mib,
    }
    print(json.dumps(told) if given.json else _table(told))
    return 0 if told["within"] and document["verdict"] in ("pass", "marginal") else 1


def _table(told: dict[str, Any]) -> str:
    lines = [f"{told['minutes']:g} minutes, {told['commands']}: {told['verdict']}"]
    lines += [f"{'MiB':16}{'median':>10}{'highest':>10}{'an hour adds':>14}{'after an hour':>15}"]
    lines += [
        f"{name:16}{each['median']:10}{each['highest']:10}{each['growth_per_hour']:14}{each['after_an_hour']:15}"
        for name, each in told["memory_mib"].items()
    ]
    within = "within" if told["within"] else "NOT within"
    return "\n".join([*lines, f"{within} the limit of {told['limit_mib']:g} MiB"])


if __name__ == "__main__":
    sys.exit(main())
