# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The two worked examples of the routing specification, 3.9 and 3.10, row by row."""
import pytest

from kit.nuncio import Nuncio, mapping
from kit.origin import Origin
from kit.wire import chunked, request_bytes


@pytest.fixture(scope="module")
def examples_proxy(tmp_path_factory):
    with Origin() as httpbin, Origin() as predict:
        documents = [
            {"apiVersion": "ambassador/v0", "kind": "Mapping", "name": "bin", "prefix": "/httpbin/", "service": httpbin.service,
             "host_rewrite": "httpbin.org"},
            {"apiVersion": "ambassador/v0", "kind": "Mapping", "name": "predict", "prefix": "/models/test/",
             "rewrite": "/model/test/:predict", "method": "POST", "service": predict.service}]
        with Nuncio(tmp_path_factory.mktemp("examples"), documents) as proxy:
            yield proxy, httpbin, predict


@pytest.fixture
def example(examples_proxy):
    proxy, httpbin, predict = examples_proxy
    proxy.before_test()
    httpbin.forget()
    predict.forget()
    yield proxy, httpbin, predict
    proxy.after_test()
    httpbin.check()
    predict.check()


EXAMPLE_A = [
    ("GET", "/httpbin/status/200", "/status/200"),
    ("GET", "/httpbin/", "/"),
    ("GET", "/httpbin", None),
    ("GET", "/httpbin/get?a=1&b=/httpbin/", "/get?a=1&b=/httpbin/"),
    ("GET", "/httpbin//get", "//get"),
    ("GET", "/httpbin/./get", "/get"),
    ("GET", "/httpbin/../admin", None),
    ("GET", "/httpbin/%2e%2e/admin", None),
    ("GET", "/httpbin/a%2Fb", "/a%2Fb"),
    ("GET", "/HTTPBIN/get", None),
    ("GET", "/httpbinx/get", None),
    ("HEAD", "/httpbin/get", "/get"),
    ("OPTIONS", "/httpbin/get", "/get"),
    ("DELETE", "/httpbin/delete", "/delete"),
]


@pytest.mark.parametrize("method, target, upstream", EXAMPLE_A)
def test_example_a(example, method, target, upstream):
    proxy, httpbin, _ = example
    answer = proxy.ask(method, target, host="client.test")
    if upstream is None:
        assert (answer.status, answer.body, httpbin.heads) == (404, b"", [])
        return
    assert answer.status == 200
    assert (httpbin.last.method, httpbin.last.target, httpbin.last.one("host")) == (method, upstream, "httpbin.org")


def test_example_a_post(example):
    proxy, httpbin, _ = example
    answer = proxy.ask("POST", "/httpbin/post", [("Content-Type", "application/json")], b'{"a": 1}')
    assert answer.status == 200
    assert (httpbin.last.target, httpbin.last.body, httpbin.last.one("content-type")) == ("/post", b'{"a": 1}', "application/json")


def test_example_a_fields(example):
    proxy, httpbin, _ = example
    answer = proxy.get("/httpbin/status/200")
    request = httpbin.last
    assert request.all("x-forwarded-for") == ["127.0.0.1"]
    assert request.all("x-forwarded-proto") == ["http"]
    assert request.one("x-request-id")
    assert request.all("x-envoy-original-path") == ["/httpbin/status/200"]
    assert request.all("x-envoy-expected-rq-timeout-ms") == ["3000"]
    assert answer.all("server") == ["nuncio"]
    assert answer.one("x-envoy-upstream-service-time").isdigit()
    assert answer.one("content-type") == "application/json"


EXAMPLE_B = [
    ("POST", "/models/test/", "/model/test/:predict"),
    ("POST", "/models/test/?v=2", "/model/test/:predict?v=2"),
    ("POST", "/models/test/abc", "/model/test/:predictabc"),
    ("POST", "/models/test", None),
    ("GET", "/models/test/", None),
    ("HEAD", "/models/test/", None),
    ("OPTIONS", "/models/test/", None),
    ("PUT", "/models/test/", None),
    ("post", "/models/test/", None),
    ("POSTS", "/models/test/", None),
]


@pytest.mark.parametrize("method, target, upstream", EXAMPLE_B)
def test_example_b(example, method, target, upstream):
    proxy, _, predict = example
    answer = proxy.ask(method, target, body=b"{}" if method == "POST" else None, host="client.test:81")
    if upstream is None:
        assert (answer.status, answer.body, predict.heads) == (404, b"", [])
        return
    assert answer.status == 200
    assert (predict.last.method, predict.last.target, predict.last.one("host")) == ("POST", upstream, "client.test:81")
    assert predict.last.body == b"{}"


def test_example_b_large_chunked_body(example):
    proxy, _, predict = example
    body = b'{"instances": [' + b"1.5, " * 400000 + b"0]}"
    client = proxy.client()
    client.send(b"POST /models/test/ HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(chunked(*(body[i:i + 50000] for i in range(0, len(body), 50000))))
    assert client.read_response().status == 200
    assert predict.last.body == body


def test_the_kubeflow_pair(start, make_origin):
    """Same prefix, two methods, two rewrites: two groups; each request fits exactly one of them."""
    predict, status = make_origin(), make_origin()
    proxy = start([
        mapping("predict", "/models/test/", predict, rewrite="/model/test/:predict", method="POST"),
        mapping("status", "/models/test/", status, rewrite="/", method="GET"),
        mapping("mnist-get", "/tfserving/models/mnist", status, rewrite="/v1/models/mnist", method="GET"),
        mapping("mnist-post", "/tfserving/models/mnist", predict, rewrite="/v1/models/mnist:predict", method="POST")])
    client = proxy.client()
    client.send(request_bytes("POST", "/models/test/", body=b"{}") + request_bytes("GET", "/models/test/x")
                + request_bytes("GET", "/tfserving/models/mnist2") + request_bytes("POST", "/tfserving/models/mnist", body=b"{}")
                + request_bytes("PUT", "/models/test/", body=b"{}"))
    assert [client.read_response().status for _ in range(5)] == [200, 200, 200, 200, 404]
    assert predict.targets() == ["/model/test/:predict", "/v1/models/mnist:predict"]
    assert status.targets() == ["/x", "/v1/models/mnist2"]
