"""``thnid learn``: what machine a card's PIN is, and whether it is the one that its policy declares."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from apdu_specs.pin_machine import HOLDER_ALPHABET, OFFICE_ALPHABET, PinMachine, Symbol, pin_machine
from apdu_specs.pin_policy import NATIONAL, PinPolicy, VerifyForm
from apdu_specs.status import StatusWord
from apdu_specs.system_errors import reason_of
from emulator.card.issue import DEFAULT_PIN, DEFAULT_SEED, card_from_seed, card_in_memory
from emulator.card.policy_file import policy_called
from harness.cli.control import NotInTheReader, ask
from harness.cli.output import Misuse, Output, reporting
from harness.cli.pin import PIN_VARIABLE
from harness.cli.reader import reader_option, terminal_for
from harness.client.card import well_formed
from harness.errors import HarnessError
from harness.learn.errors import CardHasFailures, CardNotFresh
from harness.learn.mapper import Mapper, Subject, explained
from harness.learn.script import Script, script_of
from harness.learn.suite import Deviation, Suite, conformance_suite
from harness.whole_file import write_whole

if TYPE_CHECKING:
    from emulator.card import Card

ALPHABETS = {"holder": HOLDER_ALPHABET, "office": OFFICE_ALPHABET}
_ALPHABET_WORDS = {"holder": Text("holder", "ผู้ถือบัตร"), "office": Text("office", "สำนักทะเบียน")}
_HEADINGS = (
    Text("", ""),
    Text("states", "สถานะ"),
    Text("words", "ลำดับคำสั่ง"),
    Text("steps", "ขั้น"),
    Text("seconds", "วินาที"),
    Text("", ""),
)
_SUITE, _LEARNED = Text("conformance suite", "ชุดกรณีทดสอบ"), Text("learned", "เรียนรู้")
_OK, _DEVIATES = Text("ok", "ตรง"), Text("DEVIATES", "ไม่ตรง")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found with one alphabet. ``states`` is None where only the suite was played."""

    alphabet: str
    states: int | None
    queries: int
    steps: int
    seconds: float
    script: Script | None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "alphabet": self.alphabet,
            "how": "suite" if self.states is None else "learned",
            "states": self.states,
            "queries": self.queries,
            "steps": self.steps,
            "seconds": round(self.seconds, 3),
            "conforms": self.script is None,
            "deviation": None if self.script is None else list(self.script.lines()),
        }


class TraceNotWritten(HarnessError):
    """The deviation was found and told, and could not be written to ``--trace``."""

    exit_status = 2

    def __init__(self, path: Path, why: Text, findings: dict[str, Any]) -> None:
        super().__init__(
            Text(
                f"The deviation could not be written to {path}: {why.en}.",
                f"บันทึกส่วนที่ไม่ตรงลงใน {path} ไม่ได้: {why.th}",
            ),
            Text("Name another file with --trace.", "โปรดระบุแฟ้มอื่นด้วย --trace"),
        )
        self.so_far = findings


@click.command("learn")
@click.option(
    "--policy",
    "policy_name",
    default=NATIONAL.name,
    show_default=True,
    help="A PIN policy: a name or a YAML file.",
)
@click.option(
    "--pin", default=DEFAULT_PIN, envvar=PIN_VARIABLE, help="The card's PIN (default THNID_PIN, else 1234)."
)
@click.option("--in-process", is_flag=True, help="A fresh card without PC/SC: quicker.")
@click.option("--suite-only", is_flag=True, help="Play the conformance suite and learn nothing.")
@click.option(
    "--export", "export_path", type=click.Path(path_type=Path), help="Only write the suite as JSON."
)
@click.option(
    "--trace",
    "trace_path",
    type=click.Path(path_type=Path),
    help="Where to write a deviation, to be replayed.",
)
@reader_option
@reporting
def command(
    output: Output,
    policy_name: str,
    pin: str,
    in_process: bool,
    suite_only: bool,
    export_path: Path | None,
    trace_path: Path | None,
    reader_name: str | None,
) -> int:
    """Learn the machine of a card's PIN and compare it with the one its policy declares; play the conformance suite.

    Without --reader a fresh virtual card is learned, in a PC/SC stack of its own. The card in --reader has to be
    virtual, real ones are refused always, and without failures; it is brought back to the state it was found in, again and
    again and at the end, by the 'thnid run' or 'thnid serve' around it. A card in a file forces every try to the disk, some
    40,000 times: that takes minutes, a card in memory ('thnid run' without --card) seconds. Exit status 1 if the card is not
    the machine that its policy declares.
    """
    if in_process and reader_name:
        raise Misuse(
            Text(
                "--in-process learns a card of its own: leave out --reader.",
                "--in-process เรียนรู้บัตรที่สร้างขึ้นเอง จึงไม่ต้องระบุ --reader",
            )
        )
    if trace_path is not None:
        _insist_on_writable(trace_path)
    policy, first_pin = policy_called(policy_name), well_formed(pin).encode("ascii")
    if export_path is not None:
        return _export(output, policy, first_pin, export_path)
    with _mapper(policy, first_pin, in_process=in_process, reader_name=reader_name) as mapper:
        findings = [
            finding
            for name, alphabet in ALPHABETS.items()
            for finding in _findings(mapper, policy, name, alphabet, suite_only=suite_only)
        ]
    return _report(output, policy, findings, trace_path)


def _findings(
    mapper: Mapper, policy: PinPolicy, name: str, alphabet: Sequence[Symbol], *, suite_only: bool
) -> Iterator[Finding]:
    machine = pin_machine(policy, alphabet)
    suite = conformance_suite(machine)
    if not suite_only:
        yield _learned(mapper, machine, suite, name)
    began = time.perf_counter()
    deviation = suite.first_deviation(mapper.play)
    seconds = time.perf_counter() - began
    script = _script(mapper, policy, deviation)
    yield Finding(name, None, len(suite.cases), suite.steps, seconds, script)


def _learned(mapper: Mapper, machine: PinMachine, suite: Suite, name: str) -> Finding:
    from harness.learn.learning import learn  # the only part that needs AALpy

    learned = learn(mapper, machine, suite)
    script = _script(mapper, machine.policy, learned.deviation)
    return Finding(name, learned.states, learned.queries, learned.steps, learned.seconds, script)


def _script(mapper: Mapper, policy: PinPolicy, deviation: Deviation | None) -> Script | None:
    return None if deviation is None else script_of(mapper, deviation, policy.name)


def _insist_on_writable(path: Path) -> None:
    """Raises OSError now rather than when everything has been learned. Nothing is written."""
    code = 0
    if path.is_dir():
        code = errno.EISDIR
    elif not path.parent.is_dir():
        code = errno.ENOENT
    elif not os.access(path.parent if path.is_file() or not path.exists() else path, os.W_OK):
        code = errno.EACCES
    if code:
        raise OSError(code, os.strerror(code), str(path))


@contextmanager
def _mapper(
    policy: PinPolicy, first_pin: bytes, *, in_process: bool, reader_name: str | None
) -> Iterator[Mapper]:
    if reader_name:
        with _in_the_reader(policy, first_pin, reader_name) as mapper:
            yield mapper
        return
    card = card_in_memory(card_from_seed(DEFAULT_SEED, policy=policy), pin=first_pin.decode("ascii"))
    with _in_process(card) if in_process else _in_a_stack(card) as subject:
        yield Mapper(subject)


@contextmanager
def _in_the_reader(policy: PinPolicy, first_pin: bytes, reader_name: str) -> Iterator[Mapper]:
    """The card in a reader, virtual and without failures; whatever happens, its user gets it back as it was found.

    Raises RealCardNotLearned, NotInTheReader, CardNotFresh.
    """
    name = f"learn {os.getpid()}"  # the user's own snapshot stays what it is

    def bring_back() -> None:
        ask({"do": "restore", "to": name})

    with terminal_for(reader_name) as terminal:
        mapper = Mapper(Subject(terminal, bring_back, lambda: terminal.reconnect("unpower"), first_pin))
        found = ask({"do": "show"})
        if found["serial"] != mapper.serial.hex().upper():
            raise NotInTheReader  # what can be brought back is the card in another reader
        if found["failures"] or found["office_failures"]:
            raise CardHasFailures(found["failures"], found["office_failures"])
        ask({"do": "snapshot", "as": name})
        try:
            _require_fresh(mapper, policy)
            yield mapper
        except BaseException:
            with suppress(HarnessError):  # what happened first is what is told
                bring_back()
            raise
        bring_back()


@contextmanager
def _in_process(card: Card) -> Iterator[Subject]:
    from harness.terminals.in_process import InProcessTerminal

    initial = card.counters
    with InProcessTerminal(card) as terminal:
        yield Subject(terminal, lambda: card.restore(initial), first_pin=initial.pin)


@contextmanager
def _in_a_stack(card: Card) -> Iterator[Subject]:
    from harness.bench import Bench
    from harness.stack import Stack
    from harness.terminals.pcsc import PcscTerminal

    initial = card.counters
    with Stack() as stack, Bench(stack) as bench:
        bench.insert(card)
        with PcscTerminal(stack.reader_names[0], share="exclusive") as terminal:
            yield Subject(
                terminal,
                lambda: card.restore(initial),
                lambda: terminal.reconnect("unpower"),
                initial.pin,
            )


def _require_fresh(mapper: Mapper, policy: PinPolicy) -> None:
    """No failures, and the PIN that was given: else every difference would be put down to the card."""
    fresh = VerifyForm.ISO.value.word(policy.suspended_at)
    _, (answered, _), (verified,) = mapper.play((Symbol.SELECT_ADM, Symbol.VERIFY_EMPTY, Symbol.VERIFY_FIRST))
    if answered != fresh:
        raise CardNotFresh(f"{answered:04X}", f"{fresh:04X}")
    if verified != StatusWord.OK:
        raise CardNotFresh(f"{verified:04X}", f"{StatusWord.OK:04X}")


def _export(output: Output, policy: PinPolicy, first_pin: bytes, path: Path) -> int:
    suites = {name: conformance_suite(pin_machine(policy, alphabet)) for name, alphabet in ALPHABETS.items()}
    cases = tuple(case for suite in suites.values() for case in suite.cases)
    both = Suite(policy.name, cases)
    write_whole(path, both.to_json(explained(first_pin)))
    document = {"policy": policy.name, "cases": len(cases), "steps": both.steps, "file": str(path)}
    told = Text(
        f"{len(cases)} cases with {both.steps} steps are in {path}.",
        f"บันทึกชุดกรณีทดสอบ {len(cases)} กรณี รวม {both.steps} ขั้น ไว้ที่ {path}",
    )
    output.report(document, lambda: output.say(told))
    return 0


def _report(output: Output, policy: PinPolicy, findings: Sequence[Finding], trace_path: Path | None) -> int:
    wrong = next((finding.script for finding in findings if finding.script is not None), None)
    document = {
        "policy": policy.name,
        "conforms": wrong is None,
        "findings": [finding.to_json() for finding in findings],
    }
    if wrong is not None and trace_path is not None:
        try:
            write_whole(trace_path, wrong.trace())
        except OSError as error:  # the disk is full by now, say; what was found is told all the same
            if not output.json:
                _show(output, policy, findings, wrong)
            raise TraceNotWritten(trace_path, reason_of(error), document) from error
    output.report(document, lambda: _show(output, policy, findings, wrong))
    return 0 if wrong is None else 1


def _show(output: Output, policy: PinPolicy, findings: Sequence[Finding], wrong: Script | None) -> None:
    from rich.table import Table

    table = Table()
    spoken = output.language
    for heading in _HEADINGS:
        table.add_column(heading.say(spoken), justify="right" if heading.en else "left")
    for each in findings:
        how = _SUITE if each.states is None else _LEARNED
        conforms = _OK if each.script is None else _DEVIATES
        states = "" if each.states is None else str(each.states)
        table.add_row(
            f"{_ALPHABET_WORDS[each.alphabet].say(spoken)}: {how.say(spoken)}",
            states,
            str(each.queries),
            str(each.steps),
            f"{each.seconds:.2f}",
            conforms.say(spoken),
        )
    output.show_table(table)
    if wrong is None:
        output.say(
            Text(
                f"The card is the machine that the policy {policy.name} declares.",
                f"บัตรทำงานตรงตามนโยบาย {policy.name} ทุกประการ",
            ),
            "green",
        )
        return
    output.say(
        Text(
            f"The card is not the machine that the policy {policy.name} declares:",
            f"บัตรทำงานไม่ตรงตามนโยบาย {policy.name}:",
        ),
        "red",
    )
    for line in wrong.lines():
        output.console.print(line, markup=False, soft_wrap=True)
