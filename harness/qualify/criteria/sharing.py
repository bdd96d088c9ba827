"""Sharing, exclusive use and transactions: exact result codes, and who waits for whom.

The semantics are those that pcsc-lite's own unit tests list; a call that has to wait must not return while the other's
transaction is held.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from apdu_specs.status import StatusWord
from harness.errors import CardSilent
from harness.qualify.calls import LIMIT_S, SUCCESS, CallFailed, Client, Connection, code_name, succeed
from harness.qualify.criteria.identity import ATTRIBUTES
from harness.qualify.criteria.transfers import read_command, reference, select_moi
from harness.qualify.criterion import (
    NONE,
    YES,
    CannotMeasure,
    Declarations,
    Family,
    Limits,
    Measurement,
    Need,
    Profile,
    Value,
    pcsc,
    proposed,
)
from harness.qualify.subject import Subject
from harness.qualify.task import Task
from harness.terminals import scard
from harness.terminals.scard import Disposition, Presence, ReaderStatus, ResultCode, Share

declare = Declarations(Family.SHARING)

HELD_S = {Profile.QUICK: 0.4, Profile.FULL: 6.0, Profile.SOAK: 6.0}
"""How long a transaction is held at least while others wait for it: long enough, in full, for one that would expire."""
_NO_WAIT_S = 2.0
"""Longest that a call which has not to wait may take, on a busy computer."""
_AT_ONCE_S = 0.3
_CANCELLED_WITHIN_S = 2.0
_FREED_WITHIN_S = 5.0
_KILLED = Text("after the program that had a transaction was killed", "หลังจากโปรแกรมที่มีธุรกรรมอยู่ถูกบังคับปิด")
_WAITS_TRIED = 5
_ROUNDS_S = 300.0  # the criterion's own deadline comes before it
_BASIS = pcsc("part 5; UnitaryTests of pcsc-lite")
_NOT_A_HANDLE = 0x5A5A5A
_IN_USE = Presence.INUSE | Presence.EXCLUSIVE | Presence.CHANGED
_USED_MEANWHILE = Text(
    "Another program used the reader, or the card was moved, during every wait: measure again with --resume.",
    "มีโปรแกรมอื่นใช้เครื่องอ่าน หรือมีการเสียบหรือถอดบัตร ระหว่างรอทุกครั้ง โปรดวัดใหม่ด้วย --resume",
)


def _equals(*words: Value) -> Limits:
    return Limits(equals=words)


@declare(
    "SH-1",
    "While one program has the card exclusively, another is refused",
    "เมื่อโปรแกรมหนึ่งใช้บัตรแบบ EXCLUSIVE โปรแกรมอื่นถูกปฏิเสธ",
    limits=_equals("SHARING_VIOLATION"),
    basis=_BASIS,
)
def exclusive_then_shared(subject: Subject) -> Measurement:
    """The second one's SCardConnect."""
    with subject.connection(Share.EXCLUSIVE), subject.client() as other:
        return Measurement(code_name(other.try_connect()[0]))


@declare(
    "SH-2",
    "While one program shares the card, another cannot have it exclusively",
    "เมื่อโปรแกรมหนึ่งใช้บัตรร่วม โปรแกรมอื่นขอแบบ EXCLUSIVE ไม่ได้",
    limits=_equals("SHARING_VIOLATION"),
    basis=_BASIS,
)
def shared_then_exclusive(subject: Subject) -> Measurement:
    """The second one's SCardConnect."""
    with subject.connection(), subject.client() as other:
        return Measurement(code_name(other.try_connect(Share.EXCLUSIVE)[0]))


@declare(
    "SH-3",
    "The reader's state shows shared and exclusive use",
    "สถานะเครื่องอ่านแสดงการใช้ร่วมและการใช้แบบ EXCLUSIVE",
    basis=pcsc("part 5, SCARD_STATE_INUSE and SCARD_STATE_EXCLUSIVE"),
)
def shown(subject: Subject) -> Measurement:
    """Both states, seen by another program."""
    with subject.client() as other:
        with subject.connection():
            shared = other.state().state
        with subject.connection(Share.EXCLUSIVE):
            exclusive = other.state().state
    right = bool(shared & Presence.INUSE) and not shared & Presence.EXCLUSIVE
    return Measurement(right and bool(exclusive & Presence.EXCLUSIVE))


@dataclass(frozen=True, slots=True)
class Waited:
    """Of one call during another program's transaction: whether it returned meanwhile, and what it gave."""

    blocked: bool
    code: int


def blocking(subject: Subject) -> dict[str, Waited]:
    """All calls of the table at once, each by a program of its own, while one transaction is held."""
    names: dict[str, Callable[[Connection], int]] = {
        "SCardTransmit": lambda c: c.transmit(SELECT.encode())[0],
        "SCardStatus": lambda c: c.status()[0],
        "SCardReconnect": lambda c: c.reconnect(),
        "SCardBeginTransaction": _begin_and_end,
        "SCardGetAttrib": lambda c: c.call("SCardGetAttrib", ATTRIBUTES["vendor"])[0],
    }
    with ExitStack() as programs:
        others = {name: programs.enter_context(subject.connection()) for name in names}
        late = programs.enter_context(subject.client())
        owner = programs.enter_context(subject.connection())
        succeed(owner.begin(), "SCardBeginTransaction")
        until = time.monotonic() + HELD_S[subject.profile]
        try:
            tasks = {name: Task(lambda call=call, c=others[name]: call(c)) for name, call in names.items()}  # type: ignore[misc]
            tasks["SCardConnect"] = Task(lambda: late.try_connect()[0])
            for task in tasks.values():
                task.done_within(max(0.0, until - time.monotonic()))
            tasks["SCardGetAttrib"].done_within(_NO_WAIT_S)
            blocked = {name: not task.done_within(0) for name, task in tasks.items()}
        finally:
            owner.end()
        return {name: Waited(blocked[name], task.outcome()) for name, task in tasks.items()}


def _begin_and_end(connection: Connection) -> int:
    code = connection.begin()
    connection.end()
    return code


def _declare_blocking(identifier: str, call: str, waits: bool) -> None:
    @declare(
        identifier,
        f"{call} {'waits for' if waits else 'does not wait for'} another program's transaction",
        f"{call} {'รอ' if waits else 'ไม่รอ'}ให้ธุรกรรมของโปรแกรมอื่นสิ้นสุด",
        limits=_equals("waits" if waits else "does not wait"),
        basis=_BASIS,
    )
    def measure(subject: Subject) -> Measurement:
        waited = subject.once(blocking)[call]
        # The attribute may be unknown to the driver: only whether the call waits is asked here.
        if waits and waited.code != SUCCESS:
            return Measurement(code_name(waited.code))
        return Measurement("waits" if waited.blocked else "does not wait")


for _identifier, _call, _waits in (
    ("SH-4", "SCardBeginTransaction", True),
    ("SH-5", "SCardTransmit", True),
    ("SH-6", "SCardStatus", True),
    ("SH-7", "SCardConnect", True),
    ("SH-8", "SCardReconnect", True),
    ("SH-9", "SCardGetAttrib", False),
):
    _declare_blocking(_identifier, _call, _waits)


@declare(
    "SH-10",
    "A program that leaves does not free another's transaction",
    "โปรแกรมที่เลิกใช้ไม่ทำให้ธุรกรรมของโปรแกรมอื่นสิ้นสุด",
    limits=_equals("waits"),
    basis=_BASIS,
)
def leaving(subject: Subject) -> Measurement:
    """The first of three disconnects; the third one's transaction must still wait for the second's."""
    with subject.connection() as owner, subject.connection() as waiting:
        with subject.connection() as leaver:
            succeed(owner.begin(), "SCardBeginTransaction")
            leaver.disconnect()
        task = Task(lambda: _begin_and_end(waiting))
        blocked = not task.done_within(_AT_ONCE_S)
        owner.end()
        succeed(task.outcome(), "SCardBeginTransaction")
    return Measurement("waits" if blocked else "does not wait")


@declare(
    "SH-11",
    "Ending a transaction that was not begun is an error",
    "สิ้นสุดธุรกรรมที่ไม่ได้เริ่มต้องได้รหัสข้อผิดพลาด",
    limits=_equals("NOT_TRANSACTED"),
    basis=_BASIS,
)
def extra_end(subject: Subject) -> Measurement:
    """The second of two SCardEndTransaction."""
    with subject.connection() as connection:
        succeed(connection.begin(), "SCardBeginTransaction")
        succeed(connection.end(), "SCardEndTransaction")
        return Measurement(code_name(connection.end()))


@declare(
    "SH-12",
    "Who does not own a transaction can neither end it nor reset the card by it",
    "ผู้ที่ไม่ได้เริ่มธุรกรรมสิ้นสุดธุรกรรมหรือรีเซ็ตบัตรไม่ได้",
    limits=_equals("SHARING_VIOLATION"),
    basis=_BASIS,
)
def foreign_end(subject: Subject) -> Measurement:
    """SCardEndTransaction(UNPOWER) by another program; the owner must see no reset."""
    with subject.connection() as owner, subject.connection() as other:
        succeed(owner.begin(), "SCardBeginTransaction")
        code = other.end(Disposition.UNPOWER)
        undisturbed, _ = owner.transmit(SELECT.encode())
        owner.end()
    return Measurement(code_name(code) if undisturbed == SUCCESS else f"owner: {code_name(undisturbed)}")


@declare(
    "SH-13",
    "Disconnecting ends all of one's nested transactions, and so does the end of one's program",
    "การยกเลิกการเชื่อมต่อสิ้นสุดธุรกรรมที่ซ้อนกันทั้งหมด และการสิ้นสุดของโปรแกรมก็เช่นกัน",
    limits=_equals("SUCCESS"),
    basis=_BASIS,
)
def nested(subject: Subject) -> Measurement:
    """Two begun, then SCardDisconnect(RESET): another program's exclusive connection. Then a program that is killed."""
    with subject.connection() as owner, subject.client() as other:
        for _ in range(2):
            succeed(owner.begin(), "SCardBeginTransaction")
        succeed(owner.disconnect(Disposition.RESET), "SCardDisconnect")
        task = Task(lambda: other.try_connect(Share.EXCLUSIVE)[0])
        freed = code_name(task.outcome()) if task.done_within(_CANCELLED_WITHIN_S) else "waits"
    if freed != "SUCCESS":
        return Measurement(freed)
    freed = _freed_by_killing(subject)
    return Measurement(freed, None if freed == "SUCCESS" else _KILLED)


def _freed_by_killing(subject: Subject) -> str:
    """What a program's transaction gives after the process that had one was killed; "waits" if nothing in time."""
    command = [sys.executable, "-m", "harness.qualify.holding", subject.reader]
    try:
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as holder:
            # It ends by itself when its input does, however this ends.
            assert holder.stdout is not None
            begun = select.select([holder.stdout], [], [], LIMIT_S)[0] and holder.stdout.read(1)
            holder.kill()
    except OSError as error:
        raise _second_process_failed(error) from error
    if not begun:
        raise _second_process_failed("it has no transaction")
    try:
        with subject.client(_FREED_WITHIN_S) as client:
            return code_name(_begin_and_end(client.connect()))
    except CardSilent:
        return "waits"


def _second_process_failed(why: object) -> CannotMeasure:
    return CannotMeasure(Text(f"The second process failed: {why}.", f"โพรเซสที่สองล้มเหลว: {why}"))


@declare(
    "SH-14",
    "Two threads of one program do not block each other for ever",
    "สองเธรดในโปรแกรมเดียวกันไม่ติดตายซึ่งกันและกัน",
    basis=_BASIS,
)
def no_deadlock(subject: Subject) -> Measurement:
    """One context, two handles: SCardReconnect of the second during the first's transaction, which then ends."""
    with subject.client() as client:
        owner = client.connect()
        other = client.connect()
        succeed(owner.begin(), "SCardBeginTransaction")
        # Raw calls: the client's time limit is for one call at a time, and here are two.
        task = Task(
            lambda: scard.raw("SCardReconnect", other.handle, int(Share.SHARED), int(other.protocol), 0)[0]
        )
        task.done_within(0.2)
        ended = owner.end()
        return Measurement(ended == SUCCESS and task.done_within(_CANCELLED_WITHIN_S))


@declare(
    "SH-15",
    "Two programs at once get their own answers",
    "สองโปรแกรมที่ใช้พร้อมกันได้คำตอบของตนเอง",
    unit="answers",
    limits=NONE,
    basis=proposed("every hospital computer runs more than one program that reads cards"),
    needs=(Need.THAI_CARD,),
)
def own_answers(subject: Subject) -> Measurement:
    """Two programs read different pieces of the photo at once, each in a transaction of its own; then again."""
    with subject.connection() as connection:
        select_moi(connection)
        right = reference(subject, connection)

    # Both begin each round together: a transaction that waits looks ten times a second, and who only just ended one would
    # have the next before it, round after round, until the other is out of time.
    rounds = subject.rounds(quick=5, full=100, least=5)
    more = [True]
    together = threading.Barrier(2, lambda: more.__setitem__(0, next(rounds, None) is not None))

    def read(at: int) -> int:
        wrong = 0
        try:
            with subject.connection() as connection:
                while _met(together) and more[0]:
                    succeed(connection.begin(), "SCardBeginTransaction")
                    try:
                        select_moi(connection)
                        data, sw = connection.fetch(read_command(subject, at, 64))
                        wrong += data != right[at : at + 64] or sw != StatusWord.OK
                    finally:
                        connection.end()
        finally:
            together.abort()  # whatever ended this one, the other is not to wait for it
        return wrong

    tasks = [Task(lambda at=at: read(at)) for at in (0, 100)]  # type: ignore[misc]
    # Both must have ended before this one does: the next criterion is to have the reader for itself.
    for task in tasks:
        task.done_within(_ROUNDS_S)
    return Measurement(sum(task.outcome(0) for task in tasks))


def _met(together: threading.Barrier) -> bool:
    """Whether the other one came, too."""
    try:
        together.wait(LIMIT_S)
    except threading.BrokenBarrierError:
        return False
    return True


@declare(
    "SH-16",
    "Waiting for a card can be cancelled",
    "ยกเลิกการรอบัตรได้",
    limits=_equals("CANCELLED"),
    basis=_BASIS,
    needs=(),
)
def cancel(subject: Subject) -> Measurement:
    """SCardCancel from another thread, during a wait of ten seconds; again where the wait ended with news of the reader."""
    with subject.client() as client:
        for _ in range(_WAITS_TRIED):
            code, told = _cancelled(client)
            if not told:
                return Measurement("not cancelled" if code is None else code_name(code))
    raise CannotMeasure(_USED_MEANWHILE)


def _cancelled(client: Client) -> tuple[int | None, bool]:
    """What a wait gave that was cancelled, None if nothing in time; and whether it ended with a state that is another one."""
    known = client.state()
    waiting = Task(lambda: scard.wait(client.context, [(client.reader, known.state)], 10.0))
    deadline = time.monotonic() + _CANCELLED_WITHIN_S
    while not waiting.done_within(0.05) and time.monotonic() < deadline:
        scard.cancel(client.context)  # again: the first may come before the wait
    if not waiting.done_within(0):
        return None, False
    try:
        now: ReaderStatus = waiting.outcome()[0]
    except scard.Code as code:
        return code.value, False
    return SUCCESS, bool((now.state ^ known.state) & ~int(Presence.CHANGED))


def _code_of(call: Callable[[], object]) -> int:
    try:
        call()
    except scard.Code as code:
        return code.value
    return SUCCESS


@declare(
    "SH-17",
    "Cancelling when nothing waits does no harm",
    "การยกเลิกเมื่อไม่มีการรอไม่มีผลเสีย",
    limits=_equals("TIMEOUT"),
    basis=_BASIS,
    needs=(),
)
def idle_cancel(subject: Subject) -> Measurement:
    """SCardCancel, then a wait: it runs its time."""
    with subject.client() as client:
        code, _ = client.call("SCardCancel", client.context)
        succeed(code, "SCardCancel")
        return Measurement(code_name(_code_of_rest(client, 0.2)))


def _code_of_rest(client: Client, seconds: float) -> int:
    """What a wait for ``seconds`` gives, in which other programs may come and go: that is no news of the card."""
    deadline = time.monotonic() + seconds
    known = client.state()
    while True:
        try:
            now = client.change_of(known, max(0.0, deadline - time.monotonic()))
        except CallFailed as failed:
            return failed.code
        if now is None:
            return ResultCode.TIMEOUT
        if (now.state ^ known.state) & ~int(_IN_USE):
            return SUCCESS
        known = now


@declare(
    "SH-18",
    "A program that waits for a card does not hold up another",
    "โปรแกรมที่รอบัตรไม่ทำให้โปรแกรมอื่นค้าง",
    unit="ms",
    limits=Limits(upper=1000),
    basis=_BASIS,
)
def independent(subject: Subject) -> Measurement:
    """Time of the other's connection and command meanwhile."""
    with subject.client() as waiting:
        known = [(waiting.reader, waiting.state().state)]
        task = Task(lambda: _code_of(lambda: scard.wait(waiting.context, known, 10.0)))
        task.done_within(0.05)
        started = time.monotonic()
        with subject.connection() as connection:
            connection.send(SELECT.encode())
            took = (time.monotonic() - started) * 1000
        while not task.done_within(0.05):
            scard.cancel(waiting.context)
    return Measurement(took)


@declare(
    "SH-19",
    "A fork leaves the program's handle usable; the child's is recorded",
    "การแยกโพรเซสไม่ทำให้แฮนเดิลเดิมเสีย และบันทึกผลของโพรเซสลูก",
    limits=_equals("INVALID_HANDLE", "SUCCESS"),
    basis=pcsc("part 5; pcsc-lite decides when it is built whether the child's handle is INVALID_HANDLE"),
)
def forked(subject: Subject) -> Measurement:
    """SCardStatus in the child of a fork; the parent's must still work."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "harness.qualify.forked", subject.reader],
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=True,
        )
        codes = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise _second_process_failed(error) from error
    parent = code_name(codes["parent"])
    return Measurement(code_name(codes["child"]) if parent == "SUCCESS" else f"parent: {parent}")


@declare(
    "SH-20",
    "Many threads connect at once",
    "หลายเธรดเชื่อมต่อพร้อมกันได้",
    unit="failures",
    limits=NONE,
    basis=_BASIS,
)
def threads(subject: Subject) -> Measurement:
    """Ten threads, each with a context of its own, connect and disconnect."""
    times = subject.times(quick=3, full=10)

    def connect() -> int:
        failures = 0
        for _ in range(times):
            with subject.client() as client:
                code, connection = client.try_connect()
                failures += code != SUCCESS
                if connection is not None:
                    connection.disconnect()
        return failures

    tasks = [Task(connect) for _ in range(10)]
    return Measurement(sum(task.outcome(30.0) for task in tasks))


@declare(
    "SH-21",
    "A made-up handle is refused",
    "ปฏิเสธแฮนเดิลที่ไม่มีอยู่จริง",
    limits=_equals("INVALID_HANDLE"),
    basis=_BASIS,
    needs=(),
)
def made_up(subject: Subject) -> Measurement:
    """SCardStatus of a number that nobody was given."""
    with subject.client() as client:
        code, _ = client.call("SCardStatus", _NOT_A_HANDLE)
    return Measurement(code_name(code))


@declare(
    "SH-22",
    "A handle that was given back is refused",
    "ปฏิเสธแฮนเดิลที่คืนไปแล้ว",
    limits=_equals("INVALID_HANDLE"),
    basis=_BASIS,
)
def given_back(subject: Subject) -> Measurement:
    """The second of two SCardDisconnect."""
    with subject.client() as client:
        connection = client.connect()
        succeed(connection.disconnect(), "SCardDisconnect")
        return Measurement(code_name(connection.disconnect()))


@declare(
    "SH-23",
    "A context that was released is refused",
    "ปฏิเสธคอนเท็กซ์ที่ปล่อยไปแล้ว",
    limits=_equals("INVALID_HANDLE"),
    basis=_BASIS,
    needs=(),
)
def released(subject: Subject) -> Measurement:
    """The second of two SCardReleaseContext."""
    del subject
    context = scard.establish()
    succeed(scard.raw("SCardReleaseContext", context)[0], "SCardReleaseContext")
    return Measurement(code_name(scard.raw("SCardReleaseContext", context)[0]))


@declare(
    "SH-24",
    "A shared connection can become an exclusive one, until it ends",
    "เปลี่ยนจากการใช้ร่วมเป็น EXCLUSIVE ได้จนกว่าจะเลิกใช้",
    limits=YES,
    basis=_BASIS,
)
def upgraded(subject: Subject) -> Measurement:
    """SCardReconnect to exclusive (another program refused), SCardDisconnect (accepted).

    The way back by SCardReconnect is left out: pcscd 1.9.9 keeps others waiting after it (measured).
    """
    with subject.connection() as connection, subject.client() as other:
        up = connection.reconnect(share=Share.EXCLUSIVE)
        refused, _ = other.try_connect()
        down = connection.disconnect()
        accepted, _ = other.try_connect()
    codes = (up, refused, down, accepted)
    told = ", ".join(code_name(each) for each in codes)
    right = codes == (SUCCESS, ResultCode.SHARING_VIOLATION, SUCCESS, SUCCESS)
    return Measurement(right, None if right else Text(told, told))
