# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The coroutine dialect (src/README.md 3.4), as far as text can tell. g++ 12 miscompiles several forms outside it."""
from cxx import Token, begins_lambda, lambda_body, match_backward, match_forward
from tree import Finding, Tree

HANDLE_PLACES = ("src/base/task", "src/net/stream", "test/unit/base/")
ASSIGNMENTS = {"=", "+=", "-=", "|=", "&="}
COROUTINE_WORDS = {"co_await", "co_return", "co_yield"}
CONTROL = {"if", "while", "for", "switch"}


def await_form(tree: Tree):
    """co_await stands alone: a statement, the right side of an initialisation or assignment, or behind co_return."""
    for file in tree.cxx():
        for at in _awaits(file.tokens):
            message = _before(file.tokens, at) or _after(file.tokens, at)
            if message:
                yield Finding(file.path, file.tokens[at].line, "await-form", message)


def await_arguments(tree: Tree):
    """What is awaited is a call with names, moved names, literals or plain calls: no braces, no lambda, no second co_await."""
    for file in tree.cxx():
        for at in _awaits(file.tokens):
            for index in range(at + 1, _end_of_statement(file.tokens, at)):
                token = file.tokens[index]
                message = ""
                if token.text == "[" and begins_lambda(file.tokens, index):
                    message = "a lambda in an awaited call"
                elif token.text == "{":
                    message = "braces in an awaited call; name the object first"
                elif token.text == "co_await":
                    message = "two co_await in one expression"
                if message:
                    yield Finding(file.path, token.line, "await-arguments", message)
                    break


def coroutine_lambda(tree: Tree):
    for file in tree.cxx():
        for at, token in enumerate(file.tokens):
            if token.text == "[" and begins_lambda(file.tokens, at):
                begin, end = lambda_body(file.tokens, at)
                inner = next((word for word in file.tokens[begin:end] if word.text in COROUTINE_WORDS), None)
                if inner:
                    yield Finding(file.path, token.line, "coroutine-lambda", f"a lambda with {inner.text}; a coroutine is a named function")


def coroutine_handle(tree: Tree):
    for file in tree.cxx():
        if file.path.startswith(HANDLE_PLACES):
            continue
        for token in file.tokens:
            if token.text in ("coroutine_handle", "coroutine_traits", "noop_coroutine"):
                yield Finding(file.path, token.line, "coroutine-handle", f"{token.text} belongs to base/task and net/stream alone")


def _awaits(tokens: list[Token]) -> list[int]:
    return [index for index, token in enumerate(tokens) if token.text == "co_await" and tokens[index - 1].text != "operator"]


def _statement_head(tokens: list[Token], at: int) -> tuple[list[Token], str]:
    """The tokens of the statement before `at`, and the bracket that encloses it without being a block ('' if none)."""
    index = at - 1
    while index >= 0:
        text = tokens[index].text if tokens[index].kind == "sign" else ""
        if text in (")", "]"):
            index = match_backward(tokens, index)
        elif text in ("(", "["):
            return tokens[index + 1:at], text
        elif text in (";", "{", "}"):
            break
        index -= 1
    return tokens[index + 1:at], ""


def _without_prefix(tokens: list[Token]) -> list[Token]:
    """A statement's head without labels and the control words that it hangs on."""
    while tokens:
        if tokens[0].text in CONTROL:
            opening = next((index for index, token in enumerate(tokens) if token.text == "("), None)
            if opening is None:
                return tokens
            tokens = tokens[match_forward(tokens, opening) + 1:]
        elif tokens[0].text in ("else", "do"):
            tokens = tokens[1:]
        elif tokens[0].text in ("case", "default"):
            colon = next((index for index, token in enumerate(tokens) if token.text == ":"), None)
            if colon is None:
                return tokens
            tokens = tokens[colon + 1:]
        else:
            return tokens
    return tokens


def _before(tokens: list[Token], at: int) -> str:
    head, enclosing = _statement_head(tokens, at)
    if enclosing:
        return "co_await inside brackets: a condition or an argument; give its result a name first"
    head = _without_prefix(head)
    texts = [token.text for token in head]
    if not texts or texts == ["co_return"] or texts == ["(", "void", ")"]:
        return ""
    if texts[-1] not in ASSIGNMENTS:
        return "co_await must stand alone, behind an assignment or behind co_return"
    if "auto" in texts and "[" in texts and texts[texts.index("[") - 1] in ("auto", "&", "&&"):
        return "no structured binding of a co_await"
    if any(text in ("?", "&&", "||", "==") for text in texts[:-1] if text != "&&" or "auto" not in texts):
        return "co_await inside an expression"
    return ""


def _end_of_statement(tokens: list[Token], at: int) -> int:
    """Index of the `;` that ends the statement, or of the bracket that closes around it first."""
    depth = 0
    for index in range(at, len(tokens)):
        text = tokens[index].text if tokens[index].kind == "sign" else ""
        if text in ("(", "[", "{"):
            depth += 1
        elif text in (")", "]", "}"):
            depth -= 1
            if depth < 0:
                return index
        elif text == ";" and depth == 0:
            return index
    return len(tokens) - 1


OPERATORS = {"?", "&&", "||", "==", "!=", "+", "-", "/", "%", "|", "^", ",", "=", "<=", ">=", "<=>", "+=", "-="}


def _after(tokens: list[Token], at: int) -> str:
    end = _end_of_statement(tokens, at)
    if tokens[end].text != ";":
        return "co_await inside braces; give its result a name first"
    index, angle = at + 1, 0
    while index < end:
        text = tokens[index].text if tokens[index].kind == "sign" else ""
        if text in ("(", "["):
            index = match_forward(tokens, index)
        angle += (text == "<") - (text == ">")
        if text in OPERATORS and not (text == "," and angle > 0):
            return f"`{text}` beside a co_await; give its result a name first"
        index += 1
    return ""
