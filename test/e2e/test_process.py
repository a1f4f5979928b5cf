# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The process: command line and environment, listeners, shutdown, running out of descriptors."""
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from kit.client import Client
from kit.nuncio import BINARY, Nuncio, clean_environment, mapping, run
from kit.ports import can_bind, free_port
from kit.wire import Ended, reply, request_bytes


def test_version():
    code, out, _ = run("--version")
    assert code == 0
    assert re.match(r"^nuncio \d+\.\d+", out)


def test_help_names_every_option():
    code, out, _ = run("--help")
    assert code == 0
    code, serve, _ = run("serve", "--help")
    for option in ("--config-dir", "--listen", "--admin", "--workers", "--resolv-conf", "--ambassador-id", "--log-level", "--log-format",
                   "--access-log", "--drain-seconds"):
        assert option in out + serve
    assert all(word in out for word in ("check", "echo", "serve"))
    assert all(len(line) <= 120 for line in out.splitlines())


@pytest.mark.parametrize("wrong, nearest", [("--config-dri", "--config-dir"), ("--lisen", "--listen"), ("--worker", "--workers"),
                                            ("--acess-log", "--access-log"), ("--drain-second", "--drain-seconds")])
def test_wrong_option_names_the_nearest(tmp_path, wrong, nearest):
    code, _, err = run("serve", "--config-dir", tmp_path, wrong, "1")
    assert code == 2
    assert nearest in err and wrong in err


@pytest.mark.parametrize("arguments", [
    [], ["--config-dir"], ["--config-dir", "DIR", "--listen", "nonsense:port"], ["--config-dir", "DIR", "--listen", "127.0.0.1:99999"],
    ["--config-dir", "DIR", "--listen", "1.2.3:80"], ["--config-dir", "DIR", "--workers", "none"], ["--config-dir", "DIR", "--workers", "0"],
    ["--config-dir", "DIR", "--workers", "-1"], ["--config-dir", "DIR", "--log-format", "xml"], ["--config-dir", "DIR", "--log-level", "loud"],
    ["--config-dir", "DIR", "--drain-seconds", "soon"], ["--config-dir", "DIR", "--admin", "x"], ["--config-dir", "DIR", "stray"],
    ["--config-dir", "DIR", "--listen", "unix:"], ["srve"]], ids=" ".join)
def test_unusable_arguments(tmp_path, arguments):
    code, _, err = run("serve", *[str(tmp_path) if a == "DIR" else a for a in arguments])
    assert code == 2
    assert err.strip()


def test_command_that_does_not_exist_names_the_nearest():
    code, _, err = run("chek")
    assert code == 2 and "check" in err


def test_serve_is_the_default_command_and_options_come_from_the_environment(tmp_path, origin):
    proxy = Nuncio(tmp_path / "n", [mapping("m", "/m/", origin)], start=False)
    proxy.args = [BINARY]
    proxy.env = clean_environment({
        "NUNCIO_CONFIG_DIR": str(proxy.config), "NUNCIO_LISTEN": "127.0.0.1:%d" % proxy.port, "NUNCIO_ADMIN": "127.0.0.1:%d" % proxy.admin_port,
        "NUNCIO_WORKERS": "1", "NUNCIO_ACCESS_LOG": str(proxy.access_log), "NUNCIO_LOG_FORMAT": "json"})
    with proxy:
        proxy.start()
        assert proxy.get("/m/").status == 200
        assert proxy.log_lines(1)[0].startswith("{")


def test_port_in_use_gets_a_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        code, _, err = run("serve", "--config-dir", tmp_path, "--listen", address, "--admin", "127.0.0.1:%d" % free_port())
    assert code != 0
    assert address in err and "use" in err


def test_second_nuncio_does_not_take_half_the_traffic(start, origin, tmp_path):
    """SO_REUSEPORT of the workers must not let a second process bind silently."""
    proxy = start([mapping("m", "/m/", origin)], workers=3)
    code, _, err = run("serve", "--config-dir", tmp_path, "--listen", "127.0.0.1:%d" % proxy.port, "--admin", "127.0.0.1:%d" % free_port())
    assert code != 0
    assert "127.0.0.1:%d" % proxy.port in err


def test_config_dir_that_appears_later(start, origin):
    """A volume that is not mounted yet: said in the log, and taken when it is there."""
    proxy = start([mapping("m", "/m/", origin)], ready=False)
    proxy.process.kill()
    proxy.process.wait()
    away = proxy.config.with_name("away")
    proxy.config.rename(away)
    proxy.start(ready=False)
    proxy.wait(lambda: str(proxy.config) in proxy.stderr(), "a sentence about the directory")
    away.rename(proxy.config)
    proxy.wait_ready()
    proxy.wait(lambda: proxy.get("/m/").status == 200, "the route")


# ---- listeners

def test_several_listeners(start, origin, tmp_path):
    ports = [free_port(), free_port()]
    path = str(tmp_path / "sock")
    listen = ["127.0.0.1:%d" % p for p in ports] + ["unix:" + path]
    if can_bind(0, "::1"):
        listen.append("[::1]:%d" % ports[0])
    proxy = start([mapping("m", "/m/", origin)], listen=listen)
    addresses = [("127.0.0.1", p) for p in ports] + [path] + ([("::1", ports[0])] if len(listen) == 4 else [])
    for address in addresses:
        with Client(address) as client:
            assert [client.get("/m/").status for _ in range(3)] == [200] * 3
            forwarded = origin.last.list("x-forwarded-for")
            if isinstance(address, tuple):
                assert forwarded == [address[0]]


@pytest.mark.parametrize("workers", [1, 3])
def test_unix_listener_with_workers(start, origin, tmp_path, workers):
    path = str(tmp_path / "sock")
    proxy = start([mapping("m", "/m/", origin)], listen=["unix:" + path], workers=workers)
    for _ in range(20):
        with Client(path) as client:
            assert client.get("/m/").status == 200


def test_stale_unix_socket_is_replaced(start, origin, tmp_path):
    path = str(tmp_path / "sock")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)
    start([mapping("m", "/m/", origin)], listen=["unix:" + path])
    with Client(path) as client:
        assert client.get("/m/").status == 200


# ---- shutdown

def slow_origin(make_origin):
    go = threading.Event()

    def answer(request):
        if "slow" in request.target:
            go.wait(30)
        return reply(200, request.target)
    return make_origin(answer), go


def test_sigterm_at_rest(start, origin):
    proxy = start([mapping("m", "/m/", origin)])
    idle = proxy.client()
    assert idle.get("/m/").status == 200
    proxy.signal(signal.SIGTERM)
    assert proxy.join() == 0
    assert idle.expect_close() == b""


def test_sigint_is_the_same(start, origin):
    proxy = start([mapping("m", "/m/", origin)])
    proxy.signal(signal.SIGINT)
    assert proxy.join() == 0


def test_exchange_in_flight_finishes(start, make_origin):
    origin, go = slow_origin(make_origin)
    proxy = start([mapping("m", "/", origin, rewrite="", timeout_ms=60000)])
    busy, half = proxy.client(), proxy.client()
    busy.send(request_bytes(target="/slow"))
    half.send(b"POST /slow HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345")
    origin.wait_heads(2)
    proxy.signal(signal.SIGTERM)
    proxy.wait(lambda: refused(proxy.port), "the listener to be closed")
    assert proxy.process.poll() is None
    half.send(b"67890")
    go.set()
    for client in (busy, half):
        answer = client.read_response()
        assert (answer.status, answer.body) == (200, b"/slow")
        assert "close" in answer.list("connection")
        assert client.expect_close() == b""
    assert proxy.join() == 0


def refused(port):
    try:
        Client(("127.0.0.1", port), limit=2).close()
        return False
    except OSError:
        return True


def test_drain_seconds(start, make_origin):
    """Not ready at once; new connections are still accepted, and every answer says Connection: close."""
    origin, _ = slow_origin(make_origin)
    proxy = start([mapping("m", "/m/", origin)], args=["--drain-seconds", "4"])
    old = proxy.client()
    assert "close" not in old.get("/m/").list("connection")
    proxy.signal(signal.SIGTERM)
    proxy.wait(lambda: proxy.admin("/ambassador/v0/check_ready").status == 503, "readiness to fail")
    assert proxy.get("/ambassador/v0/check_ready").status == 503
    assert proxy.admin("/ambassador/v0/check_alive").status == 200
    answer = proxy.get("/m/new")
    assert answer.status == 200
    assert "close" in answer.list("connection")
    answer = old.get("/m/old")
    assert (answer.status, "close" in answer.list("connection")) == (200, True)
    assert proxy.join() == 0


def test_pipeline_at_shutdown_is_answered_or_untouched(start, make_origin):
    """What was answered was answered wholly; what was not answered was never sent to the origin twice."""
    origin = make_origin(lambda r: reply(200, r.target))
    proxy = start([mapping("m", "/", origin, rewrite="")])
    client = proxy.client()
    client.send(b"".join(request_bytes("POST", "/%d" % i, body=b"x") for i in range(200)))
    origin.wait_requests(5)
    proxy.signal(signal.SIGTERM)
    answered = []
    try:
        while True:
            answered.append(client.read_response().body.decode())
    except Ended as e:
        assert not e.partial, "half an answer: %r" % e.partial
    assert answered == ["/%d" % i for i in range(len(answered))]
    assert proxy.join() == 0
    assert origin.targets() == ["/%d" % i for i in range(len(origin.requests))]


@pytest.mark.parametrize("number", [signal.SIGPIPE, signal.SIGUSR1, signal.SIGHUP], ids=lambda n: n.name)
def test_signals_that_do_not_end_it(start, origin, number):
    proxy = start([mapping("m", "/m/", origin)])
    for _ in range(20):
        proxy.signal(number)
    assert proxy.get("/m/").status == 200


# ---- descriptors

def test_accepting_pauses_without_descriptors_and_resumes(start, origin):
    """EMFILE: nothing spins, connections that are there go on, and all is well once descriptors are free."""
    proxy = start([mapping("m", "/m/", origin)], workers=1, rlimit_nofile=64)
    first = proxy.client()
    assert first.get("/m/").status == 200
    crowd = []
    for _ in range(150):
        crowd.append(socket.create_connection(("127.0.0.1", proxy.port), 5))
    time.sleep(0.5)
    before = proxy.cpu_seconds()
    time.sleep(2)
    assert proxy.cpu_seconds() - before < 0.5, "it spins"
    assert proxy.process.poll() is None
    assert first.get("/m/").status in (200, 503), "a connection that is there goes on"
    for sock in crowd:
        sock.close()
    proxy.wait(lambda: proxy.get("/m/").status == 200, "accepting to go on")


def test_no_descriptors_leak(start, make_origin):
    """Every way to end a connection, many times."""
    def script(wire, origin, number):
        target = origin.request(wire).target
        if target != "/close":
            wire.send(b"garbage\r\n\r\n" if target == "/bad" else reply(200, "x", [("Connection", "close")]))
    proxy = start([mapping("m", "/", make_origin(script=script), rewrite=""),
                   mapping("r", "/refused/", "127.0.0.1:1", connect_timeout_ms=50)], workers=1)
    assert proxy.get("/").status == 200
    proxy.forget_clients()
    before = proxy.descriptors()
    for i in range(30):
        for data in (request_bytes(target="/close"), request_bytes(target="/bad"), request_bytes(target="/refused/"), request_bytes(target="/ok"),
                     b"garbage\r\n\r\n", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", b""):
            client = proxy.client()
            client.send(data)
            if i % 3 == 0:
                client.reset()
            elif i % 3 == 1:
                client.half_close()
                client.expect_close()
            client.close()
    proxy.forget_clients()
    proxy.wait(lambda: proxy.descriptors() <= before + 3, "descriptors to be closed")


# ---- the embedded origin

def test_echo_is_an_origin(start):
    port = free_port()
    with subprocess.Popen([BINARY, "echo", "--listen", "127.0.0.1:%d" % port], env=clean_environment(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as echo:
        try:
            proxy = start([mapping("m", "/m/", "127.0.0.1:%d" % port, connect_timeout_ms=15000, timeout_ms=30000)])
            client = proxy.client()
            answer = client.ask("POST", "/m/path?query=1", [("X-Mine", "seen")], b"the body", host="site.test")
            assert answer.status == 200
            for word in (b"POST", b"/path?query=1", b"site.test", b"seen"):
                assert word in answer.body
            client.send(b"POST /m/ HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            assert client.read_response().status == 200
            assert client.ask("HEAD", "/m/").body == b""
        finally:
            echo.send_signal(signal.SIGTERM)
            assert echo.wait(20) == 0
