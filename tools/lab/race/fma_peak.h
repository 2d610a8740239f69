/// The calibrated FMA peak: what the multiply-add units of the cores in use can do at most, in
/// float, on the instruction set in use (unroll/kernels/isa.h). Where that has no fused
/// multiply-add, a product and a sum count as one.
///
/// It is a racer, so that it takes its turns between those whose speed is given as a part of it:
/// whatever slows the cores down then, slows it down as well.
#pragma once

#include <cstddef>

#include "unroll/tools/lab/race/race.h"

namespace unroll {

/// Chains of multiply-adds in registers, some 100 to 200 µs a pass, on each of the threads at once.
/// An element is a floating-point operation, of all threads together.
Racer fma_peak_racer(std::size_t threads);

/// Billions of operations a second of a racer whose elements are such.
double gflops(const RaceTime& time);

}  // namespace unroll
