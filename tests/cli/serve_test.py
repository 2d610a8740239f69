"""The command serve from outside: answers, errors, limits, reloading, endings. serve_test.py PROGRAM"""

import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

PROGRAM = str(Path(sys.argv.pop(1)).resolve())
SMALL = ["--hidden", "8", "--embedding", "8", "--epochs", "3", "--lr", "0.02", "--quiet"]


def write_reviews(path, count, turned=False):
    good, bad = ["good", "great", "lovely", "fine"], ["bad", "awful", "poor", "dull"]
    with open(path, "w") as file:
        file.write("label\ttext\n")
        for k in range(count):
            is_good = k % 2 == 1
            label = "pos" if is_good != turned else "neg"
            file.write(f"{label}\tthis {['film', 'book', 'room'][k // 8 % 3]} is {(good if is_good else bad)[k // 2 % 4]} number {k}\n")


def as_float(number):
    """The float whose shortest decimal this is."""
    return struct.unpack("f", struct.pack("f", number))[0]


def run(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], check=True, capture_output=True, text=True, **options).stdout


class Server:
    """A running server, and what it has said."""

    def __init__(self, *arguments, listen="127.0.0.1:0", **options):
        self.errors = tempfile.NamedTemporaryFile("w+", suffix=".log")
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".jsonl")
        self.process = subprocess.Popen([PROGRAM, "serve", *map(str, arguments), "--listen", listen],
                                        stdout=self.log, stderr=self.errors, **options)
        found = self.wait_for(r"serving .* at (\S+)")
        self.port = None if listen.startswith("unix:") else int(found.group(1).rsplit(":", 1)[1])

    def said(self):
        return Path(self.errors.name).read_text()

    def wait_for(self, pattern, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, self.said())
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"no {pattern!r} in: {self.said()}")

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def ask(self, method, path, body=None, headers={}):
        connection = self.connection()
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content

    def predict(self, body, headers={}):
        response, content = self.ask("POST", "/v1/predict", body if isinstance(body, (bytes, str)) else json.dumps(body), headers)
        return response.status, json.loads(content)

    def raw(self, content, seconds=5):
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as client:
            client.sendall(content)
            answer = b""
            while piece := client.recv(65536):
                answer += piece
            return answer

    def access(self):
        return [json.loads(line) for line in Path(self.log.name).read_text().splitlines()]

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=20)


class ServeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        write_reviews(cls.folder / "data.tsv", 120)
        run("train", "--train", cls.folder / "data.tsv", "--out", cls.folder / "reviews", *SMALL)
        write_reviews(cls.folder / "turned.tsv", 120, turned=True)
        run("train", "--train", cls.folder / "turned.tsv", "--out", cls.folder / "turned", *SMALL)
        cls.server = Server(cls.folder / "reviews", cls.folder / "turned", "--workers", 2, "--max-wait", "2ms",
                            "--max-body", "64K", "--read-timeout", "1s")

    @classmethod
    def tearDownClass(cls):
        status = cls.server.end()
        shutil.rmtree(cls.folder)
        assert status == 0, cls.server.said()

    # ------------------------------------------------------------------------------------------------ answers

    def test_one_text(self):
        response, content = self.server.ask("POST", "/v1/predict", '{"text": "this film is lovely"}')
        answer = json.loads(content)
        self.assertEqual(response.status, 200)
        self.assertEqual(answer["label"], "pos")
        self.assertEqual(list(answer["probabilities"]), ["neg", "pos"])
        self.assertEqual(answer["probability"], answer["probabilities"]["pos"])
        self.assertEqual(len(response.headers["Unroll-Model"]), 32)
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertGreater(float(response.headers["Unroll-Seconds"]), 0)

    def test_the_answers_are_those_of_the_program(self):
        texts = [f"this room is {word} number {k}" for k, word in enumerate(["good", "poor", "very fine", "", "很好"] * 7)]
        lines = run("predict", self.folder / "reviews", "-", "--prob", input="".join(text + "\n" for text in texts)).splitlines()
        results = self.server.predict({"texts": texts})[1]["results"]
        self.assertEqual([f"{r['label']}\t{as_float(r['probability']):.6f}" for r in results], lines)
        self.assertEqual(self.server.predict({"texts": []}), (200, {"results": []}))

    def test_half_precision_is_that_of_the_program(self):
        environment = {**os.environ, "UNROLL_HALF": "fp16"}
        server = Server(self.folder / "reviews", "--precision", "half", env=environment)
        try:
            texts = [f"this room is {word}" for word in ["good", "poor", "very fine"]]
            lines = run("predict", self.folder / "reviews", "-", "--prob", "--precision", "half", env=environment,
                        input="".join(text + "\n" for text in texts)).splitlines()
            results = server.predict({"texts": texts})[1]["results"]
            self.assertEqual([f"{r['label']}\t{as_float(r['probability']):.6f}" for r in results], lines)
            self.assertIn("model reviews: half precision here: fp16", server.said())
        finally:
            self.assertEqual(server.end(), 0)

    def test_top_threshold_and_model(self):
        answer = self.server.predict({"text": "this film is lovely", "top": 1})[1]
        self.assertEqual(list(answer["probabilities"]), ["pos"])
        self.assertIsNone(self.server.predict({"text": "this film", "threshold": 1.0})[1]["label"])
        self.assertEqual(self.server.predict({"text": "this film is lovely", "model": "turned"})[1]["label"], "neg")
        models = json.loads(self.server.ask("GET", "/v1/models")[1])["models"]
        self.assertEqual([model["name"] for model in models], ["reviews", "turned"])
        self.assertEqual(models[0]["labels"], ["neg", "pos"])

    def test_the_same_text_has_the_same_bytes_whatever_else_runs(self):
        body, wrong = json.dumps({"text": "this film is lovely"}), []
        expected = self.server.ask("POST", "/v1/predict", body)[1]

        def work(number):
            connection = self.server.connection()
            for k in range(30):
                other = json.dumps({"texts": [f"a text of {number} and {k} " * (k % 5 + 1)] * (k % 7 + 1)})
                connection.request("POST", "/v1/predict", body if k % 2 else other)
                content = connection.getresponse().read()
                if k % 2 and content != expected:
                    wrong.append(content)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_health_metrics_page_and_head(self):
        self.assertEqual(self.server.ask("GET", "/healthz")[0].status, 200)
        self.assertEqual(self.server.ask("GET", "/readyz?x=1")[0].status, 200)
        page = self.server.ask("GET", "/")
        self.assertIn(b"<textarea", page[1])
        self.assertIn("default-src 'none'", page[0].headers["Content-Security-Policy"])
        self.server.predict({"text": "x"})
        metrics = self.server.ask("GET", "/metrics")[1].decode()
        self.assertRegex(metrics, r'unroll_requests_total\{status="200"\} \d+')
        self.assertRegex(metrics, r'unroll_request_seconds_bucket\{le="\+Inf"\} \d+')
        for line in metrics.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) unroll_\w+ .+|unroll_\w+(\{\w+=\"[^\"]+\"\})? [-+.e\d]+)$")
        response, content = self.server.ask("HEAD", "/healthz")
        self.assertEqual((response.status, content), (200, b""))

    def test_a_line_of_json_for_each_request(self):
        self.server.predict({"texts": ["a", "b", "c"]}, {"X": "y"})
        self.server.ask("GET", '/no"where')
        time.sleep(0.1)
        lines = self.server.access()
        self.assertTrue(any(line["target"] == "/v1/predict" and line["texts"] == 3 and line["status"] == 200 for line in lines))
        self.assertTrue(any(line["target"] == '/no"where' and line["status"] == 404 for line in lines))

    # ------------------------------------------------------------------------------------------------ errors

    def test_wrong_bodies_are_400_and_say_why(self):
        for body, why in [(b"", "not JSON"), (b"{", "not JSON"), (b"[]", "expected an object"), (b'{"text": 3}', "expected a string"),
                          (b'{"texts": "a"}', "expected an array"), (b'{"texts": ["a", null]}', "texts[1]"),
                          (b"{}", "either"), (b'{"text": "a", "texts": []}', "either"), (b'{"text": "a", "top": 0}', "top"),
                          (b'{"text": "a", "top": -1}', "top"), (b'{"text": "a", "threshold": 2}', "threshold"),
                          (b'{"text": "a", "tpo": 1}', "tpo"), (b'{"text": "\xff"}', "UTF-8"), (b'{"text": "\\ud800"}', "not JSON"),
                          (b"[" * 60000, "not JSON")]:
            status, answer = self.server.predict(body)
            self.assertEqual(status, 400, body[:40])
            self.assertIn(why, answer["error"])

    def test_what_is_not_there_is_404_and_other_methods_405(self):
        self.assertEqual(self.server.ask("GET", "/nowhere")[0].status, 404)
        status, answer = self.server.predict({"text": "a", "model": "none"})
        self.assertEqual(status, 404)
        self.assertIn('no model "none"', answer["error"])
        response, content = self.server.ask("GET", "/v1/predict")
        self.assertEqual((response.status, response.headers["Allow"]), (405, "POST"))
        self.assertIn("error", json.loads(content))
        self.assertEqual(self.server.ask("DELETE", "/healthz")[0].status, 405)

    def test_large_bodies_are_413_however_they_come(self):
        self.assertEqual(self.server.predict(b'{"text": "' + b"a" * 70000 + b'"}')[0], 413)
        head = b"POST /v1/predict HTTP/1.1\r\nHost: a\r\n"
        self.assertIn(b" 413 ", self.server.raw(head + b"Content-Length: 1000000000000\r\n\r\n"))
        self.assertIn(b" 413 ", self.server.raw(head + b"Expect: 100-continue\r\nContent-Length: 100000000\r\n\r\n"))
        chunks = b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b"a" * 4096 + b"\r\n"
        self.assertIn(b" 413 ", self.server.raw(head + chunks + (b"1000\r\n" + b"a" * 4096 + b"\r\n") * 20))
        self.assertIn(b" 431 ", self.server.raw(head + b"X: " + b"a" * 100000 + b"\r\n\r\n"))

    def test_expect_continue_is_answered(self):
        body = b'{"text": "this film is lovely"}'
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=5) as client:
            client.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(body))
            self.assertEqual(client.recv(1024), b"HTTP/1.1 100 Continue\r\n\r\n")
            client.sendall(body)
            self.assertIn(b"HTTP/1.1 200", client.recv(1024))

    def test_what_is_not_http_is_400(self):
        for content in [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x00\xff\x01\r\n\r\n",
                        b"POST /v1/predict HTTP/1.1\r\nContent-Length: x\r\n\r\n"]:
            answer = self.server.raw(content)
            self.assertTrue(answer.startswith(b"HTTP/1.1 400"), (content, answer))
            self.assertIn(b'{"error":', answer)

    def test_slow_and_vanishing_clients_cost_nothing(self):
        begun = time.monotonic()
        self.assertEqual(self.server.raw(b"POST /v1/predict HTTP/1.1\r\nContent-Length: 100\r\n\r\n{"), b"")
        self.assertLess(time.monotonic() - begun, 4)
        for _ in range(50):
            client = socket.create_connection(("127.0.0.1", self.server.port))
            client.sendall(b'POST /v1/predict HTTP/1.1\r\nContent-Length: 13\r\n\r\n{"text": "a"}')
            client.close()
        self.assertEqual(self.server.predict({"text": "a"})[0], 200)

    def test_requests_in_one_packet_are_answered_in_turn(self):
        request = b'POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n{"text": "a"}'
        answer = self.server.raw(request + request + b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.assertEqual(answer.count(b"HTTP/1.1 200 OK"), 3)

    def test_idle_connections_keep_nobody_out(self):
        idle = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(300)]
        begun = time.monotonic()
        self.assertEqual(self.server.predict({"text": "a"})[0], 200)
        self.assertLess(time.monotonic() - begun, 2)
        for client in idle:
            client.close()

    # ------------------------------------------------------------------------------------------------ servers of their own

    def test_without_descriptors_it_is_503_and_then_well_again(self):
        server = Server(self.folder / "reviews", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
        clients, answers = [], b""
        for _ in range(60):
            clients.append(socket.create_connection(("127.0.0.1", server.port), timeout=5))
        for client in clients[::-1][:3]:
            client.settimeout(5)
            try:
                answers += client.recv(4096)
            except OSError:
                pass
            if b"503" in answers:
                break
        for client in clients:
            client.close()
        self.assertIn(b"HTTP/1.1 503", answers)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                if server.predict({"text": "a"})[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        self.assertEqual(server.predict({"text": "a"})[0], 200)
        self.assertEqual(server.end(), 0)

    def test_too_many_connections_are_503(self):
        server = Server(self.folder / "reviews", "--max-connections", 5)
        clients = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(6)]
        self.assertIn(b"HTTP/1.1 503", clients[-1].recv(4096))
        self.assertEqual(server.end(), 0)

    def test_late_requests_are_504_and_a_full_queue_503(self):
        server = Server(self.folder / "reviews", "--workers", 1, "--deadline", "1ms", "--max-queue", 2, "--max-body", "8M")
        statuses, texts = set(), ["this film is lovely number %d" % k for k in range(20000)]
        body = json.dumps({"texts": texts})

        def work():
            statuses.add(server.predict(body)[0])

        threads = [threading.Thread(target=work) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertIn(504, statuses)
        self.assertLessEqual(statuses, {200, 503, 504})
        self.assertEqual(server.end(), 0)

    def test_a_changed_model_is_loaded_and_a_damaged_one_is_not(self):
        run_folder = self.folder / "changing"
        shutil.copytree(self.folder / "reviews", run_folder)
        server = Server(run_folder)
        ask = {"text": "this film is lovely"}
        self.assertEqual(server.predict(ask)[1]["label"], "pos")
        file = run_folder / "model.safetensors"
        shutil.copy(self.folder / "turned/model.safetensors", run_folder / "new")
        os.replace(run_folder / "new", file)
        end = time.monotonic() + 2.5
        while server.predict(ask)[1]["label"] == "pos" and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(server.predict(ask)[1]["label"], "neg")
        file.write_bytes(file.read_bytes()[:-1])
        server.wait_for("the old model stays: .*model.safetensors")
        self.assertEqual(server.predict(ask)[1]["label"], "neg")
        shutil.copy(self.folder / "reviews/model.safetensors", file)
        server.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 2.5
        while server.predict(ask)[1]["label"] == "neg" and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(server.predict(ask)[1]["label"], "pos")
        self.assertEqual(server.end(), 0)

    def test_what_was_accepted_is_answered_before_it_ends(self):
        server = Server(self.folder / "reviews", "--workers", 1, "--max-body", "8M")
        texts = ["this film is lovely number %d" % k for k in range(3000)]
        connections = [server.connection() for _ in range(4)]
        for connection in connections:
            connection.request("POST", "/v1/predict", json.dumps({"texts": texts}))
        time.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        for connection in connections:
            response = connection.getresponse()
            self.assertEqual(response.status, 200)
            self.assertEqual(len(json.loads(response.read())["results"]), 3000)
        self.assertEqual(server.process.wait(timeout=10), 0)

    def test_a_unix_socket(self):
        path = self.folder / "socket"
        server = Server(self.folder / "reviews", listen=f"unix:{path}")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            self.assertIn(b"HTTP/1.1 200", client.recv(4096))
        self.assertEqual(server.end(signal.SIGINT), 0)
        self.assertFalse(path.exists())

    def test_a_token_is_asked_for(self):
        token = self.folder / "token"
        token.write_text("abcdefghijklmnopqrstuvwxyz\n")
        server = Server(self.folder / "reviews", "--token-file", token)
        self.assertEqual(server.ask("GET", "/healthz")[0].status, 200)
        for headers in [{}, {"Authorization": "Bearer abc"}, {"Authorization": "Bearer abcdefghijklmnopqrstuvwxyzz"},
                        {"Authorization": "Basic abcdefghijklmnopqrstuvwxyz"}]:
            status, answer = server.predict({"text": "a"}, headers)
            self.assertEqual((status, answer["error"]), (401, "a token is needed"))
        self.assertEqual(server.predict({"text": "a"}, {"Authorization": "Bearer abcdefghijklmnopqrstuvwxyz"})[0], 200)
        self.assertEqual(server.end(), 0)

    def test_wrong_usage_is_said_at_once(self):
        for arguments, status, why in [(["--listen", "0.0.0.0:0"], 2, "--token-file"), (["--listen", "here"], 2, "no address"),
                                       (["--listen", f"127.0.0.1:{self.server.port}"], 2, "not to be had"),
                                       (["--max-wait", "2"], 2, "--max-wait"), (["--workers", "0"], 2, "--workers")]:
            result = subprocess.run([PROGRAM, "serve", self.folder / "reviews", *arguments], capture_output=True, text=True, timeout=20)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertIn(why, result.stderr)
        nowhere = subprocess.run([PROGRAM, "serve", self.folder / "nowhere"], capture_output=True, text=True, timeout=20)
        self.assertEqual(nowhere.returncode, 5, nowhere.stderr)


if __name__ == "__main__":
    if "libboost-dev" in subprocess.run([PROGRAM, "serve", "x"], capture_output=True, text=True).stderr:
        print("serve is not built in")
        sys.exit(77)
    unittest.main(warnings="ignore")
