"""The page that QA signs: what it says, that it needs nothing else, and that no record can put markup into it."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import harness.qualify.criteria
from apdu_specs.language import Language
from harness.qualify.criterion import Profile
from harness.qualify.report.html import record_page
from harness.qualify.report.words import number
from harness.qualify.samples import percentile
from tests.harness.qualify.report.page import Page
from tests.harness.qualify.report.synthetic import CRITERIA, record, sealed, short


def page_of(document: dict[str, Any], language: Language = "en") -> Page:
    return Page(record_page(document, language))


@cache
def whole_page(language: Language) -> Page:
    return page_of(record(signature={"operator": "สมศรี ใจดี", "date": "2026-11-20"}), language)


def with_result(name: str, **changed: Any) -> dict[str, Any]:
    whole = short()
    results = [{**each, **changed} if each["criterion"] == name else each for each in whole["results"]]
    return sealed({**whole, "results": results})


@pytest.mark.parametrize("language", ["en", "th"])
def test_it_needs_nothing_else_and_admits_nothing_else(language: Language) -> None:
    page = whole_page(language)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "video", "audio"}
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name in ("src", "style", "srcset") for name in attributes)
        assert attributes.get("href", "#").startswith("#")
    assert "://" not in page.source
    assert "url(" not in page.style and "@import" not in page.style
    assert all(found.startswith("url(#") for found in re.findall(r"url\(.", page.source))


def test_the_policy_admits_exactly_the_style_sheet() -> None:
    page = page_of(short())
    (policy,) = [
        each["content"]
        for tag, each in page.elements
        if tag == "meta" and "content" in each and "http-equiv" in each
    ]
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_identifiers_are_unique_and_references_lead_somewhere() -> None:
    page = whole_page("en")
    names = [each["id"] for _, each in page.elements if "id" in each]
    assert len(names) == len(set(names))
    referred = set(re.findall(r"url\(#([^)]+)\)", page.source))
    referred |= {each["href"][1:] for _, each in page.elements if "href" in each}
    assert referred <= set(names)


def test_it_says_who_what_and_where_in_both_languages() -> None:
    words = whole_page("en").words
    for told in (
        "ACS ACR39U ICC Reader 00 00",
        "RR123-004567",
        "1.08",
        "libccid 1.5.2",
        "Debian GNU/Linux 12",
        "thnid 0.1.0",
        "2026-11-20 02:02:41 UTC",
        record()["digest"],
        "Tested by",
        "ผู้อนุมัติ",
        "Every criterion of this profile that applies was measured",
        "วัดครบทุกเกณฑ์ที่เกี่ยวข้อง",
        "Reader qualification",
        "full profile",
    ):
        assert told in words
    assert words.count("สมศรี ใจดี") == 3  # what was tested, the sign-off, the signature
    for criterion in CRITERIA.values():
        assert criterion.title.en in words or criterion.title.en.capitalize() in words
        assert criterion.title.th in words


def test_one_language_is_shown_first() -> None:
    for language in ("en", "th"):
        page = whole_page(language)
        chosen = [each["id"] for tag, each in page.elements if tag == "input" and "checked" in each]
        assert chosen == [f"show-{language}"]
        assert ("html", {"lang": language}) in page.elements


def test_what_is_not_a_pass_stands_first_with_its_reason() -> None:
    whole = record()
    whole["results"][2] |= {"verdict": "marginal"}
    whole["results"][4] |= {
        "verdict": "incomplete",
        "value": None,
        "reason": {"en": "It was gone.", "th": "หายไป"},
    }
    whole["results"][6] |= {"verdict": "fail", "reason": {"en": "It lied.", "th": "ตอบเท็จ"}}
    page = page_of(sealed({**whole, "verdict": "fail", "remaining": ["ZZ-1"]}))
    (overall,) = [
        each["class"] for tag, each in page.elements if tag == "section" and "overall" in each["class"]
    ]
    assert overall == "overall fail"
    listed = [each["class"] for tag, each in page.elements if tag == "li" and "class" in each]
    assert [each for each in listed if each != "quiet"] == ["fail", "incomplete", "marginal"]
    for told in (
        "42 Pass",
        "1 Marginal",
        "1 Fail",
        "1 Incomplete",
        "45 criteria",
        "It lied.",
        "หายไป",
        "ZZ-1",
    ):
        assert told in page.words.replace("Passผ่าน", "Pass")


def test_a_virtual_card_is_told() -> None:
    assert "Measured with a virtual card" not in page_of(short()).words
    assert "Measured with a virtual card" in page_of(short(card={"virtual": True})).words


def test_a_criterion_of_another_version_is_shown_under_its_id() -> None:
    whole = short()
    whole["results"][0]["criterion"] = "QX-77"
    words = page_of(whole).words
    assert "QX-77" in words and "Criteria unknown to this version" in words


def test_the_numbers_of_a_distribution() -> None:
    page = page_of(with_result("LT-1", samples=list(range(1, 102))))
    assert "p50 51 · p95 96 · p99 100 · max 101 ms, n = 101" in page.words


@pytest.mark.parametrize(("name", "share"), [("LT-1", 0.5), ("LT-1", 0.95), ("LT-1", 0.99), ("PR-3", 0.95)])
def test_a_plot_s_numbers_are_the_table_s(name: str, share: float) -> None:
    samples = [round(1.13**place, 3) for place in range(40)]
    value = percentile(samples, share)  # as every criterion reckons it
    page = page_of(with_result(name, samples=samples, value=value))
    cells = re.findall(r'<td class="value"[^>]*><bdi>([^<]*)</bdi>', page.source)
    assert number(value) in cells
    assert f"p{share * 100:g} {number(value)}" in page.text


def test_a_throughput_s_median_is_the_table_s() -> None:
    samples = [1000.0, 2000.0, 3000.0, 4000.0]
    page = page_of(with_result("PT-5", samples=samples, value=percentile(samples, 0.5)))
    assert "median 2\N{NO-BREAK SPACE}000 bytes/s" in page.text


@pytest.mark.parametrize(("name", "seconds"), [("LT-1", 100), ("SK-5", 5)])
def test_no_trend_of_what_is_no_soak_or_too_short(name: str, seconds: float) -> None:
    # The first command after power-up is slow; a straight line through it would tell of a drift that is none.
    line = [[seconds * place / 99, 3.0 if place < 3 else 0.1] for place in range(100)]
    page = page_of(with_result(name, series={"mine": line}))
    told = page.source.partition("mine over time")[2]
    told = told.partition("</figcaption>")[0]
    assert "smallest to largest" in told and "straight line" not in told and "แนวโน้ม" not in told


def test_what_was_not_tried_stands_beside_the_verdict() -> None:
    whole = record()
    for place, reason in ((2, "Needs a card."), (7, "Needs a card."), (8, "It has none.")):
        whole["results"][place] |= {
            "verdict": "not applicable",
            "value": None,
            "reason": {"en": reason, "th": f"ไทย {reason}"},
        }
    names = [whole["results"][place]["criterion"] for place in (2, 7, 8)]
    page = page_of(sealed(whole))
    headline = page.words.partition("What was tested")[0]
    assert "Not tried:" in headline and "ไม่ได้ทดสอบ:" in headline
    for told in ("(needs a card)", "(it has none)", "ไทย Needs a card.", *names):
        assert told in headline
    assert "Not tried" not in page_of(record()).words


def test_ids_in_a_row_are_named_by_their_ends() -> None:
    whole = record()
    names = ["A-9", "A-10", "A-11", "A-13", "B-14", "B-15", "C", "D-" + "9" * 9000, "D-", "-1", "-2", "-3"]
    for name, result in zip(names, whole["results"], strict=False):
        result |= {"criterion": name, "verdict": "not applicable", "value": None}
    told = page_of(sealed(whole)).words.partition("What was tested")[0]
    assert "A-9 … A-11, A-13, B-14, B-15, C, D-999" in told and "9, D-, -1 … -3" in told


def declared_in(monkeypatch: pytest.MonkeyPatch, **profiles: set[Profile]) -> None:
    """Criteria of these ids' profiles, on top of the made-up ones; ``_`` stands for the dash."""
    some = CRITERIA["LT-1"]
    added = {
        name: replace(some, id=name, profiles=frozenset(each))
        for name, each in ((name.replace("_", "-"), each) for name, each in profiles.items())
    }
    monkeypatch.setattr(harness.qualify.criteria, "CRITERIA", {**CRITERIA, **added})


def sign_off_of(page: Page) -> str:
    """Its words, up to the plots."""
    return page.words.partition("การลงนามรับรอง")[2].partition("Measurements in pictures")[0]


def test_what_the_profile_leaves_out_is_named_beside_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    full, soak = {Profile.FULL}, {Profile.SOAK}
    declared_in(monkeypatch, QA_6=full, QA_7=full, QA_8=full, QA_10=full, QB_1=soak, QC_1=set(Profile))
    page = page_of(record(profile="quick"))
    headline = page.words.partition("What was tested")[0]
    for told in (
        "Not tried:",
        "(not in the quick profile; measured by the full profile)",
        "QA-6 … QA-8, QA-10",
        "(not in the quick profile; measured by the soak profile)",
        "QB-1",
        "ไม่อยู่ในชุดการทดสอบแบบเร็ว (quick) ต้องวัดด้วยชุดการทดสอบแบบเต็ม (full)",
    ):
        assert told in headline
    assert "QC-1" not in page.words
    signed = sign_off_of(page)
    assert "QA-6 … QA-8, QA-10, QB-1" in signed and "Quick profile, not the full qualification." in signed
    assert "ไม่ใช่การทดสอบคุณสมบัติเต็มรูปแบบ" in signed


@pytest.mark.parametrize("verdict", ["pass", "marginal", "fail", "incomplete"])
@pytest.mark.parametrize("profile", ["quick", "full", "soak", "of another version"])
def test_only_a_full_pass_reads_as_a_qualification(verdict: str, profile: str) -> None:
    words = page_of(short(profile=profile, verdict=verdict)).words
    said = "not the full qualification" in words
    assert said == (profile in ("quick", "soak") and verdict in ("pass", "marginal"))


def test_the_sign_off_names_profile_and_card() -> None:
    signed = sign_off_of(page_of(short(profile="quick", card={"virtual": True, "generation": "G"})))
    assert "Profileชุดการทดสอบquickแบบเร็ว (quick)" in signed and "virtual G" in signed
    assert "Measured with a virtual card" in signed and "วัดด้วยบัตรเสมือน" in signed
    assert "Measured with a virtual card" not in sign_off_of(page_of(short()))


def test_a_signed_page_does_not_say_that_nobody_is_stated() -> None:
    signature = {"operator": "ก ข", "date": "2026-11-20"}
    assert "Operatorผู้ทดสอบnot stated" in sign_off_of(page_of(short(operator=None)))
    signed = sign_off_of(page_of(short(operator=None, signature=signature)))
    assert "Operator" not in signed and "ก ข, 2026-11-20" in signed
    assert "Operatorผู้ทดสอบสมศรี ใจดี" in sign_off_of(page_of(short(signature=signature)))


@pytest.mark.parametrize(
    ("stamp", "shown"),
    [
        ("2026-11-20T02:02:41+00:00", "2026-11-20 02:02:41 UTC"),
        ("2026-11-20T02:02:41+07:00", "2026-11-20 02:02:41 +07:00 (2026-11-19 19:02:41 UTC)"),
        ("2026-11-20T02:02:41-03:30", "2026-11-20 02:02:41 -03:30 (2026-11-20 05:32:41 UTC)"),
        ("2026-11-20T02:02:41", "2026-11-20T02:02:41"),
        ("0001-01-01T00:00:00+07:00", "0001-01-01T00:00:00+07:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_a_moment_is_shown_in_the_time_of_the_place_and_in_universal_time(stamp: str, shown: str) -> None:
    assert shown in sign_off_of(page_of(short(ended=stamp)))


def test_a_limit_stays_on_the_line_of_its_sign() -> None:
    page = page_of(with_result("LT-1", limits={"upper": 1000, "marginal_upper": 900}))
    assert "≤\xa01\xa0000 ms (marginal: >\xa0900)" in page.text


def test_the_sign_off_does_not_stand_alone_at_the_end() -> None:
    page = page_of(record())
    sections = [
        attributes.get("class", tag)
        for tag, attributes in page.elements
        if tag in ("section", "table", "figure")
    ]
    assert sections.index("results") < sections.index("sign") < sections.index("figure")


def test_the_rate_that_ta1_allows() -> None:
    page = page_of(with_result("PT-5", samples=[4811.2] * 5))
    # TA1 18: D = 12, F = 372; 3 579 545 Hz * 12 / 372 / 12 moments a byte = 9 622 bytes a second
    assert "9\N{NO-BREAK SPACE}622 bytes/s, which the card's TA1 allows" in page.text
    assert "the median is 50% of it" in page.words


def test_the_drift_of_a_soak() -> None:
    line = [[t, 100 + t / 10] for t in range(101)]
    page = page_of(with_result("SK-5", series={"rss": line}))
    assert "100 → 110 (+10.0%)" in page.words
    assert "rss over time" in page.words


def test_hours_of_soak_stay_a_small_page() -> None:
    line = [[t, 5 + t % 7] for t in range(40_000)]
    assert len(record_page(with_result("SK-5", series={"latency": line}))) < 200_000


def test_a_record_without_anything_measured() -> None:
    bare = {"format": 1, "results": [], "verdict": "incomplete"}
    page = page_of(sealed(bare))
    assert "not stated" in page.words and "Incomplete" in page.words


@pytest.mark.parametrize(
    "samples", [[0.0] * 30, [1e-9] * 29 + [1e9], [-1.0] * 15 + [1.0] * 15, ["x", None, True]]
)
def test_odd_samples_are_drawn(samples: list[Any]) -> None:
    series = {"s": [[place, each] for place, each in enumerate(samples)], "t": []}
    whole = short()
    for each in whole["results"]:
        each |= {"samples": samples, "series": series if each["criterion"] == "SK-5" else {}}
    page_of(whole)


def test_the_whole_page_is_written_in_two_seconds() -> None:
    whole = record()
    began = time.process_time()
    record_page(whole)
    assert time.process_time() - began < 2


# ------------------------------------------------------------------ nothing from outside becomes markup

PLAIN = page_of(short()).kinds | {
    ("div", ""),
    ("div", "class"),
    ("p", ""),
    ("p", "class"),
    ("li", "class"),
    ("br", ""),
    ("wbr", ""),
}
ODD = st.text(
    st.one_of(
        st.sampled_from("<>\"'&;/\\{}%$#`=()-!\n\t\0\x1b\u202e\u2066\ud800"),
        st.characters(),
        st.sampled_from("scriptonload"),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=8)
@given(ODD)
@example("</style><script>alert(1)</script>")
@example('" onload="alert(1)')
@example("'); } body { background: url(//x.example)")
@example("{{ 7 * 7 }} {% raw %}")
@example("$x^{2$ \\frac")
@example("]]></svg><img src=x onerror=alert(1)>")
@example("<!--")
@example("\u202eelif\ud800\x00")
def test_no_text_of_a_record_becomes_markup(odd: str) -> None:
    parts = {
        "reader": dict.fromkeys(("name", "serial", "firmware", "driver"), odd),
        "host": dict.fromkeys(("os", "kernel", "pcsc"), odd),
        "tool": {"name": odd, "version": odd},
        "card": {"atr": odd, "generation": odd},
        "signature": {"operator": odd, "date": odd},
        "remaining": [odd],
    }
    told = dict.fromkeys(("operator", "profile", "started", "ended", "digest"), odd)
    whole = {**short(), **parts, **told}
    # The plots that show names are enough; all of them take their time.
    whole["results"] = [each for each in whole["results"] if each["criterion"] not in ("LT-1", "PT-5")]
    for each in whole["results"]:
        each |= {"attachments": [odd], "reason": {"en": odd, "th": odd}}
        each["series"] = {key: [[0, 1], [1, 2]] for key in ([odd] if each["series"] else [])}
    whole["results"][0] |= {"criterion": odd, "unit": odd, "value": odd}
    whole["results"][1] |= {"verdict": "fail", "limits": {"equals": [odd], "marginal_equals": [odd]}}
    page = Page(record_page(whole))
    assert page.kinds <= PLAIN
    assert not re.search("[\0-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page.source)
    assert page.source.count("<style>") == 1 and page.style.count("@bottom-left") == 1
