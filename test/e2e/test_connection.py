# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Client connections (RFC 9112 §9, http-rules 16–18): pipelines, keep-alive, close, half-close, HTTP/1.0, early answers."""
import threading

import pytest

from kit.nuncio import mapping, module
from kit.wire import Ended, chunked, reply, request_bytes


def name_of(request):
    return reply(200, "%s %s %s" % (request.method, request.target, request.body.decode()))


@pytest.fixture
def named(start, make_origin):
    """An origin that answers with method, target and body."""
    origin = make_origin(name_of)
    return start([mapping("all", "/", origin, rewrite="")]), origin


def test_pipeline_is_answered_in_order(named):
    proxy, _ = named
    client = proxy.client()
    client.send(b"".join(request_bytes(target="/%d" % i) for i in range(100)))
    for i in range(100):
        assert client.read_response().body.decode() == "GET /%d " % i
    assert client.get("/again").status == 200


def test_pipeline_of_slow_and_fast_answers(start, make_origin):
    """The first answer is the last to be made; the order stays."""
    go = threading.Event()

    def answer(request):
        if request.target == "/slow":
            go.wait(10)
        return name_of(request)
    origin = make_origin(answer)
    proxy = start([mapping("all", "/", origin, rewrite="")])
    client = proxy.client()
    client.send(request_bytes(target="/slow") + request_bytes(target="/fast"))
    origin.wait_heads(1)
    client.expect_silence(0.2)
    go.set()
    assert client.read_response().body == b"GET /slow "
    assert client.read_response().body == b"GET /fast "


def test_pipeline_with_bodies(named):
    proxy, _ = named
    client = proxy.client()
    data = b""
    for i in range(30):
        data += request_bytes("POST", "/%d" % i, body=b"length %d" % i)
        data += b"PUT /%d HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" % i + chunked(b"chunk", b"ed %d" % i)
        data += request_bytes("HEAD", "/%d" % i) + request_bytes("GET", "/%d" % i)
    client.send(data)
    for i in range(30):
        assert client.read_response().body.decode() == "POST /%d length %d" % (i, i)
        assert client.read_response().body.decode() == "PUT /%d chunked %d" % (i, i)
        assert client.read_response("HEAD").body == b""
        assert client.read_response().body.decode() == "GET /%d " % i


def test_pipeline_byte_by_byte(named):
    proxy, _ = named
    client = proxy.client()
    assert client.send_slowly(request_bytes("POST", "/a", body=b"12345") + request_bytes(target="/b") + request_bytes(target="/c"))
    assert [client.read_response().body for _ in range(3)] == [b"POST /a 12345", b"GET /b ", b"GET /c "]


def test_pipeline_with_local_answers_between(named):
    """Answers that nuncio gives by itself keep their place and the connection."""
    proxy, origin = named
    proxy.apply("routes.yaml", [mapping("a", "/a", origin, rewrite="")])
    client = proxy.client()
    client.send(b"".join(request_bytes(target=t) for t in ["/a1", "/none", "/a2", "/ambassador/v0/check_alive", "/a3"]))
    answers = [client.read_response() for _ in range(5)]
    assert [a.status for a in answers] == [200, 404, 200, 200, 200]
    assert [answers[i].body for i in (0, 2, 4)] == [b"GET /a1 ", b"GET /a2 ", b"GET /a3 "]


@pytest.mark.parametrize("value", ["close", "Close", "foo, close", "keep-alive, close"])
def test_nothing_is_served_after_close(named, value):
    proxy, origin = named
    client = proxy.client()
    client.send(request_bytes(target="/one", fields=[("Connection", value)]) + request_bytes(target="/two"))
    answer = client.read_response()
    assert answer.body == b"GET /one "
    assert "close" in answer.list("connection")
    assert client.expect_close() == b""
    assert proxy.get("/after").status == 200
    assert origin.targets() == ["/one", "/after"]


def test_half_closed_client_gets_its_answers(named):
    proxy, _ = named
    client = proxy.client()
    client.send(b"".join(request_bytes("POST", "/%d" % i, body=b"x" * i) for i in range(20)))
    client.half_close()
    for i in range(20):
        assert client.read_response().body.decode() == "POST /%d %s" % (i, "x" * i)
    assert client.expect_close(allow_reset=False) == b""


def test_half_close_while_the_origin_thinks(start, make_origin):
    go = threading.Event()

    def answer(request):
        go.wait(10)
        return name_of(request)
    origin = make_origin(answer)
    proxy = start([mapping("all", "/", origin, rewrite="")])
    client = proxy.client()
    client.send(request_bytes(target="/a"))
    client.half_close()
    origin.wait_heads(1)
    client.expect_silence(0.2)
    go.set()
    assert client.read_response().body == b"GET /a "
    assert client.expect_close(allow_reset=False) == b""


def test_keep_alive_is_the_default(named):
    proxy, _ = named
    client = proxy.client()
    for i in range(50):
        answer = client.get("/%d" % i)
        assert answer.body.decode() == "GET /%d " % i
        assert "close" not in answer.list("connection")


# ---- HTTP/1.0

def test_http10_closes(named):
    proxy, origin = named
    client = proxy.client()
    client.send(request_bytes(target="/a", version="1.0", host=None))
    answer = client.read_response()
    assert (answer.status, answer.body) == (200, b"GET /a ")
    assert client.expect_close(allow_reset=False) == b""
    assert origin.last.version == "HTTP/1.1" and origin.last.has("host")


def test_http10_keep_alive(named):
    proxy, _ = named
    client = proxy.client()
    for i in range(3):
        client.send(request_bytes("POST", "/%d" % i, [("Connection", "keep-alive")], b"body", version="1.0"))
        answer = client.read_response()
        assert answer.body.decode() == "POST /%d body" % i
        assert "keep-alive" in [e.lower() for e in answer.list("connection")]
    client.send(request_bytes(target="/last", version="1.0"))
    assert client.read_response().body == b"GET /last "
    assert client.expect_close() == b""


@pytest.mark.parametrize("keep_alive", [False, True])
@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_http10_gets_no_chunks(start, make_origin, framing, keep_alive):
    """A body of unknown length is unpacked and the connection closed."""
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(reply(200, "x" * 5000, framing=framing))
        if framing == "chunked":
            origin.request(wire)
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin)])
    client = proxy.client()
    client.send(request_bytes(version="1.0", fields=[("Connection", "keep-alive")] if keep_alive else []))
    answer = client.read_response()
    assert (answer.chunked, answer.body) == (False, b"x" * 5000)
    if answer.until_close:
        assert "keep-alive" not in [e.lower() for e in answer.list("connection")]
    else:
        assert answer.has("content-length")


def test_http10_can_be_turned_off(start, origin):
    proxy = start([mapping("all", "/", origin), module(enable_http10=False)])
    assert proxy.get("/", version="1.0").status == 426
    assert not origin.heads
    assert proxy.get("/").status == 200


# ---- early answers

@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_answer_before_the_body_ended(start, make_origin, framing):
    """The client gets it at once; that origin connection is not used again, because the rest of a body would follow on it."""
    def script(wire, origin, number):
        while True:
            request = origin.head(wire)
            if request.target == "/early":
                wire.send(reply(403, "no"))
                try:
                    origin.body(wire, request)
                except Ended:
                    return
            else:
                origin.body(wire, request)
                wire.send(reply(200, "connection %d" % number))
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, rewrite="")])
    client = proxy.client()
    if framing == "length":
        client.send(b"POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\nfirst bytes")
    else:
        client.send(b"POST /early HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
    answer = client.read_response()
    assert (answer.status, answer.body) == (403, b"no")
    assert proxy.get("/next").body == b"connection 1"
    assert [r.target for r in origin.heads] == ["/early", "/next"]
    assert not [r for r in origin.requests if r.target == "/early"]


def test_early_answer_then_the_rest_of_the_body(start, make_origin):
    """The client goes on sending: its rest is never taken for a request."""
    def script(wire, origin, number):
        origin.head(wire)
        wire.send(reply(403, "no"))
        wire.expect_close()
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, rewrite="")])
    client = proxy.client()
    smuggled = request_bytes(target="/smuggled")
    client.send(b"POST /early HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(smuggled))
    assert client.read_response().status == 403
    client.try_send(smuggled + request_bytes(target="/next"))
    try:
        client.read_response()
    except Ended:
        pass
    assert "/smuggled" not in [r.target for r in origin.heads]


def test_early_complete_answer_to_a_big_upload_is_not_lost(start, make_origin):
    """The origin answers and closes while megabytes are on their way: the answer reaches the client, not a 502."""
    def script(wire, origin, number):
        origin.head(wire)
        wire.exactly(100000)
        wire.send(reply(403, "no", [("Connection", "close")]))
        wire.half_close()
        wire.expect_close()
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin)])
    for _ in range(5):
        client = proxy.client()
        uploader = threading.Thread(target=client.try_send, args=(request_bytes("POST", "/", body=b"x" * 3000000),))
        uploader.start()
        answer = client.read_response()
        assert (answer.status, answer.body) == (403, b"no")
        client.close()
        uploader.join()
