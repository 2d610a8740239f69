// The exercise as a sheet, in English and Chinese.

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "unroll/layers/cells/lstm.h"
#include "unroll/tools/lab/sheets/exercise.h"

namespace unroll {

namespace {

using naive::Matrix;
using naive::Vector;

/// The sentences of a sheet.
struct Words {
  const char* title;  ///< of what, seed
  const char* network;
  const char* network_lead;
  const char* given;
  const char* given_lead;
  const char* questions;
  const char* forward;
  const char* outputs;
  const char* states;
  const char* gradients;
  const char* paths;  ///< t
  const char* step;
  const char* rounding;
  const char* answers;
  const char* time;  ///< t
  const char* path;  ///< t, k
  const char* path_sum;
  const char* after;
};

constexpr Words kEnglish{
    .title = "Exercise: {} by hand, seed {}",
    .network = "The network",
    .network_lead = "For t = 1 … {}; ⊙ is the product element by element, $dX$ means ∂L/∂X.",
    .given = "Given",
    .given_lead = "All numbers are exact.",
    .questions = "Questions",
    .forward = "1. Compute {} for t = 1 … {}, then L.",
    .outputs = "2. Compute $dO_t$ for every t, then $dV$ and $dc$.",
    .states = "3. From the last step to the first: {}.",
    .gradients = "4. Compute $dU$, $dW$, $db$, and ∂L/∂$h_0${}.",
    .paths =
        "5. Take the loss of step {0} alone. For each path k = {1} give $∂L_{0}/∂z_k$ and what "
        "it adds to $∂L_{0}/∂W$, $∂L_{0}/∂U$, $∂L_{0}/∂b$.",
    .step = "6. Take one step of SGD with η = {} and compute L again.",
    .rounding = "Carry at least nine digits and round at the end, to six decimals.",
    .answers = "Answers",
    .time = "Step {}",
    .path = "Loss of step {}, path k = {}",
    .path_sum = "Loss of step {}, all paths",
    .after = "After one step of SGD",
};

constexpr Words kChinese{
    .title = "练习：手算 {}，种子 {}",
    .network = "网络",
    .network_lead = "t = 1 … {}；⊙ 是逐元素相乘，$dX$ 表示 ∂L/∂X。",
    .given = "已知",
    .given_lead = "所有数字都是精确值。",
    .questions = "题目",
    .forward = "1. 对 t = 1 … {1} 计算 {0}，然后计算 L。",
    .outputs = "2. 对每个 t 计算 $dO_t$，然后计算 $dV$ 和 $dc$。",
    .states = "3. 从最后一步算到第一步：{}。",
    .gradients = "4. 计算 $dU$、$dW$、$db$ 和 ∂L/∂$h_0${}。",
    .paths =
        "5. 只看第 {0} 步的损失。对每条路径 k = {1}，写出 $∂L_{0}/∂z_k$ 以及它对 "
        "$∂L_{0}/∂W$、$∂L_{0}/∂U$、$∂L_{0}/∂b$ 的贡献。",
    .step = "6. 用 SGD 走一步，η = {}，再计算一次 L。",
    .rounding = "中间至少保留九位数字，最后四舍五入到六位小数。",
    .answers = "答案",
    .time = "第 {} 步",
    .path = "第 {} 步的损失，路径 k = {}",
    .path_sum = "第 {} 步的损失，所有路径之和",
    .after = "SGD 走一步之后",
};

Tensor<double> tensor_of(const Matrix& matrix) {
  Tensor<double> tensor({matrix.size(), matrix[0].size()});
  for (std::size_t r = 0; r < matrix.size(); ++r)
    std::ranges::copy(matrix[r], tensor.matrix().row(r).begin());
  return tensor;
}

Matrix outer(const Vector& a, const Vector& b) {
  Matrix product = naive::zeros(a.size(), b.size());
  naive::add_outer(a, b, product);
  return product;
}

/// ∂L/∂z of a step of a GRU in its parts, as the naive code stacks them.
struct GruGradient {
  Vector z_r, z_u, z_h;
  Vector inner;  ///< ∂L/∂q_t where the reset comes after, otherwise ∂L/∂p_t
  bool is_after = true;

  /// In the order of U and b.
  Vector of_z() const {
    Vector all = z_r;
    all.insert(all.end(), z_u.begin(), z_u.end());
    all.insert(all.end(), z_h.begin(), z_h.end());
    return all;
  }
  /// What the step adds to ∂L/∂W; p is p_t, where there is one.
  Matrix of_W(const Vector& h_prev, const Vector& p) const {
    Matrix dW;
    for (const double dz : z_r) dW.push_back(times(dz, h_prev));
    for (const double dz : z_u) dW.push_back(times(dz, h_prev));
    for (const double d : is_after ? inner : z_h) dW.push_back(times(d, is_after ? h_prev : p));
    return dW;
  }

 private:
  static Vector times(double factor, Vector values) {
    for (double& value : values) value *= factor;
    return values;
  }
};

GruGradient gru_gradient(const naive::Network& network, const Vector& dz) {
  const auto H = static_cast<std::ptrdiff_t>(network.h_0.size());
  const auto block = [&](std::ptrdiff_t k) {
    return Vector(dz.begin() + k * H, dz.begin() + (k + 1) * H);
  };
  switch (network.reset) {
    case GruReset::kAfter:
      return {block(0), block(1), block(3), block(2), true};
    case GruReset::kBefore: {
      const Matrix W_h(network.W.begin() + 2 * H, network.W.end());
      return {block(0), block(1), block(2), naive::transposed_product(W_h, block(2)), false};
    }
  }
  return {};
}

/// What is asked of a cell: of a step forward, of a step back, and besides dU, dW, db, dh_0.
struct Questions {
  const char* forward;
  const char* back;
  const char* more_gradients;
};

Questions questions_of(const CellKind& kind) {
  switch (kind.cell) {
    case Cell::kRnn:
      return {"$z_t$, $h_t$", "$δ_t$ = ∂L/∂$h_t$, $dz_t$", ""};
    case Cell::kLstm:
      return {"$z_t$, $f_t$, $i_t$, $a_t$, $o_t$, $C_t$, $h_t$",
              "$δh_t$ = ∂L/∂$h_t$, $δC_t$ = ∂L/∂$C_t$, $dz_t$", ", ∂L/∂$C_0$"};
    case Cell::kGru:
      if (kind.reset == GruReset::kAfter) {
        return {"$r_t$, $u_t$, $q_t$, $h̃_t$, $h_t$", "$δh_t$ = ∂L/∂$h_t$, $dz_t$, $dq_t$",
                ", ∂L/∂$d_h$"};
      }
      return {"$r_t$, $u_t$, $p_t$, $h̃_t$, $h_t$", "$δh_t$ = ∂L/∂$h_t$, $dz_t$, $dp_t$", ""};
  }
  return {};
}

class ExerciseWriter {
 public:
  ExerciseWriter(const Exercise& exercise, Language language)
      : exercise_(exercise),
        network_(exercise.network),
        config_(exercise.config),
        words_(language == Language::kEnglish ? kEnglish : kChinese) {
    sheet_.language = std::string(to_string(language));
    sheet_.title =
        say(words_.title, gates() > 1 ? title(config_.kind()) : fmt::format("RNN ({})", phi()),
            config_.seed);
  }

  void task();
  void answers(const ExerciseKey& key);
  Sheet take() { return std::move(sheet_); }

 private:
  void equations();
  void lstm_equations();
  void gru_equations();
  void given();
  void questions();
  void forward_answers(const naive::Forward& forward, std::size_t t);
  void lstm_answers(const naive::Forward& forward, std::size_t t);
  void gru_answers(const naive::Forward& forward, std::size_t t);
  void output_answers(const naive::Backward& backward);
  void state_answers(const naive::Backward& backward, std::size_t t);
  void lstm_state_answers(const naive::Backward& backward, std::size_t t);
  void gru_state_answers(const naive::Backward& backward, std::size_t t);
  void gradient_answers(const naive::Backward& backward);
  void path_answers(const ExerciseKey& key);
  void gru_path_answers(const ExerciseKey& key, std::size_t t);
  void step_answers(const ExerciseKey& key);

  template <typename... Values>
  static std::string say(const char* words, const Values&... values) {
    return fmt::format(fmt::runtime(words), values...);
  }
  void heading(int level, std::string text) {
    sheet_.items.emplace_back(SheetHeading{level, std::move(text)});
  }
  void text(std::string text) { sheet_.items.emplace_back(SheetText{std::move(text)}); }
  void equation(std::string id, std::string name, std::string symbols,
                std::optional<Numbers> numbers = std::nullopt) {
    sheet_.items.emplace_back(SheetEquation{
        std::move(id), std::move(name), {{"=", std::move(symbols), std::move(numbers)}}});
  }
  void show(const std::string& id, const std::string& name, const Vector& values,
            const std::string& symbols = "") {
    equation(id, name, symbols, column(values, values.size(), style_));
  }
  void show(const std::string& id, const std::string& name, const Matrix& values,
            const std::string& symbols = "") {
    const Tensor<double> tensor = tensor_of(values);
    equation(id, name, symbols, corner(tensor.matrix(), values.size(), values[0].size(), style_));
  }
  void show(const std::string& id, const std::string& name, double value,
            const std::string& symbols = "") {
    equation(id, name, symbols, scalar(value, style_));
  }
  /// Each gate on its own, with its letter and `step` as subscripts; an RNN's as it is.
  template <typename Rows>
  void show_gates(const std::string& id, const std::string& name, const std::string& step,
                  const Rows& rows, const std::string& factor = "") {
    for (std::size_t g = 0; g < gates(); ++g)
      show(id, name + gate(g, step) + factor, block(rows, g));
  }

  /// A GRU's candidate has an equation of its own.
  void show_dW(const std::string& name, const Matrix& dW) {
    for (std::size_t g = 0; g < gates(); ++g) {
      show(gru() && g == 2 ? form("dW") : id("dW"), name + gate(g, ""), block(dW, g));
    }
  }

  bool lstm() const { return config_.cell == Cell::kLstm; }
  bool gru() const { return config_.cell == Cell::kGru; }
  bool resets_after() const { return config_.gru_reset == GruReset::kAfter; }
  std::size_t gates() const { return gate_count(config_.cell); }
  std::string id(const std::string& what) const {
    return std::string(describe(config_.kind()).title) + "-" + what;
  }
  /// An equation of one form of the GRU alone.
  std::string form(const std::string& what) const {
    return id(std::string(to_string(config_.gru_reset)) + "-" + what);
  }
  /// An equation of the output layer: a GRU's are the RNN's.
  std::string output_id(const char* what) const {
    return gru() ? "RNN-" + std::string(what) : id(what);
  }
  std::string phi() const { return symbol(config_.activation); }
  /// The subscripts of gate g and of a step, which may be empty.
  std::string gate(std::size_t g, const std::string& step) const {
    if (gates() == 1) return step.empty() ? "" : fmt::format("_{{{}}}", step);
    const char letter = describe(config_.kind()).gates[g];
    return step.empty() ? fmt::format("_{}", letter) : fmt::format("_{{{},{}}}", letter, step);
  }
  template <typename Rows>
  Rows block(const Rows& rows, std::size_t g) const {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(g * config_.hidden);
    return {begin, begin + static_cast<std::ptrdiff_t>(config_.hidden)};
  }
  static std::string at(const char* letter, std::size_t t) {
    return fmt::format("{}_{{{}}}", letter, t);
  }
  /// The step whose loss is followed path by path: the third, as in the derivation.
  std::size_t followed() const { return std::min<std::size_t>(3, config_.steps); }

  const Exercise& exercise_;
  const naive::Network& network_;
  const ExerciseConfig& config_;
  const Words& words_;
  NumberStyle style_ = NumberStyle::kShortest;
  Sheet sheet_;
};

// ---------------------------------------------------------------------------------------------
// task

void ExerciseWriter::task() {
  heading(1, words_.network);
  text(say(words_.network_lead, config_.steps));
  equations();
  heading(1, words_.given);
  text(words_.given_lead);
  given();
  heading(1, words_.questions);
  questions();
}

void ExerciseWriter::equations() {
  switch (config_.cell) {
    case Cell::kRnn:
      equation("RNN-z", "z_t", "U x_t + W h_{t−1} + b");
      equation("RNN-h", "h_t", phi() + "(z_t)");
      break;
    case Cell::kLstm:
      lstm_equations();
      break;
    case Cell::kGru:
      gru_equations();
      break;
  }
  equation("RNN-O", "O_t", "V h_t + c");
  equation("RNN-y", "ŷ_t", "softmax(O_t)");
  equation("CE-softmax", "L_t", "−Σ_k y_{t,k} log ŷ_{t,k}");
  equation("RNN-L", "L", "Σ_t L_t");
}

void ExerciseWriter::lstm_equations() {
  equation("LSTM-f", "f_t", "σ(z_{f,t}),  z_{f,t} = U_f x_t + W_f h_{t−1} + b_f");
  equation("LSTM-i", "i_t", "σ(z_{i,t}),  z_{i,t} = U_i x_t + W_i h_{t−1} + b_i");
  equation("LSTM-a", "a_t", "tanh(z_{a,t}),  z_{a,t} = U_a x_t + W_a h_{t−1} + b_a");
  equation("LSTM-o", "o_t", "σ(z_{o,t}),  z_{o,t} = U_o x_t + W_o h_{t−1} + b_o");
  equation("LSTM-C", "C_t", "C_{t−1} ⊙ f_t + i_t ⊙ a_t");
  equation("LSTM-h", "h_t", "o_t ⊙ tanh(C_t)");
}

void ExerciseWriter::gru_equations() {
  equation("GRU-r", "r_t", "σ(z_{r,t}),  z_{r,t} = U_r x_t + W_r h_{t−1} + b_r");
  equation("GRU-u", "u_t", "σ(z_{u,t}),  z_{u,t} = U_u x_t + W_u h_{t−1} + b_u");
  if (resets_after()) {
    equation(form("q"), "q_t", "W_h h_{t−1} + d_h");
    equation(form("candidate"), "h̃_t", "tanh(z_{h,t}),  z_{h,t} = U_h x_t + b_h + r_t ⊙ q_t");
  } else {
    equation(form("p"), "p_t", "r_t ⊙ h_{t−1}");
    equation(form("candidate"), "h̃_t", "tanh(z_{h,t}),  z_{h,t} = U_h x_t + b_h + W_h p_t");
  }
  equation("GRU-h", "h_t", "(1 − u_t) ⊙ h̃_t + u_t ⊙ h_{t−1}");
}

void ExerciseWriter::given() {
  show_gates("", "U", "", network_.U);
  show_gates("", "W", "", network_.W);
  show_gates("", "b", "", network_.b);
  if (!network_.d.empty()) show("", "d_h", network_.d);
  show("", "V", network_.V);
  show("", "c", network_.c);
  show("", "h_0", network_.h_0);
  if (lstm()) show("", "C_0", network_.C_0);
  for (std::size_t t = 1; t <= config_.steps; ++t) {
    show("", at("x", t), exercise_.sequence.x[t]);
    Vector y(config_.classes);
    y[exercise_.sequence.targets[t]] = 1;
    show("", at("y", t), y);
  }
}

void ExerciseWriter::questions() {
  const Questions asked = questions_of(config_.kind());
  text(say(words_.forward, std::string(asked.forward) + ", $O_t$, $ŷ_t$, $L_t$", config_.steps));
  text(words_.outputs);
  text(say(words_.states, asked.back));
  text(say(words_.gradients, asked.more_gradients));
  std::string paths;
  for (std::size_t k = followed(); k >= 1; --k)
    paths += fmt::format("{}{}", paths.empty() ? "" : ", ", k);
  text(say(words_.paths, followed(), paths));
  text(say(words_.step, exercise_.learning_rate));
  text(words_.rounding);
}

// ------------------------------------------------------------------------------------------
// answers

void ExerciseWriter::answers(const ExerciseKey& key) {
  style_ = NumberStyle::kSixDecimals;
  heading(1, fmt::format("{} 1", words_.answers));
  for (std::size_t t = 1; t <= config_.steps; ++t) forward_answers(key.forward, t);
  show("RNN-L", "L", key.forward.L);
  heading(1, fmt::format("{} 2", words_.answers));
  output_answers(key.backward);
  heading(1, fmt::format("{} 3", words_.answers));
  for (std::size_t t = config_.steps; t >= 1; --t) state_answers(key.backward, t);
  heading(1, fmt::format("{} 4", words_.answers));
  gradient_answers(key.backward);
  heading(1, fmt::format("{} 5", words_.answers));
  path_answers(key);
  heading(1, fmt::format("{} 6", words_.answers));
  step_answers(key);
}

void ExerciseWriter::forward_answers(const naive::Forward& forward, std::size_t t) {
  heading(2, say(words_.time, t));
  switch (config_.cell) {
    case Cell::kRnn:
      show("RNN-z", at("z", t), forward.z[t]);
      show("RNN-h", at("h", t), forward.h[t]);
      break;
    case Cell::kLstm:
      lstm_answers(forward, t);
      break;
    case Cell::kGru:
      gru_answers(forward, t);
      break;
  }
  show("RNN-O", at("O", t), forward.O[t]);
  show("RNN-y", at("ŷ", t), forward.y_hat[t]);
  show("CE-softmax", at("L", t), forward.L_t[t]);
}

void ExerciseWriter::lstm_answers(const naive::Forward& forward, std::size_t t) {
  show_gates("", "z", std::to_string(t), forward.z[t]);
  show("LSTM-f", at("f", t), forward.f[t]);
  show("LSTM-i", at("i", t), forward.i[t]);
  show("LSTM-a", at("a", t), forward.a[t]);
  show("LSTM-o", at("o", t), forward.o[t]);
  show("LSTM-C", at("C", t), forward.C[t]);
  show("LSTM-h", at("h", t), forward.h[t]);
}

void ExerciseWriter::gru_answers(const naive::Forward& forward, std::size_t t) {
  show("GRU-r", at("r", t), forward.r[t]);
  show("GRU-u", at("u", t), forward.u[t]);
  if (resets_after()) {
    show(form("q"), at("q", t), forward.q[t]);
  } else {
    show(form("p"), at("p", t), forward.p[t]);
  }
  show(form("candidate"), at("h̃", t), forward.candidate[t]);
  show("GRU-h", at("h", t), forward.h[t]);
}

void ExerciseWriter::output_answers(const naive::Backward& backward) {
  for (std::size_t t = 1; t <= config_.steps; ++t) {
    show("RNN-dO", at("dO", t), backward.dO[t], fmt::format("ŷ_{{{0}}} − y_{{{0}}}", t));
  }
  show(output_id("dV"), "dV", backward.dV, "Σ_t dO_t h_tᵀ");
  show(output_id("dc"), "dc", backward.dc, "Σ_t dO_t");
}

void ExerciseWriter::state_answers(const naive::Backward& backward, std::size_t t) {
  heading(2, say(words_.time, t));
  show(gru() ? form("dh") : id("dh"), at(gates() > 1 ? "δh" : "δ", t), backward.delta[t]);
  switch (config_.cell) {
    case Cell::kRnn:
      return show("RNN-dz", at("dz", t), backward.dz[t],
                  fmt::format("δ_{{{0}}} ⊙ {1}′(z_{{{0}}})", t, phi()));
    case Cell::kLstm:
      return lstm_state_answers(backward, t);
    case Cell::kGru:
      return gru_state_answers(backward, t);
  }
}

void ExerciseWriter::gru_state_answers(const naive::Backward& backward, std::size_t t) {
  const GruGradient d = gru_gradient(network_, backward.dz[t]);
  show("GRU-dzu", at("dz", t).insert(4, "u,"), d.z_u);
  show("GRU-dzh", at("dz", t).insert(4, "h,"), d.z_h);
  show(form(resets_after() ? "dq" : "dp"), at(resets_after() ? "dq" : "dp", t), d.inner);
  show(form("dzr"), at("dz", t).insert(4, "r,"), d.z_r);
}

void ExerciseWriter::lstm_state_answers(const naive::Backward& backward, std::size_t t) {
  show("LSTM-dC", at("δC", t), backward.delta_C[t]);
  for (std::size_t g = 0; g < 4; ++g) {
    show(fmt::format("LSTM-dz{}", kLstmGates[g]), "dz" + gate(g, std::to_string(t)),
         block(backward.dz[t], g));
  }
}

void ExerciseWriter::gradient_answers(const naive::Backward& backward) {
  show_gates(id("dU"), "dU", "", backward.dU);
  show_dW("dW", backward.dW);
  show_gates(id("db"), "db", "", backward.db);
  if (!backward.dd.empty()) show(form("dd"), "dd_h", backward.dd);
  show(gru() ? form("dh0") : id("dh0"), "dh_0", backward.dh_0);
  if (lstm()) show("LSTM-dC0", "dC_0", backward.dC_0);
}

/// As path_answers; what the candidate adds to ∂L/∂W has q or p in it.
void ExerciseWriter::gru_path_answers(const ExerciseKey& key, std::size_t t) {
  const std::string L = fmt::format("∂L_{}/∂", t);
  Matrix dW = naive::zeros(network_.W.size(), config_.hidden);
  Matrix dU = naive::zeros(network_.U.size(), config_.input);
  Vector db(network_.b.size()), dd(network_.d.size());
  for (std::size_t k = t; k >= 1; --k) {
    const GruGradient d = gru_gradient(network_, key.backward.path[t][k]);
    heading(2, say(words_.path, t, k));
    const std::string step = std::to_string(k);
    show_gates(id("db"), L + "z", step, d.of_z());
    if (resets_after()) show(form("dq"), L + at("q", k), d.inner);
    const Matrix of_W = d.of_W(key.forward.h[k - 1], resets_after() ? Vector() : key.forward.p[k]);
    const Matrix of_U = outer(d.of_z(), exercise_.sequence.x[k]);
    for (std::size_t g = 0; g < gates(); ++g) {
      const bool is_candidate = g == 2;
      const std::string left = is_candidate && resets_after() ? at("q", k) : "z" + gate(g, step);
      const std::string right = is_candidate && !resets_after() ? at("p", k) : at("h", k - 1);
      show(is_candidate ? form("dW") : id("dW"), "(" + L + left + ") " + right + "ᵀ",
           block(of_W, g));
    }
    show_gates(id("dU"), "(" + L + "z", step, of_U, fmt::format(") x_{{{}}}ᵀ", k));
    for (std::size_t r = 0; r < dW.size(); ++r) naive::add(of_W[r], dW[r]);
    for (std::size_t r = 0; r < dU.size(); ++r) naive::add(of_U[r], dU[r]);
    naive::add(d.of_z(), db);
    if (resets_after()) naive::add(d.inner, dd);
  }
  heading(2, say(words_.path_sum, t));
  show_dW(L + "W", dW);
  show_gates(id("dU"), L + "U", "", dU);
  show_gates(id("db"), L + "b", "", db);
  if (resets_after()) show(form("dd"), L + "d_h", dd);
}

void ExerciseWriter::path_answers(const ExerciseKey& key) {
  const std::size_t t = followed();
  if (gru()) return gru_path_answers(key, t);
  // Written out in the derivation for the RNN's third step; otherwise instances of the sums.
  const bool third = !lstm() && t == 3;
  const auto path_id = [&](const char* what) { return id(what) + (third ? "3" : ""); };
  const std::string L = fmt::format("∂L_{}/∂", t);
  Matrix dW = naive::zeros(network_.W.size(), config_.hidden);
  Matrix dU = naive::zeros(network_.U.size(), config_.input);
  Vector db(network_.b.size());
  for (std::size_t k = t; k >= 1; --k) {
    const Vector& dz = key.backward.path[t][k];
    const Vector& h = key.forward.h[k - 1];
    const Vector& x = exercise_.sequence.x[k];
    heading(2, say(words_.path, t, k));
    const std::string step = std::to_string(k);
    show_gates(path_id("db"), L + "z", step, dz);
    const std::string of_z = fmt::format("({}z", L);
    show_gates(path_id("dW"), of_z, step, outer(dz, h), fmt::format(") h_{{{}}}ᵀ", k - 1));
    show_gates(path_id("dU"), of_z, step, outer(dz, x), fmt::format(") x_{{{}}}ᵀ", k));
    naive::add_outer(dz, h, dW);
    naive::add_outer(dz, x, dU);
    naive::add(dz, db);
  }
  heading(2, say(words_.path_sum, t));
  show_gates(path_id("dW"), L + "W", "", dW);
  show_gates(path_id("dU"), L + "U", "", dU);
  show_gates(path_id("db"), L + "b", "", db);
}

void ExerciseWriter::step_answers(const ExerciseKey& key) {
  show_gates("SGD-step", "U", "", key.after.U);
  show_gates("SGD-step", "W", "", key.after.W);
  show_gates("SGD-step", "b", "", key.after.b);
  if (!key.after.d.empty()) show("SGD-step", "d_h", key.after.d);
  show("SGD-step", "V", key.after.V);
  show("SGD-step", "c", key.after.c);
  show("RNN-L", "L", key.loss_after);
}

}  // namespace

Sheet to_sheet(const Exercise& exercise, Language language, const ExerciseKey* key) {
  ExerciseWriter writer(exercise, language);
  writer.task();
  if (key != nullptr) writer.answers(*key);
  return writer.take();
}

}  // namespace unroll
