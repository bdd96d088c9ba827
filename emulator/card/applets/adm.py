"""The ADM applet: laser number, PIN, match status, the registry office's door."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest

from apdu_specs import adm, keys
from apdu_specs.apdu import CommandApdu
from apdu_specs.command import Command
from apdu_specs.pin_policy import PinState, VerifyForm
from apdu_specs.published_pin import pin_block
from apdu_specs.status import StatusWord
from emulator.card.answering import Answer, Run, compiled
from emulator.card.personalisation import Personalisation
from emulator.card.pin import PinEngine
from emulator.card.volatile import Volatile

RandomBytes = Callable[[int], bytes]


class Adm:
    """Behaviour of the ADM applet over one card's PIN engine and volatile memory."""

    def __init__(
        self, card: Personalisation, pin: PinEngine, volatile: Volatile, random_bytes: RandomBytes
    ) -> None:
        self._card = card
        self._pin = pin
        self._volatile = volatile
        self._random_bytes = random_bytes

    def commands(self) -> dict[Command, Run]:
        """Each declared command with what it does."""
        handlers = {
            adm.GET_INFO: lambda parts: Answer(StatusWord.OK, self._card.adm_info),
            adm.VERIFY: self._verify,
            adm.CHANGE_REFERENCE_DATA: self._change,
            adm.GET_PIN_CHALLENGE: self._pin_challenge,
            adm.VERIFY_PUBLISHED: self._verify_published,
            adm.GET_MATCH_STATUS: self._match_status,
            adm.GET_CHALLENGE: self._office_challenge,
            adm.EXTERNAL_AUTHENTICATE: self._authenticate_office,
            adm.RESET_RETRY_COUNTER: self._reset_retry_counter,
        }
        lengths = {
            adm.GET_PIN_CHALLENGE: adm.PIN_CHALLENGE_LENGTH,
            adm.GET_CHALLENGE: keys.OFFICE_CHALLENGE_LENGTH,
        }
        return {
            command: compiled(command, handle, self._volatile, length=lengths.get(command, 0))
            for command, handle in handlers.items()
        }

    def _verify(self, parts: CommandApdu) -> Answer:
        if not parts.data:
            return Answer(self._pin.tries_left(VerifyForm.ISO))
        if not parts.data.isdigit():
            return Answer(StatusWord.WRONG_DATA)
        return Answer(self._pin.verify(lambda pin: compare_digest(pin, parts.data), VerifyForm.ISO))

    def _change(self, parts: CommandApdu) -> Answer:
        if not parts.data.isdigit():
            return Answer(StatusWord.WRONG_DATA)
        old, new = parts.data[: adm.PIN_LENGTH], parts.data[adm.PIN_LENGTH :]
        return Answer(self._pin.verify(lambda pin: compare_digest(pin, old), VerifyForm.ISO, new_pin=new))

    def _pin_challenge(self, parts: CommandApdu) -> Answer:
        challenge = self._random_bytes(adm.PIN_CHALLENGE_LENGTH)
        self._volatile.pin_challenge = challenge
        return Answer(StatusWord.OK, challenge)

    def _verify_published(self, parts: CommandApdu) -> Answer:
        if not parts.data:
            return Answer(self._pin.tries_left(VerifyForm.PUBLISHED))
        challenge, self._volatile.pin_challenge = self._volatile.pin_challenge, None
        if challenge is None:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        return Answer(
            self._pin.verify(
                lambda pin: compare_digest(pin_block(pin, challenge), parts.data), VerifyForm.PUBLISHED
            )
        )

    def _match_status(self, parts: CommandApdu) -> Answer:
        if not self._pin.session_open:
            return Answer(StatusWord.SECURITY_NOT_SATISFIED)
        cryptogram = keys.match_cryptogram(
            self._card.card_key,
            challenge=parts.data,
            citizen_id=self._card.citizen_id,
            serial=self._card.serial,
            key_id=parts.p2,
            match_status=adm.MATCHED,
        )
        return Answer(
            StatusWord.OK,
            adm.MATCH_STATUS.build({"match_status": adm.MATCHED, "cryptogram": cryptogram}),
        )

    def _office_challenge(self, parts: CommandApdu) -> Answer:
        challenge = self._random_bytes(keys.OFFICE_CHALLENGE_LENGTH)
        self._volatile.office_challenge = challenge
        self._volatile.office_proved = False
        return Answer(StatusWord.OK, challenge)

    def _authenticate_office(self, parts: CommandApdu) -> Answer:
        challenge, self._volatile.office_challenge = self._volatile.office_challenge, None
        self._volatile.office_proved = False
        if challenge is None:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        expected = keys.office_proof(self._card.office_key, challenge=challenge, serial=self._card.serial)
        sw = self._pin.authenticate_office(parts.data, expected)
        self._volatile.office_proved = sw == StatusWord.OK
        return Answer(sw)

    def _reset_retry_counter(self, parts: CommandApdu) -> Answer:
        # A malformed PIN first: it is refused alike in every state. Then LOCKED, which no proof can change.
        if not parts.data.isdigit():
            return Answer(StatusWord.WRONG_DATA)
        if self._pin.state is PinState.LOCKED:
            return Answer(StatusWord.PIN_LOCKED)
        proved, self._volatile.office_proved = self._volatile.office_proved, False
        if not proved:
            return Answer(StatusWord.SECURITY_NOT_SATISFIED)
        return Answer(self._pin.issue(parts.data))
