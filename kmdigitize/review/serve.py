"""`kmdigitize review`: which figures, which port, which token; then the server until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Timer
from typing import Any

from kmdigitize.batch.inputs import SUFFIXES
from kmdigitize.batch.journal import Entry, entries, input_path
from kmdigitize.batch.tables import doubt, doubt_of
from kmdigitize.errors import FactsError
from kmdigitize.options import Options, options_of
from kmdigitize.review.queue import Item, Queue
from kmdigitize.review.rebuilding import second_process
from kmdigitize.review.server import review_app
from kmdigitize.review.session import Session, Source
from kmdigitize.sources.read import read_bytes, read_figures

HOST = "127.0.0.1"


def serve(queue: Queue, port: int, open_page: bool, say: Callable[[str], None]) -> None:
    """Serves ``queue`` on this machine until interrupted; ``port`` 0 takes a free one. Raises FactsError."""
    import uvicorn

    listening = listen(port)
    port = int(listening.getsockname()[1])
    token = secrets.token_urlsafe(32)
    address = f"http://{HOST}:{port}/?token={token}"
    say(f"Review at {address}\nStop with Ctrl-C; every correction is saved as it is made.")
    if open_page:
        Timer(0.3, webbrowser.open, (address,)).start()
    config = uvicorn.Config(review_app(queue, token, port), log_level="warning", access_log=False, lifespan="off")
    try:
        with second_process():
            uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        say("Stopped.")
    finally:
        listening.close()


def listen(port: int) -> socket.socket:
    """A socket on this machine alone; ``port`` 0 takes a free one. Raises FactsError when it is taken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise FactsError(f"Port {port} is taken ({error.strerror}).", "Choose another with --port, or none.") from error
    return listening


def review_inputs(inputs: Sequence[Path], options: Mapping[str, Any]) -> Queue:
    """The queue of all figures in ``inputs``, by the command line's ``options``. Raises KmdigitizeError."""
    how = options_of(options)
    folder: Path | None = options["folder"]
    items: list[Item] = []
    for path in inputs:
        known = list(entries(path)) if path.is_dir() else []
        items += [item for entry in known for item in _items_of(entry, path, how, options["who"])]
        if not known:
            found = _figures_in(path) if path.is_dir() else [path]
            sources = [source for file in found for source in sources_in(file)]
            items += [Item(Session(source, options["who"], how), folder) for source in sources]
        elif folder is None:
            folder = path
    if not items:
        raise FactsError("There is nothing to review here.", "Give figures, or an output folder of kmdigitize.")
    return Queue(items, folder / "review.csv" if folder else None)


def sources_in(path: Path) -> list[Source]:
    """The figures in the file at ``path``, each of a PDF's on its own. Raises KmdigitizeError."""
    data = read_bytes(path)
    if b"%PDF-" not in data[:1024]:
        return [Source(path, path.stem)]
    figures = read_figures(data, path.stem)
    return [Source(path, one.name, place, one.name.removeprefix(path.stem)) for place, one in enumerate(figures)]


def _figures_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _items_of(entry: Entry, folder: Path, how: Options, who: str | None) -> list[Item]:
    """The figures of one input of an output folder, with what is known of them."""
    path = input_path(entry, folder)
    if entry.failure:
        return [Item(Session(Source(path, entry.name), who, how), folder, "failed", doubt=doubt("failed", ()))]
    return [
        Item(
            Session(Source(path, figure.name, place, figure.name.removeprefix(entry.name)), who, how),
            folder,
            "failed" if figure.error else figure.verdict,
            figure.flags,
            doubt_of(figure),
        )
        for place, figure in enumerate(entry.figures)
    ]
