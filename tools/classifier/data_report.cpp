#include "unroll/tools/classifier/data_report.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "unroll/text/labels.h"
#include "unroll/text/lexicon.h"
#include "unroll/text/near_repeats.h"
#include "unroll/text/unicode.h"

namespace unroll {

namespace {

constexpr std::size_t kLongestLabel = 100;
constexpr std::size_t kFewestManifold = 10;  // three rows may well have three labels

void count_row(RowCount& count, std::size_t line) {
  if (count.rows++ == 0) count.line = line;
}

double share_of(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// ------------------------------------------------------------------------------------------ labels

std::vector<LabelCount> count_labels(std::span<const Record> records) {
  std::vector<LabelCount> labels;
  for (const auto& [label, found] : rows_by_label(records)) {
    labels.push_back({.label = std::string(label),
                      .rows = found.rows,
                      .share = share_of(found.rows, records.size()),
                      .line = found.line});
  }
  std::ranges::stable_sort(labels, std::greater<>(), &LabelCount::rows);
  return labels;
}

bool is_unusual(std::string_view label) {
  const auto is_odd = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == ',' || c == ';' || c == '"';
  };
  return label.size() > kLongestLabel || std::ranges::any_of(label, is_odd);
}

std::optional<double> number_of(std::string_view label) {
  double number = 0;
  const char* end = label.data() + label.size();
  const auto [parsed, error] = std::from_chars(label.data(), end, number);
  return error == std::errc() && parsed == end ? std::optional(number) : std::nullopt;
}

/// Adds a doubt about each label that has the key of an earlier one.
template <typename KeyOf>
void doubt_twins(std::span<const LabelCount> labels, LabelDoubt doubt, KeyOf key_of,
                 std::vector<DoubtfulLabel>& doubtful) {
  std::map<typename decltype(key_of(std::string_view()))::value_type, std::string_view> seen;
  for (const LabelCount& label : labels) {
    const auto key = key_of(label.label);
    if (!key) continue;
    const auto [found, is_new] = seen.emplace(*key, label.label);
    if (!is_new) doubtful.push_back({doubt, label.label, std::string(found->second), label.line});
  }
}

void doubt_headers(const DataFile& file, std::vector<DoubtfulLabel>& doubtful) {
  const auto is_column = [&](const std::string& text) {
    return std::ranges::find(file.columns, text) != file.columns.end();
  };
  for (const Record& record : file.records) {
    if (is_column(record.label) && is_column(record.text))
      doubtful.push_back({LabelDoubt::kHeader, record.label, "", record.line});
  }
}

std::vector<DoubtfulLabel> doubtful_labels(const DataFile& file,
                                           std::span<const LabelCount> labels) {
  std::vector<DoubtfulLabel> doubtful;
  if (file.records.size() >= kFewestManifold && 2 * labels.size() > file.records.size()) {
    return {{LabelDoubt::kManifold, labels.front().label, "", labels.front().line}};
  }
  for (const LabelCount& label : labels)
    if (label.rows == 1) doubtful.push_back({LabelDoubt::kSingle, label.label, "", label.line});
  doubt_twins(
      labels, LabelDoubt::kAlike,
      [](std::string_view label) { return std::optional(letters_of(label)); }, doubtful);
  doubt_twins(labels, LabelDoubt::kNumber, number_of, doubtful);
  for (const LabelCount& label : labels)
    if (is_unusual(label.label))
      doubtful.push_back({LabelDoubt::kUnusual, label.label, "", label.line});
  doubt_headers(file, doubtful);
  return doubtful;
}

std::vector<LabelCount> unseen_labels(std::span<const LabelCount> labels,
                                      std::span<const LabelCount> first) {
  std::set<std::string_view> known;
  for (const LabelCount& label : first) known.insert(label.label);
  std::vector<LabelCount> unseen;
  std::ranges::copy_if(labels, std::back_inserter(unseen),
                       [&](const LabelCount& label) { return !known.contains(label.label); });
  return unseen;
}

// ------------------------------------------------------------------------------------------- texts

/// What the tokens of a file's texts are like.
class TokenReport {
 public:
  TokenReport(const TextEncoder& encoder, std::size_t max_tokens, FileReport& report)
      : encoder_(encoder), max_tokens_(max_tokens), report_(report) {}

  void add(const Record& record, const TokenizedText& text) {
    const std::size_t length = text.tokens.size();
    lengths_.push_back(length);
    tokens_ += length;
    if (length == 0) return count_row(report_.empty, record.line);
    if (length > max_tokens_) {
      ++report_.tokens.cut;
      lost_ += length - max_tokens_;
    }
    count_unknown(text);
  }

  void finish() {
    std::ranges::sort(lengths_);
    if (lengths_.empty()) return;
    const auto at = [&](std::size_t tenths) {
      return lengths_[(lengths_.size() - 1) * tenths / 10];
    };
    report_.tokens.shortest = at(0);
    report_.tokens.median = at(5);
    report_.tokens.ninetieth = at(9);
    report_.tokens.longest = at(10);
    report_.tokens.lost_share = share_of(lost_, tokens_);
    report_.unknown_share = share_of(unknown_, tokens_);
  }

 private:
  /// A word that becomes its characters is unknown if none of them is known.
  void count_unknown(const TokenizedText& text) {
    std::size_t unknown = 0;
    for (const std::string& token : text.tokens) {
      ids_.clear();
      encoder_.append_ids(token, ids_);
      if (std::ranges::all_of(ids_, [](std::int32_t id) { return id == Vocabulary::kUnknown; }))
        ++unknown;
    }
    unknown_ += unknown;
    if (unknown == text.tokens.size()) ++report_.unknown_rows;
  }

  const TextEncoder& encoder_;
  std::size_t max_tokens_;
  FileReport& report_;
  std::vector<std::size_t> lengths_;
  std::vector<std::int32_t> ids_;
  std::size_t tokens_ = 0, lost_ = 0, unknown_ = 0;
};

void find_troubles(std::span<const Record> records, FileReport& report) {
  std::map<TextTrouble, RowCount> counts;
  for (const Record& record : records)
    for (const TextTrouble trouble : trouble_in(record.text))
      count_row(counts[trouble], record.line);
  for (const auto& [trouble, found] : counts) report.troubles.push_back({trouble, found});
}

void find_conflicts(std::span<const Record> records, FileReport& report) {
  std::unordered_map<std::string_view, std::set<std::string_view>> labels;
  for (const Record& record : records) labels[record.text].insert(record.label);
  for (const auto& [text, of_text] : labels) report.conflicting_texts += of_text.size() > 1 ? 1 : 0;
  for (const Record& record : records)
    if (labels.at(record.text).size() > 1) count_row(report.conflicts, record.line);
}

// ----------------------------------------------------------------------------------------- repeats

/// All texts of all files, numbered one after the other.
class RepeatFinder {
 public:
  explicit RepeatFinder(std::span<const DataFile> files) : firsts_(files.size()) {
    for (std::uint32_t file = 0; file < files.size(); ++file) {
      for (const Record& record : files[file].records) {
        texts_.push_back(record.text);
        lines_.push_back(record.line);
        files_.push_back(file);
      }
    }
  }

  /// By earlier and later file; a file with itself: repeats within it.
  std::map<std::pair<std::size_t, std::size_t>, RepeatCount> find() {
    for (std::uint32_t text = 0; text < texts_.size(); ++text) {
      for (std::uint32_t file = 0; file <= files_[text]; ++file) find_exact(text, file);
      firsts_[files_[text]].emplace(texts_[text], text);
    }
    for (const NearTwin& twin : near_twins(texts_, files_)) {
      if (is_exact(twin)) continue;
      RepeatCount& count = count_of(twin.text, twin.twin);
      ++(twin.alike ? count.alike : count.near);
    }
    return std::move(counts_);
  }

 private:
  void find_exact(std::uint32_t text, std::uint32_t file) {
    const auto found = firsts_[file].find(texts_[text]);
    if (found != firsts_[file].end()) ++count_of(text, found->second).exact;
  }

  /// Whether the twin's file has the very same text before this one.
  bool is_exact(const NearTwin& twin) const {
    const auto& firsts = firsts_[files_[twin.twin]];
    const auto found = firsts.find(texts_[twin.text]);
    return found != firsts.end() && found->second < twin.text;
  }

  /// The count of their files, which notes the first pair of lines.
  RepeatCount& count_of(std::uint32_t text, std::uint32_t twin) {
    RepeatCount& count = counts_[{files_[twin], files_[text]}];
    if (count.line == 0 || lines_[text] < count.line) {
      count.line = lines_[text];
      count.twin_line = lines_[twin];
    }
    return count;
  }

  std::vector<std::string_view> texts_;
  std::vector<std::size_t> lines_;
  std::vector<std::uint32_t> files_;
  std::vector<std::unordered_map<std::string_view, std::uint32_t>> firsts_;  // of each file
  std::map<std::pair<std::size_t, std::size_t>, RepeatCount> counts_;
};

}  // namespace

std::string_view to_string(LabelDoubt doubt) {
  switch (doubt) {
    case LabelDoubt::kSingle:
      return "single";
    case LabelDoubt::kAlike:
      return "alike";
    case LabelDoubt::kNumber:
      return "number";
    case LabelDoubt::kUnusual:
      return "unusual";
    case LabelDoubt::kHeader:
      return "header";
    case LabelDoubt::kManifold:
      return "manifold";
  }
  return "";
}

TextEncoder encoder_for(std::span<const Record> records, const TextOptions& options) {
  const std::vector<std::string_view> texts = texts_of(records);
  return encoder_of(texts, settings_for(options, texts), options.vocabulary);
}

DataReport report_on(std::span<const DataFile> files, const TextOptions& options) {
  DataReport report;
  report.max_tokens = options.max_tokens;
  report.min_count = options.vocabulary.min_count;
  if (files.empty()) return report;
  const TextEncoder encoder = encoder_for(files.front().records, options);
  const EncoderSettings& settings = encoder.settings();
  report.tokenizer = settings.tokenizer.kind;
  report.vocabulary = encoder.vocabulary().size();
  for (const DataFile& file : files) {
    FileReport& of_file = report.files.emplace_back();
    of_file.name = file.name;
    of_file.format = file.format;
    of_file.columns = file.columns;
    of_file.rows = file.records.size();
    of_file.labels = count_labels(file.records);
    of_file.doubtful = doubtful_labels(file, of_file.labels);
    of_file.unseen = unseen_labels(of_file.labels, report.files.front().labels);
    TokenReport tokens(encoder, options.max_tokens, of_file);
    for_each_tokenized(
        texts_of(file.records), settings,
        [&](std::size_t row, const TokenizedText& text) { tokens.add(file.records[row], text); });
    tokens.finish();
    find_troubles(file.records, of_file);
    find_conflicts(file.records, of_file);
  }
  for (auto& [pair, repeats] : RepeatFinder(files).find()) {
    if (pair.first == pair.second) {
      report.files[pair.first].repeats = repeats;
    } else {
      report.overlaps.push_back({pair.first, pair.second, repeats});
    }
  }
  return report;
}

}  // namespace unroll
