/// TextClassifier: the whole pipeline of a run, as training changes it and a model file holds it:
/// text encoder, labels, a recurrent network, a linear model of n-grams, or both and the weights
/// with which they become one answer. To predict with it, give it to a TextPredictor
/// (unroll/tools/classifier/text_predictor.h).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/layers/sequence_classifier.h"
#include "unroll/text/encoder.h"

namespace unroll {

class NgramClassifier;
struct NgramSettings;

/// How much of the network's O and of each n-gram model's margins becomes the classifier's O
/// (unroll/tools/classifier/fusion.h). For a network alone the one weight is 1 / T, T being what
/// calibration calls a temperature: it makes probabilities as sure as they should be, and changes
/// no label.
struct FusionWeights {
  double network = 0;
  std::array<double, 2> ngrams{};  ///< of each NgramModel
  double bias = 0;                 ///< added to every O_k; a softmax would not notice
};

/// What a model file says about its linear model: one JSON object, with the bias where there is
/// one.
std::string to_json(const NgramSettings& settings, const FusionWeights& fusion);

/// "softmax" or "sigmoid".
std::string_view to_string(OutputKind output);

/// Reading it is safe from several threads.
class TextClassifier {
 public:
  /// The name of the one model file in a run's folder.
  static constexpr std::string_view kFileName = "model.safetensors";
  /// The model file of a run's folder, or the path itself, if it is no folder.
  static std::filesystem::path file_of(const std::filesystem::path& path);

  /// Labels in byte order. The model's values are zeros until they are set. Throws UsageError for
  /// a configuration that no file could hold (unroll/tools/classifier/model_config.h) or that has
  /// no pool.
  TextClassifier(TextEncoder encoder, std::vector<std::string> labels,
                 const SequenceClassifierConfig& config);
  /// Without a network, which `set_ngrams` must make up for.
  TextClassifier(TextEncoder encoder, std::vector<std::string> labels,
                 OutputKind output = OutputKind::kSoftmax);
  ~TextClassifier();
  TextClassifier(TextClassifier&&) noexcept;
  TextClassifier& operator=(TextClassifier&&) noexcept;

  /// From a run's folder, or a model file, which is read once: each weight straight into its place.
  /// There are no gradients until training makes them. Throws ModelError: missing, foreign,
  /// damaged, of a later format.
  static TextClassifier load(const std::filesystem::path& path);
  /// From the bytes of a model file, as load otherwise.
  static TextClassifier from_bytes(std::string_view bytes);
  /// Writes `folder`/model.safetensors, atomically. A network that the fusion gives no weight is
  /// left out, as before its first epoch is done. Throws DiskError.
  void save(const std::filesystem::path& folder) const;
  /// The bytes of the file that `save` would write.
  std::string to_bytes() const;
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
  /// Whether a text has one of the labels, or any number of them.
  OutputKind output() const { return output_; }
  bool has_any_number_of_labels() const { return output_ == OutputKind::kSigmoid; }
  const TextEncoder& encoder() const { return encoder_; }
  bool has_network() const { return model_.has_value(); }
  /// The linear model alone answers from now on. Throws UsageError if there is none.
  void drop_network();
  /// The network. Throws UsageError if there is none.
  SequenceClassifier<float>& model();
  const SequenceClassifier<float>& model() const;

  /// The linear model, null if there is none.
  const NgramClassifier* ngrams() const { return ngrams_.get(); }
  NgramClassifier* ngrams() { return ngrams_.get(); }
  /// From then on the answers are fused, by weights that are 0 until they are set. Throws
  /// UsageError unless it has as many labels.
  void set_ngrams(NgramClassifier ngrams);
  /// A network alone has the weight 1 until another one is set.
  const FusionWeights& fusion() const { return fusion_; }
  void set_fusion(const FusionWeights& weights) { fusion_ = weights; }

  /// The note of the ICU version that cut the training texts.
  static constexpr const char* kIcuNote = "icu";
  /// How it was trained: free text by name, kept in the file for `unroll inspect`.
  std::map<std::string, std::string> notes;

 private:
  TextEncoder encoder_;
  std::vector<std::string> labels_;
  OutputKind output_ = OutputKind::kSoftmax;
  std::optional<SequenceClassifier<float>> model_;
  std::unique_ptr<NgramClassifier> ngrams_;
  FusionWeights fusion_;
};

}  // namespace unroll
