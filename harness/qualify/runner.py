"""The campaign: runs the criteria of a profile on a subject, one after the other, into a record.

Each has a deadline. What was not measured by then is incomplete, whatever the reader does: a slow one is left alone with
OutOfTime at its next call, and of a call that never returns the campaign lets go.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from harness.errors import CardRemoved, CardSilent, HarnessError, NoReader, StackUnavailable
from harness.qualify.actuator import ActuatorFailed
from harness.qualify.calls import LEFT, LIMIT_S, CallFailed, Client, code_name
from harness.qualify.criterion import (
    CannotMeasure,
    Criterion,
    DoesNotApply,
    Family,
    Measurement,
    Need,
    Profile,
)
from harness.qualify.record import Record, result, rounded
from harness.qualify.subject import SETTLED_S, OutOfTime, Subject
from harness.qualify.task import Task
from harness.qualify.verdict import Verdict, verdict_of
from harness.terminals.scard import Presence, ReaderStatus, ResultCode

_INTERRUPTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOST_SILENCES = 2
"""Calls without an answer, one criterion after the other, after which the reader is given up."""
DEADLINES_S = {Profile.QUICK: 90.0, Profile.FULL: 300.0, Profile.SOAK: 300.0}
"""How long one criterion may take, beside the soak itself and the pace of a person who moves the card."""
_ANOTHER_PROGRAM: dict[int | None, Text] = {
    ResultCode.SHARING_VIOLATION: Text(
        "Another program holds the card: end it and measure again with --resume.",
        "มีโปรแกรมอื่นใช้บัตรอยู่ โปรดปิดโปรแกรมนั้นแล้ววัดใหม่ด้วย --resume",
    ),
    ResultCode.RESET_CARD: Text(
        "Another program reset the card: end it and measure again with --resume.",
        "มีโปรแกรมอื่นรีเซ็ตบัตร โปรดปิดโปรแกรมนั้นแล้ววัดใหม่ด้วย --resume",
    ),
}
"""What PC/SC itself says, of no reader's doing: a criterion that did not ask for it has measured nothing of the reader."""
NOTICED_S = 1.5
"""Longest that a reader may take to notice that a card has left."""
_MOVEMENTS = 8  # of the card, or the reader, that a criterion asks of a person
_LAST_CALL_S = 2 * LIMIT_S  # for a call that had begun before the deadline, and for tidying up
Told = Callable[[Criterion, dict[str, Any], int, int], None]
"""Told after each criterion: it, its result, how many are done, how many there are."""


class ReaderGone(Exception):
    """The reader, or PC/SC, has gone in mid-run; ``error`` says how."""

    def __init__(self, error: HarnessError) -> None:
        super().__init__(str(error))
        self.error = error


class Campaign:
    """A run of ``profile``'s criteria. ``record`` may hold results of an earlier run: those are kept."""

    def __init__(
        self, subject: Subject, criteria: Mapping[str, Criterion], record: Record, told: Told | None = None
    ) -> None:
        self._subject = subject
        self._record = record
        self._told = told
        self.criteria = [each for each in criteria.values() if subject.profile in each.profiles]
        self.gone: HarnessError | None = None
        self.document: dict[str, Any] | None = None
        """What was written when the run ended, however it did."""
        self._silences = 0
        self._without_card = False

    def run(self) -> dict[str, Any]:
        """The record's document. Whatever ends the run, Ctrl-C included (raised again), the record is kept."""
        done = self._record.done()
        left = [each for each in self.criteria if each.id not in done]
        with interrupted_once():
            try:
                while left:
                    self._one(left[0], len(self.criteria) - len(left) + 1)
                    left.pop(0)
            except ReaderGone as gone:
                self.gone = gone.error
            finally:
                self._subject.leave_own_card()
                document = self.document = self._record.finish(each.id for each in left)
        return document

    def _one(self, criterion: Criterion, number: int) -> None:
        started = time.monotonic()
        verdict, measurement, reason = self.judged(criterion)
        line = result(criterion, verdict, measurement, reason, (time.monotonic() - started) * 1000)
        self._record.add(line)
        if self._told is not None:
            self._told(criterion, line, number, len(self.criteria))

    def judged(self, criterion: Criterion) -> tuple[Verdict, Measurement | None, Text | None]:
        """One criterion's verdict, what was measured and why not; not yet in the record. Raises ReaderGone."""
        need = self._subject.unmet(criterion.needs)
        if need is not None:
            return Verdict.NOT_APPLICABLE, None, _without(need)
        if self._silences >= MOST_SILENCES and criterion.family is not Family.PAPER:
            return (
                Verdict.INCOMPLETE,
                None,
                Text(
                    "The reader had stopped answering before this could be measured.",
                    "เครื่องอ่านหยุดตอบสนองก่อนที่จะวัดรายการนี้ได้",
                ),
            )
        try:
            measurement = self._measured(criterion)
        except Exception as problem:
            return self._judged_problem(problem)
        self._silences = 0
        verdict = verdict_of(rounded(measurement.value), criterion.limits)
        if verdict is Verdict.INCOMPLETE and measurement.reason is None:
            return verdict, measurement, Text("Nothing was measured.", "ไม่มีค่าที่วัดได้")
        if verdict is Verdict.FAIL and self._disturbed(measurement):
            return Verdict.INCOMPLETE, None, _ANOTHER_PROGRAM[ResultCode.SHARING_VIOLATION]
        return verdict, measurement, None

    def _measured(self, criterion: Criterion) -> Measurement:
        """By the deadline. Raises what ``measure`` raises, OutOfTime, ReaderGone."""
        seconds = self._seconds_for(criterion)
        self._subject.due = time.monotonic() + seconds
        try:
            # In a thread, so that nothing a reader does to a call can keep the campaign, nor Ctrl-C, from ending it.
            measuring = Task(lambda: self._measured_with_card(criterion))
            try:
                ended = measuring.done_within(seconds + _LAST_CALL_S)
            except BaseException:
                self._subject.due = 0.0  # the thread is to leave the card alone
                raise
            if not ended:
                self._silences = MOST_SILENCES
                self._subject.due = 0.0
                raise OutOfTime
            measurement: Measurement = measuring.outcome()
            return measurement
        finally:
            if self._subject.due != 0.0:
                self._subject.due = None

    def _measured_with_card(self, criterion: Criterion) -> Measurement:
        if Need.FAULT_CARD in criterion.needs:
            self._subject.have_test_card()
        else:
            self._subject.have_own_card()
        if Need.ANY_CARD in criterion.needs or Need.THAI_CARD in criterion.needs:
            self._have_card()
        # A program that has a connection all the time makes some calls of these wait for good. A call of our own that
        # never returned has one, too: who is silent is asked as before.
        if criterion.family is Family.SHARING and not self._silences and self._in_use(True):
            raise CannotMeasure(_ANOTHER_PROGRAM[ResultCode.SHARING_VIOLATION])
        return criterion.measure(self._subject)

    def _in_use(self, while_it_is: bool) -> bool:
        """Whether somebody has a connection to the card: looked at again for so long as the answer is ``while_it_is``."""
        deadline = time.monotonic() + NOTICED_S
        with self._subject.client() as client:
            known: ReaderStatus | None = client.state()
            used = while_it_is
            while known is not None and used is while_it_is:
                used = bool(known.state & Presence.INUSE)
                left = deadline - time.monotonic()
                known = client.change_of(known, left) if used is while_it_is and left > 0 else None
        return used

    def _seconds_for(self, criterion: Criterion) -> float:
        actuator = self._subject.actuator
        by_hand = criterion.needs & {Need.ACTUATOR, Need.UNPLUG} and not actuator.precise
        soak = self._subject.soak_s if criterion.family is Family.SOAK else 0.0
        patience = _MOVEMENTS * actuator.patience_s if by_hand else 0.0
        return DEADLINES_S[self._subject.profile] + soak + patience

    def _judged_problem(self, problem: Exception) -> tuple[Verdict, None, Text]:
        """What a measure that raised means. Raises ReaderGone."""
        if isinstance(problem, DoesNotApply):
            return Verdict.NOT_APPLICABLE, None, problem.reason
        if isinstance(problem, CannotMeasure):
            return Verdict.INCOMPLETE, None, problem.reason
        others = _ANOTHER_PROGRAM.get(_code_of(problem))
        if others is not None:
            return Verdict.INCOMPLETE, None, others
        if isinstance(problem, NoReader | StackUnavailable):
            raise ReaderGone(problem)
        if isinstance(problem, CallFailed):
            if problem.reader_gone:
                raise ReaderGone(NoReader(self._subject.reader, pcsc_code=problem.code))
            self._look_whether_gone(problem.code in LEFT)
            name = code_name(problem.code)
            return Verdict.FAIL, None, Text(f"{problem.call} gave {name}.", f"{problem.call} ให้ผล {name}")
        if isinstance(problem, CardSilent):
            self._silences += 1
            self._revive()
            return Verdict.FAIL, None, problem.message
        if isinstance(problem, ActuatorFailed):
            return Verdict.INCOMPLETE, None, problem.message
        if isinstance(problem, HarnessError):
            self._look_whether_gone(isinstance(problem, CardRemoved))
            return Verdict.FAIL, None, problem.message
        if isinstance(problem, SpecError):
            return (
                Verdict.FAIL,
                None,
                Text(f"The answer is malformed: {problem}.", f"คำตอบผิดรูปแบบ: {problem}"),
            )
        # A measure that breaks measures nothing, and the rest of the campaign is worth having.
        kind = type(problem).__name__
        return Verdict.INCOMPLETE, None, Text(f"{kind}: {problem}", f"{kind}: {problem}")

    def _disturbed(self, measurement: Measurement) -> bool:
        """Whether a refusal was measured while a program that is none of ours has the card."""
        told = f"{measurement.value} {measurement.reason or ''}"
        if ResultCode.SHARING_VIOLATION.name not in told:
            return False
        try:
            return self._in_use(False)
        except (CallFailed, CardSilent, OutOfTime):
            return False

    def _look_whether_gone(self, card_left: bool) -> None:
        """Raises ReaderGone. A card that left is shown for some more looks: the next criterion is not to meet it."""
        try:
            with self._subject.client() as client:
                status = client.state()
                if card_left:
                    client.await_presence(False, status, NOTICED_S)
        except CallFailed as failed:
            if failed.reader_gone:
                raise ReaderGone(NoReader(self._subject.reader, pcsc_code=failed.code)) from failed
        except CardSilent:
            self._silences += 1

    def _have_card(self) -> None:
        """Have the card in the reader, inserting it if an earlier criterion left it out. CannotMeasure without."""
        # Waited for in vain, it is not waited for again: an empty reader must not take the time of every criterion.
        patience = 0.0 if self._without_card else self._subject.actuator.patience_s
        with self._subject.client(patience + SETTLED_S) as client:
            status = client.state()
            if (status.present and not status.mute) or self._brought(client, status, patience):
                self._without_card = False
                return
        self._without_card = True
        raise CannotMeasure(Text("There is no usable card in the reader.", "ไม่มีบัตรที่ใช้งานได้ในเครื่องอ่าน"))

    def _brought(self, client: Client, status: ReaderStatus, patience: float) -> bool:
        """Whether a card came, or was brought. Power helps one that is not seen, or mute: it is put in again."""
        if not self._subject.can_move_card:
            return client.await_presence(True, status, patience) is not None
        actuator = self._subject.actuator
        for out_first in (True,) if status.mute else (False, True):
            if out_first:
                actuator.remove()
                status = client.await_presence(False, status, patience) or status
            actuator.insert()
            if client.await_presence(True, status, patience) is not None:
                return True
        return False

    def _revive(self) -> None:
        """A card that does not answer keeps the whole reader busy; taking it out and in frees it, if that can be done."""
        if not self._subject.can_move_card:
            return
        self._subject.due = None
        try:
            self._subject.reinsert()
        except (HarnessError, CannotMeasure, CallFailed):
            self._silences = MOST_SILENCES


@contextlib.contextmanager
def interrupted_once() -> Iterator[None]:
    """Ctrl-C, and what a CI service ends a job with, interrupt; an impatient second one costs nothing that is still written.

    May be nested: the outermost one decides how long a second signal is ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = (signal.default_int_handler, signal.SIG_DFL)
    # Whoever handles one otherwise, or ignores it, goes on doing so.
    before = {number: signal.getsignal(number) for number in _INTERRUPTING}
    before = {number: handler for number, handler in before.items() if handler in usual}

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        signal.default_int_handler(number, frame)

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _code_of(problem: Exception) -> int | None:
    """PC/SC's result code, of a problem that has one."""
    if isinstance(problem, CallFailed):
        return problem.code
    return problem.pcsc_code if isinstance(problem, HarnessError) else None


def _without(need: Need) -> Text:
    lacking = need.value
    return Text(f"Needs {lacking.en}.", f"ต้องมี{lacking.th}")
