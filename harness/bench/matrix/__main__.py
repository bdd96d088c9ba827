"""``python -m harness.bench.matrix > docs/matrix.md``; with ``--measure`` docs/matrix.json is measured first (see ci/matrix)."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from emulator.zoo import FAULTS
from harness.bench.matrix import MEASURABLE, NO_FAULT, ROWS, load, page, row, save, uncaught, verdicts
from harness.bench.matrix.campaign import measured


def main() -> int:
    """0; measuring writes as it goes, so that it can be stopped and taken up again with --missing."""
    parser = argparse.ArgumentParser(prog="python -m harness.bench.matrix", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure everything afresh")
    parser.add_argument("--missing", action="store_true", help="measure what docs/matrix.json lacks")
    parser.add_argument("--check", action="store_true", help="whether every fault is caught as declared")
    parser.add_argument("--jobs", type=int, default=1, help="faults that are measured at once (default 1)")
    parser.add_argument(
        "faults", nargs="*", metavar="FAULT", help="only these; 'none' is the reader without one"
    )
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.faults) - set(ROWS))
    if unknown:
        parser.error(f"there is no fault {', '.join(unknown)}")
    if chosen.check:
        return _check()
    if chosen.measure or chosen.missing:
        _measure(chosen.faults or list(ROWS), chosen.jobs, afresh=chosen.measure)
    else:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.write(page(load()))
    return 0


def _check() -> int:
    found = load()
    missed = list(uncaught(found))
    for name, criterion, verdict in missed:
        print(f"{name}: {criterion} says {verdict}")
    print(
        f"{len(set(FAULTS) & set(found))} faults measured, {len({name for name, _, _ in missed})} not caught as declared"
    )
    return 1 if missed else 0


def _measure(names: list[str], jobs: int, *, afresh: bool) -> None:
    rows = load()

    def one(name: str) -> tuple[str, dict[str, Any]] | None:
        fault = None if name == NO_FAULT else FAULTS[name]
        written = NO_FAULT if fault is None else fault.written
        known = rows.get(name)
        before = verdicts(known) if known is not None and known["written"] == written and not afresh else {}
        lacking = [each for each in MEASURABLE if each not in before]
        if not lacking:
            return None
        found = measured(fault, lacking)
        seconds = found.seconds + (known["seconds"] if known is not None and before else 0)
        return name, row({**before, **found.verdicts}, written, seconds)

    with ThreadPoolExecutor(jobs) as pool:
        for each in as_completed([pool.submit(one, name) for name in names]):
            done = each.result()
            if done is not None:
                name, line = done
                rows[name] = line
                save(rows)
                counts = ", ".join(
                    f"{len(each)} {verdict}" for verdict, each in line["verdicts"].items() if each
                )
                print(f"{name}: {counts} ({line['seconds']} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
