# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Names of services through --resolv-conf and a name server of the test's own (specification README "names")."""
import pytest

from kit.dns import FAIL, SILENT, NameServer
from kit.nuncio import mapping
from kit.origin import Origin
from kit.ports import can_bind, free_port, loopback
from kit.wire import reply


@pytest.fixture
def dns():
    with NameServer() as server:
        yield server


@pytest.fixture
def resolving(start, dns, tmp_path):
    """resolving(documents, search=…, ndots=…) → a proxy that asks `dns`."""
    def make(documents, search=(), ndots=None, **options):
        path = dns.resolv_conf(tmp_path / "resolv.conf", search, ndots)
        return start(documents, args=["--resolv-conf", path], **options)
    return make


def service(name, origin, **fields):
    return mapping("m-" + name.split(".")[0], "/", "%s:%d" % (name, origin.port), **fields)


def test_address(resolving, dns, origin):
    dns.names["web.test"] = ["127.0.0.1"]
    proxy = resolving([service("web.test", origin)])
    assert [proxy.get("/").status for _ in range(20)] == [200] * 20
    assert origin.last.one("host") == "test"
    assert len(dns.asked("web.test")) < 20, "not asked for every request"


def test_auto_host_rewrite_sends_the_name(resolving, dns, origin):
    dns.names["web.test"] = ["127.0.0.1"]
    proxy = resolving([service("web.test", origin, auto_host_rewrite=True)])
    assert proxy.get("/").status == 200
    assert origin.last.one("host") == "web.test"


def test_address_of_ipv6_only(resolving, dns, make_origin):
    if not can_bind(0, "::1"):
        pytest.skip("no IPv6 here")
    origin = make_origin(address="::1")
    dns.names["six.test"] = ["::1"]
    proxy = resolving([service("six.test", origin)])
    assert proxy.get("/").status == 200


def test_answer_over_tcp(resolving, dns, origin):
    dns.names["big.test"] = ["127.0.0.1"] + ["127.0.0.%d" % i for i in range(2, 60)]
    dns.truncate.add("big.test")
    proxy = resolving([service("big.test", origin, connect_timeout_ms=10000, timeout_ms=20000)])
    assert proxy.get("/").status == 200
    assert ("big.test", "A", "tcp") in dns.queries


def test_all_addresses_are_endpoints_in_turn(resolving, dns):
    port, addresses = free_port(), [loopback() for _ in range(3)]
    origins = [Origin(lambda r: reply(200, "x", [("Connection", "close")]), address=a, port=port) for a in addresses]
    try:
        dns.names["three.test"] = addresses
        proxy = resolving([mapping("m", "/", "three.test:%d" % port)], workers=1)
        for _ in range(30):
            assert proxy.get("/").status == 200
        assert [len(o.requests) for o in origins] == [10, 10, 10], "round robin"
    finally:
        for o in origins:
            o.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refused_address_costs_nobody_a_request(resolving, dns, make_origin, method):
    """Of four addresses one listens: every request finds it, a POST too, for nothing was sent."""
    origin = make_origin()
    dns.names["mixed.test"] = [loopback(), loopback(), "127.0.0.1", loopback()]
    proxy = resolving([service("mixed.test", origin)])
    assert [proxy.ask(method, "/", body=b"x" if method == "POST" else None).status for _ in range(20)] == [200] * 20
    assert len(origin.requests) == 20


def test_name_that_does_not_exist_is_503(resolving, dns, origin):
    """And the other Mappings are unaffected."""
    proxy = resolving([mapping("none", "/none/", "nowhere.test:80", connect_timeout_ms=2000), mapping("fine", "/fine/", origin)])
    assert proxy.get("/none/").status == 503
    assert proxy.get("/fine/").status == 200
    line = [l for l in proxy.log_lines(2) if "/none/" in l][0]
    assert "no_endpoint" in line


@pytest.mark.parametrize("behaviour", [SILENT, FAIL], ids=["silent", "SERVFAIL"])
def test_name_server_that_does_not_help(resolving, dns, origin, behaviour):
    dns.names["dark.test"] = behaviour
    proxy = resolving([mapping("dark", "/dark/", "dark.test:80", connect_timeout_ms=500), mapping("fine", "/fine/", origin)])
    waiting = proxy.client()
    waiting.send(b"GET /dark/ HTTP/1.1\r\nHost: test\r\n\r\n")
    assert [proxy.get("/fine/").status for _ in range(10)] == [200] * 10
    assert waiting.read_response().status == 503


def test_name_appears(resolving, dns, origin):
    """What did not resolve at first is asked for again."""
    proxy = resolving([service("late.test", origin, connect_timeout_ms=300)])
    assert proxy.get("/").status == 503
    dns.names["late.test"] = ["127.0.0.1"]
    proxy.wait(lambda: proxy.get("/").status == 200, "the name to be resolved")


def test_request_waits_for_the_first_answer(resolving, dns, origin):
    """A name never resolved yet: the request waits within connect_timeout_ms instead of failing."""
    dns.names["web.test"] = ["127.0.0.1"]
    proxy = resolving([mapping("other", "/other/", "127.0.0.1:1")])
    proxy.apply("routes.yaml", [service("web.test", origin, connect_timeout_ms=10000)])
    assert proxy.get("/").status == 200


def test_change_of_address_is_followed(resolving, dns, make_origin):
    first, second = make_origin(lambda r: reply(200, "first")), None
    second = make_origin(lambda r: reply(200, "second"), address=loopback(), port=first.port)
    dns.names["moving.test"] = ["127.0.0.1"]
    proxy = resolving([service("moving.test", first)])
    assert proxy.get("/").body == b"first"
    dns.names["moving.test"] = [second.address]
    proxy.wait(lambda: proxy.get("/").body == b"second", "the new address", 60)
    assert [proxy.get("/").body for _ in range(20)] == [b"second"] * 20


@pytest.mark.parametrize("after", [None, [], SILENT, FAIL], ids=["NXDOMAIN", "empty", "silent", "SERVFAIL"])
def test_addresses_outlive_a_failing_name_server(resolving, dns, origin, after):
    """NXDOMAIN or an empty answer after success keeps the old addresses for a minute."""
    dns.names["web.test"] = ["127.0.0.1"]
    proxy = resolving([service("web.test", origin)])
    assert proxy.get("/").status == 200
    asked = len(dns.asked("web.test"))
    if after is None:
        del dns.names["web.test"]
    else:
        dns.names["web.test"] = after

    def served_while_asking():
        assert proxy.get("/").status == 200
        return len(dns.asked("web.test")) >= asked + 4
    proxy.wait(served_while_asking, "the name to be asked for again", 60)


@pytest.mark.parametrize("name, search, ndots, found", [
    ("web", ["shop.test"], None, "web.shop.test"),
    ("web", ["none.test", "shop.test"], None, "web.shop.test"),
    ("web.shop", ["test"], 5, "web.shop.test"),
    ("web.shop.test", ["none.test"], 5, "web.shop.test"),
])
def test_search_domains(resolving, dns, origin, name, search, ndots, found):
    dns.names[found] = ["127.0.0.1"]
    proxy = resolving([service(name, origin, connect_timeout_ms=10000, timeout_ms=20000)], search, ndots)
    assert proxy.get("/").status == 200
    assert dns.asked(found)


def annotated(namespace, *documents):
    text = "".join("---\n" + d for d in documents)
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "carrier", "namespace": namespace,
                                                               "annotations": {"getambassador.io/config": text}}}


@pytest.mark.parametrize("written, asked", [("web", "web.shop"), ("web.other", "web.other"), ("web.other.svc", "web.other.svc")])
def test_service_is_qualified_with_the_namespace(resolving, dns, origin, written, asked):
    """Of the object that carries the annotation, when it is not the proxy's own."""
    dns.names[asked] = ["127.0.0.1"]
    text = "apiVersion: ambassador/v1\nkind: Mapping\nname: m\nprefix: /\nservice: %s:%d\n" % (written, origin.port)
    proxy = resolving([annotated("shop", text)])
    assert proxy.get("/").status == 200
    assert dns.asked(asked)


def test_qualified_name_that_does_not_exist_falls_back_to_the_bare_one(resolving, dns, origin):
    dns.names["web"] = ["127.0.0.1"]
    text = "apiVersion: ambassador/v1\nkind: Mapping\nname: m\nprefix: /\nservice: web:%d\n" % origin.port
    proxy = resolving([annotated("shop", text)])
    assert proxy.get("/").status == 200
    assert dns.asked("web.shop") and dns.asked("web")


def test_own_namespace_is_not_appended(resolving, dns, origin):
    dns.names["web"] = ["127.0.0.1"]
    text = "apiVersion: ambassador/v1\nkind: Mapping\nname: m\nprefix: /\nservice: web:%d\n" % origin.port
    proxy = resolving([annotated("shop", text)], env={"AMBASSADOR_NAMESPACE": "shop"})
    assert proxy.get("/").status == 200
    assert not dns.asked("web.shop")


def test_hosts_file_needs_no_name_server(start, origin, tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    proxy = start([mapping("m", "/", "localhost:%d" % origin.port)], args=["--resolv-conf", str(tmp_path / "resolv.conf")])
    assert proxy.get("/").status == 200


def test_missing_resolv_conf_is_no_reason_to_die(start, origin, tmp_path):
    proxy = start([mapping("m", "/", origin)], args=["--resolv-conf", str(tmp_path / "none")])
    assert proxy.get("/").status == 200
