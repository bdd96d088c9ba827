"""A reader or card that misbehaves leaves a record that says so; no card that has left is reset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.zoo import apply_faults
from harness.bench import Bench
from harness.qualify.calls import SUCCESS
from harness.qualify.subject import Subject
from harness.stack import Stack
from harness.terminals.scard import Disposition, ResultCode
from tests.harness.cli.program import PROGRAM, thnid
from tests.harness.echo_card import ATR, LONG_ANSWER, LONG_READ, EchoCard

pytestmark = pytest.mark.pcsc


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Stack() as stack, Bench(stack) as bench:
        yield bench


@pytest.fixture
def subject(bench: Bench) -> Subject:
    return Subject(bench._stack.reader_names[0])


@pytest.mark.parametrize("disposition", [Disposition.RESET, Disposition.UNPOWER])
def test_a_card_that_has_left_is_not_reset(bench: Bench, subject: Subject, disposition: Disposition) -> None:
    bench.insert(EchoCard(ATR))
    with subject.connection() as connection:
        assert connection.transmit(LONG_READ) == (SUCCESS, LONG_ANSWER) and not connection.left
        bench.pull()
        connection.transmit(LONG_READ)
        assert connection.left
        assert connection.reconnect(disposition) == ResultCode.REMOVED_CARD
        connection.disconnect(disposition)
    bench.push()
    with subject.client() as client:
        status = client.await_presence(True, client.state(), 5.0)
        assert status is not None and status.atr == ATR
        assert client.connect().transmit(LONG_READ) == (SUCCESS, LONG_ANSWER)


def test_a_card_that_leaves_at_the_first_look_is_trouble_not_the_end(bench: Bench, subject: Subject) -> None:
    bench.insert(apply_faults(EchoCard(ATR), ["removed=1"]))
    card = subject.recognise()
    assert (card.present, card.atr, card.thai) == (True, ATR, False)
    assert [each.en for each in subject.troubles] == ["SCardTransmit gave REMOVED_CARD."]


@pytest.mark.parametrize("fault", ["silent=0", "removed=1"])
def test_a_card_that_fails_at_once_leaves_a_record(fault: str, tmp_path: Path) -> None:
    # The soak has the fewest criteria, and a silent card takes its time with each.
    done = thnid(
        *("run", "--fault", fault, "--", str(PROGRAM), "qualify", "run", "--report", "r"),
        *("--profile", "soak", "--soak-seconds", "1"),
        cwd=tmp_path,
    )
    document = json.loads((tmp_path / "r" / "record.json").read_text(encoding="utf-8"))
    assert (document["verdict"], done.returncode, document["remaining"]) == ("fail", 1, [])
    assert "TX-13" in {each["criterion"] for each in document["results"] if each["verdict"] == "fail"}
