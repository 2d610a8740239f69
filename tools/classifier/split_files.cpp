#include "unroll/tools/classifier/split_files.h"

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "unroll/core/file.h"
#include "unroll/text/split.h"

namespace unroll {

namespace {

constexpr std::string_view kBreaks = "\t\n\v\f\r";

/// The text as a TSV field; says whether it had to be changed.
bool append_field(std::string_view text, std::string& line) {
  bool changed = false;
  for (char c : text) {
    const bool breaks = kBreaks.find(c) != std::string_view::npos;
    changed = changed || breaks;
    line += breaks ? ' ' : c;
  }
  return changed;
}

}  // namespace

CleanResult remove_repeats(std::span<const Record> records) {
  std::map<std::string_view, std::set<std::string_view>> labels;
  for (const Record& record : records) labels[record.text].insert(record.label);
  CleanResult result;
  std::set<std::string_view> seen;
  for (const Record& record : records) {
    if (labels.at(record.text).size() > 1) {
      ++result.conflicts;
    } else if (!seen.insert(record.text).second) {
      ++result.repeats;
    } else {
      result.records.push_back(record);
    }
  }
  return result;
}

SplitResult write_split(std::span<const Record> records, std::span<const double> fractions,
                        std::uint64_t seed, const std::filesystem::path& folder) {
  const auto parts = stratified_split(records, fractions, seed);
  SplitResult result;
  std::vector<std::string> contents;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    std::string& content = contents.emplace_back("label\ttext\n");
    result.rows[p] = parts[p].size();
    for (std::size_t row : parts[p]) {
      append_field(records[row].label, content);
      content += '\t';
      if (append_field(records[row].text, content)) ++result.flattened;
      content += '\n';
    }
  }
  make_folder(folder);
  std::vector<NewFile> files;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    files.push_back({folder / kPartFiles[p], contents[p]});
  }
  write_files(files);
  return result;
}

}  // namespace unroll
