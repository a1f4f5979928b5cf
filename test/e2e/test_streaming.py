# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Bodies that are bigger than any buffer (http-rules 21): streamed, with backpressure in both directions."""
import hashlib
import threading
import time

import pytest

from kit.client import Client
from kit.nuncio import mapping
from kit.wire import Ended, Silent

BIG = 50 * 1024 * 1024
PIECE = bytes(range(256)) * 256  # 64 KiB
SANITIZER_SHADOW = 200 * 1024  # KiB: freed memory stays in quarantine


def digest(size):
    h = hashlib.sha256()
    for _ in range(size // len(PIECE)):
        h.update(PIECE)
    return h.hexdigest()


def read_digest(wire, message):
    """Digest and size of a body, never held in memory as a whole."""
    h, size = hashlib.sha256(), 0
    if message.chunked:
        while True:
            left = int(wire.line(), 16)
            if not left:
                assert wire.line() == ""
                return h.hexdigest(), size
            while left:
                data = wire.take(min(left, len(wire.buffer))) if wire.buffer else wire.fill() or b""
                h.update(data)
                size += len(data)
                left -= len(data)
            assert wire.exactly(2) == b"\r\n"
    left = int(message.one("content-length"))
    while left:
        data = wire.take(min(left, len(wire.buffer))) if wire.buffer else wire.fill() or b""
        h.update(data)
        size += len(data)
        left -= len(data)
    return h.hexdigest(), size


def framing_line(framing):
    return b"Content-Length: %d\r\n" % BIG if framing == "length" else b"Transfer-Encoding: chunked\r\n"


def send_big(wire, framing, count=None):
    """BIG bytes in pieces; `count` is a list whose only element says how many went out."""
    for _ in range(BIG // len(PIECE)):
        wire.send(PIECE if framing == "length" else b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
        if count:
            count[0] += len(PIECE)
    if framing == "chunked":
        wire.send(b"0\r\n\r\n")


def downloads(framing, count=None):
    def script(wire, origin, number):
        while True:
            origin.request(wire)
            wire.send(b"HTTP/1.1 200 OK\r\n" + framing_line(framing) + b"\r\n")
            send_big(wire, framing, count)
    return script


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_big_download(start, make_origin, framing):
    proxy = start([mapping("all", "/", make_origin(script=downloads(framing)), timeout_ms=0)])
    before = proxy.resident_kib()
    client = proxy.client()
    client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    assert read_digest(client, client.read_final_head()) == (digest(BIG), BIG)
    assert proxy.resident_kib() - before < 32 * 1024 + SANITIZER_SHADOW


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_big_upload(start, make_origin, framing):
    def script(wire, origin, number):
        request = origin.head(wire)
        result = read_digest(wire, request)
        origin.requests.append(request)
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + result[0].encode())
        origin.request(wire)
    proxy = start([mapping("all", "/", make_origin(script=script))])
    before = proxy.resident_kib()
    client = proxy.client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\n" + framing_line(framing) + b"\r\n")
    send_big(client, framing)
    assert client.read_response().body.decode() == digest(BIG)
    assert proxy.resident_kib() - before < 32 * 1024 + SANITIZER_SHADOW


def settle(count):
    """Wait until the number stops growing."""
    before = -1
    while count[0] != before:
        before = count[0]
        time.sleep(0.5)
    return before


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_slow_reader_stops_the_origin(start, make_origin, framing):
    """The client does not read: the origin is held back by then, and nuncio's memory does not grow. Then all arrives."""
    count = [0]
    proxy = start([mapping("all", "/", make_origin(script=downloads(framing, count)), timeout_ms=0)])
    before = proxy.resident_kib()
    client = Client(("127.0.0.1", proxy.port), receive_buffer=65536)
    client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    head = client.read_final_head()
    assert settle(count) < BIG * 3 // 4, "the origin was not held back"
    assert proxy.resident_kib() - before < 16 * 1024 + SANITIZER_SHADOW // 4
    assert read_digest(client, head) == (digest(BIG), BIG)
    client.close()


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_slow_origin_stops_the_uploading_client(start, make_origin, framing):
    gate = threading.Event()

    def script(wire, origin, number):
        request = origin.head(wire)
        gate.wait(60)
        result = read_digest(wire, request)
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + result[0].encode())
        wire.expect_close()
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, timeout_ms=0)])
    before = proxy.resident_kib()
    client = proxy.client(limit=60)
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\n" + framing_line(framing) + b"\r\n")
    count = [0]
    uploader = threading.Thread(target=send_big, args=(client, framing, count), daemon=True)
    uploader.start()
    origin.wait_heads(1)
    assert settle(count) < BIG * 3 // 4, "the client was not held back"
    assert proxy.resident_kib() - before < 16 * 1024 + SANITIZER_SHADOW // 4
    gate.set()
    assert client.read_response().body.decode() == digest(BIG)
    uploader.join()


def test_stalled_transfer_leaves_others_alone(start, make_origin, origin):
    """While one client does not read, everybody else is served."""
    big = make_origin(script=downloads("length", [0]))
    proxy = start([mapping("big", "/big/", big, timeout_ms=0), mapping("small", "/small/", origin)], workers=1)
    stalled = [Client(("127.0.0.1", proxy.port), receive_buffer=65536) for _ in range(5)]
    for client in stalled:
        client.send(b"GET /big/ HTTP/1.1\r\nHost: test\r\n\r\n")
        client.read_final_head()
    assert [proxy.get("/small/").status for _ in range(50)] == [200] * 50
    for client in stalled:
        client.close()


def test_client_that_leaves_in_the_middle_frees_the_origin(start, make_origin):
    """A reset during a download ends the transfer at the origin too."""
    ended = threading.Event()

    def script(wire, origin, number):
        origin.request(wire)
        wire.send(b"HTTP/1.1 200 OK\r\n" + framing_line("length") + b"\r\n")
        try:
            send_big(wire, "length")
        except (Ended, Silent, OSError):
            ended.set()
    proxy = start([mapping("all", "/", make_origin(script=script), timeout_ms=0)])
    client = proxy.client()
    client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    client.read_final_head()
    client.exactly(100000)
    client.reset()
    assert ended.wait(20)


def test_splice_sized_bodies_in_parallel(start, make_origin):
    """More transfers than there can be pipes."""
    proxy = start([mapping("all", "/", make_origin(script=downloads("length")), timeout_ms=0)])
    results = []

    def one():
        client = Client(("127.0.0.1", proxy.port), limit=120)
        client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        head = client.read_final_head()
        size = 0
        while size < 4 * 1024 * 1024:
            size += len(client.some())
        results.append(head.status)
        client.reset()
    threads = [threading.Thread(target=one) for _ in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [200] * 40
