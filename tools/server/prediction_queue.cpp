#include "unroll/tools/server/prediction_queue.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "unroll/core/parallel.h"
#include "unroll/tools/classifier/prediction_session.h"

namespace unroll {

/// A worker's sessions, one for each model, and what it does with a batch.
class PredictionQueue::Worker {
 public:
  /// A result for each job.
  std::vector<PredictionResult> answer(std::vector<PredictionJob>& jobs) {
    results_.clear();
    refuse_late(jobs);
    if (!jobs.empty()) answer_in_time(jobs);
    return std::move(results_);
  }

 private:
  struct Session {
    explicit Session(ModelPointer of) : model(std::move(of)), session(model->predictor) {}
    ModelPointer model;
    PredictionSession session;
  };

  void answer_in_time(std::vector<PredictionJob>& jobs) {
    try {
      const std::span<const Prediction> predictions = predict(jobs);
      std::size_t first = 0;
      for (PredictionJob& job : jobs) {
        const auto own = predictions.subspan(first, job.request.texts.size());
        first += own.size();
        end(job, PredictionEnd::kAnswered,
            prediction_answer(job.request, job.model->predictor, own));
      }
    } catch (const std::exception& error) {
      for (PredictionJob& job : jobs) end(job, PredictionEnd::kFailed, error.what());
    }
  }

  /// At most once for each job.
  void end(PredictionJob& job, PredictionEnd how, std::string text) {
    if (job.done) results_.push_back({std::exchange(job.done, nullptr), how, std::move(text)});
  }

  void refuse_late(std::vector<PredictionJob>& jobs) {
    const auto now = PredictionJob::Clock::now();
    std::erase_if(jobs, [this, now](PredictionJob& job) {
      if (now < job.deadline) return false;
      end(job, PredictionEnd::kLate, "");
      return true;
    });
  }

  std::span<const Prediction> predict(const std::vector<PredictionJob>& jobs) {
    texts_.clear();
    for (const PredictionJob& job : jobs) {
      texts_.insert(texts_.end(), job.request.texts.begin(), job.request.texts.end());
    }
    return session_of(jobs.front().model).predict(texts_);
  }

  /// The one of a model that was replaced goes with it.
  PredictionSession& session_of(const ModelPointer& model) {
    std::unique_ptr<Session>& session = sessions_[model->name];
    if (!session || session->model != model) session = std::make_unique<Session>(model);
    return session->session;
  }

  std::map<std::string, std::unique_ptr<Session>> sessions_;
  std::vector<std::string_view> texts_;
  std::vector<PredictionResult> results_;
};

PredictionQueue::PredictionQueue(const Limits& limits, DeliverResults deliver)
    : limits_(limits), deliver_(std::move(deliver)) {
  for (std::size_t k = 0; k < limits.workers; ++k) {
    threads_.emplace_back([this] {
      const ThreadLimit alone(1);
      Worker worker;
      while (true) {
        std::vector<PredictionJob> jobs = take();
        if (jobs.empty()) return;
        deliver_(worker.answer(jobs));
      }
    });
  }
}

PredictionQueue::~PredictionQueue() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool PredictionQueue::push(PredictionJob job) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= limits_.waiting) return false;
    jobs_.push_back(std::move(job));
  }
  return true;
}

void PredictionQueue::wake() {
  arrived_.notify_one();
}

std::size_t PredictionQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

std::vector<PredictionJob> PredictionQueue::take() {
  std::unique_lock lock(mutex_);
  ++asleep_;
  arrived_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
  --asleep_;
  if (jobs_.empty()) return {};
  if (limits_.max_wait.count() > 0 && !ending_) {
    arrived_.wait_until(lock, jobs_.front().arrival + limits_.max_wait,
                        [&] { return ending_ || jobs_.size() >= Limits::kTexts || jobs_.empty(); });
    if (jobs_.empty()) {  // another worker took them
      lock.unlock();
      return take();
    }
  }
  std::vector<PredictionJob> jobs;
  take_more(jobs);
  return jobs;
}

/// The first one and those of the same model behind it; a share of them while others sleep. The
/// lock is held.
void PredictionQueue::take_more(std::vector<PredictionJob>& jobs) {
  const std::size_t share = (jobs_.size() + asleep_) / (asleep_ + 1);
  const std::size_t most = std::clamp(share, Limits::kLeast, Limits::kTexts);
  std::size_t texts = 0;
  while (!jobs_.empty() && (jobs.empty() || jobs_.front().model == jobs.front().model)) {
    const std::size_t more = jobs_.front().request.texts.size();
    if (!jobs.empty() && texts + more > most) break;
    texts += more;
    jobs.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
  }
  ++batches_;
  texts_ += texts;
  if (!jobs_.empty() && asleep_ > 0) wake();
}

}  // namespace unroll
