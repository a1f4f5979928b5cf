# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""What an origin may answer (RFC 9112 §4 and §6, http-rules 19–21): malformed heads are 502, malformed or cut bodies cut the client's
connection, and nothing of a broken answer ever reaches another client."""
import pytest

from kit.nuncio import Nuncio, mapping
from kit.origin import Origin
from kit.wire import Bad, Ended, chunked, reply, request_bytes


class Broken:
    """An origin whose next answer is `data` (then it closes if `then` says so); every other request is answered properly."""

    def __init__(self):
        self.data = b""
        self.then = "keep"
        self.origin = Origin(script=self.script)

    def script(self, wire, origin, number):
        while True:
            request = origin.request(wire)
            if request.target == "/broken":
                wire.send(self.data)
                if self.then == "close":
                    return
                if self.then == "reset":
                    wire.reset()
                    return
            else:
                wire.send(reply(200, b"" if request.method == "HEAD" else "fine"))


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    broken = Broken()
    with broken.origin, Nuncio(tmp_path_factory.mktemp("broken"), [mapping("all", "/", broken.origin, rewrite="")]) as proxy:
        yield proxy, broken


@pytest.fixture
def broken(running):
    proxy, origin = running
    proxy.before_test()
    yield proxy, origin
    proxy.after_test()
    origin.origin.check()


OK = b"HTTP/1.1 200 OK\r\n"
HEADS_REFUSED = {
    "no digits": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "status below 100": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "no status": b"HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "letter after the status": b"HTTP/1.1 200x OK\r\nContent-Length: 0\r\n\r\n",
    "two spaces": b"HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
    "tab": b"HTTP/1.1\t200 OK\r\nContent-Length: 0\r\n\r\n",
    "space first": b" HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "other protocol": b"HTTQ/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "lower case": b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/0.9 body": b"<html>hello</html>\r\n\r\n",
    "NUL in the reason": b"HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n",
    "bare CR in the reason": b"HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n",
    "bare LF after the status line": b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
    "only bare LF": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "bare LF between fields": OK + b"Content-Length: 0\nX-A: b\r\n\r\n",
    "bare CR in a value": OK + b"Content-Length: 0\r\nX-A: a\rb\r\n\r\n",
    "NUL in a value": OK + b"Content-Length: 0\r\nX-A: a\0b\r\n\r\n",
    "NUL in a name": OK + b"Content-Length: 0\r\nX\0A: b\r\n\r\n",
    "no colon": OK + b"Content-Length: 0\r\nnothing\r\n\r\n",
    "empty name": OK + b"Content-Length: 0\r\n: v\r\n\r\n",
    "space in a name": OK + b"Content-Length: 0\r\nX A: v\r\n\r\n",
    "space before the colon": OK + b"Content-Length : 0\r\n\r\n",
    "folded line": OK + b"Content-Length: 0\r\nX-A: a\r\n b\r\n\r\n",
    "space before the first field": OK + b" X-A: a\r\nContent-Length: 0\r\n\r\n",
    "Content-Length of letters": OK + b"Content-Length: abc\r\n\r\n",
    "Content-Length empty": OK + b"Content-Length:\r\n\r\n",
    "Content-Length negative": OK + b"Content-Length: -1\r\n\r\n",
    "Content-Length plus": OK + b"Content-Length: +1\r\n\r\nx",
    "Content-Length overflow": OK + b"Content-Length: 18446744073709551617\r\n\r\nx",
    "Content-Length twice": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "Content-Length list": OK + b"Content-Length: 1, 2\r\n\r\nxx",
    "length and chunked": OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello"),
    "gzip coding": OK + b"Transfer-Encoding: gzip\r\n\r\nxx",
    "gzip, chunked": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked(b"hello"),
    "chunked twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello"),
    "coding with parameter": OK + b"Transfer-Encoding: chunked;q=1\r\n\r\n" + chunked(b"hello"),
    "chunked in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello"),
    "unasked 101": b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "endless field": OK + b"X-A: " + b"a" * 1000000 + b"\r\nContent-Length: 0\r\n\r\n",
    "endless fields": OK + b"X-A: b\r\n" * 100000 + b"Content-Length: 0\r\n\r\n",
    "endless status line": b"HTTP/1.1 200 " + b"a" * 1000000 + b"\r\nContent-Length: 0\r\n\r\n",
    "garbage": bytes(range(256)) + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", HEADS_REFUSED)
def test_malformed_head_is_502(broken, name):
    proxy, origin = broken
    origin.data, origin.then = HEADS_REFUSED[name], "keep"
    client = proxy.client()
    answer = client.get("/broken")
    assert answer.status == 502, answer.head
    assert answer.has("x-request-id") and answer.one("server") == "nuncio"
    assert client.get("/fine").body == b"fine", "the client's connection is not to blame"


HEADS_TAKEN = {
    "no reason phrase": (b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
    "odd status": (b"HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok", 299, b"ok"),
    "status 599": (b"HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\nok", 599, b"ok"),
    "equal lengths": (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
    "list of equal lengths": (OK + b"Content-Length: 2, 2\r\n\r\nok", 200, b"ok"),
    "chunked": (OK + b"Transfer-Encoding: CHUNKED\r\n\r\n" + chunked(b"o", b"k"), 200, b"ok"),
    "chunk extension": (OK + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n", 200, b"ok"),
    "HTTP/1.0 with length": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
    "non-ASCII reason": (b"HTTP/1.1 200 \xc3\xa9\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
}


@pytest.mark.parametrize("name", HEADS_TAKEN)
def test_odd_head_is_taken(broken, name):
    proxy, origin = broken
    origin.data, status, body = HEADS_TAKEN[name]
    origin.then = "keep"
    client = proxy.client()
    for _ in range(2):
        answer = client.get("/broken")
        assert (answer.status, answer.body) == (status, body)
    assert client.get("/fine").body == b"fine"


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("data, statuses", [(b"", (503,)), (b"HTTP/1.1 100 Continue\r\n\r\n", (503,)), (b"HT", (502, 503)),
                                            (OK + b"X-A: b\r\n", (502, 503))], ids=["nothing", "only 100", "two bytes", "half a head"])
def test_no_answer_is_503(broken, data, statuses, then):
    proxy, origin = broken
    origin.data, origin.then = data, then
    client = proxy.client()
    client.send(request_bytes("POST", "/broken", body=b"hello"))
    assert client.read_response().status in statuses
    assert client.get("/fine").body == b"fine"


CUT = {
    "length": (OK + b"Content-Length: 100\r\n\r\nhello", "close"),
    "length, reset": (OK + b"Content-Length: 100\r\n\r\nhello", "reset"),
    "chunked": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "close"),
    "inside a chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n64\r\nhello", "close"),
    "before the last CRLF": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "close"),
    "inside the trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A: b\r\n", "close"),
    "bad chunk size": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxx\r\n", "keep"),
    "chunk size overflow": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10000000000000001\r\nx", "keep"),
    "chunk without CRLF": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n", "keep"),
    "bare LF in the chunking": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", "keep"),
    "framing trailer": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n", "keep"),
    "malformed trailer": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX A: b\r\n\r\n", "keep"),
    "until close, reset": (OK + b"\r\nhello", "reset"),
}


@pytest.mark.parametrize("name", CUT)
def test_cut_body_looks_cut(broken, name):
    """Once the head has gone out only a cut connection tells the truth; before that it is a 502 or 503."""
    proxy, origin = broken
    origin.data, origin.then = CUT[name]
    client = proxy.client()
    client.send(request_bytes(target="/broken"))
    try:
        answer = client.read_response()
    except (Ended, Bad):
        pass
    else:
        assert answer.status in (502, 503), "a completed lie: %r %r" % (answer.head, answer.body)
    assert proxy.get("/fine").body == b"fine"


@pytest.mark.parametrize("name", ["length", "chunked", "inside a chunk", "bad chunk size", "until close, reset"])
def test_cut_body_looks_cut_to_http10(broken, name):
    """Without a length the end of the connection is the end of the body: only a reset can say that it is not."""
    proxy, origin = broken
    origin.data, origin.then = CUT[name]
    client = proxy.client()
    client.send(request_bytes(target="/broken", version="1.0"))
    try:
        answer = client.read_response()
    except (Ended, Bad):
        pass
    else:
        assert answer.status in (502, 503), "a completed lie: %r %r" % (answer.head, answer.body)
    assert proxy.get("/fine").body == b"fine"


POISON = reply(200, "poison")
EXTRA = {
    "second answer": ("GET", reply(200, "mine") + POISON, b"mine"),
    "bytes after the length": ("GET", reply(200, "mine") + b"garbage", b"mine"),
    "bytes after the last chunk": ("GET", reply(200, "mine", framing="chunked") + b"garbage", b"mine"),
    "body of HEAD": ("HEAD", reply(200, "mine"), b""),
    "second answer to HEAD": ("HEAD", reply(200, b"") + POISON, b""),
    "body of 204": ("GET", b"HTTP/1.1 204 No Content\r\n\r\nmine" + POISON, b""),
    "body of 304": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nmine" + POISON, b""),
    "second 204": ("GET", b"HTTP/1.1 204 No Content\r\n\r\n" + POISON, b""),
}


@pytest.mark.parametrize("name", EXTRA)
def test_extra_bytes_never_reach_another_client(broken, name):
    proxy, origin = broken
    method, origin.data, body = EXTRA[name]
    origin.then = "keep"
    client = proxy.client()
    answer = client.ask(method, "/broken")
    assert answer.body == body
    for _ in range(3):
        assert proxy.get("/fine").body == b"fine"
        assert client.get("/fine").body == b"fine"


def test_bytes_on_an_idle_connection_close_it(start, make_origin):
    def script(wire, origin, number):
        while True:
            origin.request(wire)
            if number == 0:
                origin.poison = wire
            wire.send(reply(200, "answer %d" % number))
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin)], workers=1)
    assert proxy.get("/").body == b"answer 0"
    origin.poison.send(POISON)
    origin.wait(lambda: origin.open == 0, "nuncio to close the poisoned connection")
    assert proxy.get("/").body == b"answer 1"


BODILESS = {
    "HEAD with length": ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", 200, "1234"),
    "HEAD with chunked": ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, None),
    "HEAD without framing": ("HEAD", b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n", 200, None),
    "204": ("GET", b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", 204, None),
    "304": ("GET", b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 304, None),
    "304 with length": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n", 304, "1234"),
    "204 to POST": ("POST", b"HTTP/1.1 204 No Content\r\n\r\n", 204, None),
    "length 0": ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "0"),
}


@pytest.mark.parametrize("name", BODILESS)
def test_answers_without_body(broken, name):
    proxy, origin = broken
    method, origin.data, status, length = BODILESS[name]
    origin.then = "keep"
    client = proxy.client()
    for _ in range(3):
        answer = client.ask(method, "/broken", body=b"hello" if method == "POST" else None)
        assert (answer.status, answer.body) == (status, b"")
        if length:
            assert answer.one("content-length") == length
    assert client.get("/fine").body == b"fine"


def test_204_has_no_framing_fields(broken):
    proxy, origin = broken
    origin.data, origin.then = b"HTTP/1.1 204 No Content\r\n\r\n", "keep"
    answer = proxy.get("/broken")
    assert not answer.has("content-length") and not answer.has("transfer-encoding")


def test_recovery_is_immediate(start, make_origin):
    """The origin is away, then back: no penalty."""
    origin = make_origin(lambda r: reply(200, "back"), listen=False)
    proxy = start([mapping("all", "/", origin, connect_timeout_ms=200)])
    assert [proxy.get("/").status for _ in range(3)] == [503] * 3
    origin.listen()
    assert proxy.get("/").body == b"back"
