// serving_ours KIND MODEL TEXTS SHORT_TEXTS: ours as a contender (contender.h) on OMP_NUM_THREADS
// threads. KIND is `library`, `c` (the C interface), `ids` (the network alone, from ids that are
// there already) or `tokenizer` (from texts to ids alone).
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>

#include "bench/serving/contender.h"
#include "unroll/c.h"
#include "unroll/core/parallel.h"
#include "unroll/core/thread_tuner.h"
#include "unroll/kernels/ops.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/text/batches.h"
#include "unroll/tools/classifier/text_predictor.h"

namespace unroll::bench {
namespace {

class Library : public Contender {
 public:
  Library(const std::string& model, const Texts& texts)
      : predictor_(TextPredictor::load(model)),
        all_(views(texts.all)),
        short_(views(texts.short_ones)) {}

  void predict_short(std::size_t k) override { predictor_.predict(short_[k]); }
  void predict_all(std::vector<float>& first) override {
    const std::vector<Prediction> predictions = predictor_.predict(all_);
    std::ranges::transform(predictions, first.begin(),
                           [](const Prediction& p) { return p.probabilities.front(); });
  }

 private:
  TextPredictor predictor_;
  std::vector<std::string_view> all_, short_;
};

class InC : public Contender {
 public:
  InC(const std::string& model, const Texts& texts) : texts_(texts) {
    if (unroll_open(model.c_str(), &model_) != UNROLL_OK) throw std::runtime_error(unroll_error());
    for (const std::string& text : texts.all) pointers_.push_back(text.c_str());
    labels_ = unroll_label_count(model_);
    probabilities_.resize(labels_ * texts.all.size());
  }
  ~InC() override { unroll_free(model_); }
  InC(const InC&) = delete;
  InC& operator=(const InC&) = delete;

  void predict_short(std::size_t k) override {
    const std::string& text = texts_.short_ones[k];
    unroll_predict(model_, text.data(), text.size(), nullptr, probabilities_.data());
  }
  void predict_all(std::vector<float>& first) override {
    unroll_predict_batch(model_, pointers_.data(), nullptr, pointers_.size(), nullptr,
                         probabilities_.data());
    for (std::size_t k = 0; k < first.size(); ++k) first[k] = probabilities_[k * labels_];
  }

 private:
  const Texts& texts_;
  unroll_model* model_ = nullptr;
  std::size_t labels_ = 0;
  std::vector<const char*> pointers_;
  std::vector<float> probabilities_;
};

std::vector<Example> encoded(const TextEncoder& encoder, const std::vector<std::string>& texts) {
  std::vector<Example> examples;
  for (std::vector<std::int32_t>& ids : encoder.encode(views(texts)))
    examples.push_back({.ids = std::move(ids)});
  return examples;
}

/// What TextPredictor does behind its encoder, by the same means.
class FromIds : public Contender {
 public:
  FromIds(const std::string& model, const Texts& texts)
      : classifier_(TextClassifier::load(model)),
        predictor_(classifier_.model()),
        all_(encoded(classifier_.encoder(), texts.all)),
        short_(encoded(classifier_.encoder(), texts.short_ones)),
        scratches_(kMostScratches) {}

  void predict_short(std::size_t k) override {
    const std::size_t row = 0;
    std::optional<ThreadTuner::Turn> turn;
    if (thread_count() > 1) turn.emplace(tuner_, static_cast<double>(short_[k].ids.size()));
    predict_batch(std::span(short_).subspan(k, 1), std::span(&row, 1), scratches_.front());
  }

  void predict_all(std::vector<float>& first) override {
    const auto batches = sorted_batches(all_, TextPredictor::kBatch);
    std::atomic<std::size_t> next = 0;
    parallel_parts(std::min(thread_count(), kMostScratches), [&](std::size_t part) {
      Scratch& scratch = scratches_[part];
      for (std::size_t k; (k = next++) < batches.size();) {
        predict_batch(all_, batches[k], scratch);
        for (std::size_t r = 0; r < scratch.batch.rows.size(); ++r)
          first[scratch.batch.rows[r]] = scratch.probabilities.matrix().row(r)[0];
      }
    });
  }

 private:
  static constexpr std::size_t kMostScratches = 64;
  struct Scratch {
    Batch batch;
    SequencePredictor<float>::Scratch layers;
    Tensor<float> O, probabilities;  ///< (rows, K)
  };

  void predict_batch(std::span<const Example> examples, std::span<const std::size_t> rows,
                     Scratch& scratch) {
    make_batch(examples, rows, scratch.batch);
    const MatrixView<const float> O =
        predictor_.predict(scratch.batch.shape, scratch.batch.ids, scratch.layers);
    scratch.O.resize(O.shape());
    scratch.probabilities.resize(O.shape());
    const auto weight = static_cast<float>(classifier_.fusion().network);
    for (std::size_t r = 0; r < O.rows(); ++r)
      std::ranges::transform(O.row(r), scratch.O.matrix().row(r).begin(),
                             [weight](float value) { return weight * value; });
    softmax<float>(scratch.O.matrix(), scratch.probabilities.matrix());
  }

  TextClassifier classifier_;
  SequencePredictor<float> predictor_;
  std::vector<Example> all_, short_;
  std::vector<Scratch> scratches_;
  ThreadTuner tuner_;
};

class Encoding : public Contender {
 public:
  Encoding(const std::string& model, const Texts& texts)
      : classifier_(TextClassifier::load(model)),
        tokenizer_(classifier_.encoder().settings().tokenizer),
        all_(views(texts.all)),
        short_(views(texts.short_ones)) {}

  void predict_short(std::size_t k) override {
    const TextEncoder& encoder = classifier_.encoder();
    encoder.encode(encoder.tokenize(short_[k], tokenizer_), ids_);
  }
  void predict_all(std::vector<float>&) override { classifier_.encoder().encode(all_); }

 private:
  TextClassifier classifier_;
  Tokenizer tokenizer_;
  std::vector<std::string_view> all_, short_;
  std::vector<std::int32_t> ids_;
};

std::unique_ptr<Contender> contender_of(const std::string& kind, const std::string& model,
                                        const Texts& texts) {
  if (kind == "library") return std::make_unique<Library>(model, texts);
  if (kind == "c") return std::make_unique<InC>(model, texts);
  if (kind == "ids") return std::make_unique<FromIds>(model, texts);
  if (kind == "tokenizer") return std::make_unique<Encoding>(model, texts);
  throw std::runtime_error("there is no contender " + kind);
}

void serve_ours(int count, char** arguments) {
  if (count != 5) throw std::runtime_error("expected KIND MODEL TEXTS SHORT_TEXTS");
  const Texts texts = read_texts(arguments[3], arguments[4]);
  serve(*contender_of(arguments[1], arguments[2], texts), texts);
}

}  // namespace
}  // namespace unroll::bench

int main(int count, char** arguments) {
  return unroll::bench::run(unroll::bench::serve_ours, count, arguments);
}
