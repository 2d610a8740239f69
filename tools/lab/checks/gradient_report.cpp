// How a GradientReport is shown: as a table of 79 columns, and as JSON.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "unroll/tools/classifier/shown_text.h"
#include "unroll/tools/lab/checks/gradient_check.h"

namespace unroll {

namespace {

using WordOf = std::function<std::string(std::size_t id)>;

constexpr std::size_t kPlaceColumns = 14;

/// At most `columns` of the text, an ellipsis where it was cut.
std::string cut(std::string text, std::size_t columns) {
  if (columns_of(text) <= columns) return text;
  while (!text.empty() && columns_of(text) + 1 > columns) {
    while ((static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
    text.pop_back();
  }
  return text + "…";
}

/// [row, column]; [number] in a vector; word[column] in the embedding.
std::string place_of(const TensorCheck& check, const WordOf& word) {
  if (check.entries == 0) return "";
  if (check.shape.rank() < 2) return fmt::format("[{}]", check.worst_column());
  if (check.tensor != "embedding.E" || !word) {
    return fmt::format("[{}, {}]", check.worst_row(), check.worst_column());
  }
  const std::string column = fmt::format("[{}]", check.worst_column());
  return cut(word(check.worst_row()), kPlaceColumns - column.size()) + column;
}

std::string error_text(double error, bool there) {
  return there ? fmt::format("{:.1e}", error) : "";
}

std::string name_of(const TensorCheck& check) {
  return check.gate.empty() ? check.tensor : check.tensor + " " + check.gate;
}

/// Nothing compared is nothing proven.
std::string_view verdict_of(const TensorCheck& check) {
  if (!check.holds()) return "FAIL";
  return check.directions + check.entries == 0 ? "kink" : "ok";
}

std::string line_of(const TensorCheck& check, const WordOf& word) {
  const bool is_gate = !check.gate.empty();
  std::string line = fmt::format(
      "{:<21} {:>10} {:>8} {:>8} {:<{}} {:>8} {}", name_of(check),
      is_gate ? "" : to_string(check.shape),
      error_text(check.direction_error, check.directions > 0),
      error_text(check.entry_error, check.entries > 0), place_of(check, word), kPlaceColumns,
      error_text(check.float_error.value_or(0), check.float_error.has_value()), verdict_of(check));
  return line + "\n";
}

std::string worst_line(const char* what, const GradientReport& report,
                       double (*error)(const TensorCheck&), bool is_entry, const WordOf& word) {
  const TensorCheck* worst = report.worst(error);
  if (worst == nullptr) return "";
  return fmt::format("worst {:<17} {:.1e}  {}{}\n", what, error(*worst), name_of(*worst),
                     is_entry ? fmt::format(" {}", place_of(*worst, word)) : "");
}

std::string kinks_text(const GradientReport& report) {
  std::string text;
  if (report.retried() + report.skipped() > 0) {
    text += fmt::format(
        "kinks: {} steps flipped a ReLU or the winner of a max pool and were taken\n"
        "       smaller; {} comparisons were given up\n",
        report.retried(), report.skipped());
  }
  for (const TensorCheck& check : report.checks) {
    if (check.skipped > 0) text += fmt::format("       {}: {}\n", name_of(check), check.skipped);
  }
  return text;
}

/// Why gradients that are off by more than 1e-7 may yet be right.
std::string rounding_text(const GradientReport& report) {
  std::size_t count = 0;
  double rounding = 0;
  for (const TensorCheck& check : report.checks) {
    const double error = std::max(check.direction_error, check.entry_error);
    if (!check.differences_hold || error <= kDifferenceBound) continue;
    ++count;
    rounding = std::max(rounding, check.rounding);
  }
  if (count == 0) return "";
  return fmt::format(
      "rounding: {} gradients differ by more than {:.0e}, but not by more than the last\n"
      "       places of the loss make in a difference (up to {:.1e})\n",
      count, kDifferenceBound, rounding);
}

/// Why float gradients that are off by more than 1e-4 are yet as good as float can be.
std::string excuse_text(const GradientReport& report) {
  const TensorCheck* worst = nullptr;
  std::size_t count = 0;
  for (const TensorCheck& check : report.checks) {
    if (!check.float_holds || check.float_error.value_or(0) <= kFloatBound) continue;
    ++count;
    if (worst == nullptr || *check.float_error > *worst->float_error) worst = &check;
  }
  if (worst == nullptr) return "";
  return fmt::format(
      "float: {} gradients are off by more than {:.0e}, as the last places of the weights\n"
      "       and of ŷ make them: terms cancel, or the model is sure (max|ŷ − y| {:.1e});\n"
      "       the worst, {}, by {:.1e} of {:.1e} so explained\n",
      count, kFloatBound, report.largest_dO, name_of(*worst), *worst->float_error,
      worst->float_allowed);
}

std::string float_text(const GradientReport& report) {
  if (report.float_flips == 0) return excuse_text(report);
  return fmt::format(
      "float: not judged, {} ReLUs or max-pool winners are others in float: that is\n"
      "       another piece of the loss, with another gradient\n",
      report.float_flips);
}

std::string verdict_text(const GradientReport& report) {
  std::size_t broken = 0;
  for (const TensorCheck& check : report.checks) broken += check.holds() ? 0 : 1;
  if (broken > 0) {
    return fmt::format("FAIL: {} of {} gradients are wrong\n", broken, report.checks.size());
  }
  return fmt::format("ok: {} comparisons hold; bounds {:.0e}, in float {:.0e}\n", report.compared(),
                     kDifferenceBound, kFloatBound);
}

nlohmann::ordered_json json_of(const TensorCheck& check) {
  nlohmann::ordered_json json = {
      {"tensor", check.tensor},
      {"gate", check.gate},
      {"shape", std::vector<std::size_t>(check.shape.begin(), check.shape.end())},
      {"largest", check.largest},
      {"direction_error", check.direction_error},
      {"entry_error", check.entry_error},
      {"row", check.worst_row()},
      {"column", check.worst_column()},
      {"rounding", check.rounding},
      {"float_error", nullptr},
      {"float_allowed", check.float_allowed},
      {"directions", check.directions},
      {"entries", check.entries},
      {"retried", check.retried},
      {"skipped", check.skipped},
      {"holds", check.holds()}};
  if (check.float_error) json["float_error"] = *check.float_error;
  return json;
}

nlohmann::ordered_json worst_json(const GradientReport& report,
                                  double (*error)(const TensorCheck&)) {
  const TensorCheck* worst = report.worst(error);
  if (worst == nullptr) return nullptr;
  return {{"error", error(*worst)},
          {"tensor", worst->tensor},
          {"gate", worst->gate},
          {"row", worst->worst_row()},
          {"column", worst->worst_column()}};
}

}  // namespace

std::string to_table(const GradientReport& report, const WordOf& word) {
  std::string table = fmt::format("{:<21} {:>10} {:>8} {:>8} {:<{}} {:>8}\n", "gradient of",
                                  "shape", "along", "entry", "worst entry", kPlaceColumns, "float");
  for (const TensorCheck& check : report.checks) table += line_of(check, word);
  table += "\n";
  table += worst_line("along directions", report, direction_error, false, word);
  table += worst_line("entry", report, entry_error, true, word);
  table += worst_line("in float", report, float_error, false, word);
  return table + kinks_text(report) + rounding_text(report) + float_text(report) +
         verdict_text(report);
}

std::string to_json(const GradientReport& report) {
  using Json = nlohmann::ordered_json;
  Json checks = Json::array();
  for (const TensorCheck& check : report.checks) checks.push_back(json_of(check));
  const Json json = {{"holds", report.holds()},
                     {"loss", report.loss},
                     {"bounds", {{"differences", kDifferenceBound}, {"float", kFloatBound}}},
                     {"worst",
                      {{"direction", worst_json(report, direction_error)},
                       {"entry", worst_json(report, entry_error)},
                       {"float", worst_json(report, float_error)}}},
                     {"compared", report.compared()},
                     {"retried", report.retried()},
                     {"skipped", report.skipped()},
                     {"largest_dO", report.largest_dO},
                     {"float_floor", report.float_floor},
                     {"float_flips", report.float_flips},
                     {"gradients", checks}};
  return json.dump();
}

}  // namespace unroll
