#include "unroll/tools/mathematics/flow_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "unroll/tools/mathematics/html_page.h"

namespace unroll {

namespace {

double log10_of(double log_value) {
  return log_value / std::numbers::ln10;
}

std::vector<double> log10_of(const std::vector<double>& values) {
  std::vector<double> result;
  for (double value : values) result.push_back(log10_of(value));
  return result;
}

/// m·10^e of a natural logarithm, 1 ≤ m < 10 after rounding to two digits.
struct Scientific {
  double mantissa;
  int exponent;
};
Scientific scientific(double log_value) {
  const double power = log10_of(log_value);
  Scientific number{0, static_cast<int>(std::floor(power))};
  number.mantissa = std::round(10 * std::pow(10, power - number.exponent)) / 10;
  if (number.mantissa >= 10) {
    number.mantissa = 1;
    ++number.exponent;
  }
  return number;
}

std::string power_text(double log_value) {
  if (!std::isfinite(log_value)) return "0";
  const Scientific number = scientific(log_value);
  if (number.exponent >= -2 && number.exponent <= 2) {
    return fmt::format("{:.2g}", number.mantissa * std::pow(10, number.exponent));
  }
  return fmt::format("{}·{}", number.mantissa, power_of_ten(number.exponent));
}

}  // namespace

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
    return k < values.size() ? fmt::format("{:.10g}", log10_of(values[k])) : std::string();
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
    const bool is_lstm = e.cell == Cell::kLstm;
    std::string prefix = fmt::format("{},{},{},", csv_field(e.name), to_string(e.cell),
                                     is_lstm ? "" : to_string(e.activation));
    prefix += result.command.empty()
                  ? ",,,,,,"
                  : fmt::format("{},{},{},{},{:d},{:d},", to_string(e.init), to_string(e.scale),
                                e.size, e.input_strength, e.positive, e.centred);
    prefix += fmt::format("{},{},", is_lstm ? fmt::format("{}", e.forget_bias) : "", e.hidden);
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

LogPlot flow_plot(std::span<const FlowResult> results, std::string description) {
  const bool is_lstm = !results.empty() && !results.front().carry.mean.empty();
  return plot_of(results, std::move(description), &FlowResult::norm,
                 is_lstm ? &FlowResult::carry : &FlowResult::bound);
}

LogPlot carry_plot(std::span<const FlowResult> results, std::string description) {
  return plot_of(results, std::move(description), &FlowResult::carry, &FlowResult::bound);
}

namespace {

std::string equation_tags(const std::vector<std::string>& equations) {
  std::string html;
  for (const std::string& id : equations) {
    html += fmt::format("<span class=\"id\">{}</span> ", html_text(id));
  }
  return html;
}

std::string percent(double share) {
  return fmt::format("{:.0f} %", 100 * share);
}

/// A command line that breaks only before its flags.
std::string command_html(std::string_view command) {
  std::string html = "<code>";
  while (!command.empty()) {
    const std::size_t flag = std::min(command.find(" --", 1), command.size());
    html += fmt::format("<span class=\"whole\">{}</span> ", html_text(command.substr(0, flag)));
    command.remove_prefix(std::min(flag + 1, command.size()));
  }
  html.pop_back();
  return html + "</code>";
}

/// The figures that a verdict leaves out.
std::string figures_of(const FlowResult& result) {
  const bool is_lstm = result.experiment.cell == Cell::kLstm;
  const char* W = is_lstm ? "W_f" : "W";
  std::string figures;
  if (!result.command.empty()) {
    figures =
        fmt::format("‖{0}‖ = {1:.3g}, ρ({0}) = {2:.3g}; ", W, result.matrix_norm, result.radius);
  }
  figures += "saturated " + percent(result.saturated);
  if (result.dead > 0) figures += ", dead " + percent(result.dead);
  if (is_lstm && !result.carry.mean.empty()) {
    figures += "; along the carry alone " + power_text(result.carry.mean.back());
  }
  return figures;
}

/// What stands beside the plot for one case.
std::string case_html(const FlowCase& flow_case, const FlowResult& result, std::size_t number) {
  std::string html = fmt::format(
      "<li class=\"case s{}\"><h3>{}</h3><p><strong>{}</strong>. {}</p><p class=\"note\">{}.</p>",
      number + 1, html_math(result.experiment.name), html_text(verdict_sentence(result)),
      html_math(flow_case.why), html_math(figures_of(result)));
  if (!result.command.empty()) {
    html += fmt::format("<p class=\"note\">{}</p>", command_html(result.command));
  }
  return html + "</li>\n";
}

/// A plot and what its lines are.
std::string plot_card(const LogPlot& plot, std::string_view lines) {
  return fmt::format(
      "<section class=\"card\">{}<p class=\"note\">{} Lines are the geometric mean of the draws, "
      "bands reach from the smallest to the largest draw.</p></section>\n",
      svg_log_plot(plot), html_math(lines));
}

std::string plots_html(const FlowChapterResult& part) {
  const std::string& title = part.chapter.title;
  if (part.results.front().experiment.cell == Cell::kRnn) {
    return plot_card(flow_plot(part.results, title),
                     "Solid: ‖∂h_t/∂h_k‖; dashed: the derived bound Π ‖D_j‖ ‖W‖; dotted: the "
                     "ceiling (max φ′ · ‖W‖)^lag, known before any input.");
  }
  return plot_card(
             flow_plot(part.results, title),
             "Solid: ‖∂C_t/∂C_k‖ over all paths; dashed: along the carry alone, ‖Π diag f_j‖.") +
         plot_card(carry_plot(part.results, title + ", the carry alone"),
                   "Solid: along the carry alone, ‖Π diag f_j‖; dashed: its bound Π max f_j.");
}

std::string chapter_html(const FlowChapterResult& part) {
  const FlowChapter& chapter = part.chapter;
  std::string cases;
  for (std::size_t k = 0; k < part.results.size(); ++k) {
    cases += case_html(chapter.cases[k], part.results[k], k);
  }
  return fmt::format(
      "<h2 id=\"{}\">{}</h2>\n<p>{}</p>\n<p>{}</p>\n{}<ul class=\"cases\">\n{}</ul>\n",
      html_text(chapter.anchor), html_math(chapter.title), equation_tags(chapter.equations),
      html_math(chapter.introduction), plots_html(part), cases);
}

std::string contents(std::span<const FlowChapterResult> chapters) {
  std::string html = "<nav><ul>";
  for (const FlowChapterResult& part : chapters) {
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>", html_text(part.chapter.anchor),
                        html_math(part.chapter.title));
  }
  return html + "</ul></nav>\n";
}

std::string overview(std::span<const FlowChapterResult> chapters) {
  std::string rows;
  for (const FlowChapterResult& part : chapters) {
    rows += fmt::format("<tr><th colspan=\"5\">{}</th></tr>\n", html_math(part.chapter.title));
    for (const FlowResult& result : part.results) {
      rows += fmt::format(
          "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>"
          "<td class=\"number\">{}</td><td>{}</td></tr>\n",
          html_math(result.experiment.name), power_text(result.norm.mean.back()),
          percent(result.saturated), percent(result.dead), html_text(to_string(result.verdict)));
    }
  }
  return fmt::format(
      "<h2 id=\"all\">All cases</h2>\n<section class=\"card\"><div class=\"wide\"><table>"
      "<tr><th>case</th><th class=\"number\">norm at the last lag</th>"
      "<th class=\"number\">saturated</th><th class=\"number\">dead</th><th>verdict</th></tr>\n"
      "{}</table></div></section>\n",
      rows);
}

constexpr std::string_view kDefinitions = R"html(<h2 id="how">How it is measured</h2>
<section class="card">
<p>The Jacobian is a product of one factor per step, <span class="math">∂h_t/∂h_k = D_t W D_{t−1} W …
D_{k+1} W</span> with <span class="math">D_j = diag φ′(z_j)</span>. It is measured by the layer's own backward
pass in double precision: as many equal rows as there are units, each given one row of the identity as its gradient, go one
step back at a time. After each step the product is scaled by a power of two and its logarithm is kept, so nothing under- or
overflows.</p>
<p>Of an LSTM <span class="math">∂C_t/∂C_k</span> is taken over all paths: the pair
<span class="math">(h, C)</span> is carried back, and <span class="math">h_k = o_k ⊙ tanh C_k</span> moves with
<span class="math">C_k</span>.</p>
<p><strong>Rate</strong>: the factor per step of the least-squares line through the mean logarithm, without the first tenth of
the lags. A norm <strong>stays</strong> if that is less than a factor e in 200 steps. <strong>Saturated</strong>: the share
of slopes φ′(z) below 5 % of the activation's largest (of ReLU: the share off; of an LSTM: over all four gates).
<strong>Dead</strong>: the share of units whose slope is 0 at every step of the window.</p>
</section>
)html";

}  // namespace

std::string flow_page(std::span<const FlowChapterResult> chapters, std::string_view command) {
  std::string body =
      "<p class=\"lead\">How far does a gradient reach back in time? Each line is the norm of a "
      "product of Jacobians, measured on a real layer and drawn beside what the derivation says "
      "of it.</p>\n";
  body += fmt::format("<p class=\"note\">Made by {}</p>\n", command_html(command));
  if (chapters.size() > 1) body += contents(chapters);
  for (const FlowChapterResult& part : chapters) body += chapter_html(part);
  if (chapters.size() > 1) body += overview(chapters);
  return html_page("Gradient flow", body + std::string(kDefinitions));
}

}  // namespace unroll
