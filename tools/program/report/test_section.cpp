#include "unroll/tools/program/report/test_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/calibration.h"
#include "unroll/tools/lab/pages/html_page.h"

namespace unroll {

namespace {

/// Up to so many classes each number of the confusion matrix can be read; more are drawn.
constexpr std::size_t kReadable = 16;
/// The matrix of more classes has a row of the page to itself.
constexpr std::size_t kBesideOthers = 8;
/// Tables of more classes begin with those that have the most mistakes.
constexpr std::size_t kManyClasses = 20;

std::string percent(double share) {
  return fmt::format("{:.1f}", 100 * share);
}

/// "97.1" and small "96.2–97.8"; a dash without rows.
std::string share_cell(std::size_t part, std::size_t whole) {
  if (whole == 0) return "<td class=\"number\">–</td>";
  const Interval interval = wilson_interval(part, whole);
  return fmt::format("<td class=\"number\">{} <span class=\"note\">{}–{}</span></td>",
                     percent(static_cast<double>(part) / static_cast<double>(whole)),
                     percent(interval.low), percent(interval.high));
}

/// How many rows were predicted as each class, and how many of them rightly.
struct ClassCounts {
  std::vector<std::size_t> predicted;
  std::vector<std::size_t> right;
};

/// Where texts have any number of labels there is no confusion to count from: the shares tell.
void count_from_shares(const Evaluation& evaluation, ClassCounts& counts) {
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
    const ClassScore& score = evaluation.classes[k];
    const double right = score.recall * static_cast<double>(score.support);
    counts.right[k] = static_cast<std::size_t>(std::llround(right));
    if (score.precision == 0) continue;
    counts.predicted[k] = static_cast<std::size_t>(std::llround(right / score.precision));
  }
}

ClassCounts count_classes(const Evaluation& evaluation) {
  const std::vector<std::size_t> zeros(evaluation.classes.size());
  ClassCounts counts{zeros, zeros};
  if (evaluation.confusion.empty()) count_from_shares(evaluation, counts);
  for (const Confusion& cell : evaluation.confusion) {
    counts.predicted[cell.predicted] += cell.rows;
    if (cell.actual == cell.predicted) counts.right[cell.actual] += cell.rows;
  }
  return counts;
}

std::vector<std::size_t> order_of_classes(const Evaluation& evaluation) {
  std::vector<std::size_t> order(evaluation.classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (order.size() > kManyClasses) {
    std::ranges::stable_sort(order, std::ranges::greater(),
                             [&](std::size_t k) { return evaluation.classes[k].mistakes; });
  }
  return order;
}

std::string class_table(const Evaluation& evaluation) {
  const ClassCounts counts = count_classes(evaluation);
  std::string rows;
  for (const std::size_t k : order_of_classes(evaluation)) {
    const ClassScore& score = evaluation.classes[k];
    rows += fmt::format(
        "<tr><td class=\"label\">{}</td><td class=\"number\">{}</td>{}{}<td "
        "class=\"number\">{}</td>"
        "<td><span class=\"track\"><span style=\"width:{:.1f}%\"></span></span></td></tr>\n",
        html_text(score.label), score.support, share_cell(counts.right[k], counts.predicted[k]),
        share_cell(counts.right[k], score.support), percent(score.f1), 100 * score.f1);
  }
  return fmt::format(
      "<section class=\"card\"><h3>Classes</h3><p class=\"note\">In per cent, with the 95 % "
      "interval "
      "(Wilson).{}</p><div class=\"scroll\"><table class=\"classes\"><thead><tr><th>label</th>"
      "<th class=\"number\">rows</th><th class=\"number\">precision</th>"
      "<th class=\"number\">recall</th><th class=\"number\">F1</th><th></th></tr></thead>\n"
      "<tbody>{}</tbody></table></div></section>\n",
      evaluation.classes.size() > kManyClasses ? " The most mistakes come first." : "", rows);
}

// -------------------------------------------------------------------------------------- confusion

/// How strong a cell's colour is, of the largest number in its row.
double strength(std::size_t rows, std::size_t of_actual) {
  return of_actual == 0 ? 0 : static_cast<double>(rows) / static_cast<double>(of_actual);
}

std::string readable_matrix(const Evaluation& evaluation) {
  const std::size_t size = evaluation.classes.size();
  std::vector<std::size_t> cells(size * size);
  for (const Confusion& cell : evaluation.confusion)
    cells[cell.actual * size + cell.predicted] = cell.rows;
  std::string head, rows;
  for (const ClassScore& score : evaluation.classes)
    head += fmt::format("<th class=\"number\" title=\"{0}\">{0}</th>", html_text(score.label));
  for (std::size_t actual = 0; actual < size; ++actual) {
    rows +=
        fmt::format("<tr><th title=\"{0}\">{0}</th>", html_text(evaluation.classes[actual].label));
    for (std::size_t predicted = 0; predicted < size; ++predicted) {
      const std::size_t count = cells[actual * size + predicted];
      rows += fmt::format("<td class=\"{}\" style=\"--part:{:.3f}\">{}</td>",
                          actual == predicted ? "right" : "wrong",
                          strength(count, evaluation.classes[actual].support),
                          count == 0 ? "" : std::to_string(count));
    }
    rows += "</tr>\n";
  }
  return fmt::format(
      "<div class=\"scroll\"><table class=\"matrix\"><thead><tr><th class=\"note\">actual ↓<br/>"
      "predicted →</th>{}</tr></thead><tbody>{}</tbody></table></div>\n",
      head, rows);
}

std::string drawn_cell(const Confusion& cell, const Evaluation& evaluation, double side,
                       double left, double top) {
  const ClassScore& actual = evaluation.classes[cell.actual];
  const ClassScore& predicted = evaluation.classes[cell.predicted];
  const double part = strength(cell.rows, actual.support);
  return fmt::format(
      R"(<rect class="{}" x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{:.0f}" opacity="{:.2f}"><title>{} → {}: {} of {}</title></rect>)",
      cell.actual == cell.predicted ? "right" : "wrong",
      left + side * static_cast<double>(cell.predicted),
      top + side * static_cast<double>(cell.actual), side - 1, side - 1,
      0.25 + 0.75 * std::sqrt(part), html_text(actual.label), html_text(predicted.label), cell.rows,
      actual.support);
}

/// A label that has room next to a row or above a column.
std::string short_label(std::string_view label) {
  constexpr std::size_t kMost = 18;
  const std::string_view cut = utf8_prefix(label, kMost);
  return html_text(cut) + (cut.size() < label.size() ? "…" : "");
}

std::string drawn_matrix(const Evaluation& evaluation) {
  constexpr double kSide = 13, kLabel = 120;
  const double extent = kLabel + kSide * static_cast<double>(evaluation.classes.size());
  std::string svg;
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
    const double middle = kLabel + kSide * (static_cast<double>(k) + 0.5);
    const std::string label = short_label(evaluation.classes[k].label);
    svg += fmt::format(
        R"svg(<text x="{0}" y="{1:.1f}" dy=".35em" text-anchor="end">{2}</text><text transform="translate({1:.1f} {0}) rotate(-90)" dy=".35em">{2}</text>)svg",
        kLabel - 5, middle, label);
  }
  for (const Confusion& cell : evaluation.confusion)
    svg += drawn_cell(cell, evaluation, kSide, kLabel, kLabel);
  return fmt::format(
      "<div class=\"scroll\"><svg class=\"drawn\" width=\"{0:.0f}\" height=\"{0:.0f}\" "
      "viewBox=\"0 0 {0:.0f} {0:.0f}\" role=\"img\" aria-label=\"confusion "
      "matrix\">{1}</svg></div>\n",
      extent, svg);
}

std::string most_confused(const Evaluation& evaluation) {
  constexpr std::size_t kMost = 15;
  std::vector<Confusion> wrong;
  for (const Confusion& cell : evaluation.confusion)
    if (cell.actual != cell.predicted) wrong.push_back(cell);
  std::ranges::stable_sort(wrong, std::ranges::greater(), &Confusion::rows);
  if (wrong.size() > kMost) wrong.resize(kMost);
  std::string rows;
  for (const Confusion& cell : wrong) {
    const ClassScore& actual = evaluation.classes[cell.actual];
    rows += fmt::format(
        "<tr><td class=\"label\">{}</td><td class=\"label\">{}</td><td class=\"number\">{}</td>"
        "<td class=\"number\">{} %</td></tr>\n",
        html_text(actual.label), html_text(evaluation.classes[cell.predicted].label), cell.rows,
        percent(strength(cell.rows, actual.support)));
  }
  if (rows.empty()) return "<p>No text was confused.</p>\n";
  return fmt::format(
      "<div class=\"scroll\"><table><thead><tr><th>actual</th><th>predicted</th>"
      "<th class=\"number\">rows</th><th class=\"number\">of the label</th></tr></thead>"
      "<tbody>{}</tbody></table></div>\n",
      rows);
}

std::string confusion_section(const Evaluation& evaluation) {
  if (evaluation.confusion.empty()) return "";
  if (evaluation.classes.size() <= kReadable) {
    return fmt::format("<section class=\"card{}\"><h3>Confusion</h3>{}</section>\n",
                       evaluation.classes.size() > kBesideOthers ? " whole-row" : "",
                       readable_matrix(evaluation));
  }
  return "<section class=\"card\"><h3>Most confused</h3>" + most_confused(evaluation) +
         "</section>\n<section class=\"card whole-row\"><h3>Confusion</h3><p class=\"note\">A row "
         "for "
         "each actual label, a column for each predicted one. Point at a square to read it.</p>" +
         drawn_matrix(evaluation) + "</section>\n";
}

// ------------------------------------------------------------------------------------ reliability

/// Bars of how often answers of each confidence are right, over the line where they should end.
std::string reliability_plot(const Calibration& calibration, std::size_t all_rows) {
  constexpr double kSize = 300, kLeft = 60, kTop = 12, kBelow = 56;
  std::string svg;
  for (const double tick : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    const double y = kTop + kSize * (1 - tick), x = kLeft + kSize * tick;
    svg += fmt::format(
        R"(<path class="grid" d="M{0} {1:.1f}h{2}"/><text x="{3}" y="{1:.1f}" dy=".35em" text-anchor="end">{4:.0f} %</text><text x="{5:.1f}" y="{6}" text-anchor="middle">{4:.0f} %</text>)",
        kLeft, y, kSize, kLeft - 6, 100 * tick, x, kTop + kSize + kBelow - 20);
  }
  for (const CalibrationBin& bin : calibration.bins) {
    if (bin.rows == 0) continue;
    const double x = kLeft + kSize * bin.from, width = kSize * (bin.to - bin.from) - 1.5;
    const double share = static_cast<double>(bin.rows) / static_cast<double>(all_rows);
    svg += fmt::format(
        R"(<g class="s1"><rect class="column" x="{0:.1f}" y="{1:.1f}" width="{2:.1f}" height="{3:.1f}"><title>{4:.0f} to {5:.0f} % sure: {6} rows, {7:.1f} % right</title></rect></g><g class="s6"><rect class="column" x="{0:.1f}" y="{8:.1f}" width="{2:.1f}" height="{9:.1f}"/></g>)",
        x, kTop + kSize * (1 - bin.accuracy), width, kSize * bin.accuracy, 100 * bin.from,
        100 * bin.to, bin.rows, 100 * bin.accuracy, kTop + kSize + 4, 1 + 22 * share);
  }
  return fmt::format(
      R"(<figure class="plot square"><svg viewBox="0 0 {0} {1}" role="img" aria-label="reliability plot">{2}<g class="s2"><path class="bound" d="M{3} {4}L{5} {6}"/></g><text class="hint" x="{5}" y="{7}" text-anchor="end">confidence</text></svg></figure>)",
      kLeft + kSize + 18, kTop + kSize + kBelow, svg, kLeft, kTop + kSize, kLeft + kSize, kTop,
      kTop + kSize + kBelow - 2);
}

std::string reliability_section(const Evaluation& evaluation) {
  if (evaluation.calibration.bins.empty()) return "";
  return fmt::format(
      "<section class=\"card\"><h3>Reliability</h3><p class=\"note\">How often answers of each "
      "confidence are right; on the dashed line the model is as sure as it should be. Expected "
      "calibration error {:.1f} %. Below: how many rows there are of each confidence.</p>{}"
      "</section>\n",
      100 * evaluation.calibration.error,
      reliability_plot(evaluation.calibration, evaluation.rows));
}

std::string mistakes_section(const Mistakes& mistakes) {
  constexpr std::size_t kMostBytes = 600;
  if (mistakes.surest().empty()) return "";
  std::string items;
  for (const Mistake& mistake : mistakes.surest()) {
    const std::string_view text = utf8_prefix(mistake.text, kMostBytes);
    items += fmt::format(
        "<li><p class=\"answer\"><span class=\"label\">{}</span> instead of <span "
        "class=\"label\">{}</span> <span class=\"note\">{:.1f} % sure</span></p><p "
        "dir=\"auto\">{}{}"
        "</p></li>\n",
        html_text(mistake.predicted), html_text(mistake.actual), 100 * mistake.probability,
        html_text(text), text.size() < mistake.text.size() ? " …" : "");
  }
  return fmt::format(
      "<section class=\"card\"><h3>The surest mistakes</h3><p class=\"note\">Some of "
      "them "
      "are often mistakes of the labels.</p><div class=\"scroll\"><ol "
      "class=\"mistakes\">{}</ol></div></section>\n",
      items);
}

}  // namespace

void Mistakes::add(Mistake mistake) {
  const auto place = std::ranges::upper_bound(surest_, mistake.probability, std::ranges::greater(),
                                              &Mistake::probability);
  surest_.insert(place, std::move(mistake));
  if (surest_.size() > kMost) surest_.pop_back();
}

std::string score_text(const Evaluation& evaluation) {
  if (evaluation.sets) return fmt::format("micro-F1 {} %", percent(evaluation.sets->micro_f1));
  return fmt::format("{} % ({} to {})", percent(evaluation.accuracy),
                     percent(evaluation.interval.low), percent(evaluation.interval.high));
}

namespace {

std::string lead(const TestResult& test) {
  const Evaluation& evaluation = test.evaluation;
  return fmt::format(
      "{} of {} texts of <code>{}</code> are right: <strong>{} %</strong>, with 95 % certainty "
      "between {} and {} %. Macro-F1 {} %.",
      evaluation.correct, evaluation.rows, html_text(test.file), percent(evaluation.accuracy),
      percent(evaluation.interval.low), percent(evaluation.interval.high),
      percent(evaluation.macro_f1));
}

std::string lead_of_sets(const TestResult& test) {
  const Evaluation& evaluation = test.evaluation;
  const LabelSetFigures& sets = *evaluation.sets;
  return fmt::format(
      "On {} texts of <code>{}</code> micro-F1 is <strong>{} %</strong>: {} % of the predicted "
      "labels are right, and {} % of the texts’ labels were predicted. P@1 {} %, R@1 {} %, "
      "macro-F1 "
      "{} %. {} texts have exactly the labels that they should: {} %, with 95 % certainty between "
      "{} "
      "and {} %.",
      evaluation.rows, html_text(test.file), percent(sets.micro_f1), percent(sets.micro_precision),
      percent(sets.micro_recall), percent(sets.precision_at_1), percent(sets.recall_at_1),
      percent(evaluation.macro_f1), evaluation.correct, percent(evaluation.accuracy),
      percent(evaluation.interval.low), percent(evaluation.interval.high));
}

}  // namespace

std::string test_section(const TestResult& test) {
  const Evaluation& evaluation = test.evaluation;
  std::string unseen;
  if (!evaluation.unseen.empty()) {
    unseen =
        fmt::format(" The data have {} label{} that training had not; their rows count as wrong.",
                    evaluation.unseen.size(), evaluation.unseen.size() == 1 ? "" : "s");
  }
  return fmt::format("<p class=\"lead\">{}{}</p>\n<div class=\"charts\">{}{}{}{}</div>\n",
                     evaluation.sets ? lead_of_sets(test) : lead(test), unseen,
                     class_table(evaluation), confusion_section(evaluation),
                     reliability_section(evaluation), mistakes_section(test.mistakes));
}

}  // namespace unroll
