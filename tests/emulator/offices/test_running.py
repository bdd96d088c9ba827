"""What a ``with`` block starts, it stops."""

from __future__ import annotations

from typing import Self

import pytest

from emulator.offices.running import Running


class Told(Running):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self) -> Self:
        self.calls.append("start")
        return self

    def stop(self) -> None:
        self.calls.append("stop")


def test_it_is_stopped_however_the_block_is_left() -> None:
    told = Told()
    with told as entered:
        assert entered is told and told.calls == ["start"]
    assert told.calls == ["start", "stop"]
    with pytest.raises(ZeroDivisionError), told:
        raise ZeroDivisionError
    assert told.calls == ["start", "stop"] * 2


def test_what_does_not_start_is_not_stopped() -> None:
    class Broken(Told):
        def start(self) -> Self:
            raise OSError

    broken = Broken()
    with pytest.raises(OSError), broken:
        pass
    assert broken.calls == []
