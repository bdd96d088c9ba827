"""``thnid scenario``: play scenario files, list those that come with thnid, print their schema."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from harness.cli.offices_database import offices_at_work
from harness.cli.output import CommandGroup, Misuse, Output, as_json, reporting

if TYPE_CHECKING:
    from harness.bench.scenario.loading import ScenarioInvalid
    from harness.bench.scenario.model import Scenario
    from harness.bench.scenario.player import ScenarioResult

SOME_FAILED = 1


@click.group("scenario", cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Play scenarios: given a card, when these things happen, then what must be answered."""


@command.command("run")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--shipped", is_flag=True, help="Also all that come with thnid.")
@click.option("--in-process", is_flag=True, help="Without PC/SC, in milliseconds.")
@click.option("--junit", "junit_path", type=click.Path(path_type=Path), help="Write JUnit XML to this file.")
@reporting
def run(
    output: Output, files: tuple[str, ...], shipped: bool, in_process: bool, junit_path: Path | None
) -> int:
    """Play each FILE (a path, or the name of a scenario that comes with thnid) through a private PC/SC stack.

    All files are checked before anything runs. Exit status: 0 all passed, 1 some failed, 2 a file is not valid.
    """
    from harness.bench.scenario.loading import ScenarioInvalid
    from harness.bench.scenario.shelf import find
    from harness.bench.scenario.shelf import shipped as on_the_shelf

    paths = [find(name) for name in files] + (list(on_the_shelf().values()) if shipped else [])
    if not paths:
        raise Misuse(
            Text(
                "Name at least one file or scenario, or say --shipped.",
                "โปรดระบุแฟ้มหรือสถานการณ์อย่างน้อยหนึ่งรายการ หรือใช้ --shipped",
            )
        )
    if junit_path is not None:
        _insist_on_folder(junit_path)
    try:
        scenarios = _load_all(paths)
    except ScenarioInvalid as error:
        return _report_invalid(output, error)
    results = _play_all(output, scenarios, in_process)
    if junit_path is not None:
        from harness.bench.scenario.report import write_junit

        write_junit(junit_path, results)
    return _report(output, results, in_process)


@command.command("list")
@reporting
def list_shipped(output: Output) -> None:
    """List the scenarios that come with thnid."""
    from harness.bench.scenario.loading import load
    from harness.bench.scenario.shelf import shipped

    rows: list[dict[str, Any]] = []
    for name, path in shipped().items():
        scenario = load(path)
        about = None if scenario.about is None else {"en": scenario.about.en, "th": scenario.about.th}
        rows.append({"name": name, "scenario": scenario.name, "about": about, "file": str(path)})

    def show() -> None:
        from rich.table import Table

        table = Table("name", Text("what it shows", "แสดงอะไร").say(output.language))
        for row in rows:
            about = row["about"]
            table.add_row(row["name"], row["scenario"] if about is None else about[output.language])
        output.show_table(table)

    output.report({"scenarios": rows}, show)


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of a scenario file."""
    from harness.bench.scenario.schema import scenario_schema

    click.echo(json.dumps(scenario_schema(), ensure_ascii=False, indent=2))


def _insist_on_folder(path: Path) -> None:
    # Found out before a minute of playing, not after it.
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        code = errno.EISDIR if path.is_dir() else errno.ENOENT if not path.parent.exists() else errno.EACCES
        raise OSError(code, os.strerror(code), str(path))


def _load_all(paths: Sequence[Path]) -> list[Scenario]:
    """Every scenario; ScenarioInvalid with the mistakes of all files."""
    from harness.bench.scenario.loading import Problem, ScenarioInvalid, load

    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for path in dict.fromkeys(paths):
        try:
            scenarios.append(load(path))
        except ScenarioInvalid as error:
            problems += error.problems
    if problems:
        raise ScenarioInvalid(problems)
    return scenarios


def _play_all(output: Output, scenarios: Sequence[Scenario], in_process: bool) -> list[ScenarioResult]:
    from harness.bench.scenario.player import play_all
    from harness.bench.scenario.readers import in_process_readers, pcsc_readers

    playing = Text("playing", "กำลังดำเนินการ").say(output.language)
    with (
        offices_at_work(),  # only by scenarios with logins and office visits
        output.console.status(f"{playing}: {len(scenarios)}"),
        in_process_readers() if in_process else pcsc_readers(len(scenarios)) as readers,
    ):
        return play_all(scenarios, readers)


def _report_invalid(output: Output, error: ScenarioInvalid) -> int:
    if output.json:
        document = {
            "error": error.code,
            "message": error.message.say(output.language),
            "what_to_do": error.what_to_do.say(output.language),
            "problems": [
                {"file": str(each.path), "line": each.line, "message": each.what.say(output.language)}
                for each in error.problems
            ],
        }
        click.echo(as_json(document))
    for each in error.problems:
        click.echo(f"{each.path}:{each.line}: {each.what.say(output.language)}", err=True)
    click.echo(f"thnid: {error.what_to_do.say(output.language)}", err=True)
    return error.exit_status


def _report(output: Output, results: Sequence[ScenarioResult], in_process: bool) -> int:
    from harness.bench.scenario.report import document

    told = document(results, in_process=in_process)
    output.report(told, lambda: _show(output, results, told["passed"], told["failed"]))
    return SOME_FAILED if told["failed"] else 0


def _show(output: Output, results: Sequence[ScenarioResult], passed: int, failed: int) -> None:
    from rich.markup import escape
    from rich.table import Table

    titles = (
        Text("scenario", "สถานการณ์"),
        Text("steps", "ขั้นตอน"),
        Text("ms", "มิลลิวินาที"),
        Text("result", "ผล"),
    )
    table = Table(*(title.say(output.language) for title in titles))
    for result in results:
        table.add_row(
            escape(result.scenario.name), str(result.steps), f"{result.ms:.0f}", _verdict(output, result)
        )
    output.show_table(table)
    for result in results:
        if result.breakdown is not None:
            broken = result.breakdown
            at = f"{result.scenario.path}:{broken.line}: {broken.step}"
            output.say(
                Text(
                    f"{at}: could not be played to its end, which is a mistake of thnid and not of the card: {broken}",
                    f"{at}: ดำเนินการไม่สำเร็จเพราะข้อผิดพลาดของ thnid ไม่ใช่ของบัตร: {broken}",
                ),
                style="red",
            )
        elif result.failure is not None:
            each = result.failure
            at = f"{result.scenario.path}:{each.line}: {each.step}"
            output.say(
                Text(
                    f"{at}: expected {each.expected.en}, got {each.actual.en}",
                    f"{at}: ควรเป็น {each.expected.th} แต่ได้ {each.actual.th}",
                ),
                style="red",
            )
    output.say(Text(f"{passed} passed, {failed} failed", f"ผ่าน {passed} ไม่ผ่าน {failed}"))


def _verdict(output: Output, result: ScenarioResult) -> str:
    if result.passed:
        return f"[green]{Text('passed', 'ผ่าน').say(output.language)}[/]"
    word = Text("failed", "ไม่ผ่าน") if result.breakdown is None else Text("error", "ข้อผิดพลาด")
    return f"[bold red]{word.say(output.language)}[/]"
