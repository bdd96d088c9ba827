"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.whole_file import replace_file, write_whole

BEFORE = b"what was there"
contents = st.one_of(st.binary(max_size=300), st.just(b"\r\n\x00" * 30_000))
modes = st.sampled_from([0o600, 0o640, 0o644, 0o400])
names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60
).filter(lambda name: name not in (".", "..") and len(name.encode()) <= 255)


class Interrupted(BaseException):
    """As Ctrl-C."""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def failing(step: str, error: BaseException) -> Iterator[None]:
    """``write``: the disk takes no byte; ``fsync``, ``fchmod`` and the rename fail likewise."""

    def fails(*_arguments: object, **_options: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        if step == "write":
            patch.setattr(os, "fdopen", _full_disk(error))
        else:
            patch.setattr(Path if step == "replace" else os, step, fails)
        yield


def _full_disk(error: BaseException) -> Callable[..., object]:
    really = os.fdopen

    def opened(descriptor: int, mode: str) -> object:
        file = really(descriptor, mode, buffering=0)

        class Full:
            def __enter__(self) -> Full:
                return self

            def __exit__(self, *_raised: object) -> None:
                file.close()

            def write(self, content: bytes) -> None:
                file.write(content[: len(content) // 2])
                raise error

        return Full()

    return opened


@given(content=contents, mode=st.none() | modes, name=names, there=st.booleans())
def test_any_bytes_are_there_whole(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, mode: int | None, name: str, there: bool
) -> None:
    path = tmp_path_factory.mktemp("whole") / name
    if there:
        path.write_bytes(BEFORE)
    replace_file(path, content, mode=mode)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]
    if mode is not None:
        assert mode_of(path) == mode


@given(
    content=contents,
    step=st.sampled_from(["write", "fsync", "fchmod", "replace"]),
    error=st.sampled_from([OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), Interrupted()]),
    there=st.booleans(),
)
def test_what_fails_leaves_what_was_there_and_no_draft(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, step: str, error: BaseException, there: bool
) -> None:
    path = tmp_path_factory.mktemp("whole") / "file"
    if there:
        path.write_bytes(BEFORE)
    with failing(step, error), pytest.raises(type(error)) as caught:
        replace_file(path, content, mode=0o600)
    assert [each.read_bytes() for each in path.parent.iterdir()] == [BEFORE] * there
    if isinstance(caught.value, OSError):
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))


def test_whoever_may_not_read_it_never_could(tmp_path: Path) -> None:
    seen: list[int] = []
    really = os.fchmod

    def remember(descriptor: int, mode: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        really(descriptor, mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fchmod", remember)
        replace_file(tmp_path / "file", b"x", mode=0o644)
    assert (seen, mode_of(tmp_path / "file")) == ([0o600], 0o644)


@pytest.mark.parametrize(("where", "number"), [("nowhere/file", errno.ENOENT), ("folder", errno.EISDIR)])
@pytest.mark.parametrize(
    "write", [lambda path: replace_file(path, b"x"), lambda path: write_whole(path, "x")]
)
def test_the_error_names_the_file_that_was_asked_for(
    tmp_path: Path, write: Callable[[Path], None], where: str, number: int
) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError) as caught:
        write(tmp_path / where)
    assert (caught.value.errno, caught.value.filename) == (number, str(tmp_path / where))
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_a_link_is_replaced_or_written_through(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(BEFORE)
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(link, "ใหม่")
    assert (link.is_symlink(), target.read_text(encoding="utf-8"), mode_of(target)) == (True, "ใหม่", 0o640)
    replace_file(link, b"x")
    assert (link.is_symlink(), link.read_bytes(), target.read_text(encoding="utf-8")) == (False, b"x", "ใหม่")


def test_a_link_that_leads_nowhere_yet_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "x"


def test_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_whole(pipe, "ข้อความ")
    reader.join()
    assert read == ["ข้อความ"] and stat.S_ISFIFO(pipe.stat().st_mode)
