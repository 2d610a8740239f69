/// FileRows: the rows of a file as training takes them. The file numbers combinations of labels, as
/// they were met; which of these are the numbers of labels, or of sets of labels, is known later.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "unroll/text/row_file.h"
#include "unroll/tools/classifier/weights.h"

namespace unroll {

class FileRows final : public ExampleRows {
 public:
  /// `labels`: of each combination.
  FileRows(std::unique_ptr<RowFile> file, std::vector<std::int32_t> labels)
      : file_(std::move(file)), labels_(std::move(labels)) {}

  /// From now on rows have these weights.
  void weigh(RowWeights weights) { weights_ = std::move(weights); }

  std::size_t size() const override { return file_->size(); }
  std::size_t length(std::size_t row) const override { return file_->length(row); }
  std::int32_t label(std::size_t row) const override {
    return labels_[static_cast<std::size_t>(file_->label(row))];
  }
  float weight(std::size_t row) const override {
    const float of_row = file_->weight(row);
    return weights_.of_label.empty() ? of_row : weights_(label(row), of_row);
  }
  std::span<const std::int32_t> ids(std::size_t row,
                                    std::vector<std::int32_t>& room) const override {
    return file_->ids(row, room);
  }
  void release() const override { file_->release(); }
  void expect(Range rows) const override { file_->expect(rows); }
  /// The file's bytes for each id that it has, on average.
  double bytes_per_id(std::size_t ids) const {
    return static_cast<double>(file_->bytes()) / static_cast<double>(ids);
  }

 private:
  std::unique_ptr<RowFile> file_;
  std::vector<std::int32_t> labels_;
  RowWeights weights_;
};

}  // namespace unroll
