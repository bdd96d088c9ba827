"""The page of a comparison, in the same frame as the report."""

from __future__ import annotations

from typing import Any

from apdu_specs.language import Language, Text
from harness.qualify.compare import (
    BURST_S,
    FALSE_ALARM,
    LARGE,
    SMALLEST,
    SMALLEST_SECONDS,
    Cell,
    Comparison,
    Finding,
    letter,
)
from harness.qualify.report import view
from harness.qualify.report.html import render


def comparison_page(comparison: Comparison, language: Language = "en") -> str:
    """One self-contained HTML file."""
    records = comparison.records
    letters = [letter(place) for place in range(len(records))]
    names = [view.reader_name(record) for record in records]
    facts = zip(*(view.reader_facts(record) for record in records), strict=True)
    title = Text("Readers side by side", "เปรียบเทียบเครื่องอ่าน")
    return render(
        "compare.html.j2",
        language,
        title=Text(f"{title.en}: {', '.join(names)}", f"{title.th}: {', '.join(names)}"),
        footer=" · ".join(names)[:90],
        models=[
            {"letter": each, "name": name, "verdict": record["verdict"], "digest": record.get("digest")}
            for each, name, record in zip(letters, names, records, strict=True)
        ],
        facts=[(same[0].name, same) for same in facts],
        lines=[
            {
                "criterion": line.criterion,
                "title": line.title,
                "verdict_changes": line.verdict_changes,
                "cells": [_cell(each) for each in line.cells],
            }
            for line in comparison.lines
        ],
        changes=[line.criterion for line in comparison.lines if line.verdict_changes],
        differences=[line.criterion for line in comparison.lines if line.differs],
        others=[line.criterion for line in comparison.lines if line.has(Finding.OTHER_VALUE)],
        unsure=[line.criterion for line in comparison.lines if line.has(Finding.NOT_CERTAIN)],
        sampled=sum(any(cell.estimate for cell in line.cells) for line in comparison.lines),
        profiles_differ=len({str(record.get("profile")) for record in records}) > 1,
        virtual=any(view.is_virtual(record) for record in records),
        method=method(comparison),
    )


def _cell(cell: Cell) -> dict[str, Any]:
    row, contrast = cell.row, cell.contrast
    return {
        "verdict": None if row is None else row.verdict,
        "value": None if row is None else row.value,
        "unit": None if row is None else row.unit,
        "median": cell.median,
        "finding": None if contrast is None else contrast.finding.text,
        "differs": contrast is not None and contrast.finding in (Finding.DIFFERENCE, Finding.OTHER_VALUE),
        "change": cell.change,
    }


def method(comparison: Comparison) -> Text:
    """What the intervals mean and what they do not see."""
    count, level = comparison.comparisons, f"{comparison.level * 100:.4g}"
    floor = f"{SMALLEST_SECONDS * 1000:g}"
    return Text(
        f'Counts, lengths and words are exact: "another value" is one that was measured otherwise. Times and rates have noise. '
        f"Medians stand with their 95 % confidence intervals, those of too few samples with the smallest and the largest. "
        f"What was measured within {BURST_S:g} s counts as one observation. A difference is the reader's median less A's; its interval is "
        f"a bootstrap at {level} %, wide enough that with {count} comparisons the chance of even one false "
        f'"difference" is about {FALSE_ALARM:.0%} at most. "Difference" also asks for at least {SMALLEST:.0%} of A\'s '
        f"median and, of times, {floor} ms, which a host's own scheduling may make; what is certain but smaller is \"too small to "
        f'matter". "Large, not certain" is a difference of at least {LARGE:.0%} that is not certain: one figure only, too few samples, or '
        "samples of two kinds, so measure again with more. Everything else is within noise, or of too few samples to say. Each record is one run on one host: "
        "what the host did differently counts as the reader's, so compare records taken on the same host. "
        f"Seed {comparison.seed}, {comparison.resamples} resamples.",
        f'จำนวนนับ ความยาว และคำตอบที่เป็นคำเป็นค่าแน่นอน "ค่าที่วัดได้ไม่เท่ากัน" คือวัดได้เป็นค่าอื่น ส่วนเวลาและอัตรามีความแปรปรวน '
        f"ค่ามัธยฐานแสดงพร้อมช่วงความเชื่อมั่น 95 % ถ้าตัวอย่างน้อยเกินไปแสดงค่าน้อยที่สุดและมากที่สุด ค่าที่วัดภายใน {BURST_S:g} วินาทีนับเป็นการสังเกตครั้งเดียว ผลต่างคือมัธยฐานของเครื่องนั้นลบด้วยของ A ช่วงของผลต่างคำนวณด้วยวิธีบูตสแตรป"
        f"ที่ระดับ {level} % กว้างพอที่เมื่อเปรียบเทียบ {count} ครั้ง โอกาสที่จะสรุปผิดว่าต่างกันแม้เพียงครั้งเดียวมีไม่เกินประมาณ {FALSE_ALARM:.0%} "
        f'จะสรุปว่าต่างกันเมื่อผลต่างไม่น้อยกว่า {SMALLEST:.0%} ของมัธยฐานของ A และถ้าเป็นเวลาต้องไม่น้อยกว่า {floor} ms ซึ่งอาจเกิดจากคอมพิวเตอร์เอง ผลต่างที่แน่ชัดแต่น้อยกว่านี้ถือว่า "น้อยจนไม่มีผล" '
        f'ผลต่างตั้งแต่ {LARGE:.0%} ขึ้นไปที่ยังไม่แน่ชัด ถือว่า "มากแต่ยังไม่แน่ชัด" เพราะมีค่าเดียว ตัวอย่างน้อย หรือมีสองกลุ่ม ควรวัดเพิ่ม นอกนั้นถือว่าอยู่ในความแปรปรวน หรือมีตัวอย่างน้อยเกินไป '
        "บันทึกแต่ละฉบับคือการทดสอบหนึ่งครั้งบนคอมพิวเตอร์หนึ่งเครื่อง ความต่างของคอมพิวเตอร์จะถูกนับเป็นของเครื่องอ่าน "
        "จึงควรเปรียบเทียบบันทึกที่วัดบนคอมพิวเตอร์เดียวกัน "
        f"ค่าเริ่มต้นสุ่ม {comparison.seed} สุ่มซ้ำ {comparison.resamples} ครั้ง",
    )
