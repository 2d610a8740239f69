#include "unroll/tools/lab/race/activation_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "unroll/tools/lab/pages/html_page.h"
#include "unroll/tools/lab/pages/svg_scatter.h"
#include "unroll/tools/lab/race/activation_report.h"

namespace unroll {

namespace {

/// The plane's range of errors: from below the half unit that is the best there can be, where a
/// result is rounded at all, to where an error is no longer one of rounding.
constexpr double kLeastUlp = 0.3, kMostUlp = 10;

using Race = std::span<const ActivationRow>;

std::string name_of(const ActivationRow& row) {
  return row.implementation + " " + row.isa;
}

/// The next of 1, 2, 5, 10, … below or above.
double round_to_tick(double value, bool up) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  const double digit = value / power;
  if (up) return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
  return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

std::string point_label(const ActivationRow& row) {
  if (row.max_ulp == 0) return name_of(row) + ", exact";
  if (row.max_ulp >= kLeastUlp && row.max_ulp <= kMostUlp) return name_of(row);
  return fmt::format("{}, {} ulp", name_of(row), ulp_text(row.max_ulp));
}

std::string plane(Race race) {
  LogScatter scatter;
  scatter.description = fmt::format("Error against time: {}", race_title(race.front()));
  scatter.x_label = "cycles per element";
  scatter.y_label = "largest error, units in the last place";
  scatter.hint = "↙ faster and more exact";
  scatter.y_low = kLeastUlp;
  scatter.y_high = kMostUlp;
  double fastest = race.front().cycles_per_element, slowest = fastest;
  for (const ActivationRow& row : race) {
    if (row.function == kCopy) continue;
    fastest = std::min(fastest, row.cycles_per_element);
    slowest = std::max(slowest, row.cycles_per_element);
    scatter.points.push_back(
        {row.cycles_per_element, row.max_ulp, point_label(row), row.implementation == kOurs});
  }
  scatter.x_low = round_to_tick(fastest * 0.8, false);
  scatter.x_high = round_to_tick(slowest * 1.2, true);
  return svg_log_scatter(scatter);
}

std::string cell(std::string_view text) {
  return fmt::format("<td class=\"number\">{}</td>", html_text(text));
}

std::string table(Race race) {
  std::vector<ActivationRow> rows(race.begin(), race.end());
  std::ranges::sort(rows, {}, &ActivationRow::ns_per_element);
  std::string html = "<div class=\"wide\"><table><tr><th></th>";
  for (const char* column : {"cycles", "ns", "GB/s", "max ulp", "time / best", "time / same isa"}) {
    html += fmt::format("<th class=\"number\">{}</th>", column);
  }
  html += "</tr>\n";
  for (const ActivationRow& row : rows) {
    const bool is_copy = row.function == kCopy;
    const char* tag = row.implementation == kOurs ? "strong" : "span";
    html += fmt::format("<tr><td><{0} class=\"whole\">{1}</{0}></td>", tag,
                        html_text(is_copy ? row.implementation : name_of(row)));
    html += cell(fmt::format("{:.3f}", row.cycles_per_element)) +
            cell(fmt::format("{:.3f}", row.ns_per_element)) +
            cell(fmt::format("{:.1f}", gigabytes_per_second(row))) +
            cell(is_copy ? "–" : ulp_text(row.max_ulp)) + cell(ratio_text(row.times_best)) +
            cell(ratio_text(row.times_same_isa)) + "</tr>\n";
  }
  return html + "</table></div>";
}

std::string anchor(const ActivationRow& row) {
  return fmt::format("{}-{}-{}", row.function, row.bytes, row.threads);
}

std::string race_html(Race race) {
  const ActivationRow& first = race.front();
  return fmt::format("<h2 id=\"{}\">{}</h2>\n<section class=\"card\">{}{}</section>\n",
                     html_text(anchor(first)), html_text(race_title(first)), plane(race),
                     table(race));
}

std::string contents(const std::vector<Race>& races) {
  std::string html = "<nav><ul>";
  for (Race race : races) {
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>", html_text(anchor(race.front())),
                        html_text(race_title(race.front())));
  }
  return html + "</ul></nav>\n";
}

std::string verdict(const ActivationRaceResult& result) {
  std::string html;
  const std::vector<std::string> better = faster_and_as_exact(result.rows);
  if (better.empty()) {
    html +=
        "<p class=\"verdict\">Nobody is both faster than unroll and at least as accurate.</p>\n";
  }
  for (const std::string& line : better) {
    html += fmt::format("<p class=\"verdict\">Faster, and as accurate: {}</p>\n", html_text(line));
  }
  for (const std::string& who : result.conditions.disagreeing) {
    html += fmt::format("<p class=\"verdict\">Not timed: {}</p>\n", html_text(who));
  }
  return html;
}

std::string circumstances_html(const ActivationRaceResult& result,
                               const RaceCircumstances& circumstances) {
  return fmt::format(
      "<p class=\"note\">{}, {:.2f} GHz, {}. Slices undisturbed by other jobs, in the worst race: "
      "{:.0f} %. Made by {}</p>\n",
      html_text(circumstances.machine), result.conditions.clock, html_text(circumstances.date),
      100 * result.conditions.undisturbed, html_command(circumstances.command));
}

constexpr std::string_view kHow = R"html(<h2 id="how">How it is measured</h2>
<section class="card">
<p>Contenders take turns in slices of two milliseconds, in a random order in each round. <strong>cycles</strong> and
<strong>ns</strong> are medians per element, at a clock that is measured by dependent additions beside each slice.
<strong>time / best</strong> is the median, with its 95 % interval by the sign test, of the ratio within a round to unroll on the
CPU's best instruction set; <strong>time / same isa</strong> to unroll on the contender's own.</p>
<p><strong>max ulp</strong> is the largest error over every 1009th float there is, in units in the last place of the exact result;
an infinity out of place counts as 2<sup>128</sup>. Half a unit is the best a rounded result can have. A point beyond the plane
stands at its edge with its error.</p>
<p><strong>GB/s</strong> counts four bytes read and four written an element; <strong>memcpy</strong> of the same array is what
memory allows. With several threads, each has its part of the array and a core of its own.</p>
</section>
)html";

}  // namespace

std::string activation_page(const ActivationRaceResult& result,
                            const RaceCircumstances& circumstances) {
  std::vector<Race> races = races_of(result.rows);
  std::erase_if(races, [](Race race) { return race.size() == 1; });  // memcpy alone: nobody agreed
  std::string body =
      "<p class=\"lead\">How fast, and how exact? In each plane time grows to the right and error "
      "upwards, so that lower left is better. Bold: unroll, on each instruction set.</p>\n";
  body += circumstances_html(result, circumstances) + verdict(result) + contents(races);
  for (Race race : races) body += race_html(race);
  return html_page("Activations: accuracy and speed", body + std::string(kHow));
}

}  // namespace unroll
