"""Who may see caught e-mail: it carries what only an officer is to know."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from emulator.offices.doors import address_of
from emulator.offices.hosts import is_loopback


@dataclass(frozen=True, slots=True)
class MailDoor:
    """Lets this machine in, or everybody."""

    open_to_all: bool = False

    def lets_in(self, request: Request) -> bool:
        """Whether whoever asks may see caught e-mail."""
        return self.open_to_all or is_loopback(address_of(request))
