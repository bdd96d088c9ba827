"""An HTTP server of this machine's own, in a thread: says when it answers, and ends at once when told.

uvicorn is imported when a server is made, so that those who only name this module start quickly.
"""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from apdu_specs import upgrades
from apdu_specs.language import Text
from apdu_specs.system_errors import reason_of
from harness.errors import HarnessError

LOOPBACK = ("127.0.0.1", "::1")
"""Both are ``localhost``; some programs try only the second."""

_START_DEADLINE_S = 20.0
_STOP_DEADLINE_S = 10.0
_FINISHING_S = 2  # for requests that are being answered at the end; those left are cancelled
_NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class AddressTaken(HarnessError):
    """Another program already listens on the port that was asked for."""

    exit_status = 2

    def __init__(self, host: str, port: int) -> None:
        self.port = port
        super().__init__(
            Text(f"Port {port} on {host} is already in use.", f"พอร์ต {port} ที่ {host} ถูกใช้งานอยู่แล้ว"),
            Text("Stop the program that uses it, or choose another port.", "ปิดโปรแกรมที่ใช้พอร์ตนี้ หรือเลือกพอร์ตอื่น"),
        )


class AddressNotAllowed(HarnessError):
    """The system does not let this process listen there: a privileged port, an address of another machine."""

    exit_status = 2

    def __init__(self, host: str, port: int, why: Text) -> None:
        super().__init__(
            Text(
                f"Listening on {host} port {port} failed: {why.en}.",
                f"เปิดพอร์ต {port} ที่ {host} ไม่ได้: {why.th}",
            ),
            Text("Choose another address or port.", "เลือกที่อยู่หรือพอร์ตอื่น"),
        )


class ServerDidNotStart(HarnessError):
    """The HTTP server ended before it served anything."""

    def __init__(self) -> None:
        super().__init__(
            Text("The HTTP server did not start.", "เซิร์ฟเวอร์ HTTP ไม่เริ่มทำงาน"),
            Text("Try again; if it happens again, report it.", "ลองใหม่อีกครั้ง หากยังเกิดขึ้นให้แจ้งผู้พัฒนา"),
        )


class WebServer:
    """Serves an ASGI application until it is stopped; a context manager.

    ``hosts`` are addresses of this machine; port 0 picks a free one. With several hosts, those after the first are left out
    where the machine has no such address. Raises AddressTaken, AddressNotAllowed (on construction), ServerDidNotStart.
    """

    def __init__(
        self, app: Callable[..., Any], *, hosts: Sequence[str] = LOOPBACK[:1], port: int = 0
    ) -> None:
        self._sockets = _listening_sockets(hosts, port)
        self.port: int = self._sockets[0].getsockname()[1]
        name = f"[{hosts[0]}]" if ":" in hosts[0] else hosts[0]
        self.url = f"http://{name}:{self.port}"
        self._settled = threading.Event()
        self._server = _quick_server(app, self._settled)
        self._thread = threading.Thread(target=self._run, name="thnid-web", daemon=True)

    def start(self) -> Self:
        """Return when the port answers."""
        self._thread.start()
        self._settled.wait(_START_DEADLINE_S)
        if not self._server.started:
            self.stop()
            raise ServerDidNotStart
        return self

    def stop(self) -> None:
        """Finish the requests that are being answered, if that is soon, then end the thread. May be called twice."""
        self._server.end()
        if self._thread.is_alive():
            self._thread.join(_STOP_DEADLINE_S)
        for each in self._sockets:
            each.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are for the main thread
        try:
            self._server.run(sockets=self._sockets)
        finally:
            self._settled.set()


def _quick_server(app: Callable[..., Any], settled: threading.Event) -> Any:
    """A uvicorn server that ends when told, instead of looking ten times a second."""
    import asyncio

    import uvicorn

    class QuickServer(uvicorn.Server):
        def __init__(self) -> None:
            super().__init__(
                uvicorn.Config(
                    app,
                    http=upgrades.protocol(),
                    lifespan="off",
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    proxy_headers=False,  # whoever asks could write where they come from
                    date_header=False,  # it is the idle loop that would refresh it
                    log_level="critical",  # what goes wrong is the application's to tell
                    timeout_graceful_shutdown=_FINISHING_S,
                )
            )
            self._told_to_end = asyncio.Event()
            self._loop: asyncio.AbstractEventLoop | None = None

        def end(self) -> None:
            """From any thread."""
            self.should_exit = True
            if self._loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended already
                    self._loop.call_soon_threadsafe(self._told_to_end.set)

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            self._loop = asyncio.get_running_loop()
            await super().startup(sockets)
            settled.set()

        async def main_loop(self) -> None:
            if not self.should_exit:
                await self._told_to_end.wait()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for server in self.servers:
                server.close()
            for connection in list(self.server_state.connections):
                connection.shutdown()
            await asyncio.sleep(0)  # lets closed connections leave the list
            if self.server_state.connections or self.server_state.tasks:
                await super().shutdown(sockets)  # somebody is being answered: the patient way

    return QuickServer()


def _listening_sockets(hosts: Sequence[str], port: int) -> list[socket.socket]:
    with contextlib.ExitStack() as undo:
        first = undo.enter_context(_listening_socket(hosts[0], port))
        opened = [first]
        for host in hosts[1:]:
            try:
                opened.append(undo.enter_context(_listening_socket(host, first.getsockname()[1])))
            except OSError:
                continue  # no such address here
            except AddressTaken:
                if port == 0:  # nobody counts on a port that was just picked
                    continue
                raise
        undo.pop_all()
    return opened


def _listening_socket(host: str, port: int) -> socket.socket:
    """Raises AddressTaken, AddressNotAllowed; OSError where the machine has no such loopback address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming the protocol matters: asyncio turns Nagle's algorithm off only where it reads TCP, and without
    # that every answer waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A restart on the same port must not wait for old connections to fade; on Linux this takes no port
        # from anyone.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressTaken(host, port) from error
        if host == LOOPBACK[1] and error.errno in _NOT_HERE:
            raise
        raise AddressNotAllowed(host, port, reason_of(error)) from error
    except OverflowError as error:  # a port above 65535
        listener.close()
        why = Text("a port is a number from 0 to 65535", "พอร์ตต้องเป็นตัวเลข 0 ถึง 65535")
        raise AddressNotAllowed(host, port, why) from error
    return listener
