"""``thnid doctor``: what this machine has and lacks, with what to install."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata

import click

from apdu_specs.language import Text
from harness.cli.output import Output, reporting
from harness.errors import HarnessError, StackUnavailable
from harness.terminals.scard import SOCKET_VARIABLE

MINIMUM_PYTHON = (3, 11)
_OFFICE_MODULES = ("fastapi", "sqlalchemy", "uvicorn")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``needed``: without it no virtual reader works."""

    name: str
    ok: bool
    detail: str
    what_to_do: str = ""
    needed: bool = True


@click.command("doctor")
@reporting
def command(output: Output) -> int:
    """Check what this machine needs for all of this. Exit status 3 if a virtual reader cannot work here."""
    findings = list(_findings())
    healthy = all(each.ok for each in findings if each.needed)
    document = {
        "healthy": healthy,
        "checks": [
            {
                "name": each.name,
                "ok": each.ok,
                "needed": each.needed,
                "detail": each.detail,
                "what_to_do": each.what_to_do,
            }
            for each in findings
        ],
    }

    def show() -> None:
        for each in findings:
            mark, style = (
                ("ok", "green") if each.ok else (("MISSING", "red") if each.needed else ("no", "yellow"))
            )
            output.console.print(f"[{style}]{mark:8}[/] {each.name}: ", end="")
            output.console.print(each.detail, markup=False)
            if not each.ok and each.what_to_do:
                output.console.print(f"         → {each.what_to_do}", markup=False)
        output.say(
            Text("A virtual reader works here.", "เครื่องนี้ใช้เครื่องอ่านเสมือนได้")
            if healthy
            else Text("A virtual reader does not work here yet.", "เครื่องนี้ยังใช้เครื่องอ่านเสมือนไม่ได้"),
            style="bold",
        )

    output.report(document, show)
    return 0 if healthy else StackUnavailable.exit_status


def _findings() -> Iterator[Finding]:
    yield Finding(
        "Python",
        sys.version_info >= MINIMUM_PYTHON,
        f"{platform.python_version()} ({sys.executable})",
        "install Python 3.11 or later",
    )
    yield _package("pyscard", "install gcc and libpcsclite-dev, then: pip install pyscard")
    yield _tried("pcscd and vpcd driver", _programs)
    yield _tried("private stack with a card", _private_stack)
    yield _tried("PC/SC that programs see now", _surrounding, needed=False)
    missing = [name for name in _OFFICE_MODULES if importlib.util.find_spec(name) is None]
    yield Finding(
        "stand-in offices",
        not missing,
        ", ".join(f"{name} {metadata.version(name)}" for name in _OFFICE_MODULES if name not in missing)
        or "not installed",
        "pip install 'thnid[offices]'",
        needed=False,
    )


def _package(name: str, what_to_do: str) -> Finding:
    try:
        return Finding(name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, False, "not installed", what_to_do)


def _tried(name: str, check: Callable[[], str], *, needed: bool = True) -> Finding:
    try:
        return Finding(name, True, check(), needed=needed)
    except HarnessError as error:
        return Finding(name, False, str(error.message), str(error.what_to_do), needed=needed)
    except (OSError, ImportError) as error:
        return Finding(name, False, str(error), needed=needed)


def _programs() -> str:
    from harness.stack import find_programs

    programs = find_programs()
    return f"{programs.pcscd}, {programs.driver}"


def _private_stack() -> str:
    """In a process of its own: this one must stay free to look at the PC/SC around it."""
    import subprocess
    import time

    started = time.monotonic()
    probe = [
        sys.executable,
        "-m",
        "harness.cli",
        "run",
        "--",
        sys.executable,
        "-m",
        "harness.cli",
        "readers",
        "--json",
    ]
    done = subprocess.run(probe, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it does not start"]
        raise StackUnavailable(lines[-1].removeprefix("thnid: ").rstrip("."))
    return f"started, seen and stopped in {time.monotonic() - started:.1f} s"


def _surrounding() -> str:
    from harness.terminals.pcsc import list_readers

    where = os.environ.get(SOCKET_VARIABLE, "the system's pcscd")
    names = [each.name for each in list_readers()]
    return f"{where}: {', '.join(names) if names else 'no readers'}"
