#!/usr/bin/env python3
"""Fits g of LogConstants (kernels/vecmath-inl.h): log(1 + f) ≈ f + f²·g(f) for √½ ≤ 1 + f ≤ √2.

    log.py        # errors on stderr; needs mpmath
"""
import sys

from minimax import Problem, table, to_double, to_float
from mpmath import log1p, mpf, nstr, sqrt

LOW, HIGH = sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1


def g_exact(f):
    return -mpf(1) / 2 + f / 3 if abs(f) < mpf(10)**-20 else (log1p(f) - f) / f**2


for real, degree, to_real, digits in (("float", 8, to_float, 24), ("double", 19, to_double, 53)):
    problem = Problem(g_exact, lambda f: f**2 / log1p(f) if f else mpf(0), range(degree + 1), LOW, HIGH, 1200)
    g = problem.rounded(to_real)
    print(real, "largest relative error", nstr(problem.largest_error(g) * 2**digits, 3), "· 2^-%d" % digits, file=sys.stderr)
    print(table("g", [g[k] for k in range(degree + 1)], real=real))
