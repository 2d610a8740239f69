#include "unroll/optim/shard_sum.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <numeric>

#include "unroll/core/parallel.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// Adds the time of its life to a sum.
class Watch {
 public:
  explicit Watch(double& seconds) : seconds_(seconds) {}
  ~Watch() { seconds_ += std::chrono::duration<double>(Clock::now() - begun_).count(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  double& seconds_;
  Clock::time_point begun_ = Clock::now();
};

/// A notice is: the loss's bits in two numbers, whether to end, and for each parameter how many
/// rows its gradient has (−1: all), and which.
constexpr std::size_t kHead = 3;
constexpr std::int32_t kCountOfAll = -1;

/// Values per thread from which a second one pays: some microseconds of work.
constexpr std::size_t kGrain = 1 << 14;

}  // namespace

template <typename Real>
ShardSum<Real>::ShardSum(const ParameterList<Real>& parameters,
                         std::span<const std::size_t> most_rows, Ranks& ranks)
    : parameters_(parameters),
      ranks_(ranks),
      most_numbers_(std::accumulate(most_rows.begin(), most_rows.end(), kHead + most_rows.size())),
      sums_(parameters.size()),
      notices_(ranks.count()),
      outgoing_(ranks.count()),
      incoming_(ranks.count()),
      to_(ranks.count()),
      from_(ranks.count()) {
  MemoryPlan reserve(MemoryPlan::Mode::kReserve);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Shape matrix = parameters[k]->value.matrix().shape();
    const std::size_t own_rows = (most_rows[k] + ranks.count() - 1) / ranks.count();
    sums_[k].places.assign(matrix[0], -1);
    sums_[k].rows.reserve(own_rows);
    sums_[k].values.reserve(own_rows * matrix[1]);
    sums_[k].touched.plan(matrix[0], reserve);
  }
  owned_.reserve(*std::ranges::max_element(most_rows));
  for (Notice& notice : notices_) notice.rows.resize(parameters.size());
  times_.ranks = ranks.count();
}

template <typename Real>
double ShardSum<Real>::run(std::size_t shards, const std::function<double(std::size_t)>& compute) {
  begin();
  const std::size_t first = ranks_.rank(), count = ranks_.count();
  for (std::size_t round = 0; round * count < shards; ++round) {
    const std::size_t shard = round * count + first;
    double loss = 0;
    {
      const Watch watch(times_.compute);
      zero_grad(parameters_);
      if (shard < shards) loss = compute(shard);
    }
    hand_over(shard < shards, loss);
  }
  const Watch watch(times_.exchange);
  give_sums();
  take_sums();
  ++times_.steps;
  return loss_;
}

template <typename Real>
void ShardSum<Real>::begin() {
  for (Sum& sum : sums_) {
    for (const std::int32_t row : sum.rows) sum.places[static_cast<std::size_t>(row)] = -1;
    sum.rows.clear();
    sum.values.clear();
    sum.touched.restart();
  }
  loss_ = 0;
}

/// The gradients as they are now become part of the sums.
template <typename Real>
void ShardSum<Real>::hand_over(bool has_shard, double loss) {
  note_own(has_shard, loss);
  {
    const Watch watch(times_.wait);
    exchange_notices();
  }
  const Watch watch(times_.exchange);
  exchange_rows();
  for (std::size_t rank = 0; rank < ranks_.count(); ++rank) add_rows_of(rank);
  shall_end_ = notices_[0].ends;
}

template <typename Real>
void ShardSum<Real>::note_own(bool has_shard, double loss) {
  Notice& notice = notices_[ranks_.rank()];
  notice.loss = loss;
  notice.ends = says_end_;
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    notice.rows[k] = has_shard ? rows_of(parameters_[k]->touched) : Rows{};
  }
}

template <typename Real>
void ShardSum<Real>::write(Notice& notice) const {
  const auto bits = std::bit_cast<std::uint64_t>(notice.loss);
  notice.numbers = {static_cast<std::int32_t>(bits >> 32), static_cast<std::int32_t>(bits),
                    notice.ends ? 1 : 0};
  for (const Rows& rows : notice.rows) {
    notice.numbers.push_back(rows.all ? kCountOfAll
                                      : static_cast<std::int32_t>(rows.listed.size()));
    notice.numbers.insert(notice.numbers.end(), rows.listed.begin(), rows.listed.end());
  }
}

template <typename Real>
void ShardSum<Real>::read(Notice& notice) const {
  const auto word = [&](std::size_t k) {
    return std::uint64_t{static_cast<std::uint32_t>(notice.numbers[k])};
  };
  notice.loss = std::bit_cast<double>(word(0) << 32 | word(1));
  notice.ends = notice.numbers[2] != 0;
  std::size_t at = kHead;
  for (Rows& rows : notice.rows) {
    const std::int32_t count = notice.numbers[at++];
    rows.all = count == kCountOfAll;
    const std::size_t listed = rows.all ? 0 : static_cast<std::size_t>(count);
    rows.listed = std::span(notice.numbers).subspan(at, listed);
    at += listed;
  }
}

template <typename Real>
void ShardSum<Real>::exchange_notices() {
  if (ranks_.count() == 1) return;
  const std::size_t own = ranks_.rank();
  write(notices_[own]);
  for (std::size_t r = 0; r < notices_.size(); ++r) {
    if (r != own) notices_[r].numbers.resize(most_numbers_);
    to_[r] = std::as_bytes(std::span(notices_[own].numbers));
    from_[r] = std::as_writable_bytes(std::span(notices_[r].numbers));
  }
  ranks_.exchange(to_, from_);
  for (std::size_t r = 0; r < notices_.size(); ++r) {
    if (r != own) read(notices_[r]);
  }
}

template <typename Real>
void ShardSum<Real>::find_owned(std::size_t k, const Rows& rows, std::size_t owner) {
  const std::size_t count = ranks_.count();
  owned_.clear();
  if (rows.all) {
    const std::size_t end = parameters_[k]->grad.matrix().rows();
    for (std::size_t row = owner; row < end; row += count) {
      owned_.push_back(static_cast<std::int32_t>(row));
    }
  }
  for (const std::int32_t row : rows.listed) {
    if (static_cast<std::size_t>(row) % count == owner) owned_.push_back(row);
  }
}

template <typename Real>
std::size_t ShardSum<Real>::values_owned(const std::vector<Rows>& rows, std::size_t owner) {
  std::size_t values = 0;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    find_owned(k, rows[k], owner);
    values += owned_.size() * columns(k);
  }
  return values;
}

/// Sends outgoing_, or the same to all, and receives incoming_.
template <typename Real>
void ShardSum<Real>::exchange(const std::vector<Real>* outgoing_to_all) {
  const std::uint64_t before = ranks_.bytes_sent();
  for (std::size_t r = 0; r < ranks_.count(); ++r) {
    to_[r] = std::as_bytes(std::span(outgoing_to_all ? *outgoing_to_all : outgoing_[r]));
    from_[r] = std::as_writable_bytes(std::span(incoming_[r]));
  }
  ranks_.exchange(to_, from_);
  times_.bytes += ranks_.bytes_sent() - before;
}

/// Each rank gets the rows that it adds up.
template <typename Real>
void ShardSum<Real>::exchange_rows() {
  const std::size_t own = ranks_.rank();
  if (ranks_.count() == 1) return;
  for (std::size_t r = 0; r < ranks_.count(); ++r) {
    outgoing_[r].clear();
    if (r == own) continue;
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      find_owned(k, notices_[own].rows[k], r);
      for (const std::int32_t w : owned_) {
        const auto row = parameters_[k]->grad.matrix().row(static_cast<std::size_t>(w));
        outgoing_[r].insert(outgoing_[r].end(), row.begin(), row.end());
      }
    }
    incoming_[r].resize(values_owned(notices_[r].rows, own));
  }
  exchange(nullptr);
}

/// Adds this rank's rows of what another one, or itself, has handed over.
template <typename Real>
void ShardSum<Real>::add_rows_of(std::size_t rank) {
  const Notice& notice = notices_[rank];
  loss_ += notice.loss;
  const Real* values = rank == ranks_.rank() ? nullptr : incoming_[rank].data();
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    sums_[k].touched.add(notice.rows[k].listed);
    if (notice.rows[k].all) sums_[k].touched.add(RowSet());
    find_owned(k, notice.rows[k], ranks_.rank());
    add_owned(k, values);
    if (values != nullptr) values += owned_.size() * columns(k);
  }
}

/// Adds the rows `owned_`: `values`, or those of the gradient if that is null.
template <typename Real>
void ShardSum<Real>::add_owned(std::size_t k, const Real* values) {
  Sum& sum = sums_[k];
  const std::size_t known = sum.rows.size(), size = columns(k);
  make_places(sum, size);
  const MatrixView<const Real> gradient = parameters_[k]->grad.matrix();
  parallel_for(owned_.size(), std::max<std::size_t>(1, kGrain / size), [&](Range part) {
    for (std::size_t i = part.begin; i < part.end; ++i) {
      const auto w = static_cast<std::size_t>(owned_[i]);
      const auto place = static_cast<std::size_t>(sum.places[w]);
      const std::span<const Real> g =
          values == nullptr ? gradient.row(w) : std::span(values + i * size, size);
      const std::span<Real> total(sum.values.data() + place * size, size);
      if (place < known)
        add<Real>(g, total);
      else
        std::ranges::copy(g, total.begin());
    }
  });
}

/// Gives those of `owned_` a place that have none.
template <typename Real>
void ShardSum<Real>::make_places(Sum& sum, std::size_t size) const {
  for (const std::int32_t w : owned_) {
    std::int32_t& place = sum.places[static_cast<std::size_t>(w)];
    if (place >= 0) continue;
    place = static_cast<std::int32_t>(sum.rows.size());
    sum.rows.push_back(w);
  }
  sum.values.resize(sum.rows.size() * size);
}

/// Every rank gets the sums of all others.
template <typename Real>
void ShardSum<Real>::give_sums() {
  if (ranks_.count() == 1) return;
  std::vector<Rows>& touched = notices_[ranks_.rank()].rows;
  for (std::size_t k = 0; k < sums_.size(); ++k) touched[k] = rows_of(sums_[k].touched);
  std::vector<Real>& outgoing = outgoing_[ranks_.rank()];
  outgoing.clear();
  for (std::size_t k = 0; k < sums_.size(); ++k) {
    find_owned(k, touched[k], ranks_.rank());
    for (const std::int32_t w : owned_) {
      const Real* row = sum_of(sums_[k], static_cast<std::size_t>(w), columns(k));
      outgoing.insert(outgoing.end(), row, row + columns(k));
    }
  }
  for (std::size_t r = 0; r < ranks_.count(); ++r) {
    if (r != ranks_.rank()) incoming_[r].resize(values_owned(touched, r));
  }
  exchange(&outgoing);
}

/// The gradients become the sums.
template <typename Real>
void ShardSum<Real>::take_sums() {
  zero_grad(parameters_);
  for (std::size_t k = 0; k < sums_.size(); ++k) parameters_[k]->touched.add(sums_[k].touched);
  for (std::size_t rank = 0; rank < ranks_.count(); ++rank) take_sums_of(rank);
}

template <typename Real>
void ShardSum<Real>::take_sums_of(std::size_t rank) {
  const Real* values = incoming_[rank].data();
  for (std::size_t k = 0; k < sums_.size(); ++k) {
    const Sum& sum = sums_[k];
    const MatrixView<Real> gradient = parameters_[k]->grad.matrix();
    find_owned(k, rows_of(sum.touched), rank);
    for (const std::int32_t w : owned_) {
      const auto row = static_cast<std::size_t>(w);
      const bool is_own = rank == ranks_.rank();
      const Real* from = is_own ? sum_of(sum, row, gradient.columns()) : values;
      std::copy_n(from, gradient.columns(), gradient.row(row).begin());
      if (!is_own) values += gradient.columns();
    }
  }
}

template <typename Real>
void ShardSum<Real>::count(const ParameterList<Real>& parameters,
                           std::span<const std::size_t> most_rows, MemoryPlan& plan) {
  constexpr std::size_t kCopies = 3;  // the sums, and what goes out to other ranks and comes in
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Shape matrix = parameters[k]->value.matrix().shape();
    RowSet touched;
    touched.plan(matrix[0], plan);
    plan.add_bytes((matrix[0] + most_rows[k]) * sizeof(std::int32_t));
    plan.add_bytes(kCopies * most_rows[k] * matrix[1] * sizeof(Real));
  }
}

template class ShardSum<float>;
template class ShardSum<double>;

}  // namespace unroll
