#include "unroll/tools/lab/flow/flow_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace unroll {

namespace {

double to_log10(double log_value) {
  return log_value / std::numbers::ln10;
}

/// m·10^e of a natural logarithm, 1 ≤ m < 10 after rounding to two digits.
struct Scientific {
  double mantissa;
  int exponent;
};
Scientific scientific(double log_value) {
  const double power = to_log10(log_value);
  Scientific number{0, static_cast<int>(std::floor(power))};
  number.mantissa = std::round(10 * std::pow(10, power - number.exponent)) / 10;
  if (number.mantissa >= 10) {
    number.mantissa = 1;
    ++number.exponent;
  }
  return number;
}

}  // namespace

std::vector<double> log10_of(const std::vector<double>& values) {
  std::vector<double> result;
  result.reserve(values.size());
  for (double value : values) result.push_back(to_log10(value));
  return result;
}

std::string power_text(double log_value) {
  if (!std::isfinite(log_value)) return "0";
  const Scientific number = scientific(log_value);
  if (number.exponent >= -2 && number.exponent <= 1) {
    return fmt::format("{:.2g}", number.mantissa * std::pow(10, number.exponent));
  }
  return fmt::format("{}·{}", number.mantissa, power_of_ten(number.exponent));
}

std::string exp_text(double log_value) {
  if (!std::isfinite(log_value)) return "0";
  const Scientific number = scientific(log_value);
  return fmt::format("{:.1f}e{:+03}", number.mantissa, number.exponent);
}

std::string verdict_sentence(const FlowResult& result) {
  if (result.norm.mean.empty()) return "Has no lag";
  const std::string left = power_text(result.norm.mean.back());
  const std::size_t lags = result.norm.mean.size();
  const double rate = result.verdict.rate;
  switch (result.verdict.end) {
    case FlowEnd::kVanishes:
      return fmt::format("Vanishes at ×{:.3g} a step: {} is left after {} steps", rate, left, lags);
    case FlowEnd::kStays:
      return fmt::format("Stays, at ×{:.3f} a step: {} after {} steps", rate, left, lags);
    case FlowEnd::kExplodes:
      return fmt::format("Explodes at ×{:.3f} a step: {} after {} steps", rate, left, lags);
    case FlowEnd::kDies:
      return fmt::format("Dies: exactly 0 from lag {} on in at least one draw",
                         result.verdict.zero_from);
  }
  return "";
}

// -------------------------------------------------------------------------------------------- CSV

std::string_view flow_csv_columns() {
  return "lag,log10_norm,log10_norm_least,log10_norm_most,log10_carry,log10_bound,log10_ceiling,"
         "saturated,dead";
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

std::string flow_csv_rows(const FlowResult& result, std::string_view prefix) {
  const auto field = [](const std::vector<double>& values, std::size_t k) {
    return k < values.size() ? fmt::format("{:.10g}", to_log10(values[k])) : std::string();
  };
  std::string csv;
  for (std::size_t k = 0; k < result.norm.mean.size(); ++k) {
    csv += fmt::format(
        "{}{},{},{},{},{},{},{},{:.6g},{:.6g}\n", prefix, k + 1, field(result.norm.mean, k),
        field(result.norm.least, k), field(result.norm.most, k), field(result.carry.mean, k),
        field(result.bound.mean, k), field(result.ceiling.mean, k), result.saturated, result.dead);
  }
  return csv;
}

std::string flow_csv(std::span<const FlowResult> results) {
  std::string csv = fmt::format(
      "case,cell,activation,init,scale,size,input,positive,centred,forget_bias,hidden,{}\n",
      flow_csv_columns());
  for (const FlowResult& result : results) {
    const FlowExperiment& e = result.experiment;
    const CellDescription& cell = describe(e.cell);
    std::string prefix = fmt::format("{},{},{},", csv_field(e.name), to_string(e.cell),
                                     cell.has_activation ? to_string(e.activation) : "");
    prefix += result.command.empty()
                  ? ",,,,,,"
                  : fmt::format("{},{},{},{},{:d},{:d},", to_string(e.init), to_string(e.scale),
                                e.size, e.input_strength, e.positive, e.centred);
    prefix += fmt::format("{},{},", cell.has_forget_gate ? fmt::format("{}", e.forget_bias) : "",
                          e.hidden);
    csv += flow_csv_rows(result, prefix);
  }
  return csv;
}

// ------------------------------------------------------------------------------------------- HTML

namespace {

/// One line of a plot, and what is dashed beside it.
LogPlot plot_of(std::span<const FlowResult> results, std::string description,
                const FlowSummary FlowResult::*solid, const FlowSummary FlowResult::*dashed) {
  LogPlot plot;
  plot.description = std::move(description);
  plot.x_label = "lag t − k";
  plot.y_label = "spectral norm";
  plot.lowest = -60;
  plot.highest = 20;
  std::size_t lags = 1;
  for (const FlowResult& result : results) lags = std::max(lags, result.norm.mean.size());
  for (std::size_t lag = 1; lag <= lags; ++lag) plot.x.push_back(static_cast<double>(lag));
  for (const FlowResult& result : results) {
    PlotSeries series{result.experiment.name,          log10_of((result.*solid).mean),
                      log10_of((result.*solid).least), log10_of((result.*solid).most),
                      log10_of((result.*dashed).mean), log10_of(result.ceiling.mean)};
    for (auto* values : {&series.line, &series.low, &series.high, &series.bound, &series.ceiling}) {
      values->resize(lags, std::nan(""));  // of a shorter walk the rest is not drawn
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

}  // namespace

std::string_view flow_plot_lines(Cell cell) {
  switch (cell) {
    case Cell::kRnn:
      return "Solid: ‖∂h_t/∂h_k‖; dashed: the derived bound Π ‖D_j‖ ‖W‖; dotted: the ceiling "
             "(max φ′ · ‖W‖)^lag, known before any input.";
    case Cell::kLstm:
      return "Solid: ‖∂C_t/∂C_k‖ over all paths; dashed: along the carry alone, ‖Π diag f_j‖.";
    case Cell::kGru:
      return "Solid: ‖∂h_t/∂h_k‖ over all paths; dashed: along the carry alone, ‖Π diag u_j‖.";
  }
  return {};
}

LogPlot flow_plot(std::span<const FlowResult> results, std::string description) {
  const bool has_carry = !results.empty() && !results.front().carry.mean.empty();
  return plot_of(results, std::move(description), &FlowResult::norm,
                 has_carry ? &FlowResult::carry : &FlowResult::bound);
}

LogPlot carry_plot(std::span<const FlowResult> results, std::string description) {
  return plot_of(results, std::move(description), &FlowResult::carry, &FlowResult::bound);
}

}  // namespace unroll
