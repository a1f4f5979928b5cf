# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""A reused connection that dies before any byte of the answer is replaced once by a fresh one when the request can be replayed; a POST is
never sent twice (http-rules 18, ambassador-proxy.md 4.5, specification README "retries")."""
import pytest

from kit.nuncio import mapping
from kit.wire import chunked, reply, request_bytes


def dies_when_reused(wire, origin, number):
    """Each connection answers one request and dies, without a byte, of the second."""
    origin.request(wire)
    wire.send(reply(200, "connection %d" % number))
    origin.request(wire)


def dies_by_reset(wire, origin, number):
    dies_when_reused(wire, origin, number)
    wire.reset()


@pytest.fixture(params=[dies_when_reused, dies_by_reset], ids=["close", "reset"])
def mortal(request, start, make_origin):
    origin = make_origin(script=request.param)
    return start([mapping("all", "/", origin, rewrite="")], workers=1), origin


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_replayed_on_a_fresh_connection(mortal, method):
    proxy, origin = mortal
    client = proxy.client()
    assert client.get("/1").body == b"connection 0"
    answer = client.ask(method, "/2")
    assert answer.status == 200
    assert origin.targets() == ["/1", "/2", "/2"]
    assert origin.connections == 2


@pytest.mark.parametrize("method", ["POST", "PATCH", "X-ODD"])
@pytest.mark.parametrize("framing", ["length", "chunked", "none"])
def test_not_idempotent_is_never_sent_twice(mortal, method, framing):
    proxy, origin = mortal
    client = proxy.client()
    assert client.get("/1").body == b"connection 0"
    if framing == "length":
        client.send(request_bytes(method, "/2", body=b"hello"))
    elif framing == "chunked":
        client.send("%s /2 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" % method)
        client.send(chunked(b"hello"))
    else:
        client.send(request_bytes(method, "/2"))
    assert client.read_response().status == 503
    assert origin.targets() == ["/1", "/2"]


def test_replaced_once_only(start, make_origin):
    """The fresh connection dies too: that is the answer."""
    def script(wire, origin, number):
        if number == 0:
            origin.request(wire)
            wire.send(reply(200, "alive"))
        origin.request(wire)
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, rewrite="")], workers=1)
    client = proxy.client()
    assert client.get("/1").body == b"alive"
    assert client.get("/2").status == 503
    assert origin.targets() == ["/1", "/2", "/2"]


def test_fresh_connection_that_dies_is_no_reason_to_repeat(start, make_origin):
    origin = make_origin(script=lambda wire, origin, number: origin.request(wire))
    proxy = start([mapping("all", "/", origin, rewrite="")])
    assert proxy.get("/1").status == 503
    assert origin.targets() == ["/1"]


def test_half_an_answer_is_no_reason_to_repeat(start, make_origin):
    """A byte of the answer has come: never again."""
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(reply(200, "alive"))
        origin.request(wire)
        wire.send(b"HTTP/1.1 2")
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, rewrite="")], workers=1)
    client = proxy.client()
    assert client.get("/1").body == b"alive"
    assert client.get("/2").status in (502, 503)
    assert origin.targets() == ["/1", "/2"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_connection_that_ended_while_idle_is_noticed(start, make_origin, method):
    """No request is lost to a FIN that came long before; not even a POST."""
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(reply(200, "connection %d" % number))
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, rewrite="")], workers=1)
    client = proxy.client()
    for i in range(10):
        assert client.ask(method, "/%d" % i, body=b"x" if method == "POST" else None).body == b"connection %d" % i
        origin.wait(lambda: origin.open == 0, "the connection to end")
    assert len(origin.requests) == 10


def test_keep_alive_race_loses_no_get(start, make_origin):
    """The origin closes right behind each answer; 300 requests in a row meet the race in every phase."""
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(reply(200, "fine"))
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, rewrite="")], workers=1)
    client = proxy.client()
    assert {client.get("/%d" % i).status for i in range(300)} == {200}
