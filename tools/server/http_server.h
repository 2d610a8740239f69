/// HttpServer: a trained model behind HTTP/1.1. One thread reads and writes for all connections, so
/// idle ones cost a descriptor and little else; the workers of a PredictionQueue predict.
///
///     POST /v1/predict   GET /v1/models   GET /healthz   GET /readyz   GET /metrics   GET /
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/server/prediction_queue.h"

namespace unroll {

struct ServerOptions {
  std::vector<std::string> models;
  PrecisionChoice precision = PrecisionChoice::kFull;  ///< of predictions
  std::string listen = "127.0.0.1:8080";               ///< or unix:PATH
  std::string token;  ///< of "Authorization: Bearer"; "": none is asked for
  PredictionQueue::Limits queue;
  std::size_t max_body = std::size_t{1} << 20;
  std::size_t max_connections = 4096;
  std::chrono::milliseconds deadline{10'000};      ///< from a request's end to its answer
  std::chrono::milliseconds read_timeout{10'000};  ///< from a request's first byte to its last
  std::chrono::milliseconds idle_timeout{60'000};  ///< between requests
};

struct ServerLog {
  std::function<void(std::string_view)> access;  ///< a line of JSON for each request; may be empty
  std::function<void(std::string_view)> note;
  std::function<void(std::string_view)> warning;
};

/// The version of Boost, such as "1.74".
std::string http_library_version();

class HttpServer {
 public:
  /// Loads the models and listens. Throws ModelError, UsageError for an address that is none or not
  /// to be had, or that is not loopback's while there is no token.
  HttpServer(ServerOptions options, ServerLog log);
  ~HttpServer();

  /// The address, with the port that was found where 0 was asked for.
  std::string address() const;
  /// Serves until SIGTERM or SIGINT. What was accepted is answered then.
  void run();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace unroll
