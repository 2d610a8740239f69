"""Layers against PyTorch's numbers: those of tests/golden, which need no PyTorch, and PyTorch itself where it is installed."""

import json
import pickle
import threading

import numpy
import pytest
from conftest import ROOT

import unroll

CELLS = {
    "lstm": (unroll.LSTM, {}), "gru_after": (unroll.GRU, {}), "gru_before": (unroll.GRU, {"reset": "before"}),
    "rnn_tanh": (unroll.RNN, {}), "rnn_relu": (unroll.RNN, {"nonlinearity": "relu"}),
}


def read_golden(name):
    """The tensors of a safetensors file, all of them float64."""
    content = (ROOT / "tests/golden" / f"{name}.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8:8 + size]), content[8 + size:]
    return {name: numpy.frombuffer(data[slice(*entry["data_offsets"])], dtype="<f8").reshape(entry["shape"])
            for name, entry in header.items() if name != "__metadata__"}


def error(ours, theirs):
    return numpy.abs(ours - theirs).max() / numpy.abs(theirs).max()


class Golden:
    """A golden file as padded arrays, with the rows in another order than that of their lengths."""

    def __init__(self, kind, bidirectional, layers):
        self.values = read_golden(f"{kind}_{'bi' if bidirectional else 'uni'}_{layers}layers")
        self.directions = ["forward", "backward"][:2 if bidirectional else 1]
        self.layers, self.cell = layers, kind.split("_")[0]
        self.order = numpy.array([3, 0, 4, 2, 1])
        self.sorted_lengths = self.values["lengths"].astype(int)
        self.lengths = self.sorted_lengths[self.order]
        self.has_C = self.cell == "lstm"

    def padded(self, name):
        packed, steps, rows = self.values[name], self.sorted_lengths[0], len(self.lengths)
        result, token = numpy.full((steps, rows, packed.shape[1]), numpy.nan), 0
        for t in range(steps):
            for row in range((self.sorted_lengths > t).sum()):
                result[t, row] = packed[token]
                token += 1
        return result[:, self.order]

    def state(self, prefix):
        """(L·D, B, H), of an LSTM a pair of them."""
        def stacked(letter):
            name = f"{prefix % letter}.{{}}.{{}}"
            return numpy.stack([self.values[name.format(layer, direction)][self.order]
                                for layer in range(self.layers) for direction in self.directions])
        return (stacked("h"), stacked("C")) if self.has_C else stacked("h")


def pairs(ours, theirs):
    return list(zip(ours, theirs)) if isinstance(ours, tuple) else [(ours, theirs)]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", CELLS)
def test_forward_and_backward_equal_pytorch_to_1e12(kind, bidirectional, layers):
    golden = Golden(kind, bidirectional, layers)
    make, options = CELLS[kind]
    layer = make(3, 4, layers, bidirectional=bidirectional, dtype="float64", **options)
    for name, value in layer.parameters().items():
        value[:] = golden.values[name]
    x = numpy.nan_to_num(golden.padded("x"), nan=7.0)  # what is behind a row's length is not read
    output, final = layer(x, golden.state("%s_0"), lengths=golden.lengths)
    expected = golden.padded("h")
    behind = numpy.isnan(expected)
    assert behind.any() and (output[behind] == 0).all()
    assert error(output[~behind], expected[~behind]) < 1e-12
    for ours, theirs in pairs(final, golden.state("%s_T")):
        assert error(ours, theirs) < 1e-12

    layer.zero_grad()
    dx, dinitial = layer.backward(numpy.nan_to_num(golden.padded("g"), nan=9.0), golden.state("g_%s"))
    expected = golden.padded("d/x")
    assert error(dx[~numpy.isnan(expected)], expected[~numpy.isnan(expected)]) < 1e-12
    assert (dx[numpy.isnan(expected)] == 0).all()
    for ours, theirs in pairs(dinitial, golden.state("d/%s_0")):
        assert error(ours, theirs) < 1e-12
    for name, ours in layer.gradients().items():
        assert error(ours, golden.values[f"d/{name}"]) < 1e-12, name


def torch_layer(kind, dtype, **options):
    torch = pytest.importorskip("torch")
    torch.manual_seed(4)
    make = {"lstm": torch.nn.LSTM, "gru_after": torch.nn.GRU}.get(kind)
    if make is None:
        make = torch.nn.RNN
        options["nonlinearity"] = kind.removeprefix("rnn_")
    return torch, make(3, 5, dtype=getattr(torch, dtype), **options)


@pytest.mark.parametrize("dtype, bound", [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("kind", ["lstm", "gru_after", "rnn_tanh", "rnn_relu"])
def test_takes_over_the_parameters_of_a_pytorch_layer(kind, dtype, bound):
    torch, theirs = torch_layer(kind, dtype, num_layers=2, bidirectional=True, batch_first=True)
    make, options = CELLS[kind]
    ours = make(3, 5, 2, bidirectional=True, batch_first=True, dtype=dtype, **options)
    ours.load_state_dict(theirs.state_dict())
    lengths = [2, 6, 4]
    x = torch.randn(3, 6, 3, dtype=getattr(torch, dtype)).requires_grad_()
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    output, final = theirs(packed)
    output = torch.nn.utils.rnn.pad_packed_sequence(output, batch_first=True)[0]
    weight = torch.randn_like(output)
    (output * weight).sum().backward()

    our_output, our_final = ours(x.detach().numpy(), lengths=lengths)
    assert error(our_output, output.detach().numpy()) < bound
    for mine, other in pairs(our_final, final):
        assert error(mine, other.detach().numpy()) < bound
    ours.zero_grad()
    dx, _ = ours.backward(weight.numpy())
    assert error(dx, x.grad.numpy()) < bound
    gradients = ours.gradient_dict()
    for name, parameter in theirs.named_parameters():
        assert error(gradients[name], parameter.grad.numpy()) < bound, name


@pytest.mark.parametrize("kind", ["lstm", "gru_after", "rnn_tanh"])
def test_pytorch_takes_over_our_parameters(kind):
    torch, theirs = torch_layer(kind, "float64")
    ours = CELLS[kind][0](3, 5, dtype="float64", seed=7)
    theirs.load_state_dict({name: torch.from_numpy(value) for name, value in ours.state_dict().items()})
    x = numpy.random.default_rng(1).normal(size=(4, 2, 3))
    assert error(ours(x)[0], theirs(torch.from_numpy(x))[0].detach().numpy()) < 1e-12


def test_gradients_agree_with_central_differences():
    rng = numpy.random.default_rng(3)
    layer = unroll.LSTM(2, 3, bidirectional=True, dtype=numpy.float64)
    x, weight = rng.normal(size=(5, 2, 2)), rng.normal(size=(5, 2, 6))
    layer(x, lengths=[3, 5])
    layer.zero_grad()
    dx, _ = layer.backward(weight)

    def loss():
        return (layer(x, lengths=[3, 5])[0] * weight).sum()

    for array, gradient in [(x, dx)] + [(layer.parameters()[name], g.copy()) for name, g in layer.gradients().items()]:
        for place in [tuple(rng.integers(size) for size in array.shape) for _ in range(3)]:
            before = array[place]
            array[place] = before + 1e-6
            above = loss()
            array[place] = before - 1e-6
            below = loss()
            array[place] = before
            assert abs((above - below) / 2e-6 - gradient[place]) < 1e-7


def test_trains_by_its_parameters():
    rng = numpy.random.default_rng(5)
    layer = unroll.GRU(1, 8)
    x = rng.uniform(-1, 1, size=(6, 64, 1)).astype(numpy.float32)
    y = x.sum(axis=0) / 3
    losses = []
    for _ in range(150):
        h_n = layer(x)[1][0]
        mistake = h_n[:, :1] - y
        losses.append(float((mistake ** 2).mean()))
        layer.zero_grad()
        dh = numpy.zeros((1, 64, 8))
        dh[0, :, :1] = 2 * mistake / len(y)
        layer.backward(numpy.zeros((6, 64, 8)), dh)
        gradients = layer.gradients()
        for name, value in layer.parameters().items():
            value -= 0.3 * gradients[name]
    assert losses[-1] < losses[0] / 10


def test_gradients_add_up_until_they_are_cleared():
    layer = unroll.RNN(2, 3, dtype="float64")
    x = numpy.ones((2, 1, 2))
    layer(x)
    layer.zero_grad()
    layer.backward(numpy.ones((2, 1, 3)))
    once = layer.gradient_dict()["weight_ih_l0"]
    layer.backward(numpy.ones((2, 1, 3)))
    numpy.testing.assert_array_equal(layer.gradient_dict()["weight_ih_l0"], 2 * once)
    layer.zero_grad()
    assert not any(gradient.any() for gradient in layer.gradients().values())


def test_views_outlive_their_layer():
    views = unroll.LSTM(20, 30).parameters()
    assert numpy.isfinite(views["lstm.0.forward.U"]).all()


def test_wrong_shapes_name_both_sides():
    layer = unroll.LSTM(3, 4)
    with pytest.raises(unroll.ShapeError, match="x is 2×1×5, expected 2×1×3"):
        layer(numpy.ones((2, 1, 5)))
    with pytest.raises(unroll.ShapeError, match="rows"):
        layer(numpy.ones((2, 3)))
    with pytest.raises(unroll.ShapeError, match="a length is 3, expected 1 to the 2 steps of x"):
        layer(numpy.ones((2, 2, 3)), lengths=[3, 1])
    with pytest.raises(unroll.ShapeError, match="1 lengths for 2 rows"):
        layer(numpy.ones((2, 2, 3)), lengths=[1])
    with pytest.raises(unroll.ShapeError, match="pair"):
        layer(numpy.ones((2, 2, 3)), numpy.zeros((1, 2, 4)))
    with pytest.raises(unroll.ShapeError, match="the state h is 1×3×4, expected 1×2×4"):
        layer(numpy.ones((2, 2, 3)), (numpy.zeros((1, 3, 4)), numpy.zeros((1, 2, 4))))
    with pytest.raises(unroll.Error, match="forward pass"):
        unroll.LSTM(3, 4).backward(numpy.ones((2, 1, 4)))
    with pytest.raises(unroll.UsageError, match="float16"):
        unroll.LSTM(3, 4, dtype="float16")
    with pytest.raises(unroll.UsageError, match="uniform"):
        unroll.LSTM(3, 4, init="ones")
    with pytest.raises(unroll.UsageError, match="1 or more"):
        unroll.GRU(0, 4)
    with pytest.raises(unroll.UsageError, match="lacks .'weight_ih_l0'"):
        layer.load_state_dict({"weight_hh_l0": numpy.zeros((16, 4))})


def test_layers_can_be_pickled():
    layer = unroll.GRU(2, 3, 2, bidirectional=True, reset="before", dtype="float64", seed=3)
    again = pickle.loads(pickle.dumps(layer))
    x = numpy.ones((3, 2, 2))
    assert (layer(x)[0] == again(x)[0]).all()
    assert repr(again) == "unroll.GRU(2, 3, num_layers=2, bidirectional=True, dtype='float64')"


def test_a_thread_for_each_layer():
    x = numpy.random.default_rng(0).normal(size=(20, 8, 6)).astype(numpy.float32)
    expected, wrong = unroll.LSTM(6, 16, seed=2)(x)[0], []

    def work():
        layer = unroll.LSTM(6, 16, seed=2)
        for _ in range(20):
            if not (layer(x)[0] == expected).all():
                wrong.append(1)
            layer.backward(x.repeat(3, axis=2)[:, :, :16])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
