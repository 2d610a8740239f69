#include "unroll/tools/c/c.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/classifier/version.h"

struct unroll_model {
  explicit unroll_model(unroll::TextClassifier classifier)
      : warning(classifier.icu_warning()), predictor(std::move(classifier)) {}

  std::optional<std::string> warning;
  unroll::TextPredictor predictor;
};

namespace unroll {

namespace {

thread_local std::string last_error;

unroll_status status_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kUsage:
      return UNROLL_USAGE_ERROR;
    case ErrorKind::kData:
      return UNROLL_DATA_ERROR;
    case ErrorKind::kModel:
      return UNROLL_MODEL_ERROR;
    case ErrorKind::kMemory:
      return UNROLL_MEMORY_ERROR;
    case ErrorKind::kInternal:
    case ErrorKind::kDiverged:
    case ErrorKind::kRequirement:
    case ErrorKind::kDisk:
    case ErrorKind::kRank:
      return UNROLL_INTERNAL_ERROR;
  }
  return UNROLL_INTERNAL_ERROR;
}

unroll_status failed(unroll_status status, const char* message) noexcept try {
  last_error = message;
  return status;
} catch (const std::bad_alloc&) {  // for the message itself
  last_error = "no memory";        // short enough to need none
  return UNROLL_MEMORY_ERROR;
}

/// Calls body(). Whatever it throws becomes a status and the thread's error text.
template <typename Body>
unroll_status guarded(Body body) noexcept try {
  body();
  return UNROLL_OK;
} catch (const Error& error) {
  return failed(status_of(error.kind()), error.what());
} catch (const std::bad_alloc&) {
  return failed(UNROLL_MEMORY_ERROR, "there is too little memory");
} catch (const std::exception& error) {
  return failed(UNROLL_INTERNAL_ERROR, error.what());
} catch (...) {
  return failed(UNROLL_INTERNAL_ERROR, "unknown exception");
}

void require(const void* pointer, const char* name) {
  if (pointer == nullptr) throw UsageError(fmt::format("{} is NULL", name));
}

const TextPredictor& predictor_of(const unroll_model* model) {
  require(model, "model");
  return model->predictor;
}

/// Sets *model to what load() gives.
template <typename Load>
unroll_status open(unroll_model** model, Load load) noexcept {
  return guarded([&] {
    require(model, "the place for the model");
    *model = nullptr;
    *model = new unroll_model(load());
  });
}

std::string_view view(const char* text, std::size_t size) {
  require(text, "a text");
  return {text, size == UNROLL_TO_ZERO ? std::strlen(text) : size};
}

std::vector<std::string_view> views(const char* const* texts, const std::size_t* sizes,
                                    std::size_t count) {
  if (count > 0) require(texts, "texts");
  std::vector<std::string_view> result(count);
  for (std::size_t k = 0; k < count; ++k) {
    result[k] = view(texts[k], sizes == nullptr ? UNROLL_TO_ZERO : sizes[k]);
  }
  return result;
}

/// Where a caller wants its answers: some of these may be null.
struct Answers {
  std::int32_t* labels;
  float* probabilities;

  void set(const TextPredictor& predictor, std::size_t k, const Prediction& prediction) const {
    const std::size_t count = predictor.labels().size();
    if (labels != nullptr) {
      const bool has_label = prediction.error.empty();
      labels[k] =
          has_label ? predictor.classifier().label_number(prediction.label) : UNROLL_NO_LABEL;
    }
    if (probabilities == nullptr) return;
    const std::span<float> places(probabilities + k * count, count);
    std::ranges::fill(places, 0.0F);  // of a text that has none
    std::ranges::copy(prediction.probabilities, places.begin());
  }
};

void refuse_unreadable(std::span<const Prediction> predictions) {
  const auto is_bad = [](const Prediction& prediction) { return !prediction.error.empty(); };
  const auto first = std::ranges::find_if(predictions, is_bad);
  if (first == predictions.end()) return;
  if (predictions.size() == 1) throw DataError(first->error);
  throw DataError(fmt::format("text {} of {} (from 0): {}; {} in all have no label",
                              first - predictions.begin(), predictions.size(), first->error,
                              std::ranges::count_if(predictions, is_bad)));
}

void predict(const unroll_model* model, std::span<const std::string_view> texts, Answers answers) {
  const TextPredictor& predictor = predictor_of(model);
  const std::vector<Prediction> predictions = predictor.predict(texts);
  for (std::size_t k = 0; k < texts.size(); ++k) answers.set(predictor, k, predictions[k]);
  refuse_unreadable(predictions);
}

/// What TextPredictor::labels_of needs to know of a text.
Prediction prediction_of(std::span<const float> probabilities) {
  Prediction prediction;
  prediction.probabilities.assign(probabilities.begin(), probabilities.end());
  prediction.probability = static_cast<double>(std::ranges::max(probabilities));
  return prediction;
}

}  // namespace

}  // namespace unroll

using namespace unroll;

uint32_t unroll_abi_version(void) {
  return UNROLL_ABI_VERSION;
}

unroll_status unroll_check_abi(uint32_t version) {
  return guarded([&] {
    if (version == UNROLL_ABI_VERSION) return;
    throw UsageError(
        fmt::format("the program was compiled for ABI {} of libunroll_c, the library that is "
                    "loaded has ABI {}; "
                    "compile it again, or install the other library",
                    version, UNROLL_ABI_VERSION));
  });
}

const char* unroll_version(void) {
  return kVersion;
}

const char* unroll_error(void) {
  return last_error.c_str();
}

unroll_status unroll_set_threads(size_t count) {
  return guarded([&] {
    if (count < 1 || count > kMostThreads) {
      throw UsageError(fmt::format("{} threads: expected 1 to {}", count, kMostThreads));
    }
    set_thread_count(count);
  });
}

unroll_status unroll_open(const char* path, unroll_model** model) {
  return open(model, [&] {
    require(path, "path");
    return TextClassifier::load(path);
  });
}

unroll_status unroll_open_memory(const void* bytes, size_t size, unroll_model** model) {
  return open(model, [&] {
    require(bytes, "bytes");
    return TextClassifier::from_bytes({static_cast<const char*>(bytes), size});
  });
}

void unroll_free(unroll_model* model) {
  delete model;
}

const char* unroll_warning(const unroll_model* model) {
  return model != nullptr && model->warning ? model->warning->c_str() : nullptr;
}

size_t unroll_label_count(const unroll_model* model) {
  return model == nullptr ? 0 : model->predictor.labels().size();
}

const char* unroll_label(const unroll_model* model, int32_t label) {
  const bool is_there = label >= 0 && static_cast<std::size_t>(label) < unroll_label_count(model);
  return is_there ? model->predictor.labels()[static_cast<std::size_t>(label)].c_str() : nullptr;
}

int unroll_has_any_number_of_labels(const unroll_model* model) {
  return model != nullptr && model->predictor.classifier().has_any_number_of_labels() ? 1 : 0;
}

unroll_status unroll_predict(const unroll_model* model, const char* text, size_t size,
                             int32_t* label, float* probabilities) {
  return guarded([&] {
    const std::string_view one = view(text, size);
    predict(model, std::span(&one, 1), {label, probabilities});
  });
}

unroll_status unroll_predict_batch(const unroll_model* model, const char* const* texts,
                                   const size_t* sizes, size_t count, int32_t* labels,
                                   float* probabilities) {
  return guarded([&] { predict(model, views(texts, sizes, count), {labels, probabilities}); });
}

size_t unroll_labels_of(const unroll_model* model, const float* probabilities, double threshold,
                        int32_t* labels) {
  std::size_t count = 0;
  guarded([&] {
    const TextPredictor& predictor = predictor_of(model);
    require(probabilities, "probabilities");
    require(labels, "labels");
    const Prediction prediction = prediction_of({probabilities, predictor.labels().size()});
    for (const std::string_view name : predictor.labels_of(prediction, threshold)) {
      labels[count++] = predictor.classifier().label_number(name);
    }
  });
  return count;
}
