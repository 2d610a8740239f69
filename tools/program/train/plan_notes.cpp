#include "unroll/tools/program/train/plan_notes.h"

#include <fmt/format.h>

#include <string>

#include "unroll/text/counted.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/classifier/memory.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

namespace {

/// How much of the vocabulary a file of word vectors covers, and what was odd about the file.
void tell_of_vectors(const VectorCoverage& vectors, Terminal& terminal) {
  const std::string found =
      fmt::format("{} of {} words have a vector in the file ({:.1f} % of the texts' tokens)",
                  vectors.found, vectors.words, 100 * vectors.token_share);
  if (vectors.found == 0) {
    terminal.warning(found + ": is it of this language, and are its words cut as the texts are?");
  } else {
    terminal.note("        " + found);
  }
  if (vectors.from_subwords > 0) {
    terminal.note(fmt::format("        {} of them by fastText's subwords", vectors.from_subwords));
  }
  if (vectors.kept > 0) {
    terminal.note(fmt::format("        {} more words of the file are kept", vectors.kept));
  }
  if (vectors.nameless > 0) {
    terminal.warning(
        fmt::format("{} of the file's {} vectors have no word, or one that is not "
                    "UTF-8, and were skipped",
                    vectors.nameless, vectors.rows));
  }
  if (vectors.rows < vectors.promised) {
    terminal.warning(
        fmt::format("the vectors' header promises {} rows, the file has {}: is it whole?",
                    vectors.promised, vectors.rows));
  }
  if (vectors.broken > 0) {
    terminal.warning(fmt::format("{} of the file's {} vectors can't be read and were skipped; {}",
                                 vectors.broken, vectors.rows, vectors.first_broken));
  }
}

/// Class weights change the loss of the dev texts, too, so that it sees rare labels.
bool hardly_sees_rare_labels(const Metric& metric, const ClassWeights& weights) {
  switch (metric.kind) {
    case Metric::Kind::kAccuracy:
    case Metric::Kind::kMicroF1:
      return true;
    case Metric::Kind::kLoss:
      return !weights.balanced && weights.of_label.empty();
    case Metric::Kind::kMacroF1:
    case Metric::Kind::kLabelF1:
      break;
  }
  return false;
}

/// A label that one text in fifty has changes accuracy by less than other labels' noise, unless all
/// labels are as rare.
bool is_rare(const TrainingPlan& plan, std::size_t labels) {
  constexpr double kRare = 0.02, kOfMean = 0.5;
  const double share = static_cast<double>(plan.rarest_rows) / static_cast<double>(plan.train_rows);
  return share < kRare && share < kOfMean / static_cast<double>(labels);
}

void note_on_rarest(const TrainingPlan& plan, std::size_t labels, const ClassWeights& weights,
                    Terminal& terminal) {
  const double share = static_cast<double>(plan.rarest_rows) / static_cast<double>(plan.train_rows);
  terminal.note(fmt::format(
      "        the rarest label is {}: {} of {} ({:.2g} %), and {} for dev{}",
      in_quotes(plan.rarest_label), counted(plan.rarest_rows, "row"), plan.train_rows, 100 * share,
      plan.rarest_dev_rows,
      is_rare(plan, labels) && hardly_sees_rare_labels(plan.metric, weights)
          ? fmt::format("; {} hardly sees it (--metric macro-f1)", to_string(plan.metric))
          : ""));
}

/// Why this tokenizer, where that is no matter of course.
void note_on_tokenizer(const TrainingPlan& plan, Terminal& terminal) {
  const TokenizerReason reason = plan.tokenizer.reason;
  const std::string share = fmt::format("{:.0f} % of the dev texts' ", 100 * plan.unknown_share);
  if (reason == TokenizerReason::kUnspacedCut) {
    terminal.note("        the words have spaces between them already (--tokenizer icu cuts anew)");
  } else if (reason == TokenizerReason::kMostlyUnknown) {
    terminal.note("        as words, " + share +
                  "tokens would be unknown: so characters are tokens (--tokenizer, --min-count)");
  } else if (plan.unknown_share > 0.5) {
    terminal.warning(share +
                     "tokens are unknown to the training texts; --tokenizer char or subword, or "
                     "a smaller --min-count, would know more");
  }
}

void notes_on_texts(const TrainingPlan& plan, const TextClassifier& classifier,
                    Terminal& terminal) {
  const EncoderSettings& text = classifier.encoder().settings();
  terminal.note(fmt::format("text    tokenizer {}, {} stop words, vocabulary {}",
                            to_string(plan.tokenizer.kind), text.stop_words.words().size(),
                            plan.vocabulary));
  note_on_tokenizer(plan, terminal);
  if (plan.cut_texts > 0) {
    terminal.note(
        fmt::format("        {} texts are longer than {} tokens; the network reads no more "
                    "(--max-tokens)",
                    plan.cut_texts, text.max_tokens));
  }
  if (plan.empty_texts > 0) {
    terminal.note(
        fmt::format("        {} texts have no tokens: each is one unknown word", plan.empty_texts));
  }
  if (plan.vectors) tell_of_vectors(*plan.vectors, terminal);
}

std::string memory_text(const TrainingMemory& memory, const TextClassifier& classifier) {
  if (!classifier.has_network()) {
    return fmt::format("memory  {} to read the texts and solve", mib_text(memory.reading_bytes));
  }
  const std::string parts =
      memory.most_tokens == 0
          ? ""
          : fmt::format(", in parts of {} tokens to stay within --max-memory", memory.most_tokens);
  return fmt::format("memory  {} to read the texts, {} to train; batches of up to {} tokens{}",
                     mib_text(memory.reading_bytes),
                     mib_text(count_memory(classifier, memory).total()), memory.batch.tokens,
                     parts);
}

std::string describe_model(const TextClassifier& classifier, std::size_t parameters) {
  const SequenceClassifierConfig& model = classifier.model().config();
  const std::string cell = title({model.cell, model.activation, model.gru_reset});
  return fmt::format("model   embedding {}, {}{}{} {}, {} pool, {} parameters", model.embedding,
                     model.layers > 1 ? fmt::format("{} × ", model.layers) : "",
                     model.bidirectional ? "bidirectional " : "", cell, model.hidden,
                     to_string(*model.pool), count_text(static_cast<double>(parameters)));
}

}  // namespace

void note_plan(const TrainingPlan& plan, const TextClassifier& classifier,
               const ClassWeights& weights, Terminal& terminal) {
  terminal.note(
      fmt::format("data    {} to train on, {} {}; {} labels{}; {} tokens an epoch",
                  counted(plan.train_rows, "row"), plan.dev_rows,
                  plan.dev_held_back ? "of them held back" : "for dev", classifier.labels().size(),
                  classifier.has_any_number_of_labels() ? ", any number of them a text" : "",
                  count_text(static_cast<double>(plan.train_tokens))));
  note_on_rarest(plan, classifier.labels().size(), weights, terminal);
  notes_on_texts(plan, classifier, terminal);
  if (classifier.has_network()) terminal.note(describe_model(classifier, plan.parameters));
  if (plan.ngrams > 0) {
    terminal.note(fmt::format("ngrams  {} of two texts or more{}",
                              count_text(static_cast<double>(plan.ngrams)),
                              plan.ngram_rows == plan.train_rows
                                  ? ""
                                  : fmt::format(", in {} rows drawn from all",
                                                count_text(static_cast<double>(plan.ngram_rows)))));
  }
  terminal.note(memory_text(*plan.memory, classifier));
  if (!classifier.has_network()) return;
  terminal.note(fmt::format(
      "plan    {} of {}{}", counted(plan.epochs, "epoch"), counted(plan.steps_per_epoch, "step"),
      plan.early_stop == 0 ? ""
                           : fmt::format(", fewer if {} bring nothing better", plan.early_stop)));
}

}  // namespace unroll
