"""What labgrid's coordinator is asked: which places there are, to have one for oneself, and to give it back.

Each question is a session of its own. The coordinator keeps a place for whoever acquired it until they release it, however
long that takes. gRPC's threads must take no signal away from the main thread, which waits for some: they are started by a
thread that has them all blocked, and inherit that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import grpc
from labgrid.remote.client import ClientSession
from labgrid.remote.generated import labgrid_coordinator_pb2 as messages
from labgrid.util.proxy import proxymanager

from apdu_specs.language import Text
from harness.lab.errors import CoordinatorUnavailable, LabError, NoReaderThere, NoSuchPlace, PlaceTaken
from harness.lab.reader import REMOTE

ADDRESS_VARIABLE = "LG_COORDINATOR"
_PORT = 20408
DEFAULT_ADDRESS = f"127.0.0.1:{_PORT}"
_LIMIT_S = 15.0
_KEPT_ALIVE_S = 10.0  # the coordinator forgets a reservation that nobody asks about for a minute
_ALLOCATED = 1  # labgrid's ReservationState
_STOPPING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_SILENT = Text("it does not answer", "ไม่มีการตอบกลับ")
_GONE = Text("it went away", "หยุดทำงานไปแล้ว")
_NOBODY = Text("nobody listens there", "ไม่มีผู้รับการเชื่อมต่อ")
_RESERVED = Text("is reserved by", "ถูกจองไว้โดย")
Answer = TypeVar("Answer")

# Without a handler of ours labgrid's own words would go to standard error, beside our sentence.
logging.getLogger().addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class LabReader:
    """A reader as its exporter tells of it. ``extra`` is labgrid's: whether ``host`` is reached through another."""

    reader: str
    host: str
    available: bool
    parameters: dict[str, Any] = field(repr=False, default_factory=dict)
    extra: dict[str, Any] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the lab. ``holder`` is ``host/user``; ``reserved_by`` likewise; None: nobody."""

    name: str
    comment: str
    tags: dict[str, str]
    holder: str | None
    reserved_by: str | None
    readers: tuple[LabReader, ...]


def chosen_address(given: str | None) -> str:
    """``given``, or LG_COORDINATOR, or labgrid's own default."""
    return given or os.environ.get(ADDRESS_VARIABLE) or DEFAULT_ADDRESS


def places(address: str) -> list[Place]:
    """All places, by name. Raises CoordinatorUnavailable."""

    async def ask(session: ClientSession) -> list[Place]:
        owners = await _owners(session)
        return [_place(session, name, owners) for name in sorted(session.places)]

    return _asked(address, ask)


@contextlib.contextmanager
def held(
    address: str, name: str, wait_s: float = 0.0, *, not_given_back: Callable[[LabError], None]
) -> Iterator[LabReader]:
    """Have the place ``name``, after waiting ``wait_s`` seconds for it at most, and give it back whatever happens.

    When that fails, ``not_given_back`` is told why: what was done in the meantime is not to be lost for it.

    A name of the form ``+TOKEN`` is the place that labgrid's reservation TOKEN has got. Raises CoordinatorUnavailable,
    NoSuchPlace, PlaceTaken, NoReaderThere; from the body, what it raises. To be used by the main thread.
    """
    token = (
        _asked(address, partial(_wait_for, name=name, seconds=wait_s), wait_s + _LIMIT_S) if wait_s else None
    )
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)  # between having it and knowing that we have
    try:
        with contextlib.ExitStack() as afterwards:
            if token is not None:
                afterwards.callback(_asked_in_vain, address, partial(_forget, token=token))
            place, reader = _asked(address, partial(_acquire, name=name))
            afterwards.callback(_give_back, address, place, not_given_back)
            afterwards.callback(signal.pthread_sigmask, signal.SIG_BLOCK, _STOPPING)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            yield reader
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- inside a session -------------------------------------------------------------------------------------------------


def _asked_in_vain(address: str, ask: Question[None]) -> None:
    with contextlib.suppress(LabError):  # a reservation ends by itself
        _asked(address, ask)


def _give_back(address: str, name: str, not_given_back: Callable[[LabError], None]) -> None:
    try:
        _asked(address, partial(_release, name=name))
    except LabError as error:
        not_given_back(error)


Question = Callable[[ClientSession], Coroutine[Any, Any, Answer]]


def _asked(address: str, ask: Question[Answer], limit_s: float = _LIMIT_S) -> Answer:
    """The answer to a question. Raises CoordinatorUnavailable, and what ``ask`` raises."""
    loop = asyncio.new_event_loop()
    done: Future[Answer] = Future()
    task = loop.create_task(_in_session(address, ask, limit_s))

    def run() -> None:
        try:
            done.set_result(loop.run_until_complete(task))
        except BaseException as error:  # handed to whoever asked
            done.set_exception(error)
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="lab")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        return done.result()
    except KeyboardInterrupt:
        with contextlib.suppress(RuntimeError):  # it may have ended at this moment
            loop.call_soon_threadsafe(task.cancel)
        raise
    finally:
        thread.join()


async def _in_session(address: str, ask: Question[Answer], limit_s: float) -> Answer:
    try:
        async with _session(address) as session:
            return await asyncio.wait_for(ask(session), limit_s)
    except TimeoutError:
        raise CoordinatorUnavailable(address, _SILENT) from None
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            raise CoordinatorUnavailable(address, _GONE) from error
        told = str(error.details()).rstrip(".")
        raise LabError(Text(f"The lab refused: {told}.", f"ห้องทดสอบปฏิเสธ: {told}"), Text("", "")) from error


@contextlib.asynccontextmanager
async def _session(address: str) -> AsyncIterator[ClientSession]:
    session = ClientSession(_target(address), asyncio.get_running_loop())
    try:
        try:
            await asyncio.wait_for(session.start(), _LIMIT_S)
        except TimeoutError:
            raise CoordinatorUnavailable(address, _SILENT) from None
        except Exception as error:  # labgrid's ServerError says no more than that
            raise CoordinatorUnavailable(address, _NOBODY) from error
        yield session
    finally:
        with contextlib.suppress(Exception):  # a session that never was cannot be stopped
            await asyncio.wait_for(session.stop(), _LIMIT_S)
        await session.close()


def _target(address: str) -> str:
    try:
        return str(proxymanager.get_grpc_address(address, default_port=_PORT))
    except Exception as error:  # of labgrid's ssh proxy, or a port that is no number
        why = str(error).rstrip(".")
        raise CoordinatorUnavailable(address, Text(why, why)) from error


def _ourselves(session: ClientSession) -> str:
    return f"{session.gethostname()}/{session.getuser()}"


def _known(session: ClientSession, name: str) -> str:
    """The place that is meant. Raises NoSuchPlace."""
    if name.startswith("+"):
        found = next((each.name for each in session.places.values() if each.reservation == name[1:]), None)
    else:
        found = name if name in session.places else None
    if found is None:
        raise NoSuchPlace(name, sorted(session.places))
    return str(found)


async def _wait_for(session: ClientSession, name: str, seconds: float) -> str:
    """Reserve a place and wait until it is free for us; the reservation's token. Raises NoSuchPlace, PlaceTaken."""
    name = _known(session, name)
    filters = {"main": messages.Reservation.Filter(filter={"name": name})}
    request = messages.CreateReservationRequest(filters=filters, prio=0.0)
    reservation = (await session.stub.CreateReservation(request)).reservation
    allocated = False
    try:
        allocated = await _allocated(session, reservation, time.monotonic() + seconds)
    finally:
        if not allocated:
            await _forget(session, reservation.token)
    if not allocated:
        raise await _taken(session, name)
    return str(reservation.token)


async def _forget(session: ClientSession, token: str) -> None:
    """End a reservation; one that has ended is no error."""
    with contextlib.suppress(grpc.aio.AioRpcError):
        await session.stub.CancelReservation(messages.CancelReservationRequest(token=token))


async def _acquire(session: ClientSession, name: str) -> tuple[str, LabReader]:
    """Have a place: its name and its reader."""
    name = _known(session, name)
    if session.places[name].acquired:
        raise await _taken(session, name)
    try:
        await session.stub.AcquirePlace(messages.AcquirePlaceRequest(placename=name))
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            raise
        await session.sync_with_coordinator()
        raise await _taken(session, name) from error
    try:
        await session.sync_with_coordinator()
        found = [each for each in _readers(session, name) if each.available]
        if len(found) != 1:
            raise NoReaderThere(name, len(found))
    except BaseException:
        await _release(session, name)
        raise
    return name, found[0]


async def _release(session: ClientSession, name: str) -> None:
    """Give a place back, unless somebody else has it by now."""
    request = messages.ReleasePlaceRequest(placename=name, fromuser=_ourselves(session))
    await session.stub.ReleasePlace(request)


async def _taken(session: ClientSession, name: str) -> PlaceTaken:
    """Who has what we wanted."""
    place = _place(session, name, await _owners(session))
    if place.holder is None and place.reserved_by is not None:
        return PlaceTaken(name, place.reserved_by, how=_RESERVED)
    others = (entry.acquired for entry in _entries(session, name) if entry.acquired not in (None, name))
    other = next(others, None)
    if place.holder is None and other is not None:
        return PlaceTaken(
            name, repr(other), how=Text("has its reader lent to the place", "ให้ยืมเครื่องอ่านแก่จุดทดสอบ")
        )
    return PlaceTaken(name, place.holder or "?")


async def _allocated(session: ClientSession, reservation: Any, deadline: float) -> bool:
    """Whether the reservation got its place before the deadline."""
    changed = asyncio.Event()
    tell = session.on_place_changed

    async def on_place_changed(place: Any) -> None:
        await tell(place)
        changed.set()

    session.on_place_changed = on_place_changed
    while True:
        changed.clear()
        request = messages.PollReservationRequest(token=reservation.token)
        reservation = (await session.stub.PollReservation(request)).reservation
        if reservation.state == _ALLOCATED:
            return True
        left = deadline - time.monotonic()
        if left <= 0 or session.stopping.is_set():
            return False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), min(left, _KEPT_ALIVE_S))


async def _owners(session: ClientSession) -> dict[str, str]:
    """Who made each reservation, by its token."""
    answer = await session.stub.GetReservations(messages.GetReservationsRequest())
    return {each.token: each.owner for each in answer.reservations}


def _place(session: ClientSession, name: str, owners: dict[str, str]) -> Place:
    place = session.places[name]
    return Place(
        name,
        place.comment,
        dict(place.tags),
        place.acquired or None,
        owners.get(place.reservation) if place.reservation else None,
        tuple(_readers(session, name)),
    )


def _entries(session: ClientSession, name: str) -> list[Any]:
    """What the place's patterns match, of our class."""
    place = session.places[name]
    return [
        entry
        for exporter, groups in sorted(session.resources.items())
        for group, entries in sorted(groups.items())
        for resource, entry in sorted(entries.items())
        if "cls" in entry.data
        and entry.cls == REMOTE
        and place.hasmatch((exporter, group, entry.cls, resource))
    ]


def _readers(session: ClientSession, name: str) -> list[LabReader]:
    found = []
    for entry in _entries(session, name):
        parameters = {key: value for key, value in entry.args.items() if isinstance(value, str)}
        reader, host = parameters.get("reader", "?"), parameters.get("host", "?")
        found.append(LabReader(reader, host, bool(entry.avail), parameters, dict(entry.extra)))
    return found
