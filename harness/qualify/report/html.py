"""The page that QA signs: one HTML file that needs nothing else, in Thai and English, made to be printed.

No script, no image, no address: its content security policy forbids all of them, and admits its one style sheet by hash.
Needs the extra ``qualify`` (Jinja2, matplotlib).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from apdu_specs.language import Language, Text
from harness.qualify.report import plots, view, words
from harness.qualify.report.safe_text import css_string, harmless

FILE_NAME = "report.html"
_TEMPLATES = Path(__file__).with_name("templates")
_SIGNERS = (Text("Tested by", "ผู้ทดสอบ"), Text("Approved by", "ผู้อนุมัติ"))


def record_page(record: Mapping[str, Any], language: Language = "en") -> str:
    """The page of a verified record (see ``loading``), shown first in ``language``; the reader of the page may switch."""
    found = view.rows(record)
    card = record.get("card") or {}
    reader, digest = view.reader_name(record), str(record.get("digest") or "")
    counts = view.counts(found)
    return render(
        "record.html.j2",
        language,
        title=Text(f"{reader}: reader qualification", f"{reader}: ผลการทดสอบเครื่องอ่านบัตร"),
        footer=f"{reader} · {digest[:19]}…",
        reader=reader,
        verdict=record["verdict"],
        meaning=words.MEANING[record["verdict"]],
        counts={name: count for name, count in counts.items() if count},
        total=len(found),
        virtual=view.is_virtual(record),
        remaining=[str(each) for each in record.get("remaining") or ()],
        attention=view.attention(found),
        facts=view.facts(record),
        families=view.by_family(found),
        plots=plots.plots(found, card.get("atr")),
        signed_facts=_signed_facts(record),
        signature=record.get("signature"),
        digest=digest,
        signers=_SIGNERS,
    )


def write(record: Mapping[str, Any], folder: Path, language: Language = "en") -> list[Path]:
    """Write the record's page into ``folder``; the files written. Raises OSError."""
    page = folder / FILE_NAME
    page.write_text(record_page(record, language), encoding="utf-8")
    return [page]


def render(template: str, language: Language, *, title: Text, footer: str, **values: Any) -> str:
    """A page in the common frame. ``footer`` stands at the foot of every printed page, beside its number."""
    style = f"{_style_sheet()}\n{_page_feet(footer)}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _templates()
        .get_template(template)
        .render(
            language=language,
            title=title,
            style=Markup(style),  # ours, and the footer is nothing but escapes
            style_hash=f"sha256-{digest}",
            **values,
        )
    )


def _signed_facts(record: Mapping[str, Any]) -> list[view.Fact]:
    ended = view.moment(record.get("ended"))
    return [
        *view.reader_facts(record),
        view.Fact(Text("Operator", "ผู้ทดสอบ"), words.amount(record.get("operator"))),
        view.Fact(Text("Measured until", "วัดเสร็จเมื่อ"), words.amount(ended)),
    ]


@cache
def _style_sheet() -> str:
    return (_TEMPLATES / "page.css").read_text(encoding="utf-8")


def _page_feet(footer: str) -> str:
    font = 'font: 8pt "Noto Sans", Arial, "Noto Sans Thai", Loma, Tahoma, sans-serif; color: #55636f'
    return (
        f"@page {{ @bottom-left {{ content: {css_string(footer)}; {font} }} "
        f'@bottom-right {{ content: counter(page) " / " counter(pages); {font} }} }}'
    )


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_finalize,
    )
    environment.globals |= {
        "classes": words.CLASSES,
        "signs": words.SIGNS,
        "verdicts": words.VERDICTS,
    }
    return environment


def _finalize(value: Any) -> Any:
    return value if isinstance(value, Markup) else harmless(value)
