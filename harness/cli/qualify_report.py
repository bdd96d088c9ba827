"""``thnid qualify report`` and ``thnid qualify compare``: what records say, for QA to sign and to choose by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apdu_specs.language import Text
from harness.cli.output import Misuse, Output, reporting
from harness.qualify.report.loading import ExtraMissing, beside, load, shown

if TYPE_CHECKING:
    from harness.qualify.compare import Comparison

_OF_THE_EXTRA = {"jinja2", "markupsafe", "matplotlib", "numpy", "scipy"}


@contextmanager
def extra_needed() -> Iterator[None]:
    """Turns a missing package of the extra ``qualify`` into ExtraMissing."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _OF_THE_EXTRA:
            raise
        raise ExtraMissing(package) from None


@click.command("report")
@click.argument("record_path", metavar="RECORD.json", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; else the record's.")
@reporting
def report(output: Output, record_path: Path, out: Path | None) -> None:
    """Write the page that QA signs: one HTML file in Thai and English, made to be printed.

    RECORD.json may be the folder that 'thnid qualify run' wrote. A record that was changed since is refused. The page
    opens in the language of --lang.
    """
    record = load(record_path)
    with extra_needed():
        from harness.qualify.report.html import write
    folder = out or beside(record_path)
    pictures = shown(record, beside(record_path))
    folder.mkdir(parents=True, exist_ok=True)
    (page,) = write(record, folder, output.language, pictures)
    document = {"html": str(page), "verdict": record["verdict"], "digest": record["digest"]}
    output.report(document, lambda: output.say(Text(f"{page} written.", f"เขียน {page} แล้ว")))


@click.command("schema")
def schema() -> None:
    """Print the JSON Schema of record.json."""
    from harness.qualify.report.schema import SCHEMA

    click.echo(json.dumps(SCHEMA, ensure_ascii=False, indent=2))


@click.command("compare")
@click.argument("paths", metavar="A.json B.json...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page, too.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the bootstrap.")
@reporting
def compare(output: Output, paths: tuple[Path, ...], page: Path | None, seed: int) -> None:
    """Put records side by side and tell a difference from noise; all are compared with the first.

    Counts, lengths and words are compared as they were measured. Medians stand with bootstrap confidence intervals, widened
    for the number of comparisons made; what was measured within a second counts as one observation. A record that was changed
    since, or whose evidence is not what was shown, is refused.
    """
    if len(paths) < 2:
        raise Misuse(Text("Name at least two records to compare.", "โปรดระบุผลที่จะเปรียบเทียบอย่างน้อยสองรายการ"))
    records = [load(path) for path in paths]
    for path, record in zip(paths, records, strict=True):
        shown(record, beside(path))  # raises EvidenceAltered
    with extra_needed():
        from harness.qualify import compare as comparing
    comparison = comparing.compare(records, seed)
    if page is not None:
        with extra_needed():
            from harness.qualify.report.compare_html import comparison_page
        page.write_text(comparison_page(comparison, output.language), encoding="utf-8")
    document = {**comparison.to_json(), "html": None if page is None else str(page)}
    output.report(document, lambda: _show(output, comparison, page))


def _show(output: Output, comparison: Comparison, page: Path | None) -> None:
    """Only what differs or was compared; the page and ``--json`` have everything."""
    from rich.table import Table
    from rich.text import Text as Plain

    from harness.qualify.compare import Finding, letter
    from harness.qualify.report.view import reader_name

    say = output.language
    table = Table()
    table.add_column(Text("criterion", "เกณฑ์").say(say))
    for place, record in enumerate(comparison.records):
        table.add_column(Plain(f"{letter(place)} {reader_name(record)}"))
    for line in comparison.lines:
        if line.verdict_changes or any(cell.contrast for cell in line.cells):
            cells = [cell.summary.say(say) for cell in line.cells]
            told_otherwise = line.verdict_changes or line.differs or line.has(Finding.OTHER_VALUE)
            style = "bold" if told_otherwise else None
            table.add_row(line.criterion, *map(Plain, cells), style=style)
    output.show_table(table)
    changed = [line.criterion for line in comparison.lines if line.verdict_changes]
    different = [line.criterion for line in comparison.lines if line.differs]
    unsure = [line.criterion for line in comparison.lines if line.has(Finding.NOT_CERTAIN)]
    others = [line.criterion for line in comparison.lines if line.has(Finding.OTHER_VALUE)]
    told = [", ".join(each) or "–" for each in (changed, others, different, unsure)]
    output.say(
        Text(
            f"Verdicts differ: {told[0]}. Another value: {told[1]}. More than noise: {told[2]}. "
            f"Large, not certain: {told[3]}.",
            f"ผลต่างกัน: {told[0]} ค่าที่วัดได้ไม่เท่ากัน: {told[1]} ต่างเกินความแปรปรวน: {told[2]} "
            f"ต่างกันมากแต่ยังไม่แน่ชัด: {told[3]}",
        )
    )
    if page is not None:
        output.say(Text(f"{page} written.", f"เขียน {page} แล้ว"))
