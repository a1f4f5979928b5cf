# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Expect: 100-continue and interim responses (RFC 9110 §10.1.1 and §15.2, http-rules 16 and 21)."""
import pytest

from kit.nuncio import mapping
from kit.wire import Ended, chunked, reply, request_bytes


def polite(wire, origin, number):
    """Answers 100 when it is asked to, reads the body, then answers."""
    while True:
        request = origin.head(wire)
        if request.get("expect", "").lower() == "100-continue":
            wire.send(reply(100, framing="none"))
        origin.body(wire, request)
        wire.send(reply(200, request.body))


@pytest.fixture
def posted(start, make_origin):
    origin = make_origin(script=polite)
    return start([mapping("all", "/", origin)]), origin


@pytest.mark.parametrize("value", ["100-continue", "100-Continue"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_continue_comes_before_the_body(posted, framing, value):
    proxy, origin = posted
    client = proxy.client()
    line = "Content-Length: 5" if framing == "length" else "Transfer-Encoding: chunked"
    client.send("POST / HTTP/1.1\r\nHost: test\r\nExpect: %s\r\n%s\r\n\r\n" % (value, line))
    assert client.read_response_head().status == 100
    client.send(b"hello" if framing == "length" else chunked(b"hello"))
    answer = client.read_response()
    assert (answer.status, answer.body) == (200, b"hello")
    assert client.get("/").status == 200, "the connection goes on"


def test_impatient_client_sends_the_body_at_once(posted):
    proxy, _ = posted
    client = proxy.client()
    client.send(request_bytes("POST", "/", [("Expect", "100-continue")], b"hello"))
    answer = client.read_response()
    assert (answer.status, answer.body) == (200, b"hello")
    assert all(i.status == 100 for i in answer.interim)
    assert client.get("/").status == 200


def test_expect_without_a_body(posted):
    proxy, _ = posted
    client = proxy.client()
    assert client.get("/", [("Expect", "100-continue")]).status == 200
    assert client.get("/").status == 200


def test_no_interim_response_to_http10(posted):
    proxy, _ = posted
    client = proxy.client()
    client.send(request_bytes("POST", "/", [("Expect", "100-continue")], b"hello", version="1.0"))
    answer = client.read_response()
    assert (answer.status, answer.interim, answer.body) == (200, [], b"hello")


@pytest.mark.parametrize("value", ["nonsense", "100-continue, nonsense", "101-continue", "100-continue;q=1"])
def test_odd_expectation_never_changes_framing(posted, value):
    """417, or the field is no reason to refuse; in no case is the body taken for a request."""
    proxy, origin = posted
    smuggled = request_bytes(target="/smuggled")
    client = proxy.client()
    client.send(request_bytes("POST", "/in", [("Expect", value)], smuggled) + request_bytes(target="/next"))
    answer = client.read_response()
    assert answer.status == 417
    try:
        while True:
            assert client.read_response().body != b"/smuggled"
    except Ended:
        pass
    assert "/smuggled" not in [r.target for r in origin.heads]


def test_final_answer_instead_of_continue(start, make_origin):
    """The origin refuses before the body: the client learns it without having to send the body."""
    def refuse(wire, origin, number):
        origin.head(wire)
        wire.send(reply(413, "too much"))
        wire.expect_close()
    origin = make_origin(script=refuse)
    proxy = start([mapping("all", "/", origin)])
    client = proxy.client()
    client.send("POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n")
    answer = client.read_response()
    assert (answer.status, answer.body) == (413, b"too much")


INTERIM = {
    "103": [(103, [("Link", "</a.css>; rel=preload")])],
    "102": [(102, [])],
    "102 and 103": [(102, []), (103, [("Link", "</a.css>"), ("Link", "</b.js>")])],
    "unknown 1xx": [(199, [("X-A", "b")])],
}


@pytest.mark.parametrize("name", INTERIM)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_interim_responses_are_forwarded(start, make_origin, name, method):
    sent = INTERIM[name]
    body = b"" if method == "HEAD" else b"done"
    origin = make_origin(lambda r: b"".join(reply(s, fields=f, framing="none") for s, f in sent) + reply(200, body))
    proxy = start([mapping("all", "/", origin)])
    client = proxy.client()
    for _ in range(2):
        answer = client.ask(method, "/", body=b"hello" if method == "POST" else None)
        assert (answer.status, answer.body) == (200, body)
        assert [i.status for i in answer.interim] == [s for s, _ in sent]
        assert [[f for f in i.fields if f[0] in ("Link", "X-A")] for i in answer.interim] == [f for _, f in sent]


def test_interim_response_arrives_at_once(start, make_origin):
    """It is not kept back until the final one."""
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(reply(103, fields=[("Link", "</a.css>")], framing="none"))
        origin.wait(lambda: origin.go, "the client to have read the 103")
        wire.send(reply(200, "done"))
    origin = make_origin(script=script)
    origin.go = False
    proxy = start([mapping("all", "/", origin)])
    client = proxy.client()
    client.send(request_bytes())
    assert client.read_response_head().status == 103
    with origin.lock:
        origin.go = True
        origin.lock.notify_all()
    assert client.read_response().body == b"done"


def test_interim_responses_never_reach_http10(start, make_origin):
    origin = make_origin(lambda r: reply(103, framing="none") + reply(102, framing="none") + reply(200, "done"))
    proxy = start([mapping("all", "/", origin)])
    answer = proxy.get("/", version="1.0")
    assert (answer.status, answer.interim, answer.body) == (200, [], b"done")


def test_unasked_100_does_no_harm(start, make_origin):
    origin = make_origin(lambda r: reply(100, framing="none") + reply(200, "done"))
    proxy = start([mapping("all", "/", origin)])
    client = proxy.client()
    for _ in range(2):
        answer = client.ask("POST", "/", body=b"hello")
        assert (answer.status, answer.body) == (200, b"done")
        assert all(i.status == 100 for i in answer.interim)


def test_number_of_interim_responses_is_bounded(start, make_origin):
    def script(wire, origin, number):
        request = origin.request(wire)
        if request.target == "/endless":
            for _ in range(100000):
                if not wire.try_send(reply(103, fields=[("Link", "</a.css>")], framing="none")):
                    return
        else:
            wire.send(reply(200, "fine"))
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, rewrite="")])
    client = proxy.client()
    client.send(request_bytes(target="/endless"))
    count = 0
    try:
        while client.read_response_head().status == 103:
            count += 1
    except Ended:
        pass
    assert count < 10000
    assert proxy.get("/").body == b"fine"
