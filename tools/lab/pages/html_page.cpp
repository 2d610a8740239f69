#include "unroll/tools/lab/pages/html_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace unroll {

namespace {

/// The series' colours keep their order of lightness in both themes, and no two of them that stand
/// side by side differ in red against green alone.
constexpr std::string_view kStylesheet = R"css(
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --card: #ffffff; --ink: #1d2127; --muted: #5d6673; --line: #d9d8d2;
  --accent: #1459a8;
  --series-1: #1261b5; --series-2: #c4490f; --series-3: #00806a; --series-4: #9a3fa3;
  --series-5: #8a6a00; --series-6: #4a5568;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12151a; --card: #1a1f26; --ink: #e4e7eb; --muted: #9aa5b3; --line: #323a45;
    --accent: #7db7f5;
    --series-1: #68b0f8; --series-2: #ff9257; --series-3: #3fcfae; --series-4: #dd96e6;
    --series-5: #e3c14a; --series-6: #b4bfcc;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 60rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC",
        "PingFang SC", "Microsoft YaHei", sans-serif;
  overflow-wrap: break-word;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .75rem; letter-spacing: -.015em; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1.05rem; line-height: 1.35; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; }
a { color: var(--accent); text-underline-offset: .15em; }
.lead { font-size: 1.08rem; max-width: 46rem; }
.note { color: var(--muted); font-size: .9rem; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1.1rem 1.25rem; margin: 0 0 1.25rem;
}
.card > :last-child { margin-bottom: 0; }
.verdict { border-left: .25rem solid var(--accent); padding: .1rem 0 .1rem .75rem; }
.formula, math, .math {
  font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", "DejaVu Serif", Georgia, serif;
}
.formula { overflow-x: auto; white-space: nowrap; padding: .2rem 0; font-size: 1.05rem; }
.id {
  font: .8rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  color: var(--muted); border: 1px solid var(--line); border-radius: .3rem; padding: .05rem .35rem;
  white-space: nowrap;
}
code { font: .92em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.whole { white-space: nowrap; }
.wide { overflow-x: auto; margin: 0 0 .9rem; }
table { border-collapse: collapse; font-size: .92rem; line-height: 1.4; }
caption { text-align: left; color: var(--muted); padding: 0 0 .35rem; }
th, td { padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top; }
th { font-weight: 600; border-bottom: 2px solid var(--line); }
td { border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
nav ul { list-style: none; margin: 0 0 1.5rem; padding: 0; display: flex; flex-wrap: wrap;
  gap: .35rem 1.1rem; }
figure { margin: 0 0 1rem; }
.plot > svg { display: block; width: 100%; max-width: 52rem; height: auto; color: var(--ink);
  overflow: visible; }
.plot text { fill: currentColor; font-size: 13px; }
.plot path { fill: none; stroke: currentColor; }
.plot .grid { stroke: var(--line); }
.plot .one, .plot .axis { stroke: var(--muted); }
.plot .line { stroke-width: 2; stroke-linejoin: round; }
.plot .bound { stroke-width: 1.6; stroke-dasharray: 7 5; }
.plot .ceiling { stroke-width: 1.6; stroke-dasharray: 1.5 5; stroke-linecap: round; }
.plot .band { fill: currentColor; stroke: none; opacity: .16; }
.plot .marker { fill: currentColor; stroke: var(--card); stroke-width: 1; }
.plot .leader { stroke: var(--muted); stroke-width: .8; }
.plot .mine text { font-weight: 700; }
.plot .hint { fill: var(--muted); font-style: italic; }
.s1 { color: var(--series-1); } .s2 { color: var(--series-2); } .s3 { color: var(--series-3); }
.s4 { color: var(--series-4); } .s5 { color: var(--series-5); } .s6 { color: var(--series-6); }
.legend { list-style: none; margin: .4rem 0 0; padding: 0; display: flex; flex-wrap: wrap;
  gap: .25rem 1.2rem; font-size: .9rem; }
.legend svg { width: 2.1rem; height: .85rem; margin-right: .45rem; vertical-align: -.08rem; }
.cases { list-style: none; margin: 0 0 1.5rem; padding: 0; display: grid; gap: .9rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
.case { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  border-left: .3rem solid currentColor; padding: .8rem 1rem; }
.case > * { color: var(--ink); } .case > .note { color: var(--muted); }
.case > :last-child { margin-bottom: 0; }
sub, sup { font-size: .75em; line-height: 0; }
@media (max-width: 36rem) {
  body { padding: 1.25rem .8rem 3rem; }
  h1 { font-size: 1.5rem; }
  .card { padding: .85rem .8rem; border-radius: .45rem; }
  .plot text { font-size: 20px; }
  .plot .dense text { font-size: 16px; }
}
@media print {
  :root {
    --paper: #fff; --card: #fff; --ink: #000; --muted: #444; --line: #bbb; --accent: #003d80;
    --series-1: #1261b5; --series-2: #c4490f; --series-3: #00806a; --series-4: #9a3fa3;
    --series-5: #8a6a00; --series-6: #4a5568;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .card, .case { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .wide, .formula { overflow: visible; white-space: normal; }
}
)css";

/// What _ or ^ raises, at the beginning of the text after it, braces included.
std::string_view raised_part(std::string_view text) {
  if (text.starts_with('{')) {
    const std::size_t end = text.find('}');
    return end == std::string_view::npos ? "" : text.substr(0, end + 1);
  }
  const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  const auto end = std::ranges::find_if_not(text, plain);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string html_math(std::string_view text) {
  std::string html;
  while (!text.empty()) {
    const std::size_t mark = text.find_first_of("_^");
    html += html_text(text.substr(0, mark));
    if (mark == std::string_view::npos) break;
    const std::string_view raised = raised_part(text.substr(mark + 1));
    const bool braces = raised.size() >= 2 && raised.front() == '{';
    const char* tag = text[mark] == '_' ? "sub" : "sup";
    html += raised.empty()
                ? html_text(text.substr(mark, 1))
                : fmt::format("<{0}>{1}</{0}>", tag,
                              html_text(braces ? raised.substr(1, raised.size() - 2) : raised));
    text.remove_prefix(mark + 1 + raised.size());
  }
  return html;
}

std::string html_command(std::string_view command) {
  std::string html = "<code>";
  while (!command.empty()) {
    const std::size_t flag = std::min(command.find(" --", 1), command.size());
    html += fmt::format("<span class=\"whole\">{}</span> ", html_text(command.substr(0, flag)));
    command.remove_prefix(std::min(flag + 1, command.size()));
  }
  html.pop_back();
  return html + "</code>";
}

std::string html_page(std::string_view title, std::string_view body, std::string_view language) {
  return fmt::format(R"(<!DOCTYPE html>
<html lang="{}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{}</title>
<style>{}</style>
</head>
<body>
<h1>{}</h1>
{}
</body>
</html>
)",
                     html_text(language), html_text(title), kStylesheet, html_text(title), body);
}

}  // namespace unroll
