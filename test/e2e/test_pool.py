# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Connections to origins: reuse, bounds, queue, several addresses."""
import threading

import pytest

from kit.nuncio import mapping, module
from kit.wire import reply, request_bytes


def test_keep_alive_connection_is_reused(start, origin):
    proxy = start([mapping("all", "/", origin)], workers=1)
    client = proxy.client()
    for _ in range(30):
        assert client.get("/").status == 200
        assert proxy.ask("POST", "/", body=b"hello").status == 200
    assert origin.connections == 1


def test_two_mappings_to_one_service_share_connections(start, origin):
    proxy = start([mapping("a", "/a/", origin), mapping("b", "/b/", origin, timeout_ms=9000, method="GET")], workers=1)
    for _ in range(5):
        assert proxy.get("/a/").status == proxy.get("/b/").status == 200
    assert origin.connections == 1


@pytest.mark.parametrize("answer", [reply(200, "x", [("Connection", "close")]), reply(200, "x", version="1.0"), reply(200, "x", framing="close")],
                         ids=["Connection: close", "HTTP/1.0", "until close"])
def test_connection_that_ends_is_not_reused(start, make_origin, answer):
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(answer)
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin)], workers=1)
    client = proxy.client()
    for _ in range(5):
        assert client.get("/").body == b"x"
    assert origin.connections == 5


def test_connection_close_is_believed_before_the_fin(start, make_origin):
    """The origin says close but leaves the connection open: nothing more is sent on it."""
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(reply(200, "x", [("Connection", "close")]))
        origin.request(wire)
        wire.send(reply(200, "wrong"))
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin)], workers=1)
    client = proxy.client()
    assert [client.get("/").body for _ in range(5)] == [b"x"] * 5


class Gate:
    """An origin that answers only when it is told to."""

    def __init__(self, make_origin):
        self.event = threading.Event()
        self.origin = make_origin(self.answer)

    def answer(self, request):
        self.event.wait(30)
        return reply(200, request.target)


def limited(start, origin, workers=None, **limits):
    return start([mapping("all", "/", origin, rewrite="", timeout_ms=30000, connect_timeout_ms=30000, circuit_breakers=[limits])], workers=workers)


@pytest.mark.parametrize("workers", [1, 3])
def test_max_connections_is_exact(start, make_origin, workers):
    """Excess requests wait for a connection and are all served, whichever worker they are on."""
    gate = Gate(make_origin)
    proxy = limited(start, gate.origin, workers, max_connections=2)
    clients = [proxy.client() for _ in range(12)]
    for i, client in enumerate(clients):
        client.send(request_bytes(target="/%d" % i))
    gate.origin.wait_heads(2)
    clients[-1].expect_silence(0.3)
    assert gate.origin.open == 2
    gate.event.set()
    assert [c.read_response().body.decode() for c in clients] == ["/%d" % i for i in range(12)]
    assert gate.origin.most_busy == 2
    assert [proxy.get("/again").status for _ in range(12)] == [200] * 12, "nobody waits while a connection is idle"


def test_full_queue_is_503(start, make_origin):
    gate = Gate(make_origin)
    proxy = limited(start, gate.origin, 1, max_connections=1, max_pending_requests=1)
    first, second, third = (proxy.client() for _ in range(3))
    first.send(request_bytes(target="/1"))
    gate.origin.wait_heads(1)
    second.send(request_bytes(target="/2"))
    second.expect_silence(0.3)
    answer = third.get("/3")
    assert (answer.status, answer.get("x-envoy-overloaded")) == (503, "true")
    assert "pool_overflow" in proxy.log_lines(1)[0]
    gate.event.set()
    assert first.read_response().body == b"/1"
    assert second.read_response().body == b"/2"
    assert third.get("/4").status == 200


def test_waiting_in_the_queue_is_bounded_by_the_timeout(start, make_origin):
    gate = Gate(make_origin)
    limits = {"rewrite": "", "connect_timeout_ms": 30000, "circuit_breakers": [{"max_connections": 1}]}
    proxy = start([mapping("patient", "/p/", gate.origin, timeout_ms=30000, **limits),
                   mapping("hasty", "/h/", gate.origin, timeout_ms=300, **limits)],
                  workers=1)
    first, second = proxy.client(), proxy.client()
    first.send(request_bytes(target="/p/1"))
    gate.origin.wait_heads(1)
    second.send(request_bytes(target="/h/2"))
    assert second.read_response().status == 503
    gate.event.set()
    assert first.read_response().body == b"/p/1"
    assert proxy.get("/p/3").status == 200
    assert gate.origin.targets() == ["/p/1", "/p/3"]


def test_zero_lets_nothing_pass(start, origin):
    proxy = limited(start, origin, 1, max_connections=0, max_pending_requests=0)
    assert proxy.get("/").status == 503
    assert not origin.connections


def test_module_gives_the_default_breaker(start, make_origin):
    gate = Gate(make_origin)
    proxy = start([mapping("all", "/", gate.origin, rewrite="", timeout_ms=30000),
                   module(circuit_breakers=[{"max_connections": 1, "max_pending_requests": 0}])], workers=1)
    first = proxy.client()
    first.send(request_bytes(target="/1"))
    gate.origin.wait_heads(1)
    assert proxy.get("/2").status == 503
    gate.event.set()
    assert first.read_response().status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_all_addresses_of_a_name_are_tried(start, make_origin, method):
    """localhost has 127.0.0.1 and, in most hosts files, ::1: an origin on one of them is found from the other."""
    origin = make_origin()
    proxy = start([mapping("all", "/", "localhost:%d" % origin.port)])
    assert [proxy.ask(method, "/", body=b"x" if method == "POST" else None).status for _ in range(10)] == [200] * 10
    assert len(origin.requests) == 10


def test_ipv6_literal(start, make_origin):
    try:
        origin = make_origin(address="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    proxy = start([mapping("all", "/", origin.service)])
    assert proxy.get("/").status == 200


def test_many_clients_few_connections(start, make_origin):
    """200 clients at once are served over 10 connections."""
    origin = make_origin(lambda r: reply(200, r.target))
    proxy = start([mapping("all", "/", origin, rewrite="", timeout_ms=30000, connect_timeout_ms=30000, circuit_breakers=[{"max_connections": 10}])])
    clients = [proxy.client() for _ in range(200)]
    for _ in range(3):
        for i, client in enumerate(clients):
            client.send(request_bytes(target="/%d" % i))
        assert [c.read_response().body.decode() for c in clients] == ["/%d" % i for i in range(200)]
    assert origin.most_busy <= 10
