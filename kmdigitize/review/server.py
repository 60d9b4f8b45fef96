"""The review server: a few routes on this machine's own address, for whoever holds the token, and nobody else.

The address that is opened carries a token that is new at every start; it becomes a cookie that no other site can send
along (SameSite=Strict). Every request must name this server as its host and bring the cookie; every change must also
come from the page itself (Origin). The page may load nothing from anywhere else (Content-Security-Policy).
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kmdigitize.errors import FactsError, KmdigitizeError
from kmdigitize.export import replace_file, to_png, write_outputs
from kmdigitize.review.queue import Item, Queue
from kmdigitize.review.session import StaleError
from kmdigitize.review.view import view_of

log = logging.getLogger(__name__)
MAX_BODY = 4_000_000
STATIC = files("kmdigitize.review") / "static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Answer = Callable[[Request], Awaitable[Response]]


class Guard:
    """Lets through only what the page of this server asks for."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app, self.token, self.cookie = app, token, f"kmdigitize-{port}"
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry: refuses with 403, admits with the token in the address, or hands on."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        response = self._verdict(request)
        if response is None:
            await self.app(scope, receive, send)
        else:
            await response(scope, receive, send)

    def _verdict(self, request: Request) -> Response | None:
        if request.headers.get("host", "") not in self.hosts:
            return _refused("This server answers only under its own address.")
        given = request.query_params.get("token")
        if given is not None and request.url.path == "/" and request.method == "GET" and self._is_token(given):
            admitted = RedirectResponse("/", 303, HEADERS)
            admitted.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
            return admitted
        if not self._is_token(request.cookies.get(self.cookie, "")):
            return _refused("Open the address that `kmdigitize review` printed: it carries the key to this page.")
        if request.method not in ("GET", "HEAD"):
            origin = request.headers.get("origin", "")
            if origin.removeprefix("http://") != request.headers["host"] or not origin.startswith("http://"):
                return _refused("Changes are taken only from the page itself.")
            if request.headers.get("content-type", "").split(";")[0] != "application/json":
                return _refused("Changes are JSON.")
        return None

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())


def review_app(queue: Queue, token: str, port: int) -> Starlette:
    """The application that serves ``queue`` to whoever knows ``token`` at ``port`` of this machine."""
    routes = [
        Route("/", _static("index.html")),
        *[Route(f"/static/{file.name}", _static(file.name)) for file in STATIC.iterdir() if file.is_file()],
        Route("/api/queue", _answer(queue, _queue)),
        Route("/api/summary.csv", _answer(queue, _table)),
        Route("/api/figures/{number:int}", _answer(queue, _figure)),
        Route("/api/figures/{number:int}/figure.png", _answer(queue, _picture)),
        Route("/api/figures/{number:int}/{verb}", _answer(queue, _change), methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, token=token, port=port)])


def _static(name: str) -> Answer:
    kind = TYPES.get(f".{name.rpartition('.')[2]}", "application/octet-stream")

    async def serve(_: Request) -> Response:
        return Response((STATIC / name).read_bytes(), 200, HEADERS, kind)

    return serve


def _answer(queue: Queue, work: Callable[[Queue, Request, Any], Response]) -> Answer:
    """A route that does ``work`` beside the event loop and answers our own errors with their remedy."""

    async def serve(request: Request) -> Response:
        try:
            body = await _body(request) if request.method == "POST" else None
            return await run_in_threadpool(work, queue, request, body)
        except StaleError as error:
            return _failed(error, 409)
        except KmdigitizeError as error:
            return _failed(error, 422)

    return serve


async def _body(request: Request) -> Any:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY:
            raise FactsError("This correction is too large.", "Do it in parts.")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FactsError("The request is no JSON.", "Load the page again.") from error
    if not isinstance(body, dict):
        raise FactsError("The request is no object.", "Load the page again.")
    return body


def _queue(queue: Queue, _: Request, __: Any) -> Response:
    return JSONResponse({"figures": queue.rows()}, 200, HEADERS)


def _table(queue: Queue, _: Request, __: Any) -> Response:
    named = {"Content-Disposition": 'attachment; filename="review.csv"'}
    return Response(queue.to_csv(), 200, {**HEADERS, **named}, "text/csv; charset=utf-8")


def _figure(queue: Queue, request: Request, _: Any) -> Response:
    return _shown(queue.opening(request.path_params["number"]))


def _picture(queue: Queue, request: Request, _: Any) -> Response:
    session = queue.opening(request.path_params["number"]).session
    try:
        pixels = session.sight.page.figure.pixels
    except KmdigitizeError:
        pixels = np.full((1, 1, 3), 255, dtype=np.uint8)
    return Response(to_png(pixels), 200, HEADERS, "image/png")


def _change(queue: Queue, request: Request, body: Any) -> Response:
    """Does what the verb says and answers with the figure as it then is."""
    item, verb = queue.item(request.path_params["number"]), request.path_params["verb"]
    revision = body.get("revision")
    if not isinstance(revision, int):
        raise FactsError("The request names no revision.", "Load the page again.")
    if verb == "correct":
        item.session.correct(body.get("edit") or {}, revision)
    elif verb == "undo":
        item.session.undo(revision)
    elif verb == "redo":
        item.session.redo(revision)
    elif verb == "explain":
        number = body.get("correction")
        item.session.explain(number if isinstance(number, int) else -1, str(body.get("why", "")), revision)
    elif verb == "decide":
        who = str(body.get("who") or "")[:200]
        item.session.decide(str(body.get("decision", "")), str(body.get("note", "")), who)
    else:
        return JSONResponse({"message": "There is nothing here.", "remedy": ""}, 404, HEADERS)
    queue.judge(item)
    if verb == "decide":
        _write(item)
        if queue.table is not None:
            replace_file(queue.table, queue.to_csv())
    return _shown(item)


def _write(item: Item) -> None:
    """An output folder follows the facts as soon as the reviewer has decided."""
    result = item.session.sight.result if item.verdict != "failed" else None
    if item.folder is not None and result is not None:
        from kmdigitize.jobs import pictures

        write_outputs(result, item.folder, pictures(result, item.session.options))


def _shown(item: Item) -> Response:
    return JSONResponse(view_of(item.session), 200, HEADERS)


def _failed(error: KmdigitizeError, status: int) -> Response:
    return JSONResponse({"message": error.message, "remedy": error.remedy}, status, HEADERS)


def _refused(why: str) -> Response:
    return Response(why + "\n", 403, HEADERS, "text/plain; charset=utf-8")
