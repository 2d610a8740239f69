// The worked example as CSV.

#include <fmt/format.h>

#include <iterator>

#include "unroll/tools/lab/sheets/worked_example_pages.h"

namespace unroll {

namespace {

class CsvWriter {
 public:
  explicit CsvWriter(const WorkedExample& example) : example_(example) {}

  void value(std::string_view name, std::string_view step, std::string_view row,
             std::string_view column, double value) {
    fmt::format_to(std::back_inserter(output), "{},{},{},{},{}\n", name, step, row, column, value);
  }

  /// A column of components.
  void components(const std::string& name, const std::string& step,
                  std::span<const double> values) {
    for (std::size_t j = 0; j < values.size(); ++j)
      value(name, step, std::to_string(j + 1), "", values[j]);
  }

  /// (T, ·): a column a step.
  void steps(const std::string& name, const Tensor<double>& tensor) {
    const auto matrix = tensor.matrix();
    for (std::size_t t = 0; t < matrix.rows(); ++t)
      components(name, std::to_string(t + 1), matrix.row(t));
  }

  /// (T, G·H): the same, each gate by its name.
  void gate_steps(const std::string& name, const Tensor<double>& tensor) {
    const auto matrix = tensor.matrix();
    const std::size_t H = example_.hidden_size();
    for (std::size_t t = 0; t < matrix.rows(); ++t) {
      for (std::size_t g = 0; g < example_.gate_count(); ++g)
        components(name + gate(g), std::to_string(t + 1), matrix.row(t).subspan(g * H, H));
    }
  }

  void matrix(const std::string& name, const std::string& step, MatrixView<const double> matrix) {
    for (std::size_t r = 0; r < matrix.rows(); ++r) {
      for (std::size_t k = 0; k < matrix.columns(); ++k)
        value(name, step, std::to_string(r + 1), std::to_string(k + 1), matrix(r, k));
    }
  }

  /// (G·H, ·): a matrix a gate. The suffix follows the gate's letter: dW_f_path.
  void gate_matrices(const std::string& name, const std::string& suffix, const std::string& step,
                     const Tensor<double>& tensor) {
    const std::size_t H = example_.hidden_size();
    for (std::size_t g = 0; g < example_.gate_count(); ++g)
      matrix(name + gate(g) + suffix, step, tensor.matrix().row_range(g * H, H));
  }

  void gate_columns(const std::string& name, const std::string& suffix, const std::string& step,
                    std::span<const double> values) {
    const std::size_t H = example_.hidden_size();
    for (std::size_t g = 0; g < example_.gate_count(); ++g)
      components(name + gate(g) + suffix, step, values.subspan(g * H, H));
  }

  std::string output = "name,step,row,column,value\n";

 private:
  std::string gate(std::size_t g) const {
    return example_.gate_count() == 1 ? "" : std::string("_") + describe(example_.kind()).gates[g];
  }

  const WorkedExample& example_;
};

void write_parameters(const WorkedExample& example, CsvWriter& csv) {
  csv.gate_matrices("U", "", "", example.U);
  csv.gate_matrices("W", "", "", example.W);
  csv.gate_columns("b", "", "", example.b.values());
  csv.components("d_h", "", example.d.values());
  csv.matrix("V", "", example.V.matrix());
  csv.components("c", "", example.c.values());
}

/// f i a o of an LSTM, r u and the candidate of a GRU; an RNN's φ(z_t) is h_t.
void write_gates(const WorkedExample& example, CsvWriter& csv) {
  if (example.gate_count() == 1) return;
  const std::size_t H = example.hidden_size();
  const CellDescription& cell = describe(example.kind());
  for (std::size_t g = 0; g < cell.gates.size(); ++g) {
    const bool is_candidate = cell.has_reset && g == 2;
    const std::string name = is_candidate ? "candidate" : std::string(1, cell.gates[g]);
    for (std::size_t t = 0; t < example.steps(); ++t) {
      csv.components(name, std::to_string(t + 1), example.gates.matrix().row(t).subspan(g * H, H));
    }
  }
}

void write_forward(const WorkedExample& example, CsvWriter& csv) {
  csv.steps("x", example.x);
  csv.steps("h_prev", example.h_prev);
  csv.steps("C_prev", example.C_prev);
  csv.gate_steps("z", example.z);
  write_gates(example, csv);
  csv.steps("q", example.q);
  csv.steps("p_t", example.p_t);
  csv.steps("C", example.C);
  csv.steps("tanh_C", example.tanh_C);
  csv.steps("h", example.h);
  csv.components("p", "", example.p.values());
  csv.components("O", "", example.O.values());
  csv.components("y_hat", "", example.y_hat.values());
  for (std::size_t k = 0; k < example.O.size(); ++k)
    csv.value("y", "", std::to_string(k + 1), "", k == example.target ? 1 : 0);
  csv.value("L", "", "", "", example.loss);
}

void write_backward(const WorkedExample& example, CsvWriter& csv) {
  csv.components("dO", "", example.dO.values());
  csv.components("dp", "", example.dp.values());
  csv.steps("g", example.g);
  csv.steps("dh", example.dh);
  csv.steps("dC", example.dC);
  csv.gate_steps("dz", example.dz);
  csv.steps("dq", example.dq);
  csv.steps("dp_t", example.dp_t);
  csv.steps("dx", example.dx);
  csv.components("dh_0", "", example.dh_0.values());
  csv.components("dC_0", "", example.dC_0.values());
  csv.gate_matrices("dU", "", "", example.dU);
  csv.gate_matrices("dW", "", "", example.dW);
  csv.gate_columns("db", "", "", example.db.values());
  csv.components("dd_h", "", example.dd.values());
  csv.matrix("dV", "", example.dV.matrix());
  csv.components("dc", "", example.dc.values());
}

void write_paths(const WorkedExample& example, CsvWriter& csv) {
  for (std::size_t k : example.path()) {
    const std::string step = std::to_string(k);
    csv.gate_columns("dz", "_path", step, example.path_dz.matrix().row(k - 1));
    if (!example.path_dq.empty()) {
      csv.components("dq_path", step, example.path_dq.matrix().row(k - 1));
    }
    csv.gate_matrices("dU", "_path", step, example.path_dU(k));
    csv.gate_matrices("dW", "_path", step, example.path_dW(k));
  }
  csv.gate_matrices("dU", "_part", "", example.part_dU);
  csv.gate_matrices("dW", "_part", "", example.part_dW);
  csv.gate_columns("db", "_part", "", example.part_db.values());
  csv.components("dd_h_part", "", example.part_dd.values());
}

}  // namespace

std::string to_csv(const WorkedExample& example) {
  CsvWriter csv(example);
  write_parameters(example, csv);
  write_forward(example, csv);
  write_backward(example, csv);
  write_paths(example, csv);
  return std::move(csv.output);
}

}  // namespace unroll
