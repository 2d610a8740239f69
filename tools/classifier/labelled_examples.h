/// Records become examples: texts the numbers of their tokens, labels numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "unroll/text/batches.h"
#include "unroll/text/encoder.h"
#include "unroll/text/label_sets.h"
#include "unroll/text/records.h"

namespace unroll {

/// The labels of examples, or the numbers of their sets of labels.
std::vector<std::int32_t> labels_of(std::span<const Example> examples);
std::vector<float> weights_of(std::span<const Example> examples);

/// What Example::label is: the number of a label, or of a set of labels.
class LabelNumbers {
 public:
  /// `labels` are in byte order. `sets`: null where each text has one label.
  LabelNumbers(const std::vector<std::string>& labels, LabelSets* sets)
      : labels_(labels), sets_(sets) {}
  /// −1 for a label that is not among them.
  std::int32_t operator()(const Record& record) const;

 private:
  const std::vector<std::string>& labels_;
  LabelSets* sets_;
};

/// What is done with the tokens of a block of texts, or nothing.
using TakeTokens = std::function<void(std::span<const TokenizedText>)>;
/// Makes the tokens of texts the ids of examples, or what will become these.
using ToNumbers =
    std::function<std::vector<std::vector<std::int32_t>>(std::span<const TokenizedText>)>;

struct TakenExamples {
  std::vector<Example> examples;
  std::size_t cut_texts = 0;    ///< longer than the settings' max_tokens
  std::size_t empty_texts = 0;  ///< without a token
  std::size_t held_bytes = 0;   ///< by the process at its largest, as measured
};

/// Splits texts block by block, so that the tokens of one block are held, and frees each text then.
TakenExamples take_examples(std::vector<Record> records, const LabelNumbers& label_of,
                            const EncoderSettings& settings, const TakeTokens& take_tokens,
                            const ToNumbers& to_numbers);

}  // namespace unroll
