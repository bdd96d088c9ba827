"""One lab for all its tests, and a machine of it that only ssh reaches."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from tests.harness.cli.program import line_of
from tests.harness.lab.laboratory import Laboratory


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The lab, with nobody in it."""
    with Laboratory(tmp_path_factory.mktemp("lab")) as laboratory:
        yield laboratory


@pytest.fixture(scope="module")
def far_away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for PATH whose ``ssh`` knows the machine ``far-away``; the real ssh, with a configuration of its own."""
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "user"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(str(folder / name))
        key.write_public_key(str(folder / f"{name}.pub"))
    (folder / "user").chmod(0o600)
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("ssh_server.py"), folder],
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        port = line_of(server.stdout)
        known = (folder / "host.pub").read_text(encoding="utf-8")
        (folder / "known").write_text(f"[127.0.0.1]:{port} {known}", encoding="utf-8")
        (folder / "config").write_text(
            f"Host far-away\n HostName 127.0.0.1\n Port {port}\n IdentityFile {folder}/user\n"
            f" IdentitiesOnly yes\n UserKnownHostsFile {folder}/known\n",
            encoding="utf-8",
        )
        (folder / "bin").mkdir()
        ssh = folder / "bin" / "ssh"
        ssh.write_text(f'#!/bin/sh\nPATH=/usr/bin:/bin exec ssh -F {folder}/config "$@"\n', encoding="utf-8")
        ssh.chmod(0o755)
        yield folder / "bin"
    finally:
        server.terminate()
        server.communicate(timeout=60)
