/// TextClassifier: raw text in, labels and probabilities out. What a C++ program that uses a
/// trained model needs:
///
///     const auto classifier = unroll::TextClassifier::load("runs/a");
///     std::cout << classifier.predict("A lovely film.").label << '\n';
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/layers/sequence_predictor.h"
#include "unroll/text/encoder.h"

namespace unroll {

struct Prediction {
  std::string label;                 ///< the most probable one; of equals the first
  double probability = 0;            ///< of it
  std::vector<float> probabilities;  ///< of every label, in the order of TextClassifier::labels()
};

/// A trained pipeline: text encoder, labels, model. Reading it is safe from several threads.
class TextClassifier {
 public:
  /// The name of the one model file in a run's folder.
  static constexpr std::string_view kFileName = "model.safetensors";

  /// Labels in byte order. The model's values are zeros until they are set.
  TextClassifier(TextEncoder encoder, std::vector<std::string> labels,
                 const SequenceClassifierConfig& config);

  /// From a run's folder, or a model file. Throws ModelError: missing, foreign, damaged, of a later
  /// format.
  static TextClassifier load(const std::filesystem::path& path);
  /// Writes `folder`/model.safetensors, atomically. Throws DiskError.
  void save(const std::filesystem::path& folder) const;

  /// One text of valid UTF-8 (DataError otherwise). The bits of a result do not depend on what else
  /// is predicted.
  Prediction predict(std::string_view text) const;
  /// Each text as above, on all threads.
  std::vector<Prediction> predict(std::span<const std::string_view> texts) const;

  const std::vector<std::string>& labels() const { return labels_; }
  /// The number of a label, −1 if there is no such label.
  std::int32_t label_number(std::string_view label) const;
  const TextEncoder& encoder() const { return encoder_; }
  SequenceClassifier<float>& model() { return model_; }
  const SequenceClassifier<float>& model() const { return model_; }

  /// How it was trained: free text by name, kept in the file for `unroll inspect`.
  std::map<std::string, std::string> notes;

 private:
  Prediction prediction(std::span<const float> O) const;

  TextEncoder encoder_;
  std::vector<std::string> labels_;
  SequenceClassifier<float> model_;
};

}  // namespace unroll
