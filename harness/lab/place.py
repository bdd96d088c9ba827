"""The reader of a place that is ours, brought here by labgrid's target and our driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from labgrid import Target

from harness.lab.coordinator import LabReader
from harness.lab.reader import NetworkPCSCReader, PCSCReaderDriver


@contextmanager
def forwarded(reader: LabReader) -> Iterator[PCSCReaderDriver]:
    """The driver of ``reader``, active: PC/SC of its machine is here. Raises ForwardFailed."""
    resource_of: Any = NetworkPCSCReader  # labgrid's own attributes are not known to be there
    driver_of: Any = PCSCReaderDriver
    target = Target("thnid")
    resource = resource_of(target, "reader", **reader.parameters)
    resource.extra = reader.extra
    driver: PCSCReaderDriver = driver_of(target, "reader")
    target.activate(driver)
    try:
        yield driver
    finally:
        target.deactivate(driver)
