/// The race of the activations and the functions beneath them: who computes exp, expm1, log, tanh,
/// sigmoid and ReLU of float arrays how fast, and how exactly.
///
/// A caller with more contenders than the library has (bench/) appends its own to
/// own_contenders() and gets them into the same race and the same table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/race/race.h"

namespace unroll {

/// A function that is raced.
struct ActivationFunction {
  std::string_view name;
  double (*exact)(double x);
  /// Timed on values spread evenly over [low, high], in no order. Where low > 0 the function is for
  /// positive numbers, and its error is taken over these.
  double low;
  double high;
};

/// exp, expm1, log, tanh, sigmoid, relu.
std::span<const ActivationFunction> activation_functions();

/// y (n) = f(x (n)); n is a multiple of 16, both arrays are aligned to 64 bytes and do not overlap.
using ArrayFunction = std::function<void(std::size_t n, const float* x, float* y)>;

struct ActivationContender {
  std::string implementation;  ///< "unroll", "std", "xsimd"
  std::string isa;             ///< "scalar", "sse2", "avx2", "avx512"
  /// By the function's name; what is missing does not take part.
  std::map<std::string, ArrayFunction, std::less<>> functions;
  /// A contender that divides an array among threads of its own is given the whole array. The
  /// thread that runs it tells it before each race how many threads to use. Null where a contender
  /// uses the threads of the race.
  std::function<void(std::size_t threads)> set_threads = nullptr;
};

/// What needs no other library: std one value at a time, and on each instruction set that the CPU
/// has, weakest first, xsimd's functions and ours.
std::vector<ActivationContender> own_contenders();

/// The function of memcpy's rows.
inline constexpr std::string_view kCopy = "copy";

/// One contender at one function.
struct ActivationRow {
  std::string function;  ///< "copy" is memcpy of the same array: what memory allows
  std::string implementation;
  std::string isa;
  std::size_t threads = 1;
  std::size_t bytes = 0;  ///< of the input array
  double ns_per_element = 0;
  double cycles_per_element = 0;
  /// Largest error over every 1009th float there is, in units in the last place (FloatSweep).
  double max_ulp = 0;
  /// Its time / the time of unroll's best instruction set, and of unroll's on its own instruction
  /// set; NaN where there is none.
  MedianInterval times_best{};
  MedianInterval times_same_isa{};
};

struct ActivationRaceSettings {
  std::vector<std::string> functions;         ///< names; empty: all
  std::vector<std::size_t> threads = {1};     ///< one race for each
  std::vector<std::size_t> bytes = {262144};  ///< of the input array, rounded down to 64; likewise
  double seconds = 12;                        ///< about so long for all races together
  std::size_t least_rounds = 30;              ///< of each race, however long they take
  std::uint64_t seed = 1;
};

/// What one call found.
struct ActivationRaceResult {
  /// By function, threads, bytes; then in the order of the contenders, memcpy last.
  std::vector<ActivationRow> rows;
  RaceConditions conditions;
};

/// `progress` is told what is done now. Throws UsageError for a function that is not known, no
/// threads, and fewer than 64 bytes a thread.
ActivationRaceResult race_activations(
    const std::vector<ActivationContender>& contenders, const ActivationRaceSettings& settings,
    const std::function<void(const std::string&)>& progress = [](const std::string&) {});

}  // namespace unroll
