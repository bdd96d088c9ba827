"""``thnid doctor``: what this machine has and lacks, with what to install."""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
import time
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
_STACK_TIMEOUT_S = 30.0
_NOTHING = Text("", "")
_NOT_INSTALLED = Text("not installed", "ยังไม่ได้ติดตั้ง")
_MARKS = {
    True: (Text("ok     ", "พร้อม  "), "green"),
    False: (Text("no     ", "ไม่มี  "), "yellow"),
    None: (Text("MISSING", "ขาด    "), "red"),
}
"""By whether it is there; None: it is not and is needed."""


def _same(text: str) -> Text:
    return Text(text, text)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``needed``: without it no virtual reader works."""

    name: Text
    ok: bool
    detail: Text
    what_to_do: Text = _NOTHING
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
                "name": each.name.en,
                "ok": each.ok,
                "needed": each.needed,
                "detail": each.detail.say(output.language),
                "what_to_do": "" if each.ok else each.what_to_do.say(output.language),
            }
            for each in findings
        ],
    }
    output.report(document, lambda: _show(output, findings, healthy))
    return 0 if healthy else StackUnavailable.exit_status


def _show(output: Output, findings: list[Finding], healthy: bool) -> None:
    for each in findings:
        mark, style = _MARKS[each.ok or (None if each.needed else False)]
        output.console.print(f"[{style}]{mark.say(output.language)}[/]  ", end="")
        output.console.print(
            f"{each.name.say(output.language)}: {each.detail.say(output.language)}", markup=False
        )
        advice = each.what_to_do.say(output.language)
        if not each.ok and advice:
            output.console.print(f"    {advice}", markup=False)
    output.say(
        Text("A virtual reader works here.", "เครื่องนี้ใช้เครื่องอ่านเสมือนได้")
        if healthy
        else Text("A virtual reader does not work here yet.", "เครื่องนี้ยังใช้เครื่องอ่านเสมือนไม่ได้"),
        style="bold",
    )


def _findings() -> Iterator[Finding]:
    yield Finding(
        _same("Python"),
        sys.version_info >= MINIMUM_PYTHON,
        _same(f"{platform.python_version()} ({sys.executable})"),
        Text("Install Python 3.11 or later.", "ติดตั้ง Python 3.11 ขึ้นไป"),
    )
    yield _pyscard()
    programs = _tried(Text("pcscd and vpcd driver", "pcscd และไดรเวอร์ vpcd"), _programs)
    yield programs
    if programs.ok:
        yield _tried(Text("private stack with a card", "ระบบ PC/SC ส่วนตัวพร้อมบัตร"), _private_stack)
    yield _tried(Text("PC/SC that programs see now", "PC/SC ที่โปรแกรมเห็นในขณะนี้"), _surrounding, needed=False)
    missing = [name for name in _OFFICE_MODULES if importlib.util.find_spec(name) is None]
    there = ", ".join(f"{name} {metadata.version(name)}" for name in _OFFICE_MODULES if name not in missing)
    yield Finding(
        Text("stand-in offices", "สำนักงานจำลอง"),
        not missing,
        _same(there) if there else _NOT_INSTALLED,
        Text("pip install 'thnid[offices]'", "ใช้ pip install 'thnid[offices]'"),
        needed=False,
    )


def _pyscard() -> Finding:
    try:
        return Finding(_same("pyscard"), True, _same(metadata.version("pyscard")))
    except metadata.PackageNotFoundError:
        return Finding(
            _same("pyscard"),
            False,
            _NOT_INSTALLED,
            Text(
                "Install gcc and libpcsclite-dev, then: pip install pyscard",
                "ติดตั้ง gcc และ libpcsclite-dev แล้วใช้ pip install pyscard",
            ),
        )


def _tried(name: Text, check: Callable[[], Text], *, needed: bool = True) -> Finding:
    try:
        return Finding(name, True, check(), needed=needed)
    except HarnessError as error:
        return Finding(name, False, error.message, error.what_to_do, needed=needed)
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        return Finding(name, False, _same(str(error)), needed=needed)


def _programs() -> Text:
    from harness.stack import find_programs

    programs = find_programs()
    return _same(f"{programs.pcscd}, {programs.driver}")


def _private_stack() -> Text:
    """In a process of its own: this one must stay free to look at the PC/SC around it."""
    thnid = [sys.executable, "-m", "harness.cli"]
    started = time.monotonic()
    done = subprocess.run(
        [*thnid, "run", "--", *thnid, "readers", "--json"],
        capture_output=True,
        text=True,
        timeout=_STACK_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it does not start"]
        raise StackUnavailable(lines[-1].removeprefix("thnid: ").rstrip("."))
    seconds = time.monotonic() - started
    return Text(
        f"started, seen and stopped in {seconds:.1f} s", f"เริ่ม มองเห็น และหยุดได้ภายใน {seconds:.1f} วินาที"
    )


def _surrounding() -> Text:
    from harness.terminals.pcsc import list_readers

    where = os.environ.get(SOCKET_VARIABLE)
    names = ", ".join(each.name for each in list_readers())
    return Text(
        f"{where or 'the system pcscd'}: {names or 'no readers'}",
        f"{where or 'pcscd ของระบบ'}: {names or 'ไม่มีเครื่องอ่าน'}",
    )
