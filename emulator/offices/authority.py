"""The authority: gives challenges (action 9080), checks what the card answers and gives TKeys (action 9081).

Actions, message fields and reply codes are public; the cryptogram behind them is ours (``apdu_specs.keys``).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import delete, update

from apdu_specs import keys, replies
from apdu_specs.adm import MATCHED
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.registry_office import Standing
from emulator.offices.storage import Challenge, ConfirmedIdentity, Storage, digest

CHALLENGE_LIFE = timedelta(seconds=60)  # assumed
TKEY_LIFE = timedelta(minutes=5)  # assumed
NO_OFFICE = " " * 5
"""The published 9080 message carries an office of 5 digits, or five spaces."""

_KEEP_EXPIRED = timedelta(minutes=10)  # long enough to tell "too late" from "never heard of it"


class CardRegister(Protocol):
    """All that the authority asks of the registry office."""

    def standing(self, citizen_id: str, serial: bytes) -> Standing: ...


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What action 9081 brings: who, which card, the challenge and the card's answer (32 bytes each).

    ``office`` is None when the message does not say it (the published one does not); then it is not compared.
    """

    citizen_id: str
    serial: bytes
    xkey: bytes
    key_id: int
    match_status: int
    cryptogram: bytes
    office: str | None = None


class Authority:
    """Confirms that the citizen's latest card, opened by its PIN, answered a fresh challenge."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        cards: CardRegister,
        master_key: bytes,
        *,
        barred_offices: frozenset[str] = frozenset(),
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._cards = cards
        self._master_key = master_key
        self._barred_offices = barred_offices

    def challenge(self, citizen_id: str, serial: bytes, office: str) -> bytes:
        """Action 9080: a new XKey (32 bytes) bound to citizen, card and office, good once and for 60 s.

        Raises Refused (95004, 95001, 90009, 95002).
        """
        if office in self._barred_offices:
            raise Refused(replies.OFFICE_BARRED)
        self._insist_on_latest(citizen_id, serial)
        now = self._clock.now()
        xkey = secrets.token_bytes(keys.CHALLENGE_LENGTH)
        with self._storage.transaction() as session:
            session.execute(delete(Challenge).where(Challenge.expires_at < now - _KEEP_EXPIRED))
            session.add(
                Challenge(
                    xkey=xkey, citizen_id=citizen_id, serial=serial, office=office,
                    expires_at=now + CHALLENGE_LIFE, used_at=None,
                )
            )  # fmt: skip
        return xkey

    def confirm(self, confirmation: Confirmation) -> str:
        """Action 9081: check the card's answer and give a TKey (32 characters, opaque, good for 5 minutes).

        The challenge is spent by asking, whatever comes of it. Raises Refused (95003, 90012, 95001, 90009,
        95002, 90090, 90045). Any agency's key id will do, as long as the cryptogram was made for it (assumed).
        """
        challenge = self._spend(confirmation.xkey)
        self._insist_on_binding(challenge, confirmation)
        self._insist_on_latest(confirmation.citizen_id, confirmation.serial)
        if confirmation.match_status != MATCHED:
            raise Refused(replies.PIN_NOT_MATCHED)
        if not hmac.compare_digest(self._expected(confirmation), confirmation.cryptogram):
            raise Refused(replies.CRYPTOGRAM_MISMATCH)
        return self._give_tkey(challenge)

    def who(self, tkey: str) -> str | None:
        """The citizen id a TKey confirms; None if it is unknown, too old, or its card was replaced since."""
        with self._storage.transaction() as session:
            identity = session.get(ConfirmedIdentity, digest(tkey))
        if identity is None or identity.expires_at <= self._clock.now():
            return None
        if self._cards.standing(identity.citizen_id, identity.serial) is not Standing.LATEST:
            return None
        return identity.citizen_id

    def _spend(self, xkey: bytes) -> Challenge:
        # One conditional UPDATE decides who was first; it is committed before anything is judged, so that a
        # refused answer cannot be tried again with the same challenge.
        spend = update(Challenge).where(Challenge.xkey == xkey, Challenge.used_at.is_(None))
        with self._storage.transaction() as session:
            spent: Challenge | None = session.scalar(
                spend.values(used_at=self._clock.now()).returning(Challenge)
            )
        if spent is None:
            raise Refused(replies.CHALLENGE_NOT_VALID)
        return spent

    def _insist_on_binding(self, challenge: Challenge, confirmation: Confirmation) -> None:
        bound_elsewhere = (
            challenge.citizen_id != confirmation.citizen_id
            or challenge.serial != confirmation.serial
            or (confirmation.office is not None and challenge.office != confirmation.office)
        )
        if bound_elsewhere:
            raise Refused(replies.CHALLENGE_NOT_VALID)
        if challenge.expires_at <= self._clock.now():
            raise Refused(replies.CHALLENGE_EXPIRED)

    def _insist_on_latest(self, citizen_id: str, serial: bytes) -> None:
        match self._cards.standing(citizen_id, serial):
            case Standing.LATEST:
                return
            case Standing.REPLACED:
                raise Refused(replies.CARD_NOT_LATEST)
            case Standing.UNKNOWN_CARD:
                raise Refused(replies.CARD_NOT_ON_FILE)
            case Standing.UNKNOWN_CITIZEN:
                raise Refused(replies.CITIZEN_NOT_REGISTERED)

    def _expected(self, confirmation: Confirmation) -> bytes:
        return keys.match_cryptogram(
            keys.card_key(self._master_key, confirmation.citizen_id, confirmation.serial),
            challenge=confirmation.xkey,
            citizen_id=confirmation.citizen_id,
            serial=confirmation.serial,
            key_id=confirmation.key_id,
            match_status=confirmation.match_status,
        )

    def _give_tkey(self, challenge: Challenge) -> str:
        now = self._clock.now()
        tkey = secrets.token_hex(16)
        with self._storage.transaction() as session:
            session.execute(delete(ConfirmedIdentity).where(ConfirmedIdentity.expires_at <= now))
            session.add(
                ConfirmedIdentity(
                    tkey_digest=digest(tkey), citizen_id=challenge.citizen_id, serial=challenge.serial,
                    office=challenge.office, expires_at=now + TKEY_LIFE,
                )
            )  # fmt: skip
        return tkey
