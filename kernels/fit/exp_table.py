#!/usr/bin/env python3
"""Makes kernels/exp_table-inl.h: the table and the polynomial of exp on AVX-512, for float.

    exp_table.py > ../exp_table-inl.h        # errors on stderr; needs mpmath

x = n·ln 2 + r, where n is a multiple of 1/16, so |r| ≤ ln 2 / 32 and
    eˣ = 2^⌊n⌋·T·eʳ,  T = 2^{n − ⌊n⌋}
T is one of sixteen values; each stands in two floats, of which the second is what the first lacks: so T costs the result
nothing.
"""
import sys

from minimax import Problem, hex_float, table, to_float
from mpmath import exp, log, mpf, nstr

EDGE = log(2) / 32 * mpf("1.001")  # the reduction rounds, so r may lie a little outside


def q_exact(r):
    return mpf(1) / 2 + r / 6 if abs(r) < mpf(10)**-20 else (exp(r) - 1 - r) / r**2


problem = Problem(q_exact, lambda r: r**2 / exp(r), range(2), -EDGE, EDGE)
q = problem.rounded(to_float)
print("1 + r + r²q(r): largest relative error", nstr(problem.largest_error(q) * 2**24, 3), "· 2⁻²⁴", file=sys.stderr)

powers = [mpf(2)**(mpf(k) / 16) for k in range(16)]
print("""/// What exp needs on AVX-512. Made by fit/exp_table.py.
#pragma once

// clang-format off

namespace unroll::simd {

/// Chosen by the lowest four bits of 16·n.
struct ExpTable {""")
print(table("power", [to_float(p) for p in powers], "2^{k/16}, and what that float lacks"))
print(table("rest", [to_float(p - to_float(p)) for p in powers]))
print(table("q", [q[0], q[1]], "eʳ ≈ 1 + r + r²·q(r), lowest first"))
print("  static constexpr float largest_r = " + hex_float(to_float(EDGE)) + "F;")
print("""};

}  // namespace unroll::simd""")
