#include "unroll/tools/classifier/network_attribution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace unroll {

namespace {

/// Pieces at first, and points of each piece.
constexpr std::size_t kPieces = 8, kPoints = 2;
/// Pieces that are halved at a time.
constexpr std::size_t kHalved = 4;
/// Gauss's points in a piece from 0 to 1.
const std::array<double, kPoints> kPlaces{0.5 - 0.5 / std::sqrt(3.0), 0.5 + 0.5 / std::sqrt(3.0)};

void copy(std::span<const float> from, std::span<float> to) {
  std::ranges::copy(from, to.begin());
}

double product(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                            [](double x, double y) { return x * y; });
}

}  // namespace

double NetworkAttribution::Piece::missed() const {
  return std::accumulate(words.begin(), words.end(), from) - to;
}

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

NetworkParts NetworkAttribution::parts(std::span<const std::int32_t> ids, const Decision& decision,
                                       double missed) {
  embed(ids);
  choose_direction(decision);
  std::vector<Piece> pieces = first_pieces();
  const double base = pieces.front().from;
  const auto all_miss = [&] {
    double sum = 0, squares = 0;
    for (const Piece& piece : pieces) {
      sum += piece.missed();
      squares += piece.missed() * piece.missed();
    }
    return std::max(std::abs(sum), std::sqrt(squares));  // the sum alone may be 0 by chance
  };
  for (std::size_t points = kPieces * kPoints; points < kMostPoints && all_miss() > missed;
       points += 2 * kHalved * kPoints) {
    const auto misses_more = [](const Piece& a, const Piece& b) {
      return std::abs(a.missed()) > std::abs(b.missed());
    };
    std::ranges::partial_sort(pieces, pieces.begin() + kHalved, misses_more);
    const std::vector<Piece> smaller = halves(std::span(pieces).first(kHalved));
    pieces.erase(pieces.begin(), pieces.begin() + kHalved);
    pieces.insert(pieces.end(), smaller.begin(), smaller.end());
  }
  const Tensor<float>& c = model_->output().c.value;
  NetworkParts result{
      .words = std::vector<double>(ids.size()),
      .base = base + decision.difference([&](std::size_t k) { return static_cast<double>(c[k]); })};
  for (const Piece& piece : pieces) {
    for (std::size_t t = 0; t < ids.size(); ++t) result.words[t] += piece.words[t];
  }
  return result;
}

std::vector<NetworkAttribution::Piece> NetworkAttribution::first_pieces() {
  std::vector<double> ends(kPieces + 1);
  for (std::size_t k = 0; k < ends.size(); ++k)
    ends[k] = static_cast<double>(k) / static_cast<double>(kPieces);
  const std::vector<double> S = scores(ends);
  std::vector<Piece> pieces;
  for (std::size_t k = 0; k < kPieces; ++k)
    pieces.push_back({.begin = ends[k], .end = ends[k + 1], .from = S[k], .to = S[k + 1]});
  add_words(pieces);
  return pieces;
}

std::vector<NetworkAttribution::Piece> NetworkAttribution::halves(std::span<const Piece> pieces) {
  std::vector<double> middles;
  for (const Piece& piece : pieces) middles.push_back((piece.begin + piece.end) / 2);
  const std::vector<double> S = scores(middles);
  std::vector<Piece> halves;
  for (std::size_t k = 0; k < pieces.size(); ++k) {
    const Piece& whole = pieces[k];
    halves.push_back({.begin = whole.begin, .end = middles[k], .from = whole.from, .to = S[k]});
    halves.push_back({.begin = middles[k], .end = whole.end, .from = S[k], .to = whole.to});
  }
  add_words(halves);
  return halves;
}

/// What the words add in each of the pieces.
void NetworkAttribution::add_words(std::span<Piece> pieces) {
  std::vector<double> points;
  for (const Piece& piece : pieces) {
    for (const double place : kPlaces)
      points.push_back(piece.begin + (piece.end - piece.begin) * place);
  }
  gradients(points);
  const std::size_t steps = x_.shape()[0];
  for (std::size_t k = 0; k < pieces.size(); ++k) {
    pieces[k].words.assign(steps, 0.0);
    const double length = (pieces[k].end - pieces[k].begin) / static_cast<double>(kPoints);
    for (std::size_t t = 0; t < steps; ++t) {
      for (std::size_t point = k * kPoints; point < (k + 1) * kPoints; ++point) {
        const std::size_t row = t * points.size() + point;
        pieces[k].words[t] += length * product(x_.matrix().row(t), dx_.matrix().row(row));
      }
    }
  }
}

void NetworkAttribution::embed(std::span<const std::int32_t> ids) {
  const Tensor<float>& E = model_->embedding().E.value;
  x_.resize({ids.size(), E.shape()[1]});
  for (std::size_t t = 0; t < ids.size(); ++t) {
    copy(E.matrix().row(static_cast<std::size_t>(ids[t])), x_.matrix().row(t));
  }
}

void NetworkAttribution::choose_direction(const Decision& decision) {
  const auto V = model_->output().V.value.matrix();
  direction_.resize({V.columns()});
  for (std::size_t j = 0; j < direction_.size(); ++j) {
    direction_[j] = static_cast<float>(
        decision.difference([&](std::size_t k) { return static_cast<double>(V(k, j)); }));
  }
}

/// S of the text at each scale, without the biases' part.
std::vector<double> NetworkAttribution::scores(std::span<const double> scales) {
  run_forward(scales);
  std::vector<double> scores;
  for (std::size_t k = 0; k < scales.size(); ++k)
    scores.push_back(product(p_.matrix().row(k), direction_.values()));
  return scores;
}

/// ∂S/∂x at each scale times x, into dx_.
void NetworkAttribution::gradients(std::span<const double> scales) {
  const RaggedShape shape = run_forward(scales);
  Tensor<float> dp({scales.size(), direction_.size()}), dh(pass_.h.back().shape());
  for (std::size_t k = 0; k < scales.size(); ++k) copy(direction_.values(), dp.matrix().row(k));
  dx_.resize(scaled_.shape());
  pooling_.backward(shape, record_, dp.matrix(), dh.matrix());
  stack_.set_zero(shape.batch(), states_);
  stack_.backward(shape, scaled_.matrix(), pass_, dh.matrix(), states_, dx_.matrix(), false);
}

/// The pooled states of the text at each scale, into p_.
RaggedShape NetworkAttribution::run_forward(std::span<const double> scales) {
  const std::size_t steps = x_.shape()[0];
  const RaggedShape shape = RaggedShape::rectangle(steps, scales.size());
  scaled_.resize({shape.tokens(), x_.shape()[1]});
  for (std::size_t k = 0; k < scales.size(); ++k) {
    const auto scale = static_cast<float>(scales[k]);
    for (std::size_t t = 0; t < steps; ++t) {
      std::ranges::transform(x_.matrix().row(t), scaled_.matrix().row(shape.index(t, k)).begin(),
                             [&](float value) { return scale * value; });
    }
  }
  stack_.set_zero(shape.batch(), states_);
  stack_.forward(shape, scaled_.matrix(), states_, pass_, nullptr);
  p_.resize({shape.batch(), stack_.output_size()});
  pooling_.forward(shape, pass_.h.back().matrix(), record_, p_.matrix());
  return shape;
}

}  // namespace unroll
