#include "unroll/tools/classifier/data_report.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "unroll/text/labels.h"
#include "unroll/text/lexicon.h"
#include "unroll/text/near_repeats.h"
#include "unroll/text/split.h"
#include "unroll/text/unknown_share.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

namespace {

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
  const RowsByLabel rows = rows_by_label(file.records);
  if (are_nearly_unique(rows, file.records.size()))
    return {{LabelDoubt::kManifold, labels.front().label, "", labels.front().line}};
  for (const LabelCount& label : labels)
    if (label.rows == 1) doubtful.push_back({LabelDoubt::kSingle, label.label, "", label.line});
  for (const LookAlike& alike : look_alikes(rows)) {
    doubtful.push_back({alike.are_numbers ? LabelDoubt::kNumber : LabelDoubt::kAlike,
                        std::string(alike.label), std::string(alike.other),
                        rows.at(alike.label).line});
  }
  for (const LabelCount& label : labels)
    if (is_odd_label(label.label))
      doubtful.push_back({LabelDoubt::kUnusual, label.label, "", label.line});
  doubt_headers(file, doubtful);
  std::ranges::stable_sort(
      doubtful, {}, [](const DoubtfulLabel& label) { return std::pair(label.doubt, label.line); });
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
    // The least length that so many tenths of the texts, or more, do not exceed.
    const auto at = [&](std::size_t tenths) {
      return lengths_[(lengths_.size() * tenths + 9) / 10 - 1];
    };
    report_.tokens.shortest = lengths_.front();
    report_.tokens.median = at(5);
    report_.tokens.ninetieth = at(9);
    report_.tokens.longest = lengths_.back();
    report_.tokens.lost_share = share_of(lost_, tokens_);
    report_.unknown_share = share_of(unknown_, tokens_);
  }

 private:
  void count_unknown(const TokenizedText& text) {
    const auto unknown = static_cast<std::size_t>(std::ranges::count_if(
        text.tokens, [this](const std::string& token) { return !encoder_.knows(token); }));
    unknown_ += unknown;
    if (unknown == text.tokens.size()) ++report_.unknown_rows;
  }

  const TextEncoder& encoder_;
  std::size_t max_tokens_;
  FileReport& report_;
  std::vector<std::size_t> lengths_;
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
  std::unordered_map<std::string_view, std::set<std::set<std::string_view>>> labels;
  for (const Record& record : records) {
    const std::vector<std::string_view> of_row = labels_of(record);
    labels[record.text].emplace(of_row.begin(), of_row.end());
  }
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

TextEncoder encoder_for(RecordStream& stream, const TextOptions& options) {
  std::vector<std::string> beginning;
  std::size_t bytes = 0;
  for (auto block = stream.read(bytes_at_a_time()); !block.empty() && bytes < kMostBytesLookedAt;
       block = stream.read(bytes_at_a_time())) {
    for (const Record& record : block) {
      bytes += record.text.size();
      beginning.push_back(record.text);
    }
  }
  const std::vector<std::string_view> views(beginning.begin(), beginning.end());
  const EncoderSettings settings = settings_for(options, views);
  Lexicon lexicon;
  stream.rewind();
  for (auto block = stream.read(bytes_at_a_time()); !block.empty();
       block = stream.read(bytes_at_a_time()))
    lexicon.add(tokenize(texts_of(block), settings), settings.max_tokens);
  return encoder_of(lexicon, settings, options.vocabulary);
}

namespace {

/// The settings that training would choose, by the dev texts of a second file or of rows that it
/// would hold back.
ChosenSettings chosen_for(std::span<const DataFile> files, const TextOptions& options) {
  const std::vector<std::string_view> texts = texts_of(files.front().records);
  if (files.size() > 1) return choose_settings(options, texts, texts_of(files[1].records));
  const TrainClassifierOptions defaults;
  const std::array fractions{1 - defaults.dev_fraction, defaults.dev_fraction};
  std::array<std::vector<std::string_view>, 2> parts;
  const auto rows = stratified_split(files.front().records, fractions, defaults.seed);
  for (std::size_t p = 0; p < parts.size(); ++p)
    for (const std::size_t row : rows[p]) parts[p].push_back(texts[row]);
  return choose_settings(options, parts[0], parts[1]);
}

}  // namespace

DataReport report_on(std::span<const DataFile> files, const TextOptions& options) {
  DataReport report;
  report.max_tokens = options.max_tokens;
  report.min_count = options.vocabulary.min_count;
  if (files.empty()) return report;
  const ChosenSettings chosen = chosen_for(files, options);
  const EncoderSettings& settings = chosen.settings;
  const TextEncoder encoder =
      encoder_of(texts_of(files.front().records), settings, options.vocabulary);
  report.tokenizer = chosen.tokenizer;
  report.unknown_as_words = chosen.unknown_share;
  report.vocabulary = encoder.vocabulary().size();
  for (const DataFile& file : files) {
    FileReport& of_file = report.files.emplace_back();
    of_file.name = file.name;
    of_file.format = file.format;
    of_file.columns = file.columns;
    of_file.rows = file.records.size();
    of_file.left_out = file.left_out;
    of_file.labels = count_labels(file.records);
    for (const Record& record : file.records) {
      const std::size_t labels = labels_of(record).size();
      of_file.several_labels += labels > 1 ? 1 : 0;
      of_file.no_label += labels == 0 ? 1 : 0;
    }
    of_file.doubtful = doubtful_labels(file, of_file.labels);
    of_file.unseen = unseen_labels(of_file.labels, report.files.front().labels);
    TokenReport tokens(encoder, options.max_tokens, of_file);
    for_each_block(texts_of(file.records), settings,
                   [&](std::size_t row, std::span<const TokenizedText> block) {
                     for (const TokenizedText& text : block) tokens.add(file.records[row++], text);
                   });
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
