/// PredictionSession: one worker's way to predict with a TextPredictor that many workers share. It
/// keeps what a prediction needs besides the model (tokenizer, batch, states), so that a call asks
/// for next to no memory:
///
///     const auto predictor = unroll::TextPredictor::load("runs/a");  // one for the process
///     unroll::PredictionSession session(predictor);                  // one for each worker
///     std::cout << session.predict("A lovely film.").label << '\n';
///
/// docs/threads.md says how workers and threads go together.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {

class PredictionSession {
 public:
  /// The predictor must outlive the session and stay where it is.
  explicit PredictionSession(const TextPredictor& predictor);
  ~PredictionSession();
  PredictionSession(PredictionSession&&) noexcept;
  PredictionSession& operator=(PredictionSession&&) noexcept;

  /// What TextPredictor::predict gives, bit for bit, in memory of the session: valid until its next
  /// call. Throws DataError unless the text is valid UTF-8. One call at a time; up to
  /// thread_count() threads share it, fewer where that is faster.
  const Prediction& predict(std::string_view text);
  std::span<const Prediction> predict(std::span<const std::string_view> texts);

 private:
  const TextPredictor* predictor_;
  std::unique_ptr<PredictionScratch> scratch_;
  std::vector<Prediction> predictions_;
};

}  // namespace unroll
