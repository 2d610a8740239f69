#!/usr/bin/env python3
"""Fits q of ExpConstants (kernels/vecmath-inl.h): eʳ ≈ 1 + r + r²·q(r) on |r| ≤ ln 2 / 2.

    exp.py        # errors on stderr; needs mpmath
"""
import sys

from minimax import Problem, table, to_double, to_float
from mpmath import exp, log, mpf, nstr

EDGE = log(2) / 2 * mpf("1.0001")  # the reduction rounds, so r may lie a little outside


def q_exact(r):
    return mpf(1) / 2 + r / 6 if abs(r) < mpf(10)**-20 else (exp(r) - 1 - r) / r**2


for real, degree, to_real, digits in (("float", 4, to_float, 24), ("double", 9, to_double, 53)):
    problem = Problem(q_exact, lambda r: r**2 / exp(r), range(degree + 1), -EDGE, EDGE)
    q = problem.rounded(to_real)
    print(real, "largest relative error", nstr(problem.largest_error(q) * 2**digits, 3), "· 2^-%d" % digits, file=sys.stderr)
    print(table("q", [q[k] for k in range(degree + 1)], real=real))
