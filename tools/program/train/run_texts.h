/// The texts of a run of `unroll train`: read into memory, or streamed through a cache of their
/// ids.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/tools/classifier/streamed_texts.h"
#include "unroll/tools/program/train/train_flags.h"

namespace unroll {

class Ranks;
class Terminal;

/// Those to train on are held, or streamed.
struct RunTexts {
  std::vector<Record> train;
  std::unique_ptr<StreamedTexts> streamed;
  std::vector<Record> dev;
};

/// Reads them on all ranks, which must find the same. Says on the terminal what is dubious. Throws
/// what read_records throws, and UsageError where several ranks would have to stream.
RunTexts read_texts(const TrainFlags& flags, Terminal& terminal, Ranks& ranks);

/// The process at its largest while these texts were read into memory, in bytes.
std::size_t reading_bytes(const TrainFlags& flags, const RunTexts& texts);

}  // namespace unroll
