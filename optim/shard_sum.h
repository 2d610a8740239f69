/// ShardSum: the gradient of a step whose batch is cut into shards, which several processes may
/// share.
///
/// Each shard's gradient is computed for itself, from zeros. Then they are added in the order of
/// the shards, ((g0 + g1) + g2) + …, whoever computed them. So R ranks that share S shards end with
/// the bits of one process that computes all S, for any R.
///
/// Rank r computes the shards r, r + R, r + 2R, …, one a round. After a round every rank hands its
/// gradient over: row w of a matrix goes to rank w mod R, which adds up what it gets in the order
/// of the ranks. After the last round each rank gives its rows of the sum to all others. With as
/// many shards as ranks a rank thus sends 2·(R−1)/R gradients a step, however many ranks there are.
/// A matrix whose rows are listed (Parameter::touched), such as an embedding, sends these rows
/// alone.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "unroll/core/parameter.h"
#include "unroll/core/ranks.h"

namespace unroll {

/// Where the time of the steps of this rank went, in seconds, and what they sent.
struct ShardTimes {
  std::size_t ranks = 1;  ///< that shared the steps
  std::size_t steps = 0;
  double compute = 0;   ///< its shards
  double wait = 0;      ///< until the last rank was as far
  double exchange = 0;  ///< gradients on their way, and their sums
  std::uint64_t bytes = 0;
};

template <typename Real>
class ShardSum {
 public:
  /// Borrows parameters and ranks. `most_rows`: how many rows of each parameter's gradient may
  /// differ from 0.
  ShardSum(const ParameterList<Real>& parameters, std::span<const std::size_t> most_rows,
           Ranks& ranks);

  /// Calls compute(shard) for each shard of this rank's, which adds the shard's gradient to cleared
  /// ones and returns its loss. Afterwards the gradients are the sums over all shards, and so is
  /// the loss that is returned, on every rank. Throws LostRankError; no value has changed then.
  double run(std::size_t shards, const std::function<double(std::size_t shard)>& compute);

  /// What the first rank says in its next step: whether training is to end. After that step all
  /// ranks know it.
  void say_whether_to_end(bool end) { says_end_ = end; }
  bool shall_end() const { return shall_end_; }

  const ShardTimes& times() const { return times_; }

  /// Its memory, as much for one rank as for many: the plan of a run does not hang on how many
  /// share it.
  static void count(const ParameterList<Real>& parameters, std::span<const std::size_t> most_rows,
                    MemoryPlan& plan);

 private:
  /// Some rows of a matrix.
  struct Rows {
    bool all = false;
    std::span<const std::int32_t> listed = {};
  };
  /// What a rank says about its gradient of this round.
  struct Notice {
    std::vector<std::int32_t> numbers;  ///< as it is sent
    std::vector<Rows> rows;             ///< that the gradient of each parameter has
    double loss = 0;
    bool ends = false;
  };
  /// This rank's rows of the sum, for one parameter.
  struct Sum {
    std::vector<std::int32_t> places;  ///< (rows): where in `values` each is; −1: not there
    std::vector<std::int32_t> rows;    ///< by their places
    std::vector<Real> values;
    RowSet touched;  ///< of all ranks and rounds
  };

  std::size_t columns(std::size_t k) const { return parameters_[k]->grad.matrix().columns(); }
  static Rows rows_of(const RowSet& set) { return {set.all(), set.rows()}; }
  void begin();
  void hand_over(bool has_shard, double loss);
  void note_own(bool has_shard, double loss);
  void write(Notice& notice) const;
  void read(Notice& notice) const;
  void exchange_notices();
  void exchange_rows();
  void add_rows_of(std::size_t rank);
  void add_owned(std::size_t k, const Real* values);
  void make_places(Sum& sum, std::size_t size) const;
  static const Real* sum_of(const Sum& sum, std::size_t row, std::size_t size) {
    return sum.values.data() + static_cast<std::size_t>(sum.places[row]) * size;
  }
  void give_sums();
  void take_sums();
  void take_sums_of(std::size_t rank);
  void exchange(const std::vector<Real>* outgoing_to_all);
  /// Sets `owned_` to the rows that belong to rank `owner`.
  void find_owned(std::size_t k, const Rows& rows, std::size_t owner);
  std::size_t values_owned(const std::vector<Rows>& rows, std::size_t owner);

  const ParameterList<Real>& parameters_;
  Ranks& ranks_;
  std::size_t most_numbers_;
  std::vector<Sum> sums_;        // of each parameter
  std::vector<Notice> notices_;  // of each rank
  std::vector<std::vector<Real>> outgoing_, incoming_;
  std::vector<std::int32_t> owned_;
  std::vector<Bytes> to_;
  std::vector<WritableBytes> from_;
  bool says_end_ = false, shall_end_ = false;
  double loss_ = 0;
  ShardTimes times_;
};

}  // namespace unroll
