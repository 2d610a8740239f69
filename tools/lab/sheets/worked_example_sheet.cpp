// The worked example as a sheet.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "unroll/kernels/gemm.h"
#include "unroll/kernels/ops.h"
#include "unroll/layers/cells/lstm.h"
#include "unroll/tools/lab/sheets/worked_example_pages.h"

namespace unroll {

namespace {

using Values = std::span<const double>;

/// Rows shown of a matrix: its columns are many enough to see what it is made of.
constexpr std::size_t kCornerRows = 2;

/// A · x.
std::vector<double> product(Factor<double> A, Values x) {
  std::vector<double> y(A.rows());
  gemv(A, x, y);
  return y;
}

/// f(x_1, …), element by element.
template <typename F, typename... Xs>
std::vector<double> each(F f, Values first, Xs... others) {
  std::vector<double> y(first.size());
  for (std::size_t j = 0; j < y.size(); ++j) y[j] = f(first[j], others[j]...);
  return y;
}

double norm(Values values) {
  return std::sqrt(sum_of_squares<double>(values));
}

class SheetWriter {
 public:
  SheetWriter(const WorkedExample& example, const WorkedExampleNames& names, std::size_t units)
      : e_(example), names_(names), units_(units), path_(example.path()) {}

  Sheet write() {
    sheet_.title = names_.title;
    introduction();
    forward();
    output();
    backward();
    gradients();
    paths();
    return std::move(sheet_);
  }

 private:
  // ------------------------------------------------------------------------------------- the parts

  void introduction();
  void forward();
  void forward_step(std::size_t t);
  void forward_gate(std::size_t t, std::size_t g);
  void lstm_state(std::size_t t);
  void gru_step(std::size_t t);
  void gru_candidate(std::size_t t);
  void output();
  void pooled();
  void backward();
  void backward_step(std::size_t t);
  void state_gradient(std::size_t t);
  void rnn_backward(std::size_t t);
  void lstm_backward(std::size_t t);
  void gru_backward(std::size_t t);
  void gru_reset_backward(std::size_t t);
  std::vector<SheetTerm> gru_sent_back(std::size_t next);
  void initial_state();
  void gradients();
  void paths();
  void rnn_path(std::size_t k);
  void lstm_path(std::size_t k);
  void gru_path(std::size_t k);
  void path_matrices(std::size_t k);
  void path_table();

  // ----------------------------------------------------------------------------- what they write

  void heading(int level, std::string text) {
    sheet_.items.emplace_back(SheetHeading{level, std::move(text)});
  }
  void text(std::string text) { sheet_.items.emplace_back(SheetText{std::move(text)}); }
  void equation(std::string id, std::string name, std::vector<SheetTerm> terms) {
    sheet_.items.emplace_back(SheetEquation{std::move(id), std::move(name), std::move(terms)});
  }
  SheetTerm term(std::string sign, std::string symbols, Values values) const {
    return {std::move(sign), std::move(symbols), column(values, units_)};
  }
  SheetTerm result(Values values) const { return term("=", "", values); }
  void matrix(std::string id, std::string name, MatrixView<const double> values) {
    equation(std::move(id), std::move(name),
             {{"=", "", corner(values, std::min(units_, kCornerRows), units_)}});
  }

  // ------------------------------------------------------------------------------ names and rows

  Cell cell() const { return e_.model.cell; }
  bool lstm() const { return cell() == Cell::kLstm; }
  bool gru() const { return cell() == Cell::kGru; }
  bool resets_after() const { return e_.model.gru_reset == GruReset::kAfter; }
  bool has_gates() const { return e_.gate_count() > 1; }
  std::string_view gates() const { return describe(e_.kind()).gates; }
  bool top() const { return e_.request.layer + 1 == e_.model.layers; }
  bool reads_forward() const { return e_.request.direction == Direction::kForward; }
  std::string id(const std::string& what) const {
    return std::string(describe(e_.kind()).title) + "-" + what;
  }
  /// An equation of one form of the GRU alone.
  std::string form(const std::string& what) const {
    return id(std::string(to_string(e_.model.gru_reset)) + "-" + what);
  }
  /// The equation of dW of gate g: a GRU's candidate has its own.
  std::string dW_id(std::size_t g) const { return gru() && g == 2 ? form("dW") : id("dW"); }
  /// An equation of the output layer: a GRU's are the RNN's.
  std::string output_id(const std::string& what) const { return gru() ? "RNN-" + what : id(what); }
  std::string phi() const { return symbol(e_.model.activation); }
  /// δ_t of the RNN, δh_t of the others.
  std::string delta(std::size_t t) const {
    return fmt::format("{}_{{{}}}", has_gates() ? "δh" : "δ", t);
  }

  /// The step read before t, 0 if t is read first; the step read after it, 0 if it is read last.
  std::size_t before(std::size_t t) const {
    return reads_forward() ? t - 1 : (t == e_.steps() ? 0 : t + 1);
  }
  std::size_t after(std::size_t t) const {
    return reads_forward() ? (t == e_.steps() ? 0 : t + 1) : t - 1;
  }
  bool on_path(std::size_t t) const { return std::ranges::find(path_, t) != path_.end(); }

  static Values row(const Tensor<double>& tensor, std::size_t t) {
    return tensor.matrix().row(t - 1);
  }
  /// Gate g of a row (T, G·H).
  Values gate(const Tensor<double>& tensor, std::size_t t, std::size_t g) const {
    return row(tensor, t).subspan(g * e_.hidden_size(), e_.hidden_size());
  }
  /// Gate g of a parameter (G·H, ·).
  MatrixView<const double> block(const Tensor<double>& tensor, std::size_t g) const {
    return tensor.matrix().row_range(g * e_.hidden_size(), e_.hidden_size());
  }
  /// "_f" of a cell with gates, "" of an RNN.
  std::string sub(std::size_t g) const { return has_gates() ? fmt::format("_{}", gates()[g]) : ""; }
  /// "_{f,3}" of a cell with gates, "_{3}" of an RNN.
  std::string sub(std::size_t g, std::size_t t) const {
    return has_gates() ? fmt::format("_{{{},{}}}", gates()[g], t) : fmt::format("_{{{}}}", t);
  }
  static std::string at(const char* letter, std::size_t t) {
    return fmt::format("{}_{{{}}}", letter, t);
  }

  const WorkedExample& e_;
  const WorkedExampleNames& names_;
  std::size_t units_;
  std::vector<std::size_t> path_;
  Sheet sheet_;
};

void SheetWriter::introduction() {
  text(fmt::format("{}.{}.{}: {}, H = {}, I = {}; T = {} steps; {} pooling; K = {} classes.",
                   to_string(e_.model.cell), e_.request.layer, to_string(e_.request.direction),
                   title(e_.kind()), e_.hidden_size(), e_.x.shape()[1], e_.steps(),
                   to_string(*e_.model.pool), e_.O.size()));
  text(fmt::format(
      "Label \"{}\", class {} of {}. All values in double precision, dropout off. The first {} "
      "components of each column are shown. $dX$ means ∂L/∂X.",
      literal(names_.labels[e_.target]), e_.target + 1, names_.labels.size(), units_));
  if (!reads_forward()) {
    text(
        "This direction reads from the end of the text: what is called the step before t is "
        "step t + 1 of the text.");
  }
}

// ------------------------------------------------------------------------------------------
// forward

void SheetWriter::forward() {
  heading(1, "Forward");
  for (std::size_t t : e_.reading_order()) forward_step(t);
}

void SheetWriter::forward_step(std::size_t t) {
  heading(2, fmt::format("Step {}: \"{}\"", t, literal(names_.tokens[t - 1])));
  equation(e_.request.layer == 0 ? "EMB-x" : "STACK-x", at("x", t), {result(row(e_.x, t))});
  if (before(t) == 0) equation("", "h_0", {result(row(e_.h_prev, t))});
  if (lstm() && before(t) == 0) equation("", "C_0", {result(row(e_.C_prev, t))});
  if (gru()) return gru_step(t);
  for (std::size_t g = 0; g < e_.gate_count(); ++g) forward_gate(t, g);
  if (lstm()) lstm_state(t);
}

void SheetWriter::forward_gate(std::size_t t, std::size_t g) {
  const std::string letter(1, gates()[g]);
  const std::string z = "z" + sub(g, t);
  if (on_path(t)) {
    const Values b = e_.b.values().subspan(g * e_.hidden_size(), e_.hidden_size());
    equation(has_gates() ? "" : id("z"), z,
             {term("=", "U" + sub(g) + " " + at("x", t), product(block(e_.U, g), row(e_.x, t))),
              term("+", "W" + sub(g) + " " + at("h", before(t)),
                   product(block(e_.W, g), row(e_.h_prev, t))),
              term("+", "b" + sub(g), b), result(gate(e_.z, t, g))});
  }
  const std::string function = !has_gates() ? phi() : gates()[g] == 'a' ? "tanh" : "σ";
  equation(id(letter), at(letter.c_str(), t),
           {term("=", function + "(" + z + ")", gate(e_.gates, t, g))});
}

void SheetWriter::lstm_state(std::size_t t) {
  const auto times = [](double a, double b) { return a * b; };
  const Values f = gate(e_.gates, t, 0), i = gate(e_.gates, t, 1), a = gate(e_.gates, t, 2);
  if (on_path(t)) {
    equation("LSTM-C", at("C", t),
             {term("=", at("C", before(t)) + " ⊙ " + at("f", t), each(times, row(e_.C_prev, t), f)),
              term("+", at("i", t) + " ⊙ " + at("a", t), each(times, i, a)), result(row(e_.C, t))});
    equation("", "tanh " + at("C", t), {result(row(e_.tanh_C, t))});
  } else {
    equation("LSTM-C", at("C", t), {result(row(e_.C, t))});
  }
  equation("LSTM-h", at("h", t), {term("=", at("o", t) + " ⊙ tanh " + at("C", t), row(e_.h, t))});
}

/// The candidate, whose z takes from h_{t−1} what the reset gate lets through.
void SheetWriter::gru_candidate(std::size_t t) {
  const Values r = gate(e_.gates, t, 0), b = e_.b.values().subspan(2 * e_.hidden_size());
  const Values h_prev = row(e_.h_prev, t);
  const auto times = [](double p, double q) { return p * q; };
  std::vector<SheetTerm> terms{
      term("=", "U_h " + at("x", t), product(block(e_.U, 2), row(e_.x, t))), term("+", "b_h", b)};
  if (resets_after()) {
    equation(form("q"), at("q", t),
             {term("=", "W_h " + at("h", before(t)), product(block(e_.W, 2), h_prev)),
              term("+", "d_h", e_.d.values()), result(row(e_.q, t))});
    terms.push_back(term("+", at("r", t) + " ⊙ " + at("q", t), each(times, r, row(e_.q, t))));
  } else {
    equation(form("p"), at("p", t),
             {term("=", at("r", t) + " ⊙ " + at("h", before(t)), row(e_.p_t, t))});
    terms.push_back(term("+", "W_h " + at("p", t), product(block(e_.W, 2), row(e_.p_t, t))));
  }
  terms.push_back(result(gate(e_.z, t, 2)));
  equation("", at("z", t).insert(3, "h,"), std::move(terms));
  equation(form("candidate"), at("h̃", t),
           {term("=", fmt::format("tanh(z_{{h,{}}})", t), gate(e_.gates, t, 2))});
}

void SheetWriter::gru_step(std::size_t t) {
  forward_gate(t, 0);
  forward_gate(t, 1);
  gru_candidate(t);
  const auto keep = [](double u, double h) { return u * h; };
  const auto let_in = [](double u, double h) { return (1 - u) * h; };
  const Values u = gate(e_.gates, t, 1);
  equation(
      "GRU-h", at("h", t),
      {term("=", "(1 − " + at("u", t) + ") ⊙ " + at("h̃", t), each(let_in, u, gate(e_.gates, t, 2))),
       term("+", at("u", t) + " ⊙ " + at("h", before(t)), each(keep, u, row(e_.h_prev, t))),
       result(row(e_.h, t))});
}

// ------------------------------------------------------------------------------- output and loss

void SheetWriter::pooled() {
  const Pool pool = *e_.model.pool;
  const std::size_t first = e_.first_column();
  const Values p = e_.p.values().subspan(first, e_.hidden_size());
  const std::string symbols = pool == Pool::kMax    ? "max_t h_t"
                              : pool == Pool::kMean ? "(1/T) Σ_t h_t"
                                                    : at("h", reads_forward() ? e_.steps() : 1);
  if (!top()) text("$p$ pools the states of the top layer, not of this one.");
  equation("POOL-" + std::string(to_string(pool)), "p", {term("=", top() ? symbols : "", p)});
  if (e_.winners.empty() || !top()) return;
  std::string steps;
  for (std::size_t j = 0; j < std::min(units_, e_.hidden_size()); ++j)
    steps += fmt::format("{}{}", j == 0 ? "" : ", ", e_.winners[first + j]);
  text(fmt::format("The maxima were at the steps {}{}", steps,
                   units_ < e_.hidden_size() ? ", …" : "."));
}

void SheetWriter::output() {
  heading(1, "Output and loss");
  pooled();
  if (e_.model.bidirectional)
    text("$p$ has the columns of both directions; $V p$ sums over all of them.");
  equation("RNN-O", "O",
           {term("=", "V p", product(e_.V.matrix(), e_.p.values())), term("+", "c", e_.c.values()),
            result(e_.O.values())});
  equation("RNN-y", "ŷ", {term("=", "softmax(O)", e_.y_hat.values())});
  std::vector<double> y(e_.O.size());
  y[e_.target] = 1;
  equation("", "y", {{"=", "", column(y, units_, NumberStyle::kShortest)}});
  equation("CE-softmax", "L",
           {{"=", fmt::format("−log ŷ_{{{}}}", e_.target + 1), scalar(e_.loss)}});
}

// -----------------------------------------------------------------------------------------
// backward

void SheetWriter::backward() {
  heading(1, "Backward");
  equation("RNN-dO", "dO", {term("=", "ŷ − y", e_.dO.values())});
  equation(output_id("dc"), "dc", {term("=", "dO", e_.dc.values())});
  equation("", "dp",
           {term("=", "Vᵀ dO", e_.dp.values().subspan(e_.first_column(), e_.hidden_size()))});
  std::vector<std::size_t> order = e_.reading_order();
  std::ranges::reverse(order);
  for (std::size_t t : order) backward_step(t);
  initial_state();
}

void SheetWriter::backward_step(std::size_t t) {
  heading(2, fmt::format("Step {}: \"{}\"", t, literal(names_.tokens[t - 1])));
  state_gradient(t);
  switch (cell()) {
    case Cell::kRnn:
      rnn_backward(t);
      break;
    case Cell::kLstm:
      lstm_backward(t);
      break;
    case Cell::kGru:
      gru_backward(t);
      break;
  }
  equation(id("dx"), at("dx", t),
           {term("=", has_gates() ? fmt::format("Σ_g U_gᵀ dz_{{g,{}}}", t) : "Uᵀ " + at("dz", t),
                 row(e_.dx, t))});
}

void SheetWriter::state_gradient(std::size_t t) {
  equation(top() ? "POOL-d" + std::string(to_string(*e_.model.pool)) : "STACK-dh", at("g", t),
           {result(row(e_.g, t))});
  std::vector<SheetTerm> terms{term("=", at("g", t), row(e_.g, t))};
  const std::string name = gru() ? form("dh") : id("dh");
  if (after(t) == 0) {
    equation(name, delta(t), std::move(terms));
    return;
  }
  if (gru()) {
    for (SheetTerm& sent : gru_sent_back(after(t))) terms.push_back(std::move(sent));
    terms.push_back(result(row(e_.dh, t)));
    equation(name, delta(t), std::move(terms));
    return;
  }
  const std::string symbols =
      lstm() ? fmt::format("Σ_g W_gᵀ dz_{{g,{}}}", after(t)) : "Wᵀ " + at("dz", after(t));
  terms.push_back(term("+", symbols, product(transposed(e_.W.matrix()), row(e_.dz, after(t)))));
  terms.push_back(result(row(e_.dh, t)));
  equation(name, delta(t), std::move(terms));
}

/// What a step of a GRU sends back to the state before it.
std::vector<SheetTerm> SheetWriter::gru_sent_back(std::size_t next) {
  const auto times = [](double p, double q) { return p * q; };
  std::vector<SheetTerm> terms{term("+", delta(next) + " ⊙ " + at("u", next),
                                    each(times, row(e_.dh, next), gate(e_.gates, next, 1)))};
  if (!resets_after()) {
    terms.push_back(term("+", at("dp", next) + " ⊙ " + at("r", next),
                         each(times, row(e_.dp_t, next), gate(e_.gates, next, 0))));
  }
  for (std::size_t g = 0; g < 2; ++g) {
    terms.push_back(term("+", fmt::format("W{}ᵀ dz{}", sub(g), sub(g, next)),
                         product(transposed(block(e_.W, g)), gate(e_.dz, next, g))));
  }
  if (resets_after()) {
    terms.push_back(
        term("+", "W_hᵀ " + at("dq", next), product(transposed(block(e_.W, 2)), row(e_.dq, next))));
  }
  return terms;
}

/// φ′(z) from y = φ(z).
double slope(Activation activation, double y) {
  double dx = 0;
  const double one = 1;
  activate_backward<double>(activation, Values(&y, 1), Values(&one, 1), std::span(&dx, 1));
  return dx;
}

void SheetWriter::rnn_backward(std::size_t t) {
  const auto slopes = each([&](double y) { return slope(e_.model.activation, y); }, row(e_.h, t));
  equation("RNN-dz", at("dz", t),
           {term("=", delta(t), row(e_.dh, t)),
            term("⊙", (phi() == "tanh" ? "tanh" : phi()) + "′(" + at("z", t) + ")", slopes),
            result(row(e_.dz, t))});
}

void SheetWriter::lstm_backward(std::size_t t) {
  const Values f = gate(e_.gates, t, 0), i = gate(e_.gates, t, 1), a = gate(e_.gates, t, 2),
               o = gate(e_.gates, t, 3), dh = row(e_.dh, t), dC = row(e_.dC, t);
  const auto from_h = [](double d, double out, double y) { return d * out * (1 - y * y); };
  const auto times = [](double p, double q) { return p * q; };
  const auto sigmoid = [](double y) { return y * (1 - y); };
  const auto tanh = [](double y) { return 1 - y * y; };
  std::vector<SheetTerm> terms{
      term("=", delta(t) + " ⊙ " + at("o", t) + " ⊙ (1 − tanh² " + at("C", t) + ")",
           each(from_h, dh, o, row(e_.tanh_C, t)))};
  if (const std::size_t next = after(t); next != 0) {
    terms.push_back(term("+", at("δC", next) + " ⊙ " + at("f", next),
                         each(times, row(e_.dC, next), gate(e_.gates, next, 0))));
    terms.push_back(result(dC));
  }
  equation("LSTM-dC", at("δC", t), std::move(terms));

  const auto gate_gradient = [&](std::size_t g, const std::string& first, Values d,
                                 const std::string& second, Values factor, const std::string& y,
                                 const std::vector<double>& slopes) {
    const std::string name = fmt::format("LSTM-dz{}", kLstmGates[g]);
    if (!on_path(t)) {
      equation(name, "dz" + sub(g, t), {result(gate(e_.dz, t, g))});
      return;
    }
    equation(name, "dz" + sub(g, t),
             {term("=", first, d), term("⊙", second, factor), term("⊙", y, slopes),
              result(gate(e_.dz, t, g))});
  };
  const std::string C = at("δC", t);
  const auto sigmoid_slope = [&](const char* letter) {
    return fmt::format("{0}_{{{1}}}(1 − {0}_{{{1}}})", letter, t);
  };
  gate_gradient(0, C, dC, at("C", before(t)), row(e_.C_prev, t), sigmoid_slope("f"),
                each(sigmoid, f));
  gate_gradient(1, C, dC, at("a", t), a, sigmoid_slope("i"), each(sigmoid, i));
  gate_gradient(2, C, dC, at("i", t), i, fmt::format("(1 − a_{{{}}}²)", t), each(tanh, a));
  gate_gradient(3, delta(t), dh, "tanh " + at("C", t), row(e_.tanh_C, t), sigmoid_slope("o"),
                each(sigmoid, o));
}

void SheetWriter::gru_backward(std::size_t t) {
  const Values u = gate(e_.gates, t, 1), candidate = gate(e_.gates, t, 2), dh = row(e_.dh, t);
  const auto difference = [](double p, double q) { return p - q; };
  const auto sigmoid = [](double y) { return y * (1 - y); };
  const auto tanh = [](double y) { return 1 - y * y; };
  const auto rest = [](double y) { return 1 - y; };
  equation("GRU-dzu", "dz" + sub(1, t),
           {term("=", delta(t), dh),
            term("⊙", "(" + at("h", before(t)) + " − " + at("h̃", t) + ")",
                 each(difference, row(e_.h_prev, t), candidate)),
            term("⊙", fmt::format("u_{{{0}}}(1 − u_{{{0}}})", t), each(sigmoid, u)),
            result(gate(e_.dz, t, 1))});
  equation("GRU-dzh", "dz" + sub(2, t),
           {term("=", delta(t), dh), term("⊙", "(1 − " + at("u", t) + ")", each(rest, u)),
            term("⊙", fmt::format("(1 − h̃_{{{}}}²)", t), each(tanh, candidate)),
            result(gate(e_.dz, t, 2))});
  gru_reset_backward(t);
}

void SheetWriter::gru_reset_backward(std::size_t t) {
  const Values r = gate(e_.gates, t, 0), dz_h = gate(e_.dz, t, 2);
  const auto sigmoid = [](double y) { return y * (1 - y); };
  const SheetTerm slope = term("⊙", fmt::format("r_{{{0}}}(1 − r_{{{0}}})", t), each(sigmoid, r));
  const SheetTerm sum = result(gate(e_.dz, t, 0));
  if (resets_after()) {
    equation(form("dq"), at("dq", t),
             {term("=", "dz" + sub(2, t) + " ⊙ " + at("r", t), row(e_.dq, t))});
    equation(form("dzr"), "dz" + sub(0, t),
             {term("=", "dz" + sub(2, t), dz_h), term("⊙", at("q", t), row(e_.q, t)), slope, sum});
  } else {
    equation(form("dp"), at("dp", t), {term("=", "W_hᵀ dz" + sub(2, t), row(e_.dp_t, t))});
    equation(form("dzr"), "dz" + sub(0, t),
             {term("=", at("dp", t), row(e_.dp_t, t)),
              term("⊙", at("h", before(t)), row(e_.h_prev, t)), slope, sum});
  }
}

void SheetWriter::initial_state() {
  const std::size_t first = reads_forward() ? 1 : e_.steps();
  heading(2, "Before the first step");
  if (gru()) {
    std::vector<SheetTerm> terms = gru_sent_back(first);
    terms.front().sign = "=";
    terms.push_back(result(e_.dh_0.values()));
    equation(form("dh0"), "dh_0", std::move(terms));
    return;
  }
  equation(id("dh0"), "dh_0",
           {term("=", lstm() ? fmt::format("Σ_g W_gᵀ dz_{{g,{}}}", first) : "Wᵀ " + at("dz", first),
                 e_.dh_0.values())});
  if (!lstm()) return;
  equation("LSTM-dC0", "dC_0",
           {term("=", at("δC", first) + " ⊙ " + at("f", first), e_.dC_0.values())});
}

// ----------------------------------------------------------------------------------------
// gradients

void SheetWriter::gradients() {
  heading(1, "Gradients of the parameters");
  text("Of matrices the top left corner.");
  matrix(output_id("dV"), "dV", e_.dV.matrix().column_range(e_.first_column(), e_.hidden_size()));
  for (std::size_t g = 0; g < e_.gate_count(); ++g) {
    matrix(id("dU"), "dU" + sub(g), block(e_.dU, g));
    matrix(dW_id(g), "dW" + sub(g), block(e_.dW, g));
    equation(id("db"), "db" + sub(g),
             {result(e_.db.values().subspan(g * e_.hidden_size(), e_.hidden_size()))});
  }
  if (!e_.dd.empty()) equation(form("dd"), "dd_h", {result(e_.dd.values())});
}

// --------------------------------------------------------------------------------------------
// paths

/// The step at which most enters from above.
std::size_t loudest_step(const WorkedExample& example) {
  std::size_t loudest = 1;
  for (std::size_t t = 2; t <= example.steps(); ++t) {
    if (norm(example.g.matrix().row(t - 1)) > norm(example.g.matrix().row(loudest - 1)))
      loudest = t;
  }
  return loudest;
}

void SheetWriter::paths() {
  const std::size_t t = e_.request.step;
  heading(1, fmt::format("Paths from $h_{{{}}}$", t));
  text(
      fmt::format("What enters at $h_{{{0}}}$ from above, $g_{{{0}}}$, is sent back alone. It "
                  "reaches step k as $dz_k^{{({0})}}$ and adds $dz_k^{{({0})}} h_{{k−1}}ᵀ$ to "
                  "∂L/∂W, $dz_k^{{({0})}} x_kᵀ$ to ∂L/∂U, $dz_k^{{({0})}}$ to ∂L/∂b.",
                  t));
  if (norm(row(e_.g, t)) == 0) {
    text(
        fmt::format("Nothing enters at this step: with {} pooling the gradient enters elsewhere, "
                    "most of it at step {} (--t {}).",
                    to_string(*e_.model.pool), loudest_step(e_), loudest_step(e_)));
    return;
  }
  for (std::size_t k : path_) {
    heading(2, fmt::format("k = {}: \"{}\"", k, literal(names_.tokens[k - 1])));
    switch (cell()) {
      case Cell::kRnn:
        rnn_path(k);
        break;
      case Cell::kLstm:
        lstm_path(k);
        break;
      case Cell::kGru:
        gru_path(k);
        break;
    }
    path_matrices(k);
  }
  path_table();
}

void SheetWriter::rnn_path(std::size_t k) {
  const std::size_t t = e_.request.step;
  const auto dz = [&](std::size_t step) { return fmt::format("dz_{{{}}}^{{({})}}", step, t); };
  const auto slopes = each([&](double y) { return slope(e_.model.activation, y); }, row(e_.h, k));
  std::vector<SheetTerm> terms;
  if (k == t) {
    terms.push_back(term("=", at("g", t), row(e_.g, t)));
  } else {
    const Values later = row(e_.path_dz, after(k));
    terms.push_back(term("=", "Wᵀ " + dz(after(k)), product(transposed(e_.W.matrix()), later)));
  }
  terms.push_back(term("⊙", phi() + "′(" + at("z", k) + ")", slopes));
  terms.push_back(result(row(e_.path_dz, k)));
  equation("RNN-dz", dz(k), std::move(terms));
}

void SheetWriter::lstm_path(std::size_t k) {
  for (std::size_t g = 0; g < 4; ++g) {
    equation(fmt::format("LSTM-dz{}", kLstmGates[g]),
             fmt::format("dz_{{{},{}}}^{{({})}}", kLstmGates[g], k, e_.request.step),
             {result(gate(e_.path_dz, k, g))});
  }
}

void SheetWriter::gru_path(std::size_t k) {
  const auto name = [&](const std::string& what) {
    return fmt::format("{}^{{({})}}", what, e_.request.step);
  };
  equation(form("dzr"), name("dz" + sub(0, k)), {result(gate(e_.path_dz, k, 0))});
  equation("GRU-dzu", name("dz" + sub(1, k)), {result(gate(e_.path_dz, k, 1))});
  equation("GRU-dzh", name("dz" + sub(2, k)), {result(gate(e_.path_dz, k, 2))});
  if (resets_after()) equation(form("dq"), name(at("dq", k)), {result(row(e_.path_dq, k))});
}

void SheetWriter::path_matrices(std::size_t k) {
  const Tensor<double> dW = e_.path_dW(k);
  const Tensor<double> dU = e_.path_dU(k);
  for (std::size_t g = 0; g < e_.gate_count(); ++g) {
    const std::string dz = fmt::format("dz{}^{{({})}}", sub(g, k), e_.request.step);
    const bool is_candidate = gru() && g == 2;
    const std::string left =
        is_candidate && resets_after() ? fmt::format("dq_{{{}}}^{{({})}}", k, e_.request.step) : dz;
    const std::string right = is_candidate && !resets_after() ? at("p", k) : at("h", before(k));
    matrix(dW_id(g), left + " " + right + "ᵀ", block(dW, g));
    matrix(id("dU"), dz + " " + at("x", k) + "ᵀ", block(dU, g));
  }
}

void SheetWriter::path_table() {
  heading(2, "Together");
  text("Euclidean norms; of matrices over all entries, of a cell with gates over all of them.");
  const auto number = [](Values values) {
    return number_text(norm(values), NumberStyle::kFourDecimals);
  };
  SheetTable table{{"path", "∂L/∂W", "∂L/∂U", "∂L/∂b"}, {}};
  for (std::size_t k : path_) {
    table.rows.push_back({fmt::format("k = {}", k), number(e_.path_dW(k).values()),
                          number(e_.path_dU(k).values()), number(row(e_.path_dz, k))});
  }
  table.rows.push_back({"their sum", number(e_.part_dW.values()), number(e_.part_dU.values()),
                        number(e_.part_db.values())});
  table.rows.push_back(
      {"all steps", number(e_.dW.values()), number(e_.dU.values()), number(e_.db.values())});
  sheet_.items.emplace_back(std::move(table));
  text(
      fmt::format("The sums over the paths of all steps t = 1 … {} agree with dW, dU, db to {:.1e} "
                  "of the largest entry.",
                  e_.steps(), e_.parts_error));
}

}  // namespace

Sheet to_sheet(const WorkedExample& example, const WorkedExampleNames& names, std::size_t units) {
  return SheetWriter(example, names, units).write();
}

}  // namespace unroll
