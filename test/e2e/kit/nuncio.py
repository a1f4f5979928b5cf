# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""The process under test: a configuration directory, ports, start, readiness, signals, and the checks that every run has to pass.

NUNCIO_BIN      the binary (default: build/nuncio of the repository)
NUNCIO_WORKERS  workers of every start that does not say otherwise (default 1)
"""
import os
import pathlib
import re
import resource
import signal
import subprocess
import time

import yaml

from kit.client import Client
from kit.origin import Origin
from kit.ports import free_port
from kit.wire import LIMIT, Ended, Silent, reply

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("NUNCIO_BIN") or str(ROOT / "build" / "nuncio")
WORKERS = int(os.environ.get("NUNCIO_WORKERS") or 1)
REPORT = re.compile(r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|MemorySanitizer|UndefinedBehaviorSanitizer|runtime error:"
                    r"|terminate called|Assertion .* failed)")


def mapping(name, prefix, service, **fields):
    """A flat Mapping document; `service` may be an Origin."""
    target = service.service if isinstance(service, Origin) else service
    return {"apiVersion": "getambassador.io/v2", "kind": "Mapping", "name": name, "prefix": prefix, "service": target, **fields}


def module(**config):
    return {"apiVersion": "getambassador.io/v2", "kind": "Module", "name": "ambassador", "config": config}


def text_of(documents):
    """YAML text of one document, several documents, or text as it is."""
    if isinstance(documents, (str, bytes)):
        return documents
    return yaml.safe_dump_all(documents if isinstance(documents, list) else [documents], sort_keys=False)


def clean_environment(extra=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AMBASSADOR_", "NUNCIO_"))}
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:exitcode=66")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=0")
    env.setdefault("TSAN_OPTIONS", "exitcode=66")
    env.update(extra or {})
    return env


def run(*args, env=None, stdin=None, cwd=None):
    """A subcommand to its end: (exit code, standard output, standard error). Fails on a sanitizer's report."""
    done = subprocess.run([BINARY, *map(str, args)], env=clean_environment(env), input=stdin, capture_output=True, text=True,
                          timeout=LIMIT * 3, cwd=cwd, check=False)
    assert not REPORT.search(done.stderr), done.stderr
    return done.returncode, done.stdout, done.stderr


class Nuncio:
    """One running `nuncio serve`.

    documents: dict of file name → documents, or one document, a list or text for routes.yaml. listen: list of addresses, default one free TCP port.
    """

    def __init__(self, directory, documents=None, *, args=(), env=None, workers=None, listen=None, rlimit_nofile=None, access_log=True,
                 admin=True, start=True, ready=True):
        self.dir = pathlib.Path(directory)
        self.config = self.dir / "config"
        self.config.mkdir(parents=True, exist_ok=True)
        self.access_log = self.dir / "access.log"
        self.workers = workers or WORKERS
        self.port, self.admin_port = free_port(), free_port()
        self.args = [BINARY, "serve", "--config-dir", str(self.config), "--workers", str(self.workers)]
        for address in listen or ["127.0.0.1:%d" % self.port]:
            self.args += ["--listen", address]
        if admin:
            self.args += ["--admin", "127.0.0.1:%d" % self.admin_port]
        if access_log:
            self.args += ["--access-log", str(self.access_log)]
        self.args += list(args)
        self.env = clean_environment(env)
        self.rlimit_nofile = rlimit_nofile
        self.process = None
        self.generation = 0
        self.beacon = None
        self.clients = []
        self.expect_exit = 0
        files = documents if isinstance(documents, dict) and "kind" not in documents else {"routes.yaml": documents or []}
        for name, docs in files.items():
            self.write(name, docs)
        if start:
            self.start(ready)

    # ---- life
    def start(self, ready=True):
        def limits():
            if self.rlimit_nofile:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self.rlimit_nofile, self.rlimit_nofile))
        with open(self.dir / "stdout", "wb") as out, open(self.dir / "stderr", "wb") as err:
            self.process = subprocess.Popen(self.args, env=self.env, stdout=out, stderr=err, stdin=subprocess.DEVNULL, preexec_fn=limits)
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        def is_ready():
            if self.process.poll() is not None:
                raise AssertionError("nuncio ended at start with status %s\n%s" % (self.process.returncode, self.stderr()))
            try:
                with Client(("127.0.0.1", self.admin_port), limit=5) as c:
                    return c.get("/ambassador/v0/check_ready").status == 200
            except (OSError, Ended, Silent):
                return False
        self.wait(is_ready, "readiness", LIMIT * 2)

    def wait(self, condition, what, limit=LIMIT):
        """Poll; a wait for something that the process tells to nobody."""
        deadline = time.monotonic() + limit
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError("waited in vain for %s\n%s" % (what, self.stderr()))
            time.sleep(0.02)

    def signal(self, number):
        self.process.send_signal(number)

    def stderr(self):
        return (self.dir / "stderr").read_text(errors="replace")

    def stdout(self):
        return (self.dir / "stdout").read_text(errors="replace")

    def output(self):
        return self.stdout() + self.stderr()

    def stop(self):
        """SIGTERM, then everything that must hold at the end of every run."""
        for c in self.clients:
            c.close()
        if self.beacon:
            self.beacon.close()
        if self.process is None:
            return
        early = self.process.poll()
        if early is None:
            self.signal(signal.SIGTERM)
        code = self.join(kill=True)
        self.process = None
        report = REPORT.search(self.stderr())
        assert not report, self.stderr()[-8000:]
        assert early is None or self.expect_exit is None or early == self.expect_exit, (
            "nuncio ended by itself with status %s\n%s" % (early, self.stderr()[-4000:]))
        assert code == self.expect_exit or self.expect_exit is None, "exit status %s\n%s" % (code, self.stderr()[-4000:])

    def join(self, limit=LIMIT * 2, kill=False):
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            if kill:
                self.process.kill()
                self.process.wait()
            raise AssertionError("nuncio did not end within %s s\n%s" % (limit, self.stderr()[-4000:])) from None

    # ---- configuration
    def write(self, name, documents):
        """Write one file of the configuration directory by rename."""
        text = text_of(documents)
        temporary = self.config / (".%s.new" % name)
        temporary.write_bytes(text if isinstance(text, bytes) else text.encode())
        temporary.rename(self.config / name)

    def remove(self, name):
        (self.config / name).unlink()

    def in_force(self, reload=None):
        """Wait until everything that was written before is served by every worker: a marker Mapping, in the file that sorts first,
        is written after it. `reload` is called after writing (to send a SIGHUP, say)."""
        if not self.beacon:
            self.beacon = Origin(lambda request: reply(200, "beacon " + request.target))
        self.generation += 1
        path = "/--marker--/%d/" % self.generation
        self.write("000-marker.yaml", mapping("marker", path, self.beacon, rewrite="", precedence=1000000))
        if reload:
            reload()
        wanted = 1 if self.workers == 1 else 6 * self.workers  # fresh connections in a row: the kernel spreads them over the workers
        answer = b"beacon " + path.encode()
        self.wait(lambda: all(self.get(path).body == answer for _ in range(wanted)), "the configuration to be in force", LIMIT * 2)

    def apply(self, name, documents):
        self.write(name, documents)
        self.in_force()

    # ---- clients
    def client(self, limit=None, port=None):
        c = Client(("127.0.0.1", port or self.port), limit=limit)
        self.clients.append(c)
        return c

    def get(self, target, fields=(), **more):
        """One request on a connection of its own."""
        with self.client() as c:
            return c.ask("GET", target, fields, **more)

    def ask(self, method, target, fields=(), body=None, **more):
        with self.client() as c:
            return c.ask(method, target, fields, body, **more)

    def admin(self, target, method="GET"):
        with Client(("127.0.0.1", self.admin_port)) as c:
            return c.ask(method, target)

    def forget_clients(self):
        for c in self.clients:
            c.close()
        self.clients.clear()

    # ---- one process for the tests of a module
    def before_test(self):
        """A process that a test has killed must not fail those after it."""
        self.forget_clients()
        if self.process.poll() is not None:
            self.start()

    def after_test(self):
        self.forget_clients()
        status = self.process.poll()
        assert status is None, "nuncio ended with status %s\n%s" % (status, self.stderr()[-4000:])

    # ---- what the operating system says
    def cpu_seconds(self):
        fields = pathlib.Path("/proc/%d/stat" % self.process.pid).read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path("/proc/%d/status" % self.process.pid).read_text())[1])

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def log_lines(self, count=1, path=None):
        """Lines of the access log once there are at least `count`."""
        path = path or self.access_log

        def lines():
            text = path.read_text(errors="replace") if path.exists() else ""
            found = text.splitlines() if text.endswith("\n") else text.splitlines()[:-1]
            return found if len(found) >= count else None
        return self.wait(lines, "%d lines in %s" % (count, path.name))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.stop()
        except AssertionError:
            if kind is None:
                raise
