#include "unroll/tools/program/report/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/pages/html_page.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/report/chart.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

constexpr std::string_view kStyle = R"css(<style>
body { max-width: 78rem; }
.tiles { display: grid; gap: .75rem; margin: 1.25rem 0 1.75rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 8.4rem), 1fr)); }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .7rem .9rem; }
.tile b { display: block; font-size: 1.4rem; line-height: 1.25; letter-spacing: -.01em;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.tile span { color: var(--muted); font-size: .85rem; }
.charts { display: grid; gap: 1.1rem; margin: 0 0 1.1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 29rem), 1fr)); }
.small { grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.small .plot text { font-size: 18px; }
.charts > .card { margin: 0; min-width: 0; container-type: inline-size; }
@container (max-width: 40rem) { .track { display: none; } }
.charts > .whole-row { grid-column: 1 / -1; }
.plot { margin: 0; }
.square svg { max-width: 25rem; }
.plot .faint { opacity: .3; stroke-width: 1; }
.plot .dot { fill: currentColor; stroke: var(--card); stroke-width: 1; }
.plot .best { stroke: var(--muted); stroke-dasharray: 2 4; }
.plot .resume { stroke: var(--series-5); stroke-dasharray: 1 3; }
.plot .column { fill: currentColor; opacity: .75; }
.legend { color: var(--muted); }
.legend .line, .legend .bound, .legend .ceiling { fill: none; stroke: currentColor; }
.legend .line { stroke-width: 2; } .legend .bound { stroke-width: 1.6; stroke-dasharray: 7 5; }
.legend .ceiling { stroke-width: 1.6; stroke-dasharray: 1.5 5; stroke-linecap: round; }
.legend .dot { fill: currentColor; }
.legend .s1 { color: var(--series-1); }
.scroll { overflow: auto; max-height: 32rem; margin: 0 0 .5rem; }
.scroll thead th { position: sticky; top: 0; background: var(--card); z-index: 1; }
.scroll table { min-width: 100%; } .scroll tbody th { border-bottom-width: 1px; }
.classes td { white-space: nowrap; } .classes th, .classes td { padding-right: .6rem; }
.label { font-weight: 600; max-width: 16rem; overflow: hidden; text-overflow: ellipsis; }
.track { display: block; width: 5rem; height: .5rem; margin-top: .45rem; border-radius: .25rem;
  background: var(--line); overflow: hidden; }
.track span { display: block; height: 100%; background: var(--series-1); }
.matrix td { text-align: right; padding: .35rem .6rem; font-variant-numeric: tabular-nums;
  border: 1px solid var(--card); min-width: 3rem; }
.matrix tbody th { position: sticky; left: 0; background: var(--card); border: 0; white-space: nowrap;
  padding-right: .8rem; }
.matrix thead th { padding: .35rem .6rem; white-space: nowrap; }
.matrix .right { background: rgba(18, 120, 200, calc(.06 + .5 * var(--part))); }
.matrix .wrong { background: rgba(226, 96, 20, calc(1.3 * var(--part))); }
.drawn { display: block; color: var(--ink); }
.drawn text { fill: var(--muted); font-size: 10px; }
.drawn .right { fill: var(--series-1); } .drawn .wrong { fill: var(--series-2); }
.mistakes { margin: 0; padding-left: 1.8rem; }
.mistakes li { margin: 0 0 .9rem; }
.mistakes p { margin: 0; } .mistakes .answer { font-size: .92rem; }
.mistakes .answer .label:first-child { color: var(--series-2); }
summary { cursor: pointer; font-weight: 600; }
pre { overflow-x: auto; font-size: .85rem; line-height: 1.5; margin: .75rem 0 0; }
.hash { overflow-wrap: anywhere; }
@media (max-width: 36rem) {
  .tiles { grid-template-columns: 1fr 1fr; gap: .5rem; }
  .tile b { font-size: 1.15rem; }
  .scroll { max-height: 26rem; }
  .plot.square text { font-size: 15px; }
}
</style>
)css";

/// Figures of the network's training, by one run's steps and epochs.
std::vector<Point> points_of(const std::vector<RunHistory::Step>& steps,
                             double RunHistory::Step::*figure) {
  std::vector<Point> points;
  for (const RunHistory::Step& step : steps) points.push_back({step.at, step.*figure});
  return points;
}

std::vector<Point> points_of(const std::vector<RunHistory::Epoch>& epochs,
                             double RunHistory::Epoch::*figure) {
  std::vector<Point> points;
  for (const RunHistory::Epoch& epoch : epochs)
    points.push_back({static_cast<double>(epoch.epoch), epoch.*figure});
  return points;
}

/// What was done between two steps that were written one after the other.
struct Stretch {
  double at = 0;  ///< its end, in epochs
  double tokens = 0;
  double seconds = 0;
};

/// Within an epoch and a process: the time between epochs is the evaluation's.
std::vector<Stretch> stretches_of(const std::vector<RunHistory::Step>& steps) {
  std::vector<Stretch> stretches;
  for (std::size_t k = 1; k < steps.size(); ++k) {
    const RunHistory::Step &before = steps[k - 1], &step = steps[k];
    const double seconds = step.seconds - before.seconds;
    if (step.epoch != before.epoch || step.index <= before.index || !(seconds > 0)) continue;
    const auto count = static_cast<double>(step.index - before.index);
    stretches.push_back({step.at, step.tokens * count, seconds});
  }
  return stretches;
}

/// All tokens by all seconds; not a number without any.
double tokens_a_second(std::span<const Stretch> stretches) {
  double tokens = 0, seconds = 0;
  for (const Stretch& stretch : stretches) {
    tokens += stretch.tokens;
    seconds += stretch.seconds;
  }
  return tokens / seconds;
}

/// Batches are long or short, so a point is the rate of several.
std::vector<Point> throughput(std::span<const Stretch> stretches) {
  constexpr std::size_t kPoints = 60;
  const std::size_t together = stretches.size() / kPoints + 1;
  std::vector<Point> points;
  for (; !stretches.empty(); stretches = stretches.subspan(std::min(together, stretches.size()))) {
    const auto part = stretches.first(std::min(together, stretches.size()));
    points.push_back({part.back().at, tokens_a_second(part)});
  }
  return points;
}

// ------------------------------------------------------------------------------------------ tiles

void add_tile(std::string& tiles, std::string_view value, std::string_view what) {
  if (value.empty()) return;
  tiles += fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", html_text(value),
                       html_text(what));
}

std::string percent_text(double share) {
  return std::isfinite(share) ? fmt::format("{:.2f} %", 100 * share) : "–";
}

void add_training_tiles(std::string& tiles, const RunHistory& run) {
  const RunHistory::Epoch* best = run.best();
  if (best == nullptr && run.linear) best = &*run.linear;
  if (best != nullptr) add_tile(tiles, percent_text(best->dev_accuracy), "of the dev texts right");
  if (best != nullptr && run.metric != "accuracy")
    add_tile(tiles, fmt::format("{:.4f}", best->dev_metric), "dev " + run.metric);
  if (run.best() != nullptr) {
    add_tile(tiles, fmt::format("{} of {}", run.best()->epoch, run.epochs.size()),
             "best epoch, of those done");
  }
  add_tile(tiles, duration_text(run.seconds), run.end.empty() ? "so far" : run.end);
  const double rate = tokens_a_second(stretches_of(run.steps));
  if (std::isfinite(rate)) add_tile(tiles, count_text(rate), "tokens a second");
  add_tile(tiles, count_text(static_cast<double>(run.parameters)), "parameters of the network");
  add_tile(tiles, count_text(static_cast<double>(run.rows)), "rows to train on");
}

std::string tiles_of(const ReportedRun& run) {
  std::string tiles;
  if (run.test) {
    add_tile(tiles, percent_text(run.test->evaluation.accuracy),
             fmt::format("of the test texts right, {:.1f} to {:.1f}",
                         100 * run.test->evaluation.interval.low,
                         100 * run.test->evaluation.interval.high));
  }
  if (run.history) add_training_tiles(tiles, *run.history);
  if (run.model_bytes > 0) {
    const std::string planned =
        run.memory_bytes == 0 ? "" : fmt::format("; {} to train it", mib_text(run.memory_bytes));
    add_tile(tiles, mib_text(run.model_bytes), "of model file" + planned);
  }
  return fmt::format("<div class=\"tiles\">{}</div>\n", tiles);
}

// ----------------------------------------------------------------------------------------- curves

std::string chart_card(std::string_view title, const Chart& chart, std::string_view note = "") {
  std::string below;
  if (!note.empty()) below = fmt::format("<p class=\"note\">{}</p>", html_text(note));
  return fmt::format("<section class=\"card\"><h3>{}</h3>{}{}</section>\n", html_text(title),
                     chart_html(chart), below);
}

std::vector<double> best_mark(const RunHistory& run) {
  if (run.best() == nullptr) return {};
  return {static_cast<double>(run.best()->epoch)};
}

/// A chart over the epochs of one run, which shows its best epoch and where it went on.
Chart chart_of(const RunHistory& run, std::string description) {
  return {.description = std::move(description),
          .x_label = "epoch",
          .lines = {},
          .least = {},
          .marks = best_mark(run),
          .dashed_marks = run.resumes};
}

void add_level(Chart& chart, const RunHistory& run, std::string name, double level,
               std::size_t colour) {
  const double last =
      run.steps.empty() ? static_cast<double>(run.epochs.size()) : run.steps.back().at;
  chart.lines.push_back({std::move(name), colour, LineStyle::kDotted, {{0, level}, {last, level}}});
}

std::string loss_chart(const RunHistory& run) {
  Chart chart = chart_of(run, "loss over the epochs, of training and dev texts");
  chart.least = 0;
  const std::vector<Point> losses = points_of(run.steps, &RunHistory::Step::loss);
  chart.lines.push_back({"", 0, LineStyle::kFaint, losses});
  chart.lines.push_back({"training", 0, LineStyle::kSolid, smoothed(losses)});
  chart.lines.push_back(
      {"dev", 1, LineStyle::kDashed, points_of(run.epochs, &RunHistory::Epoch::dev_loss), true});
  if (run.linear) add_level(chart, run, "dev, linear model", run.linear->dev_loss, 2);
  return chart_card("Loss", chart,
                    run.resumes.empty() ? "The vertical line is the best epoch."
                                        : "The vertical line is the best epoch; where the run went "
                                          "on from a checkpoint there are dotted ones.");
}

std::string accuracy_chart(const RunHistory& run) {
  Chart chart = chart_of(run, "accuracy on the dev texts over the epochs");
  chart.is_share = true;
  chart.lines.push_back({"network and n-grams", 0, LineStyle::kSolid,
                         points_of(run.epochs, &RunHistory::Epoch::dev_accuracy), true});
  if (!run.linear) chart.lines.back().name = "network";
  const bool has_metric = run.metric != "accuracy" && run.metric != "loss";
  if (has_metric) {
    chart.lines.push_back({run.metric, 1, LineStyle::kDashed,
                           points_of(run.epochs, &RunHistory::Epoch::dev_metric), true});
  }
  if (run.linear) add_level(chart, run, "linear model alone", run.linear->dev_accuracy, 2);
  return chart_card("Accuracy on the dev texts", chart,
                    has_metric ? run.metric + " chose the best epoch." : "");
}

/// The limit of --clip-norm, 0 if that is not known or off.
double clip_norm_of(const ReportedRun& run) {
  return std::strtod(value_of(run.settings, "clip-norm", "0").c_str(), nullptr);
}

std::string gradient_chart(const ReportedRun& reported) {
  const RunHistory& run = *reported.history;
  Chart chart = chart_of(run, "norm of the gradients over the epochs");
  chart.is_logarithmic = true;
  const std::vector<Point> norms = points_of(run.steps, &RunHistory::Step::gradient_norm);
  chart.lines.push_back({"", 0, LineStyle::kFaint, norms});
  chart.lines.push_back({"norm of all gradients", 0, LineStyle::kSolid, smoothed(norms)});
  const double limit = clip_norm_of(reported);
  if (limit <= 0 || norms.empty()) return chart_card("Gradient norm", chart, "Before clipping.");
  add_level(chart, run, "clipped above", limit, 1);
  const auto clipped = std::ranges::count_if(norms, [&](const Point& p) { return p.y > limit; });
  return chart_card(
      "Gradient norm", chart,
      fmt::format("Before clipping; {:.1f} % of the steps were clipped.",
                  100 * static_cast<double>(clipped) / static_cast<double>(norms.size())));
}

std::string rate_chart(const RunHistory& run) {
  Chart chart = chart_of(run, "learning rate over the epochs");
  chart.least = 0;
  chart.lines.push_back(
      {"", 0, LineStyle::kSolid, points_of(run.steps, &RunHistory::Step::learning_rate)});
  return chart_card("Learning rate", chart);
}

std::string throughput_chart(const RunHistory& run) {
  Chart chart = chart_of(run, "tokens a second over the epochs");
  chart.least = 0;
  chart.lines.push_back({"", 0, LineStyle::kSolid, throughput(stretches_of(run.steps))});
  return chart_card("Tokens a second", chart, "The time between steps, for evaluation, is left out.");
}

std::string curves_of(const ReportedRun& run) {
  if (!run.history) {
    return "<p class=\"note\">The folder has no metrics.jsonl: there are no curves to draw.</p>\n";
  }
  if (run.history->steps.empty() && run.history->epochs.empty())
    return "<p class=\"note\">No network was trained: there are no curves to draw.</p>\n";
  return fmt::format("<div class=\"charts\">{}{}</div>\n<div class=\"charts small\">{}{}{}</div>\n",
                     loss_chart(*run.history), accuracy_chart(*run.history), gradient_chart(run),
                     rate_chart(*run.history), throughput_chart(*run.history));
}

/// The same figure of all runs.
template <typename Points>
std::string shared_chart(std::span<const ReportedRun> runs, std::string_view title, Chart chart,
                         Points points) {
  chart.x_label = "epoch";
  for (std::size_t k = 0; k < runs.size(); ++k) {
    if (!runs[k].history) continue;
    // Colours are not for everybody.
    constexpr LineStyle kStyles[] = {LineStyle::kSolid, LineStyle::kDashed, LineStyle::kDotted};
    chart.lines.push_back(
        {runs[k].name, k, kStyles[k % std::size(kStyles)], points(*runs[k].history)});
    chart.lines.back().marked = chart.lines.back().points.size() <= 60;
  }
  return chart_card(title, chart);
}

std::string shared_curves(std::span<const ReportedRun> runs) {
  const auto epochs = [&](double RunHistory::Epoch::*figure) {
    return [figure](const RunHistory& run) { return points_of(run.epochs, figure); };
  };
  const auto training = [](const RunHistory& run) {
    return smoothed(points_of(run.steps, &RunHistory::Step::loss));
  };
  Chart shares, losses, rates;
  shares.is_share = true;
  losses.least = rates.least = 0;
  shares.description = "accuracy on the dev texts of all runs";
  losses.description = "loss of all runs";
  rates.description = "learning rates of all runs";
  const auto rate = [](const RunHistory& run) {
    return points_of(run.steps, &RunHistory::Step::learning_rate);
  };
  return fmt::format(
      "<div class=\"charts\">{}{}{}{}</div>\n",
      shared_chart(runs, "Accuracy on the dev texts", shares,
                   epochs(&RunHistory::Epoch::dev_accuracy)),
      shared_chart(runs, "Loss of the dev texts", losses, epochs(&RunHistory::Epoch::dev_loss)),
      shared_chart(runs, "Loss of the training texts, smoothed", losses, training),
      shared_chart(runs, "Learning rate", rates, rate));
}

// --------------------------------------------------------------------------------------- settings

std::string settings_of(const ReportedRun& run) {
  std::string text;
  if (!run.hash.empty())
    text += fmt::format("<p>hash <code class=\"hash\">{}</code></p>", html_text(run.hash));
  if (run.settings_text.empty()) return fmt::format("<section class=\"card\">{}</section>\n", text);
  return fmt::format(
      "<section class=\"card\">{}<p>{} repeats the run.</p>"
      "<details><summary>All settings</summary><pre>{}</pre></details></section>\n",
      text,
      html_command(fmt::format("unroll train --config {}/config.toml --out another", run.name)),
      html_text(run.settings_text));
}

/// Keys whose values are not the same in all runs.
std::vector<std::string> differing_keys(std::span<const ReportedRun> runs) {
  std::vector<std::string> keys;
  for (const ReportedRun& run : runs) {
    for (const Setting& setting : run.settings) {
      const auto differs = [&](const ReportedRun& other) {
        return !other.settings.empty() && value_of(other.settings, setting.flag) != setting.value;
      };
      if (setting.flag != "out" && std::ranges::any_of(runs, differs) &&
          std::ranges::count(keys, setting.flag) == 0)
        keys.push_back(setting.flag);
    }
  }
  return keys;
}

std::string row_of(const ReportedRun& run, std::size_t number,
                   const std::vector<std::string>& keys) {
  std::string cells;
  const auto cell = [&](const std::string& text) {
    cells += fmt::format("<td class=\"number\">{}</td>", html_text(text));
  };
  const RunHistory* history = run.history ? &*run.history : nullptr;
  const RunHistory::Epoch* best = history == nullptr ? nullptr : history->best();
  if (best == nullptr && history != nullptr && history->linear) best = &*history->linear;
  cell(best == nullptr ? "–" : percent_text(best->dev_accuracy));
  cell(run.test ? accuracy_text(run.test->evaluation) : "–");
  cell(best == nullptr || best->epoch == 0 ? "–" : std::to_string(best->epoch));
  cell(history == nullptr ? "–" : duration_text(history->seconds));
  cell(mib_text(run.model_bytes));
  for (const std::string& key : keys) cell(value_of(run.settings, key, "–"));
  return fmt::format(
      "<tr><th class=\"s{}\">{}</th>{}<td class=\"note\"><code>{}</code></td></tr>\n",
      number % 6 + 1, html_text(run.name), cells, html_text(run.hash.substr(0, 8)));
}

std::string table_of(std::span<const ReportedRun> runs) {
  const std::vector<std::string> keys = differing_keys(runs);
  std::string head, rows;
  for (const std::string& key : keys)
    head += fmt::format("<th class=\"number\">{}</th>", html_text(key));
  for (std::size_t k = 0; k < runs.size(); ++k) rows += row_of(runs[k], k, keys);
  return fmt::format(
      "<section class=\"card\"><div class=\"scroll\"><table><thead><tr><th>run</th>"
      "<th class=\"number\">dev</th><th class=\"number\">test</th><th class=\"number\">best "
      "epoch</th>"
      "<th class=\"number\">time</th><th class=\"number\">model</th>{}<th>hash</th></tr></thead>"
      "<tbody>{}</tbody></table></div></section>\n",
      head, rows);
}

// ------------------------------------------------------------------------------------------- page

std::string page_of(const ReportedRun& run) {
  std::string body = tiles_of(run) + "<h2>Training</h2>\n" + curves_of(run);
  if (run.test) body += "<h2>Test</h2>\n" + test_section(*run.test);
  return body + "<h2>Settings</h2>\n" + settings_of(run);
}

std::string page_of(std::span<const ReportedRun> runs) {
  std::string body = table_of(runs) + shared_curves(runs);
  for (const ReportedRun& run : runs) {
    body += fmt::format("<h2>{}</h2>\n", html_text(run.name)) + tiles_of(run);
    if (run.test) body += test_section(*run.test);
    body += settings_of(run);
  }
  return body;
}

}  // namespace

std::string run_report(std::span<const ReportedRun> runs) {
  const bool is_one = runs.size() == 1;
  return html_page(is_one ? runs.front().name : fmt::format("{} runs", runs.size()),
                   std::string(kStyle) + (is_one ? page_of(runs.front()) : page_of(runs)));
}

}  // namespace unroll
