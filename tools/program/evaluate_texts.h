/// A model's answers on labelled texts, and how good they are.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/evaluation.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

/// The records of a file, with labels that are the model's as numbers. Says on stderr what is
/// dubious. Throws DataError, also for texts of several labels where the model answers one.
std::vector<Record> read_labelled(const std::string& path, const ReadOptions& options,
                                  const TextPredictor& predictor, Terminal& terminal);

/// What `read_labelled` does with records that were read before, from `path`.
void match_model(std::vector<Record>& records, const std::string& path,
                 const TextPredictor& predictor, ReadReport& report);

/// Predicts all records. `threshold` matters where texts have any number of labels; `seen` gets
/// each answer, in order.
Evaluation evaluate_texts(const TextPredictor& predictor, std::span<const Record> records,
                          double threshold, Terminal& terminal,
                          const std::function<void(const Record&, const Prediction&)>& seen = {});

}  // namespace unroll
