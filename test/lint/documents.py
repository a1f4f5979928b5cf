# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The manual keeps up with the program: reason words and options."""
import re

from tree import Finding, Tree

MANUAL = "man/nuncio.8"
REASONS = "include/nuncio/close_reason.h"
REASON = re.compile(r"^\s*X\((\w+), (\d+),", re.MULTILINE)
OPTION = re.compile(r'(?:OptionSpec|push_back\()\s*\{\s*"([a-z][a-z0-9-]+)",|"(?:-\w,)?--([a-z][a-z0-9-]+)"')
VARIABLE = re.compile(r'"((?:NUNCIO|AMBASSADOR)_[A-Z_]+)"')


def manual_reasons(tree: Tree):
    """Each reason stands in the manual as `.It Li WORD` with its status, and no other does."""
    table, manual = tree.by_path.get(REASONS), tree.by_path.get(MANUAL)
    if table is None or manual is None:
        yield Finding(MANUAL if manual is None else REASONS, 1, "manual-reasons", "the file is missing")
        return
    known = dict(REASON.findall(table.text))
    told = dict(re.findall(r"^\.It Li (\w+) Pq (\d+|cut|log)", manual.text, re.MULTILINE))
    for word, status in known.items():
        wanted = {"0": "cut", "499": "log"}.get(status, status)
        if told.get(word) != wanted:
            yield Finding(MANUAL, 1, "manual-reasons", f"needs `.It Li {word} Pq {wanted}`, has '{told.get(word, 'nothing')}'")
    for word in told.keys() - known.keys():
        yield Finding(MANUAL, 1, "manual-reasons", f"'{word}' is not in {REASONS}")


def manual_options(tree: Tree):
    """Every option of the command line's tables, and every variable that its code names, is in the manual."""
    manual = tree.by_path.get(MANUAL)
    text = manual.text.replace("\\-", "-") if manual else ""
    for file in tree.cxx("src"):
        if file.module != "cli":
            continue
        for number, line in enumerate(file.lines, 1):
            for name in map("".join, OPTION.findall(line)):
                if not re.search(rf"^\.It Fl -{re.escape(name)}\b", text, re.MULTILINE):
                    yield Finding(MANUAL, 1, "manual-options", f"does not know --{name} ({file.path}:{number})")
            for name in VARIABLE.findall(line):
                if not re.search(rf"\b{name}\b", text):
                    yield Finding(MANUAL, 1, "manual-options", f"does not know {name} ({file.path}:{number})")
