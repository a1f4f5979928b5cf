# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Where the body of a request ends (RFC 9112 §6, http-rules 1–7): what is in doubt is refused, nothing of it becomes a request at the
origin, and the connection serves nothing more. Every verdict is taken twice, with the bytes in one piece and one by one."""
import pytest

from kit.wire import Ended, chunked, request_bytes

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n"
WAYS = ["at once", "byte by byte"]


def head(*lines, method="POST", version="1.1"):
    return ("%s /in HTTP/%s\r\nHost: test\r\n" % (method, version) + "".join(l + "\r\n" for l in lines) + "\r\n").encode("latin-1")


def transmit(client, data, way):
    if way == WAYS[0]:
        client.try_send(data)
    else:
        client.send_slowly(data)


def assert_refused(pair, data, way, statuses=(400,), head_passed=False):
    """Refused with one of `statuses` and closed; nothing complete at the origin, nothing of what follows served."""
    proxy, origin = pair
    client = proxy.client()
    transmit(client, data, way)
    answer = client.read_response()
    assert answer.status in statuses, answer.head
    assert "close" in [e.lower() for e in answer.list("connection")], answer.head
    assert client.expect_close() == b""
    assert proxy.get("/after").status == 200
    assert origin.targets() == ["/after"], "reached the origin: %r" % [r.head for r in origin.requests]
    if not head_passed:
        assert [r.target for r in origin.heads] == ["/after"]


LENGTHS_REFUSED = {
    "letters": ["Content-Length: abc"],
    "empty": ["Content-Length:"],
    "only spaces": ["Content-Length:    "],
    "plus": ["Content-Length: +5"],
    "minus": ["Content-Length: -5"],
    "minus zero": ["Content-Length: -0"],
    "inner space": ["Content-Length: 1 0"],
    "hexadecimal": ["Content-Length: 0x5"],
    "fraction": ["Content-Length: 5.0"],
    "exponent": ["Content-Length: 5e0"],
    "semicolon": ["Content-Length: 5;"],
    "trailing letter": ["Content-Length: 5a"],
    "vertical tab": ["Content-Length: 5\x0b"],
    "non-ASCII digit": ["Content-Length: \xb2"],
    "underscore": ["Content-Length: 1_0"],
    "list that differs": ["Content-Length: 5, 6"],
    "list with an empty element": ["Content-Length: 5,"],
    "two lines that differ": ["Content-Length: 5", "Content-Length: 6"],
    "two lines that differ, other case": ["Content-Length: 5", "content-length: 0"],
    "two lines, one bad": ["Content-Length: 5", "Content-Length: x"],
    "2^64": ["Content-Length: 18446744073709551616"],
    "2^64 + 5": ["Content-Length: 18446744073709551621"],
    "forty digits": ["Content-Length: " + "9" * 40],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LENGTHS_REFUSED)
def test_content_length_refused(pair, name, way):
    assert_refused(pair, head(*LENGTHS_REFUSED[name]) + b"hello" + SMUGGLED, way)


LENGTHS_TAKEN = {
    "plain": ["Content-Length: 5"],
    "leading zeros are decimal": ["Content-Length: 0000000005"],
    "010 is ten": ["Content-Length: 010"],
    "white space around": ["Content-Length: \t 5 \t"],
    "two equal lines": ["Content-Length: 5", "Content-Length: 5"],
    "list of equal values": ["Content-Length: 5, 5"],
    "other case": ["CONTENT-LENGTH: 5"],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LENGTHS_TAKEN)
def test_content_length_taken(pair, name, way):
    proxy, origin = pair
    body = b"helloworld" if name.startswith("010") else b"hello"
    client = proxy.client()
    transmit(client, head(*LENGTHS_TAKEN[name]) + body + request_bytes(target="/next"), way)
    assert client.read_response().status == 200
    assert client.read_response().status == 200
    assert [(r.target, r.body) for r in origin.requests] == [("/in", body), ("/next", b"")]


CODINGS_REFUSED = {
    "empty": ["Transfer-Encoding:"],
    "only commas": ["Transfer-Encoding: , ,"],
    "gzip": ["Transfer-Encoding: gzip"],
    "identity": ["Transfer-Encoding: identity"],
    "xchunked": ["Transfer-Encoding: xchunked"],
    "chunkedx": ["Transfer-Encoding: chunkedx"],
    "gzip, chunked": ["Transfer-Encoding: gzip, chunked"],
    "chunked, gzip": ["Transfer-Encoding: chunked, gzip"],
    "chunked, identity": ["Transfer-Encoding: chunked, identity"],
    "chunked, chunked": ["Transfer-Encoding: chunked, chunked"],
    "two lines": ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "two lines, gzip last": ["Transfer-Encoding: chunked", "Transfer-Encoding: gzip"],
    "parameter": ["Transfer-Encoding: chunked;q=1"],
    "quotes": ['Transfer-Encoding: "chunked"'],
    "single quotes": ["Transfer-Encoding: 'chunked'"],
    "vertical tab before": ["Transfer-Encoding: \x0bchunked"],
    "form feed after": ["Transfer-Encoding: chunked\x0c"],
    "inner space": ["Transfer-Encoding: chun ked"],
    "non-breaking space": ["Transfer-Encoding: \xa0chunked"],
    "with Content-Length": ["Content-Length: 5", "Transfer-Encoding: chunked"],
    "with Content-Length after": ["Transfer-Encoding: chunked", "Content-Length: 5"],
    "with Content-Length 0": ["Transfer-Encoding: chunked", "Content-Length: 0"],
    "named by Connection": ["Connection: transfer-encoding, close", "Transfer-Encoding: chunked", "Content-Length: 5"],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CODINGS_REFUSED)
def test_transfer_encoding_refused(pair, name, way):
    assert_refused(pair, head(*CODINGS_REFUSED[name]) + chunked(b"hello") + SMUGGLED, way, (400, 501))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lines", [["Transfer-Encoding: chunked"], ["Transfer-Encoding: chunked", "Connection: keep-alive"]])
def test_transfer_encoding_in_http10_refused(pair, lines, way):
    assert_refused(pair, head(*lines, version="1.0") + chunked(b"hello") + SMUGGLED, way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", ["chunked", "CHUNKED", "Chunked", " \tchunked\t ", ", chunked", "chunked ,", ",, ,chunked,"])
def test_transfer_encoding_taken(pair, value, way):
    proxy, origin = pair
    client = proxy.client()
    transmit(client, head("Transfer-Encoding:" + value) + chunked(b"hello", b" world") + request_bytes(target="/next"), way)
    assert client.read_response().status == 200
    assert client.read_response().status == 200
    assert [(r.target, r.body) for r in origin.requests] == [("/in", b"hello world"), ("/next", b"")]


END = b"0\r\n\r\n"
CHUNKS_REFUSED = {
    "0x": b"0x5\r\nhello\r\n" + END,
    "plus": b"+5\r\nhello\r\n" + END,
    "minus": b"-5\r\nhello\r\n" + END,
    "no size": b"\r\nhello\r\n" + END,
    "not hexadecimal": b"g\r\nhello\r\n" + END,
    "letter after the size": b"5h\r\nhello\r\n" + END,
    "space before": b" 5\r\nhello\r\n" + END,
    "space after": b"5 \r\nhello\r\n" + END,
    "underscore": b"0_5\r\nhello\r\n" + END,
    "2^64 + 5": b"10000000000000005\r\nhello\r\n" + END,
    "sum overflows": b"5\r\nhello\r\nfffffffffffffffe\r\nhello\r\n" + END,
    "only an extension": b";a=b\r\nhello\r\n" + END,
    "bare LF after the size": b"5\nhello\r\n" + END,
    "bare CR after the size": b"5\rhello\r\n" + END,
    "CR CR LF": b"5\r\r\nhello\r\n" + END,
    "bare LF after the data": b"5\r\nhello\n" + END,
    "no CRLF after the data": b"5\r\nhello" + END,
    "more data than announced": b"5\r\nhello!\r\n" + END,
    "less data than announced": b"6\r\nhello\r\n" + END,
    "bare LF after the last size": b"5\r\nhello\r\n0\n\n",
    "bare LF at the very end": b"5\r\nhello\r\n0\r\n\n",
    "bare LF in an extension": b"5;a\nb\r\nhello\r\n" + END,
    "bare CR in an extension": b"5;a\rb\r\nhello\r\n" + END,
    "NUL in an extension": b"5;a\0b\r\nhello\r\n" + END,
    "control character in an extension": b"5;a\x01b\r\nhello\r\n" + END,
    "minus zero": b"5\r\nhello\r\n-0\r\n\r\n",
    "trailer Content-Length": b"5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n",
    "trailer Transfer-Encoding": b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "trailer Host": b"5\r\nhello\r\n0\r\nHost: other\r\n\r\n",
    "trailer without a colon": b"5\r\nhello\r\n0\r\nnothing\r\n\r\n",
    "trailer with an empty name": b"5\r\nhello\r\n0\r\n: x\r\n\r\n",
    "trailer with space before the colon": b"5\r\nhello\r\n0\r\nX-A : x\r\n\r\n",
    "folded trailer": b"5\r\nhello\r\n0\r\nX-A: x\r\n y\r\n\r\n",
    "trailer with NUL": b"5\r\nhello\r\n0\r\nX-A: x\0y\r\n\r\n",
    "trailer with bare LF": b"5\r\nhello\r\n0\r\nX-A: x\nX-B: y\r\n\r\n",
    "trailer with bare CR": b"5\r\nhello\r\n0\r\nX-A: x\rX-B: y\r\n\r\n",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CHUNKS_REFUSED)
def test_chunked_body_refused(pair, name, way):
    data = head("Transfer-Encoding: chunked") + CHUNKS_REFUSED[name] + SMUGGLED
    assert_refused(pair, data, way, head_passed=True)


@pytest.mark.parametrize("unbounded", [b"5;" + b"a" * 300000, b"0" * 300000, b"5\r\nhello\r\n0\r\nX-A: " + b"a" * 300000,
                                       b"5\r\nhello\r\n0\r\n" + b"X-A: b\r\n" * 40000],
                         ids=["extension", "zeros", "trailer line", "trailer count"])
def test_chunked_overhead_is_bounded(pair, unbounded):
    proxy, origin = pair
    client = proxy.client()
    client.try_send(head("Transfer-Encoding: chunked") + unbounded)
    try:
        assert client.read_response().status in (400, 413, 431)
    except Ended as e:
        assert e.reset  # bytes that nobody read may turn the end into a reset
    client.expect_close()
    assert proxy.get("/after").status == 200
    assert origin.targets() == ["/after"]


def test_small_extensions_in_sum_are_bounded_or_dropped(pair):
    """One byte of data with a long extension each, over and over (CVE-2023-39326): refused, or dropped and never passed on."""
    proxy, origin = pair
    client = proxy.client()
    client.try_send(head("Transfer-Encoding: chunked") + (b"1;" + b"a" * 200 + b"\r\nx\r\n") * 2000 + END)
    answer = client.read_response()
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert origin.last.body == b"x" * 2000


CHUNKS_TAKEN = {
    "upper case": (b"A\r\n0123456789\r\n" + END, b"0123456789"),
    "lower case": (b"a\r\n0123456789\r\n" + END, b"0123456789"),
    "leading zeros": (b"0005\r\nhello\r\n" + END, b"hello"),
    "extension": (b"5;name=value\r\nhello\r\n" + END, b"hello"),
    "quoted extension": (b'5;name="a b"\r\nhello\r\n0;last\r\n\r\n', b"hello"),
    "empty body": (END, b""),
    "several zeros": (b"5\r\nhello\r\n000\r\n\r\n", b"hello"),
    "CRLF in the data": (b"4\r\n\r\n\r\n\r\n" + END, b"\r\n\r\n"),
    "a request in the data": (b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n" + END, SMUGGLED),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CHUNKS_TAKEN)
def test_chunked_body_taken(pair, name, way):
    """The origin gets nuncio's own framing: its reader refuses extensions and anything loose."""
    proxy, origin = pair
    wire, body = CHUNKS_TAKEN[name]
    client = proxy.client()
    transmit(client, head("Transfer-Encoding: chunked") + wire + request_bytes(target="/next"), way)
    assert client.read_response().status == 200
    assert client.read_response().status == 200
    assert [(r.target, r.body) for r in origin.requests] == [("/in", body), ("/next", b"")]


def test_trailers_pass_as_trailers(pair):
    proxy, origin = pair
    client = proxy.client()
    client.send(head("Transfer-Encoding: chunked", "X-A: head") + chunked(b"hello", trailers=[("X-A", "tail"), ("X-Sum", "1")]))
    assert client.read_response().status == 200
    assert origin.last.all("x-a") == ["head"], "trailers are never merged into the head"
    assert [(n.lower(), v) for n, v in origin.last.trailers] == [("x-a", "tail"), ("x-sum", "1")]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "PUT", "PATCH", "X-ODD"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_every_method_keeps_its_body(pair, method, framing, way):
    proxy, origin = pair
    if framing == "length":
        data = head("Content-Length: %d" % len(SMUGGLED), method=method) + SMUGGLED
    else:
        data = head("Transfer-Encoding: chunked", method=method) + chunked(SMUGGLED)
    client = proxy.client()
    transmit(client, data + request_bytes(target="/next"), way)
    assert client.read_response(method).status == 200
    assert client.read_response().status == 200
    assert [(r.method, r.target, r.body) for r in origin.requests] == [(method, "/in", SMUGGLED), ("GET", "/next", b"")]


@pytest.mark.parametrize("cut", ["length", "chunked", "inside a chunk", "before the last CRLF"])
def test_cut_body_is_no_request(pair, cut):
    """The client ends in the middle of its body: what the origin got must look cut too."""
    proxy, origin = pair
    client = proxy.client()
    if cut == "length":
        client.send(head("Content-Length: 10") + b"hello")
    else:
        part = {"chunked": b"5\r\nhello\r\n", "inside a chunk": b"a\r\nhello", "before the last CRLF": b"5\r\nhello\r\n0\r\n"}[cut]
        client.send(head("Transfer-Encoding: chunked") + part)
    client.half_close()
    assert client.expect_close()[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 408")
    assert proxy.get("/after").status == 200
    assert origin.targets() == ["/after"]
