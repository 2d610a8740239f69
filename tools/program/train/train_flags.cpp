#include "unroll/tools/program/train/train_flags.h"

#include <cstdint>
#include <limits>

#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/lab.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/train/training_flags.h"

namespace unroll {

namespace {

void add_data_flags(CLI::App& command, TrainFlags& flags) {
  command
      .add_option("--train", flags.train,
                  "Labelled texts: TSV, CSV, JSON lines or __label__ lines; - is stdin")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--dev", flags.dev,
                  "Texts that choose the best epoch (default: a tenth of --train, held back)")
      ->type_name("FILE");
  command.add_option("--out", flags.out, "Folder of the model")->type_name("DIR")->required();
  command.add_flag("--overwrite", flags.run.overwrite, "Replace the model that --out holds");
  command
      .add_option("--checkpoint-minutes", flags.run.checkpoint_minutes,
                  "Minutes between checkpoints, from which the same command goes on after a run\n"
                  "was ended; 0: no checkpoints")
      ->check(real_number(0.0, 1e6))
      ->capture_default_str();
  command
      .add_option("--init", flags.init,
                  "Begin with the network of this model: its vocabulary and labels grow by what\n"
                  "is new")
      ->type_name("DIR");
}

void add_streaming_flags(CLI::App& command, TrainFlags& flags) {
  command.add_flag(
      "--stream", flags.stream,
      "Hold no texts in memory: read --train twice, and put the ids into a cache. That\n"
      "is done in any case where the texts do not fit into --max-memory");
  command
      .add_option("--cache", flags.cache,
                  "Folder of the cache, which later runs on the same texts use\n"
                  "(default: unroll-cache next to --out)")
      ->type_name("DIR");
}

void add_limit_flag(CLI::App& command, double& max_minutes) {
  command
      .add_option("--max-minutes", max_minutes,
                  "End training after this time, with the best epoch so far. Where there is no\n"
                  "model yet, the first epoch is done before; 0: no limit (default: no limit)")
      ->check(real_number(0.0, 1e6));
}

void add_step_flag(CLI::App& command, std::size_t& until_step) {
  command
      .add_option("--until-step", until_step,
                  "Stop behind this step of all epochs, counted from 1, with a checkpoint, and\n"
                  "show loss and gradient norm of the last steps; without the flag the same\n"
                  "command goes on from there")
      ->check(whole_number(1, std::numeric_limits<std::uint32_t>::max()));
}

/// Everything that TrainClassifierOptions has.

void add_tensorboard_flag(CLI::App& command, std::string& folder) {
  command
      .add_option("--tensorboard", folder,
                  "Write losses, rate, gradient norm and dev figures for TensorBoard, too, into\n"
                  "a new file of this folder")
      ->type_name("DIR");
}

}  // namespace

void add_train_flags(CLI::App& command, TrainFlags& flags) {
  add_data_flags(command, flags);
  add_streaming_flags(command, flags);
  add_training_flags(command, flags.columns, flags.options, flags.preset);
  add_limit_flag(command, flags.max_minutes);
  add_step_flag(command, flags.until_step);
  add_tensorboard_flag(command, flags.tensorboard);
  add_threads_flag(command);
  add_quiet_flag(command, flags.quiet);
  command.add_flag("--json", flags.json, "Print the result as one JSON object");
  if (!has_lab()) return;
  command.add_flag("--gradflow", flags.gradflow,
                   "Measure after each epoch how far gradients reach, and write\n"
                   "gradflow.csv and gradflow.html into --out");
}

/// As many as the unfinished run has that goes on, or as there are ranks.

std::shared_ptr<CLI::App> train_flags() {
  struct Command {
    TrainFlags flags;
    CLI::App app{kTrainPurpose, "train"};
  };
  const auto command = std::make_shared<Command>();
  add_train_flags(command->app, command->flags);
  return {command, &command->app};
}

}  // namespace unroll
