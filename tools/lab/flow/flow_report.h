/// What gradient-flow experiments found, as CSV, as pieces of HTML and as a page.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/flow/flow_experiment.h"
#include "unroll/tools/lab/flow/flow_tour.h"
#include "unroll/tools/lab/pages/svg_plot.h"

namespace unroll {

/// Natural logarithms as logarithms to base 10.
std::vector<double> log10_of(const std::vector<double>& values);

/// "2.5e-134" for a natural logarithm; "0" for −∞.
std::string exp_text(double log_value);
/// "2.5·10⁻¹³⁴", "0.98": the same for readers.
std::string power_text(double log_value);
/// "Vanishes at ×0.213 a step: 2.5·10⁻¹³⁴ is left after 200 steps".
std::string verdict_sentence(const FlowResult& result);

/// The columns of a result's rows by lag, all logarithms to base 10: lag, norm (geometric mean of
/// the draws), its smallest and largest, carry, bound, ceiling, saturated, dead. What a cell has
/// not is empty; log 0 is -inf.
std::string_view flow_csv_columns();
/// One line per lag, each after `prefix` (fields with their commas, or nothing).
std::string flow_csv_rows(const FlowResult& result, std::string_view prefix);
/// A field as RFC 4180 wants it.
std::string csv_field(std::string_view text);
/// One file: a header, then one row per case and lag.
std::string flow_csv(std::span<const FlowResult> results);

/// What the lines of `flow_plot` are.
std::string_view flow_plot_lines(Cell cell);
/// At most six results as one plot; dashed: the bound of an RNN, Π f alone of an LSTM, Π u of a
/// GRU.
LogPlot flow_plot(std::span<const FlowResult> results, std::string description);
/// The carry alone of LSTMs and GRUs; a dashed line is its bound.
LogPlot carry_plot(std::span<const FlowResult> results, std::string description);

struct FlowChapterResult {
  FlowChapter chapter;
  std::vector<FlowResult> results;  ///< one per case
};
/// The laboratory's page. `command` is the command line that makes it.
std::string flow_page(std::span<const FlowChapterResult> chapters, std::string_view command);

}  // namespace unroll
