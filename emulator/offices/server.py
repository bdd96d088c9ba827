"""An HTTP server in a thread: says when it is ready, picks a free port, and ends at once when told."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import threading
from contextlib import suppress
from typing import Self

import uvicorn
from fastapi import FastAPI

from apdu_specs import upgrades
from apdu_specs.language import Text
from apdu_specs.system_errors import reason_of
from emulator.offices.errors import OfficesDidNotStart, PortNotAllowed, PortTaken
from emulator.offices.running import Running

_START_DEADLINE_S = 20.0
_STOP_DEADLINE_S = 10.0


class OfficeServer(Running):
    """Serves an application on a loopback port until it is stopped; a context manager.

    Raises PortTaken, PortNotAllowed (on construction) and OfficesDidNotStart (on start).
    """

    def __init__(self, app: FastAPI, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = _listening_socket(host, port)
        address, bound_port = self._socket.getsockname()[:2]
        self.url = f"http://[{address}]:{bound_port}" if ":" in address else f"http://{address}:{bound_port}"
        self._server = _QuickServer(app)
        self._thread = threading.Thread(target=self._run, name="thnid-offices", daemon=True)

    def start(self) -> Self:
        """Return when the port answers."""
        self._thread.start()
        self._server.settled.wait(_START_DEADLINE_S)
        if not self._server.started:
            self.stop()
            raise OfficesDidNotStart
        return self

    def stop(self) -> None:
        """Finish the requests that are being answered, then end the thread. May be called twice."""
        self._server.end()
        if self._thread.is_alive():
            self._thread.join(_STOP_DEADLINE_S)
        self._socket.close()

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are for the main thread
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._server.settled.set()


class _QuickServer(uvicorn.Server):
    """uvicorn that says when it is up, and ends when told instead of looking ten times a second."""

    def __init__(self, app: FastAPI) -> None:
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
                timeout_graceful_shutdown=5,
            )
        )
        self.settled = threading.Event()
        """Set when the server is up, or when it has ended without coming up."""
        self._told_to_end = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Tell the server, from any thread, to end."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: it has ended already
                self._loop.call_soon_threadsafe(self._told_to_end.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.settled.set()

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


def _listening_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming the protocol matters: asyncio turns Nagle's algorithm off only where it reads TCP, and without
    # that every answer waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A restart on the same port must not wait for old connections to fade; on Linux this takes no port
        # from anyone.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host, port) from error
        raise PortNotAllowed(host, port, reason_of(error)) from error
    except OverflowError as error:  # a port above 65535
        listener.close()
        why = Text("a port is a number from 0 to 65535", "พอร์ตต้องเป็นตัวเลข 0 ถึง 65535")
        raise PortNotAllowed(host, port, why) from error
    return listener
