"""Recurrent layers on numpy arrays, with PyTorch's shapes and names of parameters.

T steps, B rows, I input size, H hidden size, L layers, D directions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Optional, Union

from . import _unroll
from .errors import ShapeError, UsageError

Array = Any  # numpy.ndarray; numpy is needed for layers alone, so it is imported when one is made
State = Union[Array, tuple[Array, Array]]


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        raise ImportError("recurrent layers work on numpy arrays: pip install numpy") from None
    return numpy


class _Recurrent:
    _cell: ClassVar[str]
    #: for each of our gates, the place of the same gate in PyTorch's order
    _order: ClassVar[tuple[int, ...]]
    _has_C: ClassVar[bool] = False

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, *, bidirectional: bool = False,
                 batch_first: bool = False, dtype: Any = "float32", init: str = "uniform", forget_bias: float = 1.0,
                 seed: int = 1, nonlinearity: str = "tanh", reset: str = "after") -> None:
        self._np = _numpy()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bidirectional, self.batch_first, self.dtype = bidirectional, batch_first, self._np.dtype(dtype)
        kinds: dict[str, Any] = {"float32": _unroll.FloatLayer, "float64": _unroll.DoubleLayer}
        if self.dtype.name not in kinds:
            raise UsageError(f"dtype is {self.dtype.name}, expected float32 or float64")
        self._layer = kinds[self.dtype.name](
            self._cell, input_size, hidden_size, num_layers, bidirectional, nonlinearity, reset, init, forget_bias, seed)

    # ------------------------------------------------------------------------------------------------ passes

    def __call__(self, x: Array, state: State | None = None, lengths: Sequence[int] | None = None) -> tuple[Array, State]:
        """The forward pass: output, h_n = layer(x). An LSTM gives output, (h_n, c_n).

        `x` is (T, B, I), or (B, T, I) with batch_first. `lengths` are the steps of each row, in any order; what is behind a
        row's length is not read, and is 0 in the output. `state` is the initial state, zeros by default: (L·D, B, H), of an LSTM
        a pair of them. The output is (T, B, D·H), the top layer's states; the final state is each row's own.
        """
        h, C = self._pair(state)
        numbers = [] if lengths is None else [int(length) for length in lengths]
        if lengths is not None and not numbers:
            raise ShapeError("lengths is empty")
        return self._results(self._layer.forward(self._steps_first(x), numbers, h, C))

    forward = __call__

    def backward(self, output_gradient: Array, state_gradient: State | None = None) -> tuple[Array, State]:
        """The backward pass of the last forward pass: dx, dh_0 = layer.backward(dL/doutput, dL/dh_n).

        Gradients have the shapes of what they belong to; a state's gradient is zeros by default. Adds to the gradients of the
        parameters: `zero_grad` clears them.
        """
        h, C = self._pair(state_gradient)
        return self._results(self._layer.backward(self._steps_first(output_gradient), h, C))

    # ------------------------------------------------------------------------------------------------ parameters

    def parameters(self) -> dict[str, Array]:
        """The layer's own parameters: arrays that look into its memory, so `array -= rate * gradient` trains it.

        The names are paths, such as lstm.0.forward.U. U multiplies inputs, W the state; b is the bias, and d a GRU's bias inside
        the reset. The gates are stacked f i a o (LSTM) or r u h (GRU).
        """
        return {name: self._np.asarray(array) for name, array in self._layer.parameters().items()}

    def gradients(self) -> dict[str, Array]:
        """The gradients of `parameters`, as views of the layer's memory, too."""
        return {name: self._np.asarray(array) for name, array in self._layer.gradients().items()}

    def zero_grad(self) -> None:
        """Sets all gradients to 0."""
        self._layer.zero_grad()

    def state_dict(self) -> dict[str, Array]:
        """Copies of the parameters by PyTorch's names and in its order of gates: weight_ih_l0, … PyTorch has two biases where one
        is enough: ours is its bias_ih, and bias_hh is 0, except in a GRU's candidate."""
        return self._to_torch(self.parameters(), both_biases=False)

    def gradient_dict(self) -> dict[str, Array]:
        """Copies of the gradients by PyTorch's names. Both biases of PyTorch have the gradient of their sum."""
        return self._to_torch(self.gradients(), both_biases=True)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes parameters with PyTorch's names: what `state_dict` gives, or that of torch.nn.LSTM, GRU or RNN with the same
        sizes. (A tensor that needs a gradient is detached first: torch's own state_dict() does that.)"""
        expected = set(self.state_dict())
        missing, unknown = expected - set(state_dict), set(state_dict) - expected
        optional = {name for name in missing if name.startswith("bias")}
        if missing - optional or unknown:
            raise UsageError(f"state_dict lacks {sorted(missing - optional)}, and {sorted(unknown)} are not of this layer")
        theirs = {name: self._np.asarray(value, dtype=self.dtype) for name, value in state_dict.items()}
        self._check_shapes(theirs)
        ours = self.parameters()
        for prefix, suffix in self._paths():
            self._take(prefix, suffix, theirs, ours)

    def _check_shapes(self, theirs: Mapping[str, Array]) -> None:
        own = self.state_dict()
        for name, value in theirs.items():
            if value.shape != own[name].shape:
                raise ShapeError(f"{name} is {value.shape}, expected {own[name].shape}")

    def _take(self, prefix: str, suffix: str, theirs: Mapping[str, Array], ours: dict[str, Array]) -> None:
        zeros = self._np.zeros_like(ours[f"{prefix}.b"])
        bias_ih, bias_hh = (theirs.get(f"bias_{kind}_{suffix}", zeros) for kind in ("ih", "hh"))
        ours[f"{prefix}.U"][:] = self._from_torch_gates(theirs[f"weight_ih_{suffix}"])
        ours[f"{prefix}.W"][:] = self._from_torch_gates(theirs[f"weight_hh_{suffix}"])
        both = bias_ih + bias_hh
        if f"{prefix}.d" in ours:
            both[-self.hidden_size:] = bias_ih[-self.hidden_size:]
            ours[f"{prefix}.d"][:] = bias_hh[-self.hidden_size:]
        ours[f"{prefix}.b"][:] = self._from_torch_gates(both)

    def _to_torch(self, ours: dict[str, Array], both_biases: bool) -> dict[str, Array]:
        theirs: dict[str, Array] = {}
        for prefix, suffix in self._paths():
            bias = self._to_torch_gates(ours[f"{prefix}.b"])
            second = bias.copy() if both_biases else self._np.zeros_like(bias)
            if f"{prefix}.d" in ours:
                second[-self.hidden_size:] = ours[f"{prefix}.d"]
            theirs[f"weight_ih_{suffix}"] = self._to_torch_gates(ours[f"{prefix}.U"])
            theirs[f"weight_hh_{suffix}"] = self._to_torch_gates(ours[f"{prefix}.W"])
            theirs[f"bias_ih_{suffix}"] = bias
            theirs[f"bias_hh_{suffix}"] = second
        return theirs

    def _paths(self) -> Iterator[tuple[str, str]]:
        """Our path and PyTorch's suffix of each layer and direction."""
        for layer in range(self.num_layers):
            yield f"{self._cell}.{layer}.forward", f"l{layer}"
            if self.bidirectional:
                yield f"{self._cell}.{layer}.backward", f"l{layer}_reverse"

    def _from_torch_gates(self, array: Array) -> Array:
        blocks = self._np.split(array, len(self._order))
        return self._np.concatenate([blocks[place] for place in self._order])

    def _to_torch_gates(self, array: Array) -> Array:
        blocks = self._np.split(array, len(self._order))
        return self._np.concatenate([blocks[self._order.index(place)] for place in range(len(blocks))])

    # ------------------------------------------------------------------------------------------------ arrays

    def _real(self, array: Array) -> Array:
        return self._np.ascontiguousarray(array, dtype=self.dtype)

    def _swapped(self, array: Array) -> Array:
        array = self._np.asarray(array)
        return array.swapaxes(0, 1) if self.batch_first and array.ndim == 3 else array

    def _steps_first(self, array: Array) -> Array:
        return self._real(self._swapped(array))

    def _pair(self, state: State | None) -> tuple[Optional[Array], Optional[Array]]:
        if state is None:
            return None, None
        if not self._has_C:
            return self._real(state), None
        if not isinstance(state, (tuple, list)) or len(state) != 2:
            raise ShapeError("the state of an LSTM is a pair (h, c)")
        return self._real(state[0]), self._real(state[1])

    def _results(self, arrays: tuple[Any, Any, Any]) -> tuple[Array, State]:
        first, h, *C = (self._np.asarray(array) for array in (arrays if self._has_C else arrays[:2]))
        return self._swapped(first), ((h, C[0]) if self._has_C else h)

    def __repr__(self) -> str:
        more = (f", num_layers={self.num_layers}" if self.num_layers > 1 else "") + (
            ", bidirectional=True" if self.bidirectional else "")
        return f"unroll.{type(self).__name__}({self.input_size}, {self.hidden_size}{more}, dtype={self.dtype.name!r})"

    def __getstate__(self) -> dict[str, Any]:
        hidden = {"_np", "_layer"}
        state = {name: value for name, value in self.__dict__.items() if name not in hidden}
        return {"attributes": state, "options": self._options(), "parameters": {
            name: array.copy() for name, array in self.parameters().items()}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        a = state["attributes"]
        self.__init__(a["input_size"], a["hidden_size"], a["num_layers"], bidirectional=a["bidirectional"],  # type: ignore[misc]
                      batch_first=a["batch_first"], dtype=a["dtype"], **state["options"])
        for name, array in self.parameters().items():
            array[:] = state["parameters"][name]

    def _options(self) -> dict[str, Any]:
        """What this kind of layer is made with besides."""
        return {}


class LSTM(_Recurrent):
    """A long short-term memory, or several on top of each other.

        layer = unroll.LSTM(input_size, hidden_size, bidirectional=True)
        output, (h_n, c_n) = layer(x, lengths=lengths)       # x (T, B, I)
        dx, (dh_0, dc_0) = layer.backward(dL_doutput)        # adds to layer.gradients()

    `dtype` is float32 or float64. `init` is uniform (PyTorch's ±1/√H), glorot, orthogonal or identity; `forget_bias` is the
    initial bias of the forget gates; `seed` decides the rest. A layer keeps the last forward pass for `backward`, so threads that
    train need a layer each.
    """

    _cell, _order, _has_C = "lstm", (1, 0, 2, 3), True  # ours f i a o, PyTorch's i f g o

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, *, bidirectional: bool = False,
                 batch_first: bool = False, dtype: Any = "float32", init: str = "uniform", forget_bias: float = 1.0,
                 seed: int = 1) -> None:
        super().__init__(input_size, hidden_size, num_layers, bidirectional=bidirectional, batch_first=batch_first,
                         dtype=dtype, init=init, forget_bias=forget_bias, seed=seed)


class GRU(_Recurrent):
    """A gated recurrent unit, or several on top of each other: output, h_n = unroll.GRU(I, H)(x).

    `reset` says whether the reset gate acts "after" the product with W, as in PyTorch, or "before" it, as in the paper of 2014.
    LSTM says the rest.
    """

    _cell, _order = "gru", (0, 1, 2)  # ours r u h, PyTorch's r z n

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, *, bidirectional: bool = False,
                 batch_first: bool = False, dtype: Any = "float32", init: str = "uniform", seed: int = 1,
                 reset: str = "after") -> None:
        self.reset = reset
        super().__init__(input_size, hidden_size, num_layers, bidirectional=bidirectional, batch_first=batch_first,
                         dtype=dtype, init=init, seed=seed, reset=reset)

    def _options(self) -> dict[str, Any]:
        return {"reset": self.reset}


class RNN(_Recurrent):
    """An Elman network, or several on top of each other: output, h_n = unroll.RNN(I, H)(x).

    `nonlinearity` is tanh, relu or sigmoid. LSTM says the rest.
    """

    _cell, _order = "rnn", (0,)

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, *, bidirectional: bool = False,
                 batch_first: bool = False, dtype: Any = "float32", init: str = "uniform", seed: int = 1,
                 nonlinearity: str = "tanh") -> None:
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bidirectional=bidirectional, batch_first=batch_first,
                         dtype=dtype, init=init, seed=seed, nonlinearity=nonlinearity)

    def _options(self) -> dict[str, Any]:
        return {"nonlinearity": self.nonlinearity}
