/// The ledger: every numbered equation of docs/mathematics, where it is derived, the line of code
/// that computes it, and its proof, run when asked.
///
/// The equation's text is the comment at that line. Where the lines are is read from the tree when
/// the library is built (cmake/equation_places.awk), nothing of a proof is stored.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/proofs/proof.h"

namespace unroll {

/// An ID in a source or in a derivation; `file` counts from the root of the tree, lines from 1.
struct EquationPlace {
  std::string_view id;
  std::string_view file;
  std::size_t line = 0;
  std::string_view text;  ///< of a line of code: the equation; of a derivation: empty
};

/// All there are, in no particular order.
std::span<const EquationPlace> equation_places();

/// "layers/cells/rnn.cpp:47".
std::string to_string(const EquationPlace& place);

struct Equation {
  std::string_view id;
  std::vector<EquationPlace> code;     ///< one, in a sound ledger: where it is written out
  std::vector<EquationPlace> fused;    ///< the kernels that compute it together with others
  std::vector<EquationPlace> english;  ///< one
  std::vector<EquationPlace> chinese;  ///< one
  const Proof* proof = nullptr;        ///< null if nobody proves it
  /// The equation as the code has it.
  std::string_view text() const { return code.empty() ? std::string_view() : code[0].text; }
};

/// Every ID that is anywhere, in the order of the derivations.
const std::vector<Equation>& ledger();

/// Null if there is no such ID.
const Equation* find_equation(std::string_view id);

/// Runs the proof of an equation. Throws UsageError for an ID that has none.
std::vector<Finding> prove(std::string_view id, std::uint64_t seed);

}  // namespace unroll
