#include "unroll/tools/program/compare/comparison_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/pages/html_page.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/report/chart.h"
#include "unroll/tools/program/report/run_of_folder.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

/// A row of a chart is a name, a track on which figures have their places, and the figure in words.
/// On a phone the track is below both.
constexpr std::string_view kComparisonStyle = R"css(<style>
body { max-width: 68rem; }
.rows { display: grid; gap: .55rem 1rem; align-items: center; grid-auto-flow: row dense;
  grid-template-columns: fit-content(16rem) minmax(0, 1fr) max-content; }
.rows .name { grid-column: 1; font-weight: 600; overflow-wrap: anywhere; }
.rows .figure { grid-column: 3; font-variant-numeric: tabular-nums; text-align: right; }
.track { grid-column: 2; position: relative; height: 1.5rem; border-radius: .3rem;
  background: linear-gradient(var(--line), var(--line)) center / 100% 1px no-repeat; }
.track > * { position: absolute; top: 50%; transform: translate(-50%, -50%); }
.track .interval { transform: translate(0, -50%); height: .5rem; border-radius: .25rem;
  background: currentColor; opacity: .38; }
.track .mean { width: .28rem; height: 1.2rem; border-radius: .14rem; background: currentColor; }
.track .run { width: .55rem; height: .55rem; border-radius: 50%; background: var(--card);
  border: .14rem solid currentColor; }
.track .none { width: 0; height: 1.9rem; border-left: 1px dashed var(--muted); }
.scale { position: relative; height: 1.4rem; color: var(--muted); font-size: .85rem;
  font-variant-numeric: tabular-nums; grid-column: 2; }
.scale span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.better { color: var(--series-3); } .worse { color: var(--series-2); } .equal { color: var(--series-6); }
tbody th { border-bottom-width: 1px; white-space: nowrap; } tbody tr:last-child th { border-bottom: 0; }
.verdict:last-of-type { margin-bottom: 1.5rem; }
@media (max-width: 36rem) {
  .rows { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .rows .name, .rows .figure, .rows .track, .rows .scale { grid-column: 1; text-align: left; }
  .rows .track { margin-bottom: .6rem; }
  tbody th { white-space: normal; min-width: 7rem; }
}
</style>
)css";

/// The part of a number line that a chart shows.
class Scale {
 public:
  Scale(double low, double high) {
    const double margin = std::max(0.06 * (high - low), 1e-4);
    low_ = low - margin;
    high_ = high + margin;
  }
  /// In per cent of the track.
  double place(double value) const { return 100 * (value - low_) / (high_ - low_); }

  std::string html() const {
    std::string marks;
    for (const double tick : round_ticks(100 * low_, 100 * high_, 4)) {
      if (place(tick / 100) < 4 || place(tick / 100) > 96) continue;  // half of it would be outside
      marks += fmt::format("<span style=\"left:{:.2f}%\">{:g}</span>", place(tick / 100),
                           std::round(1e6 * tick) / 1e6);
    }
    return fmt::format("<div class=\"scale\" aria-hidden=\"true\">{}</div>\n", marks);
  }

 private:
  double low_ = 0;
  double high_ = 1;
};

std::string mark(const Scale& scale, std::string_view kind, double value) {
  return fmt::format("<span class=\"{}\" style=\"left:{:.2f}%\"></span>", kind, scale.place(value));
}

std::string interval(const Scale& scale, const MeanEstimate& estimate) {
  const double low = scale.place(estimate.low), high = scale.place(estimate.high);
  return fmt::format("<span class=\"interval\" style=\"left:{:.2f}%;width:{:.2f}%\"></span>", low,
                     high - low) +
         mark(scale, "mean", estimate.mean);
}

/// Names and figures come first, so that on a phone the track is below both.
std::string row(std::string_view name, std::string_view figure, std::string_view marks,
                std::string_view kind) {
  return fmt::format(
      "<div class=\"name\">{}</div><div class=\"figure\">{}</div><div class=\"track "
      "{}\">{}</div>\n",
      html_text(name), html_text(figure), kind, marks);
}

std::string card(std::string_view title, std::string_view rows, std::string_view note) {
  return fmt::format(
      "<section class=\"card\"><h3>{}</h3><div class=\"rows\">{}</div><p class=\"note\">{}</p>"
      "</section>\n",
      html_text(title), rows, html_text(note));
}

/// "Accuracy", "micro-f1".
std::string metric_name(const Comparison& comparison) {
  return comparison.metric.kind == Metric::Kind::kAccuracy ? "Accuracy"
                                                           : to_string(comparison.metric);
}

std::string scores(const Comparison& comparison) {
  double low = 1, high = 0;
  for (const ComparedVariant& variant : comparison.variants) {
    low = std::min(low, variant.score.low);
    high = std::max(high, variant.score.high);
    for (const ComparedRun& run : variant.runs) {
      low = std::min(low, run.score);
      high = std::max(high, run.score);
    }
  }
  const Scale scale(low, high);
  std::string rows;
  for (std::size_t k = 0; k < comparison.variants.size(); ++k) {
    const ComparedVariant& variant = comparison.variants[k];
    std::string marks = interval(scale, variant.score);
    for (const ComparedRun& run : variant.runs) marks += mark(scale, "run", run.score);
    rows += row(variant.name, share_text(variant.score), marks, fmt::format("s{}", k % 6 + 1));
  }
  return card(metric_name(comparison), rows + scale.html(),
              "In per cent. A bar is the mean of all runs and its 95 % interval, a ring is "
              "a run.");
}

std::string_view kind_of(const ComparedPair& pair) {
  if (!pair.differs()) return "equal";
  return pair.difference.mean > 0 ? "better" : "worse";
}

std::string pair_name(const Comparison& comparison, const ComparedPair& pair) {
  return fmt::format("{} against {}", comparison.variants[pair.second].name,
                     comparison.variants[pair.first].name);
}

std::string differences(const Comparison& comparison) {
  double low = 0, high = 0;
  for (const ComparedPair& pair : comparison.pairs) {
    low = std::min(low, pair.difference.low);
    high = std::max(high, pair.difference.high);
  }
  const Scale scale(low, high);
  std::string rows;
  for (const ComparedPair& pair : comparison.pairs) {
    rows += row(pair_name(comparison, pair), points_text(pair.difference),
                mark(scale, "none", 0) + interval(scale, pair.difference), kind_of(pair));
  }
  return card("Differences", rows + scale.html(),
              "Per cent points and their 95 % interval, on the same rows. Green and orange are "
              "verdicts: better and worse. Grey is none: no difference is shown. " +
                  std::string(comparison.pairs.size() > 1
                                  ? "With several pairs, an interval on one side of the dashed "
                                    "line may be grey: among so many, one looks so by chance."
                                  : ""));
}

std::string verdicts(const Comparison& comparison) {
  std::string text;
  for (const ComparedPair& pair : comparison.pairs)
    text += fmt::format("<p class=\"verdict\">{}.</p>\n", html_text(verdict(comparison, pair)));
  const std::string warned = caution(comparison);
  if (!warned.empty()) text += fmt::format("<p class=\"note\">{}</p>\n", html_text(warned));
  return text;
}

std::string cells(std::initializer_list<std::string> texts) {
  std::string html;
  for (const std::string& text : texts)
    html += fmt::format("<td class=\"number\">{}</td>", html_text(text));
  return html;
}

std::string table(std::string_view head, std::string_view rows) {
  return fmt::format(
      "<section class=\"card\"><div class=\"wide\"><table><thead><tr>{}</tr></thead><tbody>{}"
      "</tbody></table></div></section>\n",
      head, rows);
}

std::string heads(const std::vector<std::string>& names) {
  std::string html;
  for (const std::string& name : names)
    html += fmt::format("<th{}>{}</th>", html.empty() ? "" : " class=\"number\"", html_text(name));
  return html;
}

std::string tests(const Comparison& comparison) {
  std::string rows;
  for (const ComparedPair& pair : comparison.pairs) {
    rows += fmt::format(
        "<tr><th>{}</th>{}</tr>\n", html_text(pair_name(comparison, pair)),
        cells({points_text(pair.difference), p_text(pair.difference.p), p_text(pair.corrected_p),
               fmt::format("{} : {}", pair.rows.second_better, pair.rows.first_better),
               p_text(pair.mcnemar_p)}));
  }
  return table(heads({"pair", "points", "bootstrap", "by Holm", "rows better", "McNemar"}), rows);
}

std::string variant_table(const Comparison& comparison) {
  const std::vector<std::string> keys = differing_settings(comparison);
  std::vector<std::string> names{"variant", to_string(comparison.metric), "time of a run", "memory",
                                 "model"};
  names.insert(names.end(), keys.begin(), keys.end());
  std::string rows;
  for (std::size_t k = 0; k < comparison.variants.size(); ++k) {
    const ComparedVariant& variant = comparison.variants[k];
    rows += fmt::format("<tr><th class=\"s{}\">{}</th>{}", k % 6 + 1, html_text(variant.name),
                        cells({share_text(variant.score), duration_text(variant.seconds()),
                               mib_text(variant.peak_memory()), mib_text(variant.model_bytes())}));
    for (const std::string& key : keys) rows += cells({value_of(variant.settings, key, "default")});
    rows += "</tr>\n";
  }
  return table(heads(names), rows);
}

/// The run's own page, if it has one, from the folder of the comparison.
std::string link(const ComparedRun& run, const std::string& folder) {
  const std::filesystem::path page = std::filesystem::path(run.folder) / kReportFile;
  if (!std::filesystem::exists(page)) return html_text(run.name);
  return fmt::format("<a href=\"{}\">{}</a>",
                     html_text(page.lexically_relative(folder).generic_string()),
                     html_text(run.name));
}

std::string run_table(const Comparison& comparison, const std::string& folder) {
  std::string rows;
  for (const ComparedVariant& variant : comparison.variants) {
    for (const ComparedRun& run : variant.runs) {
      rows += fmt::format("<tr><td>{} {}</td>{}<td class=\"number\"><code>{}</code></td></tr>\n",
                          html_text(variant.name), link(run, folder),
                          cells({fmt::format("{:.2f} %", 100 * run.score), std::to_string(run.rows),
                                 duration_text(run.seconds), mib_text(run.peak_memory)}),
                          html_text(run.hash.substr(0, 8)));
    }
  }
  return table(heads({"run", to_string(comparison.metric), "rows", "time", "memory", "hash"}),
               rows);
}

constexpr std::string_view kMethod =
    "<details><summary>How this was decided</summary>\n"
    "<p>All variants have the same texts in the same order. A verdict needs p below 0.05 by the "
    "paired bootstrap, corrected by Holm for all pairs of the page. The bootstrap draws test rows "
    "with what all runs of both variants answered, and adds how much runs vary, as Student's t "
    "where there are few. McNemar's test compares how many rows each of both answers better than "
    "the other, by the mean of its runs; it is about these runs alone and decides nothing "
    "here.</p>\n"
    "<p>Where the metric is an F1, which is no mean over rows, the bootstrap draws what each row "
    "adds "
    "to it (the delta method); McNemar's test counts rows that are right in all of their "
    "labels.</p></details>\n";

}  // namespace

std::string comparison_page(const Comparison& comparison, const std::string& folder) {
  std::string title;
  for (const ComparedVariant& variant : comparison.variants)
    title += (title.empty() ? "" : ", ") + variant.name;
  return html_page(
      title, std::string(kComparisonStyle) +
                 fmt::format("<p class=\"lead\">{}.</p>\n", html_text(scope_text(comparison))) +
                 verdicts(comparison) + scores(comparison) + differences(comparison) +
                 "<h2>Tests</h2>\n" + tests(comparison) + std::string(kMethod) +
                 "<h2>Variants</h2>\n" + variant_table(comparison) + "<h2>Runs</h2>\n" +
                 run_table(comparison, folder));
}

}  // namespace unroll
