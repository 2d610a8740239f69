#!/usr/bin/env python3
"""What `unroll serve` stands: load, reloading under load, a flood of connections, and clients that do everything wrong.

    soak.py PROGRAM LOAD MODEL TEXTS [--seconds 60] [--memory-grows 16]

LOAD is the program serving_load, TEXTS a file with a JSON body of a request on each line. A line for each part says what happened;
the status is 1 if an answer was wrong, missing or had another status than docs/server.md has, or if memory or descriptors grew.
"""

import argparse
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

BAD_BODIES = [b"", b"{", b"[]", b"nul", b'{"text": 3}', b'{"texts": ["a", {}]}', b'{"text": "\xff\xfe"}', b'{"text": "\\ud800"}',
              b'{"text": "a", "top": -1}', b"[" * 100000, b'{"text": "a"}' * 2, b"\x00" * 100]


class Server:
    def __init__(self, flags, folder):
        self.model = folder / "model"
        self.model.mkdir()
        shutil.copy(Path(flags.model) / "model.safetensors", self.model)
        self.log = open(folder / "log.txt", "w+")
        self.process = subprocess.Popen([flags.program, "serve", str(self.model), "--listen", "127.0.0.1:0", "--workers", "2",
                                         "--max-connections", "4000", "--read-timeout", "3s"],
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        self.port = int(self.wait_for(r"serving .*:(\d+)").group(1))

    def said(self):
        return Path(self.log.name).read_text()

    def wait_for(self, pattern, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(pattern, self.said())
            if found:
                return found
            time.sleep(0.05)
        raise SystemExit(f"the server does not say {pattern!r}: {self.said()}")

    def mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+)", status).group(1)) / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def replace_model(self, content):
        (self.model / "new").write_bytes(content)
        os.replace(self.model / "new", self.model / "model.safetensors")

    def raw(self, content, seconds=20):
        """What it answers until it closes; b"" if it closes without a word."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as client:
            with contextlib.suppress(ConnectionError):
                client.sendall(content)
                while piece := client.recv(65536):
                    answer += piece
        return answer

    def post(self, body):
        return self.raw(b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def metric(self, name):
        found = re.search(rb"^" + name.encode() + rb" (\d+)", self.raw(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), re.M)
        return int(found.group(1))


class Soak:
    def __init__(self, flags, server):
        self.flags, self.server, self.failures = flags, server, 0

    def expect(self, holds, what):
        if not holds:
            self.failures += 1
            print(f"FAILED: {what}", flush=True)

    def load(self, connections, seconds):
        """The load generator, started; `end` waits for it."""
        return subprocess.Popen([self.flags.load, str(self.server.port), str(connections), str(seconds), "0", self.flags.texts],
                                stdout=subprocess.PIPE, text=True)

    def end(self, load, what):
        out, _ = load.communicate()
        result = json.loads(out)
        ok = load.returncode == 0 and not result["errors"] and not result["differing"] and set(result["statuses"]) == {"200"}
        self.expect(ok and result["requests"] > 0, f"{what}: {out[:300]}")
        print(f"{what}: {result['requests']} requests, {result['requests'] / result['seconds']:.0f} a second, p50 {result['p50_us']:.0f} µs, "
              f"p99 {result['p99_us']:.0f} µs, {self.server.mib():.1f} MiB", flush=True)

    def flat(self, before, what):
        grown = self.server.mib() - before
        self.expect(grown <= self.flags.memory_grows, f"{what}: memory grew by {grown:.1f} MiB")

    def steady(self):
        self.end(self.load(64, 2), "warming up")  # buffers reach their sizes
        before = self.server.mib()
        for connections in 1, 8, 64:
            self.end(self.load(connections, self.flags.seconds), f"{connections} connections")
        self.flat(before, "steady load")

    def reloaded(self):
        """The same model again and again, so that answers stay equal; then a damaged one."""
        content = Path(self.flags.model, "model.safetensors").read_bytes()
        reloads, before, load = self.server.metric("unroll_reloads_total"), None, self.load(64, self.flags.seconds)
        number = 0
        while load.poll() is None:
            self.server.replace_model(content if number % 3 != 2 else content[:-number - 1])
            if number % 3:  # others are found by their time
                self.server.process.send_signal(signal.SIGHUP)
            number += 1
            time.sleep(min(1, self.flags.seconds / 5))
            if number == 5:
                before = self.server.mib()
        self.end(load, "reloaded under load")
        self.server.replace_model(content)
        time.sleep(2.5)
        reloads = self.server.metric("unroll_reloads_total") - reloads
        self.expect(reloads > 0, "no model was loaded anew")
        self.expect("the old model stays" in self.server.said(), "a damaged model was not refused")
        self.flat(before or self.server.mib(), f"{reloads} reloads")

    def flooded(self):
        idle = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(1000)]
        self.end(self.load(64, self.flags.seconds), "64 busy and 1000 idle connections")
        for client in idle:
            client.close()

    # ------------------------------------------------------------------------------------------------ clients that do everything wrong

    def gigabyte(self, head, piece):
        """Sends 1 GB, or until it is cut off. Returns what came back."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as client:
            answer = b""
            with contextlib.suppress(OSError):
                client.sendall(head)
                for _ in range((1 << 30) // len(piece)):
                    client.sendall(piece)
            with contextlib.suppress(OSError):
                while more := client.recv(65536):
                    answer += more
        return answer

    def large(self):
        head = b"POST /v1/predict HTTP/1.1\r\nHost: a\r\n"
        a_lot = b"a" * (1 << 20)
        told = self.gigabyte(head + b"Content-Length: %d\r\n\r\n" % (1 << 30), a_lot)
        chunked = self.gigabyte(head + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + a_lot + b"\r\n")
        for what, answer in ("told", told), ("chunked", chunked):
            # A client that goes on sending when it was refused may find the connection reset.
            self.expect(answer == b"" or b" 413 " in answer.split(b"\r\n")[0], f"1 GB, {what}: {answer[:100]}")
        self.expect(b" 413 " in self.server.raw(head + b"Content-Length: %d\r\n\r\n" % (1 << 30)), "1 GB that is only announced")

    def wrong(self):
        for body in BAD_BODIES:
            self.expect(b" 400 " in self.server.post(body).split(b"\r\n")[0], f"a wrong body {body[:30]}")
        self.expect(b" 400 " in self.server.raw(b"\x16\x03\x01 hello\r\n\r\n"), "what is not HTTP")
        self.expect(b" 431 " in self.server.raw(b"GET / HTTP/1.1\r\nX: " + b"a" * 100000 + b"\r\n\r\n"), "large headers")
        self.expect(b" 404 " in self.server.raw(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "another path")
        self.expect(b" 405 " in self.server.raw(b"PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "another method")

    def half(self):
        for content in b"P", b"POST /v1/predict HTTP/1.1\r\nConte", b"POST /v1/predict HTTP/1.1\r\nContent-Length: 99\r\n\r\n{":
            self.expect(self.server.raw(content) == b"", f"half a request {content[-10:]} was answered")
            with socket.create_connection(("127.0.0.1", self.server.port)) as client:
                client.sendall(content)  # and away

    def slow(self):
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.server.port)) as client, contextlib.suppress(OSError):
            for byte in b"POST /v1/predict HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + b"a" * 1000:
                client.sendall(bytes([byte]))
                time.sleep(0.1)
        self.expect(time.monotonic() - begun < 15, "a slow client was not cut off")

    def deaf(self):
        """Asks for much and reads nothing."""
        body = json.dumps({"texts": ["a"] * 20000}).encode()
        with socket.create_connection(("127.0.0.1", self.server.port)) as client, contextlib.suppress(OSError):
            client.settimeout(1)
            for _ in range(20):
                client.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            time.sleep(4)

    def mistreated(self):
        before, descriptors = self.server.mib(), self.server.descriptors()
        load = self.load(8, max(self.flags.seconds, 5))
        clients = [threading.Thread(target=part) for part in (self.large, self.wrong, self.half, self.slow, self.deaf) for _ in range(2)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.end(load, "8 connections next to clients that do everything wrong")
        self.flat(before, "wrong clients")
        end = time.monotonic() + 10
        while self.server.descriptors() > descriptors and time.monotonic() < end:
            time.sleep(0.1)
        self.expect(self.server.descriptors() <= descriptors, f"{self.server.descriptors()} descriptors are open, before {descriptors}")

    def ended(self):
        load = self.load(8, 1)
        time.sleep(0.3)
        load.kill()
        load.wait()
        self.server.process.send_signal(signal.SIGTERM)
        status = self.server.process.wait(timeout=60)
        self.expect(status == 0, f"it ended with status {status}: {self.server.said()[-3000:]}")
        self.expect("Sanitizer" not in self.server.said(), self.server.said()[-3000:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in "program", "load", "model", "texts":
        parser.add_argument(name)
    parser.add_argument("--seconds", type=float, default=60, help="of each part")
    parser.add_argument("--memory-grows", type=float, default=16, help="MiB that a part may add")
    flags = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard) if hard > 0 else 8192, hard))
    with tempfile.TemporaryDirectory() as folder:
        server = Server(flags, Path(folder))
        soak = Soak(flags, server)
        try:
            for part in soak.steady, soak.reloaded, soak.flooded, soak.mistreated, soak.ended:
                part()
        finally:
            server.process.kill()
    print("nothing failed" if soak.failures == 0 else f"{soak.failures} failures")
    return 0 if soak.failures == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
