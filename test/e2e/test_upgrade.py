# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Upgrades (RFC 9110 §7.8, RFC 6455, http-rules 22): a tunnel only after a valid upgrade that the Mapping allows and a matching 101."""
import time

import pytest

from kit.nuncio import mapping
from kit.websocket import KEY, accept_of, switch_bytes, upgrade_bytes
from kit.wire import LIMIT, Ended, reply, request_bytes


def until(condition, what):
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "waited in vain for " + what
        time.sleep(0.02)


def tunnel(wire, origin, number):
    """Serves plain requests, switches when asked, then echoes bytes until the end."""
    while True:
        request = origin.request(wire)
        if not request.has("upgrade"):
            wire.send(reply(200, "plain " + request.target))
            continue
        wire.send(switch_bytes(request.get("sec-websocket-key", ""), request.one("upgrade")))
        try:
            while True:
                wire.send(wire.some())
        except Ended:
            wire.send(b"<end>")
            wire.half_close()
            wire.expect_close()
            return


@pytest.fixture
def ws(start, make_origin):
    origin = make_origin(script=tunnel)
    return start([mapping("ws", "/ws/", origin, use_websocket=True), mapping("any", "/any/", origin, allow_upgrade=["websocket", "SPDY/3.1"]),
                  mapping("plain", "/plain/", origin), mapping("off", "/off/", origin, use_websocket=False)]), origin


@pytest.mark.parametrize("target, protocol, connection", [
    ("/ws/a", "websocket", "Upgrade"), ("/ws/a", "WebSocket", "upgrade"), ("/ws/a", "websocket", "keep-alive, Upgrade"),
    ("/any/a", "websocket", "Upgrade"), ("/any/a", "spdy/3.1", "Upgrade"), ("/any/a", "SPDY/3.1", "Upgrade")])
def test_tunnel(ws, target, protocol, connection):
    proxy, origin = ws
    client = proxy.client()
    client.send(upgrade_bytes(target, protocol=protocol, connection=connection))
    answer = client.read_response()
    assert answer.status == 101
    assert answer.one("upgrade").lower() == protocol.lower()
    assert "upgrade" in [e.lower() for e in answer.list("connection")]
    assert answer.one("sec-websocket-accept") == accept_of(KEY)
    request = origin.last
    assert request.target == "/a", "the rewrite applies"
    assert request.one("upgrade").lower() == protocol.lower()
    assert "upgrade" in [e.lower() for e in request.list("connection")]
    assert (request.one("sec-websocket-key"), request.one("sec-websocket-version")) == (KEY, "13")
    for data in [b"hello", b"\0\xff\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"]:
        client.send(data)
        assert client.exactly(len(data)) == data
    client.half_close()
    assert client.expect_close() == b"<end>"


def test_bytes_with_the_handshake_reach_the_other_side(start, make_origin):
    """Data right behind the 101, and data right behind the request, belong to the tunnel."""
    def script(wire, origin, number):
        request = origin.request(wire)
        wire.send(switch_bytes(request.one("sec-websocket-key")) + b"first from the origin")
        assert wire.exactly(21) == b"first from the client"
        wire.send(b"thanks")
        wire.expect_close()
    origin = make_origin(script=script)
    proxy = start([mapping("ws", "/ws/", origin, use_websocket=True)])
    client = proxy.client()
    client.send(upgrade_bytes("/ws/") + b"first from the client")
    assert client.read_response().status == 101
    assert client.exactly(21) == b"first from the origin"
    assert client.exactly(6) == b"thanks"


@pytest.mark.parametrize("target", ["/plain/a", "/off/a"])
def test_websocket_where_it_is_not_allowed_is_403(ws, target):
    proxy, origin = ws
    client = proxy.client()
    client.send(upgrade_bytes(target))
    answer = client.read_response()
    assert (answer.status, origin.heads) == (403, [])
    assert client.get("/plain/b").body == b"plain /b", "the connection goes on"


@pytest.mark.parametrize("target, protocol", [("/ws/a", "h2c"), ("/ws/a", "foo"), ("/plain/a", "h2c"), ("/any/a", "foo/1"),
                                              ("/any/a", "TLS/1.0"), ("/ws/a", "spdy/3.1")])
def test_other_upgrades_are_stripped(ws, target, protocol):
    proxy, origin = ws
    client = proxy.client()
    client.send(upgrade_bytes(target, protocol=protocol, connection="Upgrade, HTTP2-Settings", fields=[("HTTP2-Settings", "AAMAAABkAAQAAP__")]))
    assert client.read_response().body == b"plain /a"
    assert not origin.last.has("upgrade") and not origin.last.has("http2-settings")
    assert "upgrade" not in [e.lower() for e in origin.last.list("connection")]


def test_upgrade_without_connection_is_no_upgrade(ws):
    proxy, origin = ws
    for target in ("/ws/a", "/plain/a"):
        answer = proxy.get(target, [("Upgrade", "websocket"), ("Sec-WebSocket-Key", KEY), ("Sec-WebSocket-Version", "13")])
        assert answer.body == b"plain /a"
        assert not origin.last.has("upgrade")


def test_upgrade_in_http10_is_no_upgrade(ws):
    proxy, origin = ws
    client = proxy.client()
    client.send(upgrade_bytes("/ws/a", version="1.0"))
    assert client.read_response().body == b"plain /a"
    assert not origin.last.has("upgrade")


def test_plain_requests_on_the_same_mapping_and_connection(ws):
    proxy, origin = ws
    client = proxy.client()
    assert client.get("/ws/a").body == b"plain /a"
    assert client.ask("POST", "/ws/b", body=b"hello").body == b"plain /b"
    client.send(upgrade_bytes("/ws/c"))
    assert client.read_response().status == 101
    assert proxy.get("/ws/d").body == b"plain /d"
    client.send(b"still here")
    assert client.exactly(10) == b"still here"


@pytest.mark.parametrize("status", [200, 400, 403, 404, 426, 503])
def test_after_any_other_status_http_goes_on(start, make_origin, status):
    origin = make_origin(lambda r: reply(status if r.target == "/no" else 200, "about " + r.target, [("X-A", "b")]))
    proxy = start([mapping("ws", "/", origin, use_websocket=True)])
    client = proxy.client()
    client.send(upgrade_bytes("/no"))
    answer = client.read_response()
    assert (answer.status, answer.body, answer.get("x-a")) == (status, b"about /no", "b")
    assert client.get("/yes").body == b"about /yes"


UNASKED = {
    "to a plain request": (request_bytes(target="/x"), switch_bytes()),
    "to a POST": (request_bytes("POST", "/x", body=b"hello"), switch_bytes()),
    "for another protocol": (upgrade_bytes("/x"), switch_bytes(protocol="foo")),
    "without Upgrade": (upgrade_bytes("/x"), b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n"),
    "for two protocols": (upgrade_bytes("/x"), switch_bytes(protocol="websocket, foo")),
    "after a stripped upgrade": (upgrade_bytes("/x", protocol="h2c"), switch_bytes(protocol="h2c")),
}


@pytest.mark.parametrize("name", UNASKED)
def test_101_that_nobody_asked_for_is_502(start, make_origin, name):
    request, answer = UNASKED[name]

    def script(wire, origin, number):
        while True:
            wire.send(answer if origin.request(wire).target == "/x" else reply(200, "fine"))
    origin = make_origin(script=script)
    proxy = start([mapping("ws", "/", origin, use_websocket=True)])
    client = proxy.client()
    client.send(request)
    assert client.read_response().status == 502
    assert proxy.get("/y").body == b"fine"


def test_wrong_accept_does_not_make_nuncio_guess(start, make_origin):
    """A Sec-WebSocket-Accept for another key: refused, or passed on unchanged for the client to refuse; never corrected."""
    origin = make_origin(script=lambda wire, origin, number: (origin.request(wire), wire.send(switch_bytes("AAAAAAAAAAAAAAAAAAAAAA==")),
                                                              wire.expect_close()))
    proxy = start([mapping("ws", "/", origin, use_websocket=True)])
    client = proxy.client()
    client.send(upgrade_bytes("/x"))
    answer = client.read_response()
    assert answer.status == 502 or answer.one("sec-websocket-accept") == accept_of("AAAAAAAAAAAAAAAAAAAAAA==")


def switched(start, make_origin, script, **fields):
    def serve(wire, origin, number):
        request = origin.request(wire)
        wire.send(switch_bytes(request.one("sec-websocket-key")))
        script(wire)
    proxy = start([mapping("ws", "/", make_origin(script=serve), use_websocket=True, **fields)])
    client = proxy.client()
    client.send(upgrade_bytes("/"))
    assert client.read_response().status == 101
    return client


def test_origin_half_closes_first(start, make_origin):
    """Its end reaches the client; what the client says afterwards still reaches the origin."""
    heard = []

    def script(wire):
        wire.send(b"bye")
        wire.half_close()
        heard.append(wire.expect_close())
    client = switched(start, make_origin, script)
    assert client.expect_close(allow_reset=False) == b"bye"
    client.send(b"one last word")
    client.half_close()
    until(lambda: heard, "the origin to hear it")
    assert heard == [b"one last word"]


@pytest.mark.parametrize("who", ["client", "origin"])
def test_reset_on_one_side_ends_the_other(start, make_origin, who):
    ended = []

    def script(wire):
        if who == "origin":
            wire.exactly(2)
            wire.reset()
        else:
            try:
                wire.expect_close()
            finally:
                ended.append(True)
    client = switched(start, make_origin, script)
    client.send(b"go")
    if who == "client":
        client.reset()
    else:
        client.expect_close()
        return
    until(lambda: ended, "the origin's side to be closed")


def test_idle_tunnel_is_closed(start, make_origin):
    client = switched(start, make_origin, lambda wire: wire.expect_close(), idle_timeout_ms=300)
    assert client.expect_close() == b""


@pytest.mark.parametrize("who", ["client", "origin"])
def test_traffic_in_one_direction_keeps_a_tunnel(start, make_origin, who):
    """The idle time counts both directions together: a peer that only listens does not lose its tunnel."""
    rounds = 25

    def script(wire):
        if who == "origin":
            for _ in range(rounds):
                wire.send(b"tick")
                time.sleep(0.1)
        else:
            wire.exactly(4 * rounds)
        wire.send(b"done")
        wire.expect_close()
    client = switched(start, make_origin, script, idle_timeout_ms=1500)
    if who == "client":
        for _ in range(rounds):
            client.send(b"tick")
            time.sleep(0.1)
        assert client.exactly(4) == b"done"
    else:
        assert client.exactly(4 * rounds + 4) == b"tick" * rounds + b"done"


def test_timeout_ms_does_not_touch_a_tunnel(start, make_origin):
    def script(wire):
        time.sleep(1)
        wire.send(b"late")
        wire.expect_close()
    client = switched(start, make_origin, script, timeout_ms=200)
    assert client.exactly(4) == b"late"
