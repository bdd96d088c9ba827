"""HTTP clients of the authority, NHSO and the registry office: one short method per question.

Whatever goes wrong becomes a HarnessError: BadServiceAddress, ServiceUnreachable, ServiceSilent,
ServiceNonsense, or a refusal in the office's own words (children of OfficeRefused). No error and no repr
carries an id, token or key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar, Self

import httpx

from apdu_specs import replies
from apdu_specs.language import Text
from apdu_specs.offices import COUNTER_KEY_HEADER, NO_OFFICE
from harness.officer import errors

TIMEOUT_S = 10.0

_LONGEST_SENTENCE = 500
_JWT = r"[A-Za-z0-9_-]{1,2000}\.[A-Za-z0-9_-]{1,4000}\.[A-Za-z0-9_-]{1,2000}"

_NO_SENTENCE = Text("The office refused without saying why.", "สำนักงานปฏิเสธโดยไม่แจ้งเหตุผล")
_ASK_OFFICE = Text("Ask the office, naming the code it gave.", "สอบถามสำนักงานโดยแจ้งรหัสที่ได้รับ")


@dataclass(frozen=True, slots=True)
class Titled:
    """Something of NHSO's with an id and a title."""

    id: str
    title: Text


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of the program's menu with its modules."""

    id: str
    title: Text
    modules: tuple[Titled, ...]


@dataclass(frozen=True, slots=True)
class NhsoSession:
    """A logged-in officer: smctoken (16 lower-case letters and digits), its end (ISO 8601), the level."""

    smctoken: str = field(repr=False)
    expires_at: str
    level: Titled


@dataclass(frozen=True, slots=True)
class SrmTokens:
    """SRM's access token and the refresh token that gets the next pair."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedModule:
    """An opened module and what the officer may do in it."""

    id: str
    title: Text
    actions: tuple[str, ...]


class OfficeClient:
    """What the three clients share: one connection pool, and what each failure is called."""

    service: ClassVar[Text]
    refused: ClassVar[type[errors.OfficeRefused]]
    refusals: ClassVar[Mapping[str, type[errors.OfficeRefused]]] = {}

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """Raises BadServiceAddress. Nothing is sent yet."""
        try:
            address = httpx.URL(url.rstrip("/") + "/")
        except (httpx.InvalidURL, UnicodeError) as error:
            raise errors.BadServiceAddress(self.service) from error
        is_port = address.port is None or 0 < address.port < 2**16
        if address.scheme not in ("http", "https") or not address.host or not is_port:
            raise errors.BadServiceAddress(self.service)
        self._timeout_s = timeout_s
        self._http = httpx.Client(
            base_url=address,
            timeout=timeout_s,
            # Loading certificates takes longer than a whole login, and plain http has none to check.
            verify=address.scheme == "https",
            # A proxy from the environment has no business between two programs on one machine.
            trust_env=address.host not in ("127.0.0.1", "::1", "localhost"),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _post(self, path: str, body: Mapping[str, object]) -> OfficeAnswer:
        return self._ask("POST", path, json=body)

    def _get(self, path: str, smctoken: str) -> OfficeAnswer:
        return self._ask("GET", path, headers={"Authorization": f"Bearer {smctoken}"})

    def _ask(self, method: str, path: str, **carrying: Any) -> OfficeAnswer:
        return OfficeAnswer(self.service, self._found(method, path, **carrying))

    def _found(self, method: str, path: str, **carrying: Any) -> object:
        """The JSON of a success, whatever it is."""
        try:
            response = self._http.request(method, path, **carrying)
        except httpx.ConnectTimeout as error:
            raise errors.ServiceUnreachable(self.service) from error
        except httpx.TimeoutException as error:
            raise errors.ServiceSilent(self.service, self._timeout_s) from error
        except httpx.DecodingError as error:
            raise errors.ServiceNonsense(self.service) from error
        except (httpx.RequestError, OSError, UnicodeError) as error:  # UnicodeError: a name no resolver takes
            raise errors.ServiceUnreachable(self.service) from error
        found = _json(response)
        if response.is_success:
            return found
        if response.is_client_error or response.is_server_error:
            raise self._refusal(OfficeAnswer(self.service, found))
        raise errors.ServiceNonsense(self.service)

    def _refusal(self, answer: OfficeAnswer) -> errors.OfficeRefused:
        status = answer.text("status", r"[ -~]{1,40}")
        kind = self.refusals.get(status, self.refused)
        refusal = kind(
            status, answer.sentence("message") or _NO_SENTENCE, answer.sentence("what_to_do") or _ASK_OFFICE
        )
        days = answer.found.get("days")
        if isinstance(refusal, errors.RightLapsed) and isinstance(days, int):
            refusal.days = days
        refusal.fields = answer.field_reasons()
        return refusal


class AuthorityClient(OfficeClient):
    """The authority: actions 9080 and 9081."""

    service = Text("the authority", "ระบบยืนยันตัวบุคคลของกรมการปกครอง")
    refused = errors.AuthorityRefused
    refusals = errors.AUTHORITY_REFUSALS

    def challenge(self, citizen_id: str, serial: bytes, office: str = NO_OFFICE) -> bytes:
        """Action 9080: a challenge (32 bytes) for this citizen's card. Raises NotLatestCard,
        AuthorityRefused.
        """
        answer = self._post("9080", {"pid": citizen_id, "cid": serial.hex().upper(), "office": office})
        return answer.octets("xkey")

    def confirm(
        self,
        citizen_id: str,
        serial: bytes,
        *,
        challenge: bytes,
        key_id: int,
        match_status: int,
        cryptogram: bytes,
        office: str = NO_OFFICE,
    ) -> str:
        """Action 9081: the TKey (32 characters) for the card's answer (32 bytes) to the challenge.

        Raises NotLatestCard, ChallengeExpired, AuthorityRefused.
        """
        answer = self._post(
            "9081",
            {
                "pid": citizen_id,
                "cid": serial.hex().upper(),
                "xkey": challenge.hex().upper(),
                "key_id": key_id,
                "match_status": match_status,
                "envelope": cryptogram.hex().upper(),
                "office": office,
            },
        )
        return answer.text("tkey", r"[!-~]{32}")


class NhsoClient(OfficeClient):
    """NHSO: login, menu and modules."""

    service = Text("NHSO", "ระบบของ สปสช.")
    refused = errors.NhsoRefused
    refusals = errors.NHSO_REFUSALS

    def log_in(self, citizen_id: str, tkey: str) -> NhsoSession:
        """Log an officer in whom the authority confirmed.

        Raises NoRight, RightRevoked, RightLapsed, IdentityNotConfirmed, NhsoRefused.
        """
        answer = self._post("login", {"pid": citizen_id, "tkey": tkey})
        return NhsoSession(
            smctoken=answer.text("smctoken", r"[a-z0-9]{16}"),
            expires_at=answer.text("expires_at", r"[0-9T:.+\-Z]{10,40}"),
            level=answer.inside("level").titled(),
        )

    def log_out(self, smctoken: str) -> None:
        """End the officer's smctoken before its time. Raises TokenNotValid, NhsoRefused."""
        self._ask("POST", "logout", headers={"Authorization": f"Bearer {smctoken}"})

    def menu(self, smctoken: str) -> tuple[MenuEntry, ...]:
        """The program's menu for this officer. Raises TokenNotValid, RightRevoked, NhsoRefused."""
        return tuple(
            MenuEntry(
                entry.titled().id, entry.titled().title, tuple(m.titled() for m in entry.each("modules"))
            )
            for entry in self._get("menu", smctoken).each("menu")
        )

    def open_module(self, smctoken: str, module_id: str) -> OpenedModule:
        """Enter a module. Raises ModuleNotOffered, TokenNotValid, RightRevoked, NhsoRefused."""
        answer = self._get(f"modules/{module_id}", smctoken)
        return OpenedModule(answer.titled().id, answer.titled().title, answer.words("actions"))

    def clock(self) -> datetime | None:
        """What time it is at offices whose clock tests may move; None at all others. Raises NhsoRefused."""
        try:
            answer = self._ask("GET", "clock")
        except errors.NhsoRefused as refused:
            if refused.status == replies.NO_SUCH_SERVICE.status:
                return None
            raise
        try:
            told = datetime.fromisoformat(answer.text("now", r"[0-9T:.+\-Z]{10,40}"))
        except ValueError:
            told = None
        if told is None or told.tzinfo is None:
            raise errors.ServiceNonsense(self.service)
        return told

    def srm_tokens(self, smctoken: str) -> SrmTokens | None:
        """SRM's first pair for a logged-in officer; None where SRM is not offered. Raises as ``menu``."""
        try:
            answer = self._ask("POST", "srm/tokens", headers={"Authorization": f"Bearer {smctoken}"})
        except errors.NhsoRefused as refused:
            if refused.status == replies.NO_SUCH_SERVICE.status:
                return None
            raise
        return SrmTokens(answer.text("access-token", _JWT), answer.text("refresh-token", _JWT))


class RegistryClient(OfficeClient):
    """The registry office's counter: cards and the proof that opens a card to a new PIN."""

    service = Text("the registry office", "สำนักทะเบียน")
    refused = errors.RegistryRefused

    def __init__(self, url: str, *, counter_key: str = "") -> None:
        """``counter_key`` is what the offices want to see of a counter. Raises BadServiceAddress."""
        super().__init__(url)
        self._http.headers = httpx.Headers(
            [*self._http.headers.raw, (COUNTER_KEY_HEADER.encode(), counter_key.encode())]
        )

    def insist_on_latest(self, citizen_id: str, serial: bytes) -> None:
        """Return if the office knows this card as the citizen's latest. Raises RegistryRefused (card-replaced, card-unknown)."""
        self._post("standings", {"pid": citizen_id, "serial": serial.hex().upper()})

    def proof(self, citizen_id: str, serial: bytes, challenge: bytes) -> bytes:
        """The office's proof (32 bytes) for a card's office challenge (16 bytes). Raises RegistryRefused."""
        body = {"pid": citizen_id, "serial": serial.hex().upper(), "challenge": challenge.hex().upper()}
        return self._post("proofs", body).octets("proof")

    def replace(self, citizen_id: str, old_serial: bytes, new_serial: bytes) -> None:
        """Make the new card the citizen's latest in place of the old one. Raises RegistryRefused."""
        body = {
            "pid": citizen_id,
            "old_serial": old_serial.hex().upper(),
            "new_serial": new_serial.hex().upper(),
        }
        self._post("replacements", body)


def _json(response: httpx.Response) -> object:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


class OfficeAnswer:
    """A JSON object of which every part is checked when it is taken; raises ServiceNonsense."""

    def __init__(self, service: Text, found: object) -> None:
        self._service = service
        if not isinstance(found, dict):
            raise errors.ServiceNonsense(service)
        self.found: dict[str, Any] = found

    def text(self, key: str, pattern: str) -> str:
        """The text under ``key``, which must match the whole ``pattern``."""
        value = self.found.get(key)
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            raise errors.ServiceNonsense(self._service)
        return value

    def octets(self, key: str) -> bytes:
        """The 32 bytes under ``key``, there in hexadecimal."""
        return bytes.fromhex(self.text(key, "[0-9A-Fa-f]{64}"))

    def inside(self, key: str) -> OfficeAnswer:
        """The object under ``key``."""
        return OfficeAnswer(self._service, self.found.get(key))

    def each(self, key: str) -> list[OfficeAnswer]:
        """The objects of the list under ``key``."""
        entries = self.found.get(key)
        if not isinstance(entries, list):
            raise errors.ServiceNonsense(self._service)
        return [OfficeAnswer(self._service, entry) for entry in entries]

    def words(self, key: str) -> tuple[str, ...]:
        """The list of short words under ``key``."""
        entries = self.found.get(key)
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise errors.ServiceNonsense(self._service)
        return tuple(entries)

    def field_reasons(self) -> dict[str, Text]:
        """What a refusal says of fields; nothing where it says nothing that can be understood."""
        entries = self.found.get("fields")
        rows = entries if isinstance(entries, list) else []
        told = [OfficeAnswer(self._service, row) for row in rows if isinstance(row, dict)]
        reasons = ((str(each.found.get("field")), each.sentence("reason")) for each in told)
        return {name: reason for name, reason in reasons if reason is not None}

    def titled(self) -> Titled:
        """This object's id and title."""
        title = self.sentence("title")
        if title is None:
            raise errors.ServiceNonsense(self._service)
        return Titled(self.text("id", r"[a-z0-9-]{1,40}"), title)

    def sentence(self, key: str) -> Text | None:
        """The sentence in both languages under ``key``, or None. Only what can be printed is let through."""
        both = self.found.get(key)
        if not isinstance(both, dict):
            return None
        english, thai = both.get("en"), both.get("th")
        if not isinstance(english, str) or not isinstance(thai, str):
            return None
        return Text(_printable(english), _printable(thai))


def _printable(sentence: str) -> str:
    # A service must not be able to send escape sequences to the terminal of whoever reads its refusal.
    return "".join(character for character in sentence[:_LONGEST_SENTENCE] if character.isprintable())
