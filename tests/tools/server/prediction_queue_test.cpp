#include "unroll/tools/server/prediction_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/small_classifier.h"

namespace unroll {
namespace {

using namespace std::chrono_literals;
using Answer = std::pair<PredictionEnd, std::string>;

ModelPointer small_model() {
  return std::make_shared<const ServedModel>("small", test::small_classifier());
}

/// A job, and the promise of its answer.
PredictionJob job(const ModelPointer& model, std::vector<std::string> texts,
                  std::future<Answer>& answer, std::chrono::milliseconds time = 10s) {
  const auto promise = std::make_shared<std::promise<Answer>>();
  answer = promise->get_future();
  return {.model = model,
          .request =
              {.texts = std::move(texts), .is_one = false, .top = {}, .threshold = {}, .model = ""},
          .deadline = PredictionJob::Clock::now() + time,
          .done = [promise](PredictionEnd end, std::string text) {
            promise->set_value({end, std::move(text)});
          }};
}

/// Calls every `done` in the worker's thread.
void at_once(std::vector<PredictionResult> results) {
  for (PredictionResult& result : results) result.done(result.end, std::move(result.text));
}

TEST(PredictionQueue, GivesEachRequestItsOwnAnswersWhateverWaitsWithIt) {
  const ModelPointer model = small_model();
  std::vector<std::future<Answer>> answers(40);
  PredictionQueue queue({.workers = 2, .waiting = 100, .max_wait = 5ms}, at_once);
  for (std::size_t k = 0; k < answers.size(); ++k) {
    const std::vector<std::string> texts(k % 4, k % 2 == 0 ? "good film" : "bad");
    ASSERT_TRUE(queue.push(job(model, texts, answers[k])));
    queue.wake();
  }
  for (std::size_t k = 0; k < answers.size(); ++k) {
    const std::vector<std::string> texts(k % 4, k % 2 == 0 ? "good film" : "bad");
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const PredictionRequest request{
        .texts = texts, .is_one = false, .top = {}, .threshold = {}, .model = ""};
    const Answer answer = answers[k].get();
    EXPECT_EQ(answer.first, PredictionEnd::kAnswered);
    EXPECT_EQ(answer.second,
              prediction_answer(request, model->predictor, model->predictor.predict(views)));
  }
  EXPECT_EQ(queue.texts(), 60U);
  EXPECT_LE(queue.batches(), 40U);
}

TEST(PredictionQueue, RequestsThatWaitTogetherAreOneBatch) {
  const ModelPointer model = small_model();
  std::vector<std::future<Answer>> answers(8);
  PredictionQueue queue({.workers = 1, .waiting = 100, .max_wait = 300ms}, at_once);
  for (auto& answer : answers) ASSERT_TRUE(queue.push(job(model, {"good"}, answer)));
  queue.wake();
  for (auto& answer : answers) EXPECT_EQ(answer.get().first, PredictionEnd::kAnswered);
  EXPECT_EQ(queue.batches(), 1U);
}

TEST(PredictionQueue, RefusesMoreThanMayWait) {
  const ModelPointer model = small_model();
  std::vector<std::future<Answer>> answers(3);
  PredictionQueue queue({.workers = 1, .waiting = 2, .max_wait = 500ms}, at_once);
  EXPECT_TRUE(queue.push(job(model, {"good"}, answers[0])));
  EXPECT_TRUE(queue.push(job(model, {"good"}, answers[1])));
  EXPECT_FALSE(queue.push(job(model, {"good"}, answers[2])));
}

TEST(PredictionQueue, ALateRequestIsNotPredicted) {
  std::future<Answer> answer;
  PredictionQueue queue({.workers = 1, .waiting = 2, .max_wait = 0us}, at_once);
  ASSERT_TRUE(queue.push(job(small_model(), {"good"}, answer, 0ms)));
  queue.wake();
  EXPECT_EQ(answer.get().first, PredictionEnd::kLate);
}

TEST(PredictionQueue, AnswersWhatWaitsBeforeItEnds) {
  const ModelPointer model = small_model();
  std::vector<std::future<Answer>> answers(20);
  {
    PredictionQueue queue({.workers = 2, .waiting = 100, .max_wait = 10s}, at_once);
    for (auto& answer : answers) ASSERT_TRUE(queue.push(job(model, {"good"}, answer)));
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get().first, PredictionEnd::kAnswered);
}

}  // namespace
}  // namespace unroll
