# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""One normalised path for choosing the route and for the origin (http-rules 12, specification README "path"): dot segments and escaped
unreserved characters are resolved; every other escape, and the query, stay as they came."""
import pytest

from kit.nuncio import Nuncio, mapping, module
from kit.origin import Origin
from kit.wire import reply

NORMALISED = {
    "/": "/",
    "/a": "/a",
    "/a/./b": "/a/b",
    "/a/../b": "/b",
    "/a/b/..": "/a/",
    "/a/b/.": "/a/b/",
    "/a/b/../": "/a/",
    "/a/b/./": "/a/b/",
    "/..": "/",
    "/../..": "/",
    "/../../etc/passwd": "/etc/passwd",
    "/.": "/",
    "/./././a": "/a",
    "/a/../../b": "/b",
    "/a/%2e/b": "/a/b",
    "/a/%2E%2E/b": "/b",
    "/a/%2e./b": "/b",
    "/a/.%2E/b": "/b",
    "/a/%2e%2e": "/",
    "/...": "/...",
    "/a/.../b": "/a/.../b",
    "/a/..b/c": "/a/..b/c",
    "/a/b../c": "/a/b../c",
    "/a/.hidden": "/a/.hidden",
    "/a/..;/b": "/a/..;/b",
    "/a/..;x=1/b": "/a/..;x=1/b",
    "//a": "//a",
    "/a//b": "/a//b",
    "/a//../b": "/a/b",
    "/a///": "/a///",
    "/%61%62%63": "/abc",
    "/%41%5A%7a%30%39": "/AZz09",
    "/%2D%2e%5F%7E": "/-._~",
    "/a%2Fb": "/a%2Fb",
    "/a%2fb": "/a%2fb",
    "/a%2f..%2fb": "/a%2f..%2fb",
    "/a/..%2fb": "/a/..%2fb",
    "/%2e%2e%2fa": "/..%2fa",
    "/a/%2e%2e%5cb": "/a/..%5cb",
    "/a%5Cb": "/a%5Cb",
    "/a\\b": "/a\\b",
    "/a\\..\\b": "/a\\..\\b",
    "/a%00b": "/a%00b",
    "/a%0d%0aX-A:%20b": "/a%0d%0aX-A:%20b",
    "/a%20b": "/a%20b",
    "/a%23b": "/a%23b",
    "/a%3Fb": "/a%3Fb",
    "/a%252e%252e/b": "/a%252e%252e/b",
    "/%252fa": "/%252fa",
    "/%2561": "/%2561",
    "/%25%36%31": "/%2561",
    "/a/%252e%252e/b": "/a/%252e%252e/b",
    "/%c3%a9": "/%c3%a9",
    "/a;b=c,d!e$f&g'h(i)j*k+l:m@n": "/a;b=c,d!e$f&g'h(i)j*k+l:m@n",
    "/a[b]{c}|^`\"<>": "/a[b]{c}|^`\"<>",
    "/a?b=../%2e%2e/%61/./c": "/a?b=../%2e%2e/%61/./c",
    "/a/../b?c=/../d": "/b?c=/../d",
    "/a?": "/a?",
    "/?": "/?",
    "/a??b?c": "/a??b?c",
    "/a?b=\\": "/a?b=\\",
}


@pytest.mark.parametrize("target", NORMALISED)
def test_origin_gets_the_normalised_path(pair, target):
    proxy, origin = pair
    assert proxy.get(target).status == 200
    assert origin.last.target == NORMALISED[target]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """/public/ and /private/ lead to different origins; /cut/ strips its prefix."""
    with Origin(lambda r: reply(200, "public " + r.target)) as public, Origin(lambda r: reply(200, "private " + r.target)) as private:
        documents = [mapping("public", "/public/", public, rewrite=""), mapping("private", "/private/", private, rewrite=""),
                     mapping("cut", "/cut/", public)]
        with Nuncio(tmp_path_factory.mktemp("guarded"), documents) as proxy:
            yield proxy


ROUTED = {
    "/public/a": "public /public/a",
    "/public/../private/a": "private /private/a",
    "/public/%2e%2e/private/a": "private /private/a",
    "/public/..%2fprivate/a": "public /public/..%2fprivate/a",
    "/public\\..\\private/a": None,
    "/pub%6cic/a": "public /public/a",
    "/%70ublic/a": "public /public/a",
    "/public%2fa": None,
    "/public/./../private/./a": "private /private/a",
    "/x/../public/a": "public /public/a",
    "//public/a": None,
    "/public/..": None,
    "/cut/a": "public /a",
    "/cut/..%2fa": "public /..%2fa",
    "/cut/%2e%2e/a": None,
    "/cut//..//a": "public //a",
    "/cut/%2f%2fa": "public /%2f%2fa",
    "/cut/%2e%2e%2f%2e%2e%2fa": "public /..%2f..%2fa",
}


@pytest.mark.parametrize("target", ROUTED)
def test_route_is_chosen_on_the_path_that_the_origin_gets(guarded, target):
    guarded.before_test()
    answer = guarded.get(target)
    if ROUTED[target] is None:
        assert (answer.status, answer.body) == (404, b"")
    else:
        assert (answer.status, answer.body.decode()) == (200, ROUTED[target])


def test_merge_slashes(start, make_origin):
    origin = make_origin()
    proxy = start([mapping("all", "/a/", origin, rewrite=""), module(merge_slashes=True)])
    assert proxy.get("//a///b//c?d=//e").status == 200
    assert origin.last.target == "/a/b/c?d=//e"


def test_reject_requests_with_escaped_slashes(start, make_origin):
    origin = make_origin()
    proxy = start([mapping("all", "/", origin, rewrite=""), module(reject_requests_with_escaped_slashes=True)])
    for target in ["/a%2Fb", "/a%2fb", "/a%5Cb", "/a%5cb"]:
        assert proxy.get(target).status == 400
    assert not origin.heads
    assert proxy.get("/a?b=%2f").status == 200
