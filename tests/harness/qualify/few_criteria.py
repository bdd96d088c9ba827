"""A ``thnid`` whose qualification has a few criteria only: for what is to be seen of a run whatever it measures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.harness.cli.program import PROGRAM, environment, thnid

_PROGRAM = """\
#!{python}
from harness.cli.main import main
from harness.qualify.criteria import CRITERIA

for name in set(CRITERIA).difference({names!r}):
    del CRITERIA[name]
main()
"""


def thnid_with(folder: Path, *names: str) -> Path:
    """The program, in ``folder``: it is what ``thnid`` means to a script of ``in_shell``."""
    program = folder / "thnid"
    program.write_text(_PROGRAM.format(python=sys.executable, names=names), encoding="utf-8")
    program.chmod(0o755)
    return program


def in_shell(
    script: str, *options: str, cwd: Path, program: Path = PROGRAM
) -> subprocess.CompletedProcess[str]:
    """Run a shell script, whose ``thnid`` is ``program``, inside ``thnid run``."""
    path = f"{program.parent}{os.pathsep}{environment()['PATH']}"
    return thnid("run", *options, "--", "bash", "-c", script, cwd=cwd, env={"PATH": path})
