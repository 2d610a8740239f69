#include "unroll/tools/classifier/network_attribution.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace unroll {

namespace {

/// Points that are computed together.
constexpr std::size_t kTogether = 8;
static_assert(NetworkAttribution::kFewestPoints % kTogether == 0);

void copy(std::span<const float> from, std::span<double> to) {
  std::ranges::copy(from, to.begin());
}

double product(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// The middles of kTogether of all parts of the way, from the one with this number.
std::vector<double> scales_from(std::size_t first, std::size_t points) {
  std::vector<double> scales(kTogether);
  for (std::size_t k = 0; k < kTogether; ++k) {
    scales[k] = (static_cast<double>(first + k) + 0.5) / static_cast<double>(points);
  }
  return scales;
}

}  // namespace

NetworkAttribution::NetworkAttribution(const SequenceClassifier<float>& model)
    : model_(&model),
      stack_(stack_config(model.config())),
      pooling_(*model.config().pool, stack_.directions()) {
  const auto all = model.parameters();  // the embedding's first, then the stack's
  const auto mine = stack_.parameters();
  for (std::size_t k = 0; k < mine.size(); ++k) {
    copy(all[k + 1]->value.values(), mine[k]->value.values());
  }
}

NetworkParts NetworkAttribution::parts(std::span<const std::int32_t> ids,
                                       const Decision& decision) {
  const Tensor<double> x = embed(ids), v = direction(decision);
  const Tensor<float>& c = model_->output().c.value;
  const double bias = decision.difference([&](std::size_t k) { return static_cast<double>(c[k]); });
  const double from = bias + score(Tensor<double>(x.shape()), v), to = bias + score(x, v);
  NetworkParts result{.words = {}, .base = from};
  for (std::size_t points = kFewestPoints; points <= kMostPoints; points *= 2) {
    result.words = words(x, points, v);
    const double sum = std::accumulate(result.words.begin(), result.words.end(), from);
    if (std::abs(to - sum) <= kMissed * (1 + std::abs(to))) break;
  }
  return result;
}

/// What each word adds, by the mean of so many gradients.
std::vector<double> NetworkAttribution::words(const Tensor<double>& x, std::size_t points,
                                              const Tensor<double>& direction) {
  std::vector<double> words(x.shape()[0]);
  for (std::size_t first = 0; first < points; first += kTogether) {
    const Tensor<double> dx = gradients(x, scales_from(first, points), direction);
    for (std::size_t row = 0; row < dx.shape()[0]; ++row) {
      const std::size_t t = row / kTogether;
      words[t] += product(x.matrix().row(t), dx.matrix().row(row)) / static_cast<double>(points);
    }
  }
  return words;
}

/// x (T, I).
Tensor<double> NetworkAttribution::embed(std::span<const std::int32_t> ids) const {
  const Tensor<float>& E = model_->embedding().E.value;
  Tensor<double> x({ids.size(), E.shape()[1]});
  for (std::size_t t = 0; t < ids.size(); ++t) {
    copy(E.matrix().row(static_cast<std::size_t>(ids[t])), x.matrix().row(t));
  }
  return x;
}

/// ∂S/∂p (D·H).
Tensor<double> NetworkAttribution::direction(const Decision& decision) const {
  const auto V = model_->output().V.value.matrix();
  Tensor<double> v({V.columns()});
  for (std::size_t j = 0; j < v.size(); ++j) {
    v[j] = decision.difference([&](std::size_t k) { return static_cast<double>(V(k, j)); });
  }
  return v;
}

/// S of one text without the biases' part.
double NetworkAttribution::score(const Tensor<double>& x, const Tensor<double>& direction) {
  run_forward(RaggedShape::rectangle(x.shape()[0], 1), x);
  return product(p_.values(), direction.values());
}

/// ∂S/∂x at each scale times x, (T · scales, I): those of one step next to each other.
Tensor<double> NetworkAttribution::gradients(const Tensor<double>& x,
                                             std::span<const double> scales,
                                             const Tensor<double>& direction) {
  const std::size_t steps = x.shape()[0], size = x.shape()[1];
  const RaggedShape shape = RaggedShape::rectangle(steps, scales.size());
  Tensor<double> scaled({shape.tokens(), size}), dp({scales.size(), direction.size()});
  for (std::size_t point = 0; point < scales.size(); ++point) {
    std::ranges::copy(direction.values(), dp.matrix().row(point).begin());
    for (std::size_t t = 0; t < steps; ++t) {
      std::ranges::transform(x.matrix().row(t), scaled.matrix().row(shape.index(t, point)).begin(),
                             [&](double value) { return scales[point] * value; });
    }
  }
  run_forward(shape, scaled);
  Tensor<double> dh(pass_.h.back().shape()), dx(scaled.shape());
  pooling_.backward(shape, record_, dp.matrix(), dh.matrix());
  stack_.set_zero(shape.batch(), states_);
  stack_.backward(shape, scaled.matrix(), pass_, dh.matrix(), states_, dx.matrix(), false);
  return dx;
}

void NetworkAttribution::run_forward(const RaggedShape& shape, const Tensor<double>& x) {
  stack_.set_zero(shape.batch(), states_);
  stack_.forward(shape, x.matrix(), states_, pass_, nullptr);
  p_.resize({shape.batch(), stack_.output_size()});
  pooling_.forward(shape, pass_.h.back().matrix(), record_, p_.matrix());
}

}  // namespace unroll
