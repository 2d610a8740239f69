#include "unroll/tools/lab/checks/tensor_check.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iterator>
#include <memory>
#include <mutex>
#include <numeric>

#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/tools/lab/checks/differences.h"

namespace unroll {

namespace {

/// First steps, in units of the tensor's own size. A direction moves all entries at once.
constexpr double kDirectionStep = 0.01;
constexpr double kEntryStep = 0.03;
/// The size of a tensor of zeros, such as a bias that has not been trained yet.
constexpr double kLeastSize = 0.1;
/// Differences are extrapolated until they agree to this part of the gradient.
constexpr double kWanted = 1e-9;

/// a against b, with the error that b may have by rounding.
struct Comparison {
  double gradient = 0;
  double difference = 0;
  double rounding = 0;
  double error() const { return std::abs(gradient - difference); }
};

std::size_t width_of_row(const Shape& shape) {
  return shape.rank() == 0 ? 1 : *(shape.end() - 1);
}

/// Numbers of the entries from `first` on that the loss reads.
std::vector<std::size_t> entries_of(const CheckedTensor& tensor, std::size_t first,
                                    std::size_t count) {
  std::vector<std::size_t> entries(count);
  std::iota(entries.begin(), entries.end(), first);
  if (tensor.rows.empty()) return entries;
  const std::size_t columns = width_of_row(tensor.shape);
  std::erase_if(entries, [&](std::size_t entry) {
    return !std::ranges::binary_search(tensor.rows, entry / columns);
  });
  return entries;
}

/// Puts the values back when it goes.
class Moved {
 public:
  Moved(std::span<double> values, std::span<const std::size_t> entries)
      : values_(values), entries_(entries) {
    for (std::size_t entry : entries) before_.push_back(values[entry]);
  }
  ~Moved() { by(0, {}); }
  Moved(const Moved&) = delete;
  Moved& operator=(const Moved&) = delete;

  /// value + s · direction; as they were for s = 0.
  void by(double s, std::span<const double> direction) {
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      values_[entries_[k]] = s == 0 ? before_[k] : before_[k] + s * direction[k];
    }
  }

 private:
  std::span<double> values_;
  std::span<const std::size_t> entries_;
  std::vector<double> before_;
};

/// The entries of one tensor or gate, compared one direction after the other.
class Piece {
 public:
  Piece(const CheckedTensor& tensor, const LossFunction& loss, std::vector<std::size_t> entries)
      : tensor_(tensor), loss_(loss), entries_(std::move(entries)) {
    loss_(centre_);
    double squares = 0;
    for (std::size_t entry : entries_) squares += tensor.values[entry] * tensor.values[entry];
    size_ = std::max(std::sqrt(squares / static_cast<double>(entries_.size())), kLeastSize);
    for (std::size_t entry : entries_) {
      largest_ = std::max(largest_, std::abs(tensor.gradient[entry]));
    }
  }

  double largest() const { return largest_; }
  const std::vector<std::size_t>& entries() const { return entries_; }

  /// Along random directions through all entries, each coordinate standard normal.
  std::vector<Comparison> along_directions(const TensorCheckOptions& options, Random& random,
                                           TensorCheck& check) {
    std::vector<Comparison> comparisons;
    for (std::size_t k = 0; k < options.directions; ++k) {
      std::vector<double> direction(entries_.size());
      for (double& coordinate : direction) coordinate = random.normal();
      if (k == 0) {
        noise_ = std::max(options.least_noise,
                          measure_noise(line(entries_, direction), kDirectionStep / 64 * size_));
      }
      compare(entries_, direction, kDirectionStep, comparisons, check);
    }
    check.directions = comparisons.size();
    return comparisons;
  }

  /// Compares every entry by itself.
  std::vector<Comparison> of_entries(std::span<const std::size_t> chosen,
                                     std::vector<std::size_t>& compared, TensorCheck& check) {
    std::vector<Comparison> comparisons;
    const std::vector<double> one{1};
    for (const std::size_t& entry : chosen) {
      compare(std::span(&entry, 1), one, kEntryStep, comparisons, check);
      if (comparisons.size() > compared.size()) compared.push_back(entry);
    }
    check.entries = comparisons.size();
    return comparisons;
  }

 private:
  /// The loss along a direction; the values are put back when the function goes.
  LineFunction line(std::span<const std::size_t> entries, std::span<const double> direction) {
    return [this, moved = std::make_shared<Moved>(tensor_.values, entries),
            direction](double s) -> std::optional<double> {
      moved->by(s, direction);
      const double value = loss_(here_);
      if (here_ != centre_) return std::nullopt;
      return value;
    };
  }

  void compare(std::span<const std::size_t> entries, std::span<const double> direction, double step,
               std::vector<Comparison>& comparisons, TensorCheck& check) {
    double gradient = 0;
    for (std::size_t k = 0; k < entries.size(); ++k) {
      gradient += tensor_.gradient[entries[k]] * direction[k];
    }
    const double wanted = kWanted * std::max(largest_, std::abs(gradient));
    const auto found =
        slope(line(entries, direction), {.step = step * size_, .noise = noise_, .wanted = wanted});
    check.skipped += found ? 0 : 1;
    if (!found) return;
    check.retried += found->retries;
    comparisons.push_back({gradient, found->value, found->rounding});
  }

  const CheckedTensor& tensor_;
  const LossFunction& loss_;
  std::vector<std::size_t> entries_;
  Branches centre_;
  Branches here_;
  double size_ = 0;     // root mean square of the values
  double largest_ = 0;  // max|gradient|
  double noise_ = 0;
};

/// max|a − b| / scale, and which it is; a NaN is worse than any number.
double worst_error(std::span<const Comparison> comparisons, double scale, std::size_t& worst) {
  double error = -1;
  for (std::size_t k = 0; k < comparisons.size(); ++k) {
    if (comparisons[k].error() <= error) continue;
    error = comparisons[k].error();
    worst = k;
    if (std::isnan(error)) return error;
  }
  if (error < 0) return 0;
  return scale == 0 ? error : error / scale;
}

/// max|b| of the comparisons and of the gradient itself: one entry of a tensor is small or large
/// against the others.
double scale_of(std::span<const Comparison> comparisons, double largest) {
  for (const Comparison& c : comparisons) {
    largest = std::max({largest, std::abs(c.difference), std::abs(c.gradient)});
  }
  return largest;
}

void judge(std::span<const Comparison> comparisons, double scale, TensorCheck& check) {
  for (const Comparison& c : comparisons) {
    const bool holds = c.error() <= kDifferenceBound * scale + c.rounding;
    check.differences_hold = check.differences_hold && holds;
    if (scale > 0) check.rounding = std::max(check.rounding, c.rounding / scale);
  }
}

/// The largest entry of the gradient, then others at random, those that are not zero first.
std::vector<std::size_t> choose_entries(const CheckedTensor& tensor,
                                        std::vector<std::size_t> entries, std::size_t count,
                                        Random& random) {
  if (entries.size() <= count) return entries;
  const auto size = [&](std::size_t entry) { return std::abs(tensor.gradient[entry]); };
  random.shuffle(std::span(entries));
  const auto zeros = std::ranges::stable_partition(entries, [&](auto e) { return size(e) != 0; });
  const auto largest = std::max_element(entries.begin(), zeros.begin(),
                                        [&](auto a, auto b) { return size(a) < size(b); });
  if (largest != zeros.begin()) std::iter_swap(entries.begin(), largest);
  entries.resize(count);
  return entries;
}

void compare_float(const CheckedTensor& tensor, std::span<const std::size_t> entries,
                   double largest, double floor, TensorCheck& check) {
  if (tensor.float_gradient.empty()) return;
  double error = 0;
  double doubt = 0;
  for (std::size_t entry : entries) {
    const double off =
        std::abs(static_cast<double>(tensor.float_gradient[entry]) - tensor.gradient[entry]);
    if (!std::isnan(error) && !(off <= error)) error = off;
    if (!tensor.float_doubt.empty()) doubt = std::max(doubt, tensor.float_doubt[entry]);
  }
  const double scale = largest == 0 ? 1 : largest;
  check.float_error = error / scale;
  check.float_allowed = kFloatBound + floor + doubt / scale;
  check.float_holds = *check.float_error <= check.float_allowed;
}

TensorCheck check_piece(const CheckedTensor& tensor, const LossFunction& loss,
                        std::vector<std::size_t> entries, const std::string& gate,
                        const TensorCheckOptions& options) {
  TensorCheck check{.tensor = tensor.name, .gate = gate, .shape = tensor.shape};
  Piece piece(tensor, loss, std::move(entries));
  check.largest = piece.largest();
  Random random(options.seed, "gradient check/" + tensor.name + "/" + gate);

  const auto directions = piece.along_directions(options, random, check);
  std::size_t unused = 0;
  const double direction_scale = scale_of(directions, 0);
  check.direction_error = worst_error(directions, direction_scale, unused);
  judge(directions, direction_scale, check);

  const auto chosen = choose_entries(tensor, piece.entries(), options.entries, random);
  std::vector<std::size_t> compared;
  const auto singles = piece.of_entries(chosen, compared, check);
  const double scale = scale_of(singles, piece.largest());
  std::size_t worst = 0;
  check.entry_error = worst_error(singles, scale, worst);
  if (!compared.empty()) check.worst = compared[worst];
  judge(singles, scale, check);

  compare_float(tensor, piece.entries(), piece.largest(), options.float_floor, check);
  return check;
}

}  // namespace

std::size_t TensorCheck::worst_row() const {
  return worst / width_of_row(shape);
}

std::size_t TensorCheck::worst_column() const {
  return worst % width_of_row(shape);
}

std::vector<TensorCheck> check_tensor(const CheckedTensor& tensor, const LossFunction& loss,
                                      const TensorCheckOptions& options) {
  const std::size_t size = tensor.values.size();
  TensorCheckOptions whole = options;
  if (!tensor.gates.empty()) whole.entries = 0;  // the gates' entries are all there are
  std::vector<TensorCheck> checks{
      check_piece(tensor, loss, entries_of(tensor, 0, size), "", whole)};
  if (tensor.gates.empty()) return checks;

  TensorCheckOptions of_gate = options;
  of_gate.directions = std::max<std::size_t>(options.directions, 2) - 1;
  const std::size_t block = size / tensor.gates.size();
  for (std::size_t g = 0; g < tensor.gates.size(); ++g) {
    checks.push_back(check_piece(tensor, loss, entries_of(tensor, g * block, block),
                                 std::string(1, tensor.gates[g]), of_gate));
  }
  return checks;
}

std::vector<TensorCheck> check_in_parallel(std::span<const std::string> names,
                                           const std::function<TensorChecker()>& make_checker,
                                           const std::function<void(std::string_view)>& progress) {
  std::vector<std::vector<TensorCheck>> found(names.size());
  std::atomic<std::size_t> next = 0;
  std::mutex one_at_a_time;
  parallel_parts(std::min(names.size(), thread_count()), [&](std::size_t) {
    const TensorChecker check = make_checker();
    for (std::size_t k = next++; k < names.size(); k = next++) {
      if (progress) {
        const std::lock_guard lock(one_at_a_time);
        progress(names[k]);
      }
      found[k] = check(k);
    }
  });
  std::vector<TensorCheck> all;
  for (std::vector<TensorCheck>& checks : found) {
    std::ranges::move(checks, std::back_inserter(all));
  }
  return all;
}

}  // namespace unroll
