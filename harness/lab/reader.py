"""labgrid's words for a reader: the resource on its machine, the one that others see, and the driver that reaches it.

A labgrid environment that lists this module under ``imports`` may use them as any other resource and driver.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import attr
from labgrid.driver.common import Driver
from labgrid.factory import target_factory
from labgrid.resource.common import NetworkResource, Resource

from harness.lab.forward import Forward
from harness.terminals.scard import SOCKET_VARIABLE, SYSTEM_SOCKET

LOCAL, REMOTE = "PCSCReader", "NetworkPCSCReader"
_TEXT = attr.validators.instance_of(str)


@target_factory.reg_resource
@attr.s(eq=False)
class PCSCReader(Resource):  # type: ignore[misc]
    """A reader of this machine: its name as PC/SC shows it, pcscd's socket, and for a virtual reader its control socket."""

    reader: str = attr.ib(validator=_TEXT)
    socket: str = attr.ib(default=SYSTEM_SOCKET, validator=_TEXT)
    control: str = attr.ib(default="", validator=_TEXT)

    def poll(self) -> None:
        """Whether pcscd's socket is there. Whether the reader is plugged in is seen by whoever uses it."""
        try:
            self.avail = stat.S_ISSOCK(Path(self.socket).stat().st_mode)
        except OSError:
            self.avail = False


@target_factory.reg_resource
@attr.s(eq=False)
class NetworkPCSCReader(NetworkResource):  # type: ignore[misc]
    """A reader of ``host``, which ssh reaches unless it is this machine."""

    reader: str = attr.ib(validator=_TEXT)
    socket: str = attr.ib(default=SYSTEM_SOCKET, validator=_TEXT)
    control: str = attr.ib(default="", validator=_TEXT)


@target_factory.reg_driver
@attr.s(eq=False)
class PCSCReaderDriver(Driver):  # type: ignore[misc]
    """Active, it has the reader's PC/SC here: ``environment`` leads a program there, ``reader_name`` names the reader.

    Activation raises ForwardFailed.
    """

    bindings = {"reader": {PCSCReader, NetworkPCSCReader}}  # noqa: RUF012 -- labgrid's own form

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._forward: Forward | None = None

    def on_activate(self) -> None:
        """Bring the sockets here."""
        sockets = {"pcscd": self.reader.socket}
        if self.reader.control:
            sockets["control"] = self.reader.control
        forward = Forward(self._host(), sockets)
        forward.__enter__()
        self._forward = forward

    def on_deactivate(self) -> None:
        """Let go of them."""
        forward, self._forward = self._forward, None
        if forward is not None:
            forward.close()

    @property
    def reader_name(self) -> str:
        """The reader's name as PC/SC shows it."""
        return str(self.reader.reader)

    @Driver.check_active  # type: ignore[untyped-decorator]
    def get_environment(self) -> dict[str, str]:
        """The variable that leads libpcsclite to the reader's pcscd."""
        assert self._forward is not None
        return {SOCKET_VARIABLE: self._forward.paths["pcscd"]}

    @Driver.check_active  # type: ignore[untyped-decorator]
    def get_control(self) -> str | None:
        """The control socket of a virtual reader; None of a physical one."""
        assert self._forward is not None
        return self._forward.paths.get("control")

    def _host(self) -> str:
        """The machine to reach; one that the exporter says is reached only through its own machine is."""
        extra: dict[str, Any] = getattr(self.reader, "extra", {})
        if extra.get("proxy_required"):
            return str(extra["proxy"])
        return str(getattr(self.reader, "host", "localhost"))
