"""A contender of bench/serving in Python: what contender.h describes, for other languages.

worker.py unroll MODEL TEXTS SHORT_TEXTS       the Python package
worker.py spacy MODEL TEXTS SHORT_TEXTS        a pipeline of spaCy that was saved
worker.py pytorch WEIGHTS IDS                  the network alone, from ids; of eager mode, TorchScript and torch.compile the fastest
"""

import gc
import json
import os
import sys
import time
from pathlib import Path


def lines(path):
    return Path(path).read_text().splitlines()


class Unroll:
    choice = ""

    def __init__(self, model, texts, short):
        import unroll
        self.model = unroll.load(model)
        self.texts, self.short = lines(texts), lines(short)

    def predict_short(self, k):
        self.model.predict(self.short[k])

    def predict_all(self):
        return self.model.predict(self.texts)

    def first(self):
        return [float(row[0]) for row in self.predict_all()[1]]


class Spacy:
    choice = ""

    def __init__(self, model, texts, short):
        import spacy
        self.nlp = spacy.load(model)
        self.texts, self.short = lines(texts), lines(short)

    def predict_short(self, k):
        self.nlp(self.short[k])

    def predict_all(self):
        return list(self.nlp.pipe(self.texts, batch_size=256))

    def first(self):
        return [doc.cats[min(doc.cats)] for doc in self.predict_all()]


class PyTorch:
    """Batches hold texts of one length, so nothing is padded or packed: the way in which oneDNN's LSTM is used at its best."""

    def __init__(self, weights, ids):
        import numpy
        import torch
        self.torch = torch
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        torch.set_grad_enabled(False)
        self.network = self.made(numpy.load(weights))
        ids = json.loads(Path(ids).read_text())
        self.short = [torch.tensor([text]).T.contiguous() for text in ids["short"]]
        self.ids = ids["all"]
        self.choose()

    def made(self, weights):
        torch = self.torch

        class Network(torch.nn.Module):
            def __init__(self, E, hidden, V, scale):
                super().__init__()
                self.embedding = torch.nn.Embedding.from_pretrained(E)
                self.lstm = torch.nn.LSTM(E.shape[1], hidden, bidirectional=True)
                self.output = torch.nn.Linear(V.shape[1], V.shape[0])
                self.scale = scale

            def forward(self, ids):
                h, _ = self.lstm(self.embedding(ids))
                return torch.softmax(self.scale * self.output(h.amax(0)), 1)

        tensors = {name: torch.from_numpy(weights[name]) for name in weights.files}
        network = Network(tensors["E"], tensors["weight_hh_l0"].shape[1], tensors["V"], float(tensors["scale"]))
        network.output.weight.copy_(tensors["V"])
        network.output.bias.copy_(tensors["c"])
        for name, value in network.lstm.named_parameters():
            value.copy_(tensors[name])
        return network.eval()

    def ways(self):
        torch = self.torch
        yield "eager", self.network
        yield "TorchScript", torch.jit.freeze(torch.jit.trace(self.network, self.short[0]))
        try:
            compiled = torch.compile(self.network, dynamic=True)
            compiled(self.short[0])
            yield "torch.compile", compiled
        except Exception as error:
            print(f"torch.compile does not work here: {type(error).__name__}", file=sys.stderr)

    def batches(self, size):
        of_length = {}
        for k, ids in enumerate(self.ids):
            of_length.setdefault(len(ids), []).append(k)
        for rows in of_length.values():
            for first in range(0, len(rows), size):
                part = rows[first:first + size]
                yield part, self.torch.tensor([self.ids[k] for k in part]).T.contiguous()

    def choose(self):
        with self.torch.inference_mode():
            networks = dict(self.ways())
            best, best_short = (float("inf"),), (float("inf"),)
            for name, network in networks.items():
                for size in 8, 32, 128:
                    self.prepared, self.call = list(self.batches(size)), network
                    self.predict_all()
                    best = min(best, (self.seconds(self.predict_all), f"{name}, batches of {size}", name, size))
                self.call_short = network
                best_short = min(best_short, (self.seconds(lambda: [self.predict_short(k) for k in range(len(self.short))]), name))
        self.call, self.call_short = networks[best[2]], networks[best_short[1]]
        self.prepared = list(self.batches(best[3]))
        self.choice = f"{best[1]}; a single text: {best_short[1]}"

    @staticmethod
    def seconds(body, times=2):
        least = float("inf")
        for _ in range(times):
            begun = time.perf_counter()
            body()
            least = min(least, time.perf_counter() - begun)
        return least

    def predict_short(self, k):
        with self.torch.inference_mode():
            self.call_short(self.short[k])

    def predict_all(self):
        with self.torch.inference_mode():
            return [(rows, self.call(ids)) for rows, ids in self.prepared]

    def first(self):
        found = [0.0] * len(self.ids)
        for rows, probabilities in self.predict_all():
            for k, value in zip(rows, probabilities[:, 0].tolist()):
                found[k] = value
        return found


def microseconds(contender, calls):
    times = []
    for k in range(calls):
        begun = time.perf_counter_ns()
        contender.predict_short(k % len(contender.short))
        times.append((time.perf_counter_ns() - begun) / 1000)
    return times


def serve(contender):
    contender.first()
    print("ready", contender.choice, flush=True)
    for line in sys.stdin:
        what, *count = line.split()
        gc.collect()
        if what == "short":
            print(*microseconds(contender, int(count[0])), flush=True)
        elif what == "all":
            begun = time.perf_counter()
            contender.predict_all()
            print(time.perf_counter() - begun, flush=True)
        else:
            print(*contender.first(), flush=True)


if __name__ == "__main__":
    serve({"unroll": Unroll, "spacy": Spacy, "pytorch": PyTorch}[sys.argv[1]](*sys.argv[2:]))
