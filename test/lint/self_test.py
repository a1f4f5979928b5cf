# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Shows that each rule fires on what it is there for, and keeps quiet on what is right.

The last line is `N passed, N failed`, counted in samples.
"""
import sys

sys.dont_write_bytecode = True

import coroutines
import cxx
import documents
import layers
import text_rules
from tree import Tree

SPDX = "// SPDX-License-Identifier: Apache-2.0\n// SPDX-FileCopyrightText: The nuncio authors\n"
BODY = "src/proxy/sample.cc"


def within(statement: str) -> dict[str, str]:
    """A tree of one coroutine that holds this statement."""
    return {BODY: "Task<int> Session::run(int a) {\n  " + statement + "\n  co_return 0;\n}\n"}


def body_of(lines: int) -> str:
    return "int f(int a) {\n" + "  ++a;\n" * (lines - 2) + "}\n"


MANUAL = ".It Li no_route Pq 404\n.It Li client_closed Pq log\n.It Li tunnel_idle Pq cut\n.It Fl -workers Ar N\n.Ev NUNCIO_WORKERS\n"
REASONS = 'X(no_route, 404, "NR", "")\n  X(client_closed, 499, "DC", "x")\n  X(tunnel_idle, 0, "SI", "y")\n'

# (rule, tree, must it fire?)
SAMPLES = [
    (layers.layers, {"src/net/a.h": '#include "http/b.h"\n', "src/http/b.h": ""}, True),
    (layers.layers, {"src/base/a.h": '#include "../net/b.h"\n', "src/net/b.h": ""}, True),
    (layers.layers, {"src/base/a.h": '  #  include "nuncio/result.h"\n', "include/nuncio/result.h": ""}, False),
    (layers.layers, {"include/nuncio/a.h": '#include "net/b.h"\n', "src/net/b.h": ""}, True),
    (layers.layers, {"src/config/a.cc": '#include "route/b.h"\n', "src/route/b.h": ""}, True),
    (layers.layers, {"src/observe/a.cc": '#include "net/b.h"\n', "src/net/b.h": ""}, True),
    (layers.layers, {"src/misc/a.cc": "\n"}, True),
    (layers.layers, {"src/http/a.h": '#include "net/b.h"\n#include <string>\n', "src/net/b.h": ""}, False),
    (layers.layers, {"src/cli/a.h": '#include "serve/b.h"\n#include "config/c.h"\n', "src/serve/b.h": "", "src/config/c.h": ""}, False),

    (coroutines.await_form, within("co_await f(a);"), False),
    (coroutines.await_form, within("const auto x = co_await stream_.read(a, std::move(b));"), False),
    (coroutines.await_form, within("x.head = co_await f(a);"), False),
    (coroutines.await_form, within("co_return co_await f(a);"), False),
    (coroutines.await_form, within("if (a > 3) co_await f(a); else co_await g();"), False),
    (coroutines.await_form, within("for (;;) { auto x = co_await f<int, 3>(a); if (!x) break; }"), False),
    (coroutines.await_form, within("switch (a) { case A::b: co_await f(); default: x = co_await g(); }"), False),
    (coroutines.await_form, within("auto&& x = co_await f(a);"), False),
    (coroutines.await_form, within("Result<std::pair<int, int>> x = co_await f(a);"), False),
    (coroutines.await_form, within("// if (co_await f())\n  log(\"co_await f() + 1\");"), False),
    (coroutines.await_form, within("if (co_await f(a)) return;"), True),
    (coroutines.await_form, within("if (!co_await f(a)) co_return 1;"), True),
    (coroutines.await_form, within("if (auto x = co_await f(a); x) g();"), True),
    (coroutines.await_form, within("while (co_await f(a)) {}"), True),
    (coroutines.await_form, within("switch (co_await f(a)) {}"), True),
    (coroutines.await_form, within("g(co_await f(a));"), True),
    (coroutines.await_form, within("auto [x, y] = co_await f(a);"), True),
    (coroutines.await_form, within("const auto& [x, y] = co_await f(a);"), True),
    (coroutines.await_form, within("auto x = co_await f(a) + 1;"), True),
    (coroutines.await_form, within("auto x = co_await f(a) && b;"), True),
    (coroutines.await_form, within("auto x = b ? co_await f(a) : 0;"), True),
    (coroutines.await_form, within("auto x = b ? 0 : co_await f(a);"), True),
    (coroutines.await_form, within("auto x = 1 + co_await f(a);"), True),
    (coroutines.await_form, within("auto x = !co_await f(a);"), True),
    (coroutines.await_form, within("Foo x{co_await f(a)};"), True),
    (coroutines.await_form, within("return {co_await f(a)};"), True),
    (coroutines.await_form, within("auto x = (co_await f(a)).value();"), True),
    (coroutines.await_form, within("for (auto x : co_await f(a)) g(x);"), True),
    (coroutines.await_form, within("total += co_await f(a);"), False),
    (coroutines.await_form, within("total << co_await f(a);"), True),

    (coroutines.await_arguments, within("co_await f(a, std::move(b), \"{}\", 3, g(c), d[1]);"), False),
    (coroutines.await_arguments, within("co_await f({a, 1});"), True),
    (coroutines.await_arguments, within("co_await f(Options{.a = 1});"), True),
    (coroutines.await_arguments, within("co_await f(g(Options{}));"), True),
    (coroutines.await_arguments, within("co_await f([&](int x) { return x; });"), True),
    (coroutines.await_arguments, within("co_await f([] { return 1; });"), True),
    (coroutines.await_arguments, within("const auto x = co_await f(co_await g());"), True),

    (coroutines.coroutine_lambda, within("auto task = [&](int x) -> Task<int> { co_return x; };"), True),
    (coroutines.coroutine_lambda, within("go([this]() mutable { { co_await f(); } });"), True),
    (coroutines.coroutine_lambda, within("go([=] { co_yield 1; });"), True),
    (coroutines.coroutine_lambda, within("sort(v, [](int x, int y) { return x < y; }); co_await f();"), False),
    (coroutines.coroutine_lambda, within("auto [x, y] = pair; if (a[x] < y) { co_await f(); }"), False),

    (coroutines.coroutine_handle, {"src/proxy/a.h": "std::coroutine_handle<> waiter_;\n"}, True),
    (coroutines.coroutine_handle, {"src/base/task.h": "std::coroutine_handle<> waiter_;\n"}, False),
    (coroutines.coroutine_handle, {"src/net/stream.h": "std::coroutine_handle<> waiter_;\n"}, False),
    (coroutines.coroutine_handle, {"src/net/loop.h": "// a coroutine_handle is not seen here\n"}, False),

    (text_rules.licence, {"src/a.cc": "int a;\n"}, True),
    (text_rules.licence, {"conf/a/b.yaml": "a: 1\n"}, True),
    (text_rules.licence, {"Makefile": "# SPDX-License-Identifier: Apache-2.0\n"}, True),
    (text_rules.licence, {"src/a.cc": SPDX}, False),
    (text_rules.licence, {"README.md": "text\n"}, False),
    (text_rules.pragma_once, {"src/base/a.h": SPDX}, True),
    (text_rules.pragma_once, {"src/base/a.h": SPDX + "#pragma once\n"}, False),
    (text_rules.header_comment, {"src/base/a.h": SPDX + "#pragma once\n"}, True),
    (text_rules.header_comment, {"src/base/a.h": SPDX + "//\n// What it is for.\n#pragma once\n"}, False),
    (text_rules.words, {"src/base/a.h": "// see /home/someone/main\n"}, True),
    (text_rules.words, {"README.md": "cd /root/nuncio\n"}, True),
    (text_rules.words, {"src/base/a.h": "// for issue 2\n"}, True),
    (text_rules.words, {"src/base/a.h": "// TODO later\n"}, True),
    (text_rules.words, {"src/base/a.h": "int backends;\n"}, True),
    (text_rules.words, {"src/base/a.h": "// TODO(when HTTP/2 is served): window\n// a network/root of it, homework/x\n"}, False),
    (text_rules.raw_memory, {"src/http/a.cc": "auto* x = new int;\n"}, True),
    (text_rules.raw_memory, {"src/http/a.cc": "int f() { delete x; }\n"}, True),
    (text_rules.raw_memory, {"src/http/a.cc": "auto* x = new (place) int;\n"}, True),
    (text_rules.raw_memory, {"src/base/arena.h": "auto* x = new (place) int; void* operator new(std::size_t); A(const A&) = delete;\n"}, False),
    (text_rules.raw_memory, {"src/http/a.cc": "// a new one, delete it\nauto* x = \"new\"; // lint: allow raw-memory: not one\n"}, False),
    (text_rules.raw_memory, {"src/http/a.cc": "// lint: allow raw-memory: the library takes it over\nauto* x = new int;\n"}, False),
    (text_rules.raw_memory, {"src/http/a.cc": "// lint: allow raw-memory:\nauto* x = new int;\n"}, True),
    (text_rules.raw_memory, {"src/http/a.cc": "// lint: allow no-throw: another rule\nauto* x = new int;\n"}, True),
    (text_rules.no_throw, {"src/proxy/a.cc": "void f() { throw 1; }\n"}, True),
    (text_rules.no_throw, {"src/serve/a.cc": "void f() { throw 1; }\n"}, False),
    (text_rules.using_namespace, {"src/serve/a.h": "using namespace std;\n"}, True),
    (text_rules.using_namespace, {"src/serve/a.cc": "using namespace std::chrono_literals;\n"}, False),
    (text_rules.file_length, {"src/base/a.cc": "int a;\n" * 801}, True),
    (text_rules.file_length, {"src/base/a.cc": "int a;\n" * 800}, False),
    (text_rules.line_length, {"src/base/a.cc": "//" + "x" * 149 + "\n"}, True),
    (text_rules.line_length, {"src/base/a.cc": "//" + "x" * 148 + "\n"}, False),
    (text_rules.function_length, {"src/base/a.cc": "namespace nuncio {\n" + body_of(81) + "}\n"}, True),
    (text_rules.function_length, {"src/base/a.cc": "namespace nuncio {\n" + body_of(80) + "}\n"}, False),
    (text_rules.function_length, {"src/base/a.cc": "class A final : public B {\n public:\n" + body_of(90) + "};\n"}, True),
    (text_rules.function_length, {"src/base/a.cc": "template <class T>\nstruct A {\n" + body_of(90) + "};\n"}, True),
    (text_rules.function_length, {"src/base/a.cc": "A::A(int b) : a_{b}, c_(d) {\n" + "  ++a_;\n" * 90 + "}\n"}, True),
    (text_rules.function_length, {"src/base/a.cc": "constexpr Row kTable[] = {\n" + "  {1, f(2)},\n" * 90 + "};\n"}, False),
    (text_rules.function_length, {"src/proxy/exchange.cc": body_of(120) + body_of(80)}, False),
    (text_rules.function_length, {"src/proxy/exchange.cc": body_of(120) + body_of(81)}, True),

    (documents.manual_reasons, {documents.MANUAL: MANUAL, documents.REASONS: REASONS}, False),
    (documents.manual_reasons, {documents.MANUAL: MANUAL.replace("404", "500"), documents.REASONS: REASONS}, True),
    (documents.manual_reasons, {documents.MANUAL: MANUAL, documents.REASONS: REASONS + 'X(bad_host, 400, "DPE", "z")\n'}, True),
    (documents.manual_reasons, {documents.MANUAL: MANUAL + ".It Li gone Pq 410\n", documents.REASONS: REASONS}, True),
    (documents.manual_options, {documents.MANUAL: MANUAL, "src/cli/options.cc": 'table.push_back({"workers", "N", k});\nf("--workers", "NUNCIO_WORKERS");\n'}, False),
    (documents.manual_options, {documents.MANUAL: MANUAL, "src/cli/options.cc": 'add("-w,--wait");\n'}, True),
    (documents.manual_options, {documents.MANUAL: MANUAL, "src/cli/options.cc": 'table.push_back({"wait", "N", k});\n'}, True),
    (documents.manual_options, {documents.MANUAL: MANUAL, "src/cli/options.cc": 'add("NUNCIO_WAIT");\n'}, True),
]

# what the reader of C++ makes of a text: names of its functions
FUNCTIONS = [
    ("int f() { return 1; }\nclass A { void g() const { if (x) { y(); } } int b{1}; };", ["f", "g"]),
    ("#define X(a) \\\n  f(a) {\nnamespace n { namespace { void g() {} } }", ["g"]),
    ("A::A(int b) : b_{b}, c_(1) { f(); }\nA::~A() {}", ["A", "A"]),
    ("template <class T> T h(T a) { return a; }\nenum class E { a, b };\nauto k = [](int x) { return x; };", ["h"]),
    ("const char* s = R\"x(void no() {})x\"; char c = '{'; int n = 1'000; int f() { return '}'; }", ["f"]),
    ("bool operator==(const A& a) { return true; }\nTask<Result<int>> r(int a) { co_return 1; }", ["==", "r"]),
]


def fires(rule, texts: dict[str, str]) -> bool:
    tree = Tree(texts)
    return any(not (found.path in tree.by_path and tree.by_path[found.path].allows(found.rule, found.line)) for found in rule(tree))


def main() -> int:
    passed = failed = 0
    for rule, texts, wanted in SAMPLES:
        good = fires(rule, texts) == wanted
        passed += good
        failed += not good
        if not good:
            print(f"{rule.__name__} {'keeps quiet on' if wanted else 'fires on'}:")
            print(*(f"  {path}: {text[:200]!r}" for path, text in texts.items()), sep="\n")
    for text, wanted in FUNCTIONS:
        names = [function.name for function in cxx.functions(cxx.tokens(text))]
        passed += names == wanted
        failed += names != wanted
        if names != wanted:
            print(f"functions of {text!r}: {names}, not {wanted}")
    tested = {rule.__name__ for rule, _, wanted in SAMPLES if wanted}
    every = {name for module in (layers, coroutines, text_rules, documents) for name, value in vars(module).items()
             if callable(value) and getattr(value, "__module__", "") == module.__name__ and value.__code__.co_varnames[:1] == ("tree",)
             and value.__code__.co_argcount == 1}
    for name in sorted(every - tested):
        print(f"no sample makes {name} fire")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
