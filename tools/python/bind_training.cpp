#include <fmt/format.h>
#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/python/bindings.h"
#include "unroll/tools/python/texts.h"
#include "unroll/tools/python/training.h"

namespace py = pybind11;

namespace unroll {

namespace {

/// A record of Python's (text, labels, weight).
Record record_of(const py::tuple& row, std::size_t index) {
  Record record{.text = text_of(row[0], "texts", index), .label = {}};
  record.weight = row[2].cast<float>();
  record.line = index + 1;
  const bool has_one = py::len(row[1]) == 1;
  const std::string name = has_one ? "labels" : fmt::format("labels[{}]", index);
  std::size_t place = has_one ? index : 0;
  for (const py::handle item : row[1]) {
    std::string label = text_of(item, name.c_str(), place);
    if (label.empty()) throw DataError(fmt::format("{}[{}] is empty", name, place));
    record.label.empty() ? std::swap(record.label, label)
                         : record.more_labels.push_back(std::move(label));
    ++place;
  }
  return record;
}

/// A path, or a list of rows.
Source source_of(const py::object& source) {
  if (py::isinstance<py::str>(source)) return source.cast<std::string>();
  std::vector<Record> records;
  for (const py::handle row : source) {
    records.push_back(record_of(row.cast<py::tuple>(), records.size()));
  }
  return records;
}

/// What ends a training from outside: a signal, or an exception of the caller's function. It waits
/// until the training has come to its end, with a checkpoint.
class Interruption {
 public:
  /// Asks Python for signals twenty times a second: more often would only cost time.
  bool has_come() {
    const auto now = Clock::now();
    if (raised_ || now < next_) return raised_ != nullptr;
    next_ = now + std::chrono::milliseconds(50);
    const py::gil_scoped_acquire python;
    keep([] { check_signals(); });
    return raised_ != nullptr;
  }
  /// Calls body(), with the GIL.
  template <typename Body>
  void keep(Body body) {
    try {
      body();
    } catch (const py::error_already_set&) {
      raised_ = std::current_exception();
    }
  }
  void raise() const {
    if (raised_) std::rethrow_exception(raised_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point next_ = Clock::now();
  std::exception_ptr raised_;
};

py::dict plan_of(const TrainingPlan& plan, const TextClassifier& classifier) {
  using namespace py::literals;
  return py::dict("rows"_a = plan.train_rows, "dev_rows"_a = plan.dev_rows,
                  "labels"_a = classifier.labels(), "metric"_a = to_string(plan.metric),
                  "vocabulary"_a = plan.vocabulary, "parameters"_a = plan.parameters,
                  "ngrams"_a = plan.ngrams, "epochs"_a = plan.epochs,
                  "tokenizer"_a = std::string(to_string(plan.tokenizer.kind)));
}

py::dict epoch_of(const EpochReport& report, const DevScore& dev) {
  using namespace py::literals;
  return py::dict("epoch"_a = report.epoch + 1, "loss"_a = report.mean_loss,
                  "dev_accuracy"_a = dev.accuracy, "dev_metric"_a = dev.metric,
                  "dev_loss"_a = dev.loss, "best"_a = report.best);
}

const char* name_of(TrainingEnd end) {
  switch (end) {
    case TrainingEnd::kAllEpochs:
      return "all epochs done";
    case TrainingEnd::kEarlyStop:
      return "stopped early";
    case TrainingEnd::kStopped:
      return "stopped";
    case TrainingEnd::kDiverged:
      return "diverged";
  }
  return "";
}

py::dict result_of(const TrainedClassifier& trained) {
  using namespace py::literals;
  py::dict result("end"_a = trained.is_solved() ? "solved" : name_of(trained.training.end),
                  "dev_accuracy"_a = trained.dev.accuracy, "dev_metric"_a = trained.dev.metric,
                  "dev_loss"_a = trained.dev.loss, "best_epoch"_a = py::none(),
                  "ngrams_dev_accuracy"_a = py::none());
  if (const auto best = trained.training.best_epoch) result["best_epoch"] = *best + 1;
  if (trained.ngrams) result["ngrams_dev_accuracy"] = trained.ngrams->score.accuracy;
  return result;
}

/// Calls Python's functions from a training that runs without the GIL.
TrainingWatcher watcher_of(const py::function& remark, const py::function& plan,
                           const py::function& epoch, Interruption& interruption) {
  return {.remark =
              [&remark](const Remark& met) {
                const py::gil_scoped_acquire python;
                remark(met.is_warning, met.text);
              },
          .plan =
              [&plan](const TrainingPlan& found, const TextClassifier& classifier) {
                const py::gil_scoped_acquire python;
                plan(plan_of(found, classifier));
              },
          .epoch =
              [&epoch, &interruption](const EpochReport& report, const DevScore& dev) {
                const py::gil_scoped_acquire python;
                bool is_over = false;
                interruption.keep([&] { is_over = epoch(epoch_of(report, dev)).cast<bool>(); });
                return is_over;
              },
          .stop = [&interruption] { return interruption.has_come(); }};
}

/// The model and what is to be told of its training.
py::tuple train_model(const py::object& train, const py::object& dev, const std::string& out,
                      bool overwrite, double checkpoint_minutes, const SettingValues& settings,
                      const py::function& remark, const py::function& plan,
                      const py::function& epoch) {
  TrainingJob job{.train = source_of(train),
                  .dev = source_of(dev),
                  .out = out,
                  .run = {.overwrite = overwrite, .checkpoint_minutes = checkpoint_minutes},
                  .settings = parse_settings(settings)};
  Interruption interruption;
  const TrainingWatcher watcher = watcher_of(remark, plan, epoch, interruption);
  std::unique_ptr<TextPredictor> predictor;
  py::dict result;
  {
    const py::gil_scoped_release others;
    TrainedClassifier trained = run(std::move(job), watcher);
    const py::gil_scoped_acquire python;
    result = result_of(trained);
    predictor = std::make_unique<TextPredictor>(std::move(trained.classifier));
  }
  interruption.raise();
  return py::make_tuple(std::move(predictor), result);
}

}  // namespace

void bind_training(py::module_& module) {
  module.def("train", &train_model);
  module.def("settings", [] {
    py::list list;
    for (const PythonSetting& setting : training_settings()) {
      list.append(py::make_tuple(setting.name, setting.default_value, setting.help,
                                 setting.is_switch, setting.opposite));
    }
    return list;
  });
}

}  // namespace unroll
