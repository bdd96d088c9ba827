"""Everything that may stand in a scenario file, declared once: loading, schema, reference page and player use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apdu_specs.language import Text
from emulator.card.issue import DEFAULT_PIN, DEFAULT_SEED
from emulator.offices.levels import DEFAULT_LEVEL
from harness.bench.scenario import kinds
from harness.bench.scenario.kinds import MODULE, NEW, OK, REFUSED, RIGHT, Kind


@dataclass(frozen=True, slots=True)
class Option:
    """One key of a step or of what is given. ``default`` None and not ``required``: it may be left out."""

    kind: Kind
    meaning: Text
    default: Any = None
    required: bool = False


Options = Mapping[str, Option]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StepKind:
    """One thing that can happen.

    ``main``: the option that a bare value stands for. ``program``: done by a program at the terminal, so that the other
    program can do it, too. ``check`` says what is wrong with options that are right one by one.
    """

    name: str
    meaning: Text
    options: Options = field(default_factory=dict)
    main: str | None = None
    program: bool = False
    example: str = ""
    check: Callable[[Values], Text | None] = lambda values: None


GIVEN_CARD: Options = {
    "seed": Option(kinds.SEED, Text("the holder: the same seed is the same person", "ผู้ถือบัตร"), DEFAULT_SEED),
    "pin": Option(kinds.PIN, Text("its PIN", "PIN ของบัตร"), DEFAULT_PIN),
    "failures": Option(
        kinds.COUNT, Text("wrong PINs in a row that it has seen", "จำนวนครั้งที่ใส่ PIN ผิดติดต่อกันมาแล้ว"), 0
    ),
    "generation": Option(kinds.GENERATION, Text("card family", "รุ่นบัตร")),
    "policy": Option(kinds.POLICY, Text("PIN policy", "นโยบาย PIN")),
    "holder": Option(
        kinds.HOLDER, Text("a holder that breaks naive programs", "ผู้ถือบัตรที่ทำให้โปรแกรมที่ไม่รอบคอบทำงานผิด")
    ),
}
GIVEN_OFFICER: Options = {
    "right": Option(kinds.YES_NO, Text("NHSO has granted a right", "สปสช. ให้สิทธิแล้ว"), True),
    "level": Option(kinds.LEVEL, Text("the level of that right", "ระดับสิทธิ"), DEFAULT_LEVEL),
    "idle days": Option(kinds.DAYS, Text("days since the right was last used", "จำนวนวันที่ไม่ได้ใช้สิทธิ"), 0),
}

AFTERWARDS: Options = {
    "state": Option(kinds.STATE, Text("then the PIN is in this state", "สถานะของ PIN หลังจากนั้น")),
    "failures": Option(
        kinds.COUNT, Text("then the card has counted this many wrong PINs in a row", "ตัวนับหลังจากนั้น")
    ),
    "tries left": Option(kinds.COUNT, Text("then this many tries are left", "จำนวนครั้งที่เหลือหลังจากนั้น")),
}
"""What any step may also expect: of the card in the reader, or of the last one that was in it."""


def _expect(default: str | None = OK) -> Option:
    meaning = Text("what the card or office answers", "คำตอบของบัตรหรือสำนักงาน")
    return Option(kinds.ANSWER, meaning, default, required=default is None)


def _expects(default: str | None) -> Option:
    meaning = Text(
        "what the card answers; a list has one answer for each time", "คำตอบของบัตร ถ้าเป็นรายการคือคำตอบแต่ละครั้ง"
    )
    default_list = None if default is None else (default,)
    return Option(kinds.ANSWER.or_list(), meaning, default_list, required=default is None)


_FORM = Option(kinds.FORM, Text("ISO's VERIFY, or the published challenge form", "รูปแบบของคำสั่ง"), "iso")
_TIMES = Option(kinds.TIMES, Text("how often; else once for each expected answer", "จำนวนครั้ง"))
_NEW_PIN = Option(kinds.PIN, Text("the new PIN", "PIN ใหม่"), required=True)

NEEDS_NEW_PIN = ("change pin", "office renews pin")
"""What a power cut can be in the midst of and that sets a new PIN."""


def _check_times(values: Values) -> Text | None:
    times, expected = values.get("times"), values["expect"]
    if times is None or len(expected) in (1, times):
        return None
    return Text(
        f"{len(expected)} answers are expected of {times} times; give one answer, or one for each time",
        f"ระบุคำตอบ {len(expected)} ค่าสำหรับ {times} ครั้ง ให้ระบุค่าเดียวหรือระบุครบทุกครั้ง",
    )


def _check_power_cut(values: Values) -> Text | None:
    if (values.get("before write") is None) == (values.get("after write") is None):
        return Text(
            "say either 'before write' or 'after write'",
            "ให้ระบุ 'before write' หรือ 'after write' อย่างใดอย่างหนึ่ง",
        )
    if (values.get("pin") is None) == (values["during"] in NEEDS_NEW_PIN):
        names = " or ".join(NEEDS_NEW_PIN)
        return Text(
            f"'pin' is the new PIN of {names}, and of nothing else", f"'pin' คือ PIN ใหม่ของ {names} เท่านั้น"
        )
    return None


_ALL = (
    StepKind(
        "insert",
        Text(
            "A card is put into the reader; one that is in it comes out first. Without a name it is the newest card.",
            "เสียบบัตรเข้าเครื่องอ่าน หากมีบัตรอยู่จะนำออกก่อน หากไม่ระบุคือบัตรใบล่าสุด",
        ),
        {
            "card": Option(
                kinds.WHICH_CARD, Text("the newest card, or the one before it", "บัตรใบใหม่หรือใบเก่า"), NEW
            )
        },
        main="card",
        example="insert: old",
    ),
    StepKind("remove", Text("The card is taken out.", "นำบัตรออก"), example="remove"),
    StepKind(
        "reinsert",
        Text("The card is taken out and the same one is put in again.", "นำบัตรออกแล้วเสียบใบเดิมอีกครั้ง"),
        {"times": Option(kinds.TIMES, Text("how often", "จำนวนครั้ง"), 1)},
        main="times",
        example="reinsert: 3",
    ),
    StepKind(
        "right pin",
        Text("The PIN that the card has is presented.", "ใส่ PIN ที่ถูกต้อง"),
        {"times": _TIMES, "form": _FORM, "expect": _expects(OK)},
        main="expect",
        program=True,
        example="right pin: {expect: 6983, state: suspended}",
        check=_check_times,
    ),
    StepKind(
        "wrong pin",
        Text(
            "A PIN that the card does not have is presented, another one each time.",
            "ใส่ PIN ที่ไม่ถูกต้อง แต่ละครั้งไม่ซ้ำกัน",
        ),
        {"times": _TIMES, "form": _FORM, "expect": _expects(REFUSED)},
        main="expect",
        program=True,
        example="wrong pin: [63C2, 63C1, 63C0]",
        check=_check_times,
    ),
    StepKind(
        "pin",
        Text("This PIN is presented, whatever the card's is.", "ใส่ PIN ตามที่ระบุ"),
        {
            "pin": Option(kinds.PIN, Text("what is presented", "PIN ที่ใส่"), required=True),
            "times": _TIMES,
            "form": _FORM,
            "expect": _expects(None),
        },
        program=True,
        example='pin: {pin: "4321", expect: ok}',
        check=_check_times,
    ),
    StepKind(
        "ask tries",
        Text(
            "The card is asked how many tries are left: VERIFY without a PIN, which costs nothing.",
            "ถามจำนวนครั้งที่เหลือ โดยไม่เสียโอกาส",
        ),
        {"form": _FORM, "expect": _expect(None)},
        main="expect",
        program=True,
        example="ask tries: 63C3",
    ),
    StepKind(
        "change pin",
        Text("The holder chooses a new PIN, given the old one.", "ผู้ถือบัตรเปลี่ยน PIN โดยใส่ PIN เดิม"),
        {
            "old": Option(kinds.WHICH_PIN, Text("the old PIN", "PIN เดิม"), RIGHT),
            "new": _NEW_PIN,
            "expect": _expect(),
        },
        program=True,
        example='change pin: {new: "4321"}',
    ),
    StepKind(
        "match status",
        Text(
            "The card is asked to confirm its holder's identity, which needs a verified PIN.",
            "ขอให้บัตรยืนยันตัวบุคคล ซึ่งต้องใส่ PIN ก่อน",
        ),
        {"expect": _expect()},
        main="expect",
        program=True,
        example="match status: 6982",
    ),
    StepKind(
        "read",
        Text("Everything that the card tells without a PIN is read.", "อ่านข้อมูลทั้งหมดที่อ่านได้โดยไม่ต้องใช้ PIN"),
        {
            "fields": Option(kinds.FIELD.or_list(), Text("these are not blank", "ช่องที่ต้องมีข้อมูล"), ()),
            "blank": Option(kinds.FIELD.or_list(), Text("these are blank", "ช่องที่ต้องว่าง"), ()),
            "expect": _expect(),
        },
        main="expect",
        program=True,
        example="read: {fields: [thai_name, main_inscl]}",
    ),
    StepKind(
        "reset",
        Text(
            "The card is reset: selection and verified PIN are gone; the other program is told at its next command.",
            "รีเซ็ตบัตร การเลือกแอปเพล็ตและการยืนยัน PIN สิ้นสุดลง โปรแกรมอื่นจะได้รับแจ้งเมื่อส่งคำสั่งถัดไป",
        ),
        {"expect": _expect()},
        main="expect",
        program=True,
        example="reset",
    ),
    StepKind(
        "other program",
        Text(
            "A second program that shares the reader does one of the steps above that are a program's.",
            "โปรแกรมที่สองซึ่งใช้เครื่องอ่านเดียวกันทำขั้นตอนหนึ่ง",
        ),
        example="other program: {wrong pin: 63C1}",
    ),
    StepKind(
        "remove in mid-verify",
        Text(
            "The card is pulled out while a PIN is presented: before the card saw it, or after it counted and before it "
            "answered. The reader is empty then. The step fails if no PIN came to be presented.",
            "ดึงบัตรออกระหว่างใส่ PIN ก่อนบัตรได้รับคำสั่ง หรือหลังบัตรนับแล้วแต่ยังไม่ตอบ หากไม่มีการส่ง PIN ถึงบัตรถือว่าไม่ผ่าน",
        ),
        {
            "pin": Option(kinds.WHICH_PIN, Text("what is presented", "PIN ที่ใส่"), required=True),
            "when": Option(
                kinds.MOMENT, Text("before or after the card counted", "ก่อนหรือหลังบัตรนับ"), required=True
            ),
            "form": _FORM,
            "expect": _expect("CardRemoved"),
        },
        example="remove in mid-verify: {pin: wrong, when: after, failures: 1}",
    ),
    StepKind(
        "power cut",
        Text(
            "Power fails while the card stores something: just before its n-th write becomes durable, or just after. "
            "The reader is empty then, and the card knows what was durable. The step fails if there was no such write.",
            "ไฟดับขณะบัตรกำลังบันทึก ก่อนหรือหลังการบันทึกครั้งที่ระบุ หากไม่มีการบันทึกครั้งนั้นถือว่าไม่ผ่าน",
        ),
        {
            "during": Option(
                kinds.one_of("right pin", "wrong pin", *NEEDS_NEW_PIN),
                Text("what is going on", "สิ่งที่กำลังทำ"),
                required=True,
            ),
            "before write": Option(
                kinds.WRITE, Text("this write does not become durable", "การบันทึกครั้งที่ไม่สำเร็จ")
            ),
            "after write": Option(kinds.WRITE, Text("this write is the last one", "การบันทึกครั้งสุดท้ายที่สำเร็จ")),
            "pin": Option(kinds.PIN, Text("the new PIN, where one is set", "PIN ใหม่")),
            "expect": _expect("CardRemoved"),
        },
        example="power cut: {during: right pin, after write: 1, failures: 1}",
        check=_check_power_cut,
    ),
    StepKind(
        "office renews pin",
        Text(
            "A registry office proves itself to the card in the reader and gives it a new PIN.",
            "สำนักทะเบียนออก PIN ใหม่ให้บัตรในเครื่องอ่าน",
        ),
        {"pin": _NEW_PIN, "expect": _expect()},
        main="pin",
        example='office renews pin: {pin: "4321", expect: PinLocked}',
    ),
    StepKind(
        "office replaces card",
        Text(
            "A registry office issues a new card in place of the newest one, which is 'old' from then on. "
            "The reader is left as it is.",
            "สำนักทะเบียนออกบัตรใหม่แทนใบล่าสุด ซึ่งจะเป็นบัตร 'old' ต่อไป",
        ),
        {"pin": _NEW_PIN, "expect": _expect()},
        main="pin",
        example='office replaces card: "5678"',
    ),
    StepKind(
        "ask authority",
        Text(
            "The authority is asked for a challenge for the card in the reader (action 9080); needs no PIN.",
            "ขอคำท้าจากกรมการปกครองสำหรับบัตรในเครื่องอ่าน (9080)",
        ),
        {"expect": _expect()},
        main="expect",
        example="ask authority: NotLatestCard",
    ),
    StepKind(
        "nhso grants right",
        Text("NHSO grants the officer the right, from now on.", "สปสช. ให้สิทธิแก่เจ้าหน้าที่"),
        {"level": Option(kinds.LEVEL, Text("its level", "ระดับสิทธิ"), DEFAULT_LEVEL)},
        main="level",
        example="nhso grants right",
    ),
    StepKind(
        "nhso revokes right",
        Text("NHSO takes the officer's right back.", "สปสช. ยกเลิกสิทธิของเจ้าหน้าที่"),
        example="nhso revokes right",
    ),
    StepKind(
        "days pass",
        Text(
            "Days pass for the offices. The card has no clock: nothing changes on it.",
            "เวลาของสำนักงานผ่านไป บัตรไม่มีนาฬิกาจึงไม่เปลี่ยนแปลง",
        ),
        {"days": Option(kinds.DAYS, Text("how many", "จำนวนวัน"), required=True)},
        main="days",
        example="days pass: 61",
    ),
    StepKind(
        "login",
        Text(
            "The officer logs in with the card in the reader, through all eleven steps, and the card is reset.",
            "เจ้าหน้าที่เข้าใช้งานด้วยบัตรในเครื่องอ่าน แล้วรีเซ็ตบัตร",
        ),
        {
            "pin": Option(kinds.WHICH_PIN, Text("what the officer types", "PIN ที่เจ้าหน้าที่ใส่"), RIGHT),
            "expect": Option(
                kinds.LOGIN_END,
                Text("where the login ends: in the module, or with an error", "ผลการเข้าใช้งาน"),
                MODULE,
            ),
            "at step": Option(kinds.LOGIN_STEP, Text("the last step that it came to", "ขั้นตอนสุดท้ายที่ไปถึง")),
        },
        main="expect",
        example="login: {expect: PinLocked, at step: 6}",
    ),
)

STEPS: dict[str, StepKind] = {each.name: each for each in _ALL}
PROGRAM_STEPS: dict[str, StepKind] = {name: kind for name, kind in STEPS.items() if kind.program}
OTHER_PROGRAM = STEPS["other program"]
