"""The README's commands, word by word."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.harness.cli.program import LIMIT_S, environment, thnid

README = Path(__file__).parents[3] / "README.md"
SECTIONS = ("Run any program with a card", "Cards in a state you choose", "The officer login")
_UNTIL_CTRL_C = ("thnid run -- pcsc_scan", "thnid office serve")  # test_run.py, test_serve.py


def commands() -> list[str]:
    """The lines of these sections' shell blocks, in order, without those that do not end by themselves."""
    lines: list[str] = []
    for section in README.read_text("utf-8").split("\n## "):
        if section.startswith(SECTIONS):
            blocks = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
            lines += [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(_UNTIL_CTRL_C)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    program = folder / "my-program"
    program.write_text("#!/bin/sh\nexec thnid readers\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize("line", commands())
def test_command(folder: Path, line: str) -> None:
    env = environment()
    env["PATH"] = f"{folder}:{env['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        cwd=folder,
        env=env,
        check=False,
    )
    assert done.returncode == (1 if "--no-right" in line else 0), done.stderr
    assert "Traceback" not in done.stderr


def test_transcript() -> None:
    """What the README shows of the demo is what the demo says, but for the times and what is left out."""
    shown = re.search(r"^\$ \./ci/demo\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert shown
    told = [_without_time(line) for line in thnid("demo").stdout.splitlines()]
    for line in shown[1].splitlines():
        assert line.strip() == "..." or _without_time(line) in told, line


def _without_time(line: str) -> str:
    return re.sub(r"\d+\.\d ms$", "", line)
