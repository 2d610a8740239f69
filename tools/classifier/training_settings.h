/// The settings that make a model what it is, by name: what a run that goes on must have in common
/// with the one that was interrupted.
///
/// Settings that change no bit of the result are not here: threads and the limit on memory, which
/// only says in what parts a batch is computed. Neither are the paths of dictionaries, lists of
/// stop words and word vectors: what the files hold counts (tools/classifier/run_folder.h).
#pragma once

#include <map>
#include <string>

#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

/// A setting's value by its name, such as {"hidden", "128"}.
using TrainingSettings = std::map<std::string, std::string>;

/// What the layers multiply in such a training. Of kHalf it is half_precision's, and that is the
/// setting: a run that goes on where half is another precision is told so.
Precision training_precision(const TrainClassifierOptions& options);

/// For a model's notes: "fp32", "bf16"; if half was chosen, "half: fp32".
std::string precision_note(PrecisionChoice choice, Precision precision);

TrainingSettings training_settings(const TrainClassifierOptions& options);

/// How many shards these settings have, which are those of training_settings or of
/// training_settings_from_json.
std::size_t shards_in(const TrainingSettings& settings);

/// "hidden 8 then, 16 now; seed 1 then, 2 now", or "" if they are equal.
std::string difference(const TrainingSettings& then, const TrainingSettings& now);

/// As one line of JSON, and back. Throws ModelError.
std::string to_json(const TrainingSettings& settings);
TrainingSettings training_settings_from_json(const std::string& text);

}  // namespace unroll
