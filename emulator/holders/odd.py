"""Holders that break naive programs: each is declared with what it is meant to catch.

Every one is an ordinary seeded holder with one thing changed, so that a program that reads the one and not the other
has its fault named already. Source of what real cards hold: public readers and the complaints about them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from apdu_specs.language import Text
from apdu_specs.values import LIFELONG, Address, BuddhistDate, Name, Sex
from emulator.errors import BadCard
from emulator.holders.holder import Holder
from emulator.holders.mosaic import mosaic
from emulator.holders.synthesis import VALID_YEARS, holder_from_seed

NAME_BYTES = 100
PHOTO_BYTES = 5118

_Change = Callable[[Holder], Holder]
_YEARS_AGO = 12  # an expired card and its holder are this much older than the seed says


@dataclass(frozen=True, slots=True)
class OddHolder:
    """One holder to choose by ``name``. ``catches``: whose fault shows; ``change``: what it does to a seeded holder."""

    name: str
    catches: Text
    change: _Change

    def holder(self, seed: int) -> Holder:
        """The seeded holder with this one thing changed."""
        return self.change(holder_from_seed(seed))


# ---------------------------------------------------------------- dates


def _unknown_birth_date(holder: Holder) -> Holder:
    return replace(holder, birth_date=BuddhistDate(holder.birth_date.year, None, None))


def _unknown_birth_day(holder: Holder) -> Holder:
    return replace(holder, birth_date=BuddhistDate(holder.birth_date.year, holder.birth_date.month, None))


def _lifelong(holder: Holder) -> Holder:
    return replace(holder, expiry_date=LIFELONG)


def _expired(holder: Holder) -> Holder:
    """Card and holder as they were twelve years ago; the rights were registered since and still run."""
    issued = _earlier(holder.issue_date)
    if holder.expiry_date.is_lifelong:
        expires = replace(issued, year=issued.year + VALID_YEARS)
    else:
        expires = _earlier(holder.expiry_date)
    return replace(
        holder,
        birth_date=_earlier(holder.birth_date),
        issue_date=issued,
        expiry_date=expires,
        request_number=f"{holder.request_number.partition('/')[0]}/{issued.digits()}",
        photo_number=f"{holder.photo_number[:4]}{issued.year % 100:02d}{holder.photo_number[6:]}",
    )


def _earlier(day: BuddhistDate) -> BuddhistDate:
    # A leap day stays one: twelve is a multiple of four, and no such holder was born before 1904.
    return replace(day, year=day.year - _YEARS_AGO)


# ---------------------------------------------------------------- names


def _no_middle_name(holder: Holder) -> Holder:
    return replace(
        holder,
        thai_name=replace(holder.thai_name, middle=""),
        english_name=replace(holder.english_name, middle=""),
    )


def _middle_name(holder: Holder) -> Holder:
    return replace(
        holder,
        thai_name=replace(holder.thai_name, middle="กลางใจ"),
        english_name=replace(holder.english_name, middle="Klangchai"),
    )


def _title_with_space(holder: Holder) -> Holder:
    thai = "ว่าที่ ร.ต." if holder.sex is Sex.MALE else "ว่าที่ ร.ต. หญิง"
    return replace(
        holder,
        thai_name=replace(holder.thai_name, title=thai),
        english_name=replace(holder.english_name, title="Acting Sub Lt."),
    )


def _two_word_surname(holder: Holder) -> Holder:
    return replace(
        holder,
        thai_name=replace(holder.thai_name, last=f"{holder.thai_name.last} ณ ตัวอย่าง"),
        english_name=replace(holder.english_name, last=f"{holder.english_name.last} Na Tuayang"),
    )


def _longest_names(holder: Holder) -> Holder:
    return replace(
        holder,
        thai_name=_filled(holder.thai_name.title, "กานดามาลา"),
        english_name=_filled(holder.english_name.title, "Kandamala"),
    )


def _filled(title: str, letters: str) -> Name:
    """Title, first, middle and last name that take up the field to its last byte; one letter is one byte."""
    left = NAME_BYTES - len(title) - len("###")
    first, middle = left // 3, left // 3
    many = letters * (left // len(letters) + 1)
    return Name(title, many[:first], many[:middle], many[: left - first - middle])


# ---------------------------------------------------------------- addresses


def _bangkok(holder: Holder) -> Holder:
    return replace(
        holder,
        address=Address(
            "99/9", "", "", "ซอยตัวอย่าง 5", "ถนนพหลโยธิน", "แขวงลาดยาว", "เขตจตุจักร", "กรุงเทพมหานคร"
        ),
    )


def _moo_and_soi(holder: Holder) -> Holder:
    return replace(
        holder,
        address=Address("88/1", "หมู่ที่ 7", "", "ซอยร่มเย็น 3", "", "ตำบลบางพูด", "อำเภอปากเกร็ด", "จังหวัดนนทบุรี"),
    )


def _empty_parts(holder: Holder) -> Holder:
    """As of people in a central house register, who have no house."""
    return replace(
        holder, address=replace(holder.address, house_no="", moo="", trok="", soi="", road="", tambon="")
    )


# ---------------------------------------------------------------- photos


def _no_photo(holder: Holder) -> Holder:
    return replace(holder, photo=b"")


def _largest_photo(holder: Holder) -> Holder:
    """Filled up with a comment after the first segment; where that is too big, with fill bytes before the end."""
    photo, missing = holder.photo, PHOTO_BYTES - len(holder.photo)
    if missing < 4:
        return replace(holder, photo=photo[:-2] + b"\xff" * missing + photo[-2:])
    after = 4 + int.from_bytes(photo[4:6], "big")  # start marker, segment marker, the segment's own length
    comment = (
        b"\xff\xfe" + (missing - 2).to_bytes(2, "big") + b"SPECIMEN.".ljust(missing - 4, b".")[: missing - 4]
    )
    return replace(holder, photo=photo[:after] + comment + photo[after:])


def _spaces_in_photo(holder: Holder) -> Holder:
    return replace(holder, photo=mosaic(holder.photo))


# ---------------------------------------------------------------- rights


def _blank_rights(holder: Holder) -> Holder:
    return replace(holder, rights=None)


def _expired_rights(holder: Holder) -> Holder:
    if holder.rights is None:  # seeded holders have rights; the type allows none
        return holder
    since = BuddhistDate(2558, 1, 5)
    return replace(
        holder,
        rights=replace(
            holder.rights, issue_date=since, update_date=since, expiry_date=BuddhistDate(2560, 9, 30)
        ),
    )


# ---------------------------------------------------------------- all of them

_ALL = (
    OddHolder(
        "unknown-birth-date",
        Text(
            "programs that make a calendar day of a birth date whose month and day are 00",
            "โปรแกรมที่แปลงวันเกิดซึ่งเดือนและวันเป็น 00 ให้เป็นวันในปฏิทิน",
        ),
        _unknown_birth_date,
    ),
    OddHolder(
        "unknown-birth-day",
        Text(
            "programs that know an unknown birth date, but not one whose day alone is 00",
            "โปรแกรมที่รองรับวันเกิดที่ไม่ทราบทั้งเดือนและวัน แต่ไม่รองรับกรณีที่ไม่ทราบเฉพาะวัน",
        ),
        _unknown_birth_day,
    ),
    OddHolder(
        "lifelong-card",
        Text(
            "programs that take the expiry date 99999999 for a day, or refuse the card as expired",
            "โปรแกรมที่ตีความวันหมดอายุ 99999999 (ตลอดชีพ) เป็นวันที่ หรือเห็นว่าบัตรหมดอายุ",
        ),
        _lifelong,
    ),
    OddHolder(
        "expired-card",
        Text(
            "programs that do not look at the expiry date, or refuse to read an expired card",
            "โปรแกรมที่ไม่ตรวจวันหมดอายุ หรืออ่านบัตรที่หมดอายุแล้วไม่ได้",
        ),
        _expired,
    ),
    OddHolder(
        "no-middle-name",
        Text(
            "programs that drop the empty part between ## and lose the surname",
            "โปรแกรมที่ตัดส่วนว่างระหว่าง ## ทิ้ง แล้วนามสกุลหาย",
        ),
        _no_middle_name,
    ),
    OddHolder(
        "middle-name",
        Text(
            "programs that expect ## between first name and surname",
            "โปรแกรมที่คาดว่าระหว่างชื่อกับนามสกุลเป็น ## เสมอ",
        ),
        _middle_name,
    ),
    OddHolder(
        "title-with-space",
        Text(
            "programs that replace # by a space before they split a name",
            "โปรแกรมที่แทน # ด้วยช่องว่างก่อนแยกชื่อ ทำให้คำนำหน้าที่มีช่องว่างถูกแยกผิด",
        ),
        _title_with_space,
    ),
    OddHolder(
        "two-word-surname",
        Text(
            "programs that take the last word of a name for the whole surname",
            "โปรแกรมที่ถือว่าคำสุดท้ายคือนามสกุลทั้งหมด",
        ),
        _two_word_surname,
    ),
    OddHolder(
        "longest-names",
        Text(
            "programs that need padding after a name, or cut names of 100 bytes",
            "โปรแกรมที่ต้องมีช่องว่างท้ายชื่อ หรือตัดชื่อที่ยาวเต็ม 100 ไบต์",
        ),
        _longest_names,
    ),
    OddHolder(
        "bangkok-address",
        Text(
            "programs that look for ตำบล, อำเภอ and จังหวัด, which Bangkok does not have",
            "โปรแกรมที่หาคำว่า ตำบล อำเภอ จังหวัด ซึ่งที่อยู่ในกรุงเทพมหานครไม่มี",
        ),
        _bangkok,
    ),
    OddHolder(
        "moo-and-soi",
        Text(
            "programs that lose the soi of an address that has a moo as well",
            "โปรแกรมที่ทำซอยหายเมื่อที่อยู่มีทั้งหมู่และซอย",
        ),
        _moo_and_soi,
    ),
    OddHolder(
        "empty-address-parts",
        Text(
            "programs that shift the parts of an address when some, the house number too, are empty",
            "โปรแกรมที่เลื่อนส่วนของที่อยู่ผิดตำแหน่งเมื่อบางส่วนว่าง รวมทั้งบ้านเลขที่",
        ),
        _empty_parts,
    ),
    OddHolder(
        "no-photo",
        Text(
            "programs that show or store a photo field of nothing but spaces as a picture",
            "โปรแกรมที่แสดงหรือเก็บช่องรูปถ่ายซึ่งมีแต่ช่องว่างเป็นรูป",
        ),
        _no_photo,
    ),
    OddHolder(
        "largest-photo",
        Text(
            "programs that read 5,100 of the photo's 5,118 bytes, or rely on padding after it",
            "โปรแกรมที่อ่านรูปเพียง 5,100 จาก 5,118 ไบต์ หรือต้องมีช่องว่างต่อท้ายรูป",
        ),
        _largest_photo,
    ),
    OddHolder(
        "spaces-in-photo",
        Text(
            "programs that strip spaces from every chunk of the photo and damage the picture",
            "โปรแกรมที่ตัดช่องว่างออกจากรูปทีละส่วนจนรูปเสีย",
        ),
        _spaces_in_photo,
    ),
    OddHolder(
        "blank-rights",
        Text(
            "programs that cannot read a card whose health rights (NHSO) are blank",
            "โปรแกรมที่อ่านบัตรซึ่งข้อมูลสิทธิ สปสช. ว่างไม่ได้",
        ),
        _blank_rights,
    ),
    OddHolder(
        "expired-rights",
        Text(
            "programs that show rights on the card as valid without looking at their last day",
            "โปรแกรมที่แสดงสิทธิในบัตรว่ายังใช้ได้โดยไม่ตรวจวันหมดสิทธิ",
        ),
        _expired_rights,
    ),
)

ODD_HOLDERS: dict[str, OddHolder] = {each.name: each for each in _ALL}
"""Name -> holder, in the order in which they are shown."""


def odd_holder(name: str, seed: int) -> Holder:
    """The odd holder called ``name`` made from ``seed``; BadCard, which lists them all, if there is none of that name."""
    found = ODD_HOLDERS.get(name.strip().casefold().replace("_", "-"))
    if found is None:
        listed = ", ".join(ODD_HOLDERS)
        raise BadCard(
            Text(f"There is no holder {name!r}.", f"ไม่มีผู้ถือบัตร {name!r}"),
            Text(f"There are: {listed}.", f"ที่มีคือ: {listed}"),
        )
    return found.holder(seed)
