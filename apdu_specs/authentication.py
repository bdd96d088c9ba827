"""How a holder's identity is confirmed to the authority, step by step, as the card sees it.

Source: the sequence is that of DOPA's middleware (public, two of its example programs); the bytes of GET MATCH STATUS are
assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs import adm, card_manager
from apdu_specs.command import Command
from apdu_specs.interindustry import READ, SELECT
from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, Provenance, assumed, public

PROVENANCE: Provenance = public(
    "the sequence of DOPA's middleware, from two example programs; bytes are assumed", Confidence.LOW
)
HOLDER, CLIENT, CARD, AUTHORITY = "holder", "client", "card", "authority"


@dataclass(frozen=True, slots=True)
class Step:
    """Who tells whom what; ``command`` if it is one of the card's."""

    sender: str
    receiver: str
    text: Text
    command: Command | None = None


FLOW = (
    Step(CLIENT, CARD, Text("the MOI applet", "เลือกแอปเพล็ต MOI"), SELECT),
    Step(CLIENT, CARD, Text("citizen id, 13 digits", "เลขประจำตัวประชาชน 13 หลัก"), READ),
    Step(CLIENT, CARD, Text("the card manager", "เลือกตัวจัดการบัตร"), SELECT),
    Step(CLIENT, CARD, Text("card serial, 8 bytes", "หมายเลขบัตร 8 ไบต์"), card_manager.GET_CPLC),
    Step(CLIENT, AUTHORITY, Text("citizen id and card serial", "ส่งเลขประจำตัวประชาชนและหมายเลขบัตร")),
    Step(
        AUTHORITY,
        CLIENT,
        Text("a challenge of 32 bytes, to be used once and soon", "คำท้า 32 ไบต์ ใช้ได้ครั้งเดียว"),
    ),
    Step(CLIENT, CARD, Text("the ADM applet", "เลือกแอปเพล็ต ADM"), SELECT),
    Step(CLIENT, CARD, Text("authorize is 01: by PIN", "authorize เป็น 01 คือใช้ PIN"), adm.GET_INFO),
    Step(HOLDER, CLIENT, Text("PIN, 4 digits", "PIN 4 หลัก")),
    Step(CLIENT, CARD, Text("90 00 opens the PIN session", "90 00 เปิดเซสชัน PIN"), adm.VERIFY),
    Step(
        CLIENT,
        CARD,
        Text("the challenge; answer: match status 01 and cryptogram", "ส่งคำท้า ได้ผลการยืนยันและ cryptogram"),
        adm.GET_MATCH_STATUS,
    ),
    Step(CLIENT, AUTHORITY, Text("match status and cryptogram", "ส่งผลการยืนยันและ cryptogram")),
    Step(
        AUTHORITY,
        CLIENT,
        Text(
            "a token, if it computes the same cryptogram for the holder's latest card",
            "Token หาก cryptogram ตรงกับบัตรใบล่าสุด",
        ),
    ),
)

REGISTRY_OFFICE_FLOW = (
    Step(CLIENT, CARD, Text("the ADM applet", "เลือกแอปเพล็ต ADM"), SELECT),
    Step(CLIENT, CARD, Text("16 bytes", "คำท้า 16 ไบต์"), adm.GET_CHALLENGE),
    Step(CLIENT, CARD, Text("the office's proof", "ส่งผลพิสูจน์สิทธิ"), adm.EXTERNAL_AUTHENTICATE),
    Step(CLIENT, CARD, Text("the new PIN; f is 0 again", "PIN ใหม่ และตัวนับเป็น 0"), adm.RESET_RETRY_COUNTER),
)
REGISTRY_OFFICE_PROVENANCE = assumed("nothing of it is public; ISO's commands in their usual order")
