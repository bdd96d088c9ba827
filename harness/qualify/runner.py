"""The campaign: runs the criteria of a profile on a subject, one after the other, into a record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from harness.errors import CardSilent, HarnessError, NoReader, StackUnavailable
from harness.qualify.actuator import ActuatorFailed
from harness.qualify.criterion import (
    CannotMeasure,
    Criterion,
    DoesNotApply,
    Measurement,
    Need,
)
from harness.qualify.record import Record, result
from harness.qualify.subject import SETTLED_S, CallFailed, Subject, code_name
from harness.qualify.verdict import Verdict, verdict_of

MOST_SILENCES = 2
"""Calls without an answer, one criterion after the other, after which the reader is given up."""
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
        self._silences = 0
        self._without_card = False

    def run(self) -> dict[str, Any]:
        """The record's document. Whatever ends the run, Ctrl-C included (raised again), the record is kept."""
        done = self._record.done()
        left = [each for each in self.criteria if each.id not in done]
        try:
            while left:
                self._one(left[0], len(self.criteria) - len(left) + 1)
                left.pop(0)
        except ReaderGone as gone:
            self.gone = gone.error
        finally:
            document = self._record.finish(each.id for each in left)
        return document

    def _one(self, criterion: Criterion, number: int) -> None:
        started = time.monotonic()
        verdict, measurement, reason = self._judged(criterion)
        line = result(criterion, verdict, measurement, reason, (time.monotonic() - started) * 1000)
        self._record.add(line)
        if self._told is not None:
            self._told(criterion, line, number, len(self.criteria))

    def _judged(self, criterion: Criterion) -> tuple[Verdict, Measurement | None, Text | None]:
        need = self._subject.unmet(criterion.needs)
        if need is not None:
            return Verdict.NOT_APPLICABLE, None, _without(need)
        if self._silences >= MOST_SILENCES:
            return (
                Verdict.INCOMPLETE,
                None,
                Text(
                    "The reader had stopped answering before this could be measured.",
                    "เครื่องอ่านหยุดตอบสนองก่อนที่จะวัดรายการนี้ได้",
                ),
            )
        try:
            if Need.ANY_CARD in criterion.needs or Need.THAI_CARD in criterion.needs:
                self._have_card()
            measurement = criterion.measure(self._subject)
        except Exception as problem:
            return self._judged_problem(problem)
        self._silences = 0
        verdict = verdict_of(measurement.value, criterion.limits)
        if verdict is Verdict.INCOMPLETE and measurement.reason is None:
            return verdict, measurement, Text("Nothing was measured.", "ไม่มีค่าที่วัดได้")
        return verdict, measurement, None

    def _judged_problem(self, problem: Exception) -> tuple[Verdict, None, Text]:
        """What a measure that raised means. Raises ReaderGone."""
        if isinstance(problem, DoesNotApply):
            return Verdict.NOT_APPLICABLE, None, problem.reason
        if isinstance(problem, CannotMeasure):
            return Verdict.INCOMPLETE, None, problem.reason
        if isinstance(problem, NoReader | StackUnavailable):
            raise ReaderGone(problem)
        if isinstance(problem, CallFailed):
            if problem.reader_gone:
                raise ReaderGone(NoReader(self._subject.reader, pcsc_code=problem.code))
            self._look_whether_gone()
            name = code_name(problem.code)
            return Verdict.FAIL, None, Text(f"{problem.call} gave {name}.", f"{problem.call} ให้ผล {name}")
        if isinstance(problem, CardSilent):
            self._silences += 1
            self._revive()
            return Verdict.FAIL, None, problem.message
        if isinstance(problem, ActuatorFailed):
            return Verdict.INCOMPLETE, None, problem.message
        if isinstance(problem, HarnessError):
            self._look_whether_gone()
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

    def _look_whether_gone(self) -> None:
        try:
            with self._subject.client() as client:
                client.state()
        except CallFailed as failed:
            if failed.reader_gone:
                raise ReaderGone(NoReader(self._subject.reader, pcsc_code=failed.code)) from failed

    def _have_card(self) -> None:
        """Have the card in the reader, inserting it if an earlier criterion left it out. CannotMeasure without."""
        # Waited for once: an empty reader must not take the time of every criterion.
        patience = 0.0 if self._without_card else self._subject.actuator.patience_s
        with self._subject.client(patience + SETTLED_S) as client:
            status = client.state()
            if status.present and not status.mute:
                return
            if self._can_insert():
                self._subject.actuator.insert()
            if client.await_presence(True, status, patience) is None:
                self._without_card = not self._can_insert()
                raise CannotMeasure(
                    Text("There is no usable card in the reader.", "ไม่มีบัตรที่ใช้งานได้ในเครื่องอ่าน")
                )

    def _can_insert(self) -> bool:
        return self._subject.unmet(frozenset({Need.ACTUATOR})) is None

    def _revive(self) -> None:
        """A card that does not answer keeps the whole reader busy; taking it out and in frees it, if that can be done."""
        if not self._can_insert():
            return
        try:
            self._subject.actuator.remove()
            self._subject.require_empty_or_present(False)
            self._subject.actuator.insert()
            self._subject.require_empty_or_present(True)
        except (HarnessError, CannotMeasure, CallFailed):
            self._silences = MOST_SILENCES


def _without(need: Need) -> Text:
    lacking = need.value
    return Text(f"Needs {lacking.en}.", f"ต้องมี{lacking.th}")
