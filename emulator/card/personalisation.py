"""What is written into a card once, at the registry office: images, keys, generation, policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from apdu_specs import card_manager, keys
from apdu_specs.applet import Applet
from apdu_specs.file import File
from apdu_specs.generations import APPLETS, DEFAULT, Generation
from apdu_specs.pin_policy import NATIONAL, PinPolicy
from emulator.holders import Holder

_CHIP = {
    "header": bytes.fromhex("9F7F2A"),
    "ic_fabricator": bytes.fromhex("4790"),
    "ic_type": bytes.fromhex("5038"),
    "os_id": bytes.fromhex("4791"),
    "os_date": bytes.fromhex("2081"),
    "os_level": bytes.fromhex("3B00"),
    "ic_module": bytes(4),
    "icc_manufacturer": bytes(4),
    "pre_perso": bytes(8),
    "perso": bytes(8),
}
_ADM = {"version": b"\x01\x00", "state": b"\x01", "authorize": b"\x01", "reserved": bytes(3)}
_RIGHTS_VERSION = "0001"


@dataclass(frozen=True)
class Personalisation:
    """Everything on a card that never changes.

    ``images``: (applet identifier, block id) -> bytes; ``cplc`` 45 bytes, ``adm_info`` 23 (7 on old chips);
    ``card_key`` and ``office_key`` 32 bytes; ``serial`` 8 bytes.
    """

    generation: Generation
    policy: PinPolicy
    citizen_id: str = field(repr=False)
    serial: bytes
    images: Mapping[tuple[bytes, int], bytes] = field(repr=False)
    cplc: bytes = field(repr=False)
    adm_info: bytes = field(repr=False)
    card_key: bytes = field(repr=False)
    office_key: bytes = field(repr=False)

    def blocks(self, applet: Applet) -> dict[int, bytes]:
        """Block id -> image of one applet."""
        return {block: image for (aid, block), image in self.images.items() if aid == applet.aid}

    @cached_property
    def text_fields(self) -> dict[str, dict[str, Any]]:
        """Applet name -> field name -> value, decoded from the images: what a reader will see."""
        return {
            applet.name: {
                name: value
                for block, file in self.generation.blocks(applet).items()
                for name, value in file.parse(self.blocks(applet)[block]).items()
            }
            for applet in APPLETS
            if self.generation.blocks(applet)
        }


def virtual_serial(seed: int, issue: int = 1) -> bytes:
    """The serial (8 bytes) of the ``issue``-th card of the holder with that seed."""
    return keys.VIRTUAL_SERIAL_MARK + (seed % 2**32).to_bytes(4, "big") + (issue % 2**16).to_bytes(2, "big")


def personalise(
    holder: Holder,
    serial: bytes,
    *,
    generation: Generation = DEFAULT,
    policy: PinPolicy = NATIONAL,
    master_key: bytes = keys.SPECIMEN_MASTER_KEY,
) -> Personalisation:
    """A card for ``holder``; SpecError if something of the holder does not fit its field."""
    person = {each.name: getattr(holder, each.name) for each in fields(holder)}
    person |= {"version": generation.data_version, "photo_header": len(holder.photo).to_bytes(2, "big")}
    rights = _rights(holder)
    values = {"MOI": person, "NHSO": rights}
    images = {
        (applet.aid, block): _image(file, values[applet.name])
        for applet in APPLETS
        for block, file in generation.blocks(applet).items()
    }
    return Personalisation(
        generation=generation,
        policy=policy,
        citizen_id=holder.citizen_id,
        serial=serial,
        images=images,
        cplc=card_manager.CPLC.build(_CHIP | {"serial": serial}),
        adm_info=generation.adm_info.build(_ADM | {"laser_number": holder.laser_number}),
        card_key=keys.card_key(master_key, holder.citizen_id, serial),
        office_key=keys.office_key(master_key, holder.citizen_id, serial),
    )


def _rights(holder: Holder) -> dict[str, Any] | None:
    if holder.rights is None:
        return None
    return {"version": _RIGHTS_VERSION} | {
        each.name: getattr(holder.rights, each.name) for each in fields(holder.rights)
    }


def _image(file: File, values: Mapping[str, Any] | None) -> bytes:
    # A holder without rights: the applet is there and blank.
    return b" " * file.length if values is None else file.build(values)
