#!/usr/bin/env python3
"""Makes kernels/tanh_table-inl.h: the table of tanh on AVX-512, for float.

    tanh_table.py > ../tanh_table-inl.h      # errors on stderr; needs mpmath; a minute

|x| + shift has five bits, two of its exponent and three of its mantissa, that choose one of 32 intervals, a
sixteenth wide near 0 and half a unit near 9; there
    tanh |x| ≈ c₀ + t·(c₁ + t·(c₂ + t·(c₃ + t·c₄))),  t = |x| − centre
The centre is a float whose tanh is, nearly, a float too: c₀. In the first interval it is 0, with c₀ = 0 and c₁ = 1,
so that what is small comes back as it is. The shift leaves that interval the width at which its error and that of the
next are alike.
"""
import sys

from minimax import Problem, float_after, float_before, float_of, bits_of, hex_float, table, to_float, ulp_of
from mpmath import atanh, mpf, nstr, tanh

SHIFT = to_float(mpf("0.643"))
SATURATES = to_float(mpf("9.02"))  # tanh rounds to 1 from 9.0109 on
DEGREE = 4
BITS = 20  # below the five that choose


def interval(k):
    first = bits_of(SHIFT) >> BITS
    low = float_of((first + k) << BITS) - SHIFT
    high = float_of((first + k + 1) << BITS) - SHIFT
    return max(low, mpf(0)), min(high, SATURATES)


def centre(low, high):
    """(centre, c₀): of the floats around the middle the first whose tanh is near enough to a float."""
    middle = (low + high) / 2

    def miss(x):
        return abs(to_float(tanh(x)) - tanh(x)) / ulp_of(tanh(x))

    candidates = [to_float(middle)]
    for _ in range(400):
        candidates += [float_after(candidates[-1])]
    below = candidates[0]
    for _ in range(400):
        below = float_before(below)
        candidates.append(below)
    for y in (to_float(tanh(middle)), float_after(to_float(tanh(middle))), float_before(to_float(tanh(middle)))):
        if y < 1 and abs(to_float(atanh(y)) - middle) < (high - low) / 6:
            candidates.append(to_float(atanh(y)))  # where tanh is flat, floats of y are the rarer ones
    best = min(candidates, key=miss)
    return best, to_float(tanh(best))


columns = {}
worst = 0
for k in range(32):
    low, high = interval(k)
    at, c0 = (mpf(0), mpf(0)) if k == 0 else centre(low, high)
    given = {0: c0, 1: mpf(1)} if k == 0 else {0: c0}
    problem = Problem(lambda t: tanh(at + t), lambda t: 1 / tanh(at + t) if at + t else mpf(0), range(DEGREE + 1),
                      low - at, high - at, 300)
    c = problem.rounded(to_float, given)
    worst = max(worst, problem.largest_error(c))
    columns[((bits_of(SHIFT) >> BITS) + k) % 32] = [at] + [c[j] for j in range(DEGREE + 1)]
print("largest relative error", nstr(worst * 2**24, 3), "· 2⁻²⁴", file=sys.stderr)

print("""/// What tanh needs on AVX-512. Made by fit/tanh_table.py.
#pragma once

// clang-format off

namespace unroll::simd {

/// Chosen by the bits 20 to 24 of the float |x| + shift: tanh |x| ≈ c₀ + c₁t + … + c₄t⁴ with
/// t = |x| − centre.
struct TanhTable {
  static constexpr float shift = """ + hex_float(SHIFT) + """F;
  static constexpr float saturates = """ + hex_float(SATURATES) + """F;  // 1 from here on
  static constexpr int bit = """ + str(BITS) + """;""")
for j, name in enumerate(["centre"] + ["c%d" % j for j in range(DEGREE + 1)]):
    print(table(name, [columns[k][j] for k in range(32)]))
print("""};

}  // namespace unroll::simd""")
