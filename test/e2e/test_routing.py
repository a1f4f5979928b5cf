# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Which Mapping gets a request, and what it makes of the path (routing 3.1, 3.2, 3.5–3.7). Every table row is a pair of requests against a
proxy that holds the row's Mappings alone; the origin tells which Mapping it was by a field that the Mapping adds."""
import itertools

import pytest

from kit.nuncio import Nuncio, mapping, module
from kit.origin import Origin
from kit.wire import reply


@pytest.fixture(scope="module")
def table_proxy(tmp_path_factory):
    """One proxy, reloaded per row."""
    with Origin() as origin, Nuncio(tmp_path_factory.mktemp("routing")) as proxy:
        yield proxy, origin


@pytest.fixture
def table(table_proxy):
    proxy, origin = table_proxy
    proxy.before_test()
    yield proxy, origin
    proxy.after_test()


def named(name, prefix, origin, **fields):
    return mapping(name, prefix, origin, add_request_headers={"x-mapping": name}, **fields)


def winner(proxy, origin, method, target, fields=(), **more):
    origin.forget()
    status = proxy.ask(method, target, fields, **more).status
    assert status in (200, 404)
    return origin.last.one("x-mapping") if status == 200 else None


# name: (Mappings as (name, prefix, fields), [(method, target, host, winner)])
ORDER = {
    "longer prefix": ([("a", "/foo/bar/", {}), ("b", "/foo/", {})], [("GET", "/foo/bar/x", "h", "a"), ("GET", "/foo/x", "h", "b")]),
    "method condition": ([("a", "/foo/", {"method": "GET"}), ("b", "/foo/", {})], [("GET", "/foo/", "h", "a"), ("POST", "/foo/", "h", "b")]),
    "prefix before host": ([("a", "/foo/", {"host": "a.com"}), ("b", "/foo/bar/", {})],
                           [("GET", "/foo/bar/", "a.com", "b"), ("GET", "/foo/", "a.com", "a"), ("GET", "/foo/", "b.com", None)]),
    "host before none": ([("a", "/foo/", {"host": "a.com"}), ("b", "/foo/", {})],
                         [("GET", "/foo/", "a.com", "a"), ("GET", "/foo/", "b.com", "b")]),
    "precedence before prefix": ([("a", "/foo/", {"precedence": 1}), ("b", "/foo/bar/", {})], [("GET", "/foo/bar/", "h", "a")]),
    "negative precedence": ([("a", "/foo/", {"precedence": -1}), ("b", "/", {})], [("GET", "/foo/", "h", "b")]),
    "precedence before everything": ([("a", "/", {"precedence": 2}), ("b", "/foo/", {"precedence": 1, "method": "GET", "host": "h"})],
                                     [("GET", "/foo/", "h", "a")]),
    "host and method": ([("a", "/foo/", {"method": "GET"}), ("b", "/foo/", {"host": "a.com"}), ("c", "/foo/", {"host": "a.com", "method": "GET"})],
                        [("GET", "/foo/", "a.com", "c"), ("POST", "/foo/", "a.com", "b"), ("GET", "/foo/", "b.com", "a"),
                         ("POST", "/foo/", "b.com", None)]),
    "longer method wins": ([("a", "/foo/", {"method": "GET"}), ("b", "/foo/", {"method": "OPTIONS"})],
                           [("OPTIONS", "/foo/", "h", "b"), ("GET", "/foo/", "h", "a")]),
    "root catches the rest": ([("a", "/", {}), ("b", "/api/", {})], [("GET", "/api", "h", "a"), ("GET", "/api/", "h", "b"), ("GET", "/", "h", "a")]),
    "two hosts, a third asks": ([("a", "/", {"host": "a.test"}), ("b", "/", {"host": "b.test"})],
                                [("GET", "/", "a.test", "a"), ("GET", "/", "b.test", "b"), ("GET", "/", "c.test", None)]),
    "fall through to a shorter one": ([("a", "/a/b/", {"method": "POST"}), ("b", "/a/", {"host": "x.test"}), ("c", "/", {})],
                                      [("POST", "/a/b/c", "h", "a"), ("GET", "/a/b/c", "x.test", "b"), ("GET", "/a/b/c", "h", "c")]),
    "prefix is no segment": ([("a", "/man", {})], [("GET", "/man", "h", "a"), ("GET", "/mankind", "h", "a"), ("GET", "/ma", "h", None)]),
    "prefix is compared by bytes": ([("a", "/Foo/", {})], [("GET", "/Foo/", "h", "a"), ("GET", "/foo/", "h", None)]),
    "case_sensitive: false": ([("a", "/Foo/", {"case_sensitive": False})], [("GET", "/Foo/", "h", "a"), ("GET", "/fOO/x", "h", "a"),
                                                                          ("GET", "/fo", "h", None)]),
    "case_sensitive beside exact": ([("a", "/foo/bar/", {"case_sensitive": False}), ("b", "/foo/", {})],
                                    [("GET", "/foo/BAR/", "h", "a"), ("GET", "/foo/x", "h", "b"), ("GET", "/FOO/BAR/", "h", "a"),
                                     ("GET", "/FOO/x", "h", None)]),
    "host in any case": ([("a", "/", {"host": "A.Test"})], [("GET", "/", "a.test", "a"), ("GET", "/", "A.TEST", "a")]),
    "host without port ignores the port": ([("a", "/", {"host": "a.test"})], [("GET", "/", "a.test:8080", "a"), ("GET", "/", "a.test:80", "a")]),
    "host with port": ([("a", "/", {"host": "a.test:81"})], [("GET", "/", "a.test:81", "a"), ("GET", "/", "a.test:82", None),
                                                            ("GET", "/", "a.test", None)]),
    "host with the default port": ([("a", "/", {"host": "a.test:80"})], [("GET", "/", "a.test:80", "a"), ("GET", "/", "a.test", "a"),
                                                                        ("GET", "/", "a.test:81", None)]),
    "host is no suffix": ([("a", "/", {"host": "a.test"})], [("GET", "/", "x.a.test", None), ("GET", "/", "a.test.x", None),
                                                              ("GET", "/", "test", None)]),
    "method in exact case": ([("a", "/", {"method": "GET"})], [("get", "/", "h", None), ("GETS", "/", "h", None), ("GE", "/", "h", None)]),
    "query takes no part": ([("a", "/a/", {}), ("b", "/", {})], [("GET", "/?x=/a/", "h", "b"), ("GET", "/a/?/b", "h", "a")]),
}


@pytest.mark.parametrize("name", ORDER)
def test_order(table, name):
    """In every order in which the documents can be written."""
    proxy, origin = table
    mappings, requests = ORDER[name]
    for permutation in itertools.islice(itertools.permutations(mappings), 4):
        proxy.apply("routes.yaml", [named(n, p, origin, **f) for n, p, f in permutation])
        for method, target, host, expected in requests:
            assert winner(proxy, origin, method, target, host=host) == expected, (method, target, host)


REWRITES = [  # prefix, fields, request, at the origin, is x-envoy-original-path set
    ("/a/", {}, "/a/b?x=1", "/b?x=1", True),
    ("/a", {}, "/a/b", "//b", True),
    ("/a", {}, "/a", "/", True),
    ("/a", {}, "/ab", "/b", True),
    ("/a/", {"rewrite": "/"}, "/a/", "/", True),
    ("/a/", {"rewrite": ""}, "/a/b", "/a/b", False),
    ("/a/", {"rewrite": "/a/"}, "/a/b", "/a/b", True),
    ("/a/", {"rewrite": "/z"}, "/a/b", "/zb", True),
    ("/a/", {"rewrite": "/z/"}, "/a/b/../c", "/z/c", True),
    ("/", {}, "/x", "/x", True),
    ("/A/", {"rewrite": "/z/", "case_sensitive": False}, "/a/Q", "/z/Q", True),
    ("/a/", {"rewrite": "z"}, "/a/b", "/zb", True),
    ("/a", {"rewrite": "/b"}, "/a?c", "/b?c", True),
    ("/a/", {"rewrite": "/%2F"}, "/a/b%2fc", "/%2Fb%2fc", True),
    ("/a/", {}, "/a/a/", "/a/", True),
    ("/a/", {}, "/a/?", "/?", True),
]


@pytest.mark.parametrize("prefix, fields, target, upstream, marked", REWRITES)
def test_rewrite(table, prefix, fields, target, upstream, marked):
    proxy, origin = table
    proxy.apply("routes.yaml", [named("m", prefix, origin, **fields)])
    assert winner(proxy, origin, "GET", target) == "m"
    assert origin.last.target == upstream
    path = target if ".." not in target else "/a/c"
    assert origin.last.all("x-envoy-original-path") == ([path] if marked else [])


@pytest.mark.parametrize("fields, sent, expected", [
    ({}, "client.test:81", "client.test:81"),
    ({"host_rewrite": "other.test"}, "client.test", "other.test"),
    ({"host_rewrite": "other.test:8080"}, "client.test", "other.test:8080"),
    ({"auto_host_rewrite": True}, "client.test", "localhost"),
    ({"auto_host_rewrite": False}, "client.test", "client.test"),
    ({"auto_host_rewrite": True, "host_rewrite": "other.test"}, "client.test", "other.test"),
])
def test_host_sent_upstream(table, fields, sent, expected):
    proxy, origin = table
    proxy.apply("routes.yaml", [named("m", "/", "localhost:%d" % origin.port, **fields)])
    assert winner(proxy, origin, "GET", "/", host=sent) == "m"
    assert origin.last.all("host") == [expected]


ADDITIONS = {  # add_request_headers, sent by the client, what the origin gets under x-a
    "new": ({"X-A": "1"}, [], ["1"]),
    "beside": ({"X-A": "1"}, [("X-A", "0")], ["0", "1"]),
    "append written": ({"X-A": {"value": "1", "append": True}}, [("x-a", "0")], ["0", "1"]),
    "replace": ({"X-A": {"value": "1", "append": False}}, [("x-a", "0"), ("X-A", "00")], ["1"]),
    "replace nothing": ({"X-A": {"value": "1", "append": False}}, [], ["1"]),
    "boolean": ({"X-A": True}, [], ["true"]),
    "spaces inside": ({"X-A": "a b, c"}, [], ["a b, c"]),
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_add_request_headers(table, name):
    proxy, origin = table
    added, sent, expected = ADDITIONS[name]
    proxy.apply("routes.yaml", [mapping("m", "/", origin, add_request_headers=added)])
    assert proxy.get("/", sent).status == 200
    got = origin.last.all("x-a")
    assert got == expected or [e.lower() for e in got] == expected
    assert [f[0].lower() for f in origin.last.fields].index("host") == 0, "added ones go last"


@pytest.mark.parametrize("name", [n for n in ADDITIONS if n != "boolean"])
def test_add_response_headers(start, make_origin, name):
    added, sent, expected = ADDITIONS[name]
    proxy = start([mapping("m", "/", make_origin(lambda r: reply(200, "x", sent)), add_response_headers=added)])
    assert proxy.get("/").all("x-a") == expected


@pytest.mark.parametrize("removed", ["X-A", ["X-A"], ["x-a", "X-C"]], ids=str)
def test_remove_headers(start, make_origin, removed):
    origin = make_origin(lambda r: reply(200, "x", [("X-A", "1"), ("X-B", "2"), ("x-a", "3")]))
    proxy = start([mapping("m", "/", origin, remove_request_headers=removed, remove_response_headers=removed, add_request_headers={"X-D": "4"})])
    answer = proxy.get("/", [("X-A", "1"), ("X-B", "2"), ("x-a", "3")])
    for message in (origin.last, answer):
        assert (message.all("x-a"), message.all("x-b")) == ([], ["2"])
    assert origin.last.all("x-d") == ["4"]


def test_remove_cannot_touch_host_or_framing(table):
    proxy, origin = table
    names = ["Host", ":path", "Content-Length", "Transfer-Encoding"]
    proxy.apply("routes.yaml", [mapping("m", "/", origin, remove_request_headers=names, remove_response_headers=names[2:])])
    origin.forget()
    answer = proxy.ask("POST", "/", body=b"hello", host="a.test")
    assert answer.status == 200 and answer.body
    assert (origin.last.one("host"), origin.last.body) == ("a.test", b"hello")


def test_remove_upstream_service_time(table):
    proxy, origin = table
    proxy.apply("routes.yaml", [mapping("m", "/", origin, remove_response_headers=["x-envoy-upstream-service-time"])])
    assert not proxy.get("/").has("x-envoy-upstream-service-time")


def test_module_defaults_for_headers(table):
    proxy, origin = table
    proxy.apply("routes.yaml", [
        module(defaults={"httpmapping": {"add_request_headers": {"X-A": "default"}, "remove_response_headers": ["x-envoy-upstream-service-time"]},
                         "add_response_headers": {"X-B": "default"}}),
        mapping("plain", "/plain/", origin), mapping("own", "/own/", origin, add_request_headers={"X-C": "own"}),
        mapping("off", "/off/", origin, add_request_headers={})])
    origin.forget()
    answer = proxy.get("/plain/")
    assert (origin.last.all("x-a"), answer.all("x-b"), answer.has("x-envoy-upstream-service-time")) == (["default"], ["default"], False)
    proxy.get("/own/")
    assert (origin.last.all("x-a"), origin.last.all("x-c")) == ([], ["own"])
    proxy.get("/off/")
    assert origin.last.all("x-a") == []
    proxy.remove("routes.yaml")
    proxy.in_force()


def test_2000_mappings(table):
    proxy, origin = table
    proxy.apply("routes.yaml", [named("m%d" % i, "/many/%d/" % i, origin, **({"host": "h%d.test" % (i % 7)} if i % 3 == 0 else {}))
                                for i in range(2000)])
    client = proxy.client()
    for i in [0, 1, 2, 3, 999, 1000, 1998, 1999]:
        origin.forget()
        assert client.get("/many/%d/x" % i, host="h%d.test" % (i % 7)).status == 200
        assert origin.last.one("x-mapping") == "m%d" % i
    assert client.get("/many/2000/").status == 404
    assert client.get("/many/3/", host="h4.test").status == 404
