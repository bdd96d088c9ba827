"""``thnid office replace-card``: whatever fails at whichever step, the old file or the new one is there, whole."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from click.testing import CliRunner

from emulator.card import card_file
from emulator.card.card_file import read_card_file
from emulator.card.issue import card_from_seed, card_in_file, reissued
from emulator.errors import CardInUse
from harness.cli.main import command
from harness.officer.errors import ServiceUnreachable
from harness.officer.offices import RegistryClient

OLD, OTHER = card_from_seed(7), card_from_seed(9)
URL = "http://127.0.0.1:9"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.card"
    card_in_file(path, OLD, failures=5)
    return path


@pytest.fixture(params=[True, False], ids=["over a card", "new"])
def out(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the new card goes: a card is there already, or nothing is."""
    path = tmp_path / "out.card"
    if request.param:
        card_in_file(path, OTHER, failures=2)
    return path


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    """Replacements that the registry office agreed to."""
    agreed: list[tuple[bytes, bytes]] = []

    def agree(client: RegistryClient, citizen_id: str, old_serial: bytes, new_serial: bytes) -> None:
        agreed.append((old_serial, new_serial))

    monkeypatch.setattr(RegistryClient, "replace", agree)
    return agreed


def replace_card(old: Path, out: Path) -> BaseException | int | None:
    """Run it as a person would who wants ``out`` replaced; how it ended."""
    arguments = ["office", "replace-card", "--card", str(old), "--out", str(out), "--pin", "4321", "--force"]
    done = CliRunner().invoke(command, [*arguments, "--registry-url", URL], standalone_mode=False)
    return done.exception or done.return_value or done.exit_code


def content(path: Path) -> tuple[bytes, int] | None:
    return (path.read_bytes(), path.stat().st_ino) if path.exists() else None


def fails(*arguments: object, **options: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@contextmanager
def failing(target: object, name: str, otherwise: Callable[..., object] = fails) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, name, otherwise)
        yield


@pytest.mark.parametrize("step", ["write", "fsync", "link", "replace"])
def test_a_disk_that_fails_leaves_what_was_there(
    old: Path, out: Path, told: list[tuple[bytes, bytes]], step: str
) -> None:
    before, names = content(out), sorted(out.parent.iterdir())
    with failing(Path if step == "replace" else os, step):
        assert replace_card(old, out) not in (0, None)
    assert content(out) == before
    assert sorted(out.parent.iterdir()) == names
    assert bool(told) == (step == "replace")  # before that, the office was not even asked


@pytest.mark.parametrize(
    "refusal",
    [ServiceUnreachable(RegistryClient.service), KeyboardInterrupt()],
    ids=["office down", "Ctrl-C"],
)
def test_an_office_that_does_not_agree_leaves_what_was_there(
    old: Path, out: Path, refusal: BaseException
) -> None:
    before, names = content(out), sorted(out.parent.iterdir())

    def refuses(*arguments: object) -> None:
        assert content(out) == before  # not even meanwhile
        raise refusal

    with failing(RegistryClient, "replace", refuses):
        assert replace_card(old, out) not in (0, None)
    assert content(out) == before
    assert sorted(out.parent.iterdir()) == names


def test_the_office_is_asked_when_the_new_card_is_on_disk(
    old: Path, out: Path, told: list[tuple[bytes, bytes]]
) -> None:
    flushed: list[bool] = []
    fsync = os.fsync

    def remember(descriptor: int) -> None:
        fsync(descriptor)
        flushed.append(bool(told))

    with failing(os, "fsync", remember):
        assert replace_card(old, out) == 0
    assert flushed == [False, True]  # the card before, the folder after
    assert told == [(OLD.serial, reissued(OLD).serial)]
    card, counters = read_card_file(out)
    assert (card.serial, counters.failures, counters.pin) == (reissued(OLD).serial, 0, b"4321")
    assert read_card_file(old)[1].failures == 5


def test_the_card_itself_may_be_replaced_in_its_place(old: Path, told: list[tuple[bytes, bytes]]) -> None:
    assert replace_card(old, old) == 0
    assert read_card_file(old)[0].serial == reissued(OLD).serial


def test_a_card_in_use_is_not_replaced_and_the_office_not_asked(
    old: Path, tmp_path: Path, told: list[tuple[bytes, bytes]]
) -> None:
    held = card_file.open_card(old)
    assert replace_card(old, old) == CardInUse.exit_status
    held.close()
    assert told == []


# --- killed -----------------------------------------------------------------------------------------------------------

TRACED = ("/emulator/card/card_file.py", "/harness/cli/office.py")


def killed_at(last: int, old: Path, out: Path) -> int:
    """The status of a process that is killed when it has come to so many lines of the making."""
    child = os.fork()
    if child == 0:
        lines = 0

        def count(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal lines
            if not frame.f_code.co_filename.endswith(TRACED):
                return None
            lines += event == "line"
            if lines == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return count

        ended: object = 1
        try:
            sys.settrace(count)
            ended = replace_card(old, out)
        finally:
            os._exit(ended if isinstance(ended, int) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("agrees", [True, False], ids=["the office agrees", "the office refuses"])
def test_killed_in_the_making(
    tmp_path: Path, told: list[tuple[bytes, bytes]], monkeypatch: pytest.MonkeyPatch, agrees: bool
) -> None:
    """At instants five lines apart; the making of a card file alone is killed at every line elsewhere."""

    def refuse(*arguments: object) -> None:
        raise ServiceUnreachable(RegistryClient.service)

    if not agrees:
        monkeypatch.setattr(RegistryClient, "replace", refuse)
    old, out, other = tmp_path / "old.card", tmp_path / "out.card", tmp_path / "other.card"
    card_in_file(old, OLD, failures=5)
    card_in_file(other, OTHER, failures=2)
    whole, serials, ended = other.read_bytes(), [], None
    for last in range(1, 10_000, 5):
        out.write_bytes(whole)
        ended = killed_at(last, old, out)
        card, counters = read_card_file(out)
        assert (card.serial, counters.failures) in ((OTHER.serial, 2), (reissued(OLD).serial, 0))
        serials.append(card.serial)
        if ended != -signal.SIGKILL:
            break
    assert (ended == 0) == agrees
    assert serials == sorted(
        serials, key=lambda serial: serial != OTHER.serial
    )  # first the old one, then the new
    assert set(serials) == ({OTHER.serial, reissued(OLD).serial} if agrees else {OTHER.serial})
