// Our contender of bench/training, which starts it (worker.h).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "bench/training/trainer.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"

int main(int count, char** arguments) {
  CLI::App program("Ours in the race of bench/training, which starts it", "training_ours");
  unroll::bench::TrainerFlags flags;
  std::size_t threads = 1;
  program.add_option("--batches", flags.batches)->required();
  program.add_option("--parameters", flags.parameters)->required();
  program.add_option("--threads", threads)->required();
  program.add_option("--dropout", flags.dropout)->required();
  program.add_option("--learning-rate", flags.learning_rate)->required();
  program.add_option("--clip", flags.clip)->required();
  CLI11_PARSE(program, count, arguments);
  try {
    unroll::set_thread_count(threads);
    unroll::bench::run_trainer(flags, std::cin, std::cout);
    return 0;
  } catch (const unroll::Error& error) {
    fmt::print(stderr, "training_ours: {}\n", error.what());
    return error.exit_status();
  }
}
