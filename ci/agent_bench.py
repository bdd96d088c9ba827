"""The part of ``ci/bench`` that measures the SmartCard Agent: how long a poll of ``terminals`` takes while a card is read.

``thnid run --agent`` as users have it, card and NHSO included; the programs are threads of a process of their own. Eight
poll, each twenty times a second (known programs do so every 0.8 to 5 seconds), while another reads card and photo
without a break: a card that answers at once, and one with the times of a real card on a usual reader. By itself:
``python ci/agent_bench.py``.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

THNID = str(Path(sys.executable).with_name("thnid"))
PROGRAMS, PAUSE_S = 8, 0.05
WARM_UP_S, LASTING_S = 1.0, 5.0
WAYS = {"at once": [], "as a real card": ["--timing", "ta1"]}
TERMINALS, READ = "/api/smartcard/terminals", "/api/smartcard/read?readImageFlag=true"


class Program(threading.Thread):
    """Asks for ``path`` until told to stop; keeps how long each answer took, in milliseconds."""

    def __init__(self, url: str, path: str, stop: threading.Event, pause_s: float = 0) -> None:
        super().__init__()
        where = urlsplit(url)
        assert where.hostname is not None
        self._connection = http.client.HTTPConnection(where.hostname, where.port)
        self._path = path
        self._ending = stop
        self._pause_s = pause_s
        self.taken_ms: list[float] = []
        self.refused = 0

    def run(self) -> None:
        while not self._ending.wait(self._pause_s):
            began = time.perf_counter()
            self._connection.request("GET", self._path)
            answer = self._connection.getresponse()
            answer.read()
            self.taken_ms.append((time.perf_counter() - began) * 1e3)
            self.refused += answer.status != 200
        self._connection.close()


def polls(url: str, seconds: float, *, reading: bool) -> tuple[list[float], list[float]]:
    """How long each poll and each reading took, in milliseconds."""
    stop = threading.Event()
    pollers = [Program(url, TERMINALS, stop, PAUSE_S) for _ in range(PROGRAMS)]
    readers = [Program(url, READ, stop)] if reading else []
    for each in (*pollers, *readers):
        each.start()
    time.sleep(seconds)
    stop.set()
    for each in (*pollers, *readers):
        each.join()
    assert not any(each.refused for each in (*pollers, *readers)), "an answer was not 200"
    return (
        [one for each in pollers for one in each.taken_ms],
        [one for each in readers for one in each.taken_ms],
    )


def ask(url: str) -> dict[str, float]:
    """The programs' side: figures of polls without and with a reading."""
    polls(url, WARM_UP_S, reading=True)
    idle, _ = polls(url, LASTING_S, reading=False)
    busy, readings = polls(url, LASTING_S, reading=True)
    return {
        "terminals_idle_p99_ms": statistics.quantiles(idle, n=100)[98],
        "terminals_p50_ms": statistics.median(busy),
        "terminals_p99_ms": statistics.quantiles(busy, n=100)[98],
        "read_p50_ms": statistics.median(readings),
    }


def measure() -> dict[str, dict[str, float]]:
    """Every figure of the agent, for each kind of card."""
    figures = {}
    for name, options in WAYS.items():
        programs = [sys.executable, __file__, "ask"]
        command = [THNID, "run", "--agent", "--agent-port", "0", *options, "--", *programs]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        figures[name] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    if sys.argv[1:2] == ["ask"]:
        print(json.dumps(ask(os.environ["THNID_AGENT_URL"])))
    else:
        print(json.dumps(measure(), indent=2))
