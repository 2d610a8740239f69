#include "unroll/tools/lab/proofs/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

Equation& equation_of(std::string_view id, std::vector<Equation>& all) {
  const auto found = std::ranges::find(all, id, &Equation::id);
  if (found != all.end()) return *found;
  all.emplace_back().id = id;
  return all.back();
}

std::vector<EquationPlace>& places_for(const EquationPlace& place, Equation& equation) {
  if (place.file.starts_with("docs/mathematics/en/")) return equation.english;
  if (place.file.starts_with("docs/mathematics/zh/")) return equation.chinese;
  return place.file.starts_with("kernels/") ? equation.fused : equation.code;
}

/// A kernel that alone computes an equation is where it is written out.
void settle_kernels(Equation& equation) {
  if (equation.code.empty()) std::swap(equation.code, equation.fused);
}

std::vector<Equation> make_ledger() {
  std::vector<Equation> all;
  for (const auto proofs : {activation_proofs(), recurrent_proofs(), gradient_flow_proofs(),
                            stack_proofs(), loss_proofs(), optimizer_proofs()}) {
    for (const Proof& proof : proofs) equation_of(proof.id, all).proof = &proof;
  }
  for (const EquationPlace& place : equation_places()) {
    Equation& equation = equation_of(place.id, all);
    places_for(place, equation).push_back(place);
  }
  for (Equation& equation : all) settle_kernels(equation);
  // The chapters are numbered files, so their order is that of their names; what is in no chapter
  // comes last, as it was found.
  std::ranges::stable_sort(all, {}, [](const Equation& equation) {
    return equation.english.empty()
               ? std::tuple(true, std::string_view(), std::size_t{0})
               : std::tuple(false, equation.english[0].file, equation.english[0].line);
  });
  return all;
}

}  // namespace

std::string to_string(const EquationPlace& place) {
  return fmt::format("{}:{}", place.file, place.line);
}

const std::vector<Equation>& ledger() {
  static const std::vector<Equation> all = make_ledger();
  return all;
}

const Equation* find_equation(std::string_view id) {
  const auto found = std::ranges::find(ledger(), id, &Equation::id);
  return found == ledger().end() ? nullptr : &*found;
}

std::vector<Finding> prove(std::string_view id, std::uint64_t seed) {
  const Equation* equation = find_equation(id);
  if (equation == nullptr || equation->proof == nullptr) {
    throw UsageError(fmt::format("there is no equation {} in the ledger", id));
  }
  return equation->proof->prove(id, seed);
}

}  // namespace unroll
