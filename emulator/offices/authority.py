"""The authority: challenges (action 9080), TKeys for right answers (9081), services for who holds one (5000, 5090).

Actions, message fields and reply codes are public; the cryptogram behind them is ours (``apdu_specs.keys``), and
so is which code is given in which corner (``assumed`` where ``apdu_specs.replies`` says so).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from apdu_specs import keys, replies
from apdu_specs.adm import MATCHED
from emulator.offices.audit import AuditLog, Details
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.registry_office import Standing
from emulator.offices.storage import Storage, digest, table_of
from emulator.offices.tables.authority import Challenge, ConfirmedIdentity, Consent

CHALLENGE_LIFE = timedelta(seconds=60)  # assumed
TKEY_LIFE = timedelta(minutes=5)  # assumed
CARD_SERVICE = ("01", "001")
"""The one service (version, number) behind action 5000: what the registry office knows of cards (assumed)."""

_KEEP_EXPIRED = timedelta(minutes=10)  # long enough to tell "too late" from "never heard of it"


_SWEEP_EVERY = timedelta(minutes=1)

# What every login needs, made once.
_CHALLENGES, _IDENTITIES = table_of(Challenge), table_of(ConfirmedIdentity)
_ADD_CHALLENGE, _ADD_IDENTITY = insert(_CHALLENGES), insert(_IDENTITIES)
_SPEND = (
    update(_CHALLENGES)
    .where(_CHALLENGES.c.xkey == bindparam("the_xkey"), _CHALLENGES.c.used_at.is_(None))
    .values(used_at=bindparam("used_at"))
    .returning(*_CHALLENGES.c)
)
_IDENTITY = select(_IDENTITIES).where(_IDENTITIES.c.tkey_digest == bindparam("tkey_digest"))


class CardRegister(Protocol):
    """All that the authority asks of the registry office."""

    def standing_in(self, connection: Connection, citizen_id: str, serial: bytes) -> Standing: ...

    def particulars(self, session: Session, citizen_id: str) -> dict[str, object] | None: ...


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


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """What action 5000 brings: who asks from where, which service, about whom."""

    tkey: str
    office: str
    version: str
    service: str
    citizen_id: str


class Authority:
    """Confirms that the citizen's latest card, opened by its PIN, answered a fresh challenge."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        audit: AuditLog,
        cards: CardRegister,
        master_key: bytes,
        *,
        barred_offices: frozenset[str] = frozenset(),
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._audit = audit
        self._cards = cards
        self._master_key = master_key
        self._barred_offices = barred_offices
        self._next_sweep = clock.now() + _SWEEP_EVERY

    def challenge(self, citizen_id: str, serial: bytes, office: str) -> bytes:
        """Action 9080: a new XKey bound to citizen, card and office, good once and for 60 s.

        It is 32 bytes, all of them hexadecimal digits in ASCII: the published message carries 32 characters, and
        the card is given these characters' codes. Raises Refused (95004, 95001, 90009, 95002).
        """
        xkey = secrets.token_hex(keys.CHALLENGE_LENGTH // 2).upper().encode()
        given = {"xkey": xkey, "citizen_id": citizen_id, "serial": serial, "office": office, "used_at": None}
        try:
            if office in self._barred_offices:
                raise Refused(replies.OFFICE_BARRED)
            # A card that is replaced between the steps is found out by 9081.
            with self._storage.single_steps() as connection:
                self._insist_on_latest(connection, citizen_id, serial)
                self._sweep(connection)
                connection.execute(
                    _ADD_CHALLENGE, {**given, "expires_at": self._clock.now() + CHALLENGE_LIFE}
                )
        except Refused as refused:
            self._audit.refuse("9080", refused, actor=citizen_id, details={"office": office})
            raise
        return xkey

    def confirm(self, confirmation: Confirmation) -> str:
        """Action 9081: check the card's answer and give a TKey (32 characters, opaque, good for 5 minutes).

        The challenge is spent by asking, whatever comes of it. Raises Refused (95003, 90012, 95001, 90009,
        95002, 90090, 90045). Any agency's key id will do, as long as the cryptogram was made for it (assumed).
        """
        details: Details = {"card": confirmation.serial.hex().upper(), "key_id": confirmation.key_id}
        # A refusal is committed as well, so a refused answer cannot be tried again with the same challenge.
        with self._audit.judged("9081", actor=confirmation.citizen_id, details=details) as session:
            connection = session.connection()
            challenge = self._spend(connection, confirmation.xkey)
            self._insist_on_binding(challenge, confirmation)
            self._insist_on_latest(connection, confirmation.citizen_id, confirmation.serial)
            self._insist_on_match(confirmation)
            return self._give_tkey(connection, challenge)

    def consent(self, tkey: str, citizen: Confirmation) -> None:
        """Action 5090: a citizen's card and PIN open the citizen's data to whoever holds the TKey, as long as it lives.

        The challenge that the citizen's card answered is the TKey's 32 characters (assumed). Raises Refused (90001,
        90005, 95001, 90009, 95002, 90090, 90045).

        This is mode 1, with the PIN. Mode 2, with the card alone, is not served: what is public leaves open which key its
        envelope is made with (two sources name different ones) and which command the card answers.
        """
        details: Details = {"tkey": mark(tkey), "card": citizen.serial.hex().upper()}
        with self._audit.judged("5090", subject=citizen.citizen_id, details=details) as session:
            identity = self._identity(session, tkey)
            self._insist_on_latest(session.connection(), citizen.citizen_id, citizen.serial)
            self._insist_on_match(citizen)
            given = Consent(
                tkey_digest=digest(tkey), citizen_id=citizen.citizen_id, expires_at=identity.expires_at
            )
            session.merge(given)

    def serve(self, call: ServiceCall) -> dict[str, object]:
        """Action 5000: what the registry office knows of a citizen, for whoever holds a TKey.

        About anybody but the TKey's own citizen only with consent (assumed). Raises Refused (90001, 90005, 95002,
        95004, 95011, 90500, 90016).
        """
        details = {"office": call.office, "service": call.version + call.service, "tkey": mark(call.tkey)}
        with self._audit.judged("5000", subject=call.citizen_id, details=details) as session:
            identity = self._identity(session, call.tkey)
            if call.office != identity.office or call.office in self._barred_offices:
                raise Refused(replies.OFFICE_BARRED)
            if (call.version, call.service) != CARD_SERVICE:
                raise Refused(replies.SERVICE_NOT_PERMITTED)
            found = self._cards.particulars(session, call.citizen_id)
            if found is None:
                raise Refused(replies.NOTHING_FOUND)
            if call.citizen_id != identity.citizen_id:
                consent = session.get(Consent, (identity.tkey_digest, call.citizen_id))
                if consent is None:
                    raise Refused(replies.CITIZEN_NOT_LOGGED_IN)
            return found

    def who(self, tkey: str) -> str | None:
        """The citizen id a TKey confirms; None if it is unknown, too old, or its card was replaced since."""
        with self._storage.looking() as connection:
            return self.who_in(connection, tkey)

    def who_in(self, connection: Connection, tkey: str) -> str | None:
        """As ``who``, inside somebody's transaction."""
        identity = connection.execute(_IDENTITY, {"tkey_digest": digest(tkey)}).first()
        if identity is None or identity.expires_at <= self._clock.now():
            return None
        if self._cards.standing_in(connection, identity.citizen_id, identity.serial) is not Standing.LATEST:
            return None
        return str(identity.citizen_id)

    def _identity(self, session: Session, tkey: str) -> ConfirmedIdentity:
        identity = session.get(ConfirmedIdentity, digest(tkey))
        if identity is None:
            raise Refused(replies.NOT_LOGGED_IN)
        if identity.expires_at <= self._clock.now():
            raise Refused(replies.TKEY_EXPIRED)
        self._insist_on_latest(session.connection(), identity.citizen_id, identity.serial)
        return identity

    def _sweep(self, connection: Connection) -> None:
        """Forget, once in a while, what nobody can ask for any more."""
        now = self._clock.now()
        if now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP_EVERY
        long_ago = now - _KEEP_EXPIRED
        connection.execute(delete(Challenge).where(Challenge.expires_at < long_ago))
        connection.execute(delete(ConfirmedIdentity).where(ConfirmedIdentity.expires_at < long_ago))
        connection.execute(delete(Consent).where(Consent.expires_at < long_ago))

    def _spend(self, connection: Connection, xkey: bytes) -> Row[Any]:
        # One conditional UPDATE decides who was first.
        spent = connection.execute(_SPEND, {"the_xkey": xkey, "used_at": self._clock.now()}).first()
        if spent is None:
            raise Refused(replies.CHALLENGE_NOT_VALID)
        return spent

    def _insist_on_binding(self, challenge: Row[Any], confirmation: Confirmation) -> None:
        bound_elsewhere = (
            challenge.citizen_id != confirmation.citizen_id
            or challenge.serial != confirmation.serial
            or (confirmation.office is not None and challenge.office != confirmation.office)
        )
        if bound_elsewhere:
            raise Refused(replies.CHALLENGE_NOT_VALID)
        if challenge.expires_at <= self._clock.now():
            raise Refused(replies.CHALLENGE_EXPIRED)

    def _insist_on_match(self, confirmation: Confirmation) -> None:
        if confirmation.match_status != MATCHED:
            raise Refused(replies.PIN_NOT_MATCHED)
        if not hmac.compare_digest(self._expected(confirmation), confirmation.cryptogram):
            raise Refused(replies.CRYPTOGRAM_MISMATCH)

    def _insist_on_latest(self, connection: Connection, citizen_id: str, serial: bytes) -> None:
        match self._cards.standing_in(connection, citizen_id, serial):
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

    def _give_tkey(self, connection: Connection, challenge: Row[Any]) -> str:
        tkey = secrets.token_hex(16)
        identity = {
            "tkey_digest": digest(tkey),
            "citizen_id": challenge.citizen_id,
            "serial": challenge.serial,
            "office": challenge.office,
            "expires_at": self._clock.now() + TKEY_LIFE,
        }
        connection.execute(_ADD_IDENTITY, identity)
        return tkey


def mark(secret: str) -> str:
    """What stands for a token in the audit log: enough to tell one from another, no way back (12 digits)."""
    return digest("mark " + secret).hex()[:12]
