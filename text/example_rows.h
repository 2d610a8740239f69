/// Rows of encoded texts, wherever they are: in memory (HeldRows) or in a file that is larger than
/// memory (unroll/text/row_file.h). Whoever makes batches of them need not know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "unroll/core/function_ref.h"
#include "unroll/core/range.h"

namespace unroll {

/// An encoded text with the number of its label (−1: none, or one that training has not seen), or
/// of its set of labels (unroll/text/label_sets.h).
struct Example {
  std::vector<std::int32_t> ids;  ///< at least one
  std::int32_t label = -1;
  float weight = 1;  ///< how much it counts in a loss
};

/// Reading rows is safe from several threads.
class ExampleRows {
 public:
  ExampleRows() = default;
  virtual ~ExampleRows() = default;
  ExampleRows(const ExampleRows&) = delete;
  ExampleRows& operator=(const ExampleRows&) = delete;

  virtual std::size_t size() const = 0;
  virtual std::size_t length(std::size_t row) const = 0;  ///< how many ids it has
  virtual std::int32_t label(std::size_t row) const = 0;
  virtual float weight(std::size_t row) const = 0;
  /// The ids of a row; those that are not in memory are put into `room`.
  virtual std::span<const std::int32_t> ids(std::size_t row,
                                            std::vector<std::int32_t>& room) const = 0;
  /// No row is needed for now: memory that only serves reading may go.
  virtual void release() const {}
  /// These rows are needed soon.
  virtual void expect(Range) const {}
};

/// Examples in memory. They outlive it.
class HeldRows final : public ExampleRows {
 public:
  explicit HeldRows(std::span<const Example> examples) : examples_(examples) {}
  std::size_t size() const override { return examples_.size(); }
  std::size_t length(std::size_t row) const override { return examples_[row].ids.size(); }
  std::int32_t label(std::size_t row) const override { return examples_[row].label; }
  float weight(std::size_t row) const override { return examples_[row].weight; }
  std::span<const std::int32_t> ids(std::size_t row, std::vector<std::int32_t>&) const override {
    return examples_[row].ids;
  }

 private:
  std::span<const Example> examples_;
};

/// Calls body(range) for ranges of all rows, on all threads, and lets go of rows in between.
void for_each_part(const ExampleRows& rows, FunctionRef<Range> body);
/// Calls body(row) for all rows in their order, and lets go of rows in between.
void for_each_row(const ExampleRows& rows, FunctionRef<std::size_t> body);

}  // namespace unroll
