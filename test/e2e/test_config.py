# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""From the directory to routes: files, documents, annotations, versions, ids (ambassador.md 1–7). One broken piece never hurts another."""
import json
import os

import pytest

from kit.nuncio import mapping, module, text_of


def annotated(text, name="carrier", namespace=None):
    metadata = {"name": name, "annotations": {"getambassador.io/config": text}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}


def served(proxy, *names):
    """Which of the prefixes /name/ have a route."""
    return [n for n in names if proxy.get("/%s/" % n).status == 200]


def test_files_of_the_directory(start, origin):
    proxy = start({
        "a.yaml": mapping("a", "/a/", origin), "b.yml": mapping("b", "/b/", origin), "c.json": json.dumps(mapping("c", "/c/", origin)),
        "d.YAML": mapping("d", "/d/", origin), ".e.yaml": mapping("e", "/e/", origin), "f.yaml~": mapping("f", "/f/", origin),
        "g.txt": mapping("g", "/g/", origin), "h": mapping("h", "/h/", origin), "i.yaml.bak": mapping("i", "/i/", origin)})
    assert served(proxy, *"abcdefghi") == list("abcd")


def test_subdirectories_are_not_read(start, origin):
    proxy = start(mapping("a", "/a/", origin), ready=False)
    (proxy.config / "sub.yaml").mkdir()
    (proxy.config / "sub.yaml" / "b.yaml").write_text(text_of(mapping("b", "/b/", origin)))
    (proxy.config / "sub").mkdir()
    (proxy.config / "sub" / "c.yaml").write_text(text_of(mapping("c", "/c/", origin)))
    proxy.wait_ready()
    proxy.in_force()
    assert served(proxy, *"abc") == ["a"]


def test_several_documents_in_a_file(start, origin):
    parts = [text_of(mapping(n, "/%s/" % n, origin)) for n in "abc"]
    proxy = start({"x.yaml": "# first\n---\n" + parts[0] + "--- # second\n" + parts[1] + "---\n---\n# nothing\n---   \n" + parts[2] + "---\n"})
    assert served(proxy, *"abc") == list("abc")


def test_json_list_of_a_kubernetes_list(start, origin):
    items = [{"apiVersion": "getambassador.io/v2", "kind": "Mapping", "metadata": {"name": n},
              "spec": {"prefix": "/%s/" % n, "service": origin.service}}
             for n in "ab"]
    proxy = start({"x.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": items})})
    assert served(proxy, *"ab") == list("ab")


@pytest.mark.parametrize("version, kind", [
    ("ambassador/v0", "Mapping"), ("ambassador/v1", "Mapping"), ("ambassador/v2", "Mapping"), ("getambassador.io/v0", "Mapping"),
    ("getambassador.io/v1", "Mapping"), ("getambassador.io/v2", "Mapping"), ("getambassador.io/v3alpha1", "Mapping"),
    ("getambassador.io/v9", "Mapping"), ("x.getambassador.io/v3alpha1", "AmbassadorMapping"), ("getambassador.io/v2", "mapping"),
    ("getambassador.io/v2", "MAPPING")])
@pytest.mark.parametrize("shape", ["flat", "object", "annotation"])
def test_versions_and_shapes(start, origin, version, kind, shape):
    fields = {"prefix": "/a/", "service": origin.service}
    flat = {"apiVersion": version, "kind": kind, "name": "a", **fields}
    documents = {"flat": flat, "object": {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": fields},
                 "annotation": annotated(text_of(flat))}[shape]
    proxy = start(documents)
    assert proxy.get("/a/").status == 200


@pytest.mark.parametrize("version", ["v1", "apps/v1", "example.com/v2", "", None])
def test_foreign_versions_are_no_mappings(start, origin, version):
    document = mapping("a", "/a/", origin)
    if version is None:
        del document["apiVersion"]
    else:
        document["apiVersion"] = version
    proxy = start([document, mapping("b", "/b/", origin)])
    assert served(proxy, "a", "b") == ["b"]


def test_annotation_with_several_documents(start, origin):
    text = "---\n" + text_of(mapping("a", "/a/", origin)) + "---\nprefix: [broken\n---\n" + text_of(mapping("c", "/c/", origin))
    proxy = start([annotated(text), mapping("d", "/d/", origin)])
    assert served(proxy, *"acd") == list("acd")


BROKEN = {
    "syntax": "prefix: [unclosed\n",
    "tab": "a:\n\t- b\n",
    "not a mapping": "- just\n- a list\n",
    "scalar": "hello\n",
    "null": "null\n",
    "invalid UTF-8": b"name: \xff\xfe\n",
    "control character": b"name: a\x01b\n",
    "no kind": "apiVersion: getambassador.io/v2\nname: x\nprefix: /x/\nservice: x\n",
    "no name": "apiVersion: getambassador.io/v2\nkind: Mapping\nprefix: /x/\nservice: x\n",
    "no prefix": "apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nservice: x\n",
    "empty prefix": "apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: ''\nservice: x\n",
    "no service": "apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: /x/\n",
    "service with a bad port": "apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: /x/\nservice: x:99999\n",
    "wrong type": "apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: /x/\nservice: x\ntimeout_ms: [1]\n",
    "not a number": "apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: /x/\nservice: x\ntimeout_ms: soon\n",
    "prefix of the wrong type": "apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: {a: b}\nservice: x\n",
    "rewrite with a space": "apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: /x/\nservice: x\nrewrite: '/a b'\n",
    "header with CRLF": 'apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: /x/\nservice: x\nadd_request_headers: {a: "b\\r\\nc"}\n',
    "host_rewrite with LF": 'apiVersion: getambassador.io/v2\nkind: Mapping\nname: x\nprefix: /x/\nservice: x\nhost_rewrite: "a\\nb"\n',
    "unknown kind": "apiVersion: getambassador.io/v2\nkind: Mopping\nname: x\n",
    "undefined alias": "a: *nothing\n",
    "alias bomb": "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        "%s: &%s [%s]\n" % (n, n, ", ".join(["*" + p] * 9)) for p, n in zip("abcdefgh", "bcdefghi")),
    "deep nesting": "a: " + "[" * 20000 + "]" * 20000 + "\n",
    "deep flow maps": "a: " + "{a: " * 5000 + "b" + "}" * 5000 + "\n",
    "long line": "a: " + "x" * 3000000 + "\n",
}


@pytest.mark.parametrize("where", ["own file", "same file"])
@pytest.mark.parametrize("name", BROKEN)
def test_broken_piece_hurts_only_itself(start, origin, name, where):
    """At the start, where no older version of anything exists."""
    broken = BROKEN[name] if isinstance(BROKEN[name], bytes) else BROKEN[name].encode()
    good = text_of(mapping("a", "/a/", origin)).encode(), text_of(mapping("z", "/z/", origin)).encode()
    if where == "own file":
        files = {"a.yaml": good[0], "m.yaml": broken, "z.yaml": good[1]}
    else:
        files = {"m.yaml": b"---\n" + good[0] + b"---\n" + broken + b"---\n" + good[1]}
    proxy = start(files)
    assert served(proxy, "a", "x", "z") == ["a", "z"]


def test_odd_files_do_not_block(start, origin, tmp_path):
    proxy = start(mapping("a", "/a/", origin), ready=False)
    os.mkfifo(proxy.config / "fifo.yaml")
    (proxy.config / "broken.yaml").symlink_to("nowhere.yaml")
    (proxy.config / "loop.yaml").symlink_to("loop.yaml")
    (proxy.config / "up.yaml").symlink_to("..")
    (proxy.config / "zero.yaml").symlink_to("/dev/zero")
    (proxy.config / "empty.yaml").write_bytes(b"")
    (proxy.config / "binary.yaml").write_bytes(bytes(range(256)) * 1000)
    target = tmp_path / "elsewhere"
    target.write_text(text_of(mapping("b", "/b/", origin)))
    (proxy.config / "link.yaml").symlink_to(target)
    proxy.wait_ready()
    proxy.in_force()
    assert served(proxy, "a", "b") == ["a", "b"]


def test_unreadable_file(start, origin):
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    proxy = start({"a.yaml": mapping("a", "/a/", origin)}, ready=False)
    (proxy.config / "b.yaml").write_text(text_of(mapping("b", "/b/", origin)))
    (proxy.config / "b.yaml").chmod(0)
    proxy.wait_ready()
    proxy.in_force()
    assert served(proxy, "a", "b") == ["a"]


def test_empty_directory_is_ready(start):
    proxy = start({})
    assert proxy.get("/").status == 404


@pytest.mark.parametrize("value", ["500", 500])
def test_obvious_values_are_taken(start, origin, value):
    proxy = start([mapping("a", "/a/", origin, timeout_ms=value, remove_request_headers="X-A", case_sensitive="false", precedence="3")])
    assert proxy.get("/A/", [("X-A", "b")]).status == 200
    assert origin.last.one("x-envoy-expected-rq-timeout-ms") == "500" and not origin.last.has("x-a")


def test_yaml_texts_are_texts(start, origin):
    """Scalars are read by the type of the field: no Norway problem, no octal port."""
    text = text_of(mapping("no", "/a/", origin)).replace("name: 'no'", "name: no") + "add_request_headers:\n  x-a: 010\n  x-b: 1e3\n  x-c: \"yes\"\n"
    proxy = start(text)
    assert proxy.get("/a/").status == 200
    assert [origin.last.one("x-" + n) for n in "abc"] == ["010", "1e3", "yes"]


IDS = [  # in the document, of the proxy, does it apply?
    (None, None, True), ("default", None, True), (["default"], None, True), (["a", "default"], None, True), ("a", None, False),
    (["a", "b"], None, False), (None, "a", False), ("a", "a", True), (["b", "a"], "a", True), (["b"], "a", False), (["_automatic_"], "a", True),
    ([], None, True), ("", None, True),
]


WAYS = ["option", "AMBASSADOR_ID", "NUNCIO_AMBASSADOR_ID"]


@pytest.mark.parametrize("written, own, applies, way", [(*case, way) for case in IDS for way in (WAYS if case[1] else WAYS[:1])])
def test_ambassador_id(start, origin, written, own, applies, way):
    document = mapping("a", "/a/", origin, **({} if written is None else {"ambassador_id": written}))
    options = {} if own is None else {"args": ["--ambassador-id", own]} if way == "option" else {"env": {way: own}}
    proxy = start([document], **options)
    assert proxy.get("/a/").status == (200 if applies else 404)


def test_command_line_wins_over_the_environment(start, origin):
    proxy = start([mapping("a", "/a/", origin, ambassador_id="x")], args=["--ambassador-id", "x"], env={"AMBASSADOR_ID": "y"})
    assert proxy.get("/a/").status == 200


def test_single_namespace(start, origin):
    documents = [annotated(text_of(mapping("a", "/a/", origin)), namespace="shop"),
                 annotated(text_of(mapping("b", "/b/", origin)), namespace="other")]
    proxy = start(documents, env={"AMBASSADOR_SINGLE_NAMESPACE": "yes", "AMBASSADOR_NAMESPACE": "shop"})
    assert served(proxy, "a", "b") == ["a"]


def test_same_name_in_two_namespaces(start, origin):
    documents = [annotated(text_of(mapping("m", "/a/", origin)), "one", "shop"), annotated(text_of(mapping("m", "/b/", origin)), "two", "other")]
    assert served(start(documents), "a", "b") == ["a", "b"]


def test_same_name_twice_the_first_stays(start, origin):
    proxy = start({"a.yaml": mapping("m", "/a/", origin), "b.yaml": mapping("m", "/b/", origin)})
    assert served(proxy, "a", "b") == ["a"]
    assert "a.yaml" in proxy.output() and "b.yaml" in proxy.output()


def test_routes_that_a_policy_would_protect_fail_closed(start, origin):
    """While AuthService is not served: 500 instead of an open door; bypass_auth stays open."""
    auth = {"apiVersion": "getambassador.io/v2", "kind": "AuthService", "name": "auth", "auth_service": "127.0.0.1:1"}
    proxy = start([mapping("a", "/a/", origin), mapping("b", "/b/", origin, bypass_auth=True), auth])
    assert proxy.get("/a/").status in (500, 403)
    assert not origin.heads
    assert proxy.get("/b/").status == 200


def test_module_with_one_bad_key_keeps_the_others(start, origin):
    proxy = start([mapping("a", "/", origin), module(server_name="edge", via="perhaps", no_such_key=1)])
    assert proxy.get("/").one("server") == "edge"
    assert "no_such_key" in proxy.output() and "via" in proxy.output()


def test_variables_of_the_environment(start, origin):
    proxy = start([mapping("a", "/${WHERE}/", "${ORIGIN}", add_request_headers={"X-A": "$WHERE ${UNSET_NAME} a$"})],
                  env={"WHERE": "there", "ORIGIN": origin.service})
    assert proxy.get("/there/").status == 200
    assert origin.last.one("x-a") == "$WHERE ${UNSET_NAME} a$"
