#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/tools/lab/flow/flow_report.h"
#include "unroll/tools/lab/flow/flow_tour.h"
#include "unroll/tools/lab/flow/trained_chapter.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/footer.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

struct GradflowFlags {
  FlowExperiment experiment;
  bool one_case = false;  ///< any flag that describes a case was given
  std::string csv;
  std::string html;
  bool json = false;
  bool quiet = false;
};

// ------------------------------------------------------------------------------------------ flags

/// Flags that describe a case: any of them asks for that one case instead of the tour.
void add_case_flags(CLI::App& command, FlowExperiment& e, std::vector<CLI::Option*>& options) {
  options.push_back(add_choice(command, "--cell", e.cell, "Recurrent cell"));
  options.push_back(add_choice(command, "--activation", e.activation, "φ of the RNN"));
  options.push_back(add_reset_flag(command, e.gru_reset));
  options.push_back(add_choice(command, "--recurrent-init", e.init, "Initial W"));
  std::vector<CLI::Option*> sizes;
  for (FlowScale scale : {FlowScale::kGain, FlowScale::kRadius, FlowScale::kNorm}) {
    const std::string what = scale == FlowScale::kGain     ? "Multiply W"
                             : scale == FlowScale::kRadius ? "Scale W to this spectral radius"
                                                           : "Scale W to this spectral norm";
    const auto set = [&e, scale](double size) {
      e.scale = scale;
      e.size = size;
    };
    sizes.push_back(
        command.add_option_function<double>("--" + std::string(to_string(scale)), set, what)
            ->check(real_number(0.0, 1e6)));
  }
  for (CLI::Option* a : sizes) {
    for (CLI::Option* b : sizes) {
      if (a != b) a->excludes(b);
    }
    options.push_back(a);
  }
  options.push_back(command
                        .add_option("--input", e.input_strength,
                                    "Standard deviation of the normal inputs; 0 means no inputs")
                        ->check(real_number(0.0, 1e6))
                        ->capture_default_str());
  options.push_back(
      command.add_flag("--positive", e.positive, "Use only non-negative inputs and input weights"));
  options.push_back(command.add_flag(
      "--centred", e.centred, "RNN: bias and start at rest where the activation is steepest"));
  options.push_back(
      command.add_option("--forget-bias", e.forget_bias, "Bias of the LSTM's forget gate")
          ->check(real_number(-100.0, 100.0))
          ->capture_default_str());
}

void add_size_flags(CLI::App& command, FlowExperiment& e) {
  command.add_option("--hidden", e.hidden, "Hidden size and input size")
      ->check(whole_number(1, 512))
      ->capture_default_str();
  command.add_option("--lags", e.lags, "How many steps back")
      ->check(whole_number(1, 10000))
      ->capture_default_str();
  command.add_option("--draws", e.draws, "Draws of weights and inputs per case")
      ->check(whole_number(1, 1000))
      ->capture_default_str();
  add_seed_flag(command, e.seed, "Seed of everything random");
}

// ---------------------------------------------------------------------------------------- results

std::vector<FlowChapterResult> run(const GradflowFlags& flags, Terminal& terminal) {
  const FlowExperiment& e = flags.experiment;
  const FlowTourSettings tour{.hidden = e.hidden, .lags = e.lags, .draws = e.draws, .seed = e.seed};
  std::vector<FlowChapterResult> parts;
  for (const FlowChapter& chapter :
       flags.one_case ? std::vector{single_case(e)} : flow_tour(tour)) {
    FlowChapterResult part{chapter, {}};
    for (const FlowCase& flow_case : chapter.cases) {
      terminal.progress(fmt::format("{}: {}", chapter.anchor, flow_case.experiment.name));
      part.results.push_back(run_flow(flow_case.experiment));
    }
    parts.push_back(std::move(part));
  }
  if (flags.one_case) return parts;
  terminal.progress("training LSTMs");
  parts.push_back(run_trained_chapter(tour));
  return parts;
}

std::vector<FlowResult> all_results(const std::vector<FlowChapterResult>& parts) {
  std::vector<FlowResult> all;
  for (const FlowChapterResult& part : parts) {
    all.insert(all.end(), part.results.begin(), part.results.end());
  }
  return all;
}

void print_chapter(const FlowChapterResult& part) {
  const std::size_t last = part.results.front().norm.mean.size();
  const std::size_t early = std::min<std::size_t>(10, last);
  print("{}\n", part.chapter.title);
  print("  {:<31} {:>8} {:>8} {:>4} {:>4}  {}\n", "case", fmt::format("lag {}", early),
        fmt::format("lag {}", last), "flat", "dead", "verdict");
  for (const FlowResult& result : part.results) {
    print("  {:<31} {:>8} {:>8} {:>3.0f}% {:>3.0f}%  {}\n", result.experiment.name,
          exp_text(result.norm.mean[early - 1]), exp_text(result.norm.mean[last - 1]),
          100 * result.saturated, 100 * result.dead, to_string(result.verdict));
  }
  write_stdout("\n");
}

void print_table(const std::vector<FlowChapterResult>& parts) {
  for (const FlowChapterResult& part : parts) print_chapter(part);
  print(
      "flat: slopes below 5 % of the largest (ReLU: off); dead: units off at every step;\n"
      "verdict: the norm's factor per step, geometric mean over {} draws.\n",
      parts.front().results.front().experiment.draws);
}

void print_json(const std::vector<FlowChapterResult>& parts) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const FlowResult& result : all_results(parts)) {
    nlohmann::ordered_json entry = {{"case", result.experiment.name},
                                    {"command", result.command},
                                    {"verdict", to_string(result.verdict)},
                                    {"rate", result.verdict.rate},
                                    {"saturated", result.saturated},
                                    {"dead", result.dead},
                                    {"norm_of_W", result.matrix_norm},
                                    {"radius_of_W", result.radius},
                                    {"log10_norm", log10_of(result.norm.mean)},
                                    {"log10_norm_least", log10_of(result.norm.least)},
                                    {"log10_norm_most", log10_of(result.norm.most)},
                                    {"log10_bound", log10_of(result.bound.mean)}};
    if (!result.ceiling.mean.empty()) entry["log10_ceiling"] = log10_of(result.ceiling.mean);
    if (!result.carry.mean.empty()) entry["log10_carry"] = log10_of(result.carry.mean);
    json.push_back(entry);
  }
  print("{}\n", json.dump());
}

std::string command_text(const GradflowFlags& flags) {
  const FlowExperiment& e = flags.experiment;
  if (flags.one_case) return command_line(e);
  return fmt::format("unroll gradflow --hidden {} --lags {} --draws {} --seed {}", e.hidden, e.lags,
                     e.draws, e.seed);
}

void gradflow_command(const GradflowFlags& flags) {
  require_stdout();
  for (const std::string& file : {flags.csv, flags.html}) {
    if (!file.empty()) try_file(file);
  }
  Terminal terminal(flags.quiet);
  const std::vector<FlowChapterResult> parts = run(flags, terminal);
  if (!flags.csv.empty()) write_file(flags.csv, flow_csv(all_results(parts)));
  if (!flags.html.empty()) write_file(flags.html, flow_page(parts, command_text(flags)));
  flags.json ? print_json(parts) : print_table(parts);
}

}  // namespace

void add_gradflow_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<GradflowFlags>();
  CLI::App* command = program.add_subcommand("gradflow", "Measure how far gradients reach");
  set_footer(
      *command,
      "It measures the norms of ∂h_t/∂h_k (RNN, GRU) or ∂C_t/∂C_k (LSTM) and shows their bounds.\n"
      "Without a flag that describes a case it tours sigmoid, tanh, ReLU and LSTM.");
  std::vector<CLI::Option*> options;
  add_case_flags(*command, flags->experiment, options);
  add_size_flags(*command, flags->experiment);
  command->add_option("--csv", flags->csv, "Write one row per case and lag")->type_name("FILE");
  command->add_option("--html", flags->html, "Write a page with plots and explanations")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Print the results as one JSON array");
  add_threads_flag(*command);
  add_quiet_flag(*command, flags->quiet);
  command->callback([flags, command, options, &status] {
    for (const CLI::Option* option : options) flags->one_case |= option->count() > 0;
    refuse_flags_of_other_cell(*command, flags->experiment.cell);
    flags->experiment.input = flags->experiment.hidden;
    gradflow_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
