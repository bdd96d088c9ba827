"""Whatever runs beside its caller: started on entering a ``with`` block, stopped on leaving it, however it is left."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Running(ABC):
    """A context manager of ``start`` and ``stop``; either may also be called by itself."""

    @abstractmethod
    def start(self) -> Self:
        """Return when it runs."""

    @abstractmethod
    def stop(self) -> None:
        """Return when it has ended. May be called twice."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
