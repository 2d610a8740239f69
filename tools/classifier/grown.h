/// A trained classifier that goes on with new texts: its words and labels, and those that are new.
///
/// Words keep their ids, and new ones come behind them, the most frequent first. Labels are sorted
/// anew. A new word or label begins as in a fresh network; all others begin with what was learnt.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "unroll/layers/sequence_classifier.h"
#include "unroll/text/vocabulary.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll {

/// Throws UsageError if the classifier has no network, or answers one label where new texts have
/// any number.
void check_start(const TextClassifier& start, OutputKind output);

/// The vocabulary with those words of the counted ones that are new and within the limits. The
/// counts of new texts join those of the old ones.
Vocabulary grown(const Vocabulary& known,
                 const std::unordered_map<std::string, std::uint64_t>& counts,
                 const Vocabulary::Limits& limits);

/// All labels of both, in byte order.
std::vector<std::string> grown(const std::vector<std::string>& known,
                               std::vector<std::string> labels);

/// Copies what was learnt into a fresh model of the grown vocabulary and labels.
void copy_learnt(const TextClassifier& start, const std::vector<std::string>& labels,
                 SequenceClassifier<float>& model);

}  // namespace unroll
