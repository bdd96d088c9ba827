"""The page that QA signs: one HTML file that needs nothing else, in Thai and English, made to be printed.

No script and no address: its content security policy forbids them, and admits its one style sheet by hash and, where
photos were shown as evidence, pictures that are in the page itself.
Needs the extra ``qualify`` (Jinja2, matplotlib).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
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
LARGEST_PICTURE = 8 * 1024 * 1024
_PICTURES = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
_SIGNERS = (Text("Tested by", "ผู้ทดสอบ"), Text("Approved by", "ผู้อนุมัติ"))


def record_page(
    record: Mapping[str, Any], language: Language = "en", shown: Mapping[str, bytes] | None = None
) -> str:
    """The page of a verified record (see ``loading``), shown first in ``language``; the reader of the page may switch.

    ``shown`` are the contents of its evidence: pictures among them stand in the page.
    """
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
        meaning=words.meaning(record["verdict"], str(record.get("profile"))),
        counts={name: count for name, count in counts.items() if count},
        total=len(found),
        virtual=view.is_virtual(record),
        remaining=[str(each) for each in record.get("remaining") or ()],
        attention=view.attention(found),
        not_tried=[*view.not_tried(found), *view.left_out(record, found)],
        profile=words.profile_title(str(record.get("profile"))),
        facts=view.facts(record),
        families=view.by_family(found),
        plots=plots.plots(found, card.get("atr")),
        signed_facts=_signed_facts(record),
        signature=record.get("signature"),
        digest=digest,
        signers=_SIGNERS,
        pictures=_pictures(shown or {}),
        papers=[view.attachment(each) for each in (record.get("signature") or {}).get("evidence") or ()],
    )


def write(
    record: Mapping[str, Any],
    folder: Path,
    language: Language = "en",
    shown: Mapping[str, bytes] | None = None,
) -> list[Path]:
    """Write the record's page into ``folder``; the files written. Raises OSError."""
    page = folder / FILE_NAME
    page.write_text(record_page(record, language, shown), encoding="utf-8")
    return [page]


def _pictures(shown: Mapping[str, bytes]) -> list[tuple[str, Markup]]:
    """Name and address of every picture that a browser draws; the data is in the address. Others are only named."""
    found = []
    for name, content in shown.items():
        kind = next((kind for kind, start in _PICTURES.items() if content.startswith(start)), None)
        if kind is not None and len(content) <= LARGEST_PICTURE:
            data = base64.b64encode(content).decode()
            found.append((name, Markup(f"data:{kind};base64,{data}")))
    return found


def render(
    template: str,
    language: Language,
    *,
    title: Text,
    footer: str,
    pictures: Sequence[tuple[str, Markup]] = (),
    **values: Any,
) -> str:
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
            pictures=pictures,
            **values,
        )
    )


def _signed_facts(record: Mapping[str, Any]) -> list[view.Fact]:
    ended, operator = view.moment(record.get("ended")), record.get("operator")
    # A name stands below in any case; that nobody named whoever ran it is said above.
    named = [] if record.get("signature") and not operator else [view.operator(record)]
    return [
        *view.reader_facts(record),
        *named,
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
