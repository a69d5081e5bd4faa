"""The Dagster web UI and its daemon in one process, the shop's code in a second: half of what `dagster dev` starts."""

import fcntl
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.stopping import SIGNALS
from resources.errors import ZhikeError
from resources.home import ROOT, Home
from resources.shop import Shop
from serving.own_site import LOOPBACK as LOOPBACK
from serving.own_site import OwnSite as OwnSite

if TYPE_CHECKING:
    from dagster._core.remote_origin import CodeLocationOrigin

BACKFILL_SECONDS = 5


@contextmanager
def listening(place: Home, host: str, port: int) -> Iterator[socket.socket]:
    """The socket of the web UI of a home, which has one at a time. Raises ZhikeError where it is served already, or the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (place.dagster / "ui.lock").open("a+", encoding="utf-8") as lock, socket.socket(family) as listener:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise ZhikeError(
                "the web UI of this shop is already served, and a second one would run its schedules twice",
                f"http://{lock.read().strip()}",
                "open that address, or stop that zhike ui first",
            ) from error
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            # From here on nobody else gets the address.
            listener.listen()
        except OSError as error:
            raise ZhikeError(
                f"the web UI cannot be served there: {error.strerror}",
                f"{host}:{port}",
                "choose another --port or --host",
            ) from error
        lock.truncate(0)
        lock.write(f"{host}:{port}")
        lock.flush()
        yield listener


def serve(instance: dg.DagsterInstance, shop: Shop, listener: socket.socket, names: tuple[str, ...]) -> None:
    """Serves the web UI of a shop, whose name is that of the code location, under `names` until a signal ends it. Raises ZhikeError where the
    daemon has died."""
    import uvicorn
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import ModuleTarget
    from dagster._daemon import controller as daemon_controller
    from dagster._daemon.controller import DagsterDaemonController, create_daemons_from_instance
    from dagster._utils.log import configure_loggers
    from dagster_webserver.app import create_app_from_workspace_process_context

    configure_loggers(log_level="WARNING")
    # A backfill goes on in steps, one a look, and Dagster's every 30 s is made for servers with many shops.
    daemon_controller.DEFAULT_DAEMON_INTERVAL_SECONDS = BACKFILL_SECONDS
    # The processes with the shop's code take it from here, not from a folder of the same name in which the command was typed.
    os.environ["PYTHONSAFEPATH"] = "1"
    target = ModuleTarget("pipelines.definitions", None, str(ROOT), shop.id)
    (location,) = target.create_origins()
    keep_switched_on(instance, location)
    with ExitStack() as stack:
        context = stack.enter_context(WorkspaceProcessContext(instance, target, code_server_log_level="WARNING"))
        daemons = [stack.enter_context(daemon) for daemon in create_daemons_from_instance(instance)]
        controller = stack.enter_context(DagsterDaemonController(context, daemons))
        app = create_app_from_workspace_process_context(context, live_data_poll_rate=2000)
        server = uvicorn.Server(uvicorn.Config(OwnSite(app, names), log_level="warning"))
        died: list[Exception] = []

        def watch() -> None:
            try:
                controller.check_daemon_loop()
            except Exception as error:
                logging.getLogger("zhike").exception("the daemon has died")
                died.append(error)
                server.should_exit = True

        threading.Thread(target=watch, daemon=True).start()
        # The server ends on these by itself, and sends them on when it has: what it leaves open is closed below.
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)
        server.run(sockets=[listener])
        if died:
            where = ":".join(map(str, listener.getsockname()[:2]))
            raise ZhikeError(f"the daemon of the web UI has died: {died[0]}", where, "start zhike ui again")


def keep_switched_on(instance: dg.DagsterInstance, location: "CodeLocationOrigin") -> None:
    """Schedules and sensors that were switched on under another name of the code location are on under this one, and where they were."""
    for state in instance.all_instigator_state():
        before = state.origin.repository_origin
        if before.code_location_origin.location_name == location.location_name:
            continue
        origin = state.origin._replace(repository_origin=before._replace(code_location_origin=location))
        if instance.get_instigator_state(origin.get_id(), origin.get_selector().get_id()) is None:
            instance.add_instigator_state(state._replace(origin=origin))
        instance.delete_instigator_state(state.instigator_origin_id, state.selector_id)
