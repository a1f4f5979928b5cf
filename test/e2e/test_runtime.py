# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Four tests that prove the runtime: a tunnel busy in both directions, an answer that comes during an upload, a cancelled wait in the pool's
queue, a pipelining client that goes away. Each is repeated, and with 1 and 3 workers."""
import hashlib
import threading

import pytest

from kit.nuncio import mapping
from kit.websocket import switch_bytes, upgrade_bytes
from kit.wire import reply, request_bytes

BLOCK = bytes(range(256)) * 64  # 16 KiB
pytestmark = pytest.mark.parametrize("workers", [1, 3])


def pump(wire, count, digest):
    for i in range(count):
        data = BLOCK[i % 256:] + BLOCK[:i % 256]
        digest.update(data)
        wire.send(data)


def drain(wire, size, digest):
    while size:
        data = wire.take(min(size, len(wire.buffer))) if wire.buffer else wire.fill() or b""
        digest.update(data)
        size -= len(data)


def test_tunnel_busy_in_both_directions(start, make_origin, workers):
    """Both ends write without ever waiting for the other: 16 MiB each way through six tunnels at once, checked by digest."""
    count, tunnels = 1024, 6
    results, lock = {}, threading.Lock()

    def busy(wire, name):
        sent, received = hashlib.sha256(), hashlib.sha256()
        writer = threading.Thread(target=pump, args=(wire, count, sent))
        writer.start()
        drain(wire, count * len(BLOCK), received)
        writer.join()
        with lock:
            results[name] = sent.hexdigest(), received.hexdigest()

    def script(wire, origin, number):
        request = origin.request(wire)
        wire.send(switch_bytes(request.one("sec-websocket-key")))
        busy(wire, "origin" + request.target)
        wire.expect_close()
    proxy = start([mapping("ws", "/ws/", make_origin(script=script), use_websocket=True)], workers=workers)

    def client_side(n):
        client = proxy.client(limit=120)
        client.send(upgrade_bytes("/ws/%d" % n))
        assert client.read_response().status == 101
        busy(client, "client/%d" % n)
        client.half_close()
    threads = [threading.Thread(target=client_side, args=(n,)) for n in range(tunnels)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    proxy.wait(lambda: len(results) == 2 * tunnels, "both ends of every tunnel", 120)
    for n in range(tunnels):
        there, back = results["client/%d" % n], results["origin/%d" % n]
        assert there == (back[1], back[0])


@pytest.mark.parametrize("complete", [True, False], ids=["whole answer", "answer goes on"])
def test_answer_during_an_upload(start, make_origin, workers, complete):
    """The answer begins while the body is on its way. If it ends first, the client has it; if it goes on, both directions flow."""
    def script(wire, origin, number):
        while True:
            request = origin.head(wire)
            if request.target != "/upload":
                origin.body(wire, request)
                wire.send(reply(200, "next"))
                continue
            wire.exactly(50000)
            if complete:
                wire.send(reply(403, "enough"))
                wire.expect_close()
                return
            wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(40):
                wire.exactly(25000)
                wire.send(b"4\r\ntick\r\n")
            wire.send(b"0\r\n\r\n")
    proxy = start([mapping("all", "/", make_origin(script=script), rewrite="", timeout_ms=60000)], workers=workers)
    for _ in range(10):
        client = proxy.client(limit=60)
        size = 50000 + 40 * 25000
        client.send(b"POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % (size + (1000000 if complete else 0)))
        uploader = threading.Thread(target=client.try_send, args=(b"x" * size,))
        uploader.start()
        answer = client.read_response()
        assert (answer.status, answer.body) == ((403, b"enough") if complete else (200, b"tick" * 40))
        uploader.join()
        assert proxy.get("/after").body == b"next"
        client.close()


@pytest.mark.parametrize("way", ["reset", "deadline", "shutdown"])
def test_cancelled_wait_in_the_pool_queue(start, make_origin, workers, way):
    """A client that waits for a connection leaves, or runs out of time, or nuncio is stopped: its place is given up, the connection goes to
    the next in the queue, and the request never reaches the origin."""
    go = threading.Event()

    def answer(request):
        if request.target == "/first":
            go.wait(60)
        return reply(200, request.target)
    origin = make_origin(answer)
    limits = {"rewrite": "/", "connect_timeout_ms": 60000, "circuit_breakers": [{"max_connections": 1}]}
    proxy = start([mapping("patient", "/p/", origin, timeout_ms=60000, **limits), mapping("hasty", "/h/", origin, timeout_ms=300, **limits)],
                  workers=workers)
    first = proxy.client(limit=60)
    first.send(request_bytes(target="/p/first"))
    origin.wait_heads(1)
    leaving = [proxy.client(limit=60) for _ in range(10)]
    staying = [proxy.client(limit=60) for _ in range(10)]
    for i, (a, b) in enumerate(zip(leaving, staying)):
        a.send(request_bytes(target="/%s/leaving%d" % ("h" if way == "deadline" else "p", i)))
        b.send(request_bytes(target="/p/staying%d" % i))
    staying[-1].expect_silence(0.5)
    if way == "deadline":
        assert [c.read_response().status for c in leaving] == [503] * 10
    elif way == "reset":
        for c in leaving:
            c.reset()
    else:
        proxy.signal(15)
        staying[-1].expect_silence(0.5)
    if way == "reset":
        proxy.log_lines(10)  # all of them are noticed
    go.set()
    assert first.read_response().body == b"/first"
    assert [c.read_response().body.decode() for c in staying] == ["/staying%d" % i for i in range(10)]
    if way == "shutdown":
        assert [c.read_response().status for c in leaving] == [200] * 10
        assert proxy.join() == 0
    else:
        assert not [t for t in origin.targets() if "leaving" in t]
        assert proxy.get("/p/after").status == 200
    assert origin.most_busy == 1


@pytest.mark.parametrize("way", ["reset", "reset in an answer", "half-close"])
def test_pipelining_client_that_goes_away(start, make_origin, workers, way):
    """What it had asked for is given up without harm: the origin's connections stay in order, others are served, nothing leaks."""
    origin = make_origin(lambda r: reply(200, (r.target + " ") * 2000))
    proxy = start([mapping("all", "/", origin, rewrite="")], workers=workers)
    assert proxy.get("/before").status == 200
    for round_number in range(20):
        client = proxy.client()
        client.send(b"".join(request_bytes("POST" if i % 3 == 0 else "GET", "/%d" % i, body=b"x" * 2000 if i % 3 == 0 else None) for i in range(60)))
        if way == "reset":
            if round_number % 2:
                origin.wait_heads(len(origin.heads) + 1)
            client.reset()
        elif way == "reset in an answer":
            client.exactly(100000)
            client.reset()
        else:
            client.half_close()
            for i in range(60):
                assert client.read_response().body == b"/%d " % i * 2000
            assert client.expect_close() == b""
        assert proxy.get("/other").body == b"/other " * 2000
    proxy.forget_clients()
    origin.wait(lambda: origin.open <= 20, "the origin's connections to be given back")
    client = proxy.client()
    for i in range(30):
        assert client.get("/%d" % i).body == b"/%d " % i * 2000
