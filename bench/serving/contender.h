/// A contender of bench/serving: a program that predicts when it is told to. It is started with its
/// own arguments, prints a line when it is ready, which says how it does it, and then answers each
/// line of its standard input with one:
///
///     short N       microseconds of N single short texts, in turns, one number each
///     all           seconds for all texts, in whatever batches it likes
///     check         the probabilities of the first label of all texts
///
/// It waits for a line without work, so contenders in turns do not disturb each other. worker.py is
/// the other half, for contenders in Python.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace unroll::bench {

class Contender {
 public:
  virtual ~Contender() = default;
  /// Predicts short text k.
  virtual void predict_short(std::size_t k) = 0;
  /// Predicts all texts; `first[k]` is the probability of the first label of text k.
  virtual void predict_all(std::vector<float>& first) = 0;
  /// What it chose, such as the size of its batches; "" if nothing.
  virtual std::string choice() const { return ""; }
};

/// The texts of a contender, from files with a text on each line.
struct Texts {
  std::vector<std::string> all, short_ones;
};
Texts read_texts(const std::string& all, const std::string& short_ones);
std::vector<std::string_view> views(const std::vector<std::string>& texts);

/// Answers standard input until it ends.
void serve(Contender& contender, const Texts& texts);

/// main's outer half: prints what was thrown. Returns the exit status.
int run(void (*body)(int, char**), int count, char** arguments);

}  // namespace unroll::bench
