# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Bodies of every framing in both directions (RFC 9112 §6): same bytes, right end, and the connections go on."""
import pytest

from kit.nuncio import Nuncio, mapping
from kit.origin import Origin
from kit.wire import chunked, reply, request_bytes

SIZES = [0, 1, 2, 4095, 16383, 16384, 16385, 65536, 300000, 1500000]


def pattern(size):
    return (b"0123456789abcdefghijklmnopqrstuvwxyz-" * (size // 37 + 1))[:size]


class Mirror:
    """Answers with the request's body, framed as the target's last word says; /fixed/N/framing answers with N bytes."""

    def __init__(self):
        self.origin = Origin(script=self.script)

    def script(self, wire, origin, number):
        while True:
            request = origin.request(wire)
            framing = request.target.rpartition("/")[2]
            body = pattern(int(request.target.split("/")[2])) if request.target.startswith("/fixed/") else request.body
            if request.method == "HEAD":
                wire.send(reply(200, framing="none", fields=[("Content-Length", len(body))]))
            elif framing == "close10":
                wire.send(reply(200, body, framing="close", version="1.0"))
                return
            elif framing == "length10":
                wire.send(reply(200, body, version="1.0"))
                return
            elif framing == "keep10":
                wire.send(reply(200, body, [("Connection", "keep-alive")], version="1.0"))
            else:
                wire.send(reply(200, body, framing=framing, trailers=[("X-Sum", "7")] if framing == "chunked" else ()))
                if framing == "close":
                    return


@pytest.fixture(scope="module")
def mirror_proxy(tmp_path_factory):
    mirror = Mirror()
    with mirror.origin, Nuncio(tmp_path_factory.mktemp("mirror"), [mapping("all", "/", mirror.origin, rewrite="", timeout_ms=60000)]) as proxy:
        yield proxy, mirror.origin


@pytest.fixture
def mirror(mirror_proxy):
    proxy, origin = mirror_proxy
    proxy.before_test()
    origin.forget()
    yield proxy, origin
    proxy.after_test()
    origin.check()


RESPONSES = ["length", "chunked", "close", "close10", "length10", "keep10"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("framing", RESPONSES)
def test_response_body(mirror, framing, size):
    proxy, _ = mirror
    client = proxy.client()
    for _ in range(2):
        answer = client.get("/fixed/%d/%s" % (size, framing))
        assert answer.body == pattern(size)
        assert not answer.until_close, "an HTTP/1.1 client keeps its connection"
        if framing in ("length", "length10", "keep10"):
            assert answer.one("content-length") == str(size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("framing", ["length", "chunked", "many chunks"])
def test_request_body(mirror, framing, size):
    proxy, origin = mirror
    body = pattern(size)
    client = proxy.client()
    for _ in range(2):
        if framing == "length":
            client.send(request_bytes("POST", "/echo/length", body=body))
        else:
            piece = 1 << 20 if framing == "chunked" else 1000
            client.send(b"POST /echo/length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send(chunked(*(body[i:i + piece] for i in range(0, size, piece))))
        assert client.read_response().body == body
    assert [r.body == body for r in origin.requests] == [True, True]
    if framing == "length":
        assert origin.last.one("content-length") == str(size), "a known length stays known"
    else:
        assert origin.last.chunked


@pytest.mark.parametrize("answer_framing", RESPONSES)
@pytest.mark.parametrize("request_framing", ["length", "chunked"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET", "X-ODD"])
def test_every_pair_of_framings(mirror, method, request_framing, answer_framing):
    proxy, _ = mirror
    body = pattern(70000)
    client = proxy.client()
    for _ in range(2):
        if request_framing == "length":
            client.send(request_bytes(method, "/echo/" + answer_framing, body=body))
        else:
            client.send("%s /echo/%s HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" % (method, answer_framing))
            client.send(chunked(body[:1], body[1:50000], body[50000:]))
        assert client.read_response().body == body


def test_trailers_of_a_response_pass(mirror):
    proxy, _ = mirror
    answer = proxy.get("/fixed/10/chunked")
    assert (answer.body, answer.trailers) == (pattern(10), [("X-Sum", "7")])


@pytest.mark.parametrize("size", [0, 10, 5000000])
def test_head_keeps_content_length(mirror, size):
    proxy, _ = mirror
    client = proxy.client()
    for _ in range(3):
        answer = client.ask("HEAD", "/fixed/%d/length" % size)
        assert (answer.body, answer.one("content-length")) == (b"", str(size))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_post_without_a_body(mirror, method):
    """No framing field at all: a request without a body."""
    proxy, origin = mirror
    client = proxy.client()
    client.send(request_bytes(method, "/echo/length") + request_bytes(method, "/echo/length", [("Content-Length", "0")]))
    assert [client.read_response().body for _ in range(2)] == [b"", b""]
    assert [r.body for r in origin.requests] == [b"", b""]


def test_bytes_are_streamed_as_they_come(start, make_origin):
    """Each piece of an answer arrives before the next is made, and each piece of an upload too."""
    def script(wire, origin, number):
        request = origin.head(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            line = wire.line()
            piece = wire.exactly(int(line, 16) + 2)
            wire.send(line.encode() + b"\r\n" + piece)
        assert wire.line() == "0" and wire.line() == ""
        wire.send(b"0\r\n\r\n")
        request.complete = True
        origin.request(wire)
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, timeout_ms=0)])
    client = proxy.client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
    answer = None
    for i in range(20):
        piece = b"piece %d" % i
        client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        if answer is None:
            answer = client.read_final_head()
            assert answer.status == 200 and answer.chunked
        assert client.line() == "%x" % len(piece)
        assert client.exactly(len(piece) + 2) == piece + b"\r\n"
    client.send(b"0\r\n\r\n")
    assert client.line() == "0" and client.line() == ""


def test_head_of_an_answer_is_not_kept_back(start, make_origin):
    """An answer whose body does not come yet (server-sent events)."""
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        origin.wait(lambda: origin.go, "the client to have the head")
        wire.send(b"data: 1\n\n")
    origin = make_origin(script=script)
    origin.go = False
    proxy = start([mapping("all", "/", origin, timeout_ms=0)])
    client = proxy.client()
    client.send(request_bytes())
    head = client.read_final_head()
    assert head.get("content-type") == "text/event-stream"
    with origin.lock:
        origin.go = True
        origin.lock.notify_all()
    assert client.read_response_body(head).body == b"data: 1\n\n"
