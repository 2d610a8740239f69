#!/usr/bin/env python3
"""Writes the golden numbers: what PyTorch (float64) computes, in unroll's letters and layout.

Usage: generate.py [FOLDER]     (default: the folder of this script)

README.md beside this file says what each file holds. Only this file knows PyTorch's own names and
the order of its LSTM gates.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save as to_bytes
from torch.nn.utils.rnn import PackedSequence

LENGTHS = [5, 4, 4, 2, 1]  # a tie, and a row of one step
BATCH = len(LENGTHS)
INPUT = 3
HIDDEN = 4
DIRECTIONS = ["forward", "backward"]
STEPS = 5


def to_our_gates(tensor):
    """PyTorch stacks the gates i f g o, unroll f i a o. (a is PyTorch's g, the candidate.)"""
    i, f, a, o = tensor.chunk(4)
    return torch.cat([f, i, a, o])


def random_like(generator, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def active_rows():
    """How many rows have a step t, for t = 0 .. T - 1."""
    return torch.tensor([sum(length > t for length in LENGTHS) for t in range(max(LENGTHS))])


def network(kind, layers, bidirectional, generator):
    options = dict(num_layers=layers, bidirectional=bidirectional, dtype=torch.float64)
    if kind == "lstm":
        module = torch.nn.LSTM(INPUT, HIDDEN, **options)
    else:
        module = torch.nn.RNN(INPUT, HIDDEN, nonlinearity=kind.removeprefix("rnn_"), **options)
    for parameter in module.parameters():  # as large as it takes to leave the linear range
        parameter.data = 0.6 * random_like(generator, *parameter.shape)
    return module


def paths(layers, bidirectional):
    """(path, PyTorch's suffix, index of the state) of each layer and direction."""
    directions = DIRECTIONS if bidirectional else DIRECTIONS[:1]
    for layer in range(layers):
        for d, direction in enumerate(directions):
            suffix = f"l{layer}" + ("_reverse" if d else "")
            yield f"{layer}.{direction}", suffix, layer * len(directions) + d


def parameters(module, kind, path, suffix):
    """Ours: U, W and one b, the sum of PyTorch's two; and the gradients."""
    gates = to_our_gates if kind == "lstm" else torch.clone
    theirs = {name: getattr(module, f"{name}_{suffix}")
              for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]}
    # L depends on the two biases only through their sum, so either's gradient is the sum's.
    torch.testing.assert_close(theirs["bias_ih"].grad, theirs["bias_hh"].grad, rtol=0, atol=1e-14)
    prefix = f"{kind.split('_')[0]}.{path}"
    return {
        f"{prefix}.U": gates(theirs["weight_ih"].data),
        f"{prefix}.W": gates(theirs["weight_hh"].data),
        f"{prefix}.b": gates(theirs["bias_ih"].data + theirs["bias_hh"].data),
        f"d/{prefix}.U": gates(theirs["weight_ih"].grad),
        f"d/{prefix}.W": gates(theirs["weight_hh"].grad),
        f"d/{prefix}.b": gates(theirs["bias_ih"].grad),
    }


def recurrent(kind, layers, bidirectional, seed):
    """One network: parameters, inputs, states, weights of the loss, and all gradients."""
    generator = torch.Generator().manual_seed(seed)
    module = network(kind, layers, bidirectional, generator)
    count = layers * (2 if bidirectional else 1)
    x = random_like(generator, sum(LENGTHS), INPUT).requires_grad_()
    letters = ["h", "C"] if kind == "lstm" else ["h"]
    initial = {s: random_like(generator, count, BATCH, HIDDEN).requires_grad_() for s in letters}
    states = tuple(initial.values()) if kind == "lstm" else initial["h"]

    packed, final = module(PackedSequence(x, active_rows()), states)
    h = packed.data
    final = dict(zip(letters, final if kind == "lstm" else [final]))
    g = random_like(generator, *h.shape)
    g_final = {s: random_like(generator, count, BATCH, HIDDEN) for s in letters}
    loss = (h * g).sum() + sum((final[s] * g_final[s]).sum() for s in letters)
    loss.backward()

    tensors = {"lengths": torch.tensor(LENGTHS, dtype=torch.float64), "x": x.detach(),
               "h": h.detach(), "g": g, "loss": loss.detach().reshape(1), "d/x": x.grad}
    for path, suffix, index in paths(layers, bidirectional):
        tensors |= parameters(module, kind, path, suffix)
        for s in letters:
            tensors[f"{s}_0.{path}"] = initial[s].detach()[index]
            tensors[f"{s}_T.{path}"] = final[s].detach()[index]
            tensors[f"g_{s}.{path}"] = g_final[s][index]
            tensors[f"d/{s}_0.{path}"] = initial[s].grad[index]
    check_equations(tensors, kind, layers, bidirectional)
    return tensors


def cell(kind, U, W, b, x_t, h_prev, C_prev):
    """unroll's equations, so that a mistake in the conversion can't reach a file."""
    z = U @ x_t + W @ h_prev + b
    if kind != "lstm":
        return (torch.tanh(z) if kind == "rnn_tanh" else torch.relu(z)), None
    f, i, a, o = z.chunk(4)
    C = torch.sigmoid(f) * C_prev + torch.sigmoid(i) * torch.tanh(a)
    return torch.sigmoid(o) * torch.tanh(C), C


def check_equations(tensors, kind, layers, bidirectional):
    """The converted parameters give PyTorch's h and h_T, row by row and step by step."""
    offsets = [0] + active_rows().cumsum(0).tolist()
    below = tensors["x"]
    for layer in range(layers):
        outputs = []
        for direction in DIRECTIONS if bidirectional else DIRECTIONS[:1]:
            path = f"{layer}.{direction}"
            U, W, b = (tensors[f"{kind.split('_')[0]}.{path}.{p}"] for p in "UWb")
            out = torch.zeros(sum(LENGTHS), HIDDEN, dtype=torch.float64)
            for row, length in enumerate(LENGTHS):
                h = tensors[f"h_0.{path}"][row]
                C = tensors[f"C_0.{path}"][row] if kind == "lstm" else None
                steps = range(length) if direction == "forward" else reversed(range(length))
                for t in steps:
                    h, C = cell(kind, U, W, b, below[offsets[t] + row], h, C)
                    out[offsets[t] + row] = h
                torch.testing.assert_close(h, tensors[f"h_T.{path}"][row], rtol=0, atol=1e-13)
            outputs.append(out)
        below = torch.cat(outputs, dim=1)
    torch.testing.assert_close(below, tensors["h"], rtol=0, atol=1e-13)


OPTIMIZERS = {
    "sgd": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    "adam": (torch.optim.Adam, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)),
    "adamw": (torch.optim.AdamW, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)),
}


def optimizers(generator):
    """Where each optimizer goes from the same point with the same gradients."""
    start = random_like(generator, 7)
    tensors = {f"grad.{step}": random_like(generator, 7) for step in range(STEPS)}
    for name, (optimizer_class, options) in OPTIMIZERS.items():
        value = torch.nn.Parameter(start.clone())
        optimizer = optimizer_class([value], **options)
        tensors[f"{name}.0"] = start.clone()
        for step in range(STEPS):
            value.grad = tensors[f"grad.{step}"].clone()
            optimizer.step()
            tensors[f"{name}.{step + 1}"] = value.detach().clone()
    return tensors


def sparse_adam(generator):
    """Where SparseAdam takes a table whose rows have a gradient at some steps only. It adds epsilon
    at another place than Adam does, which makes no difference for one so small."""
    rows_of_steps = [[0, 3], [3], [], [1, 3, 0], [1]]  # row 2 never has a gradient
    value = torch.nn.Parameter(random_like(generator, 4, 3))
    optimizer = torch.optim.SparseAdam([value], lr=0.01, betas=(0.9, 0.999), eps=1e-30)
    tensors = {"value.0": value.detach().clone()}
    for step, rows in enumerate(rows_of_steps):
        value.grad = torch.sparse_coo_tensor(
            torch.tensor([rows], dtype=torch.int64), random_like(generator, len(rows), 3), (4, 3),
            check_invariants=True)
        optimizer.step()
        tensors |= {f"rows.{step}": torch.tensor(rows, dtype=torch.float64),
                    f"grad.{step}": value.grad.to_dense(),
                    f"value.{step + 1}": value.detach().clone()}
    return tensors


def cross_entropy(generator):
    logits = (3 * random_like(generator, 4, 3)).requires_grad_()
    targets = torch.tensor([2, 0, 1, 2])
    loss = torch.nn.functional.cross_entropy(logits, targets)
    loss.backward()
    return {"logits": logits.detach(), "targets": targets.double(),
            "loss": loss.detach().reshape(1), "dlogits": logits.grad}


def save(folder, name, tensors):
    tensors = {key: value.contiguous().clone() for key, value in tensors.items()}
    assert all(value.dtype == torch.float64 for value in tensors.values())
    metadata = {"source": f"tests/golden/generate.py, PyTorch {torch.__version__}"}
    # Not save_file, whose files only their owner can read.
    (folder / f"{name}.safetensors").write_bytes(to_bytes(tensors, metadata))


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    seed = 0
    for kind in ["rnn_tanh", "rnn_relu", "lstm"]:
        for bidirectional in [False, True]:
            for layers in [1, 2]:
                seed += 1
                name = f"{kind}_{'bi' if bidirectional else 'uni'}_{layers}layers"
                save(folder, name, recurrent(kind, layers, bidirectional, seed))
    generator = torch.Generator().manual_seed(seed + 1)
    save(folder, "adam_sgd", optimizers(generator) | cross_entropy(generator))
    save(folder, "sparse_adam", sparse_adam(torch.Generator().manual_seed(seed + 2)))


if __name__ == "__main__":
    main()
