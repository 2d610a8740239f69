#include <fmt/format.h>

#include <string_view>

#include "unroll/tools/lab/flow/flow_report.h"
#include "unroll/tools/lab/flow/gradient_flow.h"
#include "unroll/tools/lab/pages/html_page.h"

namespace unroll {

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

/// The recurrent weights whose norm is told: of the gate of the carry, where there is one.
const char* name_of_W(Cell cell) {
  switch (cell) {
    case Cell::kRnn:
      return "W";
    case Cell::kLstm:
      return "W_f";
    case Cell::kGru:
      return "W_u";
  }
  return "W";
}

/// The figures that a verdict leaves out.
std::string figures_of(const FlowResult& result) {
  const char* W = name_of_W(result.experiment.cell);
  std::string figures;
  if (!result.command.empty()) {
    figures =
        fmt::format("‖{0}‖ = {1:.3g}, ρ({0}) = {2:.3g}; ", W, result.matrix_norm, result.radius);
  }
  figures += "saturated " + percent(result.saturated);
  if (result.dead > 0) figures += ", dead " + percent(result.dead);
  if (!result.carry.mean.empty()) {
    figures += "; along the carry alone " + power_text(result.carry.mean.back());
  }
  return figures;
}

/// What is next to the plot for one case.
std::string case_html(const FlowCase& flow_case, const FlowResult& result, std::size_t number) {
  std::string html = fmt::format(
      "<li class=\"case s{}\"><h3>{}</h3><p><strong>{}</strong>. {}</p><p class=\"note\">{}.</p>",
      number + 1, html_math(result.experiment.name), html_text(verdict_sentence(result)),
      html_math(flow_case.why), html_math(figures_of(result)));
  if (!result.command.empty()) {
    html += fmt::format("<p class=\"note\">{}</p>", html_command(result.command));
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
  const Cell cell = part.results.front().experiment.cell;
  const std::string whole = plot_card(flow_plot(part.results, title), flow_plot_lines(cell));
  if (!carry_gate(cell)) return whole;
  return whole + plot_card(carry_plot(part.results, title + ", the carry alone"),
                           "Solid: along the carry alone; dashed: its bound, the product of the "
                           "largest values of the gate.");
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
<p>The Jacobian is a product of one factor per step, <span class="math">∂h<sub>t</sub>/∂h<sub>k</sub> = D<sub>t</sub> W D<sub>t−1</sub> W …
D<sub>k+1</sub> W</span> with <span class="math">D<sub>j</sub> = diag φ′(z<sub>j</sub>)</span>. It is measured by the layer's own backward
pass in double precision: as many equal rows as there are units, each given one row of the identity as its gradient, go one
step back at a time. After each step the product is scaled by a power of two and its logarithm is kept, so nothing under- or
overflows.</p>
<p>Of an LSTM <span class="math">∂C<sub>t</sub>/∂C<sub>k</sub></span> is taken over all paths: the pair
<span class="math">(h, C)</span> is carried back, and <span class="math">h<sub>k</sub> = o<sub>k</sub> ⊙ tanh C<sub>k</sub></span> moves with
<span class="math">C<sub>k</sub></span>.</p>
<p><strong>Rate</strong>: the factor per step of the least-squares line through the mean logarithm, without the first tenth of
the lags. A norm <strong>stays</strong> if that is less than a factor e in 200 steps. <strong>Saturated</strong>: the share
of slopes φ′(z) below 5 % of the activation's largest (of ReLU: the share off; of an LSTM or GRU: over all gates).
<strong>Dead</strong>: the share of units whose slope is 0 at every step of the window.</p>
</section>
)html";

}  // namespace

std::string flow_page(std::span<const FlowChapterResult> chapters, std::string_view command) {
  std::string body =
      "<p class=\"lead\">How far does a gradient reach back in time? Each line is the norm of a "
      "product of Jacobians, measured on a real layer and drawn with what the derivation says "
      "of it.</p>\n";
  body += fmt::format("<p class=\"note\">Made by {}</p>\n", html_command(command));
  if (chapters.size() > 1) body += contents(chapters);
  for (const FlowChapterResult& part : chapters) body += chapter_html(part);
  if (chapters.size() > 1) body += overview(chapters);
  return html_page("Gradient flow", body + std::string(kDefinitions));
}

}  // namespace unroll
