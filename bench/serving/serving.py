#!/usr/bin/env python3
"""How fast a trained model answers: ours in C++, C, Python, as a program and behind HTTP, against ONNX Runtime, PyTorch,
fastText and spaCy. bench/compare-serving.sh installs and builds what it needs and calls it.

    serving.py --train train.tsv --dev dev.tsv --test test.tsv [--markdown docs/measurements/serving.md]

It trains a network (bidirectional LSTM, maximum over time) and the default model, which has n-grams besides, exports the network
for the peers, and lets them agree before they race. The texts are those of --test; a short text is one of --short-tokens tokens.
"""

import argparse
import csv
import datetime
import importlib.metadata
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOST_DIFFERENCE = 1e-4


class Paths:
    """Where programs and files are."""

    def __init__(self, flags):
        build, work = Path(flags.build), Path(flags.work)
        work.mkdir(parents=True, exist_ok=True)
        self.program = build / "unroll"
        self.contenders = build / "bench/serving"
        self.package = build / "python"
        self.work = work
        self.network, self.whole = work / "network", work / "default"
        self.texts, self.short = work / "texts.txt", work / "short.txt"
        self.bodies, self.short_bodies = work / "texts.json", work / "short.json"
        self.many_texts = work / "many.txt"
        self.ids, self.weights = work / "ids.json", work / "weights.npz"
        self.fasttext, self.spacy = work / "fasttext.bin", work / "spacy"


# ---------------------------------------------------------------------------------------------------- before the race


def rows_of(file):
    with open(file, newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["text"].strip():
                yield row["label"], row["text"]


def train(paths, flags):
    for run, more in (paths.network, ["--no-ngrams"]), (paths.whole, []):
        if not (run / "model.safetensors").exists():
            subprocess.run([paths.program, "train", "--train", flags.train, "--dev", flags.dev, "--out", run, "--overwrite",
                            "--epochs", str(flags.epochs), "--quiet", *more], check=True)


def tokenized(paths, texts):
    """The words that the model reads, of each text."""
    out = subprocess.run([paths.program, "data", "tokenize", "-", "--model", paths.network], check=True, text=True,
                         input="\n".join(texts) + "\n", capture_output=True).stdout
    return [line.split(" ") for line in out.splitlines()]


def choose_short(words, tokens):
    """Texts of one length, the one nearest to `tokens` that some texts have."""
    numbers = {}
    for k, text in enumerate(words):
        numbers.setdefault(len(text), []).append(k)
    enough = min(8, max(map(len, numbers.values())))
    length = min((n for n in numbers if len(numbers[n]) >= enough), key=lambda n: abs(n - tokens))
    return length, numbers[length][:64]


def prepare_texts(paths, flags):
    from exports import Model, export_onnx, export_torch
    model = Model(paths.network)
    texts = [text for _, text in rows_of(flags.test)][:flags.texts]
    words = tokenized(paths, texts)
    ids = [[model.ids.get(word, 0) for word in text] for text in words]
    length, short = choose_short(words, flags.short_tokens)
    paths.texts.write_text("".join(text + "\n" for text in texts))
    paths.many_texts.write_text("".join(text + "\n" for text in texts) * 4)
    paths.short.write_text("".join(texts[k] + "\n" for k in short))
    paths.bodies.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts))
    paths.short_bodies.write_text("".join(json.dumps({"text": texts[k]}, ensure_ascii=False) + "\n" for k in short))
    paths.ids.write_text(json.dumps({"all": ids, "short": [ids[k] for k in short]}))
    export_torch(model, paths.weights)
    export_onnx(model, paths.work / "one.onnx", padded=False)
    export_onnx(model, paths.work / "many.onnx", padded=True)
    return {"texts": len(texts), "tokens": sum(map(len, ids)) / len(ids), "short": length,
            "shape": [model.pipeline["model"]["embedding"], model.pipeline["model"]["hidden"]], "words": len(model.ids)}


def train_fasttext(paths, flags):
    if paths.fasttext.exists():
        return
    rows = list(rows_of(flags.train))
    words = tokenized(paths, [text for _, text in rows])
    file = paths.work / "fasttext.txt"
    file.write_text("".join(f"__label__{label.replace(' ', '_')} {' '.join(text)}\n" for (label, _), text in zip(rows, words)))
    subprocess.run(["fasttext", "supervised", "-input", file, "-output", paths.fasttext.with_suffix(""), "-wordNgrams", "2", "-epoch",
                    "5", "-thread", "1", "-verbose", "0"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def train_spacy(paths, flags):
    """One pass: its speed is what counts here."""
    if paths.spacy.exists():
        return
    import spacy
    from spacy.training import Example
    from spacy.util import minibatch
    nlp = spacy.blank(flags.language)
    textcat = nlp.add_pipe("textcat")
    rows = list(rows_of(flags.train))
    labels = sorted({label for label, _ in rows})
    for label in labels:
        textcat.add_label(label)
    examples = [Example.from_dict(nlp.make_doc(text), {"cats": {name: float(name == label) for name in labels}})
                for label, text in rows]
    nlp.initialize(lambda: examples[:1000])
    for batch in minibatch(examples, 64):
        nlp.update(batch)
    nlp.to_disk(paths.spacy)


# ---------------------------------------------------------------------------------------------------- contenders


def environment(paths, threads):
    number = str(threads)
    return os.environ | {"OMP_NUM_THREADS": number, "MKL_NUM_THREADS": number, "PYTHONPATH": str(paths.package),
                         "PYTHONWARNINGS": "ignore"}


class Worker:
    """A process that contender.h describes."""

    def __init__(self, paths, threads, *command):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment(paths, threads))
        line = self.process.stdout.readline()
        if not line.startswith("ready"):
            raise RuntimeError(f"{Path(command[0]).name} {command[1]} did not start")
        self.choice = line[len("ready"):].strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [float(number) for number in self.process.stdout.readline().split()]

    def short(self, calls):
        return self.ask(f"short {calls}")

    def all(self):
        return self.ask("all")[0]

    def first(self):
        return self.ask("check")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Program:
    """`unroll predict`: a line in, a line out; all texts by a process of its own, its start included."""

    choice = "all texts four times over, with the start of the program"

    def __init__(self, paths, threads):
        self.paths, self.environment = paths, environment(paths, threads)
        self.command = [str(paths.program), "predict", str(paths.network), "--plain", "--json"]
        self.texts = paths.short.read_text().splitlines()
        self.process = subprocess.Popen([*self.command, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment)
        self.short(10)

    def short(self, calls):
        times = []
        for k in range(calls):
            begun = time.perf_counter()
            self.process.stdin.write(self.texts[k % len(self.texts)] + "\n")
            self.process.stdin.flush()
            self.process.stdout.readline()
            times.append((time.perf_counter() - begun) * 1e6)
        return times

    def all(self):
        begun = time.perf_counter()
        subprocess.run([*self.command, str(self.paths.many_texts)], check=True, stdout=subprocess.DEVNULL, env=self.environment)
        return (time.perf_counter() - begun) / 4

    def first(self):
        out = subprocess.run([*self.command, str(self.paths.texts)], check=True, capture_output=True, text=True, env=self.environment).stdout
        label = json.loads((self.paths.work / "labels.json").read_text())[0]
        return [json.loads(line)["probabilities"][label] for line in out.splitlines()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Http:
    """`unroll serve` with a worker for each thread, and serving_load."""

    choice = "a text a request; 1 connection, then 64"

    def __init__(self, paths, threads):
        self.paths = paths
        self.process = subprocess.Popen([str(paths.program), "serve", str(paths.network), "--listen", "127.0.0.1:0", "--workers",
                                         str(threads), "--no-access-log"], stderr=subprocess.PIPE, text=True)
        self.port = None
        while self.port is None:
            found = re.search(r"serving .*:(\d+)", self.process.stderr.readline())
            self.port = found and found.group(1)
        self.all()

    def load(self, connections, requests, bodies):
        out = subprocess.run([str(self.paths.contenders / "serving_load"), self.port, str(connections), "0", str(requests), str(bodies),
                              "latencies"], check=True, capture_output=True, text=True).stdout
        result = json.loads(out)
        if result["errors"] or result["differing"] or set(result["statuses"]) != {"200"}:
            raise RuntimeError(f"the server's answers: {out[:200]}")
        return result

    def short(self, calls):
        return self.load(1, calls, self.paths.short_bodies)["us"]

    def all(self):
        count = sum(1 for _ in open(self.paths.bodies))
        return self.load(64, 2 * count, self.paths.bodies)["seconds"] / 2

    def first(self):
        import urllib.request
        texts = self.paths.texts.read_text().splitlines()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/predict", json.dumps({"texts": texts}).encode())
        with urllib.request.urlopen(request) as answer:
            return [next(iter(result["probabilities"].values())) for result in json.load(answer)["results"]]

    def close(self):
        self.process.terminate()
        self.process.wait()


def contenders(paths, threads):
    """(name, what it begins with, whether its answers must be ours, how to start it)"""
    texts = paths.texts, paths.short
    ours, worker = paths.contenders / "serving_ours", (sys.executable, HERE / "worker.py")
    onnx = paths.contenders / "serving_onnxruntime"
    start = lambda *command: lambda: Worker(paths, threads, *command)  # noqa: E731
    yield "unroll, ids", "ids", True, start(ours, "ids", paths.network, *texts)
    yield "ONNX Runtime, ids", "ids", True, start(onnx, "ids", paths.network, paths.work, *texts)
    yield "PyTorch, ids", "ids", True, start(*worker, "pytorch", paths.weights, paths.ids)
    yield "tokenizer", "", False, start(ours, "tokenizer", paths.network, *texts)
    yield "unroll, C++", "text", True, start(ours, "library", paths.network, *texts)
    yield "unroll, C", "text", True, start(ours, "c", paths.network, *texts)
    yield "unroll, Python", "text", True, start(*worker, "unroll", paths.network, *texts)
    yield "unroll predict", "text", True, lambda: Program(paths, threads)
    yield "unroll serve", "text", True, lambda: Http(paths, threads)
    yield "ONNX Runtime", "text", True, start(onnx, "text", paths.network, paths.work, *texts)
    yield "fastText", "text", False, start(paths.contenders / "serving_fasttext", paths.network, paths.fasttext, *texts)
    if threads == 1:
        yield "spaCy", "text", False, start(*worker, "spacy", paths.spacy, *texts)
    yield "unroll, C++, with n-grams", "text", False, start(ours, "library", paths.whole, *texts)


def start_all(paths, threads, wanted):
    started = {}
    for name, _, _, start in contenders(paths, threads):
        if wanted and not any(word in name for word in wanted):
            continue
        try:
            started[name] = start()
        except (RuntimeError, FileNotFoundError) as error:
            print(f"without {name}: {error}", file=sys.stderr)
    return started


def check(paths, threads, started):
    """Those that have the network must agree with ours."""
    expected = started["unroll, C++"].first()
    for name, _, is_same, _ in contenders(paths, threads):
        if is_same and name in started:
            found = started[name].first()
            difference = max(abs(a - b) for a, b in zip(expected, found, strict=True))
            print(f"{name}: differs by {difference:.1e} at most; {started[name].choice}", file=sys.stderr)
            if difference > MOST_DIFFERENCE:
                raise SystemExit(f"{name} has other probabilities, so there is no race")


# ---------------------------------------------------------------------------------------------------- the race


def race(paths, threads, flags):
    """For each contender a list of (microseconds of short texts, seconds for all), one a round; and what it chose."""
    started = start_all(paths, threads, flags.only)
    check(paths, threads, started)
    results = {name: [] for name in started}
    names = list(started)
    for number in range(flags.rounds):
        for name in names[number % len(names):] + names[:number % len(names)]:
            results[name].append((started[name].short(flags.calls), started[name].all()))
        print(f"\r{threads} thread(s): round {number + 1} of {flags.rounds} ", end="", file=sys.stderr)
    print(file=sys.stderr)
    choices = {name: contender.choice for name, contender in started.items()}
    for contender in started.values():
        contender.close()
    add_pytorch_from_text(results, choices)
    return results, choices


def add_pytorch_from_text(results, choices):
    """PyTorch gets ids; from texts it takes our tokenizer's time besides."""
    if "PyTorch, ids" in results and "tokenizer" in results:
        results["PyTorch"] = [([a + b for a, b in zip(ids[0], words[0])], ids[1] + words[1])
                              for ids, words in zip(results["PyTorch, ids"], results["tokenizer"])]
        choices["PyTorch"] = choices["PyTorch, ids"]


def p50(rounds):
    return [statistics.median(short) for short, _ in rounds]


def p99(rounds):
    times = sorted(time for short, _ in rounds for time in short)
    return times[int(0.99 * (len(times) - 1))]


def seconds(rounds):
    return [of_all for _, of_all in rounds]


def spread(values, form):
    return f"{form.format(statistics.median(values))} ({form.format(min(values))}–{form.format(max(values))})"


ORDER = ["unroll, ids", "ONNX Runtime, ids", "PyTorch, ids", "unroll, C++", "unroll, C", "unroll, Python", "unroll predict", "unroll serve",
         "ONNX Runtime", "PyTorch", "fastText", "spaCy", "unroll, C++, with n-grams"]


def table(results, choices, texts):
    lines = ["| contender | one short text, µs: p50 | p99 | many, texts/s | how |", "|---|---|--:|---|---|"]
    for name in ORDER:
        if name in results:
            rounds = results[name]
            speed = [texts / value for value in seconds(rounds)]
            lines.append(f"| {name} | {spread(p50(rounds), '{:.0f}')} | {p99(rounds):.0f} | {spread(speed, '{:.0f}')} | {choices[name]} |")
    return "\n".join(lines)


GOALS = [  # (what, of which times, the slower one, the faster one, wanted with 1 and 2 threads)
    ("p50 of a short text, from ids: times as fast as ONNX Runtime", p50, "ONNX Runtime, ids", "unroll, ids", (1.3, 1.5)),
    ("p50 of a short text, from text: times as fast as ONNX Runtime", p50, "ONNX Runtime", "unroll, C++", (1.3, 1.5)),
    ("many texts, from ids: times as fast as ONNX Runtime", seconds, "ONNX Runtime, ids", "unroll, ids", (1.2, 1.2)),
    ("many texts, from text: times as fast as ONNX Runtime", seconds, "ONNX Runtime", "unroll, C++", (1.2, 1.2)),
    ("many texts, from text: of the speed from ids", seconds, "unroll, ids", "unroll, C++", (0.75, 0.75)),
    ("HTTP at 64 connections: of the library's speed", seconds, "unroll, C++", "unroll serve", (0.7, 0.7)),
    ("Python, many texts: of the library's speed", seconds, "unroll, C++", "unroll, Python", (0.9, 0.9)),
    ("p50 of a short text: times as fast as PyTorch", p50, "PyTorch", "unroll, C++", (1, 1)),
    ("many texts: times as fast as PyTorch", seconds, "PyTorch", "unroll, C++", (1, 1)),
]


def goals(results, threads):
    lines = ["| goal | at least | ratio of the rounds: median (least–largest) |", "|---|--:|---|"]
    for what, times, other, ours, wanted in GOALS:
        if other in results and ours in results:
            ratios = [a / b for a, b in zip(times(results[other]), times(results[ours]))]
            lines.append(f"| {what} | {wanted[min(threads, 2) - 1]} | {spread(ratios, '{:.2f}')} |")
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------------- the page


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith(("cpu family", "model\t", "model name")):
            name, value = line.split(":", 1)
            yield name.strip(), value.strip()
        elif not line.strip():
            return


def version_of(package):
    try:
        return importlib.metadata.version(package).split("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def report(paths, flags, figures):
    cpu = dict(processor())
    peers = ", ".join(f"{name} {version_of(package)}" for name, package in
                      [("ONNX Runtime", "onnxruntime"), ("PyTorch", "torch"), ("spaCy", "spacy")])
    embedding, hidden = figures["shape"]
    parts = [f"{cpu.get('model name', '')}, {os.cpu_count()} processors, {datetime.date.today()}; {peers}; fastText of Debian's package; Python "
             f"{platform.python_version()}. {flags.rounds} rounds of {flags.calls} short texts and all texts, contenders in turns.",
             f"{Path(flags.test).name}: {figures['texts']} texts of {figures['tokens']:.1f} tokens on average; a short text has "
             f"{figures['short']}. Network: {figures['words']} words, embedding {embedding}, bidirectional LSTM {hidden}, maximum over time."]
    for threads in flags.threads:
        results, choices = race(paths, threads, flags)
        parts += [f"**{threads} thread{'s' if threads > 1 else ''}**", table(results, choices, figures["texts"]), goals(results, threads)]
    return "\n\n".join(parts) + "\n"


def write_markdown(page, name, text):
    cpu = dict(processor())
    section = f"{name}:family-{cpu.get('cpu family')}-model-{cpu.get('model')}"
    begin, end = f"<!-- {section}:begin -->\n", f"<!-- {section}:end -->"
    content = Path(page).read_text()
    if begin not in content or end not in content:
        raise SystemExit(f"{page} lacks the lines {begin.strip()} and {end}")
    head, rest = content.split(begin, 1)
    Path(page).write_text(head + begin + "\n" + text + "\n" + end + rest.split(end, 1)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True)
    parser.add_argument("--dev", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--language", default="en", help="spaCy's name of the texts' language")
    parser.add_argument("--threads", type=lambda text: [int(word) for word in text.split(",")], default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=200, help="short texts in a round")
    parser.add_argument("--texts", type=int, default=2000, help="at most so many texts of --test")
    parser.add_argument("--short-tokens", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--only", type=lambda text: text.split(","), help="contenders whose names have one of these words")
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--work", default="build/serving", help="models and texts; what is there already is used again")
    parser.add_argument("--markdown", help="also write the tables there, to the section of this kind of CPU")
    parser.add_argument("--section", default="serving", help="the first word of that section's marks")
    flags = parser.parse_args()
    paths = Paths(flags)
    train(paths, flags)
    figures = prepare_texts(paths, flags)
    (paths.work / "labels.json").write_text(json.dumps(sorted({label for label, _ in rows_of(flags.train)}, key=str.encode)))
    train_fasttext(paths, flags)
    train_spacy(paths, flags)
    text = report(paths, flags, figures)
    print(text)
    if flags.markdown:
        write_markdown(flags.markdown, flags.section, text)


if __name__ == "__main__":
    main()
