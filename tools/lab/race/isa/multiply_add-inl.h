/// Independent chains of multiply-adds of a vector V (or a float), to be compiled for one
/// instruction set.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "unroll/tools/lab/race/isa/multiply_add.h"

namespace unroll {
namespace {  // each file that includes this has its own copy

/// Two units that take four cycles each need eight; a product and a sum on SSE2, twelve. Not many
/// more would fit SSE2's and AVX2's 16 registers besides the two constants.
constexpr std::size_t kChains = 12;

/// The chains are a pack, so that each is a register: GCC 12 leaves a nested loop's array in
/// memory. They begin with different values, or they would be one.
template <typename V, std::size_t... chain>
float multiply_add_rounds(std::size_t rounds, float factor_value, float term_value,
                          std::index_sequence<chain...>) noexcept {
  const V factor(factor_value), term(term_value);
  std::array<V, sizeof...(chain)> x{V(factor_value + static_cast<float>(chain) * term_value)...};
  for (std::size_t round = 0; round < rounds; ++round) {
    ((x[chain] = x[chain] * factor + term), ...);
  }
  V sum(0.0F);
  ((sum = sum + x[chain]), ...);
  float first;
  std::memcpy(&first, &sum, sizeof first);
  return first;
}

template <typename V>
constexpr MultiplyAddLoop multiply_add_loop() {
  return {[](std::size_t rounds, float factor, float term) noexcept {
            return multiply_add_rounds<V>(rounds, factor, term,
                                          std::make_index_sequence<kChains>());
          },
          2 * kChains * sizeof(V) / sizeof(float)};
}

}  // namespace
}  // namespace unroll
