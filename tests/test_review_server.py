"""The review server answers its own page and nobody else."""

from __future__ import annotations

import csv
import http.client
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import review_figure as drawn

from kmdigitize import pipeline
from kmdigitize.batch.tables import doubt
from kmdigitize.review.queue import Queue

EDIT = json.dumps({"revision": 0, "edit": {"kind": "remove", "panel": "1", "arm": 0}})


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, Queue]]:
    monkeypatch.setattr(pipeline, "read_page", drawn.page)
    monkeypatch.setattr(pipeline, "find", drawn.find)
    with drawn.serving(drawn.write_figure(tmp_path), drawn.write_figure(tmp_path, "=cmd")) as running:
        yield running


def ask(port: int, method: str, path: str, body: str | None = None, **headers: str | None) -> tuple[int, bytes]:
    """Status and body; headers given as None are left out."""
    usual: dict[str, str | None] = {"Host": f"127.0.0.1:{port}", "Cookie": f"kmdigitize-{port}={drawn.TOKEN}"}
    if method == "POST":
        usual |= {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
    usual |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {name: value for name, value in usual.items() if value is not None})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_the_token_becomes_a_cookie_that_other_sites_cannot_send(server: tuple[int, Queue]) -> None:
    port = server[0]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", f"/?token={drawn.TOKEN}")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=strict" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"Cookie": None}, "/"),
        ({"Cookie": None}, "/?token=wrong"),
        ({"Cookie": None}, "/api/queue"),
        ({"Cookie": None}, "/static/main.js"),
        ({"Host": "evil.example"}, "/"),
        ({"Host": "evil.example"}, f"/?token={drawn.TOKEN}"),
    ],
)
def test_strangers_are_refused(server: tuple[int, Queue], headers: dict[str, str | None], path: str) -> None:
    assert ask(server[0], "GET", path, **headers)[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": None},
        {"Origin": None},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Content_Type": "text/plain"},
    ],
)
def test_changes_from_elsewhere_change_nothing(server: tuple[int, Queue], headers: dict[str, str | None]) -> None:
    port, queue = server
    assert ask(port, "POST", "/api/figures/0/correct", EDIT, **headers)[0] == 403
    assert queue.items[0].session.revision == 0
    assert not queue.items[0].session.source.facts.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/static/../session.py",
        "/static/..%2fsession.py",
        "/static/%2e%2e/session.py",
        "/etc/passwd",
        "//etc/passwd",
        "/static/",
        "/api/figures/0/../../secret",
        "/static/nothing.js",
    ],
)
def test_paths_outside_are_not_there(server: tuple[int, Queue], path: str) -> None:
    assert ask(server[0], "GET", path)[0] in (403, 404)


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"revision": "x"}', "[" * 100_000])
def test_nonsense_is_answered_with_a_remedy(server: tuple[int, Queue], body: str) -> None:
    status, answer = ask(server[0], "POST", "/api/figures/0/correct", body)
    assert status == 422
    assert json.loads(answer)["message"]


def test_too_large_a_body_is_refused(server: tuple[int, Queue]) -> None:
    status, _ = ask(server[0], "POST", "/api/figures/0/correct", json.dumps({"x": "y" * 5_000_000}))
    assert status == 422


def test_a_correction_through_the_server(server: tuple[int, Queue]) -> None:
    port, queue = server
    status, answer = ask(port, "POST", "/api/figures/0/correct", EDIT)
    assert status == 200
    assert [arm["name"] for arm in json.loads(answer)["panels"][0]["arms"]] == ["B"]
    assert ask(port, "POST", "/api/figures/0/correct", EDIT)[0] == 409
    assert ask(port, "POST", "/api/figures/9/undo", '{"revision": 0}')[0] == 422
    assert ask(port, "POST", "/api/figures/0/burn", '{"revision": 1}')[0] == 404
    assert queue.items[0].corrections == 1


def test_pages_may_load_nothing_from_elsewhere(server: tuple[int, Queue]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server[0], timeout=30)
    connection.request("GET", "/", headers={"Cookie": f"kmdigitize-{server[0]}={drawn.TOKEN}"})
    answer = connection.getresponse()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = answer.read().decode()
    assert "http://" not in page
    assert "https://" not in page


def test_the_table_is_harmless_in_a_spreadsheet(server: tuple[int, Queue]) -> None:
    port, _ = server
    body = json.dumps({"revision": 0, "decision": "rejected", "note": "=1+1"})
    assert ask(port, "POST", "/api/figures/0/decide", body)[0] == 200
    table = list(csv.DictReader(io.StringIO(ask(port, "GET", "/api/summary.csv")[1].decode())))
    assert {row["decision"] for row in table} == {"", "rejected"}
    assert {row["figure"] for row in table} == {"trial", "'=cmd"}
    assert "'=1+1" in [row["note"] for row in table]


def test_disagreement_is_doubted_more_than_flags() -> None:
    assert doubt("failed", ()) > doubt("differs", ()) > doubt("cannot say", ["a"] * 9) > doubt("agrees", ["a"])


def test_what_cannot_be_read_can_still_be_rejected(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with drawn.serving(tmp_path / "bad.png", folder=tmp_path) as (port, _):
        view = json.loads(ask(port, "GET", "/api/figures/0")[1])
        assert (view["readable"], view["verdict"]) == (False, "failed")
        assert "not a picture" in view["error"]["message"]
        assert ask(port, "GET", "/api/figures/0/figure.png")[0] == 200
        body = json.dumps({"revision": 0, "decision": "rejected", "note": "broken"})
        assert ask(port, "POST", "/api/figures/0/decide", body)[0] == 200
        assert ask(port, "POST", "/api/figures/0/correct", EDIT)[0] == 422
    assert "bad,rejected,failed" in (tmp_path / "review.csv").read_text()
