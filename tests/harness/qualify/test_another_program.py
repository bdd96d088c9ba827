"""Another program that uses the card spoils a measurement; it never makes a reader fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from apdu_specs.language import Text
from harness.bench import Bench
from harness.errors import HarnessError, ReaderBusy
from harness.qualify.calls import CallFailed, Client
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import Criterion, Measurement
from harness.qualify.record import Record
from harness.qualify.runner import Campaign
from harness.qualify.subject import CardFacts, Subject
from harness.qualify.verdict import Verdict
from harness.stack import Stack
from harness.terminals import scard
from harness.terminals.scard import Disposition, Presence, ReaderStatus, ResultCode, Share
from tests.harness.echo_card import ATR, LONG_READ, EchoCard
from tests.harness.qualify.test_campaign import criterion


@pytest.fixture
def subject() -> Iterator[Subject]:
    with Stack() as stack, Bench(stack) as bench:
        bench.insert(EchoCard(ATR))
        yield Subject(stack.reader_names[0], card=CardFacts(present=True, atr=ATR))


def judged(subject: Subject, each: Criterion, folder: Path) -> tuple[Verdict, str]:
    verdict, _, reason = Campaign(subject, CRITERIA, Record.begin(folder, {})).judged(each)
    return verdict, "" if reason is None else reason.en


@pytest.mark.pcsc
@pytest.mark.parametrize("name", ["SH-1", "SH-24"])
def test_a_card_that_another_program_shares(name: str, subject: Subject, tmp_path: Path) -> None:
    assert judged(subject, CRITERIA[name], tmp_path / "alone") == (Verdict.PASS, "")
    with subject.connection():
        verdict, reason = judged(subject, CRITERIA[name], tmp_path / "beside")
    assert verdict is Verdict.INCOMPLETE and reason.startswith("Another program holds the card")


@pytest.mark.pcsc
def test_a_card_that_another_program_has_to_itself_or_resets(subject: Subject, tmp_path: Path) -> None:
    def looks(tried: Subject) -> Measurement:
        with tried.connection():
            return Measurement(0)

    def is_reset(tried: Subject) -> Measurement:
        with tried.connection() as connection, tried.connection() as other:
            other.reconnect(Disposition.RESET)
            connection.send(LONG_READ)
            return Measurement(0)

    with subject.connection(Share.EXCLUSIVE):
        verdict, reason = judged(subject, criterion("A-1", looks), tmp_path / "a")
    assert verdict is Verdict.INCOMPLETE and "holds the card" in reason
    verdict, reason = judged(subject, criterion("A-2", is_reset), tmp_path / "b")
    assert verdict is Verdict.INCOMPLETE and "reset the card" in reason


@pytest.mark.parametrize(
    "problem",
    [
        CallFailed(ResultCode.SHARING_VIOLATION, "SCardConnect"),
        CallFailed(ResultCode.RESET_CARD, "SCardTransmit"),
        ReaderBusy("R", pcsc_code=ResultCode.SHARING_VIOLATION),
    ],
)
def test_what_pcsc_says_of_others_is_incomplete(problem: CallFailed | HarnessError, tmp_path: Path) -> None:
    def refused(_: Subject) -> Measurement:
        raise problem

    verdict, reason = judged(Subject("none"), criterion("A-1", refused), tmp_path)
    assert verdict is Verdict.INCOMPLETE and "Another program" in reason


def test_a_refusal_without_another_program_is_the_reader_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Subject) -> Measurement:
        return Measurement("SHARING_VIOLATION", Text("x", "x"))

    def nobody(_: Subject) -> None:
        raise CallFailed(ResultCode.NO_SERVICE, "SCardEstablishContext")

    monkeypatch.setattr(Subject, "client", nobody)
    assert judged(Subject("none"), criterion("A-1", refused), tmp_path)[0] is Verdict.FAIL


@pytest.mark.pcsc
@pytest.mark.parametrize(("times", "expected"), [(3, Verdict.PASS), (20, Verdict.INCOMPLETE)])
def test_a_wait_that_another_program_ends_was_not_cancelled(
    times: int, expected: Verdict, subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That a program lets the card go is news of the reader: the wait ends with it before anybody cancels."""
    state = Client.state
    leaving = iter(range(times))

    def seen_in_use(client: Client) -> ReaderStatus:
        if next(leaving, None) is None:
            return state(client)
        with subject.connection():
            return state(client)

    monkeypatch.setattr(Client, "state", seen_in_use)
    verdict, reason = judged(subject, CRITERIA["SH-16"], tmp_path)
    assert verdict is expected
    assert reason.startswith("Another program used the reader") is (expected is Verdict.INCOMPLETE)


@pytest.mark.pcsc
def test_a_wait_that_ends_without_news_when_it_is_cancelled_fails(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = scard.wait

    def told_success(context: int, known: Sequence[tuple[str, int]], timeout_s: float) -> list[ReaderStatus]:
        try:
            return wait(context, known, timeout_s)
        except scard.Code:
            return [ReaderStatus(name, state | Presence.CHANGED, ATR) for name, state in known]

    monkeypatch.setattr(scard, "wait", told_success)
    assert judged(subject, CRITERIA["SH-16"], tmp_path)[0] is Verdict.FAIL
