"""E-Form Agent's symbol on a desktop: Xvfb with a window manager that has a tray, a mouse, and a look at the pixels."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from tests.harness.cli.program import PROGRAM, environment

pytestmark = pytest.mark.pcsc

SIZE = (900, 600)
TRAY = f"""<?xml version="1.0"?>
<JWM><Tray x="0" y="-1" width="{SIZE[0]}" height="40" autohide="off"><TaskList/><Dock/></Tray></JWM>
"""
SYMBOL = (880, 580)
GREY, GREEN = (141, 153, 151), (29, 138, 75)
START_SERVICE, STOP, QUIT = (757, 455), (757, 482), (757, 541)
MENU_WHITE = (255, 255, 255)
SYSTEM_PYTHON = Path("/usr/lib/python3/dist-packages")
PACKAGES = {
    "Xvfb": "xvfb",
    "jwm": "jwm",
    "xdotool": "xdotool",
    "import": "imagemagick",
    "dbus-run-session": "dbus-daemon",
}
LIMIT_S = 60.0


def needed(name: str) -> str:
    """The path of a program; fails the test with the package that brings it."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(
            f"{name} is missing; it comes with {PACKAGES[name]}: run ci/setup --with-third-party",
            pytrace=False,
        )
    return found


@dataclass
class Desktop:
    """A desktop with a tray in the corner, the agent's symbol in it."""

    environment: dict[str, str]
    pictures: Path
    agent: subprocess.Popen[str]
    display: subprocess.Popen[bytes]

    def click(self, place: tuple[int, int], button: int) -> None:
        command = [needed("xdotool"), "mousemove", *map(str, place), "click", str(button)]
        subprocess.run(command, env=self.environment, check=True, timeout=LIMIT_S)

    def picture(self, name: str) -> Image.Image:
        """The whole desktop as it is now."""
        path = self.pictures / f"{name}.png"
        subprocess.run(
            [needed("import"), "-window", "root", str(path)],
            env=self.environment,
            check=True,
            timeout=LIMIT_S,
        )
        return Image.open(path).convert("RGB")

    def wait_for(self, name: str, seen: Callable[[Image.Image], bool]) -> None:
        """Look until it is so. Nothing tells when a program has drawn, so it is looked at again."""
        deadline = time.monotonic() + LIMIT_S
        while not seen(self.picture(name)):
            assert self.agent.poll() is None, "the agent ended"
            assert time.monotonic() < deadline, name


def shows(colour: tuple[int, int, int]) -> Callable[[Image.Image], bool]:
    """Whether the symbol in the corner has this colour."""

    def seen(picture: Image.Image) -> bool:
        corner = picture.crop((SIZE[0] - 40, SIZE[1] - 40, *SIZE))
        return sum(count for count, each in corner.getcolors(10_000) or [] if each == colour) > 100

    return seen


def has_menu(picture: Image.Image) -> bool:
    return picture.getpixel((QUIT[0] + 130, QUIT[1])) == MENU_WHITE


@pytest.fixture
def desktop(tmp_path: Path, screenshots: Path) -> Iterator[Desktop]:
    if not (SYSTEM_PYTHON / "gi").exists():
        pytest.fail("python3-gi is missing: run ci/setup --with-third-party", pytrace=False)
    for package in ("gi", "cairo"):
        if (SYSTEM_PYTHON / package).exists():
            (tmp_path / package).symlink_to(SYSTEM_PYTHON / package)
    (tmp_path / "jwmrc").write_text(TRAY)
    reading, writing = os.pipe()
    with subprocess.Popen(
        [
            needed("Xvfb"),
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            f"{SIZE[0]}x{SIZE[1]}x24",
            "-nolisten",
            "tcp",
        ],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    ) as display:
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        there = environment(DISPLAY=f":{number}", PYTHONPATH=str(tmp_path), XDG_RUNTIME_DIR=str(tmp_path))
        agent = [
            str(PROGRAM),
            "run",
            "--",
            str(PROGRAM),
            "agent",
            "eform",
            "--port",
            "0",
            "--tray",
            "--lang",
            "en",
        ]
        with (
            subprocess.Popen([needed("jwm"), "-f", str(tmp_path / "jwmrc")], env=there) as manager,
            subprocess.Popen(
                [needed("dbus-run-session"), "--", *agent],
                env=there,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                start_new_session=True,
            ) as running,
        ):
            try:
                assert running.stdout is not None
                assert re.match(r"screen_url: http://127\.0\.0\.1:\d+\n", running.stdout.readline())
                yield Desktop(there, screenshots, running, display)
            finally:
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGTERM)
                running.wait(LIMIT_S)
                manager.terminate()
                manager.wait(LIMIT_S)
                display.terminate()


def test_start_service_turns_the_symbol_green(desktop: Desktop) -> None:
    """The manual's pages 1.2 to 1.4, and back; Quit ends the program."""
    desktop.wait_for("tray-1.2-grey", shows(GREY))
    desktop.click(SYMBOL, 3)
    desktop.wait_for("tray-1.3-menu", has_menu)
    desktop.click(START_SERVICE, 1)
    desktop.wait_for("tray-1.4-green", shows(GREEN))
    desktop.click(SYMBOL, 3)
    desktop.wait_for("tray-menu-green", has_menu)
    desktop.click(STOP, 1)
    desktop.wait_for("tray-grey-again", shows(GREY))
    desktop.click(SYMBOL, 3)
    desktop.wait_for("tray-menu-grey", has_menu)
    desktop.click(QUIT, 1)
    assert desktop.agent.wait(LIMIT_S) == 0


def test_without_a_desktop_there_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "agent", "eform", "--port", "0", "--tray"],
        env={**environment(), "DISPLAY": ""},
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"thnid: The tray symbol cannot be shown: .+\n", done.stderr)
