# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Modules include only downwards. The table is the one of src/README.md, section 2."""
import posixpath
import re

from tree import File, Finding, Tree

LOW = ("base",)
ALLOWED = {
    "vocabulary": LOW,
    "base": (),
    "net": LOW,
    "tls": LOW + ("net",),
    "http": LOW + ("net",),
    "config": LOW,
    "route": LOW + ("config",),
    "observe": LOW,
    "upstream": LOW + ("net", "tls", "http", "observe"),
    "filter": LOW + ("net", "tls", "http", "route", "observe", "upstream"),
    "proxy": LOW + ("net", "tls", "http", "route", "observe", "upstream", "filter"),
    "serve": LOW + ("net", "tls", "http", "config", "route", "observe", "upstream", "filter", "proxy"),
    "cli": LOW + ("net", "tls", "http", "config", "route", "observe", "upstream", "filter", "proxy", "serve"),
    "sync": LOW + ("config",),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')


def target_module(tree: Tree, source: File, name: str) -> str | None:
    """The module that an include names; None for a library's header."""
    if name.startswith("nuncio/"):
        return "vocabulary"
    for base in (posixpath.dirname(source.path), "src", ""):
        target = tree.by_path.get(posixpath.normpath(posixpath.join(base, name)))
        if target is not None:
            return target.module
    return None


def layers(tree: Tree):
    for source in tree.cxx("src", "include"):
        home = source.module
        if home is None:
            continue
        if home not in ALLOWED:
            yield Finding(source.path, 1, "layers", f"module '{home}' is not in the table; add it there and to src/README.md, with its place")
            continue
        for number, line in enumerate(source.lines, 1):
            found = INCLUDE.match(line)
            module = target_module(tree, source, found.group(1)) if found else None
            if module not in (None, home, "vocabulary") and module not in ALLOWED[home]:
                yield Finding(source.path, number, "layers", f"{home} may not include {module} ({found.group(1)})")
