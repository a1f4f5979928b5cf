# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Everything at once for a few seconds: clients that mix methods, framings, sizes, pipelines and ways to leave, origins that mix answers and
ways to die, and a configuration that changes. Each answer is checked; at the end nothing may be left over. The seed is printed."""
import random
import threading
import time

import pytest

from kit.client import Client
from kit.nuncio import mapping
from kit.wire import Bad, Ended, Silent, chunked, reply, request_bytes

SECONDS = 4
FRAMINGS = ["length", "chunked", "close", "10"]


def content(number, size):
    return (b"%d|" % number * (size // 4 + 1))[:size]


def script(wire, origin, number):
    """/answer/N/SIZE/FRAMING answers so; /die/… closes or resets somewhere."""
    while True:
        request = origin.request(wire)
        _, kind, identity, size, framing = request.target.split("/")
        data = reply(200, content(int(identity), int(size)), [("X-Body", len(request.body))],
                     framing="length" if framing == "10" else framing, version="1.0" if framing == "10" else "1.1")
        if kind == "die":
            wire.try_send(data[:int(size)])
            if int(identity) % 2:
                wire.reset()
            return
        wire.send(data)
        if framing in ("close", "10"):
            return


class Chaos:
    def __init__(self, address, seed):
        self.random = random.Random(seed)
        self.address = address
        self.problems = []
        self.answers = 0

    def run(self, until):
        client = None
        while time.monotonic() < until:
            try:
                client = client or Client(self.address, limit=30)
                if not self.round(client):
                    client = None
            except (Ended, Bad, Silent, OSError, AssertionError) as e:
                self.problems.append(repr(e)[:500])
                return
        if client:
            client.close()

    def wanted(self):
        r = self.random
        return r.randrange(1000000), r.choice([0, 1, 100, 5000, 16384, 70000, 400000]), r.choice(FRAMINGS)

    def request(self, identity, size, framing):
        """(bytes, size of its body)"""
        r = self.random
        target = "/soak/answer/%d/%d/%s" % (identity, size, framing)
        kind = r.randrange(3)
        if kind == 0:
            return request_bytes("GET", target), 0
        body = b"b" * r.choice([0, 1, 3000, 20000, 150000])
        if kind == 1:
            return request_bytes(r.choice(["POST", "PUT", "X-Y"]), target, body=body), len(body)
        head = "POST %s HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" % target
        step = r.choice([100, 5000, 1000000])
        return head.encode() + chunked(*(body[i:i + step] for i in range(0, len(body), step))), len(body)

    def round(self, client):
        """True: the connection can be used again."""
        way = self.random.randrange(12)
        if way == 0:
            return self.leave(client)
        if way == 1:
            return self.dying_origin(client)
        wanted = [self.wanted() for _ in range(self.random.choice([1, 1, 1, 2, 5]))]
        made = [self.request(*w) for w in wanted]
        sender = threading.Thread(target=client.try_send, args=(b"".join(data for data, _ in made),))
        sender.start()
        for (identity, size, framing), (_, sent) in zip(wanted, made):
            answer = client.read_response()
            assert answer.status == 200, answer.head
            assert answer.one("x-body") == str(sent)
            assert answer.body == content(identity, size), (framing, size, len(answer.body))
            self.answers += 1
        sender.join()
        return True

    def leave(self, client):
        data, _ = self.request(*self.wanted())
        client.try_send(data[:self.random.randrange(len(data) + 1)])
        if self.random.randrange(2):
            try:
                client.some(0.01)
            except (Silent, Ended):
                pass
        if self.random.randrange(2):
            client.reset()
        client.close()
        return False

    def dying_origin(self, client):
        """Whatever it is, it ends, and is no completed lie."""
        size = self.random.choice([0, 5, 40, 60])
        client.send(request_bytes("GET", "/soak/die/%d/%d/length" % (self.random.randrange(100), size)))
        try:
            answer = client.read_response()
        except (Ended, Bad):
            client.close()
            return False
        assert answer.status in (502, 503) or len(answer.body) == int(answer.one("content-length"))
        return True


@pytest.mark.parametrize("workers", [1, 3])
def test_everything_at_once(start, make_origin, workers):
    origin = make_origin(script=script)
    proxy = start({"soak.yaml": mapping("soak", "/soak/", origin, timeout_ms=60000), "other.yaml": mapping("other", "/other/", origin)}, workers=workers)
    proxy.forget_clients()
    before = proxy.descriptors()
    seed = random.randrange(1 << 30)
    print("seed %d" % seed)
    users = [Chaos(("127.0.0.1", proxy.port), seed + i) for i in range(12)]
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=u.run, args=(until,)) for u in users]
    for t in threads:
        t.start()
    version = 0
    while time.monotonic() < until:
        version += 1
        proxy.write("soak.yaml", mapping("soak", "/soak/", origin, timeout_ms=60000 + version))
        proxy.write("other.yaml", [mapping("o%d" % i, "/other/%d/" % i, origin) for i in range(version % 50)])
        time.sleep(0.1)
    for t in threads:
        t.join()
    assert [p for u in users for p in u.problems] == []
    assert sum(u.answers for u in users) > 100
    proxy.in_force()
    proxy.forget_clients()
    proxy.wait(lambda: proxy.descriptors() <= before + 12 + 8 + workers, "the connections of those who left to be closed")
    with proxy.client() as client:
        assert client.get("/soak/answer/1/1000/length").body == content(1, 1000)
