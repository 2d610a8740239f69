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
  /// Called once by a worker, with the answer's body or what went wrong. It must not throw.
  std::function<void(PredictionEnd, std::string)> done;
  Clock::time_point arrival = Clock::now();
};

class PredictionQueue {
 public:
  struct Limits {
    std::size_t workers = 1;
    std::size_t waiting = 1024;                ///< requests; more are refused
    std::chrono::microseconds max_wait{0};     ///< for others, so that they become one batch
    static constexpr std::size_t kTexts = 64;  ///< of a batch, unless one request has more
  };

  explicit PredictionQueue(const Limits& limits);
  /// Answers what waits, then ends the workers.
  ~PredictionQueue();
  PredictionQueue(const PredictionQueue&) = delete;
  PredictionQueue& operator=(const PredictionQueue&) = delete;

  /// False if too many wait already: then `done` is never called.
  bool push(PredictionJob job);

  std::size_t waiting() const;
  std::size_t batches() const { return batches_; }
  std::size_t texts() const { return texts_; }

 private:
  class Worker;
  /// The jobs of the next batch; none when there will be no more.
  std::vector<PredictionJob> take();
  void take_more(std::vector<PredictionJob>& jobs);

  Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<PredictionJob> jobs_;
  bool ending_ = false;
  std::atomic<std::size_t> batches_ = 0, texts_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace unroll
