// The classical long-lag tasks: which cell solves them, up to which T, at equal budget and equal
// learning-rate grid? (tools/lab/flow/long_lag.h has the tasks, docs/long-lag.md the answer.)
//
// Runs of different cell, rate and seed know nothing of each other: each has one thread, and takes
// the next run when it is done.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/marked_section.h"
#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/kernels/isa.h"
#include "unroll/tools/lab/flow/long_lag_model.h"

namespace unroll {
namespace {

using Clock = std::chrono::steady_clock;

// ------------------------------------------------------------------------------------------- flags

/// Flags with their defaults; all take a value.
std::map<std::string, std::string> default_flags() {
  return {{"task", "adding"},
          {"steps", "50,100,200"},
          {"cells", "lstm,irnn,tanh,relu,sigmoid"},
          {"rates", "1e-4,3e-4,1e-3,3e-3,1e-2"},
          {"seeds", "5"},
          {"sequences", "300000"},
          {"hidden", "32"},
          {"batch", "8"},
          {"clip", "1"},
          {"forget-bias", "1"},
          {"every", "4000"},
          {"test", "500"},
          {"threads", "2"},
          {"commit", ""},
          {"markdown", ""}};
}

class Flags {
 public:
  Flags(int count, char** arguments) : values_(default_flags()) {
    for (int k = 1; k < count; k += 2) {
      const std::string name = arguments[k];
      if (!name.starts_with("--") || !values_.contains(name.substr(2)) || k + 1 == count) {
        throw UsageError(fmt::format("{}: no such flag, or no value after it; flags: {}", name,
                                     fmt::join(names(), " ")));
      }
      values_[name.substr(2)] = arguments[k + 1];
      if (name != "--commit") given_ += fmt::format(" {} {}", name, arguments[k + 1]);
    }
  }

  const std::string& text(const std::string& name) const { return values_.at(name); }
  const std::string& given() const { return given_; }
  std::vector<std::string> list(const std::string& name) const {
    std::vector<std::string> parts;
    std::istringstream values(text(name));
    for (std::string value; std::getline(values, value, ',');) parts.push_back(value);
    return parts;
  }
  double number(const std::string& name) const { return number_in(name, text(name)); }
  std::size_t count(const std::string& name) const { return count_in(name, text(name)); }
  static double number_in(const std::string& name, const std::string& value) {
    std::size_t read = 0;
    double number = 0;
    try {
      number = std::stod(value, &read);
    } catch (const std::exception&) {
      read = 0;
    }
    if (read == value.size() && read > 0 && number >= 0) return number;
    throw UsageError(fmt::format("--{}: \"{}\" is not a number ≥ 0", name, value));
  }
  static std::size_t count_in(const std::string& name, const std::string& value) {
    const double number = number_in(name, value);
    if (number >= 1 && number == std::floor(number)) return static_cast<std::size_t>(number);
    throw UsageError(fmt::format("--{}: \"{}\" is not a whole number ≥ 1", name, value));
  }

 private:
  std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const auto& [name, value] : values_) list.push_back("--" + name);
    return list;
  }

  std::map<std::string, std::string> values_;
  std::string given_;
};

// -------------------------------------------------------------------------------------------- runs

struct NamedCell {
  const char* name;
  const char* meaning;
  Cell cell;
  Activation activation;
  RecurrentInit init;
  GruReset reset = GruReset::kAfter;
};

constexpr NamedCell kCells[] = {
    {"lstm", "LSTM, uniform ±1/√H", Cell::kLstm, Activation::kTanh, RecurrentInit::kUniform},
    {"gru", "GRU, uniform ±1/√H", Cell::kGru, Activation::kTanh, RecurrentInit::kUniform},
    {"gru-before", "GRU whose reset comes before W h, uniform ±1/√H", Cell::kGru, Activation::kTanh,
     RecurrentInit::kUniform, GruReset::kBefore},
    {"irnn", "ReLU RNN, W = I, b = 0, U normal with deviation 0.001", Cell::kRnn, Activation::kRelu,
     RecurrentInit::kIdentity},
    {"tanh", "tanh RNN, uniform ±1/√H", Cell::kRnn, Activation::kTanh, RecurrentInit::kUniform},
    {"relu", "ReLU RNN, uniform ±1/√H", Cell::kRnn, Activation::kRelu, RecurrentInit::kUniform},
    {"sigmoid", "sigmoid RNN, uniform ±1/√H", Cell::kRnn, Activation::kSigmoid,
     RecurrentInit::kUniform},
    {"tanh-orthogonal", "tanh RNN, W orthogonal, U Glorot, b = 0", Cell::kRnn, Activation::kTanh,
     RecurrentInit::kOrthogonal},
    {"relu-orthogonal", "ReLU RNN, W orthogonal, U Glorot, b = 0", Cell::kRnn, Activation::kRelu,
     RecurrentInit::kOrthogonal},
};

const NamedCell& cell_named(const std::string& name) {
  for (const NamedCell& cell : kCells) {
    if (name == cell.name) return cell;
  }
  std::string known;
  for (const NamedCell& cell : kCells) known += fmt::format(" {}", cell.name);
  throw UsageError(fmt::format("there is no cell \"{}\"; there are{}", name, known));
}

/// A run, where it is in the table, and how it ended.
struct Entry {
  std::size_t steps = 0;
  std::string cell;
  std::string rate;
  LongLagRun run;
  LongLagOutcome outcome{};
  double seconds = 0;
};

LongLagRun make_run(const Flags& flags, const NamedCell& cell, std::size_t steps,
                    const std::string& rate, std::size_t seed) {
  return {.model = {.task = long_lag_task_named(flags.text("task")),
                    .cell = cell.cell,
                    .activation = cell.activation,
                    .gru_reset = cell.reset,
                    .hidden = flags.count("hidden"),
                    .init = cell.init,
                    .forget_bias = flags.number("forget-bias")},
          .steps = steps,
          .learning_rate = Flags::number_in("rates", rate),
          .clip_norm = flags.number("clip"),
          .batch = flags.count("batch"),
          .sequences = flags.count("sequences"),
          .evaluate_every = flags.count("every"),
          .test_sequences = flags.count("test"),
          .seed = seed};
}

/// In the order of the table.
std::vector<Entry> runs_of(const Flags& flags, std::size_t steps) {
  std::vector<Entry> entries;
  for (const std::string& cell : flags.list("cells")) {
    for (const std::string& rate : flags.list("rates")) {
      for (std::size_t seed = 1; seed <= flags.count("seeds"); ++seed) {
        entries.push_back({.steps = steps,
                           .cell = cell,
                           .rate = rate,
                           .run = make_run(flags, cell_named(cell), steps, rate, seed)});
      }
    }
  }
  return entries;
}

std::string outcome_text(const LongLagOutcome& outcome) {
  if (outcome.solved_after) return fmt::format("solved after {}", *outcome.solved_after);
  return fmt::format("{}, best error {:.4f}", outcome.diverged ? "diverged" : "not solved",
                     outcome.best_error);
}

void run_all(const Flags& flags, std::vector<Entry>& entries) {
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> done = 0;
  std::mutex printing;
  const std::size_t threads = flags.count("threads");
  set_thread_count(threads);
  parallel_parts(threads, [&](std::size_t) {
    for (std::size_t k = next++; k < entries.size(); k = next++) {
      Entry& entry = entries[k];
      const Clock::time_point begin = Clock::now();
      entry.outcome = run_long_lag(entry.run);
      entry.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      const std::lock_guard lock(printing);
      fmt::print(stderr, "{}/{} T={} {} rate {} seed {}: {} ({:.0f} s)\n", ++done, entries.size(),
                 entry.steps, entry.cell, entry.rate, entry.run.seed, outcome_text(entry.outcome),
                 entry.seconds);
    }
  });
}

// ------------------------------------------------------------------------------------------- table

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[(values.size() - 1) / 2];
}

/// The runs of one T, cell and rate: one for each seed.
struct Group {
  std::string rate;
  std::size_t runs = 0;
  std::size_t solved = 0;
  double sequences = kInfinity;  ///< median over all seeds, unsolved ones counting as ∞
  double error = kInfinity;      ///< median of the best errors
  std::string share() const { return fmt::format("{}/{}", solved, runs); }
  /// More seeds solved, then fewer sequences, then a smaller error.
  bool better_than(const Group& other) const {
    if (solved != other.solved) return solved > other.solved;
    if (sequences != other.sequences) return sequences < other.sequences;
    return error < other.error;
  }
};

Group group_of(const std::vector<Entry>& entries, std::size_t steps, const std::string& cell,
               const std::string& rate) {
  Group group{.rate = rate};
  std::vector<double> sequences;
  std::vector<double> errors;
  for (const Entry& entry : entries) {
    if (entry.steps != steps || entry.cell != cell || entry.rate != rate) continue;
    const std::optional<std::size_t> solved = entry.outcome.solved_after;
    sequences.push_back(solved ? static_cast<double>(*solved) : kInfinity);
    errors.push_back(entry.outcome.best_error);
    group.solved += solved ? 1 : 0;
  }
  group.runs = sequences.size();
  group.sequences = median(sequences);
  group.error = median(errors);
  return group;
}

std::string table_row(const Flags& flags, const std::vector<Entry>& entries, std::size_t steps,
                      const std::string& cell) {
  std::optional<Group> best;
  std::string shares;
  for (const std::string& rate : flags.list("rates")) {
    const Group group = group_of(entries, steps, cell, rate);
    shares += fmt::format(" {} |", group.share());
    if (!best || group.better_than(*best)) best = group;
  }
  const std::string sequences =
      best->sequences == kInfinity ? "–" : fmt::format("{:.0f}", best->sequences);
  return fmt::format("| {} | {} | **{}** | {} | {} | {:.4f} |{}\n", steps, cell, best->share(),
                     best->rate, sequences, best->error, shares);
}

std::string table(const Flags& flags, const std::vector<Entry>& entries) {
  std::string text = "| T | cell | solved | best rate | sequences | error |";
  for (const std::string& rate : flags.list("rates")) text += fmt::format(" at {} |", rate);
  text += "\n|--:|---|---|--:|--:|--:|";
  for (std::size_t k = 0; k < flags.list("rates").size(); ++k) text += "---|";
  text += "\n";
  std::set<std::size_t> all_steps;
  for (const Entry& entry : entries) all_steps.insert(entry.steps);
  for (std::size_t steps : all_steps) {
    for (const std::string& cell : flags.list("cells")) {
      text += table_row(flags, entries, steps, cell);
    }
  }
  return text;
}

// -------------------------------------------------------------------------------------- conditions

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

/// What the numbers hold for, as a list under the table.
std::string conditions(const Flags& flags, const std::vector<Entry>& entries, double seconds) {
  double alone = 0;
  for (const Entry& entry : entries) alone += entry.seconds;
  std::string text = fmt::format(
      "- Budget: {} fresh sequences a run; grid: rates {}; seeds 1 to {}; the same for every "
      "cell.\n- H = {}, batches of {}, Adam, ‖g‖ clipped at {}, forget bias {}; error measured "
      "on {} test sequences every {}.\n",
      flags.text("sequences"), fmt::join(flags.list("rates"), ", "), flags.text("seeds"),
      flags.text("hidden"), flags.text("batch"), flags.text("clip"), flags.text("forget-bias"),
      flags.text("test"), flags.text("every"));
  for (const std::string& cell : flags.list("cells")) {
    text += fmt::format("- `{}`: {}.\n", cell, cell_named(cell).meaning);
  }
  text += fmt::format("- {}, {} threads, {:.0f} minutes ({:.0f} of one thread), {}", cpu_name(),
                      flags.text("threads"), seconds / 60, alone / 60, today());
  if (!flags.text("commit").empty()) text += fmt::format(", commit {}", flags.text("commit"));
  return text + fmt::format(".\n\n```\nbuild/release/bench/long_lag{}\n```\n", flags.given());
}

/// One T after the other. The file is written after each, so that what was measured is kept if the
/// rest is interrupted.
void run(const Flags& flags) {
  std::optional<test::MarkedSection> page;
  if (!flags.text("markdown").empty()) {
    page.emplace(flags.text("markdown"), "long-lag:" + flags.text("task"));
  }
  std::vector<std::vector<Entry>> todo;
  for (const std::string& steps : flags.list("steps")) {
    todo.push_back(runs_of(flags, Flags::count_in("steps", steps)));
  }
  const Clock::time_point begin = Clock::now();
  std::vector<Entry> done;
  std::string text;
  for (std::vector<Entry>& entries : todo) {
    run_all(flags, entries);
    done.insert(done.end(), entries.begin(), entries.end());
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    text = table(flags, done) + "\n" + conditions(flags, done, seconds);
    if (page) page->write(text);
  }
  fmt::print("{}", text);
}

}  // namespace
}  // namespace unroll

int main(int count, char** arguments) {
  try {
    unroll::run(unroll::Flags(count, arguments));
  } catch (const unroll::Error& error) {
    fmt::print(stderr, "long_lag: {}\n", error.what());
    return error.exit_status();
  }
  return 0;
}
