"""labgrid's exporter, taught what a reader is: labgrid loads no classes of others into it."""

from __future__ import annotations

import sys
from typing import Any

import attr
from labgrid.remote import exporter

from harness.lab.reader import LOCAL, REMOTE, PCSCReader


@attr.s(eq=False)
class PCSCReaderExport(exporter.ResourceExport):  # type: ignore[misc]
    """Exports a PCSCReader of this machine as a NetworkPCSCReader."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        local: Any = PCSCReader  # labgrid's own attributes are not known to be there
        self.local = local(target=None, name=None, **self.local_params)
        self.data["cls"] = REMOTE

    def _get_params(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "reader": self.local.reader,
            "socket": self.local.socket,
            "control": self.local.control,
        }


def run(resources: str, coordinator: str, name: str | None, hostname: str | None) -> None:
    """Export what the file ``resources`` lists until told to stop; it prints and logs as labgrid-exporter does."""
    exporter.exports[LOCAL] = PCSCReaderExport
    options = ["--coordinator", coordinator]
    options += ["--name", name] if name else []
    options += ["--hostname", hostname] if hostname else []
    sys.argv = ["labgrid-exporter", *options, resources]
    exporter.main()
