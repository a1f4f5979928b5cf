# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Answers and requests that overlap, and answers that fail at once: limits count what moves, and a client is told what can be told."""
import socket
import threading
import time

import pytest

from kit.nuncio import mapping
from kit.wire import Ended, chunked, reply


def in_one_segment(wire, data, with_fin):
    wire.sock.sendall(data, socket.MSG_MORE if with_fin else 0)  # MSG_MORE: held back until the FIN goes with it
    if with_fin:
        wire.half_close()


@pytest.mark.parametrize("with_fin", [False, True], ids=["then open", "then FIN"])
@pytest.mark.parametrize("rest", [b"ZZ\r\n", b"5 5\r\nhello\r\n", b"-1\r\n\r\n", b"fffffffffffffffff\r\n"])
def test_malformed_chunk_with_the_head_is_502(start, make_origin, rest, with_fin):
    """As long as nothing of the answer was sent, the client can be told."""
    def script(wire, origin, number):
        origin.request(wire)
        in_one_segment(wire, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + rest, with_fin)
        wire.expect_close()
    proxy = start([mapping("all", "/", make_origin(script=script))])
    client = proxy.client()
    assert client.get("/").status == 502
    assert client.get("/ambassador/v0/check_alive").status == 200, "the client's connection is not to blame"


def test_malformed_early_answer_is_502_while_the_upload_runs(start, make_origin):
    def script(wire, origin, number):
        wire.read_request_head()
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n")
        wire.expect_close()
    client = start([mapping("all", "/", make_origin(script=script))]).client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100)
    assert client.read_response().status == 502


@pytest.mark.parametrize("framing", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_answer_that_ends_behind_its_head_is_502_or_visibly_cut(start, make_origin, framing):
    """Never a complete answer, and never silence."""
    def script(wire, origin, number):
        origin.request(wire)
        in_one_segment(wire, b"HTTP/1.1 200 OK\r\n" + framing.encode() + b"\r\n\r\n", True)
        wire.expect_close()
    proxy = start([mapping("all", "/", make_origin(script=script))])
    client = proxy.client()
    client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    head = client.read_final_head()
    if head.status != 502:
        with pytest.raises(Ended):
            client.read_response_body(head)


def upload(client, pause, enough):
    """A byte in a chunk again and again until `enough()`; the longest time that passed between two of them."""
    longest, last = 0.0, time.monotonic()
    while not enough():
        if not client.try_send(b"1\r\nx\r\n"):
            break
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        time.sleep(pause)
    return longest


def slow_upload(proxy, idle):
    client = proxy.client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
    end = time.monotonic() + 45 * idle
    longest = upload(client, idle / 10, lambda: time.monotonic() > end)
    client.try_send(chunked())
    return client.read_response().status, longest


def test_upload_of_many_idle_times_is_answered(start, origin):
    """Every idle time without an answer is forgiven while the upload moves, and none of them is counted."""
    idle = 0.15
    proxy = start([mapping("all", "/", origin, timeout_ms=30000, idle_timeout_ms=int(idle * 1000))])
    for _ in range(4):
        status, longest = slow_upload(proxy, idle)
        if status == 200 or longest < idle / 2:  # else it was this test that paused, on a machine that is too busy
            break
    assert status == 200
    assert set(origin.last.body) == {ord("x")}


def test_early_answer_waits_while_the_upload_moves(start, make_origin):
    idle = 1.0
    uploaded = threading.Event()

    def script(wire, origin, number):
        request = origin.head(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n")
        origin.body(wire, request)
        uploaded.set()
        wire.send(b"4\r\nlate\r\n0\r\n\r\n")
        wire.expect_close()
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, timeout_ms=0, idle_timeout_ms=int(idle * 1000))])
    client = proxy.client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
    head = client.read_final_head()
    assert (head.status, client.exactly(10)) == (200, b"5\r\nearly\r\n")
    end = time.monotonic() + 4 * idle
    upload(client, idle / 20, lambda: time.monotonic() > end)
    client.send(chunked())
    assert client.read_response_body(head).body == b"late"
    assert uploaded.is_set() and len(origin.requests) == 1


def test_early_answer_of_a_silent_origin_is_cut_when_the_upload_stops(start, make_origin):
    """The other side of the rule: nothing moves, so the idle time counts."""
    def script(wire, origin, number):
        request = origin.head(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n")
        origin.body(wire, request)
    proxy = start([mapping("all", "/", make_origin(script=script), timeout_ms=0, idle_timeout_ms=300)])
    client = proxy.client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
    head = client.read_final_head()
    with pytest.raises(Ended):
        client.read_response_body(head)


def test_whole_early_answer_reaches_a_client_that_uploads(start, make_origin):
    """The answer is complete, the request is not: what arrives is the answer."""
    def script(wire, origin, number):
        origin.head(wire)
        wire.send(reply(413, "too much", [("Connection", "close")]))
        wire.expect_close()
    proxy = start([mapping("all", "/", make_origin(script=script), timeout_ms=0, idle_timeout_ms=5000)])
    client = proxy.client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n" + b"x" * 1000)
    answer = client.read_response()
    assert (answer.status, answer.body) == (413, b"too much")
    client.try_send(b"x" * 1000)
    client.expect_close()
