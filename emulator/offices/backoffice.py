"""A whole office in one process: every service of the offices on one port, seeded with people and a hospital's token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from apdu_specs import keys, ucws
from emulator.holders import Holder
from emulator.offices.citizens.hospitals import hospitals
from emulator.offices.embedded import EmbeddedOffices
from emulator.offices.errors import Refused
from emulator.offices.mail.catcher import MailCatcher
from emulator.offices.ports import MAIL_PORT, OFFICES_PORT
from emulator.offices.running import Running
from emulator.offices.staff.accounts import NewAccount

POPULATION_SEED = 1
OFFICERS_LEVEL = "authenticate"
"""The one that may do everything."""

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class Service:
    """One service as programs reach it on this machine. ``name`` is for programs, ``url`` has no trailing slash."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a back office was started with. ``people`` were not on file before."""

    people: int
    hospital: str
    hospital_token: str = field(repr=False)


class Backoffice(Running):
    """The offices with what makes them a place to work at; a context manager that serves them on ``host``.

    ``database`` (file or URL) None keeps everything in memory. ``port`` 0 picks a free one. E-mail is caught
    on ``mail_port`` of loopback, kept in the database and shown at ``/mail`` (``open_mail``: to other machines too). ``host_names``: what programs of other
    machines call this one. What is seeded again is what was there before: a restart on the same database changes nothing.

    Raises DatabaseUnusable, DatabaseTooNew, PortTaken, PortNotAllowed, OfficesDidNotStart.
    """

    def __init__(
        self,
        master_key: bytes = keys.SPECIMEN_MASTER_KEY,
        *,
        database: Path | str | None = None,
        host: str = "127.0.0.1",
        port: int = OFFICES_PORT,
        counter_key: str | None = None,
        mail_port: int = MAIL_PORT,
        test_mode: bool = False,
        host_names: Iterable[str] = (),
        open_mail: bool = False,
    ) -> None:
        self.catcher = MailCatcher(port=mail_port, database=database).start()
        try:
            self._embedded = EmbeddedOffices(
                master_key,
                database=database,
                host=host,
                port=port,
                counter_key=counter_key,
                test_mode=test_mode,
                catcher=self.catcher,
                host_names=host_names,
                open_mail=open_mail,
            )
        except BaseException:
            self.catcher.stop()
            raise
        self.offices = self._embedded.offices
        self.hospital = hospitals()[0].code

    @property
    def counter_key(self) -> str:
        """What a counter's program has to show."""
        return self._embedded.counter_key

    @property
    def url(self) -> str:
        """Where the offices are reached from this machine, without a trailing slash."""
        return reachable(self._embedded.url)

    @property
    def services(self) -> tuple[Service, ...]:
        """All that answers at ``url``, and the mail catcher."""
        ours = {
            "registry": "/registry",
            "authority": "/authority",
            "nhso": "/nhso",
            "ucws": ucws.PATH,
            "srm": "",
            "pages": "",
            "mail": "/mail",
        }
        catcher = Service("smtp", f"smtp://{self.catcher.host}:{self.catcher.port}")
        return (*(Service(name, self.url + path) for name, path in ours.items()), catcher)

    def seed(self, people: int, *, seed: int = POPULATION_SEED, hospital_token: str | None = None) -> Seeded:
        """Put ``people`` citizens on file and give the hospital its token. Raises ValueError as ``populate`` does,
        and DatabaseUnusable where they find no room.
        """
        added = self.offices.citizens.populate(seed, people)
        desk = self.offices.agent_desk
        if hospital_token is None:
            hospital_token = desk.issue_token(self.hospital)
        else:
            desk.accept_token(self.hospital, hospital_token)
        return Seeded(added, self.hospital, hospital_token)

    def hire(self) -> tuple[NewAccount, ...]:
        """Give the offices the accounts of their staff that are missing. Their passwords are told this once."""
        return self.offices.staff.seed()

    def employ(self, holder: Holder, serial: bytes) -> None:
        """Make a virtual card's holder a citizen on file and an officer of the hospital, with the card as the latest.

        Raises Refused (card-replaced, serial-taken).
        """
        self._embedded.employ(holder, serial, organisation=self.hospital, level=OFFICERS_LEVEL)

    def meet(self, holder: Holder, serial: bytes) -> None:
        """Make a virtual card's holder a citizen on file, with the card as the latest unless an office says otherwise.

        No right to log in comes of it.
        """
        self.offices.citizens.admit_holder(holder)
        with suppress(Refused):  # it was replaced: it stays refused everywhere
            self._embedded.know_card(holder.citizen_id, serial)

    def neighbours(self, urls: Mapping[str, str]) -> None:
        """Tell the first page what else is served on this machine: ``screen``, ``agent``, ``counter`` -> URL."""
        self._embedded.neighbours.update(urls)

    def start(self) -> Self:
        """Return when the offices answer."""
        self._embedded.start()
        return self

    def stop(self) -> None:
        """Stop serving and close the database. May be called twice."""
        self._embedded.stop()
        self.catcher.stop()


def reachable(url: str) -> str:
    """The address by which this machine itself reaches a server, also one that listens on every address."""
    parts = urlsplit(url)
    host = _EVERYWHERE.get(parts.hostname or "", parts.hostname or "")
    shown = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=f"{shown}:{parts.port}"))
