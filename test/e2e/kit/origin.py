# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""A scripted origin: a thread per connection, raw bytes in and out, a record of what it saw.

Two ways to use it:
  Origin(answer)          answer(request) → bytes to send, or None to close; called for each complete request of a kept connection
  Origin(script=script)   script(wire, origin, number) drives a connection by itself; `number` counts connections from 0

What it saw: `heads` (request heads as they came), `requests` (those that came completely), `cut` (those that did not),
`connections`, `open` (now), `most_busy` (exchanges at once). Whatever breaks RFC 9112 lands in `faults`, and the fixture fails the test.
"""
import json
import socket
import threading
import time

from kit.wire import LIMIT, Bad, Ended, Silent, Wire, reply


def echo(request):
    """The request as JSON."""
    seen = {"method": request.method, "target": request.target, "version": request.version, "fields": request.fields,
            "body": request.body.decode("latin-1"), "trailers": request.trailers}
    body = b"" if request.method == "HEAD" else json.dumps(seen).encode()
    return reply(200, body, [("Content-Type", "application/json")])


class Origin:
    def __init__(self, answer=echo, script=None, address="127.0.0.1", port=0, backlog=256, listen=True):
        self.answer = answer
        self.script = script
        self.lock = threading.Condition()
        self.heads, self.requests, self.cut, self.faults, self.wires = [], [], [], [], []
        self.connections = 0
        self.open = 0
        self.busy = 0
        self.most_busy = 0
        self.closing = False
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, port))
        self.address, self.port = self.sock.getsockname()[:2]
        self.backlog = backlog
        if listen:
            self.listen()

    @property
    def service(self):
        return ("[%s]:%d" if ":" in self.address else "%s:%d") % (self.address, self.port)

    def listen(self):
        self.sock.listen(self.backlog)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            with self.lock:
                if self.closing:
                    sock.close()
                    return
                number = self.connections
                self.connections += 1
                self.open += 1
                wire = Wire(sock, limit=LIMIT * 3)
                self.wires.append(wire)
                self.lock.notify_all()
            threading.Thread(target=self._serve, args=(wire, number), daemon=True).start()

    def _serve(self, wire, number):
        try:
            if self.script:
                self.script(wire, self, number)
            else:
                while self.serve_one(wire):
                    pass
        except Bad as e:
            self._fault("malformed bytes from nuncio: %s" % e)
        except (Ended, Silent, ConnectionError, OSError):
            pass
        except Exception as e:  # a mistake in a test's script must not pass unnoticed
            self._fault("script of the origin: %r" % e)
        finally:
            wire.close()
            with self.lock:
                self.open -= 1
                self.lock.notify_all()

    def _fault(self, text):
        if not self.closing:
            with self.lock:
                self.faults.append(text)
                self.lock.notify_all()

    # ---- for scripts
    def head(self, wire):
        """Read and record a request head."""
        request = wire.read_request_head()
        self._record(self.heads, request)
        return request

    def body(self, wire, request):
        """Read the body that belongs to it and record the complete request."""
        try:
            wire.read_request_body(request)
        except (Ended, Silent, Bad):
            self._record(self.cut, request)
            raise
        self._record(self.requests, request)
        return request

    def request(self, wire):
        return self.body(wire, self.head(wire))

    def serve_one(self, wire):
        request = self.request(wire)
        with self.lock:
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
        data = self.answer(request)
        with self.lock:
            self.busy -= 1
        if data is None:
            return False
        wire.send(data)
        return "close" not in [e.lower() for e in request.list("connection")]

    def _record(self, where, item):
        with self.lock:
            where.append(item)
            self.lock.notify_all()

    # ---- for tests
    def wait(self, condition, what="what the origin should see", limit=None):
        deadline = time.monotonic() + (limit or LIMIT)
        with self.lock:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError("waited in vain for %s: %d heads, %d complete, %d cut, faults %r"
                                         % (what, len(self.heads), len(self.requests), len(self.cut), self.faults))
                self.lock.wait(left)

    def wait_heads(self, count):
        self.wait(lambda: len(self.heads) >= count, "%d request heads" % count)

    def wait_requests(self, count):
        self.wait(lambda: len(self.requests) >= count, "%d complete requests" % count)

    @property
    def last(self):
        return self.requests[-1]

    def targets(self):
        return [r.target for r in self.requests]

    def forget(self):
        with self.lock:
            for seen in (self.heads, self.requests, self.cut):
                seen.clear()

    def close(self):
        with self.lock:
            self.closing = True
            wires = list(self.wires)
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
        for wire in wires:
            wire.close()

    def check(self):
        assert not self.faults, "\n".join(self.faults)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close()
        if kind is None:
            self.check()
