# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Where the segments of a message happen to end decides nothing: requests and answers are cut in two at every byte, and the end of a
connection (FIN or RST) comes in the same wake-up as the bytes before it, or in one of its own."""
import time

import pytest

from kit.nuncio import mapping
from kit.websocket import switch_bytes, upgrade_bytes
from kit.wire import Bad, Ended, chunked, reply, request_bytes

REQUESTS = {
    "GET": (request_bytes(target="/a/../b?c=d", fields=[("X-A", "b"), ("Connection", "x-hop"), ("X-Hop", "1")]), b""),
    "POST": (request_bytes("POST", "/b?c=d", [("Content-Type", "text/plain")], b"hello"), b"hello"),
    "chunked": (b"PUT /b?c=d HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hel", b"lo", trailers=[("X-T", "1")]), b"hello"),
    "absolute": (b"GET http://test/b?c=d HTTP/1.1\r\nHost: other\r\n\r\n", b""),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_cut_in_two(pair, name):
    proxy, origin = pair
    data, body = REQUESTS[name]
    client = proxy.client()
    for cut in range(1, len(data)):
        client.send(data[:cut])
        time.sleep(0.001)
        client.send(data[cut:])
        assert client.read_response().status == 200, "cut at %d" % cut
    assert {(r.target, r.body) for r in origin.requests} == {("/b?c=d", body)}


def test_two_requests_cut_in_two(pair):
    """The second of a pipeline arrives in pieces together with the first."""
    proxy, origin = pair
    first, second = REQUESTS["chunked"][0], REQUESTS["POST"][0]
    client = proxy.client()
    for cut in range(1, len(second)):
        client.send(first + second[:cut])
        time.sleep(0.001)
        client.send(second[cut:])
        assert [client.read_response().status for _ in range(2)] == [200, 200], "cut at %d" % cut
    assert {r.body for r in origin.requests} == {b"hello"}


ANSWERS = {
    "length": (reply(200, "hello", [("X-A", "b")]), b"hello", False),
    "chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hel", b"lo", trailers=[("X-T", "1")]), b"hello", False),
    "interim": (reply(103, framing="none", fields=[("Link", "</a>")]) + reply(200, "hello"), b"hello", False),
    "no body": (b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", b"", False),
    "until close": (b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nhello", b"hello", True),
    "close": (reply(200, "hello", [("Connection", "close")]), b"hello", True),
    "HTTP/1.0": (reply(200, "hello", version="1.0"), b"hello", True),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answer_cut_in_two(start, make_origin, name):
    data, body, ends = ANSWERS[name]

    def script(wire, origin, number):
        while True:
            cut = int(origin.request(wire).target[1:])
            wire.send(data[:cut])
            time.sleep(0.001)
            wire.send(data[cut:])
            if ends:
                return
    proxy = start([mapping("all", "/", make_origin(script=script))])
    client = proxy.client()
    for cut in range(1, len(data)):
        answer = client.get("/%d" % cut)
        assert (answer.status, answer.body) == (204 if name == "no body" else 200, body), "cut at %d" % cut


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("pause", [0, 0.02], ids=["together", "apart"])
@pytest.mark.parametrize("name", ["length", "chunked"])
def test_answer_that_ends_at_every_byte(start, make_origin, name, pause, how):
    """Cut before its end it is never a completed answer, and never a hanging one."""
    data = ANSWERS[name][0]

    def script(wire, origin, number):
        cut = int(origin.request(wire).target[1:])
        wire.send(data[:cut])
        time.sleep(pause)
        if how == "reset":
            wire.reset()
    proxy = start([mapping("all", "/", make_origin(script=script), timeout_ms=60000, idle_timeout_ms=60000)])
    for cut in range(len(data)):
        try:
            answer = proxy.get("/%d" % cut)
        except (Ended, Bad):
            continue
        assert answer.status in (502, 503), "cut at %d: %r %r" % (cut, answer.head, answer.body)


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("pause", [0, 0.02], ids=["together", "apart"])
def test_request_that_ends_at_every_byte(pair, pause, how):
    """Nothing of it becomes a request, and nuncio lets go of the connection."""
    proxy, origin = pair
    assert proxy.get("/before").status == 200
    proxy.forget_clients()
    before = proxy.descriptors()
    data = REQUESTS["chunked"][0]
    for cut in range(len(data)):
        client = proxy.client()
        client.send(data[:cut])
        time.sleep(pause)
        if how == "reset":
            client.reset()
        client.close()
    proxy.wait(lambda: proxy.descriptors() <= before + 2, "the connections to be closed")
    assert proxy.get("/after").status == 200
    assert origin.targets() == ["/before", "/after"]


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("who", ["client", "origin"])
def test_tunnel_that_ends_with_its_last_bytes(start, make_origin, who, how):
    """Data and end in one wake-up: a FIN loses no byte, and a reset does not leave the other side hanging."""
    ends = []

    def script(wire, origin, number):
        request = origin.request(wire)
        wire.send(switch_bytes(request.one("sec-websocket-key")))
        if who == "origin":
            wire.exactly(2)
            finish(wire, b"last words")
        else:
            ends.append(wire.expect_close())

    def finish(wire, data):
        wire.send(data)
        if how == "reset":
            wire.reset()
        else:
            wire.close()
    proxy = start([mapping("ws", "/", make_origin(script=script), use_websocket=True)])
    for round_number in range(20):
        client = proxy.client()
        client.send(upgrade_bytes("/"))
        assert client.read_response().status == 101
        if who == "client":
            finish(client, b"last words")
            proxy.wait(lambda n=round_number: len(ends) > n, "the end to reach the origin")
        else:
            client.send(b"go")
            ends.append(client.expect_close())
            client.close()
    if how == "close":
        assert ends == [b"last words"] * 20
