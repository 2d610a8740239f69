// serving_onnxruntime KIND MODEL ONNX_FOLDER TEXTS SHORT_TEXTS: ONNX Runtime as a contender
// (contender.h) on OMP_NUM_THREADS threads. KIND is `ids`, from ids that are there already, or
// `text`: our tokenizer and encoder, then ONNX Runtime. ONNX_FOLDER has what serving.py exports:
// one.onnx for a text or texts of one length, many.onnx for padded ones.
//
// Before it is ready it tries several ways to make batches and to use the threads, and keeps the
// fastest one.
#include "bench/peers/onnxruntime.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <thread>

#include "bench/serving/contender.h"
#include "unroll/core/parallel.h"
#include "unroll/text/batches.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll::bench {
namespace {

using onnxruntime::Owned, onnxruntime::Session, onnxruntime::Value, onnxruntime::api,
    onnxruntime::check, onnxruntime::tensor;
using Rows = std::vector<std::size_t>;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// How all texts are predicted.
struct Way {
  std::size_t callers = 1;  ///< threads that call, each with its share of ONNX Runtime's threads
  std::size_t batch = 32;
  bool is_padded = false;  ///< otherwise a batch has texts of one length
};

std::string to_string(const Way& way) {
  std::ostringstream text;
  text << "batches of " << way.batch << (way.is_padded ? " padded" : " of one length") << ", "
       << way.callers << (way.callers == 1 ? " caller" : " callers");
  return text.str();
}

/// Texts of falling length, cut into batches.
std::vector<Rows> batches_of(std::span<const Example> examples, const Way& way) {
  Rows order;
  sort_by_length(examples, order);
  std::vector<Rows> batches;
  for (const std::size_t row : order) {
    const auto fits = [&](const Rows& batch) {
      return batch.size() < way.batch &&
             (way.is_padded || examples[batch[0]].ids.size() == examples[row].ids.size());
    };
    if (batches.empty() || !fits(batches.back())) batches.emplace_back();
    batches.back().push_back(row);
  }
  return batches;
}

/// What one caller needs for a batch.
struct Inputs {
  std::vector<std::int32_t> ids, lengths;  ///< (T, B), (B)
  std::vector<float> mask;                 ///< (T, 1, B, 1): 0, and a large negative number behind
  std::vector<float> probabilities;        ///< (B, K)
};

class Network {
 public:
  Network(const std::string& folder, std::size_t labels, std::size_t threads)
      : labels_(labels),
        one_(onnxruntime::session(content_of(folder + "/one.onnx"), static_cast<int>(threads))),
        many_(onnxruntime::session(content_of(folder + "/many.onnx"), static_cast<int>(threads))) {}

  /// The probabilities are in `inputs`.
  void predict(std::span<const Example> examples, std::span<const std::size_t> rows,
               Inputs& inputs) const {
    const std::size_t steps = examples[rows[0]].ids.size();
    lay_out(examples, rows, steps, inputs);
    inputs.probabilities.resize(rows.size() * labels_);
    const auto ids = tensor(inputs.ids.data(), {steps, rows.size()});
    if (examples[rows.back()].ids.size() == steps) {
      run(*one_, {ids.get()}, rows.size(), inputs);
    } else {
      const auto lengths = tensor(inputs.lengths.data(), {rows.size()});
      const auto mask = tensor(inputs.mask.data(), {steps, 1, rows.size(), 1});
      run(*many_, {ids.get(), lengths.get(), mask.get()}, rows.size(), inputs);
    }
  }

 private:
  static void lay_out(std::span<const Example> examples, std::span<const std::size_t> rows,
                      std::size_t steps, Inputs& inputs) {
    constexpr float kOutside = -1e30F;
    inputs.ids.assign(steps * rows.size(), 0);
    inputs.mask.assign(steps * rows.size(), kOutside);
    inputs.lengths.clear();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::vector<std::int32_t>& ids = examples[rows[r]].ids;
      inputs.lengths.push_back(static_cast<std::int32_t>(ids.size()));
      for (std::size_t t = 0; t < ids.size(); ++t) {
        inputs.ids[t * rows.size() + r] = ids[t];
        inputs.mask[t * rows.size() + r] = 0;
      }
    }
  }

  void run(Session& session, const std::vector<const Value*>& values, std::size_t rows,
           Inputs& inputs) const {
    constexpr const char* kNames[] = {"ids", "lengths", "mask"};
    constexpr const char* kOutput = "probabilities";
    const auto output = tensor(inputs.probabilities.data(), {rows, labels_});
    Value* written = output.get();
    check(
        api().Run(&session, nullptr, kNames, values.data(), values.size(), &kOutput, 1, &written));
  }

  std::size_t labels_;
  Owned<Session> one_, many_;
};

class OnnxRuntime : public Contender {
 public:
  OnnxRuntime(const std::string& model, const std::string& folder, const Texts& texts,
              bool is_from_text)
      : classifier_(TextClassifier::load(model)),
        tokenizer_(classifier_.encoder().settings().tokenizer),
        is_from_text_(is_from_text),
        texts_(views(texts.all)),
        short_texts_(views(texts.short_ones)),
        all_(encoded(texts_)),
        short_(encoded(short_texts_)) {
    for (std::size_t threads = 1; threads <= thread_count(); ++threads)
      networks_.try_emplace(threads, folder, classifier_.labels().size(), threads);
    choose();
  }

  void predict_short(std::size_t k) override {
    if (is_from_text_) {
      const TextEncoder& encoder = classifier_.encoder();
      encoder.encode(encoder.tokenize(short_texts_[k], tokenizer_), short_[k].ids);
    }
    predict_one(k, threads_of_one_);
  }

  void predict_all(std::vector<float>& first) override {
    if (is_from_text_) all_ = encoded(texts_);
    const std::vector<Rows> batches = batches_of(all_, way_);
    const Network& network = networks_.at(thread_count() / way_.callers);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      Inputs inputs;
      for (std::size_t k; (k = next++) < batches.size();) {
        network.predict(all_, batches[k], inputs);
        const std::size_t labels = classifier_.labels().size();
        for (std::size_t r = 0; r < batches[k].size(); ++r)
          first[batches[k][r]] = inputs.probabilities[r * labels];
      }
    };
    std::vector<std::jthread> others;
    for (std::size_t k = 1; k < way_.callers; ++k) others.emplace_back(work);
    work();
  }

  std::string choice() const override {
    return to_string(way_) + "; a single text on " + std::to_string(threads_of_one_);
  }

 private:
  std::vector<Example> encoded(std::span<const std::string_view> texts) const {
    std::vector<Example> examples;
    for (std::vector<std::int32_t>& ids : classifier_.encoder().encode(texts))
      examples.push_back({.ids = std::move(ids)});
    return examples;
  }

  void predict_one(std::size_t k, std::size_t threads) {
    const std::size_t row = 0;
    networks_.at(threads).predict(std::span(short_).subspan(k, 1), std::span(&row, 1), inputs_);
  }

  /// The least time of a few.
  template <typename Body>
  static double seconds_of(int times, Body body) {
    double least = 1e30;
    for (int k = 0; k < times; ++k) {
      const auto begun = std::chrono::steady_clock::now();
      body();
      least = std::min(
          least, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    }
    return least;
  }

  void choose() {
    constexpr int kTimes = 3;
    double least = 1e30, least_of_one = 1e30;
    std::vector<float> first(all_.size());
    Way best;
    for (std::size_t callers = 1; callers <= thread_count(); callers *= 2) {
      for (const std::size_t batch : {8, 32, 64, 128}) {
        for (const bool is_padded : {false, true}) {
          way_ = {callers, batch, is_padded};
          const double seconds = seconds_of(kTimes, [&] { predict_all(first); });
          if (seconds < least) best = way_, least = seconds;
        }
      }
    }
    way_ = best;
    for (const auto& [threads, network] : networks_) {
      const double seconds = seconds_of(kTimes * 3, [&, of = threads] {
        for (std::size_t k = 0; k < short_.size(); ++k) predict_one(k, of);
      });
      if (seconds < least_of_one) threads_of_one_ = threads, least_of_one = seconds;
    }
  }

  TextClassifier classifier_;
  Tokenizer tokenizer_;
  bool is_from_text_;
  std::vector<std::string_view> texts_, short_texts_;
  std::vector<Example> all_, short_;
  std::map<std::size_t, Network> networks_;  ///< by the threads that ONNX Runtime has
  Way way_;
  std::size_t threads_of_one_ = 1;
  Inputs inputs_;
};

void serve_onnxruntime(int count, char** arguments) {
  if (count != 6) throw std::runtime_error("expected KIND MODEL ONNX_FOLDER TEXTS SHORT_TEXTS");
  const Texts texts = read_texts(arguments[4], arguments[5]);
  OnnxRuntime contender(arguments[2], arguments[3], texts,
                        std::string_view(arguments[1]) == "text");
  serve(contender, texts);
}

}  // namespace
}  // namespace unroll::bench

int main(int count, char** arguments) {
  return unroll::bench::run(unroll::bench::serve_onnxruntime, count, arguments);
}
