#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "unroll/text/line_stream.h"
#include "unroll/tools/classifier/attribution.h"
#include "unroll/tools/program/attribution_text.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/footer.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

struct WhyFlags {
  std::string model;
  std::optional<std::string> text;  // none: lines of stdin
  AttributedLabels labels;
  std::size_t top = AttributionForm{}.top;
  bool json = false;
};

void print_reasons(Attributor& why, std::string_view text, const WhyFlags& flags,
                   const AttributionForm& form) {
  const Attribution attribution = why(text, flags.labels);
  if (flags.json) {
    print("{}\n", with_version(to_json(attribution, text)));
  } else {
    write_stdout(to_text(attribution, text, form));
  }
}

/// Each line is answered before the program waits for the next one.
void explain_lines(Attributor& why, const WhyFlags& flags, const AttributionForm& form) {
  constexpr std::size_t kLinesAtATime = 64;
  if (::isatty(STDIN_FILENO) == 1) write_stderr("Type a text and press Enter; Ctrl-D ends.\n");
  LineStream lines("-");
  bool is_first = true;
  for (auto block = lines.read(kLinesAtATime); !block.empty(); block = lines.read(kLinesAtATime)) {
    for (const Line& line : block) {
      if (!is_first && !flags.json) write_stdout("\n");
      is_first = false;
      print_reasons(why, line.text, flags, form);
    }
    flush_stdout();
  }
}

void why_command(const WhyFlags& flags) {
  require_stdout();
  const TextPredictor predictor(load_classifier(flags.model));
  Attributor why(predictor);
  const AttributionForm form{.width = terminal_width(STDOUT_FILENO),
                             .top = flags.top,
                             .colors = has_colors(STDOUT_FILENO)};
  flags.text ? print_reasons(why, *flags.text, flags, form) : explain_lines(why, flags, form);
}

}  // namespace

void add_why_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<WhyFlags>();
  CLI::App* command =
      program.add_subcommand("why", "Say which tokens and n-grams of a text decided its label");
  set_footer(
      *command,
      "The score is the logarithm of the ratio of both labels' probabilities, or of a label's "
      "odds\n"
      "where a text may have any number of labels. In the table:\n"
      "  sum      what the token adds to the score: network + n-grams\n"
      "  without  the score less what it is for the text without the token\n"
      "  network  gradient × input, averaged on the way from no input to the text\n"
      "  n-grams  the token's share of the n-grams that touch it\n"
      "  ?        marks a token that the vocabulary lacks\n"
      "N-grams are words in a row, or ~letters~ in a row, where < and > are a word's begin and\n"
      "end; ×4 means that it comes four times. The lines at the end add up to the score: all "
      "tokens, what the\n"
      "model says whatever the tokens are, and what gradient × input misses of the network.\n"
      "On a terminal the text is coloured: blue for the label, orange against it.\n"
      "`why` says which words decided; `trace` prints every number of the network's forward and\n"
      "backward pass; `explain` shows an equation, the line that computes it and its proof.");
  command->add_option("model", flags->model, "Folder of the model")->type_name("DIR")->required();
  command->add_option("text", flags->text, "The text (default: each line of stdin)");
  command->add_option("--label", flags->labels.label,
                      "Say what speaks for this label (default: the most probable one)");
  command->add_option("--against", flags->labels.against,
                      "The other label of the decision (default: the most probable other one)");
  command
      ->add_option("--top", flags->top,
                   "List so many n-grams, and where the text is coloured so many tokens")
      ->check(whole_number(0, 1000000))
      ->capture_default_str();
  command->add_flag("--json", flags->json, "Print one JSON object for each text");
  add_threads_flag(*command);
  command->callback([flags, &status] {
    why_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
