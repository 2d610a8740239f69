/// A DataReport as a table for people.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "unroll/text/near_repeats.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/data_report.h"
#include "unroll/tools/classifier/shown_text.h"

namespace unroll {

namespace {

/// Labels that are listed; more are summed up, and the rarest of them named.
constexpr std::size_t kLabelsListed = 12;
constexpr std::size_t kRarestListed = 3;
constexpr std::size_t kDoubtsListed = 5;
constexpr std::size_t kNameColumns = 14;  // of what a line is about
constexpr std::size_t kLeastWidth = 40;

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// Lines of a name and what there is to say, broken between words to fit the width.
class Lines {
 public:
  explicit Lines(std::size_t width) : width_(std::max(width, kLeastWidth)) {}

  void heading(std::string_view text) {
    lines_ += fmt::format("{}{}\n", lines_.empty() ? "" : "\n", text);
  }

  void say(std::string_view name, std::string_view text) {
    std::string line = fmt::format("  {:<{}}", name, kNameColumns - 2);
    bool is_first = true;
    while (!text.empty()) {
      const std::string_view word = text.substr(0, text.find(' '));
      text.remove_prefix(std::min(word.size() + 1, text.size()));
      if (!is_first && columns_of(line) + 1 + columns_of(word) > width_) {
        lines_ += line + '\n';
        line = std::string(kNameColumns, ' ');
        is_first = true;
      }
      if (!is_first) line += ' ';
      line += word;
      is_first = false;
    }
    lines_ += line + '\n';
  }

  /// Labels, their rows and their shares.
  void say_labels(std::span<const LabelCount> labels) {
    constexpr std::size_t kNumbers = 18;
    std::vector<std::string> names;
    std::size_t widest = 0;
    for (const LabelCount& label : labels) {
      names.push_back(shown(label.label, width_ - kNameColumns - kNumbers));
      widest = std::max(widest, columns_of(names.back()));
    }
    for (std::size_t k = 0; k < labels.size(); ++k) {
      lines_ += fmt::format("{:{}}{:<{}}{:>9}{:>9}\n", "", kNameColumns, names[k], widest,
                            labels[k].rows, percent(labels[k].share));
    }
  }

  std::string take() { return std::move(lines_); }

 private:
  static std::string shown(std::string_view label, std::size_t most) {
    std::string text = in_quotes(label);  // escapes what is not to be seen
    text = text.substr(1, text.size() - 2);
    while (columns_of(text) > most)
      text = std::string(utf8_prefix(text, text.size() - 1 - (text.ends_with("…") ? 3 : 0))) + "…";
    return text;
  }

  std::size_t width_;
  std::string lines_;
};

std::string_view about(TextTrouble trouble) {
  switch (trouble) {
    case TextTrouble::kReplacement:
      return "lost characters (U+FFFD)";
    case TextTrouble::kMojibake:
      return "letters read in a wrong encoding (Ã©)";
    case TextTrouble::kControl:
      return "control characters";
    case TextTrouble::kEntity:
      return "HTML entities (&amp;)";
    case TextTrouble::kTag:
      return "HTML tags (<br>)";
  }
  return "";
}

std::string about(const RepeatCount& repeats) {
  return fmt::format("{} exact, {} alike but for case and marks, {} near", repeats.exact,
                     repeats.alike, repeats.near);
}

std::string about(const DoubtfulLabel& label) {
  const std::string name = in_quotes(label.label);
  switch (label.doubt) {
    case LabelDoubt::kSingle:
      return fmt::format("{} has one row: line {}", name, label.line);
    case LabelDoubt::kAlike:
      return fmt::format("{} (line {}) looks like {}", name, label.line, in_quotes(label.other));
    case LabelDoubt::kNumber:
      return fmt::format("{} (line {}) is the number {}", name, label.line, in_quotes(label.other));
    case LabelDoubt::kUnusual:
      return fmt::format("{} (line {}) is unusual as a label", name, label.line);
    case LabelDoubt::kHeader:
      return fmt::format("line {} looks like a header", label.line);
    case LabelDoubt::kManifold:
      return fmt::format(
          "nearly every row has a label of its own, such as {}: is it the right "
          "column?",
          name);
  }
  return "";
}

/// Training texts, which are those of the first file, decide how many labels a model answers.
void say_labels(const FileReport& file, bool is_first, Lines& lines) {
  const std::size_t count = file.labels.size();
  const std::size_t listed = count <= kLabelsListed + kRarestListed ? count : kLabelsListed;
  std::string sets;
  if (file.several_labels + file.no_label > 0) {
    sets = fmt::format("; {} several and {} none{}",
                       plural(file.several_labels, "row has", "rows have"), file.no_label,
                       is_first ? ", so a model may answer any number of them" : "");
  }
  lines.say("labels", fmt::format("{}{}", count, sets));
  lines.say_labels(std::span(file.labels).first(listed));
  if (listed == count) return;
  lines.say("", fmt::format("… {} more; the rarest:", count - listed - kRarestListed));
  lines.say_labels(std::span(file.labels).last(kRarestListed));
}

void say_texts(const FileReport& file, const DataReport& report, Lines& lines) {
  lines.say("tokens", fmt::format("{} to {} in a text, median {}; 9 in 10 texts have at most {}",
                                  file.tokens.shortest, file.tokens.longest, file.tokens.median,
                                  file.tokens.ninetieth));
  if (file.tokens.cut > 0) {
    lines.say("cut", fmt::format("{} longer than {} tokens; behind the cuts are {} of all tokens",
                                 plural(file.tokens.cut, "text is", "texts are"), report.max_tokens,
                                 percent(file.tokens.lost_share)));
  }
  if (file.empty.rows > 0) {
    lines.say("empty",
              fmt::format("{} no token, first at line {}",
                          plural(file.empty.rows, "text has", "texts have"), file.empty.line));
  }
  lines.say("unknown",
            fmt::format("{} of the tokens{}", percent(file.unknown_share),
                        file.unknown_rows == 0
                            ? std::string()
                            : fmt::format("; {} no known word",
                                          plural(file.unknown_rows, "text has", "texts have"))));
}

void say_repeats(const FileReport& file, Lines& lines) {
  if (file.repeats.all() > 0) {
    lines.say("repeats", fmt::format("{}; first line {}, as line {}", about(file.repeats),
                                     file.repeats.line, file.repeats.twin_line));
  }
  if (file.conflicting_texts > 0) {
    lines.say("conflicts", fmt::format("{} under several labels, in {} rows, first at line {}",
                                       plural(file.conflicting_texts, "text is", "texts are"),
                                       file.conflicts.rows, file.conflicts.line));
  }
}

void say_doubts(const FileReport& file, Lines& lines) {
  for (const TroubleCount& trouble : file.troubles) {
    lines.say("trouble",
              fmt::format("{} with {}, first at line {}", plural(trouble.found.rows, "row", "rows"),
                          about(trouble.trouble), trouble.found.line));
  }
  for (std::size_t k = 0; k < std::min(file.doubtful.size(), kDoubtsListed); ++k)
    lines.say(k == 0 ? "doubtful" : "", about(file.doubtful[k]));
  if (file.doubtful.size() > kDoubtsListed)
    lines.say("", fmt::format("… and {} more labels", file.doubtful.size() - kDoubtsListed));
  if (!file.unseen.empty()) {
    lines.say("unseen", fmt::format("{} that the first file lacks: {} at line {}{}",
                                    plural(file.unseen.size(), "label", "labels"),
                                    in_quotes(file.unseen.front().label), file.unseen.front().line,
                                    file.unseen.size() > 1 ? " …" : ""));
  }
}

void say_file(const FileReport& file, const DataReport& report, Lines& lines) {
  lines.heading(file.name);
  std::string columns;
  for (const std::string& column : file.columns)
    columns += fmt::format("{} {}", columns.empty() ? "; columns" : ",", in_quotes(column));
  lines.say("format", file.format + columns);
  lines.say("rows", file.left_out == 0
                        ? fmt::format("{}", file.rows)
                        : fmt::format("the first {} of {}: all of this is about them", file.rows,
                                      file.rows + file.left_out));
  say_labels(file, &file == &report.files.front(), lines);
  say_texts(file, report, lines);
  say_repeats(file, lines);
  say_doubts(file, lines);
}

void say_overlap(const FileOverlap& overlap, const DataReport& report, Lines& lines) {
  const FileReport& earlier = report.files[overlap.earlier];
  const FileReport& later = report.files[overlap.later];
  lines.heading(fmt::format("{} in {}", later.name, earlier.name));
  lines.say("overlap", fmt::format("{} of {} texts: {}; first line {}, as line {}",
                                   overlap.repeats.all(), later.rows, about(overlap.repeats),
                                   overlap.repeats.line, overlap.repeats.twin_line));
}

std::string about_tokenizer(const DataReport& report) {
  const std::string name(to_string(report.tokenizer.kind));
  if (report.tokenizer.reason != TokenizerReason::kMostlyUnknown) return name;
  return fmt::format("{}, because {:.0f} % of the tokens of {} would be unknown as words", name,
                     100 * report.unknown_as_words,
                     report.files.size() > 1 ? report.files[1].name : "rows held back for dev");
}

}  // namespace

std::string to_table(const DataReport& report, std::size_t width) {
  Lines lines(width);
  for (const FileReport& file : report.files) say_file(file, report, lines);
  for (const FileOverlap& overlap : report.overlaps) say_overlap(overlap, report, lines);
  lines.heading("as training would see it");
  lines.say("tokenizer", about_tokenizer(report));
  lines.say(
      "vocabulary",
      fmt::format("{} words that the first file has at least {}", report.vocabulary,
                  report.min_count == 1 ? "once" : fmt::format("{} times", report.min_count)));
  lines.say("near", fmt::format("at least {:.0f} % of the four-character pieces of two texts are "
                                "in both",
                                100 * kNear));
  return lines.take();
}

}  // namespace unroll
