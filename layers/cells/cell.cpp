#include "unroll/layers/cells/cell.h"

#include "unroll/layers/cells/gru.h"
#include "unroll/layers/cells/lstm.h"
#include "unroll/layers/cells/rnn.h"

namespace unroll {

std::string_view to_string(GruReset reset) {
  switch (reset) {
    case GruReset::kAfter:
      return "after";
    case GruReset::kBefore:
      return "before";
  }
  return "?";
}

const CellDescription& describe(const CellKind& kind) {
  switch (kind.cell) {
    case Cell::kRnn:
      return kRnn;
    case Cell::kLstm:
      return kLstm;
    case Cell::kGru:
      return kind.reset == GruReset::kAfter ? kGruAfter : kGruBefore;
  }
  return kRnn;
}

std::string_view to_string(Cell cell) {
  return describe(cell).name;
}

std::string title(const CellKind& kind) {
  const CellDescription& cell = describe(kind);
  std::string text(cell.title);
  if (cell.has_activation) text.append(" (").append(to_string(kind.activation)).append(")");
  if (cell.has_reset && kind.reset != GruReset::kAfter) {
    text.append(" (reset ").append(to_string(kind.reset)).append(")");
  }
  return text;
}

std::size_t gate_count(Cell cell) {
  return describe(cell).gates.size();
}

std::size_t saved_count(const CellKind& kind) {
  return describe(kind).saved.size();
}

}  // namespace unroll
