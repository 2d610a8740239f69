/// What a server counts, as Prometheus reads it. Used by the one thread that reads and writes.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>

namespace unroll {

class Metrics {
 public:
  /// What others count.
  struct Gauges {
    std::size_t waiting = 0;
    std::size_t connections = 0;
    std::size_t batches = 0;
    std::size_t texts = 0;
  };

  void count(unsigned status, double seconds);
  std::string text(const Gauges& gauges) const;

  std::size_t reloads = 0;
  std::size_t failed_reloads = 0;
  std::size_t timeouts = 0;             ///< connections that were too slow
  std::size_t without_descriptors = 0;  ///< connections that were refused for that reason

 private:
  static constexpr std::array kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                      0.05,   0.1,   0.25,   1.0,   10.0};

  std::map<unsigned, std::size_t> by_status_;
  std::array<std::size_t, kBounds.size()> at_most_{};
  std::size_t requests_ = 0;
  double seconds_ = 0;
};

}  // namespace unroll
