#include "unroll/tools/classifier/streamed_texts.h"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/hash.h"
#include "unroll/core/parallel.h"
#include "unroll/text/folding.h"
#include "unroll/text/jieba_dictionary.h"
#include "unroll/text/jieba_files.h"
#include "unroll/text/record_hash.h"
#include "unroll/text/unicode.h"
#include "unroll/text/unknown_share.h"
#include "unroll/tools/classifier/text_cache.h"
#include "unroll/tools/classifier/text_classifier.h"
#include "unroll/tools/classifier/version.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

// ------------------------------------------------------------------------------------------- key

std::string file_hash(const std::string& path) {
  if (path.empty()) return "";
  const MappedFile file(path);
  Hash hash;
  file.for_each_piece(file.bytes(), [&](std::string_view piece) { hash.add(piece); });
  return hash.digits();
}

void add_reading(const ReadOptions& options, Hash& hash) {
  for (const std::string& text :
       {options.text_column, options.label_column, options.weight_column, options.label_separator})
    hash.add_text(text);
  const auto number = [](auto value) { return value ? static_cast<int>(*value) : -1; };
  hash.add_text(fmt::format("{} {} {} {} {} {}", options.header, number(options.format),
                            number(options.separator), static_cast<int>(options.quoting),
                            options.encoding, static_cast<int>(options.bad_rows)));
}

/// What decides how texts become tokens, files included.
void add_tokenizing(const TextOptions& options, Hash& hash) {
  hash.add_text(
      fmt::format("{} {} {} {} {} {} {}", options.tokenizer ? to_string(*options.tokenizer) : "",
                  options.subwords, options.fold, to_string(options.language), options.max_tokens,
                  options.vocabulary.min_count, options.vocabulary.max_size));
  const StopWords stop_words =
      StopWords::load(options.stop_words, {options.fold, options.language});
  for (const std::string_view word : stop_words.words()) hash.add_text(word);
  if (options.tokenizer != TokenizerKind::kJieba) return;
  const JiebaDictionary dictionary = read_jieba({options.dictionary, options.user_dictionary});
  hash.add_text(dictionary.packed_words());
  hash.add_text(dictionary.packed_hmm());
}

std::string key_of(const RecordStream& stream, const ReadOptions& reading,
                   const TrainClassifierOptions& options, const std::string& dev_hash) {
  Hash hash;
  for (const std::string& text : {std::string(kVersion), icu_version(), stream.hash(), dev_hash})
    hash.add_text(text);
  add_reading(reading, hash);
  add_tokenizing(options, hash);
  hash.add_text(fmt::format("{} {} {} {}", options.dev_fraction, options.seed, options.ngrams,
                            options.vectors.empty()));
  hash.add_text(options.keep_vectors > 0 ? file_hash(options.vectors) : "");
  hash.add_text(fmt::format("{}", options.keep_vectors));
  hash.add_text(options.start ? options.start->hash() : "");
  return hash.digits();
}

// ----------------------------------------------------------------------------------------- notes

Json json_of(const TextSurvey& survey) {
  Json labels = Json::array(), remarks = Json::array();
  for (const auto& [label, found] : survey.labels)
    labels.push_back({label, found.rows, found.line});
  for (const Remark& remark : survey.remarks) remarks.push_back({remark.is_warning, remark.text});
  return {{"file", survey.file},
          {"rows", survey.rows},
          {"hash", survey.hash},
          {"labels", labels},
          {"several", survey.several},
          {"none", survey.none},
          {"first_of_either", survey.first_of_either},
          {"remarks", remarks}};
}

TextSurvey survey_from(const Json& json) {
  TextSurvey survey{.file = json.at("file"),
                    .rows = json.at("rows"),
                    .hash = json.at("hash"),
                    .labels = {},
                    .several = json.at("several"),
                    .none = json.at("none"),
                    .first_of_either = json.at("first_of_either"),
                    .remarks = {}};
  for (const Json& label : json.at("labels"))
    survey.labels[label.at(0)] = {.rows = label.at(1), .line = label.at(2)};
  for (const Json& remark : json.at("remarks"))
    survey.remarks.push_back({remark.at(0), remark.at(1)});
  return survey;
}

Json json_of(const EncodedTexts& encoded) {
  return {{"own_words", encoded.own_words},
          {"unknown", encoded.unknown},
          {"combinations", encoded.combinations},
          {"tokenizer", to_string(encoded.tokenizer.kind)},
          {"reason", static_cast<int>(encoded.tokenizer.reason)},
          {"unknown_share", encoded.unknown_share},
          {"cut_texts", encoded.cut_texts},
          {"empty_texts", encoded.empty_texts}};
}

Json json_of(std::span<const Record> records) {
  Json list = Json::array();
  for (const Record& record : records)
    list.push_back({record.text, record.label, record.line, record.weight, record.more_labels});
  return list;
}

std::vector<Record> records_from(const Json& list) {
  std::vector<Record> records;
  for (const Json& item : list)
    records.push_back({item.at(0), item.at(1), item.at(2), item.at(3), item.at(4)});
  return records;
}

template <typename Number>
std::string_view bytes_of(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

/// Copies a section piece by piece, so that it is not in memory twice.
template <typename Number>
void read_numbers(const RowFile& file, const std::string& name, std::vector<Number>& numbers) {
  numbers.resize(file.section(name).size() / sizeof(Number));
  char* to = reinterpret_cast<char*>(numbers.data());
  file.read_section(name, [&](std::string_view piece) { to += piece.copy(to, piece.size()); });
}

std::filesystem::path in_folder(const std::filesystem::path& folder, std::string_view name) {
  make_folder(folder);
  remove_litter(folder);
  return folder / name;
}

}  // namespace

// ------------------------------------------------------------------------------------------ passes

StreamedTexts::StreamedTexts(const std::string& path, const ReadOptions& reading,
                             const TrainClassifierOptions& options, StreamingOptions streaming)
    : streaming_(std::move(streaming)),
      stream_(path, reading, in_folder(streaming_.cache, fmt::format("text.{}", ::getpid()))) {
  const std::string key = key_of(stream_, reading, options, streaming_.dev_hash);
  path_ = streaming_.cache / (key + std::string(kRowsEnding));
  look();
  if (file_) return;
  if (holds_back()) hold_back_.emplace(options.dev_fraction, options.seed);
  take_survey();
  if (hold_back_) splitting_bytes_ = HoldBack::bytes(survey_.rows, options.dev_fraction);
}

StreamedTexts::~StreamedTexts() = default;

void StreamedTexts::look() {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) return;
  try {
    file_ = std::make_unique<RowFile>(path_);
    read_notes();
  } catch (const std::exception& error) {
    file_.reset();
    damage_ = error.what();
  }
}

void StreamedTexts::tell(std::string_view what, std::size_t rows, double share) const {
  if (streaming_.progress) streaming_.progress(what, rows, share);
  if (meanwhile_) meanwhile_();
}

/// Calls body(records, the number of the first) for all blocks of the file.
template <typename Body>
void StreamedTexts::for_each_block(std::string_view what, Body body) {
  stream_.rewind();
  std::size_t row = 0, bytes = 0;
  for (auto records = stream_.read(bytes_at_a_time()); !records.empty();
       records = stream_.read(bytes_at_a_time())) {
    for (const Record& record : records) bytes += record.text.size() + record.label.size() + 2;
    const std::size_t rows = records.size();
    const bool goes_on = body(records, row);
    row += rows;
    const double share = survey_.rows > 0
                             ? static_cast<double>(row) / static_cast<double>(survey_.rows)
                             : static_cast<double>(bytes) / static_cast<double>(stream_.bytes());
    tell(what, row, std::min(share, 1.0));
    if (!goes_on) return;
  }
}

void StreamedTexts::take_survey() {
  RecordHash hash;
  TextSurvey found;
  found.file = stream_.name();
  for_each_block("reading", [&](std::span<const Record> records, std::size_t) {
    hash.add(records);
    for (const Record& record : records) {
      ++found.rows;
      count_labels(record, found.labels);
      found.several += record.more_labels.empty() ? 0 : 1;
      found.none += record.label.empty() ? 1 : 0;
      if (found.several + found.none == 1 && found.first_of_either == 0)
        found.first_of_either = record.line;
      if (hold_back_) hold_back_->add(record);
    }
    return true;
  });
  if (hold_back_) hold_back_->decide();
  found.hash = hash.digits();
  ReadReport report = stream_.report();
  examine_labels(views_of(found.labels), found.rows, stream_.name(), report);
  found.remarks = std::move(report.remarks);
  survey_ = std::move(found);
}

bool StreamedTexts::is_held_back(std::size_t row, const Record& record) const {
  return hold_back_ && hold_back_->holds(row, record);
}

StreamedTexts::Beginning StreamedTexts::beginning() {
  Beginning found;
  std::size_t train = 0, dev = 0;
  for_each_block("looking", [&](std::span<Record> records, std::size_t row) {
    for (Record& record : records) {
      const bool is_dev = is_held_back(row++, record);
      std::size_t& bytes = is_dev ? dev : train;
      if (bytes >= kMostBytesLookedAt) continue;
      bytes += record.text.size();
      (is_dev ? found.dev : found.train).push_back(record.text);
    }
    constexpr std::size_t kOfDev = std::size_t{1} << 20;
    return train < kMostBytesLookedAt || (holds_back() && dev < kOfDev);
  });
  return found;
}

void StreamedTexts::number(const EncoderSettings& settings, Lexicon& lexicon, NgramSample* ngrams,
                           EncodedTexts& encoded) {
  numbers_writer_ = std::make_unique<RowFileWriter>(streaming_.cache / "numbers");
  CombinationCounts combinations;
  for_each_block("tokenizing", [&](std::span<Record> records, std::size_t row) {
    std::vector<const Record*> train;
    for (Record& record : records) {
      if (is_held_back(row++, record)) {
        held_back_.push_back(std::move(record));
      } else {
        train.push_back(&record);
      }
    }
    std::vector<std::string_view> views;
    for (const Record* record : train) views.push_back(record->text);
    const std::vector<TokenizedText> texts = tokenize(views, settings);
    if (ngrams != nullptr) ngrams->add(texts);
    const auto numbers = lexicon.add(texts, settings.max_tokens);
    for (std::size_t k = 0; k < texts.size(); ++k) {
      numbers_writer_->add(numbers[k], static_cast<std::int32_t>(combinations.add(*train[k])),
                           train[k]->weight);
      encoded.cut_texts += texts[k].tokens.size() > settings.max_tokens ? 1 : 0;
      encoded.empty_texts += texts[k].tokens.empty() ? 1 : 0;
    }
    return true;
  });
  for (std::size_t k = 0; k < combinations.size(); ++k)
    encoded.combinations.push_back(combinations[k]);
}

void StreamedTexts::encode(const Lexicon::Ids& ids, EncodedTexts& encoded) {
  constexpr std::size_t kRowsAtATime = std::size_t{1} << 14;
  {
    const RowFile numbers(numbers_writer_->finish_unnamed());
    RowFileWriter writer(path_);
    std::vector<std::vector<std::int32_t>> block(kRowsAtATime);
    for (std::size_t first = 0; first < numbers.size(); first += kRowsAtATime) {
      const std::size_t count = std::min(kRowsAtATime, numbers.size() - first);
      parallel_for(count, 1024, [&](Range rows) {
        for (std::size_t k = rows.begin; k < rows.end; ++k) {
          numbers.ids(first + k, block[k]);
          ids.encode(block[k]);
        }
      });
      for (std::size_t k = 0; k < count; ++k)
        writer.add(block[k], numbers.label(first + k), numbers.weight(first + k));
      numbers.release();
      tell("encoding", first + count,
           static_cast<double>(first + count) / static_cast<double>(numbers.size()));
    }
    write_sections(encoded, writer);
    writer.finish();
  }
  numbers_writer_.reset();
  file_ = std::make_unique<RowFile>(path_);
}

void StreamedTexts::write_sections(const EncodedTexts& encoded, RowFileWriter& writer) const {
  const auto add = [&](const std::string& name, std::string_view bytes) {
    writer.begin_section(name);
    writer.append(bytes);
  };
  add("encoder", encoded.encoder.to_json());
  add("ngrams.ends", bytes_of(encoded.ngrams.ends));
  add("ngrams.columns", bytes_of(encoded.ngrams.columns));
  add("ngrams.counts", bytes_of(encoded.ngrams.counts));
  add("ngrams.rows", bytes_of(encoded.ngram_rows));
  add("notes", Json{{"survey", json_of(survey_)},
                    {"encoded", json_of(encoded)},
                    {"held_back", json_of(held_back_)}}
                   .dump());
}

void StreamedTexts::read_notes() {
  const Json notes = Json::parse(file_->section("notes"));
  survey_ = survey_from(notes.at("survey"));
  held_back_ = records_from(notes.at("held_back"));
}

EncodedTexts StreamedTexts::read() {
  const Json notes = Json::parse(file_->section("notes")).at("encoded");
  EncodedTexts encoded;
  encoded.encoder = TextEncoder::from_json(file_->section("encoder"));
  encoded.own_words = notes.at("own_words");
  encoded.unknown = notes.at("unknown");
  encoded.combinations = notes.at("combinations");
  encoded.tokenizer = {*tokenizer_kind(notes.at("tokenizer").get<std::string>()),
                       static_cast<TokenizerReason>(notes.at("reason").get<int>())};
  encoded.unknown_share = notes.at("unknown_share");
  encoded.cut_texts = notes.at("cut_texts");
  encoded.empty_texts = notes.at("empty_texts");
  read_numbers(*file_, "ngrams.ends", encoded.ngrams.ends);
  read_numbers(*file_, "ngrams.columns", encoded.ngrams.columns);
  read_numbers(*file_, "ngrams.counts", encoded.ngrams.counts);
  read_numbers(*file_, "ngrams.rows", encoded.ngram_rows);
  return encoded;
}

}  // namespace unroll
