# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The head of a request (RFC 9112 §2–5, http-rules 8–11 and 13): what two parsers could read differently is refused with 400 (or the
status named) and a closed connection, and nothing of it reaches the origin."""
import pytest

from kit.wire import Ended, request_bytes

WAYS = ["at once", "byte by byte"]
SECOND = b"GET /second HTTP/1.1\r\nHost: test\r\n\r\n"


def transmit(client, data, way):
    if way == WAYS[0]:
        client.try_send(data)
    else:
        client.send_slowly(data)


def assert_refused(pair, data, way, statuses=(400,)):
    proxy, origin = pair
    client = proxy.client()
    transmit(client, data + SECOND, way)
    answer = client.read_response()
    assert answer.status in statuses, answer.head
    assert answer.has("x-request-id")
    assert client.expect_close() == b""
    assert proxy.get("/after").status == 200
    assert [r.target for r in origin.heads] == ["/after"], "reached the origin: %r" % origin.heads[0].head


def fields(*lines):
    return b"GET /in HTTP/1.1\r\nHost: test\r\n" + b"".join(l + b"\r\n" for l in lines) + b"\r\n"


FIELDS_REFUSED = {
    "empty name": fields(b": v"),
    "no colon": fields(b"nothing"),
    "no colon at all but spaces": fields(b"  "),
    "space before the colon": fields(b"X-A : v"),
    "tab before the colon": fields(b"X-A\t: v"),
    "space in the name": fields(b"X A: v"),
    "control character in the name": fields(b"X\x01A: v"),
    "DEL in the name": fields(b"X\x7fA: v"),
    "non-ASCII in the name": fields(b"X\xe9: v"),
    "parenthesis in the name": fields(b"X(A): v"),
    "slash in the name": fields(b"X/A: v"),
    "bracket in the name": fields(b"X[A]: v"),
    "quote in the name": fields(b'"X": v'),
    "comma in the name": fields(b"X,A: v"),
    "semicolon in the name": fields(b"X;A: v"),
    "at in the name": fields(b"X@A: v"),
    "NUL in the name": fields(b"X\0A: v"),
    "NUL in the value": fields(b"X-A: a\0b"),
    "NUL as the value": fields(b"X-A: \0"),
    "bare CR in the value": fields(b"X-A: a\rb"),
    "bare CR before CRLF": fields(b"X-A: a\r"),
    "bare CR in the name": fields(b"X\rA: v"),
    "bare LF between fields": fields(b"X-A: a\nX-B: b"),
    "bare LF after the request line": b"GET /in HTTP/1.1\nHost: test\r\n\r\n",
    "bare LF after Host": b"GET /in HTTP/1.1\r\nHost: test\n\r\n",
    "only bare LF": b"GET /in HTTP/1.1\nHost: test\n\n",
    "bare LF as the last line": b"GET /in HTTP/1.1\r\nHost: test\r\n\n",
    "folded line": fields(b"X-A: a", b" b"),
    "folded line with a tab": fields(b"X-A: a", b"\tb"),
    "folded empty line": fields(b"X-A: a", b" "),
    "folded Host": b"GET /in HTTP/1.1\r\nHost:\r\n test\r\n\r\n",
    "space before the first field": b"GET /in HTTP/1.1\r\n Host: test\r\n\r\n",
    "space before the first field, Host after": b"GET /in HTTP/1.1\r\n X-A: a\r\nHost: test\r\n\r\n",
    "tab before the first field": b"GET /in HTTP/1.1\r\n\tX-A: a\r\nHost: test\r\n\r\n",
    "Content-Length with space before the colon": fields(b"Content-Length : 5") + b"hello",
    "Transfer-Encoding with space before the colon": fields(b"Transfer-Encoding : chunked") + b"0\r\n\r\n",
    "Transfer-Encoding with NUL in the name": fields(b"Transfer-Encoding\0: chunked") + b"0\r\n\r\n",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FIELDS_REFUSED)
def test_field_refused(pair, name, way):
    assert_refused(pair, FIELDS_REFUSED[name], way)


FIELDS_TAKEN = {
    "empty value": (b"X-A:", ("X-A", "")),
    "no space": (b"X-A:v", ("X-A", "v")),
    "spaces and tabs around": (b"X-A: \t v \t ", ("X-A", "v")),
    "inner spaces": (b"X-A: a  b\tc", ("X-A", "a  b\tc")),
    "token characters in the name": (b"!#$%&'*+-.^_`|~09aZ: v", ("!#$%&'*+-.^_`|~09aZ", "v")),
    "non-ASCII value": (b"X-A: \xc3\xa9\xff", ("X-A", "\xc3\xa9\xff")),
    "colon in the value": (b"X-A: a:b: c", ("X-A", "a:b: c")),
    "spelling of the name": (b"x-ODD-cAsE: v", ("x-ODD-cAsE", "v")),
    "underscore": (b"X_A: v", ("X_A", "v")),
    "long value": (b"X-A: " + b"v" * 8000, ("X-A", "v" * 8000)),
}


@pytest.mark.parametrize("name", FIELDS_TAKEN)
def test_field_taken_as_it_came(pair, name):
    proxy, origin = pair
    line, field = FIELDS_TAKEN[name]
    client = proxy.client()
    client.send(fields(line))
    assert client.read_response().status == 200
    assert field in origin.last.fields


def line(text):
    return text + b"\r\nHost: test\r\n\r\n"


LINES_REFUSED = {
    "HTTP/0.9": (b"GET /in\r\n\r\n", (400, 505)),
    "no version": (line(b"GET /in"), (400, 505)),
    "space, no version": (line(b"GET /in "), (400, 505)),
    "only a method": (line(b"GET"), (400,)),
    "HTTP/0.9 written": (line(b"GET /in HTTP/0.9"), (400, 505)),
    "HTTP/1.2": (line(b"GET /in HTTP/1.2"), (400, 505)),
    "HTTP/2.0": (line(b"GET /in HTTP/2.0"), (505,)),
    "HTTP/3.0": (line(b"GET /in HTTP/3.0"), (505,)),
    "HTTP/9.9": (line(b"GET /in HTTP/9.9"), (505,)),
    "HTTP/1.10": (line(b"GET /in HTTP/1.10"), (400, 505)),
    "HTTP/01.1": (line(b"GET /in HTTP/01.1"), (400, 505)),
    "HTTP/11": (line(b"GET /in HTTP/11"), (400, 505)),
    "HTTP/1": (line(b"GET /in HTTP/1"), (400, 505)),
    "HTTP/1.": (line(b"GET /in HTTP/1."), (400, 505)),
    "HTTP/1.1x": (line(b"GET /in HTTP/1.1x"), (400, 505)),
    "HTTP/+1.1": (line(b"GET /in HTTP/+1.1"), (400, 505)),
    "HTTP-1.1": (line(b"GET /in HTTP-1.1"), (400, 505)),
    "HTTP /1.1": (line(b"GET /in HTTP /1.1"), (400, 505)),
    "http/1.1": (line(b"GET /in http/1.1"), (400, 505)),
    "HTTQ/1.1": (line(b"GET /in HTTQ/1.1"), (400, 505)),
    "space after the version": (line(b"GET /in HTTP/1.1 "), (400, 505)),
    "two spaces before the target": (line(b"GET  /in HTTP/1.1"), (400,)),
    "two spaces before the version": (line(b"GET /in  HTTP/1.1"), (400,)),
    "tab as separator": (line(b"GET\t/in\tHTTP/1.1"), (400,)),
    "vertical tab as separator": (line(b"GET /in\x0bHTTP/1.1"), (400,)),
    "space first": (line(b" GET /in HTTP/1.1"), (400,)),
    "no method": (line(b"/in HTTP/1.1"), (400,)),
    "parenthesis in the method": (line(b"G(T /in HTTP/1.1"), (400,)),
    "colon in the method": (line(b"GET: /in HTTP/1.1"), (400,)),
    "slash in the method": (line(b"GE/T /in HTTP/1.1"), (400,)),
    "NUL in the method": (line(b"GE\0T /in HTTP/1.1"), (400,)),
    "non-ASCII in the method": (line(b"G\xc9T /in HTTP/1.1"), (400,)),
    "space in the target": (line(b"GET /in a HTTP/1.1"), (400,)),
    "NUL in the target": (line(b"GET /i\0n HTTP/1.1"), (400,)),
    "control character in the target": (line(b"GET /i\x01n HTTP/1.1"), (400,)),
    "tab in the target": (line(b"GET /i\tn HTTP/1.1"), (400,)),
    "DEL in the target": (line(b"GET /i\x7fn HTTP/1.1"), (400,)),
    "bare CR in the target": (line(b"GET /i\rn HTTP/1.1"), (400,)),
    "non-ASCII in the target": (line(b"GET /\xc3\xa9 HTTP/1.1"), (400,)),
    "non-ASCII in the query": (line(b"GET /in?\xff HTTP/1.1"), (400,)),
    "control character in the query": (line(b"GET /in?a\x02 HTTP/1.1"), (400,)),
    "fragment": (line(b"GET /in#part HTTP/1.1"), (400,)),
    "fragment after the query": (line(b"GET /in?a=1#part HTTP/1.1"), (400,)),
    "no leading slash": (line(b"GET in HTTP/1.1"), (400,)),
    "authority form with GET": (line(b"GET test:80 HTTP/1.1"), (400,)),
    "asterisk with GET": (line(b"GET * HTTP/1.1"), (400,)),
    "query without a path": (line(b"GET ?a=1 HTTP/1.1"), (400,)),
    "CONNECT": (line(b"CONNECT test:443 HTTP/1.1"), (400,)),
    "CONNECT with a path": (line(b"CONNECT /in HTTP/1.1"), (400,)),
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", (400,)),
    "HTTP/2 preface where none is served": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LINES_REFUSED)
def test_request_line_refused(pair, name, way):
    data, statuses = LINES_REFUSED[name]
    assert_refused(pair, data, way, statuses)


@pytest.mark.parametrize("method", ["GET", "PURGE", "X-Odd_1!", "get", "M-SEARCH", "A" * 20])
def test_method_passes_as_it_came(pair, method):
    proxy, origin = pair
    assert proxy.ask(method, "/in").status == 200
    assert origin.last.method == method


def hosts(*values):
    return b"GET /in HTTP/1.1\r\n" + b"".join(b"Host: " + v + b"\r\n" for v in values) + b"\r\n"


HOSTS_REFUSED = {
    "none": hosts(),
    "two": hosts(b"a.test", b"b.test"),
    "two equal": hosts(b"a.test", b"a.test"),
    "two in different case": b"GET /in HTTP/1.1\r\nHost: a.test\r\nhOST: b.test\r\n\r\n",
    "list": hosts(b"a.test, b.test"),
    "space": hosts(b"a test"),
    "slash": hosts(b"a.test/in"),
    "at": hosts(b"user@a.test"),
    "question mark": hosts(b"a.test?x"),
    "hash": hosts(b"a.test#x"),
    "backslash": hosts(b"a.test\\x"),
    "letters as port": hosts(b"a.test:http"),
    "two ports": hosts(b"a.test:80:80"),
    "negative port": hosts(b"a.test:-1"),
    "port out of range": hosts(b"a.test:123456"),
    "open bracket": hosts(b"[::1"),
    "closing bracket": hosts(b"::1]"),
    "IPv6 without brackets": hosts(b"fe80::1:2"),
    "text after the bracket": hosts(b"[::1]x"),
    "quotes": hosts(b'"a.test"'),
    "angle brackets": hosts(b"<a.test>"),
    "non-ASCII": hosts(b"\xc3\xa9.test"),
    "control character": hosts(b"a\x01.test"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", HOSTS_REFUSED)
def test_host_refused(pair, name, way):
    assert_refused(pair, HOSTS_REFUSED[name], way)


@pytest.mark.parametrize("host", ["a", "a.test", "A.Test", "a.test:8080", "a.test:", "127.0.0.1:80", "[::1]", "[::1]:8080", "a_b.c-d", "a~b"])
def test_host_passes_as_it_came(pair, host):
    proxy, origin = pair
    assert proxy.get("/in", host=host).status == 200
    assert origin.last.one("host") == host


ABSOLUTE = {  # target → (Host at the origin, target at the origin)
    "http://other.test/p": ("other.test", "/p"),
    "http://other.test:81/p?q=1": ("other.test:81", "/p?q=1"),
    "HTTP://Other.Test/p": ("Other.Test", "/p"),
    "http://other.test": ("other.test", "/"),
    "http://other.test?q=1": ("other.test", "/?q=1"),
    "http://[::1]:8080/p": ("[::1]:8080", "/p"),
    "http://other.test/a/../p": ("other.test", "/p"),
}


@pytest.mark.parametrize("target", ABSOLUTE)
def test_absolute_form_replaces_host(pair, target):
    proxy, origin = pair
    assert proxy.get(target, host="ignored.test").status == 200
    assert (origin.last.one("host").lower(), origin.last.target) == (ABSOLUTE[target][0].lower(), ABSOLUTE[target][1])


ABSOLUTE_REFUSED = ["http://user@other.test/p", "http://user:pw@other.test/p", "ftp://other.test/p", "http:/other.test/p", "http:///p",
                    "http://other.test:x/p", "http://oth er.test/p", "ws://other.test/p", "file:///etc/passwd", "http://other.test/p#f",
                    "other.test/p", "//other.test\\@a/p\x01"]


@pytest.mark.parametrize("target", ABSOLUTE_REFUSED)
def test_absolute_form_refused(pair, target):
    assert_refused(pair, request_bytes(target=target), WAYS[0])


@pytest.mark.parametrize("hosts_sent", [[], ["a.test", "b.test"], ["a b"]], ids=["none", "two", "invalid"])
def test_absolute_form_needs_one_valid_host_too(pair, hosts_sent):
    data = b"GET http://other.test/p HTTP/1.1\r\n" + b"".join(b"Host: %s\r\n" % h.encode() for h in hosts_sent) + b"\r\n"
    assert_refused(pair, data, WAYS[0])


@pytest.mark.parametrize("way", WAYS)
def test_empty_lines_before_a_request_are_skipped(pair, way):
    proxy, origin = pair
    client = proxy.client()
    transmit(client, b"\r\n\r\n" + request_bytes(target="/one") + b"\r\n" + request_bytes(target="/two"), way)
    assert client.read_response().status == 200
    assert client.read_response().status == 200
    assert origin.targets() == ["/one", "/two"]


def test_target_of_8000_bytes_works(pair):
    proxy, origin = pair
    for target in ["/" + "a" * 7999, "/?" + "q" * 7998]:
        assert proxy.get(target).status == 200
        assert origin.last.target == target


def test_90_fields_work(pair):
    proxy, origin = pair
    sent = [("X-Field-%d" % i, "value %d" % i) for i in range(88)]
    assert proxy.get("/in", sent).status == 200
    assert [f for f in origin.last.fields if f[0].startswith("X-Field-")] == sent


ENDLESS = {
    "target": (b"GET /" + b"a" * 400000 + b" HTTP/1.1\r\nHost: test\r\n\r\n", (414,)),
    "target without an end": (b"GET /" + b"a" * 4000000, (414,)),
    "method": (b"A" * 400000 + b" / HTTP/1.1\r\nHost: test\r\n\r\n", (400, 414, 431)),
    "field line": (b"GET / HTTP/1.1\r\nHost: test\r\nX-A: " + b"a" * 400000 + b"\r\n\r\n", (431,)),
    "field line without an end": (b"GET / HTTP/1.1\r\nHost: test\r\nX-A: " + b"a" * 4000000, (431,)),
    "field name without an end": (b"GET / HTTP/1.1\r\nHost: test\r\n" + b"X" * 4000000, (400, 431)),
    "fields": (b"GET / HTTP/1.1\r\nHost: test\r\n" + b"X-A: b\r\n" * 20000 + b"\r\n", (431,)),
    "fields without an end": (b"GET / HTTP/1.1\r\nHost: test\r\n" + b"X-A: b\r\n" * 400000, (431,)),
    "empty lines": (b"\r\n" * 2000000, (400, 431)),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_endless_head_is_cut_off(pair, name):
    proxy, origin = pair
    data, statuses = ENDLESS[name]
    client = proxy.client()
    client.try_send(data)
    try:
        assert client.read_response().status in statuses
    except Ended:
        assert len(data) > 100000  # bytes that nobody read turned the close into a reset, which may overtake the answer
    client.expect_close()
    assert proxy.get("/after").status == 200
    assert [r.target for r in origin.heads] == ["/after"]


@pytest.mark.parametrize("data, status", [(b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: test\r\n\r\n", 414),
                                          (b"GET / HTTP/1.1\r\nHost: test\r\nX-A: " + b"a" * 70000 + b"\r\n\r\n", 431)])
def test_too_long_is_answered(pair, data, status):
    """The answer arrives though the head was not read to its end."""
    proxy, _ = pair
    client = proxy.client()
    client.try_send(data)
    assert client.read_response().status == status
