"""`kmdigitize review`: which figures, which port, which token; then the server until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer

from kmdigitize.errors import FactsError
from kmdigitize.review.queue import Queue
from kmdigitize.review.server import review_app
from kmdigitize.review.session import Source
from kmdigitize.sources.read import read_bytes, read_figures

HOST = "127.0.0.1"


def serve(queue: Queue, port: int, open_page: bool, say: Callable[[str], None]) -> None:
    """Serves ``queue`` on this machine until interrupted; ``port`` 0 takes a free one. Raises FactsError."""
    import uvicorn

    listening = _listen(port)
    port = int(listening.getsockname()[1])
    token = secrets.token_urlsafe(32)
    address = f"http://{HOST}:{port}/?token={token}"
    say(f"Review at {address}\nStop with Ctrl-C; every correction is saved as it is made.")
    if open_page:
        Timer(0.3, webbrowser.open, (address,)).start()
    config = uvicorn.Config(review_app(queue, token, port), log_level="warning", access_log=False, lifespan="off")
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise FactsError(f"Port {port} is taken ({error.strerror}).", "Choose another with --port, or none.") from error
    return listening


def sources_of(paths: Sequence[Path]) -> list[Source]:
    """The figures in ``paths``, each of a PDF's on its own. Raises KmdigitizeError when one cannot be read."""
    return [source for path in paths for source in _sources_in(path)]


def _sources_in(path: Path) -> list[Source]:
    data = read_bytes(path)
    if b"%PDF-" not in data[:1024]:
        return [Source(path, path.stem)]
    return [Source(path, figure.name, place) for place, figure in enumerate(read_figures(data, path.stem))]
