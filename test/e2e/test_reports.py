# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""What an operator is told: complete where a line is the only trace, and no line where requests would write them."""
import json

import pytest

from kit.metrics import value
from kit.nuncio import mapping, run
from kit.wire import reply


def test_access_log_names_the_address_that_refused(start, make_origin):
    origin = make_origin(listen=False)
    proxy = start([mapping("all", "/", origin, connect_timeout_ms=200)], args=["--log-format", "json"])
    assert proxy.get("/").status == 503
    record = json.loads(proxy.log_lines(1)[0])
    assert "connect_refused" in record.values()
    assert record["upstream_host"] == origin.service


def test_access_log_names_the_last_address_of_a_name(start, make_origin):
    origin = make_origin(listen=False)
    proxy = start([mapping("all", "/", "localhost:%d" % origin.port, connect_timeout_ms=200)], args=["--log-format", "json"])
    assert proxy.get("/").status == 503
    assert json.loads(proxy.log_lines(1)[0])["upstream_host"] in (origin.service, "[::1]:%d" % origin.port)


def test_upstream_bytes_are_counted_while_the_connection_is_pooled(start, make_origin):
    origin = make_origin(lambda request: reply(200, "x" * 5000))
    proxy = start([mapping("all", "/", origin)])
    client = proxy.client()
    for round_number in range(1, 4):
        assert client.ask("POST", "/", body=b"y" * 3000).status == 200
        for name, least in (("nuncio_upstream_bytes_received_total", 5000), ("nuncio_upstream_bytes_sent_total", 3000)):
            proxy.wait(lambda: value(proxy, name) >= least * round_number, name)
            assert value(proxy, name) < (least + 1000) * round_number, "counted twice"
    assert (origin.connections, origin.open) == (1, 1)


def test_requests_that_fail_closed_do_not_fill_the_log(start, origin):
    """The configuration says it once; the access log has the requests."""
    auth = {"apiVersion": "getambassador.io/v2", "kind": "AuthService", "name": "auth", "auth_service": "127.0.0.1:1"}
    proxy = start([mapping("a", "/a/", origin), auth])
    before = proxy.stderr()
    assert "auth" in before, "it is said at least once"
    client = proxy.client()
    statuses = {client.get("/a/").status for _ in range(30)}
    assert statuses <= {500, 403} and not origin.heads
    proxy.log_lines(30)
    more = proxy.stderr()[len(before):]
    assert len(more.splitlines()) < 5, more


BROKEN = "apiVersion: getambassador.io/v2\nkind: Mapping\nname: web\nprefix: /web/\nservice: web.shop:8080\ntimeout_ms: soon\n"


@pytest.mark.parametrize("name", ["routes.txt", "routes", "routes.yaml.new", ".hidden", "routes.yaml"])
def test_check_reads_the_file_that_it_is_given(tmp_path, name):
    """The suffix only tells which files of a directory count."""
    path = tmp_path / name
    path.write_text(BROKEN)
    code, out, err = run("check", path)
    assert code == 1
    assert "%s:6" % path.name in out + err and "timeout_ms" in out + err
    path.write_text(BROKEN.replace("soon", "1000"))
    code, out, err = run("check", path)
    assert code == 0, out + err
    assert "1 applied" in out
