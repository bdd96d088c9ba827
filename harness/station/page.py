"""The station's page: OpenHTF's own, served to this computer only."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import sockjs.tornado
from openhtf.output.servers import station_server, web_gui_server
from tornado.httputil import HTTPServerRequest
from tornado.netutil import bind_sockets
from tornado.routing import Matcher, Rule, RuleRouter

from apdu_specs.language import Text
from harness.errors import HarnessError

_HERE = "127.0.0.1"
_NAMES = ("localhost", _HERE)
_STARTS_WITHIN_S = _ENDS_WITHIN_S = 3.0


class PageRefused(HarnessError):
    """The page cannot be served on ``port``; ``why`` is the system's word."""

    exit_status = 2

    def __init__(self, port: int, why: str) -> None:
        super().__init__(
            Text(
                f"The page cannot be served on port {port}: {why}.",
                f"เปิดหน้าเว็บของสถานีที่พอร์ต {port} ไม่ได้: {why}",
            ),
            Text(
                "Choose another with --page; 0 takes a free one.",
                "โปรดเลือกพอร์ตอื่นด้วย --page ใช้ 0 เพื่อเลือกพอร์ตที่ว่าง",
            ),
        )


class _FromHere(Matcher):
    """Requests of this computer's own page. OpenHTF allows every page of the web to ask and to answer prompts."""

    def __init__(self, port: int) -> None:
        self._hosts = {f"{name}:{port}" for name in _NAMES}

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """An empty match, or none."""
        origin = request.headers.get("Origin")
        own = origin is None or urlsplit(origin).netloc in self._hosts
        return {} if own and request.host in self._hosts else None


class Page(web_gui_server.WebGuiServer):  # type: ignore[misc]
    """Serves the page from ``with`` on. ``port`` 0 takes a free one. Raises PageRefused.

    OpenHTF's StationServer would listen on every address and announce itself by multicast; this one does neither.
    """

    def __init__(self, port: int) -> None:
        try:
            sockets = bind_sockets(port, _HERE)
        except (OSError, OverflowError) as error:
            raise PageRefused(port, getattr(error, "strerror", None) or str(error)) from None
        port = sockets[0].getsockname()[1]
        # Of this page alone: OpenHTF keeps one set of listeners for the whole process.
        self._updates: Any = type("Updates", (_Updates,), {"_lock": threading.Lock(), "subscribers": set()})
        super().__init__(_routes(port, self._updates), port, sockets=sockets)
        openhtfs: Any = self.application
        self.application: Any = RuleRouter([Rule(_FromHere(port), openhtfs)])
        self.daemon = True
        self.address = f"http://{_HERE}:{port}/"

    def _get_config(self) -> dict[str, str]:
        return {"server_type": station_server.STATION_SERVER_TYPE}

    def __enter__(self) -> Page:
        self._serving = threading.Event()
        self.start()
        self._serving.wait(_STARTS_WITHIN_S)
        _watch(self._publish_update)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.join(_ENDS_WITHIN_S)

    async def run_app(self) -> None:
        """Serve until it is stopped."""
        self._events = asyncio.get_running_loop()
        self._serving.set()
        await super().run_app()

    def publish(self, test_record: Any) -> None:
        """An output callback: how a test ended."""
        self._soon(functools.partial(self._updates.publish_test_record, test_record))

    def _publish_update(self, state: dict[str, Any]) -> None:
        self._soon(functools.partial(self._updates.publish_update, state))

    def _soon(self, publish: Callable[[], None]) -> None:
        """In the server's own thread: what others write to a connection is sent when something else is, or never."""
        with contextlib.suppress(RuntimeError):  # the server has ended
            self._events.call_soon_threadsafe(publish)


class _Updates(station_server.StationPubSub):  # type: ignore[misc]
    """Who has the page open."""

    @classmethod
    def _publish_test_state(cls, test_state_dict: dict[str, Any], message_type: str) -> None:
        message = {
            "state": test_state_dict,
            "test_uid": test_state_dict["execution_uid"],
            "type": message_type,
        }
        with cls._lock:
            listeners = list(cls.subscribers)
        for listener in listeners:
            with contextlib.suppress(Exception):  # one that has gone must not keep the others from being told
                listener.send(message)
        cls._last_execution_uid = message["test_uid"]
        cls._last_message = message


def _routes(port: int, updates: Any) -> list[Any]:
    dashboard = station_server.DashboardPubSub.for_port(port)
    test = r"/tests/(?P<test_uid>[\w\d:]+)"
    attachments = rf"{test}/phases/(?P<phase_descriptor_id>\d+)/attachments/(?P<attachment_name>.+)"
    return [
        *sockjs.tornado.SockJSRouter(dashboard, "/sub/dashboard").urls,
        *sockjs.tornado.SockJSRouter(updates, "/sub/station").urls,
        (rf"{test}/phases", station_server.PhasesHandler),
        (rf"{test}/plugs/(?P<plug_name>.+)", station_server.PlugsHandler),
        (attachments, station_server.AttachmentsHandler),
    ]


_current: dict[str, Callable[[dict[str, Any]], None]] = {}
_watchers: list[Any] = []


def _watch(publish: Callable[[dict[str, Any]], None]) -> None:
    """Have changes of the running test published: by one thread for the whole process, which cannot be ended."""
    for name in ("tornado", "sockjs"):  # what browsers ask for and do is nothing for the operator's terminal
        logging.getLogger(name).propagate = False
        logging.getLogger(name).addHandler(logging.NullHandler())
    _current["publish"] = publish
    if not _watchers:
        _watchers.append(station_server.StationWatcher(lambda state: _current["publish"](state)))
        _watchers[0].start()
