#include "unroll/tools/lab/flow/training_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/lab/flow/flow_report.h"
#include "unroll/tools/lab/flow/gradient_flow.h"
#include "unroll/tools/lab/pages/html_page.h"
#include "unroll/tools/lab/proofs/double_shadow.h"

namespace unroll {

namespace {

/// The sample: few enough for an epoch to be measured in seconds.
constexpr std::size_t kSearched = 256;
constexpr std::size_t kSample = 8;
constexpr std::size_t kMostLags = 200;

using Ids = std::vector<std::int32_t>;
using Model = SequenceClassifier<double>;

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
std::vector<FlowNorms> norms_of(Model& model, const Ids& ids, std::size_t lags) {
  Model::Pass pass;
  model.forward(RaggedShape::rectangle(ids.size(), 1), ids, pass);
  const Model::Inspection seen = model.inspect(pass);
  std::vector<FlowNorms> norms;
  for (std::size_t l = 0; l < model.config().layers; ++l) {
    const Tensor<double>& below = l == 0 ? seen.x : seen.h[l - 1];
    for (std::size_t d = 0; d < model.stack().directions(); ++d) {
      RecurrentLayer<double>& layer = model.stack().layer(l, d);
      norms.push_back(
          flow_norms(layer, as_read(below.matrix(), d).matrix(), layer.zero_state(1), lags));
    }
  }
  return norms;
}

/// A result with the name of its layer, "lstm.0.forward", and the layer's mean forget bias.
FlowResult named(FlowResult result, const Model& model, const RecurrentLayer<double>& layer) {
  FlowExperiment& e = result.experiment;
  e.name = layer.U.name.substr(0, layer.U.name.rfind('.'));
  e.cell = model.config().cell;
  e.activation = model.config().activation;
  e.gru_reset = model.config().gru_reset;
  e.hidden = model.config().hidden;
  if (!describe(e.cell).has_forget_gate) return result;
  const auto b_f = layer.b.value.values().first(e.hidden);
  e.forget_bias = std::accumulate(b_f.begin(), b_f.end(), 0.0) / static_cast<double>(b_f.size());
  return result;
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
  const std::vector<std::string_view> views(texts_.begin(), texts_.end());
  const std::vector<Ids> sample = longest(classifier.encoder().encode(views));
  // As many lags as every text of the sample has, so that all means are over the same texts.
  const std::size_t lags = std::min(kMostLags, sample.back().size() - 1);
  std::vector<std::vector<FlowNorms>> by_text(sample.size());
  parallel_for(sample.size(), 1, [&](Range range) {
    Model shadow = double_shadow(classifier.model());
    for (std::size_t r = range.begin; r < range.end; ++r) {
      by_text[r] = norms_of(shadow, sample[r], lags);
    }
  });

  Model shadow = double_shadow(classifier.model());
  Epoch measured{epoch, {}};
  for (std::size_t k = 0; k < by_text.front().size(); ++k) {
    std::vector<FlowNorms> walks;
    for (auto& text : by_text) walks.push_back(std::move(text[k]));
    const std::size_t directions = shadow.stack().directions();
    measured.layers.push_back(
        named(summarize_flow(walks), shadow, shadow.stack().layer(k / directions, k % directions)));
  }
  epochs_.push_back(std::move(measured));
}

std::string TrainingFlow::csv() const {
  std::string csv = fmt::format("epoch,layer,forget_bias,{}\n", flow_csv_columns());
  for (const Epoch& epoch : epochs_) {
    for (const FlowResult& result : epoch.layers) {
      const FlowExperiment& e = result.experiment;
      const std::string bias =
          describe(e.cell).has_forget_gate ? fmt::format("{:.6g}", e.forget_bias) : std::string();
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
  const Cell of = epochs_.front().layers[layer].experiment.cell;
  const bool has_bias = describe(of).has_forget_gate, has_carry = carry_gate(of).has_value();
  std::string rows, columns;
  if (has_carry) columns += "<th class=\"number\">carry alone</th>";
  if (has_bias) columns += "<th class=\"number\">mean forget bias</th>";
  if (!has_carry) columns += "<th class=\"number\">dead</th>";
  for (const Epoch& epoch : epochs_) {
    const FlowResult& result = epoch.layers[layer];
    const auto cell = [](const std::string& text) {
      return fmt::format("<td class=\"number\">{}</td>", text);
    };
    rows += fmt::format("<tr><td>{}</td>{}{}", epoch_name(epoch.number),
                        cell(exp_text(result.norm.mean.back())),
                        cell(fmt::format("{:.0f} %", 100 * result.saturated)));
    if (has_carry) rows += cell(exp_text(result.carry.mean.back()));
    if (has_bias) rows += cell(fmt::format("{:.2f}", result.experiment.forget_bias));
    if (!has_carry) rows += cell(fmt::format("{:.0f} %", 100 * result.dead));
    rows += fmt::format("<td>{}</td></tr>\n", html_text(to_string(result.verdict)));
  }
  return fmt::format(
      "<div class=\"wide\"><table><tr><th></th><th class=\"number\">norm at lag {}</th>"
      "<th class=\"number\">saturated</th>{}<th>verdict</th></tr>\n{}</table></div>",
      epochs_.front().layers[layer].norm.mean.size(), columns, rows);
}

std::string TrainingFlow::layer_html(std::size_t layer) const {
  std::vector<FlowResult> shown;
  for (std::size_t k : shown_epochs()) {
    shown.push_back(epochs_[k].layers[layer]);
    shown.back().experiment.name = epoch_name(epochs_[k].number);
  }
  const std::string& name = epochs_.front().layers[layer].experiment.name;
  return fmt::format(
      "<h2>{}</h2>\n<section class=\"card\">{}<p class=\"note\">{} Lines are the geometric mean of "
      "the texts, bands reach from the smallest to the largest.</p></section>\n"
      "<section class=\"card\">{}</section>\n",
      html_text(name), svg_log_plot(flow_plot(shown, name)),
      html_math(flow_plot_lines(shown.front().experiment.cell)), layer_table(layer));
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
