#!/usr/bin/env python3
"""Fits the polynomial q of kernels/vecmath-inl.h: eʳ ≈ 1 + r + r²·q(r) on |r| ≤ ln 2 / 2.

Remez's exchange algorithm in 60 digits on the relative error of eʳ; prints the coefficients, rounded to float or
double, and the largest relative error before rounding. Needs mpmath.

    fit_exp.py 4      # degree of q, for float
    fit_exp.py 9      # for double
"""
import sys

from mpmath import mp, mpf, matrix, lu_solve, exp, log, cos, pi, nstr

mp.dps = 60
DEGREE = int(sys.argv[1]) if len(sys.argv) > 1 else 4
EDGE = log(2) / 2 * mpf("1.0001")  # the reduction rounds, so r may lie a little outside


def q_exact(r):
    if abs(r) < mpf("1e-12"):
        return mpf(1) / 2 + r / 6
    return (exp(r) - 1 - r) / r**2


def weight(r):
    """What an error of q does to eʳ, relatively."""
    return r**2 / exp(r)


def solve(points):
    """Coefficients whose weighted error alternates between ±E at the points."""
    n = DEGREE + 2
    a, b = matrix(n, n), matrix(n, 1)
    for i, r in enumerate(points):
        for k in range(DEGREE + 1):
            a[i, k] = r**k
        a[i, DEGREE + 1] = (-1) ** i / weight(r)
        b[i] = q_exact(r)
    return lu_solve(a, b)


def error(c, r):
    return (sum(c[k] * r**k for k in range(DEGREE + 1)) - q_exact(r)) * weight(r)


def extrema(c):
    """Where the weighted error is largest between its changes of sign."""
    grid = [EDGE * cos(pi * i / 4000) for i in range(4001)]
    values = [error(c, r) for r in grid]
    best, found = None, []
    for r, e in zip(grid, values):
        if best is not None and (e > 0) != (best[1] > 0):
            found.append(best)
            best = None
        if best is None or abs(e) > abs(best[1]):
            best = (r, e)
    return found + [best]


points = []
half = (DEGREE + 2 + 1) // 2
for i in range(DEGREE + 2):  # Chebyshev points, off 0, where the weight vanishes
    r = EDGE * cos(pi * (i + mpf("0.5")) / (DEGREE + 2))
    points.append(r if abs(r) > mpf("0.01") else mpf("0.02"))
for _ in range(12):
    c = solve(points)
    peaks = extrema(c)
    if len(peaks) < DEGREE + 2:
        break
    peaks = sorted(peaks, key=lambda p: -abs(p[1]))[: DEGREE + 2]
    points = sorted((p[0] for p in peaks), reverse=True)
largest = max(abs(p[1]) for p in extrema(c))
print("largest relative error", nstr(largest, 3))
for k in range(DEGREE + 1):
    print(k, nstr(c[k], 18))
