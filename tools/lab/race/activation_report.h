/// What a race of the activations found, as text and as JSON.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "unroll/tools/lab/race/activation_race.h"

namespace unroll {

/// Each race's rows are together, one after the other.
std::vector<std::span<const ActivationRow>> races_of(std::span<const ActivationRow> rows);

/// "tanh, 256 KiB, 1 thread".
std::string race_title(const ActivationRow& row);
/// "1.82", "2.1e+06", "nan" for an error.
std::string ulp_text(double ulp);
/// "1.63 (1.62-1.64)"; "-" where there is none.
std::string ratio_text(const MedianInterval& ratio);
/// Billions of bytes read and written per second.
double gigabytes_per_second(const ActivationRow& row);

/// A table for each race, the fastest first, at most 80 columns wide, and what the columns mean.
std::string activation_table(const ActivationRaceResult& result);

/// One line for each of those who are faster than ours (by more than 2 %, surely: two that wait for
/// memory differ by less) and at least as exact, on the best or on their own instruction set.
std::vector<std::string> faster_and_as_exact(std::span<const ActivationRow> rows);

/// An array of rows {function, implementation, isa, threads, bytes, ns_per_element,
/// cycles_per_element, max_ulp}, without memcpy's. A max_ulp that is infinite is null.
std::string activation_json(std::span<const ActivationRow> rows);

}  // namespace unroll
