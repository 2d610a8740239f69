#include "unroll/tools/program/report/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/pages/html_page.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/report/chart.h"
#include "unroll/tools/program/run_settings.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/program/usage.h"

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
@container (max-width: 40rem) { .track, .classes th:last-child, .classes td:last-child { display: none; } }
@container (max-width: 26rem) {
  .classes th, .classes td { padding-right: .4rem; font-size: .86rem; }
  .classes .note { display: block; font-size: .74rem; }
  .classes .label { max-width: 5.5rem; white-space: normal; overflow-wrap: anywhere; }
}
.flow { grid-template-columns: minmax(0, 40rem); }
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
/* Shadows at the edges show where there is more: they stay, and what covers them scrolls along. It
   may be a fraction of a pixel short, so the first pixel is clear. */
.scroll { overflow: auto; max-height: 32rem; margin: 0 0 .5rem; --shade: rgba(90, 100, 115, .5);
  background:
    linear-gradient(to right, var(--card) 40%, transparent) left / 2.2rem 100%,
    linear-gradient(to left, var(--card) 40%, transparent) right / 2.2rem 100%,
    linear-gradient(var(--card) 40%, transparent) top / 100% 2.2rem,
    linear-gradient(to top, var(--card) 40%, transparent) bottom / 100% 2.2rem,
    linear-gradient(to right, transparent 1px, var(--shade) 1px, transparent) left / .8rem 100%,
    linear-gradient(to left, transparent 1px, var(--shade) 1px, transparent) right / .8rem 100%,
    linear-gradient(transparent 1px, var(--shade) 1px, transparent) top / 100% .8rem,
    linear-gradient(to top, transparent 1px, var(--shade) 1px, transparent) bottom / 100% .8rem;
  background-repeat: no-repeat;
  background-attachment: local, local, local, local, scroll, scroll, scroll, scroll; }
.scroll thead th { position: sticky; top: 0; background: var(--card); z-index: 1; }
.scroll table { min-width: 100%; } .scroll tbody th { border-bottom-width: 1px; }
.scroll tbody tr:last-child th { border-bottom: 0; }
.classes td { white-space: nowrap; } .classes th, .classes td { padding-right: .6rem; }
.label { font-weight: 600; max-width: 16rem; overflow: hidden; text-overflow: ellipsis; }
.track { display: block; width: 5rem; height: .5rem; margin-top: .45rem; border-radius: .25rem;
  background: var(--line); overflow: hidden; }
.track span { display: block; height: 100%; background: var(--series-1); }
.scroll .matrix { min-width: 0; }
.matrix td { text-align: right; padding: .35rem .4rem; font-variant-numeric: tabular-nums;
  border: 1px solid var(--card); min-width: 2.1rem; }
.matrix th { max-width: 7rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.matrix tbody th { position: sticky; left: 0; background: var(--card); border: 0; padding-right: .6rem; }
.matrix thead th { padding: .35rem .4rem; max-width: 4.5rem; vertical-align: bottom; }
.matrix thead th:first-child { max-width: none; padding-left: 0; }
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
  .matrix th { max-width: 4.2rem; } .matrix thead th { max-width: 2.6rem; }
  .matrix thead th:first-child { font-size: .7rem; }
  .matrix thead th.number { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
    max-height: 6rem; padding: .3rem 0; }
  .matrix th, .matrix td { font-size: .84rem; padding-left: .25rem; padding-right: .25rem; min-width: 1.9rem; }
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

bool is_f1(const RunHistory& run) {
  return run.metric != "accuracy" && run.metric != "loss" && !run.metric.empty();
}

/// Where texts have any number of labels, micro-F1 is the headline.
void add_test_tiles(std::string& tiles, const Evaluation& test) {
  if (test.sets) {
    add_tile(tiles, percent_text(test.sets->micro_f1), "micro-F1 of the test texts");
    add_tile(tiles, percent_text(test.sets->precision_at_1),
             fmt::format("P@1 of the test texts; R@1 {}", percent_text(test.sets->recall_at_1)));
  }
  add_tile(
      tiles, percent_text(test.accuracy),
      fmt::format("of the test texts {}, {:.1f} to {:.1f}", test.sets ? "exactly right" : "right",
                  100 * test.interval.low, 100 * test.interval.high));
}

void add_training_tiles(std::string& tiles, const RunHistory& run) {
  const RunHistory::Epoch* best = run.best();
  if (best == nullptr && run.linear) best = &*run.linear;
  // What chose the epoch comes first, unless it is the loss, which says little to a reader.
  if (best != nullptr && is_f1(run))
    add_tile(tiles, percent_text(best->dev_metric), run.metric + " of the dev texts");
  if (best != nullptr) add_tile(tiles, percent_text(best->dev_accuracy), "of the dev texts right");
  if (best != nullptr && run.metric == "loss")
    add_tile(tiles, fmt::format("{:.4f}", best->dev_metric), "dev loss");
  if (run.best() != nullptr) {
    add_tile(tiles, fmt::format("{} of {}", run.best()->epoch, run.epochs.size()),
             "best epoch, of those done");
  } else if (!run.epochs.empty()) {
    add_tile(tiles, fmt::format("none of {}", run.epochs.size()),
             "epochs as good as the linear model, which was kept");
  }
  add_tile(tiles, duration_text(run.seconds), run.end.empty() ? "so far" : run.end);
  const double rate = tokens_a_second(stretches_of(run.steps));
  if (std::isfinite(rate)) add_tile(tiles, count_text(rate), "tokens a second");
  if (run.parameters > 0)
    add_tile(tiles, count_text(static_cast<double>(run.parameters)), "parameters of the network");
  add_tile(tiles, count_text(static_cast<double>(run.rows)), "rows to train on");
}

std::string tiles_of(const ReportedRun& run) {
  std::string tiles;
  if (run.test) add_test_tiles(tiles, run.test->evaluation);
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
  std::string note = "Training: the network alone, with dropout. Dev: without dropout, the network";
  note += run.linear ? " and the linear model together, so both lines are not to be compared. "
                     : " alone, so the lines are not to be compared directly. ";
  if (run.best() != nullptr) note += "The vertical line is the best epoch. ";
  if (!run.resumes.empty()) note += "Dotted lines are where the run went on from a checkpoint.";
  return chart_card("Loss", chart, note);
}

std::string accuracy_chart(const RunHistory& run) {
  Chart chart = chart_of(run, "accuracy on the dev texts over the epochs");
  chart.is_share = true;
  chart.lines.push_back({"network and n-grams", 0, LineStyle::kSolid,
                         points_of(run.epochs, &RunHistory::Epoch::dev_accuracy), true});
  if (!run.linear) chart.lines.back().name = "network";
  const bool has_metric = is_f1(run);
  if (has_metric) {
    chart.lines.push_back({run.metric, 1, LineStyle::kDashed,
                           points_of(run.epochs, &RunHistory::Epoch::dev_metric), true});
  }
  if (run.linear) add_level(chart, run, "linear model alone", run.linear->dev_accuracy, 2);
  return chart_card(
      has_metric ? "Accuracy and " + run.metric + " on the dev texts" : "Accuracy on the dev texts",
      chart, has_metric ? run.metric + " chooses the best epoch." : "");
}

/// The limit of --clip-norm, 0 if that is not known or off.
double clip_norm_of(const ReportedRun& run) {
  if (run.has_other_model) return 0;  // and other settings
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
  return chart_card("Tokens a second", chart,
                    "The time between steps, for evaluation, is left out.");
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

/// How far gradients reach, before training and after the last epoch that was measured.
std::string flow_section(const ReportedRun& run) {
  if (run.flow.empty() && run.flow_page.empty()) return "";
  Chart chart{.description = "norm of the Jacobian over the steps that lie between",
              .x_label = "lag",
              .lines = {},
              .least = {},
              .marks = {},
              .dashed_marks = {}};
  std::vector<std::string> layers;
  for (const FlowCurve& curve : run.flow) {
    const auto layer = std::ranges::find(layers, curve.layer);
    const auto colour = static_cast<std::size_t>(layer - layers.begin());
    if (layer == layers.end()) layers.push_back(curve.layer);
    const bool is_start = curve.epoch == 0;
    chart.lines.push_back(
        {fmt::format("{}, {}", curve.layer,
                     is_start ? "before training" : fmt::format("after epoch {}", curve.epoch)),
         colour, is_start ? LineStyle::kDotted : LineStyle::kSolid, curve.points});
  }
  const std::string link = run.flow_page.empty()
                               ? ""
                               : fmt::format("<p><a href=\"{0}\">{0}</a> shows all epochs.</p>\n",
                                             html_text(run.flow_page));
  return fmt::format(
      "<h2>Gradient flow</h2>\n{}<div class=\"charts flow\">{}</div>\n", link,
      run.flow.empty()
          ? ""
          : chart_card("How far gradients reach", chart,
                       "log10 of the norm of the Jacobian of a state by an earlier one, "
                       "so many steps before: 0 is as strong as it was, -1 a tenth."));
}

/// Epochs of the longest run, which the levels of runs without epochs cross.
double last_epoch(std::span<const ReportedRun> runs) {
  std::size_t last = 1;
  for (const ReportedRun& run : runs)
    if (run.history) last = std::max(last, run.history->epochs.size());
  return static_cast<double>(last);
}

/// A figure of a linear model's only score, over as many epochs as others have.
std::vector<Point> level_of(const RunHistory& run, double RunHistory::Epoch::*figure, double last) {
  if (!run.linear) return {};
  return {{0, (*run.linear).*figure}, {last, (*run.linear).*figure}};
}

/// The same figure of all runs.
template <typename Points>
std::string shared_chart(std::span<const ReportedRun> runs, std::string_view title, Chart chart,
                         Points points) {
  chart.x_label = "epoch";
  for (std::size_t k = 0; k < runs.size(); ++k) {
    if (!runs[k].history) continue;
    std::vector<Point> drawn = points(*runs[k].history);
    if (drawn.empty()) continue;  // a linear model has no steps
    // Colours are not for everybody.
    constexpr LineStyle kStyles[] = {LineStyle::kSolid, LineStyle::kDashed, LineStyle::kDotted};
    chart.lines.push_back({runs[k].name, k, kStyles[k % std::size(kStyles)], std::move(drawn)});
    chart.lines.back().marked =
        chart.lines.back().points.size() <= 60 && !runs[k].history->epochs.empty();
  }
  return chart_card(title, chart);
}

std::string shared_curves(std::span<const ReportedRun> runs) {
  const auto epochs = [&](double RunHistory::Epoch::*figure) {
    return [figure, last = last_epoch(runs)](const RunHistory& run) {
      return run.epochs.empty() ? level_of(run, figure, last) : points_of(run.epochs, figure);
    };
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
  if (run.has_other_model) text += "<p>These are the model and settings of the run before.</p>\n";
  if (!run.hash.empty())
    text += fmt::format("<p>hash <code class=\"hash\">{}</code></p>", html_text(run.hash));
  if (run.settings_text.empty()) return fmt::format("<section class=\"card\">{}</section>\n", text);
  return fmt::format(
      "<section class=\"card\">{}<p>{} repeats the run.</p>"
      "<details><summary>All settings</summary><pre>{}</pre></details></section>\n",
      text,
      html_command(fmt::format("unroll train --config {} --out another",
                               shell_word(run.name + "/config.toml"))),
      html_text(run.settings_text));
}

/// Settings that say something about the run's model (docs/training-runs.md).
Settings settings_that_count(const ReportedRun& run) {
  constexpr std::array kFree{
      std::string_view("out"),         std::string_view("threads"),
      std::string_view("quiet"),       std::string_view("json"),
      std::string_view("gradflow"),    std::string_view("max-memory"),
      std::string_view("cache"),       std::string_view("tensorboard"),
      std::string_view("stream"),      std::string_view("preset"),
      std::string_view("max-minutes"), std::string_view("until-step"),
      std::string_view("overwrite"),   std::string_view("checkpoint-minutes")};
  Settings settings = without_idle(run.settings);
  std::erase_if(settings, [&](const Setting& setting) {
    return std::ranges::count(kFree, setting.flag) > 0;
  });
  return settings;
}

/// Keys whose values are not the same in all runs that have them.
std::vector<std::string> differing_keys(std::span<const Settings> runs) {
  std::vector<std::string> keys;
  for (const Settings& run : runs) {
    for (const Setting& setting : run) {
      const auto differs = [&](const Settings& other) {
        return value_of(other, setting.flag, setting.value) != setting.value;
      };
      if (std::ranges::any_of(runs, differs) && std::ranges::count(keys, setting.flag) == 0)
        keys.push_back(setting.flag);
    }
  }
  return keys;
}

std::string row_of(const ReportedRun& run, const Settings& settings, std::size_t number,
                   const std::vector<std::string>& keys) {
  std::string cells;
  const auto cell = [&](const std::string& text) {
    cells += fmt::format("<td class=\"number\">{}</td>", html_text(text));
  };
  const RunHistory* history = run.history ? &*run.history : nullptr;
  const RunHistory::Epoch* best = history == nullptr ? nullptr : history->best();
  if (best == nullptr && history != nullptr && history->linear) best = &*history->linear;
  cell(best == nullptr   ? "–"
       : is_f1(*history) ? fmt::format("{} {}", history->metric, percent_text(best->dev_metric))
                         : percent_text(best->dev_accuracy));
  cell(run.test ? score_text(run.test->evaluation) : "–");
  cell(best == nullptr || best->epoch == 0 ? "–" : std::to_string(best->epoch));
  cell(history == nullptr ? "–" : duration_text(history->seconds));
  cell(mib_text(run.model_bytes));
  for (const std::string& key : keys) cell(value_of(settings, key, "–"));
  return fmt::format(
      "<tr><th class=\"s{}\">{}</th>{}<td class=\"note\"><code>{}</code></td></tr>\n",
      number % 6 + 1, html_text(run.name), cells, html_text(run.hash.substr(0, 8)));
}

std::string table_of(std::span<const ReportedRun> runs) {
  std::vector<Settings> settings;
  for (const ReportedRun& run : runs) settings.push_back(settings_that_count(run));
  const std::vector<std::string> keys = differing_keys(settings);
  std::string head, rows;
  for (const std::string& key : keys)
    head += fmt::format("<th class=\"number\">{}</th>", html_text(key));
  for (std::size_t k = 0; k < runs.size(); ++k) rows += row_of(runs[k], settings[k], k, keys);
  return fmt::format(
      "<section class=\"card\"><div class=\"scroll\"><table><thead><tr><th>run</th>"
      "<th class=\"number\">dev</th><th class=\"number\">test</th><th class=\"number\">best "
      "epoch</th>"
      "<th class=\"number\">time</th><th class=\"number\">model</th>{}<th>hash</th></tr></thead>"
      "<tbody>{}</tbody></table></div></section>\n",
      head, rows);
}

// ------------------------------------------------------------------------------------------- page

/// Two runs in one folder.
std::string warning_of(const ReportedRun& run) {
  if (!run.has_other_model) return "";
  return "<p class=\"verdict\">The curves are not this model’s: metrics.jsonl is of another run, "
         "as "
         "it is where <code>--overwrite</code> has begun a run that has no model yet. The model, "
         "its "
         "hash, its settings and its test are those of the run before.</p>\n";
}

std::string page_of(const ReportedRun& run) {
  std::string body =
      warning_of(run) + tiles_of(run) + "<h2>Training</h2>\n" + curves_of(run) + flow_section(run);
  if (run.test) body += "<h2>Test</h2>\n" + test_section(*run.test);
  return body + "<h2>Settings</h2>\n" + settings_of(run);
}

std::string page_of(std::span<const ReportedRun> runs) {
  std::string body = table_of(runs) + shared_curves(runs);
  for (const ReportedRun& run : runs) {
    body += fmt::format("<h2>{}</h2>\n", html_text(run.name)) + warning_of(run) + tiles_of(run);
    body += flow_section(run);
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
