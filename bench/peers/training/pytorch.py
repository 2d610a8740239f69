"""PyTorch's turn in bench/training: the classifier of SequenceClassifier, trained on given batches.

As its users write it, with the settings that make it fastest on a CPU: nn.LSTM in both directions, time-major, on
oneDNN; padded batches as they are, or packed with `--packed`; batches laid out before the timing; the maximum over
time by addition and amax, half the time of masked_fill and max; the fused Adam, a third of the time of the others and
the reason for Python, as the C++ interface has none; denormals flushed. Embedding gradients are dense.

Speaks the protocol of bench/training/worker.h: a line on stdin is a turn, its answer a line on stdout.
"""

import argparse
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")  # which nothing here needs

import torch
from torch import nn

FIRST_GATES = (1, 0, 2, 3)  # ours are stacked f i a o, PyTorch's i f g o


def read_parameters(path):
    """The tensors of a safetensors file: 8 bytes of length, a JSON header, the values."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        values = bytearray(file.read())
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(values, dtype=torch.float32, count=(end - begin) // 4, offset=begin).view(entry["shape"])
        for name, entry in header.items()
        for begin, end in [entry["data_offsets"]]
    }


def gates_in_order(stacked):
    """(4H, ·) or (4H) in PyTorch's order."""
    return torch.cat([stacked.chunk(4)[gate] for gate in FIRST_GATES])


class Classifier(nn.Module):
    """ids → embedding → dropout → BiLSTM → max over time → dropout → linear."""

    def __init__(self, parameters, dropout, packed):
        super().__init__()
        vocabulary, size = parameters["embedding.E"].shape
        classes, states = parameters["output.V"].shape
        self.embedding = nn.Embedding(vocabulary, size)
        self.lstm = nn.LSTM(size, states // 2, bidirectional=True)
        self.output = nn.Linear(states, classes)
        self.dropout = nn.Dropout(dropout)
        self.packed = packed
        self.take(parameters)

    @torch.no_grad()
    def take(self, parameters):
        """Begins with these values. Of PyTorch's two biases one stays 0: if both learned, their sum would twice as fast."""
        self.embedding.weight.copy_(parameters["embedding.E"])
        for direction, suffix in ("forward", ""), ("backward", "_reverse"):
            for name, theirs in ("U", "weight_ih"), ("W", "weight_hh"), ("b", "bias_ih"):
                ours = parameters[f"lstm.0.{direction}.{name}"]
                getattr(self.lstm, f"{theirs}_l0{suffix}").copy_(gates_in_order(ours))
            getattr(self.lstm, f"bias_hh_l0{suffix}").zero_().requires_grad_(False)
        self.output.weight.copy_(parameters["output.V"])
        self.output.bias.copy_(parameters["output.c"])

    def forward(self, batch):
        x = self.dropout(self.embedding(batch.ids))
        if self.packed:
            h, _ = self.lstm(nn.utils.rnn.pack_padded_sequence(x, batch.lengths))
            h, _ = nn.utils.rnn.pad_packed_sequence(h, padding_value=float("-inf"))
        else:
            h, _ = self.lstm(x)
            if batch.padding is not None:
                h = h + batch.padding
        return self.output(self.dropout(h.amax(0)))


class Batch:
    """Longest text first; ids (T, B); padding (T, B, 1), −∞ where no text is and 0 elsewhere, or None without any."""

    def __init__(self, line):
        batch = json.loads(line)
        rows = sorted(zip(batch["ids"], batch["labels"]), key=lambda row: -len(row[0]))
        self.ids = nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids, _ in rows])
        self.lengths = torch.tensor([len(ids) for ids, _ in rows])
        self.labels = torch.tensor([label for _, label in rows])
        past_end = torch.arange(len(self.ids))[:, None] >= self.lengths
        masked = torch.zeros(past_end.shape).masked_fill(past_end, float("-inf"))
        self.padding = masked[:, :, None] if past_end.any() else None


def train(model, optimizer, batches, clip):
    """One step on each batch; the losses."""
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(batch), batch.labels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        losses.append(loss.item())
    return losses


def main():
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--batches", required=True)
    flags.add_argument("--parameters", required=True)
    flags.add_argument("--threads", type=int, required=True)
    flags.add_argument("--dropout", type=float, required=True)
    flags.add_argument("--learning-rate", type=float, required=True)
    flags.add_argument("--clip", type=float, required=True)
    flags.add_argument("--packed", action="store_true")
    flags = flags.parse_args()
    torch.set_num_threads(flags.threads)
    torch.set_flush_denormal(True)
    with open(flags.batches, encoding="utf-8") as file:
        batches = [Batch(line) for line in file]
    model = Classifier(read_parameters(flags.parameters), flags.dropout, flags.packed)
    optimizer = torch.optim.Adam(model.parameters(), flags.learning_rate, fused=True)
    print("PyTorch", torch.__version__.split("+")[0], flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        losses = train(model, optimizer, batches, flags.clip)
        print(time.perf_counter() - begin, *losses, flush=True)


main()
