# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Probes and metrics (ambassador-ops.md 10.1): probes on both ports, everything else on the admin address only, labels only from
configuration."""
import re

import pytest

from kit.client import Client
from kit.nuncio import mapping, module
from kit.wire import reply

ALIVE, READY = "/ambassador/v0/check_alive", "/ambassador/v0/check_ready"


@pytest.fixture
def served(start, make_origin):
    origin = make_origin(lambda r: reply(int(r.target[1:]) if r.target[1:].isdigit() else 200, b"" if r.method == "HEAD" else "x"))
    return start([mapping("web", "/web/", origin), mapping("all", "/", origin, method="PUT")]), origin


@pytest.mark.parametrize("path", [ALIVE, READY])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("where", ["traffic", "admin"])
def test_probes(served, where, method, path):
    proxy, origin = served
    with Client(("127.0.0.1", proxy.port if where == "traffic" else proxy.admin_port)) as client:
        for _ in range(2):
            answer = client.ask(method, path)
            assert answer.status == 200
            assert (answer.body == b"") == (method == "HEAD")
        assert client.get(path + "?x=y").status == 200
    assert not origin.heads


def test_probes_win_over_a_mapping_for_everything(start, origin):
    proxy = start([mapping("all", "/", origin, rewrite="")])
    assert proxy.get(ALIVE).status == proxy.get(READY).status == 200
    assert not origin.heads
    assert proxy.get("/other").status == 200
    assert origin.targets() == ["/other"]


def test_mapping_of_higher_precedence_wins_over_the_probe(start, origin):
    proxy = start([mapping("mine", ALIVE, origin, rewrite="", precedence=1)])
    assert proxy.get(ALIVE).status == 200
    assert origin.targets() == [ALIVE]


def test_probes_can_be_taken_off_the_traffic_port(start, origin):
    proxy = start([mapping("m", "/m/", origin), module(liveness_probe={"enabled": False}, readiness_probe={"enabled": False})])
    assert [proxy.get(p).status for p in (ALIVE, READY)] == [404, 404]
    assert [proxy.admin(p).status for p in (ALIVE, READY)] == [200, 200]


def test_present_probe_block_means_enabled(start, origin):
    proxy = start([mapping("m", "/m/", origin), module(liveness_probe={"prefix": ALIVE})])
    assert proxy.get(ALIVE).status == 200


@pytest.mark.parametrize("path", ["/metrics", "/ambassador/v0/diag/"])
def test_nothing_else_on_the_traffic_port(served, path):
    proxy, _ = served
    assert proxy.get(path).status == 404


@pytest.mark.parametrize("method, target, statuses", [
    ("GET", "/", (200, 404)), ("GET", "/nothing", (404,)), ("POST", "/metrics", (404, 405)), ("DELETE", READY, (404, 405)),
    ("GET", "/" + "a" * 100000, (414, 431))])
def test_admin_is_a_server_of_its_own(served, method, target, statuses):
    proxy, origin = served
    assert proxy.admin(target, method).status in statuses
    assert proxy.admin(READY).status == 200
    assert not origin.heads


def test_admin_is_strict_and_survives(served):
    proxy, _ = served
    for data in (b"garbage\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
                 b"\x16\x03\x01" + b"\0" * 50):
        with Client(("127.0.0.1", proxy.admin_port)) as client:
            client.send(data)
            client.half_close()
            assert not client.expect_close().startswith(b"HTTP/1.1 200")
    silent = [Client(("127.0.0.1", proxy.admin_port)) for _ in range(50)]
    assert proxy.admin(READY).status == 200
    for client in silent:
        client.close()


SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)'
                    r'(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})?'
                    r' (-?[0-9.e+-]+|NaN|[+-]?Inf)( [0-9]+)?$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')


def metrics(proxy):
    """{(name, labels as a tuple of pairs): value}, after checking the exposition format."""
    answer = proxy.admin("/metrics")
    assert answer.status == 200
    assert answer.one("content-type").startswith("text/plain")
    text = answer.body.decode("utf-8")
    assert text.endswith("\n")
    found, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types and kind in ("counter", "gauge", "histogram", "summary", "untyped")
            types[name] = kind
        elif line and not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, "not a sample: %r" % line
            key = match[1], tuple(sorted(LABEL.findall(match[2] or "")))
            assert key not in found, "twice: %r" % line
            base = re.sub(r"_(bucket|sum|count)$", "", match[1])
            assert match[1] in types or base in types, "no TYPE for %r" % line
            found[key] = float(match[3])
    return found


def grown(before, after):
    return {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}


def test_requests_are_counted_by_mapping_and_class(served):
    proxy, _ = served
    before = metrics(proxy)
    for status, times in ((200, 7), (404, 5), (503, 3)):
        for _ in range(times):
            assert proxy.get("/web/%d" % status).status == status
    for _ in range(11):
        assert proxy.get("/none").status == 404

    def counted():
        more = grown(before, metrics(proxy))
        web = {tuple(v for _, v in labels): value for (name, labels), value in more.items()
               if "web" in dict(labels).values() and not re.search(r"bucket|sum|duration", name)}
        classes = {n: [value for labels, value in web.items() if any(re.match(r"%d(xx)?$" % n, l) for l in labels)] for n in (2, 4, 5)}
        return [7.0 in classes[2], 5.0 in classes[4], 3.0 in classes[5]] == [True] * 3
    proxy.wait(counted, "7, 5 and 3 requests of the mapping to be counted")
    reasons = [value for (name, labels), value in grown(before, metrics(proxy)).items() if "no_route" in dict(labels).values()]
    assert reasons == [11.0]


def test_labels_come_only_from_configuration(served):
    proxy, _ = served
    proxy.get("/web/", host="host-from-outside.test")
    before = len(metrics(proxy))
    for i in range(200):
        proxy.ask("METHOD%d" % i, "/web/path-from-outside-%d" % i, [("X-A", "field-from-outside")], host="host-from-outside-%d.test" % i)
    after = metrics(proxy)
    assert not [key for key in after if "outside" in str(key) or "METHOD" in str(key)]
    assert len(after) < before + 40


def test_reloads_and_diagnostics_are_counted(served):
    proxy, origin = served
    before = metrics(proxy)
    proxy.apply("broken.yaml", "apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: /x/\n")
    more = grown(before, metrics(proxy))
    assert [value for (name, _), value in more.items() if "reload" in name and value >= 1], more
    assert [value for (name, _), value in metrics(proxy).items() if "error" in name and value >= 1], "no gauge of errors"


def test_connections_and_durations_are_there(served):
    proxy, _ = served
    client = proxy.client()
    assert client.get("/web/").status == 200
    names = {name for name, _ in metrics(proxy)}
    assert [n for n in names if "connection" in n or "_cx_" in n], names
    assert [n for n in names if n.endswith("_bucket")], names


@pytest.mark.parametrize("workers", [1, 3])
def test_counters_are_exact_over_workers(start, origin, workers):
    proxy = start([mapping("web", "/web/", origin)], workers=workers)
    before = metrics(proxy)
    for _ in range(100):
        assert proxy.get("/web/").status == 200
    proxy.wait(lambda: 100.0 in [v for (n, labels), v in grown(before, metrics(proxy)).items()
                                 if "web" in dict(labels).values() and not n.endswith("_bucket")], "100 requests to be counted")


def test_without_an_admin_address_the_probes_stay(start, origin):
    proxy = start([mapping("m", "/m/", origin)], admin=False, args=["--admin", "off"], ready=False)
    proxy.wait(lambda: reachable(proxy) and proxy.get(READY).status == 200, "readiness on the traffic port")
    assert proxy.get("/m/").status == 200


def reachable(proxy):
    try:
        Client(("127.0.0.1", proxy.port)).close()
        return True
    except OSError:
        return False
