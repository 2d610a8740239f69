/// A model's answers on labelled texts, and how good they are.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "unroll/text/record_stream.h"
#include "unroll/tools/classifier/evaluation.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

/// The texts of a file to test a model on, with labels that are the model's as numbers. A plain
/// file may be larger than memory: it is read twice, and a block of it is held. Packed files, other
/// encodings and pipes are held whole.
class LabelledTexts {
 public:
  using Block = std::span<const Record>;

  /// Reads all of them once. Says on stderr what is dubious. Throws DataError, also for texts of
  /// several labels where the model answers one.
  LabelledTexts(const std::string& path, const ReadOptions& options, const TextPredictor& predictor,
                Terminal& terminal);
  /// Records that were read before, by this name. Throws DataError as above, but says nothing.
  LabelledTexts(std::vector<Record> records, const std::string& name,
                const TextPredictor& predictor);

  std::size_t rows() const noexcept { return rows_; }
  /// Calls body(records) for all of them in order.
  void for_each_block(const std::function<void(Block)>& body);

 private:
  void read(const std::function<void(std::span<Record>)>& body);
  void survey(const std::string& path, const ReadOptions& options, ReadReport& report);

  const TextPredictor& predictor_;
  std::unique_ptr<RecordStream> stream_;  // or else
  std::vector<Record> held_;
  std::size_t rows_ = 0;
};

/// Predicts all texts. `threshold` matters where texts have any number of labels; `seen` gets each
/// answer, in order.
Evaluation evaluate_texts(const TextPredictor& predictor, LabelledTexts& texts, double threshold,
                          Terminal& terminal,
                          const std::function<void(const Record&, const Prediction&)>& seen = {});

}  // namespace unroll
