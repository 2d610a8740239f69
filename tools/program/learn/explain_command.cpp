#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "unroll/core/error.h"
#include "unroll/tools/lab/proofs/ledger.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

struct ExplainFlags {
  std::string id;
  bool list = false;
  bool json = false;
  bool quiet = false;
  std::uint64_t seed = 1;
};

std::string figure(const Finding& finding) {
  return finding.kind == ProofKind::kBound ? fmt::format("{:.6f}", finding.error)
                                           : fmt::format("{:.1e}", finding.error);
}

std::string_view meaning(ProofKind kind) {
  switch (kind) {
    case ProofKind::kClosedForm:
      return "against the closed form, plain loops";
    case ProofKind::kDifferences:
      return "against central differences";
    case ProofKind::kBound:
      return "largest ratio of measured to bound";
  }
  return "";
}

std::string allowed(const Finding& finding) {
  return finding.kind == ProofKind::kBound ? "1 + 1e-11" : fmt::format("{:.0e}", finding.allowed());
}

std::string place(const std::vector<EquationPlace>& places) {
  return places.empty() ? "nowhere" : to_string(places[0]);
}

const Equation& required(const std::string& id) {
  const Equation* equation = find_equation(id);
  if (equation == nullptr) {
    throw UsageError(
        fmt::format("there is no equation \"{}\"; `unroll explain --list` names all", id));
  }
  return *equation;
}

/// Exit status 6: a statement does not hold.
int status_of(const std::vector<Finding>& findings) {
  return std::ranges::all_of(findings, &Finding::holds) ? 0
                                                        : static_cast<int>(ErrorKind::kRequirement);
}

int print_one(const ExplainFlags& flags) {
  const Equation& equation = required(flags.id);
  print("{}\n\n    {}\n\n", equation.id, equation.text());
  print("derived   {}\n", place(equation.english));
  print("推导      {}\n", place(equation.chinese));
  print("computed  {}\n", place(equation.code));
  for (const EquationPlace& kernel : equation.fused) print("fused in  {}\n", to_string(kernel));
  const std::vector<Finding> findings = prove(equation.id, flags.seed);
  for (const Finding& finding : findings) {
    print("proven    {:>8}  {} (at most {}){}\n", figure(finding), meaning(finding.kind),
          allowed(finding), finding.holds() ? "" : "  DOES NOT HOLD");
  }
  return status_of(findings);
}

const Finding* of_kind(const std::vector<Finding>& findings, ProofKind kind) {
  const auto found = std::ranges::find(findings, kind, &Finding::kind);
  return found == findings.end() ? nullptr : &*found;
}

/// A row of the list. A place that does not fit the terminal loses its folder.
void print_row(std::string_view id, const std::array<std::string, 3>& figures, std::string where) {
  const std::string row =
      fmt::format("{:<21}  {:<8}{:<8}{:<9}", id, figures[0], figures[1], figures[2]);
  if (::isatty(STDOUT_FILENO) == 1 && row.size() + where.size() > terminal_width(STDOUT_FILENO)) {
    where = where.substr(where.rfind('/') + 1);
  }
  print("{}{}\n", row, where);
}

int print_list(const ExplainFlags& flags) {
  print_row("equation", {"closed", "differ.", "bound"}, "computed in");
  int status = 0;
  Terminal terminal(flags.quiet);
  std::size_t done = 0;
  for (const Equation& equation : ledger()) {
    terminal.progress(fmt::format("explain  {} of {}  {}", ++done, ledger().size(), equation.id));
    const std::vector<Finding> findings = prove(equation.id, flags.seed);
    status = std::max(status, status_of(findings));
    const auto cell = [&](ProofKind kind) {
      const Finding* finding = of_kind(findings, kind);
      return finding == nullptr ? "" : figure(*finding) + (finding->holds() ? "" : "!");
    };
    terminal.clear();
    print_row(
        equation.id,
        {cell(ProofKind::kClosedForm), cell(ProofKind::kDifferences), cell(ProofKind::kBound)},
        place(equation.code));
  }
  return status;
}

nlohmann::ordered_json json_of(const Equation& equation, const std::vector<Finding>& findings) {
  nlohmann::ordered_json proofs = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    proofs.push_back({{"kind", to_string(finding.kind)},
                      {"error", finding.error},
                      {"allowed", finding.allowed()},
                      {"holds", finding.holds()}});
  }
  nlohmann::ordered_json fused = nlohmann::ordered_json::array();
  for (const EquationPlace& kernel : equation.fused) fused.push_back(to_string(kernel));
  return {{"id", equation.id},
          {"equation", equation.text()},
          {"derived", place(equation.english)},
          {"derived_zh", place(equation.chinese)},
          {"computed", place(equation.code)},
          {"fused", fused},
          {"proofs", proofs}};
}

int print_json(const ExplainFlags& flags) {
  int status = 0;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Equation& equation : ledger()) {
    if (!flags.id.empty() && equation.id != flags.id) continue;
    const std::vector<Finding> findings = prove(equation.id, flags.seed);
    status = std::max(status, status_of(findings));
    all.push_back(json_of(equation, findings));
  }
  print("{}\n", flags.id.empty() ? all.dump() : with_version(all.at(0).dump()));
  return status;
}

int explain_command(const ExplainFlags& flags) {
  if (flags.id.empty() && !flags.list) {
    throw UsageError("name an equation (`unroll explain RNN-dW`), or give --list");
  }
  if (!flags.id.empty() && flags.list) throw UsageError("give an ID or --list, not both");
  if (!flags.id.empty()) required(flags.id);
  require_stdout();
  if (flags.json) return print_json(flags);
  return flags.list ? print_list(flags) : print_one(flags);
}

}  // namespace

void add_explain_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<ExplainFlags>();
  CLI::App* command = program.add_subcommand(
      "explain", "Show an equation, where it is derived and computed, and prove it");
  command->add_option("id", flags->id, "Equation, such as RNN-dW or LSTM-dC");
  command->add_flag("--list", flags->list, "List all equations, with the error of each");
  add_seed_flag(*command, flags->seed, "Seed of the random networks");
  add_quiet_flag(*command, flags->quiet);
  command->add_flag("--json", flags->json, "Print JSON");
  command->callback([flags, &status] { status = explain_command(*flags); });
}

}  // namespace unroll
