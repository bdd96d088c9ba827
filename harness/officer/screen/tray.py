"""E-Form Agent's symbol in the corner of the desktop: grey until its service is started, then green.

Right click: Start Service or Stop, and the way to the screen. Source: manual, "opening E-Form Agent" 1.1 to 1.4.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageDraw

from apdu_specs.language import Language, Text
from harness.officer.agent import Symbol
from harness.officer.screen import words
from harness.officer.screen.desk import Desk
from harness.officer.screen.errors import TrayUnavailable

_SIDE = 64
_BACK_END = "PYSTRAY_BACKEND"  # pystray's own variable
_COLOURS = {Symbol.GREY: "#8d9997", Symbol.GREEN: "#1d8a4b"}
_PACKAGES = Text(
    "pip install 'thnid[tray]'; for its menu on Linux also the packages python3-gi and gir1.2-gtk-3.0 of the system.",
    "ใช้ pip install 'thnid[tray]' และบน Linux ต้องมีแพ็กเกจ python3-gi และ gir1.2-gtk-3.0 ของระบบด้วยเพื่อให้มีเมนู",
)
_NO_DESKTOP = Text("there is no desktop session here", "ที่นี่ไม่มีเดสก์ท็อป")
_IN_A_DESKTOP = Text(
    "Run this in a desktop session, or leave --tray away.", "เรียกใช้ในเดสก์ท็อป หรือไม่ต้องใช้ --tray"
)


def symbol_image(symbol: Symbol) -> Image.Image:
    """The symbol as a picture of 64 by 64: a card with a chip, on the colour of the agent's state."""
    picture = Image.new("RGBA", (_SIDE, _SIDE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((1, 1, _SIDE - 2, _SIDE - 2), fill=_COLOURS[symbol])
    draw.rounded_rectangle((11, 19, 53, 46), radius=4, fill="white")
    draw.rounded_rectangle((16, 26, 27, 36), radius=2, fill="#d9a53a")
    draw.line((32, 28, 48, 28), fill="#7d8c8a", width=3)
    draw.line((32, 35, 48, 35), fill="#7d8c8a", width=3)
    return picture


class Tray:
    """The symbol of a desk's agent.

    Raises TrayUnavailable where there is no desktop, no place for a menu, or no pystray.
    """

    def __init__(
        self,
        desk: Desk,
        url: str,
        language: Language,
    ) -> None:
        pystray = _pystray()
        self._desk = desk
        self._url = url
        self._language = language
        self._ended = False
        self._icon = pystray.Icon(
            "thnid-eform-agent", symbol_image(desk.agent.symbol), self._told(), menu=self._menu(pystray)
        )
        if not self._icon.HAS_MENU:
            raise TrayUnavailable(Text("this tray shows no menus", "มุมจอนี้แสดงเมนูไม่ได้"), _PACKAGES)

    def run_until(self, wait: Callable[[], object]) -> None:
        """Show the symbol until ``wait`` returns or Quit is chosen. To be called in the main thread."""

        def end_with() -> None:
            wait()
            self._end()

        self._desk.on_agent_change = self._show_state
        threading.Thread(target=end_with, name="thnid-tray-end", daemon=True).start()
        try:
            self._icon.run()
        except (
            Exception
        ) as error:  # of whatever desktop this is; without a session bus GTK's back end raises its own
            if not self._ended:  # tidying up, it also closes notifications of a service that may not be there
                raise TrayUnavailable(_NO_DESKTOP, _IN_A_DESKTOP) from error
        finally:
            self._desk.on_agent_change = lambda: None

    def _end(self) -> None:
        self._ended = True
        self._icon.stop()

    def _menu(self, pystray: Any) -> Any:
        item = pystray.MenuItem

        def is_green(_item: object) -> bool:
            return self._desk.agent.symbol is Symbol.GREEN

        def is_grey(_item: object) -> bool:
            return not is_green(_item)

        return pystray.Menu(
            item(self._say(words.START_SERVICE), lambda: self._desk.start_agent(), enabled=is_grey),
            item(self._say(words.STOP), lambda: self._desk.stop_agent(), enabled=is_green),
            pystray.Menu.SEPARATOR,
            item(self._say(words.OPEN_UC), lambda: webbrowser.open(self._url), default=True),
            item(self._say(words.QUIT), lambda: self._end()),
        )

    def _show_state(self) -> None:
        self._icon.icon = symbol_image(self._desk.agent.symbol)
        self._icon.title = self._told()
        self._icon.update_menu()

    def _told(self) -> str:
        state = words.GREEN if self._desk.agent.symbol is Symbol.GREEN else words.GREY
        return f"{self._say(words.E_FORM_AGENT)}: {self._say(state)}"

    def _say(self, text: Text) -> str:
        return text.say(self._language)


def _pystray() -> Any:
    _choose_back_end()
    try:
        import pystray
    except ImportError as error:
        raise TrayUnavailable(
            Text("the Python package pystray is missing", "ไม่มีแพ็กเกจ Python pystray"), _PACKAGES
        ) from error
    except Exception as error:  # what its back ends raise where there is no display is theirs to name
        raise TrayUnavailable(_NO_DESKTOP, _IN_A_DESKTOP) from error
    return pystray


def _choose_back_end() -> None:
    """pystray takes the first back end of the platform and fails where only the second one is installed."""
    if sys.platform != "linux" or _BACK_END in os.environ:
        return
    try:
        gi = importlib.import_module("gi")
    except ImportError:
        return
    for name in ("AyatanaAppIndicator3", "AppIndicator3"):
        try:
            gi.require_version(name, "0.1")
        except ValueError:
            continue
        return
    os.environ[_BACK_END] = "gtk"
