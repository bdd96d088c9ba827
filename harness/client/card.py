"""The client of one card: read everything, verify, change, tries left, match status, and the registry office's part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from apdu_specs import adm, card_manager, moi, nhso
from apdu_specs.apdu import MAX_SHORT_DATA, Response, split_response
from apdu_specs.applet import Applet
from apdu_specs.command import Command
from apdu_specs.errors import SpecError
from apdu_specs.file import File
from apdu_specs.generations import VERSION_0002, Generation, by_atr, family_of
from apdu_specs.interindustry import READ, SELECT
from apdu_specs.pin_policy import PinPolicy
from apdu_specs.provenance import Confidence
from apdu_specs.published_pin import pin_block
from apdu_specs.status import Family, StatusWord
from harness.client import safety
from harness.client.chain import Processor, fetching, joined, right_length
from harness.client.contents import Adm, CardContents, Chip, Person, Rights
from harness.client.errors import CardNonsense
from harness.errors import (
    CardRefused,
    CardWasReset,
    HarnessError,
    OfficeBarred,
    OfficeProofWrong,
    PinLocked,
    PinMalformed,
    PinSuspended,
    WrongPin,
)
from harness.terminals import Terminal

Record = TypeVar("Record", Person, Rights, Adm, Chip)
_MOST_RESETS = 20  # by other programs while one command is tried: more is a reader that resets by itself

Progress = Callable[[int, int], None]
"""Told bytes read so far and bytes in all."""


class MatchStatus(NamedTuple):
    """The card's answer to the authority's challenge: ``matched`` is 1 if identity is confirmed; 32 bytes."""

    matched: int
    cryptogram: bytes


class CardClient:
    """What programs do with a Thai ID card through ``terminal`` (connected).

    ``real_card``: the serial (hex) of a real card whose PIN tries may be spent; without it, PIN commands to a card
    that is not virtual raise RealCardNeedsConsent. ``processors`` are added outside the standard chain. ``policy``: the
    card's PIN policy where it is known; no card tells it.
    Errors: those of the terminal, and CardRefused with its children WrongPin, PinSuspended, PinLocked.
    """

    def __init__(
        self,
        terminal: Terminal,
        *,
        real_card: str | None = None,
        processors: Sequence[Processor] = (),
        policy: PinPolicy | None = None,
    ) -> None:
        self.terminal = terminal
        self._policy = policy
        self._real_card = real_card
        self._selected: Applet | None = None
        self._serial: bytes | None = None
        self._generation: Generation | None = None
        p2 = min(family_of(terminal.atr).get_response_p2)
        self._send = joined(terminal.transmit, (*processors, fetching(p2), right_length()))

    # --- exchange ---------------------------------------------------------------------------------------------------

    def transmit(self, apdu: bytes) -> Response:
        """Send one APDU through the chain; 61 xx and 6C xx are served."""
        try:
            return split_response(self._send(apdu))
        except SpecError:
            raise CardNonsense from None
        except HarnessError:
            self.forget()  # reset, taken out, silent: what comes next may be another card
            raise

    def forget(self) -> None:
        """The card was reset or swapped: nothing is selected, and its serial is to be read again."""
        self._selected = None
        self._serial = None

    def select(self, applet: Applet) -> None:
        """Select ``applet`` even if it is selected already."""
        self._selected = None
        self._expect(SELECT, SELECT.encode(applet.aid))
        self._selected = applet

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other program's command comes in between; whatever it selected before is selected anew. May be nested."""
        with self.terminal.alone():
            self._selected = None
            yield

    def _within(self, applet: Applet) -> None:
        if self._selected is not applet:
            self.select(applet)

    def _expect(self, command: Command, apdu: bytes) -> bytes:
        data, sw = self.transmit(apdu)
        if sw != StatusWord.OK:
            raise refusal(sw, command)
        return data

    # --- reading ----------------------------------------------------------------------------------------------------

    def generation(self) -> Generation:
        """The card's generation: named by its ATR, laid out as the data version that the card tells."""
        if self._generation is None:
            known = family_of(self.terminal.atr)
            raw = self._read(moi.MOI, 0, moi.CURRENT.offset(moi.VERSION.name), moi.VERSION.length)
            version = moi.VERSION.parse(raw)
            old = version == VERSION_0002.data_version
            blocks = moi.OLD_BLOCKS if old else moi.CURRENT_BLOCKS
            self._generation = replace(known, data_version=version, moi_blocks=blocks)
        return self._generation

    def citizen_id(self) -> str:
        """The holder's citizen id as it stands on the card: 13 digits, empty if the field is blank."""
        return str(self.read_field(moi.MOI, "citizen_id") or "")

    def read_field(self, applet: Applet, name: str) -> Any:
        """One field of an applet's file, decoded; SpecError if it holds what it should not."""
        block, offset, length = self.generation().locate(applet, name)
        raw = self._read(applet, block, offset, length)
        return self.generation().blocks(applet)[block].field(name).parse(raw)

    def _read(self, applet: Applet, block: int, offset: int, length: int) -> bytes:
        """``length`` bytes in pieces of at most 255, as every reader's buffer can hold."""
        collected = b""
        while len(collected) < length:
            at, rest = offset + len(collected), min(length - len(collected), MAX_SHORT_DATA)
            apdu = READ.encode({"block": block, "length": rest}, p1=at >> 8, p2=at & 0xFF)
            piece = self._told(applet, READ, apdu)
            if not piece:
                raise CardNonsense
            collected += piece
        return collected[:length]

    def _told(self, applet: Applet, command: Command, apdu: bytes) -> bytes:
        """What ``applet`` answers to a command that only reads; carries on where another program resets the card."""
        for _ in range(_MOST_RESETS):
            answer = self._told_unless_reset(applet, command, apdu)
            if answer is not None:
                return answer
        self._within(applet)
        return self._expect(command, apdu)

    def _told_unless_reset(self, applet: Applet, command: Command, apdu: bytes) -> bytes | None:
        try:
            self._within(applet)
            return self._expect(command, apdu)
        except CardWasReset:
            self.terminal.recover()
        except CardRefused as refused:
            # pcscd resets a card before it marks it as reset: a command in between finds nothing selected.
            if refused.sw != StatusWord.CONDITIONS_NOT_SATISFIED:
                raise
            self.forget()
        return None

    def cplc(self) -> bytes:
        """The chip's production data, 45 bytes."""
        return self._told(card_manager.CARD_MANAGER, card_manager.GET_CPLC, card_manager.GET_CPLC.encode())

    def card_serial(self) -> bytes:
        """The card's serial, 8 bytes."""
        if self._serial is None:
            cplc = self.cplc()
            if len(cplc) < card_manager.CPLC.length:
                raise CardNonsense
            serial = card_manager.CPLC.parse(cplc)["serial"]
            assert isinstance(serial, bytes)
            self._serial = serial
        return self._serial

    def adm_info(self) -> bytes:
        """What ADM tells: 23 bytes with the laser number, 7 on old chips."""
        return self._told(adm.ADM, adm.GET_INFO, adm.GET_INFO.encode())

    def read_all(self, progress: Progress | None = None) -> CardContents:
        """Everything the card tells. Reading spends nothing and needs no PIN; locked cards are read alike."""
        with self.alone():
            return self._read_all(progress)

    def _read_all(self, progress: Progress | None) -> CardContents:
        unreadable: list[str] = []
        images = self._images(progress)
        person = [image for image in images if image.applet is moi.MOI]
        rights = [image for image in images if image.applet is nhso.NHSO]
        has_rights = any(image.content.strip() or image.missing for image in rights)
        info = _Image(adm.ADM, adm.INFO, self._optional(self.adm_info), set())
        chip = _Image(card_manager.CARD_MANAGER, card_manager.CPLC, self._optional(self.cplc), set())
        known = by_atr(self.terminal.atr)
        return CardContents(
            generation=known.name if known else None,
            atr=self.terminal.atr,
            person=_record(Person, person, unreadable),
            rights=_record(Rights, rights, unreadable) if has_rights else None,
            adm=_record(Adm, [info], unreadable),
            chip=_record(Chip, [chip], unreadable),
            unreadable=tuple(unreadable),
        )

    def _images(self, progress: Progress | None) -> list[_Image]:
        wanted = [
            (applet, block, file)
            for applet in (moi.MOI, nhso.NHSO)
            for block, file in self.generation().blocks(applet).items()
        ]
        total = sum(file.length for _, _, file in wanted)
        images, done = [], 0
        for applet, block, file in wanted:
            image = _Image(applet, file, b"", set())
            for offset, length in _pieces(file):
                image = self._with_piece(image, block, offset, length)
                if progress:
                    progress(done + offset + length, total)
            done += file.length
            images.append(image)
        return images

    def _with_piece(self, image: _Image, block: int, offset: int, length: int) -> _Image:
        """``image`` with one more piece; what the card refuses is missing, the rest is still worth reading."""
        try:
            piece = self._read(image.applet, block, offset, length)
        except CardRefused as error:
            if error.sw != StatusWord.NOT_FOUND:
                image.missing.update(_fields_in(image.file, offset, length))
            elif (
                image.applet is not nhso.NHSO
            ):  # NHSO is absent on some cards, the others make it a Thai card
                raise
            piece = b" " * length
        return image._replace(content=image.content + piece)

    @staticmethod
    def _optional(read: Callable[[], bytes]) -> bytes:
        """What ``read`` gives; nothing if the card refuses, as old chips do."""
        try:
            return read()
        except CardRefused:
            return b""

    # --- PIN --------------------------------------------------------------------------------------------------------

    def tries_left(self) -> int | None:
        """How many wrong PINs the card still takes; free. Raises PinSuspended or PinLocked.

        None while the PIN session is open and the client was not told the policy: the count of wrong PINs is clear then,
        and the card does not say how many are allowed.
        """
        self._within(adm.ADM)
        _, sw = self.transmit(adm.VERIFY.encode())
        if sw == StatusWord.OK:
            return None if self._policy is None else self._policy.tries_left(0)
        left = Family.TRIES_LEFT.number(sw)
        if left is None:
            raise refusal(sw, adm.VERIFY)
        return left

    def verify_pin(self, pin: str) -> None:
        """Present the PIN (ISO form); opens the PIN session. A wrong one costs a try; PinMalformed costs nothing."""
        presented = well_formed(pin).encode("ascii")
        self._before_spending_a_try()
        self._within(adm.ADM)
        self._expect(adm.VERIFY, adm.VERIFY.encode(presented))

    def verify_pin_published(self, pin: str) -> None:
        """Present the PIN in the published challenge form; opens the PIN session. A wrong one costs a try."""
        presented = well_formed(pin).encode("ascii")
        self._before_spending_a_try()
        self._within(adm.ADM)
        challenge = self._expect(adm.GET_PIN_CHALLENGE, adm.GET_PIN_CHALLENGE.encode())
        if len(challenge) != adm.PIN_CHALLENGE_LENGTH:
            raise CardNonsense
        block = pin_block(presented, challenge)
        self._expect(adm.VERIFY_PUBLISHED, adm.VERIFY_PUBLISHED.encode(block))

    def change_pin(self, old: str, new: str) -> None:
        """Set a new PIN, given the old one. A wrong old PIN costs a try."""
        pins = {"old": well_formed(old).encode("ascii"), "new": well_formed(new).encode("ascii")}
        self._before_spending_a_try()
        self._within(adm.ADM)
        self._expect(adm.CHANGE_REFERENCE_DATA, adm.CHANGE_REFERENCE_DATA.encode(pins))

    def match_status(self, challenge: bytes, key_id: int = adm.OFFICER_KEY_ID) -> MatchStatus:
        """Let the card sign the authority's challenge (32 bytes); needs the PIN session."""
        self._within(adm.ADM)
        apdu = adm.GET_MATCH_STATUS.encode(challenge, p2=key_id)
        data = self._expect(adm.GET_MATCH_STATUS, apdu)
        if len(data) != adm.MATCH_STATUS.sizeof():
            raise CardNonsense
        answer = adm.MATCH_STATUS.parse(data)
        return MatchStatus(answer.match_status, answer.cryptogram)

    def _before_spending_a_try(self) -> None:
        safety.require_consent(self.card_serial(), self._real_card, self.tries_left)

    # --- the registry office ----------------------------------------------------------------------------------------

    def office_challenge(self) -> bytes:
        """The card's challenge (16 bytes) to a registry office."""
        self._within(adm.ADM)
        return self._expect(adm.GET_CHALLENGE, adm.GET_CHALLENGE.encode())

    def office_authenticate(self, proof: bytes) -> None:
        """Give the registry office's proof (32 bytes). A wrong one costs one of the office's tries."""
        safety.require_virtual_or_consent(self.card_serial(), self._real_card)
        self._within(adm.ADM)
        self._expect(adm.EXTERNAL_AUTHENTICATE, adm.EXTERNAL_AUTHENTICATE.encode(proof))

    def office_reset_pin(self, new: str) -> None:
        """Issue a new PIN and clear the counter; needs the office's proof first, impossible on a locked card."""
        presented = well_formed(new).encode("ascii")
        safety.require_virtual_or_consent(self.card_serial(), self._real_card)
        self._within(adm.ADM)
        self._expect(adm.RESET_RETRY_COUNTER, adm.RESET_RETRY_COUNTER.encode(presented))


def well_formed(pin: str) -> str:
    """``pin`` if it is four ASCII digits; raises PinMalformed. Nothing goes to the card before that is certain."""
    if not adm.is_pin(pin):
        raise PinMalformed
    return pin


def refusal(sw: int, command: Command) -> CardRefused:
    """The error that a status word of ``command`` means."""
    if command is adm.EXTERNAL_AUTHENTICATE:
        return _office_refusal(sw)
    if sw == StatusWord.PIN_SUSPENDED:
        return PinSuspended(sw=sw, command=command.name)
    if sw == StatusWord.PIN_LOCKED:
        return PinLocked(sw=sw, command=command.name)
    for family in (Family.TRIES_LEFT, Family.TRIES_LEFT_PUBLISHED):
        if family in command.statuses:
            left = family.number(sw)
            if left is not None:
                return WrongPin(left, sw=sw, command=command.name)
    return CardRefused(sw, command.name)


def _office_refusal(sw: int) -> CardRefused:
    if sw == StatusWord.PIN_SUSPENDED:
        return OfficeBarred(sw=sw)
    left = Family.TRIES_LEFT.number(sw)
    return CardRefused(sw, adm.EXTERNAL_AUTHENTICATE.name) if left is None else OfficeProofWrong(left, sw=sw)


class _Image(NamedTuple):
    """What was read of one file of an applet; ``missing``: fields that the card did not give."""

    applet: Applet
    file: File
    content: bytes
    missing: set[str]


def _pieces(file: File) -> Iterator[tuple[int, int]]:
    """Offsets and lengths of READs that cover ``file``.

    No piece goes from well-known fields into doubtful ones: a card without the latter must not lose the former.
    """
    doubtful = None
    start = end = 0
    for each in file.fields:
        if doubtful is not None and doubtful != (each.provenance.confidence is Confidence.LOW):
            yield from _chunks(start, end)
            start = end
        doubtful = each.provenance.confidence is Confidence.LOW
        end += each.length
    yield from _chunks(start, end)


def _chunks(start: int, end: int) -> Iterator[tuple[int, int]]:
    for offset in range(start, end, MAX_SHORT_DATA):
        yield offset, min(MAX_SHORT_DATA, end - offset)


def _fields_in(file: File, offset: int, length: int) -> Iterator[str]:
    for each in file.fields:
        start = file.offset(each.name)
        if start < offset + length and offset < start + each.length:
            yield each.name


def _record(kind: type[Record], images: Iterable[_Image], unreadable: list[str]) -> Record:
    values: dict[str, Any] = {}
    for _, file, content, missing in images:
        for each in file.fields:
            raw = content[file.offset(each.name) :][: each.length]
            try:
                if each.name in missing:
                    raise SpecError("the card did not give it")
                values[each.name] = each.parse(raw) if len(raw) == each.length else None
            except SpecError:
                # A real card may hold what no declaration foresees: the rest is still worth reading.
                unreadable.append(f"{kind.__name__.lower()}.{each.name}")
                values[each.name] = None
    return kind(**values)
