# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""`nuncio check`: every diagnostic with file, line and column, the nearest known name, and an exit status for pipelines (http-rules 31)."""
import re

import pytest

from kit.nuncio import run

GOOD = """apiVersion: getambassador.io/v2
kind: Mapping
name: web
prefix: /web/
service: web.shop:8080
"""


def check(tmp_path, text, name="routes.yaml", *args):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    code, out, err = run("check", tmp_path, *args)
    return code, out + err


def test_good_directory(tmp_path):
    code, text = check(tmp_path, GOOD)
    assert code == 0
    assert "error" not in text.replace("0 errors", "").replace("no error", "")


@pytest.mark.parametrize("arguments", [["--config-dir"], []])
def test_both_spellings_of_the_directory(tmp_path, arguments):
    (tmp_path / "a.yaml").write_text(GOOD)
    assert run("check", *arguments, tmp_path)[0] == 0


ERRORS = {  # text → line of the error, words that the message must have
    "syntax": (GOOD + "---\nprefix: [a\nname: x\n", None, []),
    "wrong type": (GOOD + "timeout_ms: soon\n", 6, ["timeout_ms", "Mapping web"]),
    "list where a number belongs": (GOOD + "timeout_ms: [1, 2]\n", 6, ["timeout_ms"]),
    "negative timeout": (GOOD + "timeout_ms: -1\n", 6, ["timeout_ms"]),
    "boolean of a word": (GOOD + "case_sensitive: perhaps\n", 6, ["case_sensitive"]),
    "missing service": (GOOD.replace("service: web.shop:8080\n", ""), None, ["service"]),
    "missing prefix": (GOOD.replace("prefix: /web/\n", ""), None, ["prefix"]),
    "missing name": (GOOD.replace("name: web\n", ""), None, ["name"]),
    "missing kind": (GOOD.replace("kind: Mapping\n", ""), None, ["kind"]),
    "missing apiVersion": (GOOD.replace("apiVersion: getambassador.io/v2\n", ""), None, ["apiVersion"]),
    "foreign apiVersion": (GOOD.replace("getambassador.io/v2", "example.com/v1"), 1, ["example.com/v1"]),
    "empty prefix": (GOOD.replace("/web/", "''"), 4, ["prefix"]),
    "port out of range": (GOOD.replace("8080", "80800"), 5, ["service"]),
    "no host": (GOOD.replace("web.shop:8080", "':8080'"), 5, ["service"]),
    "duplicate key": (GOOD + "prefix: /other/\n", 6, ["prefix"]),
    "CRLF in a header": (GOOD + 'add_request_headers:\n  x-a: "b\\r\\nc"\n', 7, ["x-a"]),
    "NUL in a value": (GOOD + 'host_rewrite: "a\\0b"\n', 6, ["host_rewrite"]),
    "bad header name": (GOOD + "add_request_headers:\n  'x a': b\n", 7, ["x a"]),
    "rewrite with a space": (GOOD + "rewrite: '/a b'\n", 6, ["rewrite"]),
    "rewrite with a control character": (GOOD + 'rewrite: "/a\\tb"\n', 6, ["rewrite"]),
    "rewrite that is not ASCII": (GOOD + "rewrite: /caf\u00e9\n", 6, ["rewrite"]),
    "not UTF-8": (GOOD.encode() + b"host_rewrite: \xff\n", None, []),
    "second document": (GOOD + "---\n" + GOOD.replace("name: web", "name: two") + "timeout_ms: soon\n", 12, ["timeout_ms", "Mapping two"]),
    "same name twice": (GOOD + "---\n" + GOOD.replace("/web/", "/web2/"), None, ["web"]),
    "not a mapping": (GOOD + "---\n- a\n- b\n", None, []),
    "breaker that is no list": (GOOD + "circuit_breakers: 7\n", 6, ["circuit_breakers"]),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(tmp_path, name):
    text, line, words = ERRORS[name]
    code, out = check(tmp_path, text)
    assert code == 1, out
    lines = [l for l in out.splitlines() if re.search(r"routes\.yaml:\d+(:\d+)?: error: ", l)]
    assert lines, out
    if line:
        assert any("routes.yaml:%d:" % line in l and all(w in l for w in words) for l in lines), out
    else:
        assert any(all(w in l for w in words) for l in lines), out


NOTICES = {  # text → line, words
    "unknown field": (GOOD + "prefx: /a/\n", 6, ["prefx", "prefix"]),
    "unknown field, other word": (GOOD + "time_out_ms: 5\n", 6, ["time_out_ms", "timeout_ms"]),
    "field of another spelling": (GOOD + "hostRewrite: a\n", 6, ["hostRewrite", "host_rewrite"]),
    "unknown kind": (GOOD + "---\napiVersion: getambassador.io/v2\nkind: Maping\nname: x\n", None, ["Maping", "Mapping"]),
    "old apiVersion": (GOOD.replace("getambassador.io/v2", "ambassador/v0"), 1, ["v0"]),
    "lower-case method": (GOOD + "method: get\n", 6, ["method"]),
    "prefix without a slash": (GOOD.replace("/web/", "web/"), 4, ["prefix"]),
    "Module key": (GOOD + "---\napiVersion: getambassador.io/v2\nkind: Module\nname: ambassador\nconfig:\n  servername: x\n", 11,
                   ["servername", "server_name"]),
    "unknown Module": (GOOD + "---\napiVersion: getambassador.io/v2\nkind: Module\nname: ambasador\nconfig: {}\n", None, ["ambasador"]),
}


@pytest.mark.parametrize("name", NOTICES)
def test_notice(tmp_path, name):
    """A notice does not fail, unless --strict is given."""
    text, line, words = NOTICES[name]
    code, out = check(tmp_path, text)
    assert code == 0, out
    lines = [l for l in out.splitlines() if "routes.yaml:%s" % (line or "") in l and ": notice: " in l]
    assert any(all(w in l for w in words) for l in lines), out
    assert run("check", "--strict", tmp_path)[0] == 1


# Known to the specification, not served by this version: a line that says so, never silence.
UNSERVED = {
    "kind": (GOOD + "---\napiVersion: getambassador.io/v2\nkind: RateLimitService\nname: rl\nservice: a:1\n", "RateLimitService"),
    "TracingService": (GOOD + "---\napiVersion: getambassador.io/v2\nkind: TracingService\nname: t\nservice: a:1\ndriver: zipkin\n",
                       "TracingService"),
    "shadow": (GOOD + "shadow: true\n", "shadow"),
    "host_redirect": (GOOD + "host_redirect: true\n", "host_redirect"),
    "prefix_regex": (GOOD + "prefix_regex: true\n", "prefix_regex"),
    "headers": (GOOD + "headers: {x-a: b}\n", "headers"),
    "cors": (GOOD + "cors: {origins: '*'}\n", "cors"),
    "retry_policy": (GOOD + "retry_policy: {retry_on: 5xx}\n", "retry_policy"),
    "grpc": (GOOD + "grpc: true\n", "grpc"),
    "Module key": (GOOD + "---\napiVersion: getambassador.io/v2\nkind: Module\nname: ambassador\nconfig: {envoy_log_path: /x}\n", "envoy_log_path"),
}


@pytest.mark.parametrize("name", UNSERVED)
def test_what_is_not_served_is_named(tmp_path, name):
    text, word = UNSERVED[name]
    code, out = check(tmp_path, text)
    assert code == 0, out
    assert any(word in l and "routes.yaml:" in l and ": notice: " in l for l in out.splitlines()), out


def test_place_inside_an_annotation(tmp_path):
    text = """apiVersion: v1
kind: Service
metadata:
  name: qotm
  annotations:
    getambassador.io/config: |
      ---
      apiVersion: ambassador/v1
      kind: Mapping
      name: one
      prefix: /one/
      service: one
      ---
      apiVersion: ambassador/v1
      kind: Mapping
      name: two
      prefix: /two/
      service: two
      timeout_ms: soon
"""
    code, out = check(tmp_path, text)
    assert code == 1
    line = [l for l in out.splitlines() if ": error: " in l][0]
    assert "routes.yaml:19" in line and "timeout_ms" in line and "two" in line
    assert re.search(r"\b2\b", line.replace("routes.yaml:19", "")), "the index in the annotation: " + line


def test_all_diagnostics_are_printed(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD + "timeout_ms: soon\n")
    (tmp_path / "b.yaml").write_text(GOOD.replace("name: web", "name: b") + "prefx: a\n---\nbroken: [\n")
    code, out, err = run("check", tmp_path)
    assert code == 1
    for needle in ("a.yaml:6:", "b.yaml:6:"):
        assert needle in out + err, out + err
    assert re.search(r"b\.yaml:[89](:\d+)?: error: ", out + err), out + err


def test_documents_of_another_id_are_not_judged(tmp_path):
    text = GOOD + "ambassador_id: other\ntimeout_ms: soon\n"
    assert check(tmp_path, text)[0] == 0
    assert run("check", "--ambassador-id", "other", tmp_path)[0] == 1


@pytest.mark.parametrize("arguments", [[], ["/does/not/exist"], ["--config-dir"], ["--no-such-option", "."], ["a", "b"]], ids=str)
def test_unusable_arguments(arguments):
    code, _, err = run("check", *arguments)
    assert code == 2
    assert err.strip()


def test_hostile_input_is_bounded(tmp_path):
    (tmp_path / "deep.yaml").write_text("a: " + "[" * 100000)
    (tmp_path / "wide.yaml").write_text("".join("---\na: b\n" for _ in range(30000)))
    (tmp_path / "bomb.yaml").write_text("a: &a [x, x]\n" + "".join("b%d: &b%d [*%s, *%s]\n" % (i, i, p, p) for i, p in
                                                                 ((i, "a" if i == 0 else "b%d" % (i - 1)) for i in range(60))))
    (tmp_path / "good.yaml").write_text(GOOD + "timeout_ms: soon\n")
    code, out, err = run("check", tmp_path)
    assert code == 1
    assert "good.yaml:6" in out + err
