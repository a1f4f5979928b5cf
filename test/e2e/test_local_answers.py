# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Answers that nuncio gives by itself (ambassador-proxy.md 4.3, the reason table of close_reason.h): status, reason word in the log, short
sentence, x-request-id; the connection goes on where the framing is not in doubt."""
import json
import pathlib
import re

import pytest

from kit.nuncio import ROOT, mapping
from kit.websocket import upgrade_bytes
from kit.wire import reply, request_bytes


def reason_table():
    text = pathlib.Path(ROOT, "include/nuncio/close_reason.h").read_text()
    return {m[1]: (int(m[2]), m[3], m[4]) for m in re.finditer(r'X\((\w+), (\d+), "([^"]*)", "([^"]*)"\)', text)}


def closing(wire, origin, number):
    origin.request(wire)


def malformed(wire, origin, number):
    origin.request(wire)
    wire.send(b"garbage\r\n\r\n")
    wire.expect_close()


def silent(wire, origin, number):
    origin.request(wire)
    wire.expect_close()


CASES = {  # reason word: (request bytes, does the connection go on?)
    "no_route": (request_bytes(target="/nowhere/"), True),
    "malformed_request": (b"GET / HTTP/1.1\r\nHost: test\r\nbad line\r\n\r\n", False),
    "bad_framing": (b"POST /ok/ HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", False),
    "bad_host": (b"GET /ok/ HTTP/1.1\r\n\r\n", False),
    "bad_path": (b"GET nothing HTTP/1.1\r\nHost: test\r\n\r\n", False),
    "connect_refused_here": (b"CONNECT test:443 HTTP/1.1\r\nHost: test:443\r\n\r\n", False),
    "target_too_long": (b"GET /" + b"a" * 65000 + b" HTTP/1.1\r\nHost: test\r\n\r\n", False),
    "head_too_large": (b"GET /ok/ HTTP/1.1\r\nHost: test\r\nX-A: " + b"a" * 65000 + b"\r\n\r\n", False),
    "unsupported_version": (b"GET /ok/ HTTP/2.0\r\nHost: test\r\n\r\n", False),
    "expectation_failed": (request_bytes(target="/ok/", fields=[("Expect", "miracles")]), None),
    "bad_body": (b"POST /ok/ HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", False),
    "upgrade_refused": (upgrade_bytes("/ok/"), True),
    "connect_refused": (request_bytes(target="/refused/"), True),
    "reset_before_head": (request_bytes(target="/closing/"), True),
    "upstream_malformed": (request_bytes(target="/malformed/"), True),
    "upstream_timeout": (request_bytes(target="/silent/"), True),
}


@pytest.fixture
def all_kinds(start, make_origin):
    add = {"X-Route": "yes"}
    return start([
        mapping("ok", "/ok/", make_origin(), add_response_headers=add),
        mapping("refused", "/refused/", make_origin(listen=False), connect_timeout_ms=200, add_response_headers=add),
        mapping("closing", "/closing/", make_origin(script=closing), add_response_headers=add),
        mapping("malformed", "/malformed/", make_origin(script=malformed), add_response_headers=add),
        mapping("silent", "/silent/", make_origin(script=silent), timeout_ms=300, add_response_headers=add)],
        args=["--log-format", "json"])


@pytest.mark.parametrize("word", CASES)
def test_local_answer(all_kinds, word):
    status, flag, sentence = reason_table()[word]
    data, goes_on = CASES[word]
    client = all_kinds.client()
    client.send(data)
    answer = client.read_response()
    assert answer.status == status
    assert answer.one("server") == "nuncio" and answer.has("date")
    assert re.match(r"^[0-9a-f-]{36}$", answer.one("x-request-id"))
    assert not answer.has("x-envoy-upstream-service-time"), "only on proxied answers"
    if word == "no_route":
        assert answer.body == b""
    elif answer.body:
        assert answer.one("content-type").startswith("text/plain")
        assert sentence in answer.body.decode()
        assert len(answer.body) < 200
    assert answer.has("content-length")
    if word in ("upgrade_refused", "connect_refused", "reset_before_head", "upstream_malformed", "upstream_timeout"):
        assert answer.get("x-route") == "yes", "add_response_headers of the route apply"
    if goes_on:
        assert client.get("/ok/").status == 200
    elif goes_on is False:
        assert "close" in answer.list("connection")
        assert client.expect_close() == b""
    record = json.loads(all_kinds.log_lines(1)[0])
    assert word in record.values(), record
    assert flag == record["flags"]
    assert answer.one("x-request-id") in record.values()


def test_answer_of_the_origin_is_not_touched(start, make_origin):
    """A 503 or 404 of the origin is the origin's."""
    origin = make_origin(lambda r: reply(int(r.target[1:]), "sorry", [("Content-Type", "text/html"), ("Retry-After", "7")]))
    proxy = start([mapping("all", "/", origin)])
    client = proxy.client()
    for status in (400, 401, 404, 429, 500, 502, 503, 504, 599):
        answer = client.get("/%d" % status)
        assert (answer.status, answer.body, answer.get("content-type"), answer.get("retry-after")) == (status, b"sorry", "text/html", "7")


def test_head_request_gets_a_local_answer_without_body(all_kinds):
    client = all_kinds.client()
    for target, status in [("/nowhere/", 404), ("/refused/", 503), ("/malformed/", 502)]:
        answer = client.ask("HEAD", target)
        assert (answer.status, answer.body) == (status, b"")
    assert client.get("/ok/").status == 200


def test_local_answer_with_an_unread_body(all_kinds):
    """The rest of the body is read away or the connection is closed; it is never taken for a request."""
    client = all_kinds.client()
    smuggled = request_bytes(target="/ok/")
    client.send(request_bytes("POST", "/nowhere/", body=smuggled) + request_bytes(target="/nowhere/"))
    assert client.read_response().status == 404
    client.half_close()
    assert not client.expect_close().startswith(b"HTTP/1.1 200")
