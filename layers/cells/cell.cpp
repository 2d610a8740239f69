#include "unroll/layers/cells/cell.h"

#include "unroll/layers/cells/lstm.h"
#include "unroll/layers/cells/rnn.h"

namespace unroll {

const CellDescription& describe(Cell cell) {
  switch (cell) {
    case Cell::kRnn:
      return kRnn;
    case Cell::kLstm:
      return kLstm;
  }
  return kRnn;
}

std::string_view to_string(Cell cell) {
  return describe(cell).name;
}

std::string title(const CellKind& kind) {
  const CellDescription& cell = describe(kind.cell);
  std::string text(cell.title);
  if (cell.has_activation) text.append(" (").append(to_string(kind.activation)).append(")");
  return text;
}

std::size_t gate_count(Cell cell) {
  return describe(cell).gates.size();
}

}  // namespace unroll
