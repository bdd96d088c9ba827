"""Write the initial migration anew from the tables: ``python -m emulator.offices.migrations.make``.

Until the first release there is one migration, and it is written again whenever a table changes. From then on
a change is a migration of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from emulator.offices.migrations import FOLDER, HEAD
from emulator.offices.migrations.upgrade import configuration
from emulator.offices.tables.audit import APPEND_ONLY

NAME = "initial"


def make() -> Path:
    """Write it; gives the file."""
    target = FOLDER / "versions" / f"{HEAD}_{NAME}.py"
    target.unlink(missing_ok=True)
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        command.revision(configuration(connection), message="Initial", rev_id=HEAD, autogenerate=True)
    engine.dispose()
    _add_triggers(target)
    for tidy in (("check", "--fix", "--quiet"), ("format", "--quiet")):
        subprocess.run([sys.executable, "-m", "ruff", *tidy, str(target)], check=True)
    return target


def _add_triggers(target: Path) -> None:
    """Alembic does not see triggers. They are written out: a migration must go on meaning the same."""
    end = "    # ### end Alembic commands ###\n"
    added = f"    for statement in {dict(APPEND_ONLY)!r}[op.get_bind().dialect.name]:\n        op.execute(statement)\n"
    target.write_text(target.read_text().replace(end, end + added, 1))


if __name__ == "__main__":
    print(make().name)
