"""How often a login may be refused before whoever tries has to wait: per person and per address.

Only refusals count, so nobody who logs in is ever slowed down. Letters, which anybody may send, count when they are
received. All is kept in the database, so that two servers count together and a restart forgives nothing. The figures
are ``assumed``.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, delete, or_, select

from apdu_specs import replies
from apdu_specs.replies import Reason
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.storage import Storage, table_of
from emulator.offices.tables.attempts import RefusedAttempt

_KEY_PURPOSE = b"thnid refused attempts"


_ATTEMPTS = table_of(RefusedAttempt)
_RECENT = (
    select(_ATTEMPTS.c.who, _ATTEMPTS.c.at)
    .where(or_(_ATTEMPTS.c.who == bindparam("one"), _ATTEMPTS.c.who == bindparam("other")))
    .where(_ATTEMPTS.c.at > bindparam("since"))
    .order_by(_ATTEMPTS.c.at.desc())
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many refusals a person and an address may collect within ``window``, and letters an address may send."""

    per_person: int = 10
    per_address: int = 100
    letters_per_address: int = 30
    window: timedelta = timedelta(minutes=1)


class Attempts:
    """Counts refused logins and turns away whoever has too many."""

    def __init__(self, storage: Storage, clock: Clock, key: bytes, limits: Limits | None = None) -> None:
        """``key``: at least 16 bytes, the same for all servers of a database; addresses and people are kept as
        digests made with it."""
        self._storage = storage
        self._clock = clock
        self._key = hmac.digest(key, _KEY_PURPOSE, "sha256")
        self._limits = limits or Limits()

    @contextmanager
    def counted(self, person: str | None, address: str | None) -> Iterator[None]:
        """Around a login: a refusal inside counts against person and address.

        Raises Refused (too-many-attempts, with ``retry_after`` in seconds) instead of trying when one has too
        many already; that itself does not count.
        """
        tried_by = self._tried_by(person, address)
        self._insist_on_patience(tried_by, replies.TOO_MANY_ATTEMPTS)
        try:
            yield
        except Refused:
            self._remember(list(tried_by))
            raise

    @contextmanager
    def letter(self, address: str | None) -> Iterator[None]:
        """Around receiving a letter: one that is received counts against its address, one with faults does not.

        Raises Refused (too-many-letters, with ``retry_after``) instead of receiving when there were too many.
        """
        sent_by = (
            {}
            if address is None
            else {self._digest("letters from", address): self._limits.letters_per_address}
        )
        self._insist_on_patience(sent_by, replies.TOO_MANY_LETTERS)
        yield
        self._remember(list(sent_by))

    def _tried_by(self, person: str | None, address: str | None) -> dict[bytes, int]:
        named = (
            ("person", person, self._limits.per_person),
            ("address", address, self._limits.per_address),
        )
        return {self._digest(kind, who): limit for kind, who, limit in named if who is not None}

    def _digest(self, kind: str, who: str) -> bytes:
        return hmac.digest(self._key, f"{kind} {who}".encode(), "sha256")[:16]

    def _insist_on_patience(self, tried_by: dict[bytes, int], otherwise: Reason) -> None:
        now = self._clock.now()
        first, *others = tried_by or [b""]
        wanted = {"one": first, "other": (others or [first])[0], "since": now - self._limits.window}
        with self._storage.looking() as connection:
            recent = connection.execute(_RECENT, wanted).all()
        waits = []
        for who, limit in tried_by.items():
            times = [attempt.at for attempt in recent if attempt.who == who]
            if len(times) >= limit:
                # When the oldest of those that fill the limit is forgotten, there is room for one again.
                waits.append(times[limit - 1] + self._limits.window - now)
        if waits:
            seconds = max(1, math.ceil(max(waits).total_seconds()))
            raise Refused(otherwise, retry_after=seconds)

    def _remember(self, tried_by: list[bytes]) -> None:
        now = self._clock.now()
        with self._storage.transaction() as session:
            session.execute(delete(RefusedAttempt).where(RefusedAttempt.at <= now - self._limits.window))
            session.add_all(RefusedAttempt(who=who, at=now) for who in tried_by)
