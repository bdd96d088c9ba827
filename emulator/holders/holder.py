"""The holder: everything one card says of its (always synthetic) person."""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs.values import Address, BuddhistDate, Name, Sex


@dataclass(frozen=True, slots=True, repr=False)
class Rights:
    """The health insurance rights in the NHSO applet. A date that is None is a blank field on the card.

    Lengths in TIS-620 bytes: ``main_inscl`` 60, ``sub_inscl`` 100, ``main_hospital`` and ``sub_hospital`` 80;
    ``paid_type`` and ``hospital_changes`` are one ASCII character each.
    """

    main_inscl: str
    sub_inscl: str
    main_hospital: str
    sub_hospital: str
    paid_type: str
    issue_date: BuddhistDate | None
    expiry_date: BuddhistDate | None
    update_date: BuddhistDate | None
    hospital_changes: str


@dataclass(frozen=True, slots=True, repr=False)
class Holder:
    """Everything a card says of its holder, as decoded; where it is encoded it is judged whether it fits.

    ``request_number`` is BP1, ``nnnnnnnnnnn/nnnnnnnn``; ``issuer`` is ``office/province``;
    ``issuer_code`` 13 digits; ``card_type`` two digits; ``photo`` a JPEG of at most 5,118 bytes;
    ``photo_number`` the 14 digits under the photo; ``signature`` 256 bytes whose meaning is not public;
    ``laser_number`` two letters and ten digits, printed on the back of the card.
    ``rights`` is None for a person without registered rights: the NHSO applet is then blank.

    ``repr`` shows nothing of it, so that no log or traceback does.
    """

    citizen_id: str
    thai_name: Name
    english_name: Name
    birth_date: BuddhistDate
    sex: Sex
    request_number: str
    issuer: str
    issuer_code: str
    issue_date: BuddhistDate
    expiry_date: BuddhistDate
    card_type: str
    photo: bytes
    address: Address
    photo_number: str
    signature: bytes
    laser_number: str
    rights: Rights | None
