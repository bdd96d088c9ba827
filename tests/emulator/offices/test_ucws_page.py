"""The page on UCWS is fresh, and its declarations are whole."""

from __future__ import annotations

from pathlib import Path

from apdu_specs import entitlements, ucws
from emulator.holders import holder_from_seed
from emulator.offices.ucws.reference import page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_is_fresh() -> None:
    assert (DOCS / "ucws.md").read_text(encoding="utf-8") == page(), (
        "run: python -m emulator.offices.ucws.reference > docs/ucws.md"
    )


def test_every_declared_text_is_in_both_languages() -> None:
    texts = [field.meaning for field in ucws.DATA_SET]
    texts += [each.name for each in entitlements.MAIN_RIGHTS.values()]
    texts += [each.name for each in entitlements.SUB_RIGHTS.values()]
    texts += [each.name for each in entitlements.CLAIM_TYPES.values()] + list(entitlements.TITLES.values())
    assert all(text.en and text.th for text in texts)


def test_texts_that_programs_compare_whole() -> None:
    labelled = {right.code: right.labelled for right in entitlements.MAIN_RIGHTS.values()}
    assert labelled["UCS"] == "(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ"
    assert labelled["WEL"] == "(WEL) สิทธิหลักประกันสุขภาพแห่งชาติ (ยกเว้นการร่วมจ่ายค่าบริการ 30 บาท)"
    assert labelled["OFC"] == "(OFC) สิทธิข้าราชการ/สิทธิหน่วยงานรัฐ"
    assert labelled["PVT"] == "(PVT) สิทธิครูเอกชน"
    assert labelled["SSS"] == "(SSS) สิทธิประกันสังคม"
    assert entitlements.SUB_RIGHTS["89"].labelled == "(89) ช่วงอายุ 12-59 ปี"
    assert entitlements.SUB_RIGHTS["71"].labelled == "(71) เด็กอายุไม่เกิน 12 ปีบริบูรณ์"
    assert entitlements.CLAIM_TYPES["PG0130001"].name.th == "บริการฟอกเลือดด้วยเครื่องไตเทียม (HD)"


def test_codes_of_labelled_texts() -> None:
    assert [entitlements.code_of(text) for text in ("(UCS) x", "(89)", "UCS", "", "(", "(UCS")] == [
        "UCS",
        "89",
        "",
        "",
        "",
        "",
    ]
    assert (entitlements.title_code("นาย"), entitlements.title_code("พระ")) == ("003", None)


def test_cards_and_offices_speak_of_the_same_rights() -> None:
    for seed in range(60):
        rights = holder_from_seed(seed, youngest=7).rights
        assert rights is not None
        main, sub = entitlements.code_of(rights.main_inscl), entitlements.code_of(rights.sub_inscl)
        assert rights.main_inscl == entitlements.MAIN_RIGHTS[main].labelled
        assert rights.sub_inscl == entitlements.SUB_RIGHTS[sub].labelled
