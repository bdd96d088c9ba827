"""What else is served on this machine, for the pages that lead there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request

from emulator.offices.doors import address_of
from emulator.offices.hosts import is_loopback


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Name -> URL of ``screen``, ``agent`` and ``counter``, as far as they are there; looked at whenever a page is shown."""

    urls: Mapping[str, str]

    def told(self, request: Request) -> Mapping[str, str]:
        """They serve this machine only, so nobody else is told of them."""
        return dict(self.urls) if is_loopback(address_of(request)) else {}
