#!/usr/bin/env python3
"""Makes kernels/log_table-inl.h: the table and the polynomial of log on AVX-512, for float.

    log_table.py > ../log_table-inl.h        # errors on stderr; needs mpmath

x = 2ⁿ·m with 0.75 ≤ m < 1.5; the upper four bits of m's mantissa choose c ≈ 1/m, and with r = m·c − 1
    log x = (n·high + L) + (r + (r²·q(r) + rest + n·low)),  L + rest = −log c,  high + low = ln 2
c is a multiple of 1/32, so that r is exact or nearly so; high and L are multiples of 2⁻¹⁶, so that n·high + L is exact.
What is rounded is the sum of the right parenthesis, which is small against the result, and the result. On both sides of
1, c is 1 and L is 0: nothing cancels there.
"""
import sys

from minimax import Problem, table, to_float, ulp_of
from mpmath import log, log1p, mpf, nint, nstr


def interval(index):
    """Of m, whose mantissa begins with these four bits."""
    low = 1 + mpf(index) / 16
    return (low, low + mpf(1) / 16) if index < 8 else (low / 2, low / 2 + mpf(1) / 32)


def rounding(c, low, high):
    """The rounding of log(1 + r) in units of the result's last place, at its worst in the interval."""
    samples = [low + (high - low) * mpf(k) / 64 for k in range(64)]
    return max(ulp_of(abs(log(m * c)) + mpf(2)**-40) / ulp_of(abs(log(m))) / 2 for m in samples)


def reciprocal(low, high):
    if low <= 1 <= high:
        return mpf(1)
    candidates = [mpf(k) / 32 for k in range(16, 48) if max(high * k / 32 - 1, 1 - low * k / 32) < mpf(2)**-4]
    return min(candidates, key=lambda c: rounding(c, low, high))


c = [reciprocal(*interval(k)) for k in range(16)]
L = [nint(-log(c_k) * 2**16) / 2**16 for c_k in c]
bounds = [m * c_k - 1 for k, c_k in enumerate(c) for m in interval(k)]
print("r from", nstr(min(bounds), 4), "to", nstr(max(bounds), 4), " roundings before the last, ulp:",
      nstr(max(rounding(c[k], *interval(k)) for k in range(16) if c[k] != 1), 3), file=sys.stderr)


def q_exact(r):
    return -mpf(1) / 2 + r / 3 if abs(r) < mpf(10)**-20 else (log1p(r) - r) / r**2


problem = Problem(q_exact, lambda r: r**2 / log1p(r) if r else mpf(0), range(4), min(bounds), max(bounds))
q = problem.rounded(to_float)
print("r + r²q(r): largest relative error", nstr(problem.largest_error(q) * 2**24, 3), "· 2⁻²⁴", file=sys.stderr)

print("""/// What log needs on AVX-512. Made by fit/log_table.py.
#pragma once

// clang-format off

namespace unroll::simd {

/// Chosen by the upper four bits of m's mantissa, 0.75 ≤ m < 1.5.
struct LogTable {""")
print(table("reciprocal", c, "c ≈ 1/m"))
print(table("logarithm", L, "L, multiples of 2⁻¹⁶, and what −log c has beyond it"))
print(table("rest", [to_float(-log(c_k) - L_k) for c_k, L_k in zip(c, L)]))
print(table("q", [q[k] for k in range(4)], "log(1 + r) ≈ r + r²·q(r), lowest first"))
print("""};

}  // namespace unroll::simd""")
