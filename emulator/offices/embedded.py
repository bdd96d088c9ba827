"""All three offices in this process, on a loopback port of their own, ready to be told who exists."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from apdu_specs import keys
from emulator.holders import Holder
from emulator.offices.app import build_app
from emulator.offices.attempts import Limits
from emulator.offices.caretaker import Caretaker
from emulator.offices.clock import Clock
from emulator.offices.hosts import KnownHosts
from emulator.offices.levels import DEFAULT_LEVEL, Levels
from emulator.offices.mail.delivery import SmtpServer
from emulator.offices.names import LONGEST_NAME
from emulator.offices.offices import open_offices
from emulator.offices.running import Running
from emulator.offices.server import OfficeServer

if TYPE_CHECKING:
    from emulator.offices.mail.catcher import MailCatcher

DEFAULT_NAME = "เจ้าหน้าที่ ทดสอบ"
DEFAULT_ORGANISATION = "99999"


class EmbeddedOffices(Running):
    """Registry office, authority and NHSO; a context manager that serves them on ``host``.

    ``database`` (file or URL) None keeps everything in memory. ``port`` 0 picks a free one. Seeding works before and while
    serving. ``pages``: also those for people. E-mail goes to ``smtp``, or to the ``catcher`` (started), which ``/mail`` shows;
    without either it waits in the outbox. ``host_names``: what the offices are called beside the names of this machine's
    loopback and ``host``; ``open_mail``: ``/mail`` is for other machines too. ``neighbours`` (name -> URL) may be filled at any time:
    what else the first page leads to. Raises DatabaseUnusable, DatabaseTooNew, PortTaken, PortNotAllowed, OfficesDidNotStart.
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
        counter_key: str | None = None,
        limits: Limits | None = None,
        test_mode: bool = False,
        levels: Levels | None = None,
        pages: bool = True,
        catcher: MailCatcher | None = None,
        smtp: SmtpServer | None = None,
        host_names: Iterable[str] = (),
        open_mail: bool = False,
    ) -> None:
        self.neighbours: dict[str, str] = {}
        self.offices = open_offices(
            master_key,
            database=database,
            clock=clock,
            barred_offices=barred_offices,
            counter_key=counter_key,
            limits=limits,
            test_mode=test_mode,
            levels=levels,
        )
        self.registry = self.offices.registry
        self.authority = self.offices.authority
        self.nhso = self.offices.nhso
        if smtp is None and catcher is not None:
            smtp = SmtpServer(catcher.host, catcher.port)
        self._caretaker = None
        if smtp is not None:
            self._caretaker = Caretaker(self.offices.rights, self.offices.mail, self.offices.clock, smtp)
        try:
            app = build_app(
                self.offices,
                pages=pages,
                catcher=catcher,
                open_mail=open_mail,
                hosts=KnownHosts(host, host_names),
                neighbours=self.neighbours,
            )
            self._server = OfficeServer(app, host=host, port=port)
        except BaseException:
            self.offices.close()
            raise

    @property
    def counter_key(self) -> str:
        """What a counter's program has to show."""
        return self.offices.counter_key

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
        if self._caretaker is not None:
            self._caretaker.start()
        return self

    def stop(self) -> None:
        """Stop serving and close the database. May be called twice."""
        if self._caretaker is not None:
            self._caretaker.stop()
        self._server.stop()
        self.offices.close()

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
        level: str = DEFAULT_LEVEL,
        name: str = DEFAULT_NAME,
        organisation: str = DEFAULT_ORGANISATION,
    ) -> None:
        """Grant an officer's right of one level, used today."""
        self.nhso.grant(citizen_id, name=name, organisation=organisation, level=level)

    def employ(
        self,
        holder: Holder,
        serial: bytes,
        *,
        level: str = DEFAULT_LEVEL,
        organisation: str = DEFAULT_ORGANISATION,
    ) -> None:
        """Make a virtual card's holder known: card, person, and an officer's right.

        A right that the officer has or had stays as it is. Raises Refused (card-replaced, serial-taken).
        """
        self.know_card(holder.citizen_id, serial)
        self.offices.citizens.admit_holder(holder)
        person = self.offices.citizens.search(holder.citizen_id)
        if person is not None and not self.nhso.knows(holder.citizen_id):
            name = f"{person.first_name} {person.last_name}".strip()[:LONGEST_NAME]
            self.grant(holder.citizen_id, level=level, name=name or DEFAULT_NAME, organisation=organisation)

    def revoke(self, citizen_id: str) -> None:
        """End an officer's right."""
        self.nhso.revoke(citizen_id)

    def set_idle_days(self, citizen_id: str, days: int) -> None:
        """Pretend that an officer last logged in ``days`` days ago."""
        self.nhso.set_idle_days(citizen_id, days)
