#include "unroll/tools/program/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

/// The bootstrap's seed. Which one does not matter, but the same comparison says the same again.
constexpr std::uint64_t kSeed = 1;

std::size_t most(const std::vector<ComparedRun>& runs, std::size_t ComparedRun::*figure) {
  return (*std::ranges::max_element(runs, {}, figure)).*figure;
}

ComparedPair pair_of(const std::vector<ComparedVariant>& variants, std::size_t first,
                     std::size_t second) {
  const RowScores less = difference(variants[second].scores, variants[first].scores);
  // McNemar's test is about rows that are right or not, whatever the metric is.
  const Discordance rows = discordance(difference(variants[second].right, variants[first].right));
  ComparedPair pair{.first = first, .second = second, .difference = estimate_mean(less, kSeed)};
  pair.rows = {.first_better = rows.second_better, .second_better = rows.first_better};
  pair.mcnemar_p = mcnemar(pair.rows);
  return pair;
}

void correct(std::vector<ComparedPair>& pairs) {
  std::vector<double> p;
  for (const ComparedPair& pair : pairs) p.push_back(pair.difference.p);
  const std::vector<double> corrected = holm(p);
  for (std::size_t k = 0; k < pairs.size(); ++k) pairs[k].corrected_p = corrected[k];
}

std::size_t rows_of(const RowScores& scores) {
  std::size_t rows = 0;
  for (const std::vector<float>& run : scores.runs)
    rows = scores.same_rows ? run.size() : rows + run.size();
  return rows;
}

std::string points(double share) {
  return fmt::format("{:.2f}", 100 * share);
}

/// Whether the correction is what speaks against a difference.
bool is_undone_by_correction(const ComparedPair& pair) {
  return !pair.differs() && pair.difference.p < 0.05;
}

Json json_of(const MeanEstimate& estimate, const char* name) {
  return {{name, estimate.mean}, {"low", estimate.low}, {"high", estimate.high}};
}

Json json_of(const ComparedRun& run) {
  return {{"folder", run.folder},
          {"name", run.name},
          {"score", run.score},
          {"accuracy", run.accuracy},
          {"rows", run.rows},
          {"seconds", run.seconds},
          {"peak_memory", run.peak_memory},
          {"model_bytes", run.model_bytes},
          {"hash", run.hash}};
}

Json json_of(const ComparedVariant& variant, const std::vector<std::string>& keys) {
  Json json = {{"name", variant.name}};
  json.update(json_of(variant.score, "score"));
  json["accuracy"] = variant.accuracy();
  json["seconds"] = variant.seconds();
  json["peak_memory"] = variant.peak_memory();
  json["model_bytes"] = variant.model_bytes();
  json["settings"] = Json::array();
  for (const std::string& key : keys) {
    json["settings"].push_back(
        {{"name", key}, {"value", value_of(variant.settings, key, "default")}});
  }
  for (const ComparedRun& run : variant.runs) json["runs"].push_back(json_of(run));
  return json;
}

Json json_of(const Comparison& comparison, const ComparedPair& pair) {
  Json json = {{"first", comparison.variants[pair.first].name},
               {"second", comparison.variants[pair.second].name}};
  json.update(json_of(pair.difference, "difference"));
  json["p"] = pair.difference.p;
  json["p_holm"] = pair.corrected_p;
  json["first_better"] = pair.rows.first_better;
  json["second_better"] = pair.rows.second_better;
  json["p_mcnemar"] = pair.mcnemar_p;
  json["differs"] = pair.differs();
  json["verdict"] = verdict(comparison, pair);
  return json;
}

}  // namespace

double ComparedVariant::accuracy() const {
  double sum = 0;
  for (const ComparedRun& run : runs) sum += run.accuracy;
  return sum / static_cast<double>(runs.size());
}

double ComparedVariant::seconds() const {
  double sum = 0;
  for (const ComparedRun& run : runs) sum += run.seconds;
  return sum / static_cast<double>(runs.size());
}

std::size_t ComparedVariant::peak_memory() const {
  return most(runs, &ComparedRun::peak_memory);
}

std::size_t ComparedVariant::model_bytes() const {
  return most(runs, &ComparedRun::model_bytes);
}

Comparison compare(std::string test, const Metric& metric, std::vector<ComparedVariant> variants,
                   bool every_pair) {
  Comparison comparison{
      .test = std::move(test), .metric = metric, .variants = std::move(variants), .pairs = {}};
  std::vector<ComparedVariant>& all = comparison.variants;
  comparison.rows = rows_of(all.front().scores);
  for (ComparedVariant& variant : all) variant.score = estimate_mean(variant.scores, kSeed);
  for (std::size_t first = 0; first < (every_pair ? all.size() : 1); ++first)
    for (std::size_t second = first + 1; second < all.size(); ++second)
      comparison.pairs.push_back(pair_of(all, first, second));
  correct(comparison.pairs);
  return comparison;
}

std::vector<std::string> differing_settings(const Comparison& comparison) {
  std::vector<std::string> keys;
  for (const ComparedVariant& variant : comparison.variants) {
    for (const Setting& setting : variant.settings) {
      const auto differs = [&](const ComparedVariant& other) {
        return value_of(other.settings, setting.flag) != setting.value;
      };
      if (std::ranges::count(keys, setting.flag) == 0 &&
          std::ranges::any_of(comparison.variants, differs))
        keys.push_back(setting.flag);
    }
  }
  return keys;
}

std::string verdict(const Comparison& comparison, const ComparedPair& pair) {
  const MeanEstimate& less = pair.difference;
  const std::string &first = comparison.variants[pair.first].name,
                    &second = comparison.variants[pair.second].name;
  if (!pair.differs()) {
    return fmt::format(
        "no difference shown between {} and {}{}", second, first,
        is_undone_by_correction(pair)
            ? fmt::format(": of {} pairs one may look so by chance", comparison.pairs.size())
            : "");
  }
  const bool is_better = less.mean > 0;
  return fmt::format("{} is better than {} by {} points ({} to {})", is_better ? second : first,
                     is_better ? first : second, points(is_better ? less.mean : -less.mean),
                     points(is_better ? less.low : -less.high),
                     points(is_better ? less.high : -less.low));
}

std::string share_text(const MeanEstimate& estimate) {
  return fmt::format("{} % ({} to {})", points(estimate.mean), points(estimate.low),
                     points(estimate.high));
}

std::string points_text(const MeanEstimate& difference) {
  return fmt::format("{:+.2f} ({:+.2f} to {:+.2f})", 100 * difference.mean, 100 * difference.low,
                     100 * difference.high);
}

std::string p_text(double p) {
  constexpr double kLeast = 0.0005;  // the bootstrap knows no less
  return p < kLeast ? "p < 0.0005" : fmt::format("p {:.2g}", p);
}

std::string scope_text(const Comparison& comparison) {
  const std::size_t runs = comparison.variants.front().runs.size();
  const std::string by = comparison.metric.kind == Metric::Kind::kAccuracy
                             ? ""
                             : fmt::format(", by {}", to_string(comparison.metric));
  if (comparison.has_folds())
    return fmt::format("{} rows, each tested once, in {} folds{}", comparison.rows, runs, by);
  return fmt::format("{} rows of {}, {} run{} a variant{}", comparison.rows, comparison.test, runs,
                     runs == 1 ? "" : "s", by);
}

std::string caution(const Comparison& comparison) {
  if (comparison.variants.front().runs.size() > 1) return "";
  return "With one run a variant, the intervals are about other texts and not about other seeds: "
         "two runs of the same settings may differ as much.";
}

std::string to_table(const Comparison& comparison) {
  std::size_t width = std::string_view("variant").size();
  for (const ComparedVariant& variant : comparison.variants)
    width = std::max(width, variant.name.size());
  std::string text =
      fmt::format("{}\n\n{:<{}}  {:<25} {:>9} {:>9} {:>9}\n", scope_text(comparison), "variant",
                  width, to_string(comparison.metric), "time", "memory", "model");
  for (const ComparedVariant& variant : comparison.variants) {
    text += fmt::format("{:<{}}  {:<25} {:>9} {:>9} {:>9}\n", variant.name, width,
                        share_text(variant.score), duration_text(variant.seconds()),
                        mib_text(variant.peak_memory()), mib_text(variant.model_bytes()));
  }
  for (const ComparedPair& pair : comparison.pairs) {
    text += fmt::format(
        "\n{} against {}: {} points, {}{}; McNemar's test {}:{}, {}\n  {}\n",
        comparison.variants[pair.second].name, comparison.variants[pair.first].name,
        points_text(pair.difference), p_text(pair.difference.p),
        comparison.pairs.size() > 1 ? fmt::format(", {} by Holm", p_text(pair.corrected_p)) : "",
        pair.rows.second_better, pair.rows.first_better, p_text(pair.mcnemar_p),
        verdict(comparison, pair));
  }
  const std::string warned = caution(comparison);
  return warned.empty() ? text : fmt::format("{}\n{}\n", text, warned);
}

std::string to_json(const Comparison& comparison, const std::string& page) {
  Json json = {{"test", comparison.has_folds() ? Json() : Json(comparison.test)},
               {"rows", comparison.rows},
               {"metric", to_string(comparison.metric)}};
  const std::vector<std::string> keys = differing_settings(comparison);
  for (const ComparedVariant& variant : comparison.variants)
    json["variants"].push_back(json_of(variant, keys));
  for (const ComparedPair& pair : comparison.pairs)
    json["pairs"].push_back(json_of(comparison, pair));
  json["page"] = page;
  return json.dump();
}

}  // namespace unroll
