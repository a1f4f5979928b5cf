# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""C++ as far as the rules need it: tokens without comments and preprocessor lines, matching brackets, and where functions begin and end.

This is no parser. It knows the language as this project writes it; what it cannot tell apart it leaves alone.
"""
import dataclasses
import re

TOKEN = re.compile(
    r"""(?P<break>\\?\n)
      |(?P<directive>(?:^[ \t]*)\#(?:[^\n\\/]|\\\n|\\.|/(?![/*])|/\*.*?\*/)*)
      |(?P<space>[^\S\n]+)
      |(?P<comment>//[^\n]*|/\*.*?\*/)
      |(?P<raw>(?:u8|[uUL])?R"(?P<mark>[^\s()\\]*)\(.*?\)(?P=mark)")
      |(?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
      |(?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
      |(?P<number>\.?\d(?:[\w.]|'(?=\w)|(?<=[eEpP])[+-])*)
      |(?P<word>[A-Za-z_]\w*)
      |(?P<sign>::|->\*?|\+\+|--|&&|\|\||<=>|[-+*/%&|^=!<>]=|\.\.\.|.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE)
KINDS = {"word": "word", "number": "number", "sign": "sign", "string": "string", "raw": "string", "char": "char"}

CLOSING = {"(": ")", "[": "]", "{": "}"}
OPENING = {value: key for key, value in CLOSING.items()}
TYPE_WORDS = {"class", "struct", "union", "enum"}
BEFORE_TYPE = {"static", "inline", "constexpr", "const", "typedef", "friend", "export"}
AFTER_PARAMETERS = {"const", "noexcept", "override", "final", "try", "mutable"}


@dataclasses.dataclass(frozen=True)
class Token:
    text: str
    kind: str  # word, number, string, char, sign
    line: int


@dataclasses.dataclass(frozen=True)
class Function:
    name: str
    line: int
    lines: int  # of the body, its braces included
    parameters: int


def tokens(text: str) -> list[Token]:
    result, line = [], 1
    for found in TOKEN.finditer(text):
        kind = KINDS.get("raw" if found.lastgroup == "mark" else found.lastgroup or "")
        if kind:
            result.append(Token(found.group(), kind, line))
        line += found.group().count("\n")
    return result


def match_forward(all_tokens: list[Token], at: int) -> int:
    """Index of the bracket that closes the one at `at`, or the last index."""
    depth = 0
    for index in range(at, len(all_tokens)):
        if all_tokens[index].kind == "sign":
            depth += (all_tokens[index].text in CLOSING) - (all_tokens[index].text in OPENING)
            if depth == 0:
                return index
    return len(all_tokens) - 1


def match_backward(all_tokens: list[Token], at: int) -> int:
    """Index of the bracket that opens the one at `at`, or 0."""
    depth = 0
    for index in range(at, -1, -1):
        if all_tokens[index].kind == "sign":
            depth += (all_tokens[index].text in OPENING) - (all_tokens[index].text in CLOSING)
            if depth == 0:
                return index
    return 0


def begins_lambda(all_tokens: list[Token], at: int) -> bool:
    """Does the `[` at `at` begin a lambda? Not an index, an attribute, an array bound or a structured binding."""
    if all_tokens[at].text != "[" or at == 0 or at + 1 >= len(all_tokens) or all_tokens[at + 1].text == "[":
        return False
    before = all_tokens[at - 1]
    if before.text in ("[", ")", "]", ">") or before.kind in ("number", "string"):
        return False
    if before.kind == "word" and before.text not in ("return", "co_return", "co_await", "co_yield"):
        return False
    if before.text in ("&", "&&") and at > 1 and all_tokens[at - 2].text == "auto":
        return False
    after = match_forward(all_tokens, at) + 1
    return after < len(all_tokens) and all_tokens[after].text in ("(", "{", "<", "mutable", "->", "noexcept")


def lambda_body(all_tokens: list[Token], at: int) -> tuple[int, int]:
    """Indices of the braces of the lambda that begins at `at`; an empty range when there are none."""
    index = match_forward(all_tokens, at) + 1
    while index < len(all_tokens):
        text = all_tokens[index].text
        if text == "{":
            return index, match_forward(all_tokens, index)
        if text == "(":
            index = match_forward(all_tokens, index)
        elif text in (";", ")", "}"):
            break
        index += 1
    return at, at


def functions(all_tokens: list[Token]) -> list[Function]:
    """Functions that have a body, at namespace or class level; a lambda belongs to the function around it."""
    found: list[Function] = []
    _scan(all_tokens, 0, len(all_tokens), found)
    return found


def _scan(all_tokens: list[Token], begin: int, end: int, found: list[Function]) -> None:
    head = index = begin  # head: where the declaration that we are in begins
    while index < end:
        text = all_tokens[index].text if all_tokens[index].kind == "sign" else ""
        if text == ";" or (text == ":" and all_tokens[index - 1].text in ("public", "private", "protected")):
            head = index + 1
        elif text in ("(", "["):
            index = match_forward(all_tokens, index)
        elif text == "{":
            close = match_forward(all_tokens, index)
            declaration = all_tokens[head:index]
            if _is_scope(declaration):
                _scan(all_tokens, index + 1, close, found)
                head = close + 1
            elif not _is_value(declaration):
                found.append(_function(all_tokens, head, index, close))
                head = close + 1
            index = close
        index += 1


def _outside_brackets(declaration: list[Token]) -> list[str]:
    """The words and signs of a declaration that stand outside round brackets, without a leading `template <...>`."""
    result, depth = [], 0
    for token in declaration:
        depth += token.text == "("
        if depth == 0:
            result.append(token.text)
        depth -= token.text == ")"
    while result[:1] == ["template"]:
        angle = 0
        for index, text in enumerate(result):
            angle += (text == "<") - (text == ">")
            if text == ">" and angle == 0:
                result = result[index + 1:]
                break
        else:
            break
    return result


def _is_scope(declaration: list[Token]) -> bool:
    words = _outside_brackets(declaration)
    if "namespace" in words or words[:1] == ["extern"]:
        return True
    while words and words[0] in BEFORE_TYPE:
        words = words[1:]
    return bool(words) and words[0] in TYPE_WORDS and "=" not in words


def _is_value(declaration: list[Token]) -> bool:
    """Braces that give a value: `int a{1}`, `= {...}`, or a member in a constructor's list."""
    words = _outside_brackets(declaration)
    if ("=" in words and "operator" not in words) or not any(token.text == "(" for token in declaration):
        return True
    last = declaration[-1]
    return last.kind == "word" and ":" in words and "->" not in words and last.text not in AFTER_PARAMETERS


def _function(all_tokens: list[Token], head: int, brace: int, close: int) -> Function:
    opening = next(index for index in range(head, brace) if all_tokens[index].text == "(")
    inside = all_tokens[opening + 1:match_forward(all_tokens, opening)]
    depth = commas = 0
    for token in inside:
        depth += (token.text in ("(", "<", "[", "{")) - (token.text in (")", ">", "]", "}"))
        commas += token.text == "," and depth == 0
    name = all_tokens[opening - 1].text if opening > head else "?"
    return Function(name, all_tokens[opening].line, all_tokens[close].line - all_tokens[brace].line + 1, commas + 1 if inside else 0)
