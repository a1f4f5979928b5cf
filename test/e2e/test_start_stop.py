# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""What nuncio says and does when it cannot start, when it starts with little, and when it is told to stop."""
import os
import signal
import socket
import threading
import time

import pytest

from kit.client import Client
from kit.dns import NameServer
from kit.nuncio import Nuncio, mapping, run
from kit.ports import free_port
from kit.wire import Ended, Silent, reply, request_bytes

ALIVE, READY = "/ambassador/v0/check_alive", "/ambassador/v0/check_ready"


# ---- start

def serve(directory, *args, listen=None):
    """A start that is expected to fail: (exit code, standard output, standard error)."""
    listen = listen or "127.0.0.1:%d" % free_port()
    return run("serve", "--config-dir", directory, "--listen", listen, "--admin", "127.0.0.1:%d" % free_port(), "--workers", "1", *args)


@pytest.mark.parametrize("text", [None, "", "search example.test\noptions timeout:1\n", "# nameserver 127.0.0.1\n",
                                  "; nameserver 127.0.0.1\n"],
                         ids=["missing", "empty", "without a name server", "commented out", "commented out with ;"])
def test_useless_file_of_name_servers_is_said_and_heals(start, origin, tmp_path, text):
    """It may come later, like anything that is named but absent; until then whatever needs no name is served."""
    path = tmp_path / "resolv.conf"
    if text is not None:
        path.write_text(text)
    with NameServer({"web.test": [origin.address]}) as dns:
        proxy = start([mapping("name", "/name/", "web.test:%d" % origin.port, connect_timeout_ms=500), mapping("m", "/m/", origin)],
                      args=["--resolv-conf", str(path)])
        said = [line for line in proxy.stderr().splitlines() if str(path) in line]
        assert len(said) == 1 and "name server" in said[0], proxy.stderr()
        assert proxy.get("/m/").status == 200
        assert proxy.get("/name/").status == 503
        dns.resolv_conf(path)
        proxy.wait(lambda: proxy.get("/name/").status == 200, "the name to be resolved", 60)


def test_why_it_did_not_start_is_said_without_a_log(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        code, _, err = serve(tmp_path, "--log-level", "off", listen=address)
    assert code == 2
    assert err.startswith("nuncio: ") and address in err
    assert len(err.splitlines()) == 1, "the log is off: %r" % err


def probe(proxy, path):
    """The status of a probe at the admin address, None while nobody listens there."""
    try:
        return proxy.admin(path).status
    except (OSError, Ended, Silent):
        return None


def test_without_its_directory_it_is_alive_and_not_ready(tmp_path, origin):
    proxy = Nuncio(tmp_path / "n", [mapping("m", "/m/", origin)], start=False)
    away = proxy.config.with_name("away")
    proxy.config.rename(away)
    with proxy:
        proxy.start(ready=False)
        proxy.wait(lambda: str(proxy.config) in proxy.stderr(), "a sentence about the directory")
        proxy.wait(lambda: probe(proxy, ALIVE) == 200, "the admin address")
        for _ in range(10):
            assert (probe(proxy, READY), probe(proxy, ALIVE)) == (503, 200)
            time.sleep(0.05)
        away.rename(proxy.config)
        proxy.wait_ready()
        proxy.wait(lambda: proxy.get("/m/").status == 200, "the route")


def test_an_empty_directory_is_a_configuration(start):
    """Nothing to serve, but that is what it was told."""
    proxy = start([])
    assert probe(proxy, READY) == 200
    assert proxy.get("/").status == 404


# ---- stop

@pytest.mark.parametrize("busy", [False, True], ids=["at rest", "with an exchange under way"])
def test_second_sigterm_ends_the_drain(start, make_origin, busy):
    go = threading.Event()
    origin = make_origin(lambda request: go.wait(60) and reply(200, request.target))
    proxy = start([mapping("m", "/m/", origin, timeout_ms=0)], args=["--drain-seconds", "30"])
    if busy:
        proxy.client().send(request_bytes(target="/m/"))
        origin.wait_heads(1)
    proxy.signal(signal.SIGTERM)
    proxy.wait(lambda: probe(proxy, READY) == 503, "the drain to begin")
    assert proxy.process.poll() is None
    proxy.signal(signal.SIGTERM)
    try:
        assert proxy.join(15) == 0
    finally:
        go.set()


def wait_for_the_end(proxy, seconds):
    """Without reaping it: /proc still tells what it has used."""
    deadline = time.monotonic() + seconds
    while os.waitid(os.P_PID, proxy.process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        assert time.monotonic() < deadline, "nuncio did not end\n" + proxy.stderr()
        time.sleep(0.02)


HALVES = {"half a head": b"GET /ambassador/v0/check_alive HTTP/1.1\r\nHost: t", "nothing": b"",
          "half a body": b"POST /metrics HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nbegun"}


@pytest.mark.parametrize("name", HALVES)
def test_half_a_request_at_the_admin_address_does_not_hold_the_end(start, origin, name):
    proxy = start([mapping("m", "/m/", origin)])
    with Client(("127.0.0.1", proxy.admin_port)) as half, Client(("127.0.0.1", proxy.admin_port)) as whole:
        half.send(HALVES[name])
        assert whole.get(ALIVE).status == 200, "by then the other one has been accepted"
        before = proxy.cpu_seconds()
        proxy.signal(signal.SIGTERM)
        wait_for_the_end(proxy, 15)
        used = proxy.cpu_seconds() - before
    assert proxy.join() == 0
    assert used < 0.5, "it spins"
