# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The files that the rules look at, and what a rule reports."""
import dataclasses
import functools
import pathlib
import re
import subprocess

import cxx

ALLOW = re.compile(r"lint: allow ([a-z-]+): \S+")
NOT_READ = ("test/fuzz/corpus/", "test/data/", "LICENSE")


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def text(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class File:
    def __init__(self, path: str, text: str):
        self.path = path
        self.text = text
        self.lines = text.splitlines()

    @property
    def is_cxx(self) -> bool:
        return self.path.endswith((".cc", ".h"))

    @property
    def module(self) -> str | None:
        """src/MODULE/... belongs to MODULE, include/nuncio/... is the vocabulary; anything else is outside the layers."""
        parts = self.path.split("/")
        if parts[:2] == ["include", "nuncio"]:
            return "vocabulary"
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    @functools.cached_property
    def tokens(self) -> list[cxx.Token]:
        return cxx.tokens(self.text)

    @functools.cached_property
    def functions(self) -> list[cxx.Function]:
        return cxx.functions(self.tokens)

    def allows(self, rule: str, line: int) -> bool:
        """A deliberate breach says so, with its reason, on its line or the one before: `// lint: allow RULE: reason`."""
        for number in (line, line - 1):
            found = ALLOW.search(self.lines[number - 1]) if 0 < number <= len(self.lines) else None
            if found and found.group(1) == rule:
                return True
        return False


class Tree:
    """All text files of the project by their path below its root."""

    def __init__(self, texts: dict[str, str]):
        self.by_path = {path: File(path, text) for path, text in sorted(texts.items())}
        self.files = list(self.by_path.values())

    def cxx(self, *tops: str) -> list[File]:
        return [file for file in self.files if file.is_cxx and file.path.split("/")[0] in (tops or ("src", "include", "test"))]

    @staticmethod
    def read(root: pathlib.Path) -> "Tree":
        """What git would commit (tracked files and new ones), or every file where there is no git."""
        listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
                                capture_output=True, text=True, check=False)
        if listed.returncode == 0:
            names = [name for name in listed.stdout.split("\0") if name]
        else:
            names = [str(path.relative_to(root)) for path in root.rglob("*") if not {"build", ".git"} & set(path.parts)]
        texts = {}
        for name in names:
            path = root / name
            if not path.is_file() or path.is_symlink() or name.startswith(NOT_READ):
                continue
            try:
                texts[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
        return Tree(texts)
