#include "unroll/tools/program/unseen_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/text/labels.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

void UnseenRows::add(const Record& record) {
  bool is_unseen = false;
  for (const std::string_view label : labels_of(record)) {
    if (std::ranges::binary_search(known_, label)) continue;
    if (labels_.empty()) {
      line_ = record.line;
      label_ = label;
    }
    labels_.emplace(label);
    is_unseen = true;
  }
  rows_ += is_unseen ? 1 : 0;
}

void UnseenRows::warn(const std::string& file, Terminal& terminal) const {
  if (rows_ == 0) return;
  const std::string labels =
      labels_.size() == 1
          ? fmt::format("the label {} has", in_quotes(label_))
          : fmt::format("{} labels, the first {}, have", labels_.size(), in_quotes(label_));
  terminal.warning(fmt::format("{}:{}: {} no training row; rows that count as wrong for that: {}",
                               file == "-" ? "<stdin>" : file, line_, labels, rows_));
}

}  // namespace unroll
