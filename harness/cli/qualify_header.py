"""The header of a qualification record: what is known before anything is measured, and stays true when it is resumed."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from apdu_specs.language import Text
from harness.cli.qualify_place import place_told
from harness.cli.qualify_sign import STATED
from harness.errors import HarnessError
from harness.qualify.report.words import amount

if TYPE_CHECKING:
    from harness.qualify.subject import Subject


class WrongRequest(HarnessError):
    """The options do not fit each other, or the record that is to be continued."""

    exit_status = 2


def header_of(subject: Subject, operator: str | None) -> dict[str, Any]:
    """What is known before anything is measured."""
    from importlib.metadata import version

    from harness.qualify.calls import CallFailed
    from harness.qualify.criteria.identity import attributes
    from harness.qualify.record import now

    try:
        told = attributes(subject)
    except (CallFailed, HarnessError):  # a reader that tells nothing has a record all the same
        told = {}
    return {
        "tool": {"name": "thnid", "version": version("thnid")},
        "reader": {
            "name": subject.reader,
            "serial": told.get("serial"),
            "firmware": told.get("version"),
            "driver": subject.evidence.get("driver"),
            "attributes": told,
        },
        "host": {"os": _operating_system(), "kernel": platform.release(), "pcsc": _pcsc(), **place_told()},
        "card": {
            "atr": _atr(subject),
            "generation": subject.card.generation,
            "virtual": subject.card.virtual,
            "test": subject.card.test,
        },
        "actuator": subject.actuator.kind,
        "operator": operator,
        "started": now(),
        "profile": subject.profile.value,
    }


def _atr(subject: Subject) -> str | None:
    return subject.card.atr.hex(" ").upper() or None


def _operating_system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()


def _pcsc() -> str | None:
    """The version of the pcscd on this computer; None where there is none (a forwarded socket, another platform)."""
    import shutil
    import subprocess

    program = shutil.which("pcscd", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
    if program is None:
        return None
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, encoding="utf-8", timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return next(iter(told.stdout.splitlines()), None)


def is_header(told: Mapping[str, Any]) -> bool:
    """Whether it is what ``header_of`` makes."""
    parts = {"tool": ("version",), "reader": ("name", *STATED), "host": (), "card": ("atr",)}
    return {"actuator", "operator", "profile"} <= set(told) and all(
        isinstance(told.get(part), dict) and set(names) <= set(told[part]) for part, names in parts.items()
    )


def require_same(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """What a record's header says must be true of all that is measured into it. Raises WrongRequest.

    What is not told now (a serial number that was stated then, the operator) is what it was.
    """
    for what, each_before, each_now in _told_of(before, now):
        if each_now != each_before:
            raise WrongRequest(
                Text(
                    f"The record was begun with {what.en} {_said(each_before)}, not {_said(each_now)}.",
                    f"บันทึกนี้เริ่มด้วย{what.th} {_said(each_before)} ไม่ใช่ {_said(each_now)}",
                ),
                Text("Continue with what it was, or begin a new record.", "โปรดทำต่อตามเดิม หรือเริ่มบันทึกใหม่"),
            )


def _told_of(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[Text, Any, Any]]:
    """Name, then and now, of everything that must not change."""
    readers = before["reader"], now["reader"]
    yield Text("the reader", "เครื่องอ่าน"), readers[0]["name"], readers[1]["name"]
    yield Text("the profile", "ชุดการทดสอบ"), before["profile"], now["profile"]
    yield Text("the actuator", "อุปกรณ์เสียบบัตร"), before["actuator"], now["actuator"]
    cards = before["card"], now["card"]
    yield Text("a card with ATR", "บัตรที่มี ATR"), cards[0]["atr"], cards[1]["atr"]
    for name, what in (
        ("generation", Text("a card of generation", "บัตรรุ่น")),
        ("virtual", Text("a card that is virtual:", "บัตรเสมือน:")),
        ("test", Text("a test card:", "บัตรทดสอบ:")),
    ):
        yield what, cards[0].get(name), cards[1].get(name)
    for name, what in (
        ("serial", Text("the serial number", "หมายเลขเครื่อง")),
        ("firmware", Text("the firmware", "เฟิร์มแวร์")),
        ("driver", Text("the driver", "ไดรเวอร์")),
    ):
        yield what, readers[0][name], readers[1][name] or readers[0][name]
    yield Text("the operator", "ผู้ทดสอบ"), before["operator"], now["operator"] or before["operator"]
    yield Text("the computer", "คอมพิวเตอร์"), _plain(before["host"]), _plain(now["host"])
    yield Text("thnid", " thnid"), before["tool"]["version"], now["tool"]["version"]


def _plain(part: Mapping[str, Any]) -> str:
    return ", ".join(str(each) for each in part.values() if each is not None)


def _said(value: Any) -> str:
    return "–" if value is None else str(amount(value).en) if isinstance(value, bool) else str(value)
