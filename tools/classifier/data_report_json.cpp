/// A DataReport as JSON; docs/json.md describes the keys.
#include <nlohmann/json.hpp>

#include "unroll/tools/classifier/data_report.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const RepeatCount& repeats) {
  return {{"exact", repeats.exact},
          {"alike", repeats.alike},
          {"near", repeats.near},
          {"line", repeats.line},
          {"twin_line", repeats.twin_line}};
}

Json json_of(std::span<const LabelCount> labels) {
  Json list = Json::array();
  for (const LabelCount& label : labels) {
    list.push_back({{"label", label.label},
                    {"rows", label.rows},
                    {"share", label.share},
                    {"line", label.line}});
  }
  return list;
}

Json json_of(std::span<const TroubleCount> troubles) {
  Json list = Json::array();
  for (const TroubleCount& trouble : troubles) {
    list.push_back({{"trouble", to_string(trouble.trouble)},
                    {"rows", trouble.found.rows},
                    {"line", trouble.found.line}});
  }
  return list;
}

Json json_of(std::span<const DoubtfulLabel> labels) {
  Json list = Json::array();
  for (const DoubtfulLabel& label : labels) {
    list.push_back({{"doubt", to_string(label.doubt)},
                    {"label", label.label},
                    {"other", label.other},
                    {"line", label.line}});
  }
  return list;
}

Json json_of(const FileReport& file) {
  return {{"name", file.name},
          {"format", file.format},
          {"columns", file.columns},
          {"rows", file.rows},
          {"left_out", file.left_out},
          {"labels", json_of(file.labels)},
          {"several_labels", file.several_labels},
          {"no_label", file.no_label},
          {"tokens",
           {{"shortest", file.tokens.shortest},
            {"median", file.tokens.median},
            {"ninetieth", file.tokens.ninetieth},
            {"longest", file.tokens.longest}}},
          {"cut", {{"texts", file.tokens.cut}, {"lost_share", file.tokens.lost_share}}},
          {"empty", {{"rows", file.empty.rows}, {"line", file.empty.line}}},
          {"unknown", {{"share", file.unknown_share}, {"rows", file.unknown_rows}}},
          {"repeats", json_of(file.repeats)},
          {"conflicts",
           {{"texts", file.conflicting_texts},
            {"rows", file.conflicts.rows},
            {"line", file.conflicts.line}}},
          {"troubles", json_of(file.troubles)},
          {"doubtful_labels", json_of(file.doubtful)},
          {"unseen_labels", json_of(file.unseen)}};
}

}  // namespace

std::string to_json(const DataReport& report) {
  Json files = Json::array(), overlaps = Json::array();
  for (const FileReport& file : report.files) files.push_back(json_of(file));
  for (const FileOverlap& overlap : report.overlaps) {
    Json json = {{"earlier", report.files[overlap.earlier].name},
                 {"later", report.files[overlap.later].name}};
    json.update(json_of(overlap.repeats));
    overlaps.push_back(std::move(json));
  }
  const Json json = {{"tokenizer", to_string(report.tokenizer.kind)},
                     {"unknown_as_words", report.unknown_as_words},
                     {"max_tokens", report.max_tokens},
                     {"min_count", report.min_count},
                     {"vocabulary", report.vocabulary},
                     {"files", files},
                     {"overlaps", overlaps}};
  return json.dump(-1, ' ', false,
                   Json::error_handler_t::replace);  // names of files may be any bytes
}

}  // namespace unroll
