#include "unroll/tools/program/train/run_ranks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "unroll/core/file.h"
#include "unroll/core/temporary.h"
#include "unroll/tools/classifier/run_folder.h"
#include "unroll/tools/classifier/run_identity.h"
#include "unroll/tools/classifier/training_settings.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/ranks.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/train/train_result.h"

namespace unroll {

namespace {

/// The state of a checkpoint that the first rank has sent, in a file until it was read.
struct SentState {
  explicit SentState(const std::string& bytes)
      : file(std::filesystem::temp_directory_path() / fmt::format("unroll-{}.ckpt", ::getpid())) {
    write_file(file.path(), bytes);
    state = SavedState::open(file.path());
  }

  Temporary file;
  SavedState state;
};

}  // namespace

void start_alike(const TrainFlags& flags, const TextClassifier& start, Ranks& ranks) {
  if (ranks.count() == 1) return;
  agree(ranks, {.what = "settings", .advice = "give all the same flags and the same settings file"},
        [&] { return to_json(training_settings(flags.options)); });
  agree(ranks,
        {.what = "first values",
         .advice = "dictionaries, stop words, word vectors and --init must "
                   "be the same files, and ICU the same version"},
        [&] { return identity_of(start); });
  agree(ranks,
        {.what = "kernels",
         .advice = "set UNROLL_ISA to an instruction set that all of them have "
                   "(`unroll doctor` lists them)"},
        [&] { return this_machine(); });
}

std::shared_ptr<SavedState> share_checkpoint(const TrainFlags& flags,
                                             std::shared_ptr<SavedState> own, Ranks& ranks) {
  if (ranks.count() == 1) return own;
  const auto path = std::filesystem::path(flags.out) / RunFolder::kFileName;
  const std::string bytes = ranks.from_first(own ? read_file(path) : "");
  if (ranks.is_first() || bytes.empty()) return own;
  const auto sent = std::make_shared<SentState>(bytes);
  return {sent, &sent->state};
}

void tell_of_ranks(const ShardTimes& times, Terminal& terminal) {
  if (times.ranks == 1 || times.steps == 0) return;
  const StepTimes step(times);
  terminal.note(
      fmt::format("ranks   {}: a step takes {:.2f} ms: {:.2f} to compute, {:.2f} to exchange {}, "
                  "{:.2f} to wait "
                  "for the slowest",
                  times.ranks, step.compute + step.exchange + step.wait, step.compute,
                  step.exchange, mib_text(static_cast<std::size_t>(step.bytes)), step.wait));
}

void tell_of_loss(const std::string& loss, const TrainFlags& flags) {
  speak();
  write_stderr(fmt::format(
      "unroll: {}; {}\n", loss,
      flags.run.checkpoint_minutes > 0
          ? "the same command goes on from the last checkpoint, with any number of processes"
          : "there is no checkpoint (--checkpoint-minutes 0)"));
}

}  // namespace unroll
