/// PredictionQueue: requests wait in it for a worker. A worker has one session and one thread, and
/// takes all requests to one model that wait together as one batch, which changes no bit of an
/// answer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "unroll/tools/server/model_store.h"
#include "unroll/tools/server/prediction_api.h"

namespace unroll {

/// What became of a request.
enum class PredictionEnd { kAnswered, kLate, kFailed };

struct PredictionJob {
  using Clock = std::chrono::steady_clock;

  ModelPointer model;
  PredictionRequest request;
  Clock::time_point deadline;
  /// To be called once, with the answer's body or what went wrong.
  std::function<void(PredictionEnd, std::string)> done;
  Clock::time_point arrival = Clock::now();
};

/// What a job's `done` is to be called with.
struct PredictionResult {
  std::function<void(PredictionEnd, std::string)> done;
  PredictionEnd end;
  std::string text;
};
/// Gets the results of a batch together, in a worker's thread, and sees to it that each `done` is
/// called. It must not throw.
using DeliverResults = std::function<void(std::vector<PredictionResult>)>;

class PredictionQueue {
 public:
  struct Limits {
    std::size_t workers = 1;
    std::size_t waiting = 1024;                ///< requests; more are refused
    std::chrono::microseconds max_wait{0};     ///< for others, so that they become one batch
    static constexpr std::size_t kTexts = 64;  ///< of a batch, unless one request has more
    static constexpr std::size_t kLeast = 16;  ///< which is not shared with workers that sleep
  };

  PredictionQueue(const Limits& limits, DeliverResults deliver);
  /// Answers what waits, then ends the workers.
  ~PredictionQueue();
  PredictionQueue(const PredictionQueue&) = delete;
  PredictionQueue& operator=(const PredictionQueue&) = delete;

  /// False if too many wait already: then the job has no result. Workers that sleep get it at the
  /// next `wake`.
  bool push(PredictionJob job);
  /// Call it behind a job, or several that came together: woken for the first of them, a worker
  /// would make it a batch of its own.
  void wake();

  std::size_t waiting() const;
  std::size_t batches() const { return batches_; }
  std::size_t texts() const { return texts_; }

 private:
  class Worker;
  /// The jobs of the next batch; none when there will be no more.
  std::vector<PredictionJob> take();
  void take_more(std::vector<PredictionJob>& jobs);

  Limits limits_;
  DeliverResults deliver_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<PredictionJob> jobs_;
  std::size_t asleep_ = 0;  // workers that wait for a job
  bool ending_ = false;
  std::atomic<std::size_t> batches_ = 0, texts_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace unroll
