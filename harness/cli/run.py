"""``thnid run``: any program, unmodified, with a virtual card in a private PC/SC stack."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from apdu_specs.system_errors import reason_for, reason_of
from emulator.card import Card
from emulator.test_card import TestCard
from harness.cli.control import CONTROL_VARIABLE, ControlServer
from harness.cli.habits import Habits, habit_options, list_habits
from harness.cli.output import Misuse, Output, language_of_pages, speaking
from harness.cli.pin import PIN_VARIABLE
from harness.cli.smartcard_agent import DEFAULT_PORT, URL_VARIABLES, AgentOptions, serving_agent
from harness.cli.tracing import bench_for, trace_options
from harness.cli.virtual import card_options, pin_of, take_card
from harness.errors import HarnessError
from harness.stack import DEFAULT_READER_NAME, Stack

if TYPE_CHECKING:
    from emulator.holders import Holder

READER_VARIABLE = "THNID_READER"
PATIENT_READER_VARIABLE = "THNID_PATIENT_READER"
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # the program is to find them as every program does
_SENT_BY_TERMINAL = 0x80  # si_code SI_KERNEL: the whole foreground group got it, the program too


class CommandNotFound(HarnessError):
    """The program to run does not exist."""

    exit_status = 2

    def __init__(self, name: str) -> None:
        super().__init__(
            Text(f"There is no program {name!r}.", f"ไม่พบโปรแกรม {name!r}"),
            Text("Check its name and PATH.", "โปรดตรวจสอบชื่อและ PATH"),
        )


class CommandNotRunnable(HarnessError):
    """The program to run exists and cannot be run; ``why``, as the system says it."""

    exit_status = 2

    def __init__(self, name: str, why: Text) -> None:
        super().__init__(
            Text(f"{name!r} cannot be run: {why.en}.", f"เรียกใช้ {name!r} ไม่ได้: {why.th}"),
            Text(
                "It must be an executable file; for a script, check its first line.",
                "ต้องเป็นแฟ้มที่เรียกใช้ได้ หากเป็นสคริปต์ โปรดตรวจสอบบรรทัดแรก",
            ),
        )


@click.command("run", context_settings={"allow_interspersed_args": False})
@card_options
@click.option(
    "--reader-name",
    default=DEFAULT_READER_NAME,
    show_default=True,
    help="What programs see, e.g. 'ACS ACR39U ICC Reader'.",
)
@click.option(
    "--patient-reader",
    metavar="NAME",
    help="A second reader of this name, empty at first: 'thnid card insert --reader 1 FILE'.",
)
@click.option("--test-card", is_flag=True, help="Not a national card: one that echoes lengths, for readers.")
@click.option("--agent", is_flag=True, help="NHSO's SmartCard Agent beside COMMAND, on its own port.")
@click.option(
    "--agent-port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Another port for --agent; 0 picks one.",
)
@click.option(
    "--backoffice", is_flag=True, help="A whole office beside COMMAND, where the card's holder is an officer."
)
@habit_options
@trace_options
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND...")
@speaking
def command(
    output: Output,
    card_path: Path | None,
    generation: str | None,
    pin: str | None,
    failures: int | None,
    seed: int | None,
    policy: str | None,
    holder: str | None,
    reader_name: str,
    patient_reader: str | None,
    test_card: bool,
    agent: bool,
    agent_port: int,
    backoffice: bool,
    fault_texts: Sequence[str],
    fault_seed: int,
    timing: str | None,
    trace_path: Path | None,
    show_personal_data: bool,
    program: Sequence[str],
) -> int:
    """Run COMMAND with a virtual card in a private PC/SC stack, as xvfb-run does for X.

    The exit status is COMMAND's. COMMAND finds the stack through PCSCLITE_CSOCK_NAME, the card's PIN in THNID_PIN and the
    reader's name in THNID_READER; with --agent, the agent in THNID_AGENT_URL and NHSO_AGENT_URL; with --patient-reader, which
    the agent then reads, that reader's name in THNID_PATIENT_READER. Nothing is left behind.

    With --backoffice registry, authority, NHSO, UCWS, SRM, the agent, the officer's screen and the PIN counter run beside
    COMMAND, on free ports (the agent on its own with --agent): THNID_REGISTRY_URL, THNID_AUTHORITY_URL, THNID_NHSO_URL,
    THNID_UCWS_URL, THNID_UCWS_WSDL, THNID_SRM_URL, THNID_SCREEN_URL, THNID_COUNTER_URL, THNID_PAGES_URL, THNID_COUNTER_KEY,
    THNID_HOSPITAL_TOKEN, and the staff's THNID_PASSWORD_NHSO and THNID_PASSWORD_REGISTRAR. The officer's tokens are written to
    THNID_TOKEN_DIR and below THNID_SRM_DIR. Holders of cards that are inserted later are citizens on file.
    """
    if list_habits(output, fault_texts, timing):
        return 0
    if not program:
        raise Misuse(
            Text(
                "Say which program to run: thnid run -- COMMAND...",
                "โปรดระบุโปรแกรมที่จะเรียกใช้: thnid run -- COMMAND...",
            )
        )
    executable = find_program(program[0])
    with ExitStack() as cleanup:
        habits = Habits(fault_texts, fault_seed, timing)
        card = _taken(test_card, card_path, generation, pin, failures, seed, policy, holder)
        cleanup.callback(card.close)
        patient = _patient(card) if agent or backoffice else None
        stack = cleanup.enter_context(
            Stack((reader_name,) if patient_reader is None else (reader_name, patient_reader))
        )
        bench = bench_for(stack, cleanup, trace_path, show_personal_data)
        bench.fitted = habits.of_reader
        bench.insert(habits.of_card(card))
        control = cleanup.enter_context(ControlServer(bench, Path(stack.socket_path).parent, card, card_path))
        environment = {
            **os.environ,
            **stack.environment,
            **habits.of_service(stack, cleanup),
            **({} if isinstance(card, TestCard) else {PIN_VARIABLE: pin_of(card)}),
            READER_VARIABLE: stack.reader_names[0],
            CONTROL_VARIABLE: control.path,
            **dict.fromkeys((PATIENT_READER_VARIABLE,) if patient_reader else (), stack.reader_names[-1]),
            **_beside(cleanup, agent, agent_port, backoffice, patient, card, control, stack),
        }
        status = run_program(executable, program, environment)
    return end_as(status)


def _beside(
    cleanup: ExitStack,
    agent: bool,
    agent_port: int,
    backoffice: bool,
    holder: Holder | None,
    card: Card | TestCard,
    control: ControlServer,
    stack: Stack,
) -> dict[str, str]:
    """Start what is wanted beside the program; where it is, for the environment."""
    names = stack.reader_names
    officers, patients = names[0], names[-1]
    if not backoffice:
        return _agent_beside(cleanup, agent_port, holder, patients) if agent else {}
    from harness.cli.whole_office import FREE, OfficeOptions, Ports, whole_office
    from harness.officer.token_file import Place

    officer = (holder, card.serial) if holder is not None and isinstance(card, Card) else None
    tokens = Path(stack.socket_path).parent / "tokens"  # goes with the stack, even if thnid is killed
    tokens.mkdir(mode=0o700)
    options = OfficeOptions(
        ports=Ports(agent=agent_port if agent else FREE),
        officer=officer,
        reader=officers,
        patient_reader=patients,
        token_files=(Place(tokens),),
        srm_home=tokens,
        shown=control.show,
        language=language_of_pages(),
    )
    office = cleanup.enter_context(whole_office(options))
    control.before_insertion = office.acquaintance.of_card
    return office.environment


def _agent_beside(
    cleanup: ExitStack, port: int, patient: Holder | None, reader: str | None
) -> dict[str, str]:
    """Start the agent, whose NHSO knows the card's holder; where it is, for the environment."""
    running = cleanup.enter_context(serving_agent(AgentOptions(port=port, holder=patient, reader=reader)))
    return dict.fromkeys(URL_VARIABLES, running.url)


def _patient(card: Card | TestCard) -> Holder | None:
    """Who is on the card, before it goes into the reader: nobody else's commands are counted there."""
    from harness.cli.on_card import holder_on

    return holder_on(card) if isinstance(card, Card) else None


def _taken(test_card: bool, *choice: Any) -> Card | TestCard:
    if not test_card:
        return take_card(*choice)
    if any(each is not None for each in choice):
        raise Misuse(
            Text(
                "--test-card is not a national card: it takes none of their options.",
                "--test-card ไม่ใช่บัตรประจำตัวประชาชน จึงใช้ตัวเลือกของบัตรประจำตัวประชาชนไม่ได้",
            )
        )
    return TestCard()


def find_program(name: str) -> str:
    """Where the program is. Raises CommandNotFound, CommandNotRunnable."""
    executable = shutil.which(name)
    if executable is not None:
        return executable
    if "/" in name and Path(name).exists():
        raise CommandNotRunnable(name, reason_for(errno.EISDIR if Path(name).is_dir() else errno.EACCES))
    raise CommandNotFound(name)


def run_program(executable: str, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program to its end, handing on the signals that this process gets; its wait status."""
    watched = {*_FORWARDED, signal.SIGCHLD}
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored by whoever started us, it would never be told
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    try:
        child = os.posix_spawn(
            executable,
            list(arguments),
            dict(environment),
            setsigmask=before,
            setsigdef=_IGNORED_BY_PYTHON,
        )
    except OSError as error:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise CommandNotRunnable(arguments[0], reason_of(error)) from error
    try:
        while True:
            info = signal.sigwaitinfo(watched)
            if info.si_signo != signal.SIGCHLD:
                # A program with a process group of its own gets nothing from the terminal.
                if info.si_code != _SENT_BY_TERMINAL or os.getpgid(child) != os.getpgrp():
                    with contextlib.suppress(PermissionError):  # it has become somebody else, as sudo does
                        os.kill(child, info.si_signo)
                continue
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid == child:
                return status
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_as(status: int) -> int:
    """The exit status to end with; where a signal ended the program, it ends this process too."""
    if not os.WIFSIGNALED(status):
        return os.waitstatus_to_exitcode(status)
    number = os.WTERMSIG(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(number, signal.SIG_DFL) if number not in (signal.SIGKILL, signal.SIGSTOP) else None
    os.kill(os.getpid(), number)
    return 128 + number
