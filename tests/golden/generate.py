#!/usr/bin/env python3
"""Writes the golden numbers: what PyTorch (float64) computes, in unroll's letters and layout.

Usage: generate.py [FOLDER]     (default: the folder of this script)

README.md in this folder says what each file holds. Only this file knows PyTorch's own names and
the order of its gates, and ONNX's.
"""

import sys
from pathlib import Path

import numpy
import onnx.helper
import onnx.reference
import torch
from safetensors.torch import save as to_bytes
from torch.nn.utils.rnn import PackedSequence

try:
    import onnxruntime
except ImportError:  # its comparison is left out
    onnxruntime = None

worst_onnx = {}  # of each form of the GRU and each type
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


def is_gru(kind):
    return kind.startswith("gru")


def random_like(generator, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def active_rows():
    """How many rows have a step t, for t = 0 .. T - 1."""
    return torch.tensor([sum(length > t for length in LENGTHS) for t in range(max(LENGTHS))])


def network(kind, layers, bidirectional, generator):
    options = dict(num_layers=layers, bidirectional=bidirectional, dtype=torch.float64)
    if kind == "lstm":
        module = torch.nn.LSTM(INPUT, HIDDEN, **options)
    elif kind == "gru_after":
        module = torch.nn.GRU(INPUT, HIDDEN, **options)
    elif kind == "gru_before":
        module = GruBefore(layers, bidirectional)
    else:
        module = torch.nn.RNN(INPUT, HIDDEN, nonlinearity=kind.removeprefix("rnn_"), **options)
    for parameter in module.parameters():  # as large as it takes to leave the linear range
        parameter.data = 0.6 * random_like(generator, *parameter.shape)
    return module


class GruBefore(torch.nn.Module):
    """The GRU whose reset comes before the product, which PyTorch does not have: unroll's equations,
    for PyTorch's autograd. Its parameters have the names and the order r z n of torch.nn.GRU's. What
    it computes is compared with ONNX's reference implementation (check_onnx)."""

    def __init__(self, layers, bidirectional):
        super().__init__()
        self.layers, self.bidirectional = layers, bidirectional
        for path, suffix, _ in paths(layers, bidirectional):
            inputs = INPUT if path[0] == "0" else HIDDEN * (2 if bidirectional else 1)
            for name, shape in [("weight_ih", (3 * HIDDEN, inputs)), ("weight_hh", (3 * HIDDEN, HIDDEN)),
                                ("bias_ih", (3 * HIDDEN,))]:
                value = torch.zeros(*shape, dtype=torch.float64)
                self.register_parameter(f"{name}_{suffix}", torch.nn.Parameter(value))

    def forward(self, x, initial):
        below, final, offsets = x.data, [], [0] + active_rows().cumsum(0).tolist()
        for path, suffix, index in paths(self.layers, self.bidirectional):
            U, W, b = (getattr(self, f"{name}_{suffix}") for name in ["weight_ih", "weight_hh", "bias_ih"])
            tokens, last = [None] * sum(LENGTHS), []
            for row, length in enumerate(LENGTHS):
                h = initial[index][row]
                for t in range(length) if path.endswith("forward") else reversed(range(length)):
                    token = offsets[t] + row
                    h = tokens[token] = gru_before(U, W, b, below[token], h)
                last.append(h)
            final.append(torch.stack(last))
            outputs = [*outputs, torch.stack(tokens)] if path.endswith("backward") else [torch.stack(tokens)]
            if path.endswith("backward") or not self.bidirectional:
                below = torch.cat(outputs, dim=1)
        return PackedSequence(below, active_rows()), torch.stack(final)


def gru_before(U, W, b, x_t, h_prev):
    (U_r, U_u, U_h), (W_r, W_u, W_h), (b_r, b_u, b_h) = U.chunk(3), W.chunk(3), b.chunk(3)
    r = torch.sigmoid(U_r @ x_t + W_r @ h_prev + b_r)
    u = torch.sigmoid(U_u @ x_t + W_u @ h_prev + b_u)
    candidate = torch.tanh(U_h @ x_t + b_h + W_h @ (r * h_prev))
    return (1 - u) * candidate + u * h_prev


def paths(layers, bidirectional):
    """(path, PyTorch's suffix, index of the state) of each layer and direction."""
    directions = DIRECTIONS if bidirectional else DIRECTIONS[:1]
    for layer in range(layers):
        for d, direction in enumerate(directions):
            suffix = f"l{layer}" + ("_reverse" if d else "")
            yield f"{layer}.{direction}", suffix, layer * len(directions) + d


def parameters(module, kind, path, suffix):
    """Ours: U, W and one b, the sum of PyTorch's two; and the gradients. PyTorch's gates of a GRU
    are ours: r, z, which is u, and n, which is the candidate."""
    if is_gru(kind):
        return gru_parameters(module, kind, path, suffix)
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


def gru_parameters(module, kind, path, suffix):
    """Where the reset comes after, the candidate's second bias is ours too: d."""
    of = lambda name: getattr(module, f"{name}_{suffix}")
    tensors = {"U": of("weight_ih").data, "W": of("weight_hh").data, "b": of("bias_ih").data.clone(),
               "d/U": of("weight_ih").grad, "d/W": of("weight_hh").grad, "d/b": of("bias_ih").grad}
    if kind == "gru_after":
        other = of("bias_hh")
        gates = slice(0, 2 * HIDDEN)  # L depends on the sum of their two biases
        torch.testing.assert_close(tensors["d/b"][gates], other.grad[gates], rtol=0, atol=1e-14)
        tensors["b"][gates] += other.data[gates]
        tensors |= {"d": other.data[2 * HIDDEN:], "d/d": other.grad[2 * HIDDEN:]}
    prefix = f"gru.{path}"
    return {(f"d/{prefix}.{name[2:]}" if name.startswith("d/") else f"{prefix}.{name}"): value
            for name, value in tensors.items()}


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


def cell(kind, U, W, b, d, x_t, h_prev, C_prev):
    """unroll's equations, so that a mistake in the conversion can't reach a file."""
    if kind == "gru_before":
        return gru_before(U, W, b, x_t, h_prev), None
    if kind == "gru_after":
        (x_r, x_u, x_h), (h_r, h_u, h_h) = (U @ x_t + b).chunk(3), (W @ h_prev).chunk(3)
        r, u = torch.sigmoid(x_r + h_r), torch.sigmoid(x_u + h_u)
        return (1 - u) * torch.tanh(x_h + r * (h_h + d)) + u * h_prev, None
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
            U, W, b, d = (tensors.get(f"{kind.split('_')[0]}.{path}.{p}") for p in "UWbd")
            out = torch.zeros(sum(LENGTHS), HIDDEN, dtype=torch.float64)
            for row, length in enumerate(LENGTHS):
                h = tensors[f"h_0.{path}"][row]
                C = tensors[f"C_0.{path}"][row] if kind == "lstm" else None
                steps = range(length) if direction == "forward" else reversed(range(length))
                for t in steps:
                    h, C = cell(kind, U, W, b, d, below[offsets[t] + row], h, C)
                    out[offsets[t] + row] = h
                torch.testing.assert_close(h, tensors[f"h_T.{path}"][row], rtol=0, atol=1e-13)
                if is_gru(kind):
                    tokens = [offsets[t] + row for t in range(length)]
                    check_onnx(kind, direction, U, W, b, d, below[tokens],
                               tensors[f"h_0.{path}"][row], out[tokens])
            outputs.append(out)
        below = torch.cat(outputs, dim=1)
    torch.testing.assert_close(below, tensors["h"], rtol=0, atol=1e-13)


def onnx_gru(kind, U, W, b, d, real):
    """One layer in one direction as ONNX has it: gates z r h, z being our u, and two biases."""
    order = lambda tensor: torch.cat([tensor.chunk(3)[k] for k in (1, 0, 2)])
    second = torch.zeros_like(b)
    if kind == "gru_after":
        second[2 * HIDDEN:] = d
    weights = {"W": order(U)[None], "R": order(W)[None], "B": torch.cat([order(b), order(second)])[None]}
    node = onnx.helper.make_node("GRU", ["X", "W", "R", "B", "", "initial_h"], ["Y"], hidden_size=HIDDEN,
                                 linear_before_reset=int(kind == "gru_after"))
    tensor = onnx.helper.make_tensor_value_info
    element = onnx.helper.np_dtype_to_tensor_dtype(numpy.dtype(real))
    graph = onnx.helper.make_graph(
        [node], "gru", [tensor("X", element, None), tensor("initial_h", element, None)],
        [tensor("Y", element, None)],
        [onnx.numpy_helper.from_array(value.numpy().astype(real), name) for name, value in weights.items()])
    opset = onnx.helper.make_opsetid("", 14)
    return onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)


def check_onnx(kind, direction, U, W, b, d, x, h_0, h):
    """ONNX's reference implementation in float64, and ONNX Runtime in float where it is installed,
    give the same h (T, H) of one row."""
    forward = (lambda rows: rows) if direction == "forward" else (lambda rows: rows.flip(0))
    runs = [(numpy.float64, 1e-12, onnx.reference.ReferenceEvaluator)]
    if onnxruntime is not None:
        session = lambda model: onnxruntime.InferenceSession(model.SerializeToString())
        runs.append((numpy.float32, 1e-5, session))
    for real, most, evaluator in runs:
        inputs = {"X": forward(x)[:, None].numpy().astype(real), "initial_h": h_0[None, None].numpy().astype(real)}
        found = torch.from_numpy(evaluator(onnx_gru(kind, U, W, b, d, real)).run(None, inputs)[0])
        error = (found[:, 0, 0].double() - forward(h)).abs().max() / h.abs().max()
        assert error <= most, f"{kind}: ONNX differs by {error}"
        worst_onnx[kind, real.__name__] = max(worst_onnx.get((kind, real.__name__), 0), error.item())


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
    for k, kind in enumerate(["gru_after", "gru_before"]):
        for bidirectional in [False, True]:
            for layers in [1, 2]:
                name = f"{kind}_{'bi' if bidirectional else 'uni'}_{layers}layers"
                save(folder, name, recurrent(kind, layers, bidirectional, 100 + 10 * k + 2 * bidirectional + layers))
    for (kind, real), error in worst_onnx.items():
        print(f"{kind}: ONNX in {real} differs by at most {error:.1e}")
    generator = torch.Generator().manual_seed(seed + 1)
    save(folder, "adam_sgd", optimizers(generator) | cross_entropy(generator))
    save(folder, "sparse_adam", sparse_adam(torch.Generator().manual_seed(seed + 2)))


if __name__ == "__main__":
    main()
