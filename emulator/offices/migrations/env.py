"""What Alembic runs for each command; the connection comes from ``upgrade.configuration``."""

from __future__ import annotations

from typing import Literal

from alembic import context

from emulator.offices.storage import Instant
from emulator.offices.tables import METADATA


def _in_sqlalchemys_words(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration must go on meaning the same when our code changes, so our column types are not named in it."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Instant) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes a table by making it anew
    compare_type=True,
    render_item=_in_sqlalchemys_words,
)
with context.begin_transaction():
    context.run_migrations()
