// Eigen's array expressions, in the packets of the instruction set that the file is compiled for.
#include <Eigen/Core>

#include "bench/peers/peer.h"
#include "bench/peers/vector.h"

namespace unroll::bench {
namespace {

using Input = Eigen::Map<const Eigen::ArrayXf>;
using Output = Eigen::Map<Eigen::ArrayXf>;

/// An array function of an Eigen expression.
template <auto expression>
void evaluate(std::size_t n, const float* x, float* y) {
  const auto size = static_cast<Eigen::Index>(n);
  Output(y, size) = expression(Input(x, size));
}

const Peer kPeers[] = {{
    .implementation = "eigen",
    .version = "Eigen " UNROLL_TEXT(EIGEN_WORLD_VERSION) "." UNROLL_TEXT(
        EIGEN_MAJOR_VERSION) "." UNROLL_TEXT(EIGEN_MINOR_VERSION),
    .isa = kIsa,
    .functions = {.exp = evaluate<[](const Input& x) { return x.exp(); }>,
                  .expm1 = evaluate<[](const Input& x) { return x.expm1(); }>,
                  .log = evaluate<[](const Input& x) { return x.log(); }>,
                  .tanh = evaluate<[](const Input& x) { return x.tanh(); }>,
                  .sigmoid = evaluate<[](const Input& x) { return x.logistic(); }>,
                  .relu = evaluate<[](const Input& x) { return x.cwiseMax(0.0F); }>},
}};

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_PEERS(unroll::bench::kPeers)
