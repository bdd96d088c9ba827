"""Soak: the same work for a minute or for hours; nothing may fail, drift or grow."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path

from apdu_specs import test_card
from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from apdu_specs.status import StatusWord
from harness.qualify.calls import SUCCESS, CallFailed, Client, Connection, code_name
from harness.qualify.criteria.stalls import long_ones
from harness.qualify.criteria.transfers import read_command, reference, select_moi
from harness.qualify.criterion import (
    NONE,
    SOAK_ONLY,
    CannotMeasure,
    Declarations,
    DoesNotApply,
    Family,
    Limits,
    Measurement,
    proposed,
)
from harness.qualify.samples import percentile
from harness.qualify.subject import Subject
from harness.terminals import scard
from harness.terminals.scard import ResultCode

declare = Declarations(Family.SOAK)

MOST_POINTS = 600
"""Of a timeline, however long the soak: each is the worst or the median of its share of the time."""
_LEAST_SHARE_S = 0.1
_LEAST_DRIFT_MS = 4.0  # what is quicker than this is the computer's noise, not the reader's
_QUICKER = 0.25
_RESETS = {ResultCode.RESET_CARD, ResultCode.UNPOWERED_CARD, ResultCode.PROTO_MISMATCH}
_MOST_ERRORS = 20


@dataclass(slots=True)
class Soak:
    """What a soak showed. Timelines are (seconds, number)."""

    commands: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    wrong: int = 0
    resets: int = 0
    long_commands: list[float] = field(default_factory=list)  # s
    medians: list[tuple[float, float]] = field(default_factory=list)  # ms
    worst: list[tuple[float, float]] = field(default_factory=list)  # ms
    memory: list[tuple[float, float]] = field(default_factory=list)  # KiB of pcscd
    handles: list[tuple[float, float]] = field(default_factory=list)  # descriptors of pcscd


def soak(subject: Subject) -> Soak:
    """Commands without a pause for ``soak_s`` seconds; memory and descriptors of pcscd where they can be seen."""
    found = Soak()
    before = len(subject.long_commands)
    share_s = max(_LEAST_SHARE_S, subject.soak_s / MOST_POINTS)
    with subject.client() as client:
        connection = client.connect()
        pcscd = service_process()
        command, right = _work(subject, connection)
        begun = now = time.monotonic()
        while now - begun < subject.soak_s and sum(found.errors.values()) < _MOST_ERRORS:
            _share(subject, client, connection, command, right, now + share_s, begun, found)
            now = time.monotonic()
            if pcscd is not None:
                _look_at(pcscd, now - begun, found)
            if subject.progress is not None:
                subject.progress("soak", min(1.0, (now - begun) / subject.soak_s))
        connection.disconnect()
    found.long_commands = subject.long_commands[before:]
    return found


def _work(subject: Subject, connection: Connection) -> tuple[bytes, tuple[bytes, int]]:
    """What is sent again and again, and its right answer."""
    if subject.card.thai:
        select_moi(connection)
        return read_command(subject, 0, 255), (reference(subject, connection)[:255], int(StatusWord.OK))
    command = test_card.encode(le=255) if subject.card.test else SELECT.encode()
    data, sw = connection.fetch(command)
    return command, (data, sw)


def _share(
    subject: Subject,
    client: Client,
    connection: Connection,
    command: bytes,
    right: tuple[bytes, int],
    until: float,
    begun: float,
    found: Soak,
) -> None:
    """One share of the time; its median and worst go into the timelines."""
    took: list[float] = []
    while (started := time.monotonic()) < until or not took:
        try:
            answer = connection.fetch(command)
        except CallFailed as failed:
            if failed.reader_gone:
                raise
            _go_on(subject, client, connection, failed.code, found)
            break
        took.append((time.monotonic() - started) * 1000)
        found.commands += 1
        if tuple(answer) != right:
            # A reset that nobody told of leaves nothing selected.
            lost = answer.sw == StatusWord.CONDITIONS_NOT_SATISFIED
            found.resets += lost
            found.wrong += not lost
            if subject.card.thai:
                select_moi(connection)
            if found.wrong >= _MOST_ERRORS:
                break
    if took:
        at = time.monotonic() - begun
        found.medians.append((at, percentile(took, 0.5)))
        found.worst.append((at, max(took)))


def _go_on(subject: Subject, client: Client, connection: Connection, code: int, found: Soak) -> None:
    """After an error: count it, and take the card back."""
    if code in _RESETS:
        found.resets += 1
    else:
        found.errors[code_name(code)] = found.errors.get(code_name(code), 0) + 1
    if connection.reconnect() != SUCCESS:
        client.await_presence(True, client.state(), 2.0)
        again = client.connect()
        connection.handle, connection.protocol = again.handle, again.protocol
    if subject.card.thai:
        select_moi(connection)


def service_process() -> int | None:
    """pcscd's process id, if it is on this computer and can be looked at."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2.0)
            probe.connect(scard.socket_path())
            raw = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except OSError:
        return None
    listener = struct.unpack("3i", raw)[0]
    # Whoever listened first is told: pcscd itself, or the program that started it with its socket.
    for pid in (listener, *_children(listener)):
        try:
            looked_into = any(Path(f"/proc/{pid}/fd").iterdir())
            if looked_into and Path(f"/proc/{pid}/comm").read_text().strip() == "pcscd":
                return int(pid)
        except OSError:
            continue
    return None


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (OSError, ValueError):
        return []


def _look_at(pid: int, at: float, found: Soak) -> None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        handles = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return
    memory = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")), None)
    if memory is not None:
        found.memory.append((at, float(memory)))
        found.handles.append((at, float(handles)))


@declare(
    "SK-1",
    "Errors of PC/SC in the soak",
    "ข้อผิดพลาดของ PC/SC ระหว่างทดสอบต่อเนื่อง",
    unit="errors",
    limits=NONE,
    basis=proposed("UnitaryTests of pcsc-lite, stress"),
    profiles=SOAK_ONLY,
)
def errors(subject: Subject) -> Measurement:
    """Result codes other than success; which, is told."""
    found = subject.once(soak)
    if not found.commands:
        raise CannotMeasure(Text("No command was answered.", "ไม่มีคำสั่งใดได้รับคำตอบ"))
    kinds = ", ".join(f"{name}: {count}" for name, count in found.errors.items())
    told = f"{found.commands} commands" + (f"; {kinds}" if kinds else "")
    return Measurement(
        sum(found.errors.values()),
        Text(told, told.replace("commands", "คำสั่ง")),
        series={"soak: worst (ms)": found.worst, "soak: median (ms)": found.medians},
    )


@declare(
    "SK-2",
    "Wrong answers in the soak",
    "คำตอบผิดระหว่างทดสอบต่อเนื่อง",
    unit="answers",
    limits=NONE,
    basis=proposed("byte for byte"),
    profiles=SOAK_ONLY,
)
def wrong(subject: Subject) -> Measurement:
    """Answers that differ from the first."""
    return Measurement(subject.once(soak).wrong)


@declare(
    "SK-3",
    "Resets that nobody asked for in the soak",
    "การรีเซ็ตที่ไม่มีใครสั่งระหว่างทดสอบต่อเนื่อง",
    unit="resets",
    limits=NONE,
    basis=proposed("nobody else uses the card"),
    profiles=SOAK_ONLY,
)
def resets(subject: Subject) -> Measurement:
    """Told by PC/SC, or by a card that has nothing selected any more."""
    return Measurement(subject.once(soak).resets)


def drift(series: list[tuple[float, float]], least: float) -> float:
    """Growth in percent from the first fifth to the last; ``least`` is the smallest base.

    Of each fifth its quicker quarter counts: a busy computer makes values greater, a reader that drifts all of them.
    """
    fifth = len(series) // 5
    if fifth < 2:
        raise CannotMeasure(Text("The soak was too short.", "ทดสอบต่อเนื่องสั้นเกินไป"))
    first = percentile([value for _, value in series[:fifth]], _QUICKER)
    last = percentile([value for _, value in series[-fifth:]], _QUICKER)
    return (last - first) / max(first, least) * 100


@declare(
    "SK-4",
    "Growth of the latency over the soak",
    "เวลาตอบที่เพิ่มขึ้นตลอดการทดสอบต่อเนื่อง",
    unit="%",
    limits=Limits(upper=50, marginal_upper=20),
    basis=proposed("20 %; of medians, which a busy computer moves less than p99, and of 4 ms at least"),
    profiles=SOAK_ONLY,
)
def latency_drift(subject: Subject) -> Measurement:
    """Medians of the first and the last fifth."""
    return Measurement(drift(subject.once(soak).medians, _LEAST_DRIFT_MS))


@declare(
    "SK-5",
    "Growth of the memory of PC/SC's service over the soak",
    "หน่วยความจำของบริการ PC/SC ที่เพิ่มขึ้น",
    unit="%",
    limits=Limits(upper=20, marginal_upper=5),
    basis=proposed("5 %"),
    profiles=SOAK_ONLY,
)
def memory_drift(subject: Subject) -> Measurement:
    """pcscd's resident memory."""
    series = subject.once(soak).memory
    if not series:
        raise _unseen()
    return Measurement(drift(series, 1.0), series={"memory of pcscd (KiB)": _thinned(series)})


@declare(
    "SK-6",
    "Growth of the open files of PC/SC's service over the soak",
    "จำนวนแฟ้มที่เปิดของบริการ PC/SC ที่เพิ่มขึ้น",
    unit="files",
    limits=NONE,
    basis=proposed("constant"),
    profiles=SOAK_ONLY,
)
def handle_drift(subject: Subject) -> Measurement:
    """From the median of the first fifth to that of the last."""
    series = subject.once(soak).handles
    if not series:
        raise _unseen()
    fifth = max(1, len(series) // 5)
    first = percentile([value for _, value in series[:fifth]], 0.5)
    last = percentile([value for _, value in series[-fifth:]], 0.5)
    return Measurement(last - first, series={"open files of pcscd": _thinned(series)})


@declare(
    "SK-7",
    "Commands of the soak that took longer than a second",
    "คำสั่งระหว่างทดสอบต่อเนื่องที่ใช้เวลานานกว่าหนึ่งวินาที",
    unit="commands",
    limits=NONE,
    basis=proposed("as LT-4; a median does not show a stall that is rare"),
    profiles=SOAK_ONLY,
)
def stalls(subject: Subject) -> Measurement:
    """Of all that were sent."""
    return long_ones(subject.once(soak).long_commands)


def _thinned(series: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return series[:: max(1, len(series) // MOST_POINTS)]


def _unseen() -> DoesNotApply:
    return DoesNotApply(
        Text("PC/SC's service cannot be looked into from here.", "ไม่สามารถตรวจดูบริการ PC/SC จากที่นี่")
    )
