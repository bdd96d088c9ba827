"""Reads a card with PyPI's pythaiidcard, as its documentation does, and prints what it gives as JSON.

Run by the Python of that package's own environment. What raises is reported by the name of its exception.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pythaiidcard import ThaiIDCardReader  # type: ignore[import-not-found]  # has an environment of its own


def attempted(read: Callable[[], Any]) -> Any:
    """What ``read`` gives, or the name and words of what it raises."""
    try:
        value = read()
    except Exception as error:  # whatever it is, the test wants to know
        return {"raised": type(error).__name__, "says": str(error)}
    return value if isinstance(value, str) else jsonable(value)


def jsonable(model: Any) -> dict[str, Any]:
    """A pydantic model; its photo is not text, so it goes as hex."""
    photo = getattr(model, "photo", None)
    plain: dict[str, Any] = json.loads(model.model_dump_json(exclude={"photo"}))
    return plain | ({"photo": photo.hex()} if photo is not None else {})


def main() -> None:
    """One card: person with photo, NHSO rights, laser number."""
    reader = ThaiIDCardReader(skip_system_check=True)
    reader.connect()
    print(
        json.dumps(
            {
                "person": attempted(reader.read_card),
                "rights": attempted(reader.read_nhso_data),
                "laser": attempted(reader.read_laser_id),
            }
        )
    )
    reader.disconnect()


if __name__ == "__main__":
    main()
