"""Generations: the card families seen in the field, each a declaration.

What differs between them is here and nowhere else: ATR, block layout, GET RESPONSE's P2, what ADM tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from apdu_specs import adm, card_manager, moi, nhso
from apdu_specs.applet import Applet
from apdu_specs.atr import Atr
from apdu_specs.atr import build as build_atr
from apdu_specs.atr import parse as parse_atr
from apdu_specs.errors import SpecError
from apdu_specs.file import File
from apdu_specs.interindustry import GET_RESPONSE
from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, Provenance, assumed, public

APPLETS: tuple[Applet, ...] = (moi.MOI, nhso.NHSO, adm.ADM, card_manager.CARD_MANAGER)
"""Every applet of the card."""


@dataclass(frozen=True, eq=False, repr=False)
class Generation:
    """One card family.

    ``moi_blocks``: block id -> file of the MOI applet; ``data_version``: what its version field says;
    ``adm_info``: what ADM tells; ``get_response_p2``: accepted P2 of GET RESPONSE.
    """

    name: str
    atr: bytes
    differences: Text
    provenance: Provenance
    data_version: str = "0003"
    moi_blocks: Mapping[int, File] = field(default_factory=lambda: moi.CURRENT_BLOCKS)
    nhso_blocks: Mapping[int, File] = field(default_factory=lambda: nhso.BLOCKS)
    adm_info: File = adm.INFO
    get_response_p2: frozenset[int] = GET_RESPONSE.p2.values

    def __repr__(self) -> str:
        return f"<Generation {self.name}>"

    @cached_property
    def decoded_atr(self) -> Atr:
        """The ATR's parts."""
        return parse_atr(self.atr)

    def blocks(self, applet: Applet) -> Mapping[int, File]:
        """Block id -> file of the READ command of ``applet``; empty if it has none."""
        return {moi.AID: self.moi_blocks, nhso.AID: self.nhso_blocks}.get(applet.aid, {})

    def locate(self, applet: Applet, field_name: str) -> tuple[int, int, int]:
        """Block id, offset and length of a field; SpecError if this generation has no such field."""
        for block, file in self.blocks(applet).items():
            if field_name in file:
                return block, file.offset(field_name), file.field(field_name).length
        raise SpecError(f"generation {self.name} has no field {field_name} in {applet.name}")

    @property
    def has_laser_number(self) -> bool:
        """True if its ADM applet tells the laser number."""
        return "laser_number" in self.adm_info


def _historical(number: str) -> bytes:
    return b"TH NID " + number.encode("ascii")


_READERS = public("readers' ATR lists and smartcard_list of pcsc-tools", Confidence.HIGH)
_COPIED = public("one lineage of readers tests for it; no full ATR is public", Confidence.LOW)

THNID_6 = Generation(
    "TH NID 6",
    build_atr(_historical("6"), ta1=None),
    Text("no TA1: 9,600 baud class", "ไม่มี TA1 ความเร็ว 9,600 บอด"),
    _READERS,
)
THNID_9 = Generation(
    "TH NID 9", build_atr(_historical("9"), ta1=0x18), Text("TA1 18", "TA1 เป็น 18"), _READERS
)
THNID_10 = Generation(
    "TH NID 10",
    build_atr(_historical("10"), ta1=0x18),
    Text("TA1 18, nine historical bytes", "TA1 เป็น 18 มี historical bytes 9 ไบต์"),
    public("smartcard_list of pcsc-tools", Confidence.LOW),
)
THNID_17 = Generation(
    "TH NID 17",
    build_atr(_historical("17"), ta1=0x96),
    Text("TA1 96: fast", "TA1 เป็น 96 ความเร็วสูง"),
    _READERS,
)
THNID_18 = Generation(
    "TH NID 18",
    build_atr(_historical("18"), ta1=0x96),
    Text("TA1 96: fast; the default", "TA1 เป็น 96 ความเร็วสูง (ค่าเริ่มต้น)"),
    _READERS,
)
FAMILY_3B67 = Generation(
    "3B 67",
    build_atr(b"TH NID ", ta1=None),
    Text(
        "GET RESPONSE needs P2 01: stacks that send it by themselves with P2 00 (Java's javax.smartcardio, opensc-tool) "
        "cannot read it",
        "GET RESPONSE ต้องใช้ P2 เป็น 01 ระบบที่ส่งคำสั่งนี้เองด้วย P2 เป็น 00 (javax.smartcardio ของ Java, opensc-tool) จึงอ่านบัตรนี้ไม่ได้",
    ),
    _COPIED,
    get_response_p2=frozenset({0x01}),
)
VERSION_0002 = Generation(
    "0002",
    build_atr(_historical("1"), ta1=None),
    Text(
        "old data version 0002: text and photo in block 1, address (150 bytes) in block 0",
        "ข้อมูลรุ่น 0002: ข้อความและรูปอยู่ในบล็อก 1 ที่อยู่อยู่ในบล็อก 0",
    ),
    public("two middlewares give the layout; the ATR is assumed", Confidence.MEDIUM),
    data_version="0002",
    moi_blocks=moi.OLD_BLOCKS,
)
NO_LASER = Generation(
    "no laser",
    build_atr(_historical("2"), ta1=0x18),
    Text("old chip: ADM tells no laser number", "ชิปเก่า: ADM ไม่มีเลขเลเซอร์"),
    assumed("three readers report unreadable laser numbers on old chips; ATR and answer are our choice"),
    adm_info=adm.INFO_WITHOUT_LASER,
)

DEFAULT = THNID_18
GENERATIONS: dict[str, Generation] = {
    each.name: each
    for each in (THNID_6, THNID_9, THNID_10, THNID_17, THNID_18, FAMILY_3B67, VERSION_0002, NO_LASER)
}


def by_name(name: str) -> Generation:
    """The generation called ``name`` (case and spaces do not matter; ``18`` is short for ``TH NID 18``)."""
    wanted = _squeezed(name)
    for generation in GENERATIONS.values():
        if wanted in (_squeezed(generation.name), _squeezed(generation.name.removeprefix("TH NID "))):
            return generation
    raise SpecError(f"there is no generation {name!r}; there are: {', '.join(GENERATIONS)}")


def _squeezed(name: str) -> str:
    return "".join(character for character in name.casefold() if character not in " -_")


def by_atr(raw: bytes) -> Generation | None:
    """The generation that answers reset with ``raw``, or None."""
    return next((generation for generation in GENERATIONS.values() if generation.atr == raw), None)


def family_of(raw: bytes) -> Generation:
    """Whose habits to expect: the generation of this answer to reset, else one that starts alike, as readers tell them."""
    alike = (generation for generation in GENERATIONS.values() if generation.atr[:2] == raw[:2])
    return by_atr(raw) or next(alike, DEFAULT)
