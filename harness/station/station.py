"""The station itself: qualifies a reader as an OpenHTF test whose device under test is the reader's serial number."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import openhtf
from openhtf.core.test_record import Outcome as Ending
from openhtf.output.callbacks import json_factory
from openhtf.util import console_output

from apdu_specs.language import Language, Text
from harness.errors import HarnessError
from harness.qualify.criterion import Criterion, Limits, Profile
from harness.qualify.record import Record, result
from harness.qualify.report.words import VERDICTS
from harness.qualify.runner import Campaign, ReaderGone, Told
from harness.qualify.subject import Subject
from harness.qualify.verdict import Verdict
from harness.station.page import Page
from harness.station.phases import FOREVER_S, measurement, measurement_of, phase
from harness.station.prompts import Desk, Prompts

OPENHTF_RECORD = "openhtf.json"
NAME = "thnid qualify"
_LONGEST_NAME = 64
WHICH_READER = Text(
    "Serial number of the reader on the desk (scan or type it)", "หมายเลขเครื่องของเครื่องอ่านบนโต๊ะ (สแกนหรือพิมพ์)"
)
_PHASE_RESULTS = {
    Verdict.PASS: openhtf.PhaseResult.CONTINUE,
    Verdict.MARGINAL: openhtf.PhaseResult.CONTINUE,
    Verdict.FAIL: openhtf.PhaseResult.FAIL_AND_CONTINUE,
    # OpenHTF has no word for it, and what was not measured never passes.
    Verdict.INCOMPLETE: openhtf.PhaseResult.FAIL_AND_CONTINUE,
    Verdict.NOT_APPLICABLE: openhtf.PhaseResult.SKIP,
}


_VERDICT = "verdict"
_PASSING = Limits(equals=(Verdict.PASS.value,), marginal_equals=(Verdict.MARGINAL.value,))

Outcome = TypeVar("Outcome")
Prepare = Callable[[str], tuple[Subject, Record]]
"""The subject and the new record of the reader with that serial number. Raises HarnessError when there is no reader."""


class _Ended(Exception):
    """The test was ended while something was waited for."""


def folder_for(serial: str, station: Path) -> Path:
    """A new folder for the record of that reader: named by its serial number, numbered when it was there before."""
    kept = "".join(each if each.isalnum() or each in "-_." else "_" for each in serial)
    name = kept.strip("._")[:_LONGEST_NAME] or "_"
    number, folder = 1, station / name
    while folder.exists():
        number += 1
        folder = station / f"{name}.{number}"
    return folder


@dataclass
class Run:
    """One reader's run: what was measured goes into ``record`` until it is ended."""

    serial: str
    subject: Subject
    record: Record
    campaign: Campaign
    document: dict[str, Any] = field(default_factory=dict)
    gone: HarnessError | None = None
    """How the reader went away in mid-run."""
    _ended: bool = False
    _lock: Any = field(default_factory=threading.RLock)  # Ctrl-C may come while the same thread holds it

    def add(self, line: dict[str, Any]) -> bool:
        """Keep one result, unless the run was ended meanwhile: what is measured after Ctrl-C is worth nothing."""
        with self._lock:
            if not self._ended:
                self.record.add(line)
            return not self._ended

    def end(self) -> None:
        """Take no more results, and have whatever is still being measured leave the card alone."""
        with self._lock:
            self._ended = True
        self.subject.due = 0.0

    def finish(self) -> None:
        """Write the record: the same as a campaign's without a station."""
        self.end()
        self.subject.leave_own_card()
        done = self.record.results
        self.document = self.record.finish(each.id for each in self.campaign.criteria if each.id not in done)

    def outcome(self) -> tuple[Text, ...]:
        """How it ended, for the operator."""
        verdict = VERDICTS[self.document["verdict"]]
        said = Text(f"{self.serial}: {verdict.en}.", f"{self.serial}: {verdict.th}")
        return (said, self.gone.message) if self.gone is not None else (said,)


class Station:
    """Qualifies one reader after the other. ``told`` hears of each result, as it hears of a campaign's.

    To be used from the main thread: OpenHTF takes Ctrl-C there.
    """

    def __init__(
        self,
        criteria: Mapping[str, Criterion],
        profile: Profile,
        prepare: Prepare,
        desk: Desk,
        *,
        language: Language = "en",
        page: Page | None = None,
        told: Told | None = None,
    ) -> None:
        self._criteria = {name: each for name, each in criteria.items() if profile in each.profiles}
        self._prepare = prepare
        self._desk = desk
        self._language: Language = language
        self._page = page
        self._told = told
        self._run: Run | None = None
        self._failure: Exception | None = None
        self._interrupted = False
        self._outcomes: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._last: tuple[Text, ...] = ()

    @property
    def run(self) -> Run | None:
        """The run that is under way, or the last one; None before the first."""
        return self._run

    def qualify(self, serial: str | None) -> Run:
        """Qualify one reader; without its serial number the operator is asked, until there is such a reader.

        Raises HarnessError (there is no such reader), KeyboardInterrupt (what was measured is in ``run``), OSError.
        """
        self._run = self._failure = None
        self._interrupted = False
        try:
            with _quietly(), _interruptible(self._end):
                self._test().execute(test_start=self._start(serial))
        finally:
            if self._run is not None and not self._run.document:
                self._run.finish()
        if self._interrupted:
            raise KeyboardInterrupt
        if self._failure is not None:
            raise self._failure
        assert self._run is not None, "a test that nobody interrupted and that did not fail has begun"
        self._last = self._run.outcome()
        return self._run

    def _test(self) -> Any:
        test = openhtf.Test(*map(self._phase, self._criteria.values()), self._verdict_phase())
        test.configure(name=NAME)
        logging.getLogger("openhtf").setLevel(logging.INFO)  # else the page tells of OpenHTF's own steps only
        test.add_output_callbacks(self._write)
        if self._page is not None:
            test.add_output_callbacks(self._page.publish)
        return test

    def _phase(self, criterion: Criterion) -> Any:
        title = f"{criterion.id} {criterion.title.say(self._language)}"
        body = functools.partial(self._measure, criterion)
        return phase(title, measurement_of(criterion), body, self._desk.plug)

    def _start(self, serial: str | None) -> Any:
        """OpenHTF's trigger: find out which reader it is, and look at it."""

        @openhtf.PhaseOptions(name="start", timeout_s=FOREVER_S)  # type: ignore[untyped-decorator]
        @openhtf.plug(prompts=self._desk.plug)  # type: ignore[untyped-decorator]
        def start(test: Any, prompts: Prompts) -> Any:
            try:
                self._run = self._unless_ended(
                    lambda: self._begun(serial) if serial is not None else self._begun_by(prompts)
                )
            except _Ended:
                return openhtf.PhaseResult.STOP
            except Exception as failure:
                self._failure = failure
                return openhtf.PhaseResult.STOP
            test.dut_id = self._run.serial
            return None

        return start

    def _begun_by(self, prompts: Prompts) -> Run:
        """With a serial number that the operator tells. Raises _Ended."""
        question = "\n".join(each.say(self._language) for each in (*self._last, WHICH_READER))
        while (told := prompts.ask(question)) is not None:
            try:
                return self._begun(told)
            except HarnessError as error:
                said = (error.message, error.what_to_do, WHICH_READER)
                question = "\n".join(each.say(self._language) for each in said)
        raise _Ended

    def _begun(self, serial: str) -> Run:
        subject, record = self._prepare(serial)
        told = record.header["reader"]["serial"] or serial
        return Run(told, subject, record, Campaign(subject, self._criteria, record))

    def _measure(self, criterion: Criterion, test: Any, prompts: Prompts) -> Any:
        """One criterion's phase."""
        run = self._run
        assert run is not None
        try:
            return self._measured(run, criterion, test)
        except _Ended:
            return openhtf.PhaseResult.STOP
        except ReaderGone as gone:
            run.gone = gone.error
            test.logger.error(gone.error.message.say(self._language))
            return openhtf.PhaseResult.STOP
        except Exception as failure:
            self._failure = failure
            raise
        finally:
            prompts.clear()

    def _measured(self, run: Run, criterion: Criterion, test: Any) -> Any:
        started = time.monotonic()
        verdict, measured, reason = self._unless_ended(lambda: run.campaign.judged(criterion))
        line = result(criterion, verdict, measured, reason, (time.monotonic() - started) * 1000)
        if not run.add(line):
            raise _Ended
        if self._told is not None:
            self._told(criterion, line, len(run.record.results), len(self._criteria))
        if measured is not None and verdict is not Verdict.INCOMPLETE:
            test.measurements[criterion.id] = line["value"]  # as it is kept, and as it was judged
        if line["reason"] is not None:
            test.logger.info("%s: %s", criterion.id, line["reason"][self._language])
        return _PHASE_RESULTS[verdict]

    def _verdict_phase(self) -> Any:
        def judge(test: Any, _prompts: Prompts) -> Any:
            assert self._run is not None
            verdict = Verdict(self._run.record.document()["verdict"])
            test.measurements[_VERDICT] = verdict.value
            return _PHASE_RESULTS[verdict]

        title = Text("Verdict of all criteria", "ผลสรุปของทุกเกณฑ์").say(self._language)
        return phase(title, measurement(_VERDICT, "As in record.json.", "", _PASSING), judge, self._desk.plug)

    def _unless_ended(self, function: Callable[[], Outcome]) -> Outcome:
        """What ``function`` gives or raises. Raises _Ended at once when the test is ended, and leaves it behind.

        OpenHTF would end its phase by an exception out of nowhere, and only once the call to PC/SC has returned.
        """
        outcomes = self._outcomes = SimpleQueue()

        def work() -> None:
            try:
                outcomes.put((function(), None))
            except BaseException as error:  # for whoever waits
                outcomes.put((None, error))

        if self._interrupted:
            raise _Ended
        threading.Thread(target=work, name="station", daemon=True).start()
        outcome, error = outcomes.get()
        if error is not None:
            raise error
        given: Outcome = outcome
        return given

    def _end(self) -> None:
        """At Ctrl-C: nobody is asked, and nothing is measured, any more."""
        self._interrupted = True
        if self._run is not None:
            self._run.end()
        if self._desk.prompts is not None:
            self._desk.prompts.tearDown()
        self._outcomes.put((None, _Ended()))

    def _write(self, test_record: Any) -> None:
        """The output callback: our record, and OpenHTF's own beside it."""
        if self._run is None:
            return
        self._run.finish()
        if self._interrupted:
            test_record.outcome = Ending.ABORTED
        elif self._run.gone is not None:
            test_record.outcome = Ending.ERROR
        document = json_factory.convert_test_record_to_json(test_record)
        path = self._run.record.folder / OPENHTF_RECORD
        path.write_text(
            json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8"
        )


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """OpenHTF reads the program's arguments and prints on its standard output; both are the command's here."""
    arguments, quiet = sys.argv, console_output.CLI_QUIET
    sys.argv = [*arguments[:1], "--quiet"]
    try:
        yield
    finally:
        sys.argv, console_output.CLI_QUIET = arguments, quiet


@contextlib.contextmanager
def _interruptible(end: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C ends the test by ``end``, however often it comes; unless it was ignored from the start."""
    handler = signal.getsignal(signal.SIGINT)
    if handler == signal.SIG_IGN:
        yield
        return

    # The main thread may sleep until the test is over: a signal that another thread caught does not wake it.
    told, tells = socket.socketpair()
    tells.setblocking(False)

    def listen() -> None:
        while told.recv(1):
            end()

    listener = threading.Thread(target=listen, name="Ctrl-C", daemon=True)
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    before = signal.set_wakeup_fd(tells.fileno(), warn_on_full_buffer=False)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGINT, handler)
        tells.close()
        listener.join()
        told.close()
