/// Exercises in back-propagation through time: a small network with short decimal numbers, to be
/// worked out by hand, and its key, computed by the naive code (naive.h), which shares nothing with
/// the layers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "unroll/layers/recurrent_stack.h"
#include "unroll/tools/lab/proofs/naive.h"
#include "unroll/tools/lab/sheets/sheet.h"

namespace unroll {

struct ExerciseConfig {
  Cell cell = Cell::kRnn;
  Activation activation = Activation::kTanh;  ///< of the RNN
  GruReset gru_reset = GruReset::kAfter;      ///< of the GRU
  std::size_t steps = 3;                      ///< T, 1 .. 6
  std::size_t hidden = 2;                     ///< H, 1 .. 4
  std::size_t input = 2;                      ///< I, 1 .. 4
  std::size_t classes = 2;                    ///< K, 2 .. 4
  std::uint64_t seed = 1;
  CellKind kind() const { return {cell, activation, gru_reset}; }
};

/// Every number is a multiple of 0.1, so that a sheet shows exactly what the key was computed from.
struct Exercise {
  ExerciseConfig config;
  naive::Network network;
  naive::Sequence sequence;
  double learning_rate = 0.1;  ///< η
};

/// What is asked for.
struct ExerciseKey {
  naive::Forward forward;
  naive::Backward backward;
  naive::Network after;  ///< one step of SGD
  double loss_after = 0;
};

/// A function of the configuration alone. The numbers are such that nothing saturates (|z| ≤ 2, of
/// a ReLU 4), no ReLU sits near its kink (|z| ≥ 0.05) and none of its steps is all off, every loss
/// sends something back, and the step of SGD lowers their sum. Throws UsageError for sizes out of
/// range.
Exercise make_exercise(const ExerciseConfig& config);
ExerciseKey solve(const Exercise& exercise);

enum class Language { kEnglish, kChinese };
std::string_view to_string(Language language);  ///< "en", "zh"

/// The task; with a key, the answers after it, each with its equation's ID. Answers are rounded to
/// six decimals.
Sheet to_sheet(const Exercise& exercise, Language language, const ExerciseKey* key = nullptr);

}  // namespace unroll
