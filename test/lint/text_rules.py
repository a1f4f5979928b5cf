# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Rules over single files: licence lines, sizes, words that have no place here, forms of C++ that the project does not use."""
import re

from cxx import Function
from tree import File, Finding, Tree

SPDX = ("SPDX-License-Identifier: Apache-2.0", "SPDX-FileCopyrightText: The nuncio authors")
WITH_LICENCE = re.compile(r"(\.(cc|h|py|sh|mk|yaml|yml|[58])|Makefile|(^|/)\.clang-format|(^|/)run|^mk/[a-z-]+)$")
FILE_LINES = 800
LINE_LENGTH = 150
FUNCTION_LINES = 80
EXCHANGE_LINES = 120  # src/proxy/exchange.cc has one function that is read from top to bottom
TABLES = ("src/config/schema",)  # one row a line, so that the eye can go down a column
NO_THROW = ("src/http/", "src/config/", "src/route/", "src/observe/", "src/upstream/", "src/filter/", "src/proxy/", "include/")
WORDS = [
    (re.compile(r"(?<![\w.])/(?:root|home/\w+)/"), "a path of one machine"),
    (re.compile(r"\bissue #?\d+\b", re.IGNORECASE), "the number of an issue"),
    (re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\()"), "a note to ourselves; do it, or say why not as TODO(reason)"),
]
CXX_WORDS = [(re.compile(r"\b(?:backend|frontend)s?\b", re.IGNORECASE), "say client, upstream or origin")]


def licence(tree: Tree):
    for file in tree.files:
        if WITH_LICENCE.search(file.path):
            head = "\n".join(file.lines[:6])
            for line in SPDX:
                if line not in head:
                    yield Finding(file.path, 1, "licence", f"'{line}' is missing at the top")


def pragma_once(tree: Tree):
    for file in tree.cxx():
        if file.path.endswith(".h") and "#pragma once" not in file.lines:
            yield Finding(file.path, 1, "pragma-once", "a header without #pragma once")


def header_comment(tree: Tree):
    """Every header of the product says what it is for before its first line of code."""
    for file in tree.cxx("src", "include"):
        if not file.path.endswith(".h"):
            continue
        comment = 0
        for line in file.lines:
            if not line.startswith("//"):
                break
            comment += "SPDX" not in line and len(line) > 3
        if comment == 0:
            yield Finding(file.path, 1, "header-comment", "the header does not say what it is for, who owns it, which thread may touch it")


def words(tree: Tree):
    for file in tree.files:
        if file.path.startswith("test/lint/"):
            continue
        rules = WORDS + (CXX_WORDS if file.path.startswith(("src/", "include/")) and file.is_cxx else [])
        for number, line in enumerate(file.lines, 1):
            for pattern, message in rules:
                found = pattern.search(line)
                if found:
                    yield Finding(file.path, number, "words", f"'{found.group()}': {message}")


def raw_memory(tree: Tree):
    """No new and no delete; placement new only in src/base, where memory is handed out."""
    for file in tree.cxx("src", "include"):
        tokens = file.tokens
        for index, token in enumerate(tokens):
            if token.kind != "word" or token.text not in ("new", "delete") or index == 0:
                continue
            before, after = tokens[index - 1].text, tokens[index + 1].text
            if before == "operator" or (token.text == "delete" and before == "="):
                continue
            if token.text == "new" and after == "(" and file.path.startswith("src/base/"):
                continue
            yield Finding(file.path, token.line, "raw-memory", f"a raw {token.text}")


def no_throw(tree: Tree):
    for file in tree.cxx("src", "include"):
        if file.path.startswith(NO_THROW):
            for token in file.tokens:
                if token.kind == "word" and token.text == "throw":
                    yield Finding(file.path, token.line, "no-throw", "run-time failures are values; exceptions only in start-up code")


def using_namespace(tree: Tree):
    for file in tree.cxx("src", "include"):
        for index, token in enumerate(file.tokens[:-1]):
            if file.path.endswith(".h") and token.text == "using" and file.tokens[index + 1].text == "namespace":
                yield Finding(file.path, token.line, "using-namespace", "a header must not open a namespace for everybody")


def file_length(tree: Tree):
    for file in tree.files:
        if (file.is_cxx or file.path.endswith(".py")) and len(file.lines) > FILE_LINES:
            yield Finding(file.path, FILE_LINES, "file-length", f"{len(file.lines)} lines; {FILE_LINES} is the limit, 500 the aim")


def line_length(tree: Tree):
    for file in tree.cxx("src", "include"):  # tables of cases in tests are tables, too
        if file.path.startswith(TABLES):
            continue
        for number, line in enumerate(file.lines, 1):
            if len(line) > LINE_LENGTH:
                yield Finding(file.path, number, "line-length", f"{len(line)} columns; {LINE_LENGTH} is the limit, 140 the aim")


def function_length(tree: Tree):
    for file in tree.cxx("src", "include"):
        for function in file.functions:
            limit = EXCHANGE_LINES if _is_the_exchange(file, function) else FUNCTION_LINES
            if function.lines > limit:
                yield Finding(file.path, function.line, "function-length", f"{function.name}: {function.lines} lines; {limit} is the limit")


def _is_the_exchange(file: File, function: Function) -> bool:
    return file.path == "src/proxy/exchange.cc" and function == max(file.functions, key=lambda one: one.lines)
