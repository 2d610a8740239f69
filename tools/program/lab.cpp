#include "unroll/tools/program/lab.h"

#include <fmt/format.h>

#include "unroll/core/file.h"
#include "unroll/tools/lab/flow/training_flow.h"
#include "unroll/tools/program/commands.h"

namespace unroll {

namespace {

class FlowWatch final : public TrainingWatch {
 public:
  FlowWatch(const std::filesystem::path& folder, std::span<const Record> records,
            Terminal& terminal)
      : folder_(folder), flow_(records), terminal_(terminal) {}

  void measure(std::size_t epoch, const TextClassifier& classifier) override {
    flow_.measure(epoch, classifier);
    write_file(folder_ / kFlowTable, flow_.csv());
    write_file(folder_ / kFlowPage, flow_.page());
    for (const FlowResult& layer : flow_.last()) {
      terminal_.note(fmt::format("flow    {:<16} {} over {} steps", layer.experiment.name,
                                 to_string(layer.verdict), layer.norm.mean.size()));
    }
  }

 private:
  std::filesystem::path folder_;
  TrainingFlow flow_;
  Terminal& terminal_;
};

}  // namespace

bool has_lab() {
  return true;
}

void add_lab_commands(CLI::App& program, int& status) {
  add_bench_command(program, status);
  add_explain_command(program, status);
  add_exercise_command(program, status);
  add_trace_command(program, status);
  add_gradcheck_command(program, status);
  add_gradflow_command(program, status);
  for (const char* name : {"explain", "exercise", "trace", "gradcheck", "gradflow"}) {
    program.get_subcommand(name)->group("The mathematics");
  }
}

std::unique_ptr<TrainingWatch> watch_gradient_flow(const std::filesystem::path& folder,
                                                   std::span<const Record> records,
                                                   Terminal& terminal) {
  return std::make_unique<FlowWatch>(folder, records, terminal);
}

}  // namespace unroll
