"""Programs that others wrote, started through ``thnid run``.

``ci/setup --with-third-party`` installs what they need. What is not there fails the test with the package's name:
nothing is skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
INSTALLED = ROOT / ".venv" / "third-party"
LIMIT_S = 60.0

Run = Callable[..., subprocess.CompletedProcess[str]]


def missing(package: str, what: str) -> str:
    """Fails the test: ``what`` comes with ``package``."""
    pytest.fail(f"{what} is missing; it comes with {package}: run ci/setup --with-third-party", pytrace=False)


def program(name: str, package: str) -> str:
    """The path of a program that Debian's ``package`` brings."""
    return shutil.which(name) or missing(package, name)


def file(path: Path, package: str) -> str:
    """``path``, which ``package`` brings."""
    return str(path) if path.exists() else missing(package, path.name)


@pytest.fixture(scope="session")
def thnid_run() -> Run:
    """``thnid run OPTIONS -- COMMAND``; fails when its exit status is not the one expected."""

    def run(
        command: Sequence[str],
        *,
        generation: str = "TH NID 18",
        holder: str | None = None,
        status: int = 0,
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        chosen = ["--seed", "7", "--generation", generation, *(["--holder", holder] if holder else [])]
        done = subprocess.run(
            [sys.executable, "-m", "harness.cli", "run", *chosen, "--", *command],
            cwd=ROOT,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
        )
        assert done.returncode == status, (
            f"exit status {done.returncode}\n{done.stdout[-500:]}{done.stderr[-2000:]}"
        )
        return done

    return run
