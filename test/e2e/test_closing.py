# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The end of a connection never destroys what is on its way (RFC 9112 §9.6), and a side that is gone takes the other one along."""
import signal
import threading
import time

import pytest

from kit.client import Client
from kit.metrics import value
from kit.nuncio import mapping
from kit.websocket import switch_bytes, upgrade_bytes
from kit.wire import Ended, reply, request_bytes

BIG = bytes(range(256)) * 12288  # 3 MiB


@pytest.fixture
def big(start, make_origin):
    origin = make_origin(lambda request: reply(200, BIG if "big" in request.target else request.target))
    return start([mapping("all", "/", origin, rewrite="", timeout_ms=60000)]), origin


def slow_reader(proxy):
    client = Client(("127.0.0.1", proxy.port), receive_buffer=8192)
    proxy.clients.append(client)
    return client


def read_slowly(client, size):
    """In small pieces, so that most of it stays in the buffers of the sender."""
    while len(client.buffer) < size:
        client.fill()
        time.sleep(0.001)
    return client.take(size)


def refused(proxy):
    try:
        Client(("127.0.0.1", proxy.port), limit=5).close()
        return False
    except OSError:
        return True


def test_answer_survives_sigterm_with_a_request_behind_it(big):
    proxy, origin = big
    client = slow_reader(proxy)
    client.send(request_bytes(target="/big"))
    origin.wait_heads(1)
    client.send(request_bytes(target="/second"))
    proxy.signal(signal.SIGTERM)
    proxy.wait(lambda: refused(proxy), "the listeners to be closed")
    answer = client.read_final_head()
    assert answer.status == 200
    assert read_slowly(client, int(answer.one("content-length"))) == BIG
    try:
        second = client.read_response()
        assert (second.status, second.body) == (200, b"/second")
    except Ended as e:
        assert not e.partial, "half an answer: %r" % e.partial
        assert "close" in answer.list("connection"), "the client could not know that the first answer was the last"
    assert proxy.join() == 0


def test_answer_with_connection_close_survives_requests_behind_it(big):
    proxy, origin = big
    client = slow_reader(proxy)
    client.send(request_bytes(target="/big", fields=[("Connection", "close")]))
    origin.wait_heads(1)
    client.send(b"".join(request_bytes(target="/%d" % i, fields=[("X-Filler", "f" * 100)]) for i in range(360)))
    answer = client.read_final_head()
    assert "close" in answer.list("connection")
    assert read_slowly(client, int(answer.one("content-length"))) == BIG
    assert client.expect_close(allow_reset=False) == b""
    assert origin.targets() == ["/big"], "nothing after Connection: close is a request"


def test_tunnel_ends_when_a_half_closed_client_resets(start, make_origin):
    half_closed, over, told = threading.Event(), threading.Event(), threading.Event()

    def script(wire, origin, number):
        request = origin.request(wire)
        wire.send(switch_bytes(request.one("sec-websocket-key")))
        assert wire.rest() == b"last words"
        half_closed.set()
        assert over.wait(60)
        while wire.try_send(b"x"):  # silence until now: a byte would find out about the client in any case
            time.sleep(0.02)
        told.set()
    origin = make_origin(script=script)
    proxy = start([mapping("ws", "/", origin, use_websocket=True, idle_timeout_ms=0)])
    client = proxy.client()
    client.send(upgrade_bytes("/"))
    assert client.read_response().status == 101
    proxy.wait(lambda: value(proxy, "nuncio_tunnels_active") == 1, "the tunnel to be counted")
    client.send(b"last words")
    client.half_close()
    assert half_closed.wait(20)
    assert value(proxy, "nuncio_tunnels_active") == 1, "half a tunnel is one"
    client.reset()
    try:
        proxy.wait(lambda: value(proxy, "nuncio_tunnels_active") == 0, "the tunnel to end")
    finally:
        over.set()
    assert told.wait(20), "the connection to the origin is still open"
