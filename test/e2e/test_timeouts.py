# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Each limit does what its name says (ambassador-proxy.md 4.5). No test measures a time: a limit has passed when its effect is there, and
has not when a later event still succeeds."""
import socket
import threading
import time

import pytest

from kit.nuncio import mapping, module
from kit.wire import Bad, Ended, reply, request_bytes

LONG = 60000


def silent(wire, origin, number):
    """Reads requests, never answers."""
    while True:
        origin.request(wire)


def test_timeout_before_the_head_is_504(start, make_origin):
    origin = make_origin(script=silent)
    proxy = start([mapping("all", "/", origin, timeout_ms=300)])
    client = proxy.client()
    answer = client.get("/")
    assert answer.status == 504
    assert answer.one("content-type").startswith("text/plain") and answer.has("x-request-id")
    assert client.get("/ambassador/v0/check_alive").status == 200, "the client's connection is not to blame"
    assert len(origin.requests) == 1, "no retry"
    line = proxy.log_lines(1)[0]
    assert " 504 " in line and "all" in line and "upstream_timeout" in line


def test_timeout_covers_a_post(start, make_origin):
    origin = make_origin(script=silent)
    proxy = start([mapping("all", "/", origin, timeout_ms=300)])
    assert proxy.ask("POST", "/", body=b"hello").status == 504
    assert len(origin.requests) == 1


def test_timed_out_connection_is_not_used_again(start, make_origin):
    """The late answer must not be taken for the next one."""
    def script(wire, origin, number):
        origin.request(wire)
        if number == 0:
            time.sleep(1)
            wire.try_send(reply(200, "late"))
        else:
            wire.send(reply(200, "mine"))
            origin.request(wire)
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, timeout_ms=300)])
    client = proxy.client()
    assert client.get("/").status == 504
    assert client.get("/").body == b"mine"


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_timeout_after_the_head_cuts_the_answer(start, make_origin, framing):
    line = {"length": "Content-Length: 100\r\n", "chunked": "Transfer-Encoding: chunked\r\n", "close": ""}[framing]

    def script(wire, origin, number):
        origin.request(wire)
        wire.send("HTTP/1.1 200 OK\r\n%s\r\n%s" % (line, "5\r\nhello\r\n" if framing == "chunked" else "hello"))
        wire.expect_close()
    proxy = start([mapping("all", "/", make_origin(script=script), timeout_ms=400)])
    client = proxy.client()
    client.send(request_bytes())
    head = client.read_final_head()
    assert head.status == 200
    with pytest.raises((Ended, Bad)):
        client.read_response_body(head)


def test_slow_upload_is_not_cut(start, origin):
    """timeout_ms starts when the request has ended."""
    proxy = start([mapping("all", "/", origin, timeout_ms=400)])
    client = proxy.client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n")
    for _ in range(10):
        time.sleep(0.1)
        client.send(b"x")
    assert client.read_response().status == 200
    assert origin.last.body == b"x" * 10


def slow_but_steady(wire, origin, number):
    origin.request(wire)
    time.sleep(1.2)
    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(6):
        time.sleep(0.2)
        wire.send(b"1\r\nx\r\n")
    wire.send(b"0\r\n\r\n")
    origin.request(wire)


def test_timeout_0_means_none(start, make_origin):
    proxy = start([mapping("all", "/", make_origin(script=slow_but_steady), timeout_ms=0), module(cluster_request_timeout_ms=300)])
    assert proxy.get("/").body == b"xxxxxx"


def test_module_gives_the_default(start, make_origin):
    proxy = start([mapping("short", "/short/", make_origin(script=silent)),
                   mapping("own", "/own/", make_origin(script=slow_but_steady), timeout_ms=LONG),
                   module(cluster_request_timeout_ms=300)])
    assert proxy.get("/short/").status == 504
    assert proxy.get("/own/").body == b"xxxxxx"


def test_default_is_3_seconds(start, make_origin):
    """1.2 s and its body pass; silence does not last for ever."""
    proxy = start([mapping("steady", "/steady/", make_origin(script=slow_but_steady)), mapping("silent", "/silent/", make_origin(script=silent))])
    assert proxy.get("/steady/").body == b"xxxxxx"
    assert proxy.get("/silent/").status == 504


def test_idle_before_the_head_is_504(start, make_origin):
    """408 only while the request is incomplete."""
    proxy = start([mapping("all", "/", make_origin(script=silent), timeout_ms=0, idle_timeout_ms=300)])
    assert proxy.get("/").status == 504


def test_idle_in_the_answer_cuts_it(start, make_origin):
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        wire.expect_close()
    proxy = start([mapping("all", "/", make_origin(script=script), timeout_ms=0, idle_timeout_ms=300)])
    with pytest.raises(Ended):
        proxy.get("/")


def test_traffic_keeps_an_exchange_from_being_idle(start, make_origin):
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            time.sleep(0.1)
            wire.send(b"1\r\nx\r\n")
        wire.send(b"0\r\n\r\n")
        origin.request(wire)
    proxy = start([mapping("all", "/", make_origin(script=script), timeout_ms=0, idle_timeout_ms=1000)])
    assert proxy.get("/").body == b"x" * 20


def test_silent_request_body_is_408(start, origin):
    proxy = start([mapping("all", "/", origin, idle_timeout_ms=300)])
    client = proxy.client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello")
    assert client.read_response().status == 408
    assert client.expect_close() == b""
    assert proxy.get("/").status == 200
    assert [r.method for r in origin.requests] == ["GET"], "a body that never ended is no request"


def test_idle_0_means_none(start, make_origin):
    proxy = start([mapping("all", "/", make_origin(script=slow_but_steady), timeout_ms=0, idle_timeout_ms=0)])
    assert proxy.get("/").body == b"xxxxxx"


@pytest.fixture
def black_hole():
    """An address whose SYNs are dropped: a listening socket whose queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(3):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(listener.getsockname())
            fillers.append(s)
        time.sleep(0.1)
        yield "127.0.0.1:%d" % listener.getsockname()[1]
        for s in fillers:
            s.close()


def test_connect_timeout_is_503(start, black_hole):
    proxy = start([mapping("all", "/", black_hole, connect_timeout_ms=300, timeout_ms=LONG)])
    client = proxy.client()
    answer = client.get("/")
    assert answer.status == 503
    assert "connect_timeout" in proxy.log_lines(1)[0]
    assert client.ask("POST", "/", body=b"hello").status == 503


def test_while_no_connection_was_made_it_is_503(start, black_hole):
    """Whichever limit comes first."""
    proxy = start([mapping("all", "/", black_hole, connect_timeout_ms=LONG, timeout_ms=300)])
    assert proxy.get("/").status == 503


def test_refused_connect_is_tried_again_within_the_limit(start, make_origin):
    origin = make_origin(listen=False)
    proxy = start([mapping("all", "/", origin, connect_timeout_ms=15000, timeout_ms=LONG)])
    timer = threading.Timer(0.5, origin.listen)
    timer.start()
    assert proxy.ask("POST", "/", body=b"hello").status == 200, "nothing was sent, so a POST can wait too"
    timer.join()
    assert len(origin.requests) == 1


def test_refused_connect_is_503(start, make_origin):
    proxy = start([mapping("all", "/", make_origin(listen=False), connect_timeout_ms=300)])
    assert proxy.get("/").status == 503
    assert "connect_refused" in proxy.log_lines(1)[0]


def test_idle_client_connection_is_closed(start, origin):
    proxy = start([mapping("all", "/", origin), module(listener_idle_timeout_ms=300)])
    client = proxy.client()
    assert client.get("/").status == 200
    assert client.expect_close() == b""


def test_idle_upstream_connection_is_closed(start, origin):
    proxy = start([mapping("all", "/", origin, cluster_idle_timeout_ms=300)])
    assert proxy.get("/").status == 200
    origin.wait(lambda: origin.open == 0, "the idle connection to be closed")
    assert proxy.get("/").status == 200
    assert origin.connections == 2


def test_keep_alive_survives_silence_by_default(start, origin):
    proxy = start([mapping("all", "/", origin)])
    client = proxy.client()
    assert client.get("/").status == 200
    client.expect_silence(1.5)
    assert client.get("/").status == 200


def test_slow_head_is_408(start, origin):
    """However it trickles: the limit is for the whole head."""
    proxy = start([mapping("all", "/", origin)], args=["--head-timeout-ms", "500"])
    client = proxy.client()
    client.send(b"GET / HTTP/1.1\r\nHost: test\r\nX-A: ")
    trickle = threading.Thread(target=lambda: client.send_slowly(b"a" * 400, pause=0.05), daemon=True)
    trickle.start()
    answer = client.read_response()
    assert (answer.status, "close" in answer.list("connection")) == (408, True)
    client.expect_close()
    trickle.join()
    assert not origin.heads


def test_new_connection_that_says_nothing_is_closed(start, origin):
    proxy = start([mapping("all", "/", origin)], args=["--head-timeout-ms", "300"])
    assert proxy.client().expect_close()[:12] in (b"", b"HTTP/1.1 408")


def test_kept_connection_is_not_a_slow_head(start, origin):
    """Between two requests the idle time of the listener counts, not that of a head."""
    proxy = start([mapping("all", "/", origin)], args=["--head-timeout-ms", "300"])
    client = proxy.client()
    assert client.get("/").status == 200
    client.expect_silence(1.2)
    assert client.get("/").status == 200


def test_silent_body_is_408_within_the_body_timeout(start, origin):
    proxy = start([mapping("all", "/", origin, idle_timeout_ms=LONG)], args=["--body-timeout-ms", "300"])
    client = proxy.client()
    client.send(b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    assert client.read_response().status == 408
    assert not origin.requests


@pytest.mark.slow
def test_client_that_stops_reading_is_let_go(start, make_origin):
    """A body that nobody takes ends after the idle time."""
    def script(wire, origin, number):
        origin.request(wire)
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while wire.try_send(b"x" * 100000):
            pass
    origin = make_origin(script=script)
    proxy = start([mapping("all", "/", origin, timeout_ms=0, idle_timeout_ms=1000)])
    client = proxy.client()
    client.send(request_bytes())
    client.read_final_head()
    origin.wait(lambda: origin.open == 0, "the transfer to be given up", 90)
