"""Minimax fits of polynomials with coefficients that are floats or doubles: what the scripts beside this file share.

Remez's exchange algorithm in 50 digits on a grid. Coefficients are rounded one after the other, the lowest first, and
the rest is fitted anew each time: so what rounding one of them does, those after it take back as far as they can.
"""
import struct

from mpmath import cos, floor, log, lu_solve, matrix, mp, mpf, pi

mp.dps = 50


def to_float(x):
    """The float nearest to x."""
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])  # by way of double: off by 2⁻⁵³ at most


def to_double(x):
    return mpf(float(x))


def bits_of(x):
    return struct.unpack("I", struct.pack("f", float(x)))[0]


def float_of(bits):
    return mpf(struct.unpack("f", struct.pack("I", bits))[0])


def float_after(x):
    return float_of(bits_of(x) + 1)


def float_before(x):
    return float_of(bits_of(x) - 1)


def ulp_of(x):
    """The unit in the last place of the floats around x > 0."""
    return mpf(2) ** (floor(log(x, 2)) - 23)


class Problem:
    """Σ c_k r^k, k in powers, is to be near target(r) where weight(r) says how much a difference counts."""

    def __init__(self, target, weight, powers, low, high, points=600):
        self.powers = list(powers)
        grid = [(low + high) / 2 + (high - low) / 2 * cos(pi * i / points) for i in range(points + 1)]
        heaviest = max(abs(weight(r)) for r in grid)  # where nothing counts, nothing can be asked for
        self.rows = [(r, target(r), weight(r)) for r in grid if abs(weight(r)) > heaviest / 10**6]

    def without(self, power, coefficient):
        """The same problem, one coefficient being given."""
        rest = object.__new__(Problem)
        rest.powers = [k for k in self.powers if k != power]
        rest.rows = [(r, t - coefficient * r**power, w) for r, t, w in self.rows]
        if rest.powers:  # near 0 the other coefficients change nothing any more
            least = min(rest.powers)
            heaviest = max(abs(w * r**least) for r, _, w in rest.rows)
            rest.rows = [row for row in rest.rows if abs(row[2] * row[0]**least) > heaviest / 1000]
        return rest

    def importance(self, r, w):
        """The weight, with the sign that makes the best fit's errors alternate: where the lowest power is odd, all
        of them change sign with r."""
        return abs(w) if r >= 0 or min(self.powers) % 2 == 0 else -abs(w)

    def errors(self, c):
        return [(sum(c[k] * r**k for k in self.powers) - t) * self.importance(r, w) for r, t, w in self.rows]

    def largest_error(self, c):
        return max(abs(e) for e in self.errors(c))

    def solve_on(self, indices):
        """Coefficients whose weighted error is ±E in turn at these grid points."""
        n = len(indices)
        a, b = matrix(n, n), matrix(n, 1)
        for i, index in enumerate(indices):
            r, t, w = self.rows[index]
            for j, k in enumerate(self.powers):
                a[i, j] = r**k
            a[i, n - 1] = (-1) ** i / self.importance(r, w)
            b[i] = t
        solution = lu_solve(a, b)
        return dict(zip(self.powers, list(solution)[:-1]))

    def minimax(self):
        count = len(self.powers) + 1
        last = len(self.rows) - 1
        indices = [round(last * i / (count - 1)) for i in range(count)]
        best, least = None, None
        for _ in range(30):
            c = self.solve_on(indices)
            peaks = peaks_of(self.errors(c))
            largest = max(abs(e) for _, e in peaks)
            if best is None or largest < least:
                best, least = c, largest
            while len(peaks) > count:  # drop the smaller end: signs keep alternating
                peaks.pop(0 if abs(peaks[0][1]) < abs(peaks[-1][1]) else -1)
            if len(peaks) < count or [p[0] for p in peaks] == indices:
                break
            indices = [p[0] for p in peaks]
        return best

    def rounded(self, to_real, given=None):
        """Coefficients that are Reals; `given` are settled beforehand."""
        problem, c = self, {}
        for k, value in (given or {}).items():
            problem, c[k] = problem.without(k, value), value
        while problem.powers:
            k = problem.powers[0]
            c[k] = to_real(problem.minimax()[k])
            problem = problem.without(k, c[k])
        return c


def peaks_of(errors):
    """(index, value) of the largest error between each two changes of sign."""
    found = []
    for index, e in enumerate(errors):
        if found and (e > 0) == (found[-1][1] > 0):
            if abs(e) > abs(found[-1][1]):
                found[-1] = (index, e)
        else:
            found.append((index, e))
    return found


def hex_float(x):
    """A Real as C++ writes it exactly."""
    mantissa, exponent = float(x).hex().split("p")
    return mantissa.rstrip("0").rstrip(".") + "p" + exponent if "." in mantissa else mantissa + "p" + exponent


def table(name, values, comment="", real="float"):
    """The lines of a C++ array, 100 columns wide."""
    suffix = "F" if real == "float" else ""
    lines = ["  static constexpr %s %s[] = {" % (real, name)]
    if comment:
        lines.insert(0, "  /// " + comment)
    line = "     "
    for value in values:
        text = " " + hex_float(value) + suffix + ","
        if len(line) + len(text) > 100:
            lines.append(line)
            line = "     "
        line += text
    return "\n".join(lines + [line.rstrip(","), "  };"])
