"""The installed ``thnid``, as a user's shell finds it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("thnid")
LIMIT_S = 120.0
_OURS = ("THNID_", "LC_", "PCSCLITE_", "PYTHON")


def environment(**more: str) -> dict[str, str]:
    """A user's environment: English, UTF-8, ``thnid`` and this Python in PATH, nothing of a surrounding thnid."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "LANG": "C.UTF-8", "COLUMNS": "100", "PATH": path, **more}


def thnid(
    *arguments: str, stdin: str | None = None, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``thnid`` to its end, output captured."""
    return subprocess.run(
        [PROGRAM, *arguments],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
        cwd=cwd,
        env=environment(**(env or {})),
    )


def in_shell(script: str, *options: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script inside ``thnid run``, so that many commands share one stack."""
    return thnid("run", *options, "--", "bash", "-c", script, cwd=cwd)


def start(*arguments: str, cwd: Path | None = None, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """Start ``thnid`` in a process group of its own; read its lines, then end it. A ``cat`` needs a pipe to wait at."""
    return subprocess.Popen(
        [PROGRAM, *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
        cwd=cwd,
        env=environment(),
    )


def kill_9(run: subprocess.Popen[str]) -> int:
    """End a started program as nobody can catch it; how many processes of its own ended after it."""
    left = [os.pidfd_open(pid) for pid in _descendants(run.pid)]
    run.kill()
    run.communicate(timeout=LIMIT_S)
    for watched in left:
        assert select.select([watched], [], [], LIMIT_S)[0]
        os.close(watched)
    return len(left)


def _descendants(pid: int) -> list[int]:
    """Whose parent it is, by each process's own word: the list of children may lack some while others end."""
    children = [child for child, parent in _processes() if parent == pid]
    return children + [each for child in children for each in _descendants(child)]


def _processes() -> Iterator[tuple[int, int]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            yield int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])


def line_of(stream: Any) -> str:
    """The next line of a started program."""
    line = stream.readline()
    assert line, "the program ended without another line"
    return str(line).rstrip("\n")


def one_object(text: str) -> dict[str, Any]:
    """What a script gets from ``--json``: one object on one line, and nothing else."""
    assert text.count("\n") == 1, text
    document = json.loads(text)
    assert isinstance(document, dict)
    return document
