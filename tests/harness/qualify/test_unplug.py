"""Unplugging the reader: idle, in a transaction and in mid-command; the criteria see it go and come back.

A virtual reader goes with its service, as the last reader of a Windows computer does: that is what HU-3 must tell.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from emulator.test_card import TestCard
from harness.bench import Bench
from harness.qualify.actuator import Actuator
from harness.qualify.calls import CallFailed
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import Family, Measurement
from harness.qualify.subject import Subject
from harness.qualify.verdict import Verdict, verdict_of
from harness.stack import Stack

pytestmark = pytest.mark.pcsc
UNPLUGGED = [name for name, each in CRITERIA.items() if each.family is Family.UNPLUG]


class Hub(Actuator):
    """Plugs the reader in and out, by ending and starting its stack; the card in it goes with it."""

    kind = "hub"
    precise = True
    can_pull_in_mid_apdu = True
    can_unplug = True

    def __init__(self) -> None:
        self.stack = Stack()
        self._bench: Bench | None = None
        self.replug()

    def insert(self) -> int | None:
        assert self._bench is not None
        self._bench.push()
        return time.monotonic_ns()

    def remove(self) -> int | None:
        assert self._bench is not None
        self._bench.pull()
        return time.monotonic_ns()

    def unplug(self) -> None:
        self.stack.stop()
        if self._bench is not None:
            self._bench.close()
            self._bench = None

    def replug(self) -> None:
        self.stack.start()
        self._bench = Bench(self.stack)
        self._bench.insert(TestCard())


@pytest.fixture
def subject() -> Iterator[Subject]:
    hub = Hub()
    subject = Subject(hub.stack.reader_names[0], actuator=hub, virtual_reader=True)
    subject.recognise()
    yield subject
    hub.unplug()


def verdicts(subject: Subject) -> dict[str, tuple[Verdict, Measurement]]:
    found = {}
    for name in UNPLUGGED:
        assert subject.unmet(CRITERIA[name].needs) is None
        measured = CRITERIA[name].measure(subject)
        found[name] = verdict_of(measured.value, CRITERIA[name].limits), measured
    return found


def test_a_reader_that_goes_and_comes_back(subject: Subject) -> None:
    found = verdicts(subject)
    bad = {name: each for name, each in found.items() if each[0] is not Verdict.PASS}
    assert len(found) == 10 and list(bad) == ["HU-3"], bad


def test_without_someone_who_unplugs_nothing_of_it_applies(subject: Subject) -> None:
    subject.actuator.can_unplug = False
    assert all(subject.unmet(CRITERIA[name].needs) is not None for name in UNPLUGGED)


def test_a_reader_that_has_gone_is_told_as_gone(subject: Subject) -> None:
    subject.actuator.unplug()
    with pytest.raises(CallFailed) as failed, subject.client() as client:
        client.state()
    assert failed.value.reader_gone
