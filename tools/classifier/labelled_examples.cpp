#include "unroll/tools/classifier/labelled_examples.h"

#include <algorithm>

#include "unroll/text/labels.h"
#include "unroll/tools/classifier/process_memory.h"
#include "unroll/tools/classifier/text_options.h"

namespace unroll {

namespace {

/// The number of a label among labels in byte order, −1 if it is not among them.
std::int32_t number_of(const std::string& label, const std::vector<std::string>& labels) {
  const auto found = std::ranges::lower_bound(labels, label);
  const bool is_known = found != labels.end() && *found == label;
  return is_known ? static_cast<std::int32_t>(found - labels.begin()) : -1;
}

/// The numbers of a record's labels, in rising order.
std::vector<std::int32_t> numbers_of(const Record& record, const std::vector<std::string>& labels) {
  std::vector<std::int32_t> numbers;
  for (const std::string_view label : labels_of(record)) {
    numbers.push_back(number_of(std::string(label), labels));
  }
  std::ranges::sort(numbers);
  const auto repeats = std::ranges::unique(numbers);
  numbers.erase(repeats.begin(), repeats.end());
  return numbers;
}

/// The first records that are split at once.
std::span<const Record> first_block(std::span<const Record> records) {
  std::size_t count = 0, bytes = 0;
  while (count < records.size() && bytes < bytes_at_a_time()) bytes += records[count++].text.size();
  return records.first(count);
}

}  // namespace

std::vector<std::int32_t> labels_of(std::span<const Example> examples) {
  std::vector<std::int32_t> labels;
  for (const Example& example : examples) labels.push_back(example.label);
  return labels;
}

std::vector<float> weights_of(std::span<const Example> examples) {
  std::vector<float> weights;
  for (const Example& example : examples) weights.push_back(example.weight);
  return weights;
}

std::int32_t LabelNumbers::operator()(const Record& record) const {
  return sets_ == nullptr ? number_of(record.label, labels_)
                          : sets_->number_of(numbers_of(record, labels_));
}

TakenExamples take_examples(std::vector<Record> records, const LabelNumbers& label_of,
                            const EncoderSettings& settings, const TakeTokens& take_tokens,
                            const ToNumbers& to_numbers) {
  TakenExamples taken;
  taken.examples.reserve(records.size());
  while (taken.examples.size() < records.size()) {
    const auto block = first_block(std::span(records).subspan(taken.examples.size()));
    const std::vector<TokenizedText> texts = tokenize(texts_of(block), settings);
    taken.held_bytes = std::max(taken.held_bytes, resident_bytes());
    if (take_tokens) take_tokens(texts);
    std::vector<std::vector<std::int32_t>> numbers = to_numbers(texts);
    for (std::size_t k = 0; k < texts.size(); ++k) {
      Record& record = records[taken.examples.size()];
      taken.examples.push_back({std::move(numbers[k]), label_of(record), record.weight});
      taken.cut_texts += texts[k].tokens.size() > settings.max_tokens ? 1 : 0;
      taken.empty_texts += texts[k].tokens.empty() ? 1 : 0;
      std::string().swap(record.text);
    }
  }
  return taken;
}

}  // namespace unroll
