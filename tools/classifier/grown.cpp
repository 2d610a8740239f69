#include "unroll/tools/classifier/grown.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/core/error.h"

namespace unroll {

namespace {

void copy_rows(const Tensor<float>& from, std::size_t row, Tensor<float>& to, std::size_t to_row) {
  std::ranges::copy(from.matrix().row(row), to.matrix().row(to_row).begin());
}

}  // namespace

void check_start(const TextClassifier& start, OutputKind output) {
  if (!start.has_network()) {
    throw mended_by({"init"},
                    UsageError("the model to start from is a linear model of n-grams alone, "
                               "which is solved anew for other texts: there is nothing to "
                               "go on with"));
  }
  if (start.output() == output) return;
  throw mended_by({"init"},
                  UsageError("the texts of the model to start from had one label each, and "
                             "some of the new ones have several or none"));
}

Vocabulary grown(const Vocabulary& known,
                 const std::unordered_map<std::string, std::uint64_t>& counts,
                 const Vocabulary::Limits& limits) {
  std::vector<Vocabulary::Entry> entries;
  for (std::size_t k = 0; k < known.size(); ++k) {
    const auto id = static_cast<std::int32_t>(k);
    entries.push_back({std::string(known.token(id)), known.count(id)});
  }
  const Vocabulary found(counts, {.min_count = limits.min_count, .max_size = 0});
  entries.front().count += found.count(Vocabulary::kUnknown);
  for (std::size_t k = 1; k < found.size(); ++k) {
    const std::string token(found.token(static_cast<std::int32_t>(k)));
    const std::uint64_t count = found.count(static_cast<std::int32_t>(k));
    const std::int32_t id = known.id(token);
    if (id != Vocabulary::kUnknown) {
      entries[static_cast<std::size_t>(id)].count += count;
    } else if (limits.max_size == 0 || entries.size() < limits.max_size) {
      entries.push_back({token, count});
    } else {
      entries.front().count += count;
    }
  }
  return Vocabulary(entries);
}

std::vector<std::string> grown(const std::vector<std::string>& known,
                               std::vector<std::string> labels) {
  labels.insert(labels.end(), known.begin(), known.end());
  std::ranges::sort(labels);
  const auto repeats = std::ranges::unique(labels);
  labels.erase(repeats.begin(), repeats.end());
  return labels;
}

void copy_learnt(const TextClassifier& start, const std::vector<std::string>& labels,
                 SequenceClassifier<float>& model) {
  const auto from = start.model().parameters();
  const ParameterList<float> to = model.parameters();
  const Parameter<float>& E = start.model().embedding().E;
  for (std::size_t k = 0; k < from.size(); ++k) {
    const Tensor<float>& learnt = from[k]->value;
    Tensor<float>& value = to[k]->value;
    if (from[k] == &E) {
      for (std::size_t row = 0; row < learnt.shape()[0]; ++row) copy_rows(learnt, row, value, row);
    } else if (from[k]->name.starts_with("output.")) {
      const std::size_t columns = learnt.size() / start.labels().size();
      for (std::size_t old = 0; old < start.labels().size(); ++old) {
        const auto now = std::ranges::lower_bound(labels, start.labels()[old]) - labels.begin();
        std::copy_n(learnt.data() + old * columns, columns, value.data() + now * columns);
      }
    } else {
      value = learnt;
    }
  }
}

}  // namespace unroll
