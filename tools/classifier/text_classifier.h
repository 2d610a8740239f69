/// TextClassifier: the whole pipeline of a run, as training changes it and a model file holds it:
/// text encoder, labels, model. To predict with it, give it to a TextPredictor
/// (unroll/tools/classifier/text_predictor.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/layers/sequence_classifier.h"
#include "unroll/text/encoder.h"

namespace unroll {

/// Reading it is safe from several threads.
class TextClassifier {
 public:
  /// The name of the one model file in a run's folder.
  static constexpr std::string_view kFileName = "model.safetensors";

  /// Labels in byte order. The model's values are zeros until they are set. Throws UsageError for
  /// a configuration that no file could hold (unroll/tools/classifier/model_config.h) or that has
  /// no pool.
  TextClassifier(TextEncoder encoder, std::vector<std::string> labels,
                 const SequenceClassifierConfig& config);

  /// From a run's folder, or a model file, which is read once: each weight straight into its place.
  /// There are no gradients until training makes them. Throws ModelError: missing, foreign,
  /// damaged, of a later format.
  static TextClassifier load(const std::filesystem::path& path);
  /// Writes `folder`/model.safetensors, atomically. Throws DiskError.
  void save(const std::filesystem::path& folder) const;
  /// The file that save writes has at least so many bytes: notes and names come on top.
  std::size_t least_file_bytes() const;

  /// 32 hexadecimal digits of what the classifier is: equal for equal weights, encoder, labels and
  /// configuration, whatever the notes say. They are the checksum of its file without notes.
  std::string hash() const;

  /// If ICU cuts the texts, and the notes name another major version of it than is in use here:
  /// that both may cut words differently.
  std::optional<std::string> icu_warning() const;

  const std::vector<std::string>& labels() const { return labels_; }
  /// The number of a label, −1 if there is no such label.
  std::int32_t label_number(std::string_view label) const;
  const TextEncoder& encoder() const { return encoder_; }
  SequenceClassifier<float>& model() { return model_; }
  const SequenceClassifier<float>& model() const { return model_; }

  /// The note of the ICU version that cut the training texts.
  static constexpr const char* kIcuNote = "icu";
  /// How it was trained: free text by name, kept in the file for `unroll inspect`.
  std::map<std::string, std::string> notes;

 private:
  TextEncoder encoder_;
  std::vector<std::string> labels_;
  SequenceClassifier<float> model_;
};

}  // namespace unroll
