"""All three offices in this process, on a loopback port of their own, ready to be told who exists."""

from __future__ import annotations

import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from apdu_specs import keys
from emulator.offices.app import build_app
from emulator.offices.authority import Authority
from emulator.offices.clock import Clock, SystemClock
from emulator.offices.erm import Level
from emulator.offices.nhso import Nhso
from emulator.offices.registry_office import RegistryOffice
from emulator.offices.server import OfficeServer
from emulator.offices.storage import Storage

DEFAULT_NAME = "เจ้าหน้าที่ ทดสอบ"
DEFAULT_ORGANISATION = "99999"


class EmbeddedOffices:
    """Registry office, authority and NHSO; a context manager that serves them on ``host``.

    ``database`` None keeps everything in memory. ``port`` 0 picks a free one. Seeding works before and while
    serving. Raises DatabaseUnusable, PortTaken, PortNotAllowed, OfficesDidNotStart.
    """

    def __init__(
        self,
        master_key: bytes = keys.SPECIMEN_MASTER_KEY,
        *,
        database: Path | str | None = None,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        barred_offices: frozenset[str] = frozenset(),
    ) -> None:
        clock = clock or SystemClock()
        self._storage = Storage(None if database is None else Path(database))
        self.registry = RegistryOffice(self._storage, clock, master_key)
        self.authority = Authority(
            self._storage, clock, self.registry, master_key, barred_offices=barred_offices
        )
        self.nhso = Nhso(self._storage, clock, self.authority)
        try:
            self._server = OfficeServer(
                build_app(self.registry, self.authority, self.nhso), host=host, port=port
            )
        except BaseException:
            self._storage.close()
            raise

    @property
    def url(self) -> str:
        """Where all three are, without a trailing slash."""
        return self._server.url

    @property
    def registry_url(self) -> str:
        return f"{self.url}/registry"

    @property
    def authority_url(self) -> str:
        return f"{self.url}/authority"

    @property
    def nhso_url(self) -> str:
        return f"{self.url}/nhso"

    def start(self) -> Self:
        """Return when the offices answer."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving and close the database. May be called twice."""
        self._server.stop()
        self._storage.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def know_card(self, citizen_id: str, serial: bytes) -> None:
        """Make this the citizen's latest card. Raises Refused if it was replaced or is somebody else's."""
        self.registry.know_card(citizen_id, serial)

    def replace_card(self, citizen_id: str, old_serial: bytes, new_serial: bytes | None = None) -> bytes:
        """Replace a card, by a new virtual serial if none is given; gives the new serial (8 bytes)."""
        if new_serial is None:
            rest = keys.SERIAL_LENGTH - len(keys.VIRTUAL_SERIAL_MARK)
            new_serial = keys.VIRTUAL_SERIAL_MARK + secrets.token_bytes(rest)
        self.registry.replace_card(citizen_id, old_serial, new_serial)
        return new_serial

    def grant(
        self,
        citizen_id: str,
        *,
        level: Level | str = Level.REGISTER,
        name: str = DEFAULT_NAME,
        organisation: str = DEFAULT_ORGANISATION,
    ) -> None:
        """Grant an officer's right of one level, used today."""
        self.nhso.grant(citizen_id, name=name, organisation=organisation, level=Level(level))

    def revoke(self, citizen_id: str) -> None:
        """End an officer's right."""
        self.nhso.revoke(citizen_id)

    def set_idle_days(self, citizen_id: str, days: int) -> None:
        """Pretend that an officer last logged in ``days`` days ago."""
        self.nhso.set_idle_days(citizen_id, days)
