#include "unroll/tools/program/report/run_history.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <ranges>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/core/file.h"

namespace unroll {

namespace {

double number(const nlohmann::json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number() ? found->get<double>()
                                                   : std::numeric_limits<double>::quiet_NaN();
}

std::size_t count(const nlohmann::json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
}

std::string text(const nlohmann::json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

void take_plan(const nlohmann::json& line, RunHistory& run) {
  run.metric = text(line, "metric");
  run.rows = count(line, "rows");
  run.dev_rows = count(line, "dev_rows");
  run.labels = count(line, "labels");
  run.vocabulary = count(line, "vocabulary");
  run.ngrams = count(line, "ngrams");
  run.parameters = count(line, "parameters");
  run.steps_per_epoch = count(line, "steps_per_epoch");
}

/// Where in the run the end of a step is, in epochs.
double place_of(const nlohmann::json& line, const RunHistory& run) {
  const auto steps = static_cast<double>(std::max<std::size_t>(run.steps_per_epoch, 1));
  return number(line, "epoch") - 1 + number(line, "step") / steps;
}

RunHistory::Step step_of(const nlohmann::json& line, const RunHistory& run) {
  const std::size_t epoch = std::max<std::size_t>(count(line, "epoch"), 1);
  return {.at = place_of(line, run),
          .index = (epoch - 1) * run.steps_per_epoch + count(line, "step"),
          .epoch = epoch,
          .loss = number(line, "loss"),
          .gradient_norm = number(line, "gradient_norm"),
          .learning_rate = number(line, "learning_rate"),
          .tokens = number(line, "tokens"),
          .seconds = number(line, "seconds")};
}

RunHistory::Epoch epoch_of(const nlohmann::json& line) {
  return {.epoch = count(line, "epoch"),
          .loss = number(line, "loss"),
          .dev_accuracy = number(line, "dev_accuracy"),
          .dev_metric = number(line, "dev_metric"),
          .dev_loss = number(line, "dev_loss"),
          .best = line.value("best", false)};
}

void take(const nlohmann::json& line, RunHistory& run) {
  const std::string event = text(line, "event");
  if (event == "plan") take_plan(line, run);
  if (event == "linear") run.linear = epoch_of(line);
  if (event == "step") run.steps.push_back(step_of(line, run));
  if (event == "epoch") run.epochs.push_back(epoch_of(line));
  if (event == "resume") run.resumes.push_back(place_of(line, run));
  if (event != "end") return;
  run.end = text(line, "end");
  run.hash = text(line, "hash");
  run.peak_memory = count(line, "peak_memory");
}

/// Adds up the time of the run's processes, each of which counts from its own begin.
class Clocks {
 public:
  void see(double seconds) {
    if (seconds < last_) before_ += last_;
    if (seconds >= 0) last_ = seconds;
  }
  double total() const { return before_ + last_; }

 private:
  double before_ = 0;
  double last_ = 0;
};

}  // namespace

const RunHistory::Epoch* RunHistory::best() const {
  const Epoch* best = nullptr;
  for (const Epoch& epoch : epochs)
    if (epoch.best) best = &epoch;
  return best;
}

RunHistory read_history(const std::filesystem::path& path) {
  const std::string content = read_file(path);
  RunHistory run;
  Clocks clocks;
  std::size_t number_of_line = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = content.find('\n', begin);
    if (end == std::string::npos) break;
    ++number_of_line;
    const nlohmann::json line =
        nlohmann::json::parse(content.begin() + static_cast<std::ptrdiff_t>(begin),
                              content.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (!line.is_object())
      throw DataError({path.string(), number_of_line}, "expected one JSON object a line");
    take(line, run);
    clocks.see(number(line, "seconds"));
    begin = end + 1;
  }
  run.seconds = clocks.total();
  return run;
}

}  // namespace unroll
