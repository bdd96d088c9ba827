"""A lab on loopback: labgrid's own coordinator, two exporters, and two private stacks that stand for readers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.harness.cli.program import PROGRAM, environment, line_of, one_object, thnid

READER = "Virtual PCD 00 00"
LIMIT_S = 60.0


class Laboratory:
    """Places ``east`` (lent by ``thnid lab export``) and ``west`` (by labgrid's own exporter). A context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self.serving: dict[str, dict[str, Any]] = {}
        self._cleanup = ExitStack()
        self.exporters: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            cleanup.push(self._cleanup)
            self.coordinator = self.started("labgrid-coordinator", "-l", "127.0.0.1:0")
            self.address = line_of(self.coordinator.stdout).removeprefix("listening on ")
            for name in ("east", "west"):
                card = self.folder / f"{name}.card"
                assert thnid("card", "create", str(card)).returncode == 0
                serve = self.started("thnid", "serve", "--card", str(card), "--json")
                self.serving[name] = json.loads(line_of(serve.stdout))
            self.lend("east", "PCSCReader", control=self.serving["east"]["environment"]["THNID_CONTROL"])
            self.lend("west", "NetworkPCSCReader", host="localhost")
            for name in ("east", "west"):
                self.client("-p", name, "create")
                self.client("-p", name, "add-match", f"{name}/*/NetworkPCSCReader")
            cleanup.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def lend(self, name: str, kind: str, **parameters: str) -> None:
        """Export the reader ``name`` and wait until the coordinator knows it."""
        socket = self.serving[name]["environment"]["PCSCLITE_CSOCK_NAME"]
        resources = {"desk": {"reader": {"cls": kind, "reader": READER, "socket": socket, **parameters}}}
        path = self.folder / f"{name}.yaml"
        path.write_text(json.dumps(resources), encoding="utf-8")
        ours = ["thnid", "lab", "export"] if kind == "PCSCReader" else ["labgrid-exporter"]
        exporter = self.started(*ours, "--coordinator", self.address, "--name", name, str(path))
        while line_of(exporter.stdout) != "Exporter ready":
            pass
        self.exporters[name] = exporter
        while not any(line.startswith(f"{name}/") for line in self.client("resources").splitlines()):
            pass

    def environment(self, **more: str) -> dict[str, str]:
        """What a user of this lab has in the environment."""
        ours = {"LG_COORDINATOR": self.address, "LG_HOSTNAME": "desk-7", "LG_USERNAME": "somchai"}
        return environment(**{**ours, **more})

    def client(self, *arguments: str, **more: str) -> str:
        """labgrid's own client; what it says."""
        done = subprocess.run(
            [PROGRAM.with_name("labgrid-client"), *arguments],
            env=self.environment(**more),
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            check=True,
        )
        return done.stdout

    def started(
        self, program: str, *arguments: str, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """A program that runs until the lab closes."""
        started = subprocess.Popen(
            [PROGRAM.with_name(program), *arguments],
            env=env or {**self.environment(), "PYTHONUNBUFFERED": "1"},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(self.folder / f"{program}.log").open("w"),
            encoding="utf-8",
            start_new_session=True,
        )
        self._cleanup.callback(_end, started)
        return started

    def run(self, *arguments: str, cwd: Path | None = None, **more: str) -> subprocess.Popen[str]:
        """``thnid qualify run``, started, in a process group of its own as a shell starts it."""
        return subprocess.Popen(
            [PROGRAM, "qualify", "run", *arguments],
            env=self.environment(**more),
            cwd=cwd or self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def places(self) -> dict[str, Any]:
        """What ``thnid lab places`` tells, by name."""
        done = thnid("lab", "places", "--json", env={"LG_COORDINATOR": self.address})
        return {each["name"]: each for each in one_object(done.stdout)["places"]}

    def holders(self) -> dict[str, str | None]:
        """Who has which place."""
        return {name: each["held_by"] for name, each in self.places().items()}


def _end(program: subprocess.Popen[str]) -> None:
    program.terminate()
    try:
        program.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, 9)
        program.communicate()
