# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Fields that an intermediary removes, adds and keeps (RFC 9110 §7.6, http-rules 14 and 15, ambassador-proxy.md 4.1 and 4.2)."""
import json
import re

import pytest

from kit.nuncio import mapping, module
from kit.wire import reply

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
DATE = re.compile(r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$")


def seen(pair, fields, **more):
    """The request that the origin got."""
    proxy, origin = pair
    answer = proxy.get("/in", fields, **more)
    assert answer.status == 200, answer.head
    return origin.last


HOP_BY_HOP = [
    [("Keep-Alive", "timeout=5")],
    [("Proxy-Connection", "keep-alive")],
    [("TE", "trailers")],
    [("TE", "gzip;q=0.5")],
    [("Upgrade", "h2c"), ("Connection", "Upgrade, HTTP2-Settings"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")],
    [("Upgrade", "websocket")],
    [("Upgrade", "foo/2")],
    [("Connection", "X-Mine"), ("X-Mine", "secret")],
    [("Connection", "x-mine"), ("X-MINE", "a"), ("x-Mine", "b")],
    [("Connection", "keep-alive"), ("Connection", ", X-Mine ,"), ("X-Mine", "secret")],
    [("X-Mine", "before"), ("Connection", "foo, X-Mine")],
]


@pytest.mark.parametrize("fields", HOP_BY_HOP, ids=lambda f: " ".join("%s=%s" % x for x in f))
def test_hop_by_hop_fields_are_removed_from_requests(pair, fields):
    request = seen(pair, fields + [("X-Other", "stays")])
    assert request.get("x-other") == "stays"
    for name in {n.lower() for n, _ in fields} - {"connection"}:
        assert not request.has(name), request.head
    assert not {"x-mine", "upgrade", "http2-settings", "foo"} & {e.lower() for e in request.list("connection")}


@pytest.mark.parametrize("fields", HOP_BY_HOP[:4] + HOP_BY_HOP[7:], ids=lambda f: " ".join("%s=%s" % x for x in f))
def test_hop_by_hop_fields_are_removed_from_responses(start, make_origin, fields):
    origin = make_origin(lambda r: reply(200, "body", fields + [("X-Other", "stays")]))
    proxy = start([mapping("all", "/", origin)])
    answer = proxy.get("/")
    assert (answer.body, answer.get("x-other")) == (b"body", "stays")
    for name in {n.lower() for n, _ in fields} - {"connection"}:
        assert not answer.has(name), answer.head
    assert not {"x-mine", "foo"} & {e.lower() for e in answer.list("connection")}


@pytest.mark.parametrize("named", ["Content-Length", "content-length, close", "Transfer-Encoding", "Host", "X-Forwarded-For", "X-Forwarded-Proto",
                                   "X-Forwarded-For, X-Forwarded-Proto, Host, Content-Length"])
def test_connection_cannot_remove_framing_or_security_fields(pair, named):
    proxy, origin = pair
    answer = proxy.ask("POST", "/in", [("Connection", named)], b"hello", host="wanted.test")
    assert answer.status == 200
    request = origin.last
    assert request.body == b"hello"
    assert request.one("host") == "wanted.test"
    assert request.one("x-forwarded-proto") == "http"
    assert request.list("x-forwarded-for")[-1] == "127.0.0.1"


def test_connection_cannot_remove_chunked(pair):
    proxy, origin = pair
    client = proxy.client()
    client.send(b"POST /in HTTP/1.1\r\nHost: test\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert client.read_response().status == 200
    assert origin.last.body == b"hello"


@pytest.mark.parametrize("sent, expected", [
    ([], ["127.0.0.1"]),
    ([("X-Forwarded-For", "203.0.113.7")], ["203.0.113.7", "127.0.0.1"]),
    ([("X-Forwarded-For", "203.0.113.7,198.51.100.2")], ["203.0.113.7", "198.51.100.2", "127.0.0.1"]),
    ([("X-Forwarded-For", "203.0.113.7"), ("x-forwarded-for", "198.51.100.2")], ["203.0.113.7", "198.51.100.2", "127.0.0.1"]),
    ([("X-Forwarded-For", "not an address")], ["not an address", "127.0.0.1"]),
], ids=["none", "one", "two", "two lines", "garbage"])
def test_last_forwarded_for_is_the_peer(pair, sent, expected):
    assert seen(pair, sent).list("x-forwarded-for") == expected


@pytest.mark.parametrize("sent", [[], [("X-Forwarded-Proto", "https")], [("X-Forwarded-Proto", "https"), ("x-forwarded-proto", "gopher")]])
def test_forwarded_proto_is_written_anew(pair, sent):
    assert seen(pair, sent).one("x-forwarded-proto") == "http"


def test_trusted_peer_keeps_forwarded_proto(start, origin):
    proxy = start([mapping("all", "/", origin), module(use_remote_address=False)])
    assert proxy.get("/", [("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "203.0.113.7")]).status == 200
    assert origin.last.one("x-forwarded-proto") == "https"
    assert origin.last.list("x-forwarded-for") == ["203.0.113.7"]
    assert proxy.get("/").status == 200
    assert origin.last.one("x-forwarded-proto") == "http"


def test_forwarded_host_and_port_are_the_clients_affair(pair):
    request = seen(pair, [("X-Forwarded-Host", "a.test"), ("X-Forwarded-Port", "81")])
    assert (request.one("x-forwarded-host"), request.one("x-forwarded-port")) == ("a.test", "81")
    request = seen(pair, [])
    assert not request.has("x-forwarded-host") and not request.has("x-forwarded-port")


def test_request_id(pair):
    """New for a request that came through other proxies (external), kept from an internal client, a UUID where there is none."""
    first, second = seen(pair, []).one("x-request-id"), seen(pair, []).one("x-request-id")
    assert UUID.match(first) and UUID.match(second) and first != second
    assert seen(pair, [("X-Request-Id", "mine-1")]).one("x-request-id") == "mine-1"
    external = seen(pair, [("X-Request-Id", "mine-1"), ("X-Forwarded-For", "203.0.113.7")])
    assert UUID.match(external.one("x-request-id"))


def test_preserve_external_request_id(start, origin):
    proxy = start([mapping("all", "/", origin), module(preserve_external_request_id=True)])
    assert proxy.get("/", [("X-Request-Id", "mine-1"), ("X-Forwarded-For", "203.0.113.7")]).status == 200
    assert origin.last.one("x-request-id") == "mine-1"


@pytest.mark.parametrize("sent", [[], [("Via", "1.0 fred")], [("Via", "1.0 fred, 1.1 barney (a, b)")], [("Via", "1.0 fred"), ("via", "1.1 x")]])
def test_via_is_appended(pair, sent):
    before = ", ".join(v for _, v in sent)
    assert ", ".join(seen(pair, sent).all("via")) == (before + ", " if before else "") + "1.1 nuncio"


def test_via_can_be_turned_off(start, origin):
    proxy = start([mapping("all", "/", origin), module(via=False)])
    assert proxy.get("/").status == 200
    assert not origin.last.has("via")
    assert proxy.get("/", [("Via", "1.0 fred")]).status == 200
    assert origin.last.all("via") == ["1.0 fred"]


def test_envoy_fields_to_the_origin(start, origin):
    proxy = start([mapping("cut", "/cut/", origin, timeout_ms=7000), mapping("keep", "/keep/", origin, rewrite=""),
                   mapping("endless", "/endless/", origin, timeout_ms=0)])
    assert proxy.get("/cut/a/../b?c=d").status == 200
    assert origin.last.target == "/b?c=d"
    assert origin.last.one("x-envoy-original-path") == "/cut/b?c=d"
    assert origin.last.one("x-envoy-expected-rq-timeout-ms") == "7000"
    assert origin.last.one("x-envoy-internal") == "true"
    assert not origin.last.has("x-envoy-attempt-count")
    assert proxy.get("/keep/a", [("X-Forwarded-For", "203.0.113.7")]).status == 200
    assert not origin.last.has("x-envoy-original-path")
    assert not origin.last.has("x-envoy-internal")
    assert origin.last.one("x-envoy-expected-rq-timeout-ms") == "3000"
    assert proxy.get("/endless/").status == 200
    assert not origin.last.has("x-envoy-expected-rq-timeout-ms")


CONTROL = ["x-envoy-retry-on", "x-envoy-retry-grpc-on", "x-envoy-max-retries", "x-envoy-upstream-rq-timeout-ms",
           "x-envoy-upstream-rq-per-try-timeout-ms", "x-envoy-upstream-rq-timeout-alt-response", "x-envoy-ip-tags", "x-envoy-internal",
           "x-envoy-decorator-operation", "x-envoy-force-trace", "x-envoy-retriable-status-codes", "x-envoy-retriable-header-names",
           "x-envoy-hedge-on-per-try-timeout", "x-envoy-original-path"]


@pytest.mark.parametrize("name", CONTROL)
def test_external_clients_control_nothing(pair, name):
    assert not seen(pair, [(name, "forged"), ("X-Forwarded-For", "203.0.113.7")]).has(name)


def test_external_client_cannot_forge_the_expected_timeout(pair):
    request = seen(pair, [("x-envoy-expected-rq-timeout-ms", "1"), ("X-Forwarded-For", "203.0.113.7")])
    assert request.all("x-envoy-expected-rq-timeout-ms") == ["3000"]


def test_client_certificate_field_is_stripped(pair):
    assert not seen(pair, [("X-Forwarded-Client-Cert", "Subject=\"CN=admin\"")]).has("x-forwarded-client-cert")


def test_suppress_envoy_headers(start, origin):
    proxy = start([mapping("cut", "/cut/", origin), module(suppress_envoy_headers=True)])
    answer = proxy.get("/cut/a")
    assert answer.status == 200
    assert not answer.has("x-envoy-upstream-service-time")
    assert not origin.last.has("x-envoy-original-path") and not origin.last.has("x-envoy-expected-rq-timeout-ms")


def test_fields_to_the_client(pair):
    proxy, _ = pair
    answer = proxy.get("/in")
    assert answer.one("server") == "nuncio"
    assert DATE.match(answer.one("date"))
    assert answer.one("x-envoy-upstream-service-time").isdigit()
    assert not answer.has("via") or "nuncio" in answer.get("via")


def test_date_of_the_origin_is_kept_and_server_replaced(start, make_origin):
    date = "Tue, 15 Nov 1994 08:12:31 GMT"
    origin = make_origin(lambda r: reply(200, "x", [("Date", date), ("Server", "mine/1.0")]))
    proxy = start([mapping("all", "/", origin)])
    answer = proxy.get("/")
    assert (answer.all("date"), answer.all("server")) == ([date], ["nuncio"])


@pytest.mark.parametrize("name, expected", [("edge/7", ["edge/7"]), ("", ["mine/1.0"])])
def test_server_name(start, make_origin, name, expected):
    origin = make_origin(lambda r: reply(200, "x", [("Server", "mine/1.0")]))
    proxy = start([mapping("all", "/", origin), module(server_name=name)])
    assert proxy.get("/").all("server") == expected


def test_order_repetition_and_spelling_are_kept(pair):
    proxy, origin = pair
    sent = [("X-B", "1"), ("x-a", "2"), ("X-B", "3"), ("Cookie", "a=1; b=2"), ("X-b", "4"), ("Accept", "a/b"), ("ACCEPT", "c/d")]
    assert proxy.get("/in", sent).status == 200
    names = {n.lower() for n, _ in sent}
    assert [f for f in origin.last.fields if f[0].lower() in names] == sent


def test_set_cookie_lines_stay_apart(start, make_origin):
    sent = [("Set-Cookie", "a=1; Expires=Wed, 09 Jun 2021 10:18:14 GMT"), ("X-A", "1"), ("Set-Cookie", "b=2"), ("set-cookie", "c=3"), ("X-A", "2")]
    origin = make_origin(lambda r: reply(200, "x", sent))
    proxy = start([mapping("all", "/", origin)])
    answer = proxy.get("/")
    assert [f for f in answer.fields if f[0].lower() in ("set-cookie", "x-a")] == sent


@pytest.mark.parametrize("action, status, passed", [("ALLOW", 200, True), ("REJECT_REQUEST", 400, False), ("DROP_HEADER", 200, False)])
def test_headers_with_underscores_action(start, origin, action, status, passed):
    proxy = start([mapping("all", "/", origin), module(headers_with_underscores_action=action)])
    assert proxy.get("/", [("x_under", "1"), ("X-Dash", "2")]).status == status
    if status == 200:
        assert origin.last.has("x_under") == passed and origin.last.has("x-dash")
    else:
        assert not origin.heads


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
def test_max_forwards_is_honoured(pair, method):
    proxy, origin = pair
    answer = proxy.ask(method, "/in", [("Max-Forwards", "0")])
    assert answer.status in (200, 204, 405, 501)
    assert not origin.heads, "Max-Forwards: 0 ends here"
    assert proxy.ask(method, "/in", [("Max-Forwards", "5")]).status == 200
    assert origin.last.one("max-forwards") == "4"


def test_max_forwards_of_other_methods_is_left_alone(pair):
    assert seen(pair, [("Max-Forwards", "0")]).one("max-forwards") == "0"


def test_options_asterisk(pair):
    """No route can have it; it is answered, harmless, and the connection goes on."""
    proxy, origin = pair
    client = proxy.client()
    answer = client.ask("OPTIONS", "*")
    assert answer.status in (200, 204, 404), answer.head
    assert all(r.target == "*" for r in origin.heads)
    assert client.get("/next").status == 200


def test_body_of_a_trace_is_no_echo(pair):
    """The echo that reaches the client is what the origin said, not something that nuncio made up."""
    proxy, origin = pair
    answer = proxy.ask("TRACE", "/in", [("X-A", "1")])
    assert json.loads(answer.body)["method"] == "TRACE" if origin.heads else answer.status in (405, 501)
