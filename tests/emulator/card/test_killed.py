"""Processes killed at random instants; more of them: ``./ci/kills --kills N``."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from emulator.card import card_file
from emulator.card.card_file import open_card, read_card_file
from emulator.card.issue import card_from_seed, card_in_file
from emulator.card.nonvolatile import Counters

ROOT = Path(__file__).parents[3]
KILLS = 300
OLD, NEW = card_from_seed(7), card_from_seed(8)


def test_killed_at_random_instants() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.model.killing", "--kills", str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith(f"{KILLS} processes killed")
    hit = re.findall(r"^ *\d+  (.+)$", done.stdout, re.MULTILINE)
    assert len(hit) >= 8, hit  # it was not always the same place


# --- killed while a card is made --------------------------------------------------------------------------------------

MAKING = frozenset(
    name.__code__
    for name in (
        card_file.write_card_file,
        card_file._write_draft_first,
        card_file._open_draft,
        card_file._name_it,
        card_file._remove_dead_drafts,
    )
)


def killed_at_line(number: int, make: Callable[[], None]) -> bool:
    """Whether a process that runs ``make`` came to its ``number``-th line, where it is killed."""
    child = os.fork()
    if child == 0:
        left = number

        def trace(frame: FrameType, event: str, _argument: object) -> object:
            nonlocal left
            if frame.f_code not in MAKING:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)  # type: ignore[arg-type]
        try:
            make()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("nameless", [True, False])
@pytest.mark.parametrize("force", [False, True])
def test_killed_at_every_line_of_making_a_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool, force: bool
) -> None:
    """No card, the old one or the whole new one; what is left besides goes with the next card that is made there."""
    if not nameless:
        monkeypatch.setattr(card_file, "_OWN_DESCRIPTORS", tmp_path / "no such folder")
    path, seen = tmp_path / "a.card", set()
    for number in range(1, 200):
        path.unlink(missing_ok=True)
        if force:
            card_in_file(path, OLD)
        if not killed_at_line(number, lambda: card_in_file(path, NEW, force=force)):
            break
        left = [each for each in tmp_path.iterdir() if each != path]
        assert len(left) <= 1 and (not left or not nameless or force)
        if path.exists():
            found = read_card_file(path)
            assert found in ((OLD, Counters(0, 0, b"1234")), (NEW, Counters(0, 0, b"1234")))
            seen.add(found[0].serial)
            open_card(path).close()
        else:
            assert not force
            seen.add(b"")
        card_in_file(path, NEW, force=path.exists())  # nothing is in its way
        assert list(tmp_path.iterdir()) == [path]
    else:
        raise AssertionError("it never ends")
    assert number > 15 and seen == ({OLD.serial, NEW.serial} if force else {b"", NEW.serial})


def test_the_draft_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    descriptor, name = card_file._open_draft(path)
    if name is None:
        name = tmp_path / f".a.card.{16 * '0'}.draft"
        folder = os.open(tmp_path, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        card_file._name_it(descriptor, folder, name)
        os.close(folder)
    other = tmp_path / ".b.card.0123456789abcdef.draft"
    other.touch()
    card_in_file(path, NEW)
    assert name.exists() and other.exists()
    os.close(descriptor)
    card_in_file(path, NEW, force=True)
    assert not name.exists() and other.exists()
