# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""A name server for the tests: UDP and TCP on one port of 127.0.0.1; its resolv.conf names the port (`nameserver ADDR:PORT`).

`names` maps a lower-case name to a list of addresses (A and AAAA by their look). A name that is not there is NXDOMAIN; an empty list is
an empty answer; SILENT drops the query; FAIL answers SERVFAIL. Names in `truncate` come truncated over UDP, so that TCP is needed.
`queries` records (name, type, transport).
"""
import socket
import struct
import threading

from kit.ports import free_port

SILENT, FAIL = object(), object()
TYPES = {1: "A", 28: "AAAA"}


def _question(packet):
    labels, i = [], 12
    while packet[i]:
        labels.append(packet[i + 1:i + 1 + packet[i]].decode("latin-1"))
        i += 1 + packet[i]
    kind, = struct.unpack(">H", packet[i + 1:i + 3])
    return ".".join(labels).lower(), kind, packet[12:i + 5]


class NameServer:
    def __init__(self, names=None, ttl=1):
        self.names = names or {}
        self.ttl = ttl
        self.truncate = set()
        self.queries = []
        self.changed = threading.Condition()
        self.address, self.port = "127.0.0.1", free_port()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((self.address, self.port))
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((self.address, self.port))
        self.tcp.listen(16)
        for target in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=target, daemon=True).start()

    def answer(self, packet, transport):
        name, kind, question = _question(packet)
        with self.changed:
            self.queries.append((name, TYPES.get(kind, kind), transport))
            self.changed.notify_all()
            found = self.names.get(name)
        if found is SILENT:
            return None
        if transport == "udp" and name in self.truncate:
            return packet[:2] + struct.pack(">HHHHH", 0x8780, 1, 0, 0, 0) + question
        code = 2 if found is FAIL else 3 if found is None else 0
        records = b""
        count = 0
        for address in found if isinstance(found, (list, tuple)) else ():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            if kind == (28 if family == socket.AF_INET6 else 1):
                data = socket.inet_pton(family, address)
                records += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, self.ttl, len(data)) + data
                count += 1
        return packet[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, count, 0, 0) + question + records

    def _serve_udp(self):
        while True:
            try:
                packet, peer = self.udp.recvfrom(4096)
                if len(packet) < 12:
                    return
                out = self.answer(packet, "udp")
                if out:
                    self.udp.sendto(out, peer)
            except OSError:
                return

    def _serve_tcp(self):
        while True:
            try:
                sock, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_connection, args=(sock,), daemon=True).start()

    def _serve_connection(self, sock):
        with sock:
            sock.settimeout(30)
            try:
                while True:
                    size = sock.recv(2, socket.MSG_WAITALL)
                    if len(size) < 2:
                        return
                    packet = sock.recv(struct.unpack(">H", size)[0], socket.MSG_WAITALL)
                    out = self.answer(packet, "tcp")
                    if out:
                        sock.sendall(struct.pack(">H", len(out)) + out)
            except OSError:
                return

    def asked(self, name):
        with self.changed:
            return [q for q in self.queries if q[0] == name]

    def resolv_conf(self, path, search=(), ndots=None):
        lines = ["nameserver %s:%d" % (self.address, self.port)]
        if search:
            lines.append("search " + " ".join(search))
        lines.append("options timeout:1 attempts:2" + (" ndots:%d" % ndots if ndots is not None else ""))
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    def close(self):
        for sock in (self.udp, self.tcp):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
