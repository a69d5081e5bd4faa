"""The server of the API: one process, one thread that answers."""

import logging
import socket

from resources.errors import ZhikeError
from resources.home import Home
from resources.shop import Shop
from serving.own_site import OwnSite


def serve(shop: Shop, home: Home, host: str, port: int, names: tuple[str, ...], rate: float, tick: float) -> None:
    """Serves a shop's API under `names` until a signal ends it, with a tick every so many seconds. Raises ZhikeError where the address is taken."""
    import uvicorn

    from serving.api import application

    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("zhike").setLevel(logging.INFO)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise ZhikeError(
                f"the API cannot be served there: {error.strerror}",
                f"{host}:{port}",
                "choose another --port or --host",
            ) from error
        app = OwnSite(application(shop, home, rate, tick), names)
        # Programs keep their connections longer than the 5 s that uvicorn waits for their next request.
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, timeout_keep_alive=75)
        uvicorn.Server(config).run(sockets=[listening])
