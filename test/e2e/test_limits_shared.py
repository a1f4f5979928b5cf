# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Limits that several requests, workers or clients share: nobody is forgotten at them, and nobody passes them."""
import threading
import time

import pytest

from kit.metrics import value
from kit.nuncio import mapping
from kit.websocket import upgrade_bytes
from kit.wire import Ended, Silent, reply, request_bytes

ONE = [{"max_connections": 1}]


def test_replay_at_the_limit(start, make_origin):
    """The connection that failed does not keep the place that its replacement needs."""
    def script(wire, origin, number):
        if number == 0:
            origin.request(wire)
            wire.send(reply(200, "first"))
            origin.head(wire)
            return
        while True:
            origin.request(wire)
            wire.send(reply(200, "replayed"))
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, rewrite="", timeout_ms=15000, circuit_breakers=ONE)])
    client = proxy.client(limit=30)
    assert client.get("/1").body == b"first"
    answer = client.get("/2")
    assert (answer.status, answer.body) == (200, b"replayed")
    assert [r.target for r in origin.heads] == ["/1", "/2", "/2"]
    assert origin.connections == 2


@pytest.mark.parametrize("fields", [(), (("Connection", "close"),)], ids=["kept", "closed"])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_nobody_starves_at_the_limit(start, make_origin, workers, fields):
    """Clients that never pause share one connection with all others, on whichever worker they are."""
    wanted, patience = 5, 40

    def answer(request):
        time.sleep(0.02)  # so that the next requests wait already, on every worker
        return reply(200, request.target, list(fields))
    origin = make_origin(answer)
    document = mapping("all", "/", origin, rewrite="", timeout_ms=10000, connect_timeout_ms=10000, circuit_breakers=ONE)
    proxy = start([document], workers=workers)
    clients = [proxy.client(limit=patience) for _ in range(12)]
    answers, problems, enough = [0] * len(clients), [], threading.Event()

    def go_on(number):
        try:
            while not enough.is_set():
                answer = clients[number].get("/%d" % number)
                if (answer.status, answer.body) != (200, b"/%d" % number):
                    problems.append((number, answer.status, answer.body))
                    break
                answers[number] += 1
                if min(answers) >= wanted:
                    enough.set()
        except (Ended, Silent) as e:
            problems.append((number, repr(e)))
        if problems:
            enough.set()
    threads = [threading.Thread(target=go_on, args=(n,), daemon=True) for n in range(len(clients))]
    for thread in threads:
        thread.start()
    ended = enough.wait(patience)
    enough.set()
    for thread in threads:
        thread.join(patience)
    assert not problems, "%r; answers: %r" % (problems, answers)
    assert ended, answers
    assert origin.most_busy == 1


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_waiter_that_left_keeps_nobody_waiting(start, make_origin, workers):
    """Workers ask each other for a place; who asked and went away must not make another wait for nothing."""
    go_on = threading.Event()

    def answer(request):
        if "slow" in request.target:
            go_on.wait(20)
        return reply(200, request.target)
    origin = make_origin(answer)
    proxy = start([mapping("all", "/", origin, rewrite="", timeout_ms=20000, circuit_breakers=ONE)], workers=workers)
    for _ in range(4):
        go_on.clear()
        seen = len(origin.heads)
        busy = proxy.client()
        busy.send(b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n")
        origin.wait_heads(seen + 1)
        leaving = [proxy.client() for _ in range(6)]
        for client in leaving:
            client.send(b"GET /left HTTP/1.1\r\nHost: test\r\n\r\n")
        time.sleep(0.2)
        for client in leaving:
            client.reset()
        staying = [proxy.client(limit=15) for _ in range(6)]
        for number, client in enumerate(staying):
            client.send(b"GET /%d HTTP/1.1\r\nHost: test\r\n\r\n" % number)
        time.sleep(0.2)
        go_on.set()
        assert busy.read_response().status == 200
        assert [client.read_response().status for client in staying] == [200] * 6


WAITING = {
    "upgrade": upgrade_bytes("/hasty/ws"),
    "incomplete upload": b"POST /hasty/up HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nbegun",
    "chunked upload": b"POST /hasty/up HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n",
}


@pytest.mark.parametrize("name", WAITING)
def test_waiting_at_the_limit_is_bounded_by_the_idle_timeout(start, make_origin, name):
    """timeout_ms does not run for an upgrade, nor before the end of a request."""
    go = threading.Event()
    origin = make_origin(lambda request: go.wait(60) and reply(200, request.target))
    common = {"rewrite": "", "connect_timeout_ms": 60000, "timeout_ms": 0, "circuit_breakers": ONE}
    proxy = start([mapping("patient", "/patient/", origin, **common),
                   mapping("hasty", "/hasty/", origin, use_websocket=True, idle_timeout_ms=500, **common)], workers=1)
    holder, waiting = proxy.client(), proxy.client(limit=15)
    holder.send(request_bytes(target="/patient/"))
    origin.wait_heads(1)
    try:
        waiting.send(WAITING[name])
        assert waiting.read_response().status == 503
        assert "pool_timeout" in proxy.log_lines(1)[0]
    finally:
        go.set()
    assert holder.read_response().body == b"/patient/"
    assert proxy.get("/hasty/after").status == 200
    assert origin.targets() == ["/patient/", "/hasty/after"]


def arrived(client):
    """Whether something is there to read by now."""
    try:
        if not client.buffer:
            client.fill(0.01)
    except Silent:
        return False
    return True


@pytest.mark.parametrize("workers", [1, 3])
def test_max_connections_of_clients_is_exact(start, origin, workers):
    """Counted over all workers, whichever the kernel picks for a client."""
    proxy = start([mapping("all", "/", origin)], workers=workers, args=["--max-connections", "2"])
    inside = [proxy.client() for _ in range(2)]
    for client in inside:
        assert client.get("/").status == 200
    outside = [proxy.client() for _ in range(10)]
    for client in outside:
        client.send(request_bytes())
    time.sleep(0.5)
    assert not [c for c in outside if arrived(c)], "a third client was served"
    assert [c.get("/").status for c in inside] == [200, 200]
    inside.pop().close()
    proxy.wait(lambda: [c for c in outside if arrived(c)], "the next client to be served")
    assert inside[0].get("/").status == 200
    for client in inside:
        client.close()
    while outside:
        proxy.wait(lambda: [c for c in outside if arrived(c)], "the next client to be served")
        for client in [c for c in outside if c.buffer]:
            assert client.read_response().status == 200
            client.close()
            outside.remove(client)


@pytest.mark.slow
def test_max_connections_of_clients_is_exact_when_a_place_becomes_free(start, origin):
    """Three workers see it at once, one may take it. A race: many rounds."""
    proxy = start([mapping("all", "/", origin)], workers=3, args=["--max-connections", "2"])
    for round_number in range(40):
        inside = [proxy.client() for _ in range(2)]
        for client in inside:
            assert client.get("/").status == 200
        outside = [proxy.client() for _ in range(12)]
        for client in outside:
            client.send(request_bytes())
        time.sleep(0.1)  # every worker has met the limit, all of them at about the same moment
        inside.pop().close()
        proxy.wait(lambda: [c for c in outside if arrived(c)], "the next client to be served")
        time.sleep(0.3)
        assert len([c for c in outside if arrived(c)]) == 1, "more than one in round %d" % round_number
        proxy.forget_clients()
        proxy.wait(lambda: value(proxy, "nuncio_connections_active") == 0, "all of them to be gone")
