#include "unroll/tools/program/requirement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/program/usage.h"

namespace unroll {

namespace {

/// Those of the figures below that are no shares.
constexpr std::array kCounts = {std::string_view("loss"),      std::string_view("rows"),
                                std::string_view("correct"),   std::string_view("absent_labels"),
                                std::string_view("cut_texts"), std::string_view("unknown_texts"),
                                std::string_view("tokens"),    std::string_view("known_tokens")};

/// The numbers of `test --json` that are no list, by the path of their keys.
constexpr std::array kFigures = {
    "accuracy",      "loss",          "rows",           "correct",           "macro_f1",
    "micro_f1",      "interval.low",  "interval.high",  "calibration.error", "recall_at_1",
    "micro_recall",  "absent_labels", "precision_at_1", "micro_precision",   "cut_texts",
    "unknown_texts", "tokens",        "known_tokens"};
constexpr std::array kFiguresOfLabels = {"precision", "recall", "f1", "rows"};

constexpr std::string_view text_of(Relation relation) {
  switch (relation) {
    case Relation::kAtLeast:
      return ">=";
    case Relation::kAbove:
      return ">";
    case Relation::kAtMost:
      return "<=";
    case Relation::kBelow:
      return "<";
  }
  return "?";
}

bool holds(double figure, Relation relation, double bound) {
  switch (relation) {
    case Relation::kAtLeast:
      return figure >= bound;
    case Relation::kAbove:
      return figure > bound;
    case Relation::kAtMost:
      return figure <= bound;
    case Relation::kBelow:
      return figure < bound;
  }
  return false;
}

bool has_percent_sign(std::string_view text) {
  return text.ends_with('%');
}

/// "0.93" or "93%".
std::optional<double> bound_in(std::string_view text) {
  const bool is_percent = has_percent_sign(text);
  if (is_percent) text = trim(text.substr(0, text.size() - 1));
  double bound = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, bound);
  if (error != std::errc() || parsed != end || !std::isfinite(bound)) return std::nullopt;
  return is_percent ? bound / 100 : bound;
}

/// "f1" of "f1:LABEL", if it is a figure of labels.
std::optional<std::string_view> figure_of_label(std::string_view name) {
  const std::string_view figure = name.substr(0, name.find(':'));
  const bool is_one = figure.size() < name.size() && std::ranges::count(kFiguresOfLabels, figure);
  return is_one ? std::optional(figure) : std::nullopt;
}

/// As keys have it: macro-f1 is what `train --metric` calls macro_f1.
std::string figure_named(std::string_view name) {
  if (figure_of_label(name)) return std::string(name);
  std::string figure(name);
  std::ranges::replace(figure, '-', '_');
  if (std::ranges::count(kFigures, figure) > 0) return figure;
  const std::vector<std::string> known(kFigures.begin(), kFigures.end());
  throw UsageError(fmt::format("--require: a test has no figure {}{}; it has {}, and {}:LABEL",
                               in_quotes(name), suggestion(figure, known),
                               fmt::join(kFigures, ", "), fmt::join(kFiguresOfLabels, ":LABEL, ")));
}

std::optional<double> number_at(const nlohmann::json& json, const std::string& path) {
  std::string pointer = "/" + path;
  std::ranges::replace(pointer, '.', '/');
  const nlohmann::json::json_pointer key(pointer);
  if (!json.contains(key) || !json[key].is_number()) return std::nullopt;
  return json[key].get<double>();
}

double figure_in(const nlohmann::json& json, const std::string& name) {
  const auto of_label = figure_of_label(name);
  if (!of_label) {
    if (const auto figure = number_at(json, name)) return *figure;
    if (name == "loss")
      throw UsageError("--require: there is no loss, since no row has a label of the model");
    throw UsageError(
        fmt::format("--require: this test has no {}, which models have that answer {}", name,
                    name == "calibration.error" ? "one label a text" : "any number of labels"));
  }
  const std::string label = name.substr(of_label->size() + 1);
  for (const nlohmann::json& scores : json.at("classes"))
    if (scores.at("label") == label) return scores.at(std::string(*of_label)).get<double>();
  throw UsageError(
      fmt::format("--require: {} is not known: no row has the label {}, and it was "
                  "never predicted",
                  name, in_quotes(label)));
}

/// Throws UsageError for `=>`, `==`, `<>` and so on, unless what they end is a label.
void refuse_other_operator(std::string_view text, std::string_view figure) {
  const std::size_t end = figure.find_last_not_of("=<>!");
  if (figure_of_label(figure) || end + 1 == figure.size()) return;
  const auto from = static_cast<std::size_t>(figure.data() - text.data()) + end + 1;
  const std::string_view rest = text.substr(from);
  throw UsageError(fmt::format("--require {}: {} is no comparison; it is one of >=, >, <= and <",
                               in_quotes(text),
                               in_quotes(rest.substr(0, rest.find_first_not_of("=<>!")))));
}

/// Throws UsageError for a bound that the figure never has.
void refuse_impossible_bound(std::string_view text, const Requirement& requirement,
                             std::string_view bound) {
  const auto of_label = figure_of_label(requirement.figure);
  const std::string_view kind = of_label ? *of_label : requirement.figure;
  const bool is_share = std::ranges::count(kCounts, kind) == 0;
  if (!is_share && has_percent_sign(bound)) {
    throw UsageError(fmt::format("--require {}: {} is no share: write a number without %",
                                 in_quotes(text), requirement.figure));
  }
  if (!is_share || (requirement.bound >= 0 && requirement.bound <= 1)) return;
  const double number = has_percent_sign(bound) ? 100 * requirement.bound : requirement.bound;
  const bool is_meant = !has_percent_sign(bound) && number > 1 && number <= 100;
  throw UsageError(
      fmt::format("--require {}: {} is a share, from 0 to 1{}", in_quotes(text), requirement.figure,
                  is_meant ? fmt::format(": write {:g}% or {:g}", number, number / 100) : ""));
}

}  // namespace

Requirement requirement_of(std::string_view text) {
  const std::size_t at = text.find_last_of("<>");  // a label may have such characters, too
  if (at == std::string_view::npos) {
    throw UsageError(fmt::format(
        "--require {} is no requirement; expected such as 'accuracy>=0.93', with >=, >, "
        "<= or <",
        in_quotes(text)));
  }
  const bool with_equal = at + 1 < text.size() && text[at + 1] == '=';
  const std::string_view figure = trim(text.substr(0, at));
  refuse_other_operator(text, figure);
  const std::string_view number = trim(text.substr(at + (with_equal ? 2 : 1)));
  const auto bound = bound_in(number);
  if (!bound) {
    throw UsageError(fmt::format("--require {}: expected a number such as 0.93 or 93% behind {}",
                                 in_quotes(text), text.substr(at, with_equal ? 2 : 1)));
  }
  const bool is_least = text[at] == '>';
  const Requirement requirement{
      .figure = figure_named(figure),
      .relation = is_least ? (with_equal ? Relation::kAtLeast : Relation::kAbove)
                           : (with_equal ? Relation::kAtMost : Relation::kBelow),
      .bound = *bound};
  refuse_impossible_bound(text, requirement, number);
  return requirement;
}

void require_all(std::span<const Requirement> requirements, const Evaluation& evaluation) {
  const nlohmann::json json = nlohmann::json::parse(to_json(evaluation));
  std::vector<std::string> failures;
  for (const auto& [name, relation, bound] : requirements) {
    const double figure = figure_in(json, name);
    if (holds(figure, relation, bound)) continue;
    failures.push_back(
        fmt::format("{} is {:.6g}, required is {} {:g}", name, figure, text_of(relation), bound));
  }
  if (failures.empty()) return;
  throw Error(ErrorKind::kRequirement,
              fmt::format("a requirement does not hold: {}", fmt::join(failures, "; ")));
}

}  // namespace unroll
