"""A machine of the lab that ssh reaches, on loopback: ``python ssh_server.py FOLDER`` prints its port and serves.

It runs commands with sh and opens its unix sockets to whoever has the key in FOLDER.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncssh


class _Machine(asyncssh.SSHServer):
    def unix_connection_requested(self, _path: str) -> bool:
        return True


async def _run(process: asyncssh.SSHServerProcess[bytes]) -> None:
    shell = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        process.command or "",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await process.redirect(stdin=shell.stdin, stdout=shell.stdout, stderr=shell.stderr)
    process.exit(await shell.wait())


async def _serve(folder: Path) -> None:
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=_Machine,
        server_host_keys=[str(folder / "host")],
        authorized_client_keys=str(folder / "user.pub"),
        process_factory=_run,
        encoding=None,
    )
    print(server.get_port(), flush=True)
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
