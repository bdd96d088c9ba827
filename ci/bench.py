"""Measures thnid on this machine, in one run and side by side with what bounds it: ``./ci/bench [--json]``.

An *exchange* is a 255-byte read in two APDUs: READ, answered ``61 FF``, and the GET RESPONSE that fetches the bytes.
It is made, in rounds that alternate so that the machine's drift hits all alike, with

* our card, served from a process of its own, through pcscd: by bare ``SCardTransmit`` and through our terminal;
* a minimal card written in C (``echo_card.c``), through the same pcscd;
* a loopback TCP connection that carries the same numbers of bytes between two processes, and no pcscd at all.

Then: the full read, the officer login, the start of a stack up to its first APDU, the card alone in this process, and the
memory that each card beyond the first takes.
Then the PIN (``pin_bench.py``): its durable steps beside those of a bare file on the same disk, snapshots, side doors.
Last, the offices: officer logins a second of two servers on one database, without the card (``offices_bench.py``); searches of
UCWS among 100,000 citizens (``ucws_bench.py``); polls of the SmartCard Agent while it reads a card (``agent_bench.py``).
Exit status: 0 measured (targets met or not), 1 something is broken.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from emulator.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.link import CardLink
from harness.bench import Bench
from harness.client import CardClient
from harness.errors import HarnessError
from harness.stack import Stack
from harness.terminals import scard
from harness.terminals.pcsc import PcscTerminal

# Written out, because the C card and the loopback answer to these very bytes.
SELECT_MOI = bytes.fromhex("00A4040008A000000054480001")
READ = bytes.fromhex("80B000000200FF")
GET_RESPONSE = bytes.fromhex("00C00000FF")
EXCHANGE = (READ, GET_RESPONSE)
ANSWER_LENGTHS = (2, 257)
LENGTH_BYTES = 2

HERE = Path(__file__).resolve()
SEED, PIN = 7, "1234"
READERS = ("Bench our card", "Bench C card")
WARM_UP, ROUNDS, EXCHANGES_A_ROUND = 200, 10, 400
IN_PROCESS_ROUNDS, IN_PROCESS_EXCHANGES = 5, 50_000
FULL_READS, STACK_STARTS, LOGINS = 21, 5, 5
CARDS = 10
PATIENCE_S = 10.0

Transmit = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Exchanges:
    """What one way of exchanging did. ``p50_us`` and ``p99_us`` are of a whole exchange: two APDUs."""

    apdus_per_s: float
    p50_us: float
    p99_us: float


@dataclass(frozen=True, slots=True)
class Target:
    """A number to reach, and whether it was."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool:
        """Whether ``value`` keeps both limits."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def limit(self) -> str:
        """The limit as a person writes it."""
        limits = {">=": self.at_least, "<=": self.at_most}
        return ", ".join(f"{sign} {limit:,g}" for sign, limit in limits.items() if limit is not None)


# ---------------------------------------------------------------- exchanges, side by side


def exchange_round(transmit: Transmit, count: int) -> tuple[float, list[int]]:
    """Seconds for ``count`` exchanges, and the nanoseconds of each. Raises when an answer has the wrong length."""
    clock = time.perf_counter_ns
    latencies: list[int] = []
    began = before = clock()
    for _ in range(count):
        announced, fetched = transmit(READ), transmit(GET_RESPONSE)
        after = clock()
        latencies.append(after - before)
        before = after
        if (len(announced), len(fetched)) != ANSWER_LENGTHS:
            raise RuntimeError(f"a read was answered with {len(announced)} and {len(fetched)} bytes")
    return (before - began) / 1e9, latencies


def side_by_side(ways: dict[str, Transmit]) -> tuple[dict[str, Exchanges], dict[str, list[float]]]:
    """Each way's figures over all rounds, and its APDU/s round by round."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    latencies: dict[str, list[int]] = {name: [] for name in ways}
    for transmit in ways.values():
        exchange_round(transmit, WARM_UP)
    for number in range(ROUNDS):
        order = list(ways) if number % 2 == 0 else list(reversed(ways))
        for name in order:
            seconds, taken = exchange_round(ways[name], EXCHANGES_A_ROUND)
            rates[name].append(len(EXCHANGE) * EXCHANGES_A_ROUND / seconds)
            latencies[name] += taken
    figures = {}
    for name in ways:
        cuts = statistics.quantiles(latencies[name], n=100)
        figures[name] = Exchanges(statistics.median(rates[name]), cuts[49] / 1e3, cuts[98] / 1e3)
    return figures, rates


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the rounds' own ratios: what changed between rounds changed for both."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is gone at the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def this_script(*arguments: str) -> list[str]:
    """The command that runs one of the parts below in a process of its own."""
    return [sys.executable, str(HERE), *arguments]


def wait_for_card(reader: str) -> None:
    """Returns as soon as ``reader`` has a card; raises TimeoutError when none comes."""
    context = scard.establish()
    deadline = time.monotonic() + PATIENCE_S
    try:
        status = scard.wait(context, [(reader, 0)], 0)[0]
        while not (status.present and status.atr):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no card appeared in {reader}")
            status = scard.wait(context, [(reader, status.state)], left)[0]
    finally:
        scard.release(context)


@contextmanager
def bare_card(reader: str) -> Iterator[Transmit]:
    """SCardTransmit and nothing around it, with the MOI applet selected."""
    context = scard.establish()
    try:
        handle, protocol = scard.connect(context, reader, scard.Share.SHARED, scard.Protocol.T0)
        pci = scard.pci(protocol)
        scard.transmit(handle, pci, SELECT_MOI)
        yield lambda apdu: scard.transmit(handle, pci, apdu)
        scard.disconnect(handle, scard.Disposition.LEAVE)
    finally:
        scard.release(context)


@contextmanager
def loopback() -> Iterator[Transmit]:
    """The same bytes, framed the same way, to a process that only counts them."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as closing:
        listener.settimeout(PATIENCE_S)
        closing.enter_context(process(*this_script("pong", str(listener.getsockname()[1]))))
        connection = closing.enter_context(listener.accept()[0])
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield lambda apdu: ping(connection, apdu)


def ping(connection: socket.socket, apdu: bytes) -> bytes:
    """One framed command, one framed answer."""
    connection.sendall(len(apdu).to_bytes(LENGTH_BYTES) + apdu)
    wanted = LENGTH_BYTES + ANSWER_LENGTHS[EXCHANGE.index(apdu)]
    received = b""
    while len(received) < wanted:
        received += connection.recv(wanted - len(received))
    return received[LENGTH_BYTES:]


def compile_c_card(folder: Path) -> Path:
    """The C card's program."""
    program = folder / "echo_card"
    subprocess.run(["gcc", "-O2", "-o", str(program), str(HERE.with_name("echo_card.c"))], check=True)
    return program


# ---------------------------------------------------------------- parts that are processes of their own


def serve_card(port: str) -> None:
    """Our card behind the vpcd at ``port``, until that hangs up."""
    CardLink(card_in_memory(card_from_seed(SEED), pin=PIN), "127.0.0.1", int(port)).serve()


def pong(port: str) -> None:
    """Answers each command of an exchange with as many bytes as the cards do."""
    answers = {
        len(apdu): length.to_bytes(LENGTH_BYTES) + bytes(length)
        for apdu, length in zip(EXCHANGE, ANSWER_LENGTHS, strict=True)
    }
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while frame := connection.recv(LENGTH_BYTES + max(map(len, EXCHANGE))):
            connection.sendall(answers[len(frame) - LENGTH_BYTES])


def first_apdu() -> None:
    """Prints the milliseconds from nothing to the first answer of a card in a new stack."""
    card = card_in_memory(card_from_seed(SEED), pin=PIN)
    began = time.perf_counter()
    with Stack() as stack:
        stack.use_in_this_process()
        with Bench(stack) as bench:
            bench.insert(card)
            with PcscTerminal(stack.reader_names[0]) as terminal:
                terminal.transmit(SELECT_MOI)
                print((time.perf_counter() - began) * 1000)


def memory() -> None:
    """Prints the KB that each card beyond the first takes: resident, or as Python counts where it is asked to."""
    cards = [new_card(1)]
    before = used_kb()
    cards += [new_card(seed) for seed in range(2, CARDS + 1)]
    print((used_kb() - before) / (len(cards) - 1))


def new_card(seed: int) -> Card:
    """A card with a holder of its own, in use."""
    card = card_in_memory(card_from_seed(seed), pin=PIN)
    card.power_on()
    card.transmit(SELECT_MOI)
    card.transmit(READ)
    return card


def used_kb() -> float:
    """What this process uses now."""
    if tracemalloc.is_tracing():
        return tracemalloc.get_traced_memory()[0] / 1024
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


PARTS: dict[str, Callable[..., None]] = {
    "serve-card": serve_card,
    "pong": pong,
    "first-apdu": first_apdu,
    "memory": memory,
}


# ---------------------------------------------------------------- the other measurements


def in_process_rate() -> float:
    """APDUs/s of the card alone: the median round of READ and GET RESPONSE, counted as two."""
    card = card_in_memory(card_from_seed(SEED), pin=PIN)
    card.power_on()
    card.transmit(SELECT_MOI)
    exchange_round(card.transmit, WARM_UP)
    rates = []
    for _ in range(IN_PROCESS_ROUNDS):
        began = time.perf_counter()
        for _ in range(IN_PROCESS_EXCHANGES):
            card.transmit(READ)
            card.transmit(GET_RESPONSE)
        rates.append(len(EXCHANGE) * IN_PROCESS_EXCHANGES / (time.perf_counter() - began))
    return statistics.median(rates)


def full_read_ms(reader: str) -> float:
    """Everything public on the card through PC/SC: text fields, photo, NHSO, laser number, CPLC. Median."""
    taken = []
    with PcscTerminal(reader) as terminal:
        client = CardClient(terminal)
        for _ in range(FULL_READS):
            began = time.perf_counter()
            client.read_all()
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def stack_start_ms() -> float:
    """Stack start up to the first APDU. A process has one stack, so each is a process. Median."""
    own = {name: value for name, value in os.environ.items() if name != scard.SOCKET_VARIABLE}
    runs = (
        subprocess.run(this_script("first-apdu"), env=own, check=True, stdout=subprocess.PIPE, text=True)
        for _ in range(STACK_STARTS)
    )
    return statistics.median(float(run.stdout) for run in runs)


def card_kb(*, python_only: bool) -> float:
    """KB of each card beyond the first, in a process of its own: resident, or what Python's own allocator counts."""
    options = ["-X", "tracemalloc"] if python_only else []
    command = [sys.executable, *options, str(HERE), "memory"]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def login_ms(folder: Path) -> float:
    """The eleven steps of the officer login, as ``thnid login --json`` tells their times. Median of the sums."""
    own = {name: value for name, value in os.environ.items() if name != scard.SOCKET_VARIABLE}
    thnid = str(Path(sys.executable).with_name("thnid"))
    card = str(folder / "login.card")
    subprocess.run(
        [thnid, "card", "create", card, "--seed", str(SEED), "--pin", PIN],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    sums = []
    for _ in range(LOGINS):
        command = [thnid, "run", "--card", card, "--", thnid, "login", "--json"]
        run = subprocess.run(command, env=own, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
        sums.append(sum(float(step["ms"]) for step in json.loads(run.stdout)["steps"]))
    return statistics.median(sums)


def pin_figures(folder: Path) -> dict[str, dict[str, float]]:
    """What ``pin_bench.py`` measures."""
    figures: dict[str, dict[str, float]] = part_called("pin_bench").measure(folder)
    return figures


def part_called(name: str) -> Any:
    """A part of the benchmark; ci/ is no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location(name, HERE.with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def offices_targets(offices: dict[str, dict[str, float]]) -> list[Target]:
    """What the offices have to reach: ``offices_bench.py``."""
    return [
        Target(f"officer logins, two servers, {database}", each["logins/s"], "/s", at_least=200)
        for database, each in offices.items()
    ]


def ucws_targets(ucws: dict[str, float]) -> list[Target]:
    """What UCWS and the population have to reach: ``ucws_bench.py``."""
    return [
        Target("100,000 citizens into SQLite", ucws["population_s"], "s", at_most=60),
        Target("UCWS searches among them", ucws["searches_per_s"], "/s", at_least=300),
    ]


def agent_targets(agent: dict[str, dict[str, float]]) -> list[Target]:
    """What the SmartCard Agent has to reach: ``agent_bench.py``."""
    return [
        Target(f"agent /terminals while reading {card}, p99", each["terminals_p99_ms"], "ms", at_most=20)
        for card, each in agent.items()
    ]


def pin_targets(pin: dict[str, dict[str, float]]) -> list[Target]:
    """What the PIN has to reach. Durable steps: as cards are used; the figures back to back are shown, too."""
    durable, snapshots, sides = (
        pin["durable"],
        pin["snapshot_and_restore_ms"],
        pin["right_pin_over_wrong_pin"],
    )
    return [
        *(Target(name, value, "x", at_most=2) for name, value in durable.items() if " / " in name),
        Target("card in memory", pin["memory"]["VERIFY/s"], "VERIFY/s", at_least=30_000),
        *(Target(f"snapshot and restore {where}", ms, "ms", at_most=5) for where, ms in snapshots.items()),
        *(
            Target(f"right / wrong PIN, {state}", value, "x", at_least=0.9, at_most=1.1)
            for state, value in sides.items()
        ),
    ]


# ---------------------------------------------------------------- all of it


def measure() -> dict[str, object]:
    """Every figure, ready for JSON."""
    with ExitStack() as closing:
        folder = Path(tempfile.mkdtemp(prefix="thnid-bench-"))
        closing.callback(shutil.rmtree, folder)
        # Beside the project, not in /tmp, which may be no disk at all.
        on_disk = Path(tempfile.mkdtemp(prefix=".thnid-bench-", dir=HERE.parents[1]))
        closing.callback(shutil.rmtree, on_disk)
        pin = pin_figures(on_disk)
        offices: dict[str, dict[str, float]] = part_called("offices_bench").measure(on_disk)
        ucws: dict[str, float] = part_called("ucws_bench").measure(on_disk)
        agent: dict[str, dict[str, float]] = part_called("agent_bench").measure()
        starts = stack_start_ms()
        logins = login_ms(folder)
        stack = closing.enter_context(Stack(READERS))
        stack.use_in_this_process()
        ours, theirs = stack.reader_names
        closing.enter_context(process(*this_script("serve-card", str(stack.ports[0]))))
        wait_for_card(ours)
        atr = card_from_seed(SEED).generation.atr
        closing.enter_context(process(str(compile_c_card(folder)), str(stack.ports[1]), atr.hex()))
        wait_for_card(theirs)
        with PcscTerminal(ours) as terminal, bare_card(ours) as a, bare_card(theirs) as b, loopback() as c:
            ways = {
                "our card": a,
                "our card, our terminal": terminal.transmit,
                "C card": b,
                "loopback TCP": c,
            }
            figures, rates = side_by_side(ways)
        reads = full_read_ms(ours)
    ratios = {f"our card / {name}": ratio(rates["our card"], rates[name]) for name in list(ways)[1:]}
    targets = [
        Target("our card / C card", ratios["our card / C card"], "", at_least=0.7),
        Target("full read", reads, "ms", at_most=30),
        Target("stack start to first APDU", starts, "ms", at_most=600),
        Target("card in process", in_process_rate(), "APDU/s", at_least=100_000),
        *pin_targets(pin),
        Target("officer login, eleven steps", logins, "ms", at_most=120),
        *offices_targets(offices),
        *ucws_targets(ucws),
        *agent_targets(agent),
        Target("memory of a further card, resident", card_kb(python_only=False), "KB", at_most=200),
        Target("memory of a further card, Python's", card_kb(python_only=True), "KB", at_most=200),
    ]
    return {
        "exchanges": {name: asdict(each) for name, each in figures.items()},
        "ratios": ratios,
        "login_ms": logins,
        "pin": pin,
        "offices": offices,
        "ucws": ucws,
        "agent": agent,
        "targets": [{**asdict(target), "met": target.met} for target in targets],
    }


def show(results: dict[str, object]) -> None:
    """The figures for a person."""
    exchanges, ratios, targets = results["exchanges"], results["ratios"], results["targets"]
    assert isinstance(exchanges, dict) and isinstance(ratios, dict) and isinstance(targets, list)
    console = Console()
    table = Table("255-byte read", title="Two APDUs an exchange: READ, GET RESPONSE")
    for column in ("APDU/s", "p50 us", "p99 us", "our card is"):
        table.add_column(column, justify="right")
    for name, each in exchanges.items():
        share = ratios.get(f"our card / {name}")
        figures = (f"{each[key]:,.0f}" for key in ("apdus_per_s", "p50_us", "p99_us"))
        table.add_row(name, *figures, "" if share is None else f"{share:.2f} x")
    console.print(table)
    show_durable_steps(console, results["pin"])
    table = Table("target", title="Targets")
    for column in ("measured", "limit", ""):
        table.add_column(column, justify="right")
    for each in targets:
        target = Target(**{key: value for key, value in each.items() if key != "met"})
        digits = 2 if target.value < 10 else 0
        met = "[green]met[/]" if target.met else "[red]not met[/]"
        table.add_row(target.name, f"{target.value:,.{digits}f} {target.unit}", target.limit, met)
    console.print(table)


def show_durable_steps(console: Console, pin: object) -> None:
    """What a durable VERIFY costs beside a bare file, with a pause before each and without."""
    assert isinstance(pin, dict)
    table = Table("durable step", title="PIN: counted on disk before it is compared; a right one twice")
    for column in ("apart", "back to back"):
        table.add_column(column, justify="right")
    apart, dense = pin["durable"], pin["durable, back to back"]
    for name in apart:
        digits = 2 if " / " in name else 0
        table.add_row(name, f"{apart[name]:,.{digits}f}", f"{dense[name]:,.{digits}f}")
    console.print(table)


def main() -> None:
    """The command, and the parts it starts as processes of their own."""
    if len(sys.argv) > 1 and sys.argv[1] in PARTS:
        PARTS[sys.argv[1]](*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="ci/bench", description="Measures thnid on this machine.")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args()
    try:
        results = measure()
    except HarnessError as error:
        sys.exit(f"{error.message} {error.what_to_do}")
    except subprocess.CalledProcessError as error:  # it has said why on stderr
        sys.exit(f"{shlex.join(map(str, error.cmd))} ended with status {error.returncode}")
    if asked.json:
        print(json.dumps(results, indent=2))
    else:
        show(results)


if __name__ == "__main__":
    main()
