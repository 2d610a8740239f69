/// What makes a training run this run and no other, in short texts: what must be the same when it
/// goes on (run_folder.h), and on all the machines that share it.
#pragma once

#include <span>
#include <string>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll {

/// A hash of labels and text of each record, and of how much it counts; not of its line.
std::string identity_of(std::span<const Record> records);

/// A hash of how texts become ids, and of the network's first values, word vectors included.
std::string identity_of(const TextClassifier& start);

/// What the kernels that compute the bits depend on.
std::string this_machine();

}  // namespace unroll
