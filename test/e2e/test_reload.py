# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Reloading (http-rules 28–32, ambassador.md 7): a change is in force soon, fails no request, and a broken change keeps the last good
version of what it broke."""
import signal
import threading
import time

import pytest

from kit.client import Client
from kit.nuncio import mapping, text_of
from kit.websocket import EchoOrigin, upgrade_bytes
from kit.wire import Ended, Silent, reply, request_bytes


@pytest.fixture
def served(start, origin):
    return start({"a.yaml": mapping("a", "/a/", origin)}), origin


def becomes(proxy, target, status):
    proxy.wait(lambda: proxy.get(target).status == status, "%s to become %d" % (target, status))


def test_new_file(served):
    proxy, origin = served
    proxy.write("b.yaml", mapping("b", "/b/", origin))
    becomes(proxy, "/b/", 200)
    assert proxy.get("/a/").status == 200


def test_rename_over(served):
    proxy, origin = served
    proxy.write("a.yaml", mapping("a", "/other/", origin))
    becomes(proxy, "/other/", 200)
    becomes(proxy, "/a/", 404)


def test_written_in_place(served):
    proxy, origin = served
    (proxy.config / "a.yaml").write_text(text_of(mapping("a", "/other/", origin)))
    becomes(proxy, "/other/", 200)
    becomes(proxy, "/a/", 404)


def test_written_in_small_pieces(served):
    """Half a document is waited for; the route that it replaces goes on meanwhile."""
    proxy, origin = served
    text = text_of(mapping("a", "/a/", origin, rewrite="/new/"))
    with open(proxy.config / "a.yaml", "w", encoding="utf-8") as file:
        for line in text.splitlines(True):
            file.write(line)
            file.flush()
            assert proxy.get("/a/").status == 200
            time.sleep(0.15)
    proxy.wait(lambda: proxy.get("/a/").status == 200 and origin.last.target == "/new/", "the new version")


def test_removed_file(served):
    proxy, origin = served
    proxy.apply("b.yaml", mapping("b", "/b/", origin))
    proxy.remove("a.yaml")
    becomes(proxy, "/a/", 404)
    assert proxy.get("/b/").status == 200


def test_directory_removed_and_made_again(served):
    proxy, origin = served
    moved = proxy.config.with_name("config.old")
    proxy.config.rename(moved)
    assert proxy.get("/a/").status == 200
    proxy.config.mkdir()
    proxy.write("b.yaml", mapping("b", "/b/", origin))
    becomes(proxy, "/b/", 200)
    proxy.write("c.yaml", mapping("c", "/c/", origin))
    becomes(proxy, "/c/", 200)


def test_configmap_swap(start, origin, tmp_path):
    """The way a ConfigMap volume changes: ..data points to a directory of its own, and is swapped by rename."""
    proxy = start([], ready=False)
    (proxy.config / "routes.yaml").unlink()

    def version(name, document):
        (proxy.config / name).mkdir()
        (proxy.config / name / "routes.yaml").write_text(text_of(document))
        (proxy.config / "..data_tmp").symlink_to(name)
        (proxy.config / "..data_tmp").rename(proxy.config / "..data")
    version("..v1", mapping("a", "/a/", origin))
    (proxy.config / "routes.yaml").symlink_to("..data/routes.yaml")
    proxy.wait_ready()
    becomes(proxy, "/a/", 200)
    for i in range(2, 6):
        version("..v%d" % i, mapping("a", "/a%d/" % i, origin))
        becomes(proxy, "/a%d/" % i, 200)
        becomes(proxy, "/a/" if i == 2 else "/a%d/" % (i - 1), 404)


def test_sighup(served):
    proxy, origin = served
    proxy.write("b.yaml", mapping("b", "/b/", origin))
    proxy.in_force(lambda: proxy.signal(signal.SIGHUP))
    assert proxy.get("/b/").status == 200
    for _ in range(50):
        proxy.signal(signal.SIGHUP)
    assert proxy.get("/a/").status == 200


def test_directory_that_turns_empty_is_not_believed_at_once(served):
    proxy, _ = served
    proxy.remove("a.yaml")
    assert proxy.get("/a/").status == 200
    becomes(proxy, "/a/", 404)


class Load:
    """Clients that ask all the time, some over kept connections, some over new ones; `problems` has everything that is not the answer."""

    def __init__(self, proxy, target, expected, threads=4):
        self.address = ("127.0.0.1", proxy.port)
        self.target, self.expected = target, expected
        self.problems, self.count = [], 0
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(i % 2 == 0,)) for i in range(threads)]

    def _run(self, keep):
        client = None
        while not self.done.is_set():
            try:
                client = client or Client(self.address)
                answer = client.ask("POST", self.target, body=b"x" * 100)
                if (answer.status, answer.body) != (200, self.expected):
                    self.problems.append(answer.head)
                self.count += 1
            except (Ended, Silent, OSError) as e:
                self.problems.append(e)
                client = None
            if not keep and client:
                client.close()
                client = None

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for t in self.threads:
            t.join()


@pytest.mark.parametrize("way", ["rename", "SIGHUP", "unrelated file", "removal and return"])
def test_reloads_fail_no_request(start, make_origin, way):
    origin = make_origin(lambda r: reply(200, "constant"))
    stable = mapping("stable", "/stable/", origin)
    proxy = start({"stable.yaml": stable, "z.yaml": mapping("z", "/z/", origin)})
    with Load(proxy, "/stable/", b"constant") as load:
        for i in range(15):
            if way == "rename":
                proxy.write("stable.yaml", {**stable, "timeout_ms": 5000 + i})
            elif way == "removal and return":
                proxy.remove("z.yaml")
            else:
                proxy.write("z.yaml", [mapping("z%d" % n, "/z/%d/%d/" % (i, n), origin) for n in range(100)])
            proxy.in_force((lambda: proxy.signal(signal.SIGHUP)) if way == "SIGHUP" else None)
            if way == "removal and return":
                proxy.write("z.yaml", mapping("z", "/z/", origin))
    assert load.problems == []
    assert load.count > 50


def test_exchange_in_flight_finishes_under_its_own_configuration(start, make_origin):
    go = threading.Event()

    def answer(request):
        if request.target.startswith("/old"):
            go.wait(30)
        return reply(200, request.target)
    origin = make_origin(answer)
    proxy = start({"a.yaml": mapping("a", "/a/", origin, rewrite="/old/", timeout_ms=60000, add_response_headers={"X-Version": "old"})})
    client = proxy.client()
    client.send(request_bytes(target="/a/1") + request_bytes(target="/a/2"))
    origin.wait_heads(1)
    for i in range(5):
        proxy.apply("a.yaml", mapping("a", "/a/", origin, rewrite="/new/", timeout_ms=5000 + i, add_response_headers={"X-Version": "new"}))
    go.set()
    first, second = client.read_response(), client.read_response()
    assert (first.body, first.get("x-version")) == (b"/old/1", "old")
    assert (second.body, second.get("x-version")) == (b"/new/2", "new"), "the next request on the connection has the new one"


def test_tunnel_survives_reloads_and_the_removal_of_its_mapping(start, origin):
    with EchoOrigin() as echo:
        proxy = start({"ws.yaml": mapping("ws", "/ws/", echo.service, use_websocket=True), "b.yaml": mapping("b", "/b/", origin)})
        client = proxy.client()
        client.send(upgrade_bytes("/ws/"))
        assert client.read_response().status == 101
        for i in range(5):
            proxy.apply("b.yaml", mapping("b", "/b%d/" % i, origin))
        proxy.remove("ws.yaml")
        proxy.in_force()
        assert proxy.get("/ws/").status == 404
        client.send(b"\x81\x83\0\0\0\0abc")  # a masked text frame
        assert client.exactly(5) == b"\x81\x03abc"


def test_download_survives_the_removal_of_its_mapping(start, make_origin):
    go = threading.Event()

    def script(wire, o, number):
        o.request(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        go.wait(30)
        wire.send(b" last")
    proxy = start({"a.yaml": mapping("a", "/a/", make_origin(script=script), timeout_ms=60000), "b.yaml": mapping("b", "/b/", "127.0.0.1:1")})
    client = proxy.client()
    client.send(request_bytes(target="/a/"))
    head = client.read_final_head()
    proxy.remove("a.yaml")
    proxy.in_force()
    assert proxy.get("/a/").status == 404
    go.set()
    assert client.read_response_body(head).body == b"first last"


def test_1000_files_at_once(served):
    proxy, origin = served
    for i in range(1000):
        proxy.write("m%d.yaml" % i, mapping("m%d" % i, "/m/%d/" % i, origin))
    proxy.in_force()
    assert [proxy.get("/m/%d/" % i).status for i in (0, 500, 999)] == [200] * 3


def test_reloads_leak_no_descriptors(served):
    proxy, origin = served
    proxy.in_force()
    before = proxy.descriptors()
    for i in range(30):
        proxy.apply("a.yaml", mapping("a", "/a/", origin, timeout_ms=1000 + i))
    proxy.forget_clients()
    proxy.wait(lambda: proxy.descriptors() <= before + 2, "descriptors to be closed")


def test_nothing_happens_at_rest(served):
    """No CPU at rest: ten ticks of 10 ms in two seconds would be 5 %."""
    proxy, _ = served
    assert proxy.get("/a/").status == 200
    time.sleep(0.5)
    before = proxy.cpu_seconds()
    time.sleep(2)
    assert proxy.cpu_seconds() - before <= 0.1
