# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The examples of conf/, as they are, and httpbin under gunicorn in the place of httpbin.org. Its port 80 needs root: an ordinary user gets
the same documents with another port."""
import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from kit.dns import NameServer
from kit.nuncio import run
from kit.ports import can_bind, free_port, loopback
from kit.wire import LIMIT, chunked

HTTPBIN = {"apiVersion": "ambassador/v0", "kind": "Mapping", "name": "bin", "prefix": "/httpbin/", "service": "httpbin.org:80",
           "host_rewrite": "httpbin.org"}
ANNOTATION = """apiVersion: v1
kind: Service
metadata:
  name: httpbin
  annotations:
    getambassador.io/config: |
      ---
      apiVersion: ambassador/v0
      kind: Mapping
      name: httpbin_mapping
      prefix: /httpbin/
      service: httpbin.org:80
      host_rewrite: httpbin.org
spec:
  type: ClusterIP
  ports:
    - port: 80
"""


class Httpbin:
    def __init__(self, directory):
        pytest.importorskip("httpbin")
        gunicorn = shutil.which("gunicorn")
        if not gunicorn:
            pytest.skip("gunicorn is not installed")
        self.address = loopback()
        self.port = 80 if can_bind(80, self.address) else free_port()
        self.log = open(directory / "gunicorn.log", "wb")
        self.process = subprocess.Popen([sys.executable, "-m", "gunicorn", "--bind", "%s:%d" % (self.address, self.port), "--workers", "1",
                                         "--threads", "8", "--keep-alive", "5", "--worker-tmp-dir", str(directory), "httpbin:app"],
                                        stdout=self.log, stderr=self.log, cwd=directory)
        deadline = time.monotonic() + LIMIT * 3
        while can_bind(self.port, self.address):
            assert self.process.poll() is None and time.monotonic() < deadline, "gunicorn did not start"
            time.sleep(0.1)

    def close(self):
        self.process.send_signal(signal.SIGQUIT)  # at once, without waiting for kept connections
        self.process.wait(LIMIT * 3)
        self.log.close()


@pytest.fixture(scope="module")
def httpbin(tmp_path_factory):
    server = Httpbin(tmp_path_factory.mktemp("httpbin"))
    yield server
    server.close()


@pytest.fixture
def httpbin_proxy(start, httpbin, tmp_path):
    """httpbin_proxy(documents) → a proxy for which httpbin.org is the httpbin of the test."""
    servers = []

    def make(documents):
        if httpbin.port != 80:
            text = json.dumps(documents) if not isinstance(documents, str) else documents
            text = text.replace("httpbin.org:80", "%s:%d" % (httpbin.address, httpbin.port))
            return start(text)
        servers.append(NameServer({"httpbin.org": [httpbin.address]}))
        return start(documents, args=["--resolv-conf", servers[0].resolv_conf(tmp_path / "resolv.conf")])
    yield make
    for server in servers:
        server.close()


@pytest.mark.parametrize("shape", ["bare document", "Service manifest", "conf/httpbin"])
def test_httpbin(httpbin_proxy, examples, shape):
    if shape == "conf/httpbin":
        documents = "\n---\n".join(f.read_text() for f in sorted((examples / "httpbin").glob("*.y*ml")))
        assert "httpbin.org:80" in documents
    else:
        documents = HTTPBIN if shape == "bare document" else ANNOTATION
    proxy = httpbin_proxy(documents)
    answer = proxy.get("/httpbin/get?a=1", host="localhost:8080")
    assert answer.status == 200
    seen = json.loads(answer.body)
    assert seen["headers"]["Host"] == "httpbin.org"
    assert seen["args"] == {"a": "1"}


def test_httpbin_exercises(httpbin_proxy):
    """An origin that nobody of us wrote, through its pages."""
    proxy = httpbin_proxy(HTTPBIN)
    client = proxy.client()
    for status in (200, 204, 304, 404, 418, 500):
        assert client.get("/httpbin/status/%d" % status).status == status
    posted = json.loads(client.ask("POST", "/httpbin/post", [("Content-Type", "application/json")], b'{"a": [1, 2]}').body)
    assert posted["json"] == {"a": [1, 2]}
    client.send(b"PUT /httpbin/put HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"abc", b"def"))
    assert client.read_response().status in (200, 501)
    for method in ("DELETE", "PATCH"):
        assert client.ask(method, "/httpbin/" + method.lower(), body=b"x").status == 200
    assert len(client.get("/httpbin/bytes/100000?seed=1").body) == 100000
    lines = client.get("/httpbin/stream/20").body.splitlines()
    assert [json.loads(l)["id"] for l in lines] == list(range(20))
    assert client.get("/httpbin/stream-bytes/70000?seed=1&chunk_size=1000").body == client.get("/httpbin/bytes/70000?seed=1").body
    assert client.get("/httpbin/redirect-to?url=/x").get("location") == "/x"
    assert [v.split(";")[0] for v in client.get("/httpbin/cookies/set?a=b").all("set-cookie")] == ["a=b"]
    assert client.ask("HEAD", "/httpbin/get").has("content-length")
    assert client.get("/httpbin/delay/1").status == 200
    assert client.get("/httpbin/delay/10").status == 504, "3 s by default"
    assert client.get("/httpbin/response-headers?X-A=1&X-A=2").status == 200


def test_httpbin_with_curl(httpbin_proxy):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    proxy = httpbin_proxy(HTTPBIN)
    done = subprocess.run(["curl", "-sS", "--max-time", "20", "localhost:%d/httpbin/get" % proxy.port], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["headers"]["Host"] == "httpbin.org"
    done = subprocess.run(["curl", "-sS", "--max-time", "20", "-X", "POST", "--data-binary", "@-", "-H", "Expect: 100-continue",
                           "localhost:%d/httpbin/post" % proxy.port], input="x" * 2000000, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["headers"]["Content-Length"] == "2000000"


PREDICT = {"apiVersion": "ambassador/v0", "kind": "Mapping", "name": "predict", "prefix": "/models/test/", "rewrite": "/model/test/:predict",
           "method": "POST", "service": "test.kubeflow:8000"}


@pytest.mark.parametrize("source", ["document", "conf/kubeflow"])
def test_kubeflow(start, make_origin, examples, tmp_path, source):
    origin = make_origin(address=loopback(), port=8000)
    documents = PREDICT
    if source == "conf/kubeflow":
        documents = {f.name: f.read_text() for f in (examples / "kubeflow").iterdir() if f.suffix in (".yaml", ".yml")}
        assert "test.kubeflow:8000" in "".join(documents.values())
    else:
        documents = {"routes.yaml": documents}
    with NameServer({"test.kubeflow": [origin.address]}) as server:
        proxy = start(documents, args=["--resolv-conf", server.resolv_conf(tmp_path / "resolv.conf")])
        assert proxy.ask("POST", "/models/test/", body=b"{}").status == 200
        assert (origin.last.method, origin.last.target, origin.last.body) == ("POST", "/model/test/:predict", b"{}")
        assert proxy.get("/models/test/").status == 404
        assert len(origin.heads) == 1


def test_kubeflow_by_address(start, origin):
    """The same as an ordinary user, with a literal address."""
    proxy = start([{**PREDICT, "service": origin.service}])
    assert proxy.ask("POST", "/models/test/", body=b"{}").status == 200
    assert origin.last.target == "/model/test/:predict"
    assert proxy.get("/models/test/").status == 404


def test_every_example_is_valid(examples):
    """`nuncio check` accepts each directory of conf/ without an error."""
    directories = sorted(d for d in examples.iterdir() if d.is_dir())
    assert {"httpbin", "kubeflow", "quickstart"} <= {d.name for d in directories}
    for directory in directories:
        code, out, err = run("check", directory)
        assert code == 0, "%s: %s%s" % (directory.name, out, err)
