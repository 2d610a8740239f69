#include "unroll/tools/server/metrics.h"

#include <fmt/format.h>

#include <string_view>

#include "unroll/tools/classifier/process_memory.h"

namespace unroll {

namespace {

std::string head(std::string_view name, std::string_view type, std::string_view help) {
  return fmt::format("# HELP unroll_{0} {2}\n# TYPE unroll_{0} {1}\n", name, type, help);
}

template <typename Number>
std::string metric(std::string_view name, std::string_view type, std::string_view help,
                   Number value) {
  return head(name, type, help) + fmt::format("unroll_{} {}\n", name, value);
}

}  // namespace

void Metrics::count(unsigned status, double seconds) {
  ++by_status_[status];
  ++requests_;
  seconds_ += seconds;
  for (std::size_t k = 0; k < kBounds.size(); ++k) at_most_[k] += seconds <= kBounds[k] ? 1 : 0;
}

std::string Metrics::text(const Gauges& gauges) const {
  std::string text = head("requests_total", "counter", "Requests that were answered, by status.");
  for (const auto& [status, count] : by_status_) {
    text += fmt::format("unroll_requests_total{{status=\"{}\"}} {}\n", status, count);
  }
  text += head("request_seconds", "histogram", "From a request's first byte to its answer.");
  for (std::size_t k = 0; k < kBounds.size(); ++k) {
    text += fmt::format("unroll_request_seconds_bucket{{le=\"{}\"}} {}\n", kBounds[k], at_most_[k]);
  }
  text += fmt::format(
      "unroll_request_seconds_bucket{{le=\"+Inf\"}} {0}\nunroll_request_seconds_sum {1}\n"
      "unroll_request_seconds_count {0}\n",
      requests_, seconds_);
  text += metric("texts_total", "counter", "Texts that were given to workers.", gauges.texts);
  text +=
      metric("batches_total", "counter", "Batches in which they were predicted.", gauges.batches);
  text += metric("waiting", "gauge", "Requests that wait for a worker.", gauges.waiting);
  text += metric("connections", "gauge", "Open connections.", gauges.connections);
  text += metric("timeouts_total", "counter", "Connections that were too slow.", timeouts);
  text += metric("no_descriptors_total", "counter", "Connections refused for lack of descriptors.",
                 without_descriptors);
  text += metric("reloads_total", "counter", "Models that were loaded anew.", reloads);
  text += metric("failed_reloads_total", "counter", "Models that could not be loaded anew.",
                 failed_reloads);
  text += metric("peak_memory_bytes", "gauge", "The process's memory at its largest.",
                 peak_resident_bytes());
  return text;
}

}  // namespace unroll
