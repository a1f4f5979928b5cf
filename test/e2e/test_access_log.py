# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The access log: one line per request, text or JSON, reopened on SIGUSR1."""
import json
import os
import re
import signal

import pytest

from kit.nuncio import mapping
from kit.wire import reply, request_bytes


@pytest.fixture
def logged(start, make_origin):
    def make(*args, **options):
        origin = make_origin(lambda r: reply(int(r.target[1:4]) if r.target[1:4].isdigit() else 200, b"" if r.method == "HEAD" else "x" * 1234))
        return start([mapping("first", "/a/", origin), mapping("second", "/b/", origin, method="POST")], args=args, **options), origin
    return make


def holding(record, value):
    return [k for k, v in record.items() if v == value or str(v) == str(value)]


def test_json(logged):
    proxy, origin = logged("--log-format", "json")
    answer = proxy.ask("POST", "/b/c?d=e", [("X-Request-Id", "id-77"), ("User-Agent", "tester/1.0 \"quoted\"")], b"y" * 567, host="site.test")
    assert answer.status == 200
    record = json.loads(proxy.log_lines(1)[0])
    for what, value in {"method": "POST", "host": "site.test", "status": 200, "reason": "completed", "mapping": "second", "upstream": origin.service,
                        "request id": "id-77", "user agent": 'tester/1.0 "quoted"'}.items():
        assert holding(record, value), "no %s %r in %r" % (what, value, record)
    assert any(str(v).startswith("/b/c?d=e") or v == "/b/c" for v in record.values()), record
    assert any(str(v).startswith("127.0.0.1") and v != origin.service for v in record.values()), "no client in %r" % record
    numbers = [v for v in record.values() if isinstance(v, (int, float)) and not isinstance(v, bool)]
    assert any(567 <= n <= 1200 for n in numbers), "no bytes received in %r" % record
    assert any(1234 <= n <= 2000 for n in numbers), "no bytes sent in %r" % record
    assert [k for k in record if "dur" in k or k.endswith("_ms")], "no duration in %r" % record
    assert any(re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", str(v)) for v in record.values()), "no time in %r" % record
    assert "flags" in record


def test_text(logged):
    proxy, origin = logged()
    assert proxy.get("/a/b?c=d", [("X-Request-Id", "id-78")], host="site.test").status == 200
    line = proxy.log_lines(1)[0]
    for word in ("GET", "/a/b", "site.test", "200", "completed", "first", origin.service, "id-78", "127.0.0.1"):
        assert word in line, "%r is missing in %r" % (word, line)
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", line)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_one_line_per_request(logged, log_format):
    proxy, _ = logged("--log-format", log_format)
    client = proxy.client()
    client.send(b"".join(request_bytes(target="/a/%d" % i) for i in range(50)) + request_bytes(target="/none/") + request_bytes("HEAD", "/a/204"))
    for _ in range(51):
        client.read_response()
    client.read_response("HEAD")
    client.close()
    lines = proxy.log_lines(52)
    assert len(lines) == 52
    assert sum("no_route" in l for l in lines) == 1
    if log_format == "json":
        assert all(isinstance(json.loads(l), dict) for l in lines)


HOSTILE = ['"', "'", "\\", "\\n", "%0a%0d", "{}[]", "%7f", "<script>", "$(x)", "`x`", "a" * 4000]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_from_a_request_breaks_a_line(logged, log_format):
    proxy, _ = logged("--log-format", log_format)
    for text in HOSTILE:
        assert proxy.get("/a/" + text, [("User-Agent", text + " \xff\tend"), ("X-Request-Id", text), ("Referer", text)]).status == 200
    lines = proxy.log_lines(len(HOSTILE))
    assert len(lines) == len(HOSTILE)
    raw = proxy.access_log.read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw), "control characters in the log"
    if log_format == "json":
        for line in raw.splitlines():
            json.loads(line.decode("utf-8"))


def test_client_that_left_is_499(start, make_origin):
    origin = make_origin(script=lambda wire, o, number: (o.request(wire), wire.expect_close()))
    proxy = start([mapping("m", "/", origin)])
    client = proxy.client()
    client.send(request_bytes())
    origin.wait_heads(1)
    client.reset()
    line = proxy.log_lines(1)[0]
    assert "499" in line and "client_closed" in line


def test_reason_of_a_cut_answer(start, make_origin):
    def script(wire, o, number):
        o.request(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
    proxy = start([mapping("m", "/", make_origin(script=script))])
    client = proxy.client()
    client.send(request_bytes())
    client.expect_close()
    assert "upstream_truncated" in proxy.log_lines(1)[0]


def test_reopened_on_sigusr1(logged):
    proxy, _ = logged()
    assert proxy.get("/a/one").status == 200
    proxy.log_lines(1)
    moved = proxy.access_log.with_name("access.log.1")
    proxy.access_log.rename(moved)
    assert proxy.get("/a/two").status == 200
    proxy.log_lines(2, moved)
    proxy.signal(signal.SIGUSR1)
    proxy.wait(proxy.access_log.exists, "the new file")
    assert proxy.get("/a/three").status == 200
    assert "/a/three" in proxy.log_lines(1)[0]
    assert [l for l in moved.read_text().splitlines() if "/a/three" in l] == []


def test_lines_survive_the_end(logged):
    """What was logged before SIGTERM is in the file after it."""
    proxy, _ = logged()
    for i in range(500):
        assert proxy.get("/a/n%d" % i).status == 200
    proxy.stop()
    assert len(proxy.access_log.read_text().splitlines()) == 500


def test_standard_output(start, origin):
    proxy = start([mapping("m", "/m/", origin)], access_log=False, args=["--access-log", "-"])
    assert proxy.get("/m/x").status == 200
    proxy.wait(lambda: "/m/x" in proxy.stdout(), "the line on standard output")


def test_standard_output_is_the_default(start, origin):
    proxy = start([mapping("m", "/m/", origin)], access_log=False, args=["--log-format", "json"])
    assert proxy.get("/m/x").status == 200
    line = proxy.wait(lambda: [l for l in proxy.stdout().splitlines(True) if "/m/x" in l and l.endswith("\n")], "the line on standard output")[0]
    assert holding(json.loads(line), 200)


def test_off(start, origin):
    proxy = start([mapping("m", "/m/", origin)], access_log=False, args=["--access-log", "off"])
    assert proxy.get("/m/x").status == 200
    proxy.stop()
    assert "/m/x" not in proxy.output()


def test_full_disk_stops_nothing(start, origin):
    proxy = start([mapping("m", "/m/", origin)], access_log=False, args=["--access-log", "/dev/full"])
    assert [proxy.get("/m/x").status for _ in range(100)] == [200] * 100


def test_log_that_nobody_reads_stops_nothing(start, origin, tmp_path):
    """A pipe that is full: lines are dropped, requests are served."""
    fifo = tmp_path / "log"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    proxy = start([mapping("m", "/m/", origin)], access_log=False, args=["--access-log", str(fifo)])
    client = proxy.client()
    assert {client.get("/m/" + "x" * 1000).status for _ in range(1500)} == {200}
    os.close(reader)
    assert client.get("/m/x").status == 200
