#include "unroll/tools/mathematics/training_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/layers/recurrent_stack.h"
#include "unroll/tools/mathematics/flow_report.h"
#include "unroll/tools/mathematics/html_page.h"

namespace unroll {

namespace {

/// The sample: few enough for an epoch to be measured in seconds.
constexpr std::size_t kSearched = 256;
constexpr std::size_t kSample = 8;
constexpr std::size_t kMostLags = 200;

using Ids = std::vector<std::int32_t>;

/// The longest texts of two tokens or more, at most kSample.
std::vector<Ids> longest(std::vector<Ids> texts) {
  std::erase_if(texts, [](const Ids& ids) { return ids.size() < 2; });
  if (texts.empty()) {
    throw DataError(
        "gradient flow: none of the texts looked at has two tokens, so there is no step to "
        "measure");
  }
  std::ranges::stable_sort(texts, std::ranges::greater{}, &Ids::size);
  texts.resize(std::min(texts.size(), kSample));
  return texts;
}

const Parameter<float>& parameter_of(const SequenceClassifier<float>& model,
                                     const std::string& name) {
  for (const auto* parameter : model.parameters()) {
    if (parameter->name == name) return *parameter;
  }
  throw Error(ErrorKind::kInternal, fmt::format("gradient flow: the model has no {}", name));
}

/// The model's recurrent layers in double, with the same values.
RecurrentStack<double> shadow_of(const SequenceClassifier<float>& model) {
  const SequenceClassifierConfig& config = model.config();
  RecurrentStack<double> stack({.cell = config.cell,
                                .activation = config.activation,
                                .input = config.embedding,
                                .hidden = config.hidden,
                                .layers = config.layers,
                                .bidirectional = config.bidirectional,
                                .dropout = 0});
  for (Parameter<double>* parameter : stack.parameters()) {
    std::ranges::copy(parameter_of(model, parameter->name).value.values(), parameter->value.data());
  }
  return stack;
}

/// x_t = E[w_t] of one text, (T, I).
Tensor<double> embedded(const SequenceClassifier<float>& model, const Ids& ids) {
  const auto E = parameter_of(model, "embedding.E").value.matrix();
  Tensor<double> x({ids.size(), E.columns()});
  for (std::size_t t = 0; t < ids.size(); ++t) {
    std::ranges::copy(E.row(static_cast<std::size_t>(ids[t])), x.matrix().row(t).begin());
  }
  return x;
}

/// The rows in the order in which a direction reads them.
Tensor<double> as_read(MatrixView<const double> x, std::size_t direction) {
  Tensor<double> read(x.shape());
  for (std::size_t t = 0; t < x.rows(); ++t) {
    const std::size_t from = direction == 0 ? t : x.rows() - 1 - t;
    std::ranges::copy(x.row(from), read.matrix().row(t).begin());
  }
  return read;
}

/// The norms of one text, one per layer and direction.
std::vector<FlowNorms> norms_of(const SequenceClassifier<float>& model, const Ids& ids,
                                std::size_t lags) {
  RecurrentStack<double> stack = shadow_of(model);
  const Tensor<double> x = embedded(model, ids);
  RecurrentStack<double>::Cache cache;
  auto states = stack.zero_states(1);
  stack.forward(RaggedShape::rectangle(ids.size(), 1), x.matrix(), states, cache, nullptr);
  std::vector<FlowNorms> norms;
  for (std::size_t l = 0; l < model.config().layers; ++l) {
    const MatrixView<const double> below =
        l == 0 ? x.matrix() : std::as_const(cache.h[l - 1]).matrix();
    for (std::size_t d = 0; d < stack.directions(); ++d) {
      RecurrentLayer<double>& layer = stack.layer(l, d);
      norms.push_back(flow_norms(layer, model.config().activation, as_read(below, d).matrix(),
                                 layer.zero_state(1), lags));
    }
  }
  return norms;
}

/// "lstm.0.forward" of "lstm.0.forward.U".
std::string layer_name(const std::string& parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

/// How a result is called, and the mean forget bias.
void describe(const SequenceClassifier<float>& model, const std::string& name, FlowResult& result) {
  FlowExperiment& e = result.experiment;
  e.name = name;
  e.cell = model.config().cell;
  e.activation = model.config().activation;
  e.hidden = model.config().hidden;
  if (e.cell != Cell::kLstm) return;
  const auto b_f = parameter_of(model, name + ".b").value.values().first(model.config().hidden);
  double sum = 0;
  for (float b : b_f) sum += b;
  e.forget_bias = sum / static_cast<double>(b_f.size());
}

std::string epoch_name(std::size_t epoch) {
  return epoch == 0 ? "before training" : fmt::format("after epoch {}", epoch);
}

}  // namespace

TrainingFlow::TrainingFlow(std::span<const Record> records) {
  for (const Record& record : records.first(std::min(records.size(), kSearched))) {
    texts_.push_back(record.text);
  }
}

void TrainingFlow::measure(std::size_t epoch, const TextClassifier& classifier) {
  const SequenceClassifier<float>& model = classifier.model();
  const std::vector<std::string_view> views(texts_.begin(), texts_.end());
  const std::vector<Ids> sample = longest(classifier.encoder().encode(views));
  // As many lags as every text of the sample has, so that all means are over the same texts.
  const std::size_t lags = std::min(kMostLags, sample.back().size() - 1);
  std::vector<std::vector<FlowNorms>> by_text(sample.size());
  parallel_for(sample.size(), 1, [&](Range range) {
    for (std::size_t r = range.begin; r < range.end; ++r) {
      by_text[r] = norms_of(model, sample[r], lags);
    }
  });

  Epoch measured{epoch, {}};
  RecurrentStack<double> names = shadow_of(model);
  const ParameterList<double> parameters = names.parameters();  // three per layer and direction
  for (std::size_t k = 0; k < by_text.front().size(); ++k) {
    std::vector<FlowNorms> walks;
    for (auto& text : by_text) walks.push_back(std::move(text[k]));
    FlowResult result = summarize_flow(walks);
    describe(model, layer_name(parameters[3 * k]->name), result);
    measured.layers.push_back(std::move(result));
  }
  epochs_.push_back(std::move(measured));
}

std::string TrainingFlow::csv() const {
  std::string csv = fmt::format("epoch,layer,forget_bias,{}\n", flow_csv_columns());
  for (const Epoch& epoch : epochs_) {
    for (const FlowResult& result : epoch.layers) {
      const FlowExperiment& e = result.experiment;
      const std::string bias =
          e.cell == Cell::kLstm ? fmt::format("{:.6g}", e.forget_bias) : std::string();
      csv += flow_csv_rows(result, fmt::format("{},{},{},", epoch.number, e.name, bias));
    }
  }
  return csv;
}

// ------------------------------------------------------------------------------------------- page

/// Before, after, and up to three evenly between.
std::vector<std::size_t> TrainingFlow::shown_epochs() const {
  constexpr std::size_t kBetween = 3;
  std::vector<std::size_t> shown;
  const std::size_t last = epochs_.size() - 1;
  for (std::size_t k = 0; k <= kBetween + 1; ++k) {
    const std::size_t epoch = last * k / (kBetween + 1);
    if (shown.empty() || shown.back() != epoch) shown.push_back(epoch);
  }
  return shown;
}

std::string TrainingFlow::layer_table(std::size_t layer) const {
  const bool is_lstm = epochs_.front().layers[layer].experiment.cell == Cell::kLstm;
  std::string rows;
  for (const Epoch& epoch : epochs_) {
    const FlowResult& result = epoch.layers[layer];
    const auto cell = [](const std::string& text) {
      return fmt::format("<td class=\"number\">{}</td>", text);
    };
    rows += fmt::format("<tr><td>{}</td>{}{}", epoch_name(epoch.number),
                        cell(exp_text(result.norm.mean.back())),
                        cell(fmt::format("{:.0f} %", 100 * result.saturated)));
    rows += is_lstm ? cell(exp_text(result.carry.mean.back())) +
                          cell(fmt::format("{:.2f}", result.experiment.forget_bias))
                    : cell(fmt::format("{:.0f} %", 100 * result.dead));
    rows += fmt::format("<td>{}</td></tr>\n", html_text(to_string(result.verdict)));
  }
  return fmt::format(
      "<div class=\"wide\"><table><tr><th></th><th class=\"number\">norm at lag {}</th>"
      "<th class=\"number\">saturated</th>{}<th>verdict</th></tr>\n{}</table></div>",
      epochs_.front().layers[layer].norm.mean.size(),
      is_lstm ? "<th class=\"number\">carry alone</th><th class=\"number\">mean forget bias</th>"
              : "<th class=\"number\">dead</th>",
      rows);
}

std::string TrainingFlow::layer_html(std::size_t layer) const {
  std::vector<FlowResult> shown;
  for (std::size_t k : shown_epochs()) {
    shown.push_back(epochs_[k].layers[layer]);
    shown.back().experiment.name = epoch_name(epochs_[k].number);
  }
  const std::string& name = epochs_.front().layers[layer].experiment.name;
  const bool is_lstm = shown.front().experiment.cell == Cell::kLstm;
  return fmt::format(
      "<h2>{}</h2>\n<section class=\"card\">{}<p class=\"note\">{} Lines are the geometric mean of "
      "the texts, bands reach from the smallest to the largest.</p></section>\n"
      "<section class=\"card\">{}</section>\n",
      html_text(name), svg_log_plot(flow_plot(shown, name)),
      html_math(
          is_lstm
              ? "Solid: ‖∂C_t/∂C_k‖ over all paths; dashed: along the carry alone, ‖Π diag f_j‖."
              : "Solid: ‖∂h_t/∂h_k‖; dashed: the bound Π ‖D_j‖ ‖W‖; dotted: the ceiling "
                "(max φ′ · ‖W‖)^lag."),
      layer_table(layer));
}

std::string TrainingFlow::page() const {
  std::string body = html_math(
      "How far a gradient reaches back through the layers of this model, from the last step that "
      "each direction reads, at texts of its own: before training and after its epochs.");
  body = "<p class=\"lead\">" + body + "</p>\n";
  for (std::size_t k = 0; k < epochs_.front().layers.size(); ++k) body += layer_html(k);
  return html_page("Gradient flow in training", body);
}

}  // namespace unroll
