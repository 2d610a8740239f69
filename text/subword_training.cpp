#include "unroll/text/subword_training.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <map>
#include <unordered_map>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

/// The trainer's time grows with its texts, and pieces of eight megabytes suit the rest.
constexpr std::size_t kBytesThatTrain = std::size_t{8} << 20;
/// The trainer skips longer "words", such as a Chinese text without a space; this is below its
/// limit of 4192 bytes.
constexpr std::size_t kMostBytesOfWord = 4000;

/// Words with their counts, as the trainer's format "tsv" has them.
class CountedWords : public sentencepiece::SentenceIterator {
 public:
  explicit CountedWords(const std::map<std::string, std::size_t>& counts)
      : next_(counts.begin()), end_(counts.end()) {
    read();
  }
  bool done() const override { return is_done_; }
  void Next() override { read(); }
  const std::string& value() const override { return line_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void read() {
    is_done_ = next_ == end_;
    if (is_done_) return;
    line_ = fmt::format("{}\t{}", next_->first, next_->second);
    ++next_;
  }

  std::map<std::string, std::size_t>::const_iterator next_, end_;
  std::string line_;
  bool is_done_ = false;
};

void count_word(std::string_view word, std::map<std::string, std::size_t>& counts) {
  while (!word.empty()) {
    const std::string_view part = utf8_prefix(word, kMostBytesOfWord);
    ++counts[std::string(part)];
    word.remove_prefix(part.size());
  }
}

std::map<std::string, std::size_t> count_words(std::span<const std::string_view> texts,
                                               const FoldSettings& folding) {
  std::map<std::string, std::size_t> counts;
  std::size_t left = kBytesThatTrain;
  for (std::string_view text : texts) {
    text = utf8_prefix(text, left);
    for (const std::string& word : marked_words(fold(text, folding))) count_word(word, counts);
    left -= text.size();
    if (left == 0) break;
  }
  return counts;
}

/// Texts are folded and marked before, so the trainer changes nothing. It has one thread, because
/// the sums of several depend on which comes first.
std::unordered_map<std::string, std::string> trainer_settings(std::size_t count) {
  return {{"model_type", "unigram"},
          {"vocab_size", std::to_string(count)},
          {"hard_vocab_limit", "false"},
          {"input_format", "tsv"},
          {"normalization_rule_name", "identity"},
          {"add_dummy_prefix", "false"},
          {"remove_extra_whitespaces", "false"},
          {"bos_id", "-1"},
          {"eos_id", "-1"},
          {"num_threads", "1"},
          {"minloglevel", "2"}};
}

std::vector<Subwords::Piece> pieces_of(const sentencepiece::SentencePieceProcessor& model) {
  std::vector<Subwords::Piece> pieces;
  for (int id = 0; id < model.GetPieceSize(); ++id) {
    if (model.IsUnknown(id) || model.IsControl(id)) continue;
    // As few digits as tell this float from others.
    pieces.push_back({model.IdToPiece(id), std::stod(fmt::format("{}", model.GetScore(id)))});
  }
  return pieces;
}

void require(const sentencepiece::util::Status& status) {
  if (status.ok()) return;
  throw DataError(
      fmt::format("no subwords can be learned from the training texts: {}; take another tokenizer",
                  status.ToString()));
}

}  // namespace

bool can_train_subwords() noexcept {
  return true;
}

Subwords train_subwords(std::span<const std::string_view> texts, const FoldSettings& folding,
                        std::size_t count) {
  const auto counts = count_words(texts, folding);
  if (counts.empty()) {
    throw DataError("no subwords can be learned: the training texts have no words");
  }
  CountedWords words(counts);
  std::string serialized;
  require(sentencepiece::SentencePieceTrainer::Train(trainer_settings(count), &words, &serialized));
  sentencepiece::SentencePieceProcessor model;
  require(model.LoadFromSerializedProto(serialized));
  return Subwords(pieces_of(model));
}

}  // namespace unroll
