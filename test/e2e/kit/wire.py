# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""HTTP/1 on a socket, read strictly (RFC 9112) and written as raw bytes.

Clients and origins of the tests share it: whatever nuncio writes has to pass this reader, so every exchange of every test checks
nuncio's framing too. Three exceptions tell apart what went wrong: Bad (malformed), Ended (the peer closed), Silent (nothing came).
All waits are bounded by LIMIT seconds; nothing here sleeps.
"""
import dataclasses
import os
import re
import socket
import time

LIMIT = float(os.environ.get("NUNCIO_TEST_LIMIT", "20"))  # seconds until a wait counts as failed

TOKEN = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
STATUS_LINE = re.compile(r"^HTTP/1\.[01] [1-9][0-9][0-9] [\t\x20-\x7e\x80-\xff]*$")
REQUEST_LINE = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) (HTTP/1\.[01])$")


class Bad(Exception):
    """The peer wrote something that RFC 9112 does not allow."""


class Ended(Exception):
    """The peer closed (FIN) or reset the connection; `partial` is what had arrived, `reset` tells which."""

    def __init__(self, text, partial=b"", reset=False):
        super().__init__(text)
        self.partial = partial
        self.reset = reset


class Silent(Exception):
    """Nothing came within the limit."""


@dataclasses.dataclass
class Message:
    fields: list = dataclasses.field(default_factory=list)
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    head: bytes = b""
    chunked: bool = False
    complete: bool = False

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def one(self, name):
        values = self.all(name)
        assert len(values) == 1, "%s occurs %d times in %r" % (name, len(values), self.head)
        return values[0]

    def list(self, name):
        """The elements of a comma separated field, over all its lines."""
        return [e.strip() for v in self.all(name) for e in v.split(",") if e.strip()]

    def has(self, name):
        return bool(self.all(name))


@dataclasses.dataclass
class Request(Message):
    method: str = ""
    target: str = ""
    version: str = ""


@dataclasses.dataclass
class Response(Message):
    status: int = 0
    reason: str = ""
    version: str = ""
    interim: list = dataclasses.field(default_factory=list)
    until_close: bool = False


class Wire:
    """One connection: raw bytes out, strictly read messages in."""

    def __init__(self, sock, limit=None):
        self.sock = sock
        self.limit = limit or LIMIT
        self.buffer = bytearray()
        self.eof = False
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # ---- bytes out
    def send(self, data):
        if isinstance(data, str):
            data = data.encode("latin-1")
        self.sock.settimeout(self.limit)
        self.sock.sendall(data)
        return self

    def try_send(self, data):
        """Like send, where the peer may close at any moment; tells whether all of it went out."""
        try:
            self.send(data)
            return True
        except (ConnectionError, socket.timeout, OSError):
            return False

    def send_slowly(self, data, size=1, pause=0.0005):
        """In pieces of `size` bytes, each its own segment."""
        for i in range(0, len(data), size):
            if not self.try_send(data[i:i + size]):
                return False
            time.sleep(pause)
        return True

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        """Close with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    # ---- bytes in
    def fill(self, limit=None):
        if self.eof:
            raise Ended("the connection has ended", bytes(self.buffer))
        self.sock.settimeout(limit or self.limit)
        try:
            data = self.sock.recv(65536)
        except socket.timeout:
            raise Silent("nothing came; so far: %r" % bytes(self.buffer[-300:])) from None
        except (ConnectionError, OSError) as e:
            raise Ended("reset: %s; so far: %r" % (e, bytes(self.buffer[-300:])), bytes(self.buffer), True) from None
        if not data:
            self.eof = True
            raise Ended("closed; so far: %r" % bytes(self.buffer[-300:]), bytes(self.buffer))
        self.buffer += data

    def take(self, size):
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def exactly(self, size):
        while len(self.buffer) < size:
            self.fill()
        return self.take(size)

    def some(self, limit=None):
        """Whatever is there, at least one byte."""
        if not self.buffer:
            self.fill(limit)
        return self.take(len(self.buffer))

    def line(self, longest=1 << 20):
        while b"\n" not in self.buffer:
            if len(self.buffer) > longest:
                raise Bad("endless line")
            self.fill()
        data = self.take(self.buffer.index(b"\n") + 1)
        if not data.endswith(b"\r\n") or b"\r" in data[:-2] or b"\0" in data:
            raise Bad("line with bare CR, bare LF or NUL: %r" % data)
        return data[:-2].decode("latin-1")

    def rest(self):
        """Everything until the peer closes; raises Ended(reset=True) for a reset, Silent when it does not close."""
        while True:
            try:
                self.fill()
            except Ended as e:
                if e.reset:
                    raise
                return self.take(len(self.buffer))

    def expect_close(self, allow_reset=True):
        """Waits for the end of the connection; returns the bytes that came before it."""
        try:
            return self.rest()
        except Ended as e:
            if not allow_reset:
                raise
            return e.partial

    def expect_silence(self, seconds=0.3):
        """Nothing arrives, and the connection stays open, for so long."""
        assert not self.buffer, "unexpected bytes %r" % bytes(self.buffer)
        try:
            self.fill(seconds)
        except Silent:
            return
        raise AssertionError("unexpected bytes %r" % bytes(self.buffer))

    # ---- messages
    def read_fields(self, head):
        fields = []
        while True:
            line = self.line()
            head.append(line)
            if not line:
                return fields
            name, colon, value = line.partition(":")
            if not colon or not TOKEN.match(name):
                raise Bad("bad field line %r" % line)
            fields.append((name, value.strip(" \t")))

    def read_head(self, message):
        lines = []
        message.fields = self.read_fields(lines)
        message.head += ("\r\n".join(lines) + "\r\n").encode("latin-1")
        self.check_framing(message)

    @staticmethod
    def check_framing(message):
        lengths = message.all("content-length")
        codings = message.all("transfer-encoding")
        if len(lengths) > 1 or (lengths and not re.match(r"^[0-9]+$", lengths[0])):
            raise Bad("content-length %r" % lengths)
        if codings and [c.lower() for c in codings] != ["chunked"]:
            raise Bad("transfer-encoding %r" % codings)
        if codings and lengths:
            raise Bad("both transfer-encoding and content-length")
        message.chunked = bool(codings)

    def read_chunked(self, message):
        body = bytearray()
        while True:
            line = self.line()
            if not re.match(r"^[0-9A-Fa-f]{1,16}$", line):
                raise Bad("chunk size line %r" % line)
            size = int(line, 16)
            if not size:
                break
            body += self.exactly(size)
            message.body = bytes(body) if len(body) < 100000 else message.body
            if self.exactly(2) != b"\r\n":
                raise Bad("chunk data without CRLF")
        message.body = bytes(body)
        message.trailers = self.read_fields([])

    def read_request_head(self):
        line = self.line()
        match = REQUEST_LINE.match(line)
        if not match:
            raise Bad("request line %r" % line)
        request = Request(method=match[1], target=match[2], version=match[3], head=line.encode("latin-1") + b"\r\n")
        self.read_head(request)
        if request.version == "HTTP/1.1" and len(request.all("host")) != 1:
            raise Bad("%d Host fields" % len(request.all("host")))
        return request

    def read_request_body(self, request):
        if request.chunked:
            self.read_chunked(request)
        elif request.has("content-length"):
            request.body = self.exactly(int(request.one("content-length")))
        request.complete = True
        return request

    def read_request(self):
        return self.read_request_body(self.read_request_head())

    def read_response_head(self):
        line = self.line()
        if not STATUS_LINE.match(line):
            raise Bad("status line %r" % line)
        response = Response(version=line[:8], status=int(line[9:12]), reason=line[13:], head=line.encode("latin-1") + b"\r\n")
        self.read_head(response)
        return response

    def read_final_head(self):
        interim = []
        while True:
            response = self.read_response_head()
            if response.status >= 200 or response.status == 101:
                response.interim = interim
                return response
            if response.chunked or response.has("content-length"):
                raise Bad("framing in a 1xx response")
            interim.append(response)

    def read_response_body(self, response, method="GET"):
        if method == "HEAD" or response.status in (101, 204, 304):
            pass
        elif response.chunked:
            self.read_chunked(response)
        elif response.has("content-length"):
            response.body = self.exactly(int(response.one("content-length")))
        else:
            response.until_close = True
            response.body = self.rest()
        response.complete = True
        return response

    def read_response(self, method="GET"):
        return self.read_response_body(self.read_final_head(), method)


def request_bytes(method="GET", target="/", fields=(), body=None, version="1.1", host="test"):
    """A request as bytes; a body gets a Content-Length."""
    lines = ["%s %s HTTP/%s" % (method, target, version)]
    if host is not None:
        lines.append("Host: " + host)
    lines += ["%s: %s" % f for f in (fields.items() if isinstance(fields, dict) else fields)]
    if body is not None:
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


def chunked(*pieces, trailers=()):
    out = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces if p)
    return out + b"0\r\n" + b"".join(("%s: %s\r\n" % t).encode("latin-1") for t in trailers) + b"\r\n"


def reply(status=200, body=b"", fields=(), framing="length", trailers=(), version="1.1", reason="Whatever"):
    """An answer as bytes. framing: length, chunked, close (neither field), none (no body and no framing field)."""
    if isinstance(body, str):
        body = body.encode()
    lines = ["HTTP/%s %d %s" % (version, status, reason)]
    lines += ["%s: %s" % f for f in (fields.items() if isinstance(fields, dict) else fields)]
    payload = b""
    if framing == "length":
        lines.append("Content-Length: %d" % len(body))
        payload = body
    elif framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        payload = chunked(body, trailers=trailers)
    elif framing == "close":
        payload = body
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + payload
