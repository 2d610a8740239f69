#include "unroll/tools/text_classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/safetensors.h"
#include "unroll/text/unicode.h"
#include "unroll/tools/model_config.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "1";
constexpr const char* kFormatKey = "unroll.format";
constexpr const char* kPipelineKey = "unroll.pipeline";

std::filesystem::path model_file(const std::filesystem::path& path) {
  return std::filesystem::is_directory(path) ? path / TextClassifier::kFileName : path;
}

/// The metadata's pipeline, of a format that this program reads.
Json read_pipeline(const Safetensors& file) {
  const auto format = file.metadata.find(kFormatKey);
  const auto pipeline = file.metadata.find(kPipelineKey);
  if (format == file.metadata.end() || pipeline == file.metadata.end()) {
    throw ModelError("it holds tensors, but not a text classifier of unroll");
  }
  if (format->second != kFormat) {
    throw ModelError(
        fmt::format("its format is {}, this program reads format {}; use the version of unroll "
                    "that wrote it, or a later one",
                    format->second, kFormat));
  }
  return Json::parse(pipeline->second);
}

/// Copies the file's tensors into the model's parameters: every one by name and exact shape, and no
/// others.
void copy_parameters(const Safetensors& file, SequenceClassifier<float>& model) {
  const ParameterList<float> parameters = model.parameters();
  for (Parameter<float>* parameter : parameters) {
    const auto found = file.tensors.find(parameter->name);
    if (found == file.tensors.end()) {
      throw ModelError(fmt::format("tensor {} is missing", parameter->name));
    }
    const auto* tensor = std::get_if<Tensor<float>>(&found->second);
    if (tensor == nullptr || tensor->shape() != parameter->value.shape()) {
      throw ModelError(fmt::format("tensor {} is not F32 of shape {}", parameter->name,
                                   to_string(parameter->value.shape())));
    }
    if (!is_finite(*tensor)) {
      throw ModelError(
          fmt::format("tensor {} holds values that are not finite numbers; train the model anew",
                      parameter->name));
    }
    parameter->value = *tensor;
  }
  if (file.tensors.size() != parameters.size()) {
    throw ModelError(
        fmt::format("it holds {} tensors, expected {}", file.tensors.size(), parameters.size()));
  }
}

TextClassifier classifier_of(const Safetensors& file) {
  const Json pipeline = read_pipeline(file);
  TextEncoder encoder = TextEncoder::from_json(pipeline.at("encoder").dump());
  auto labels = pipeline.at("labels").get<std::vector<std::string>>();
  if (labels.size() < 2 || !std::is_sorted(labels.begin(), labels.end())) {
    throw ModelError("its labels are not two or more in byte order");
  }
  SequenceClassifierConfig config = model_config_from_json(pipeline.at("model").dump());
  config.vocabulary = encoder.vocabulary().size();
  config.classes = labels.size();
  TextClassifier classifier(std::move(encoder), std::move(labels), config);
  copy_parameters(file, classifier.model());
  classifier.notes = pipeline.at("notes").get<std::map<std::string, std::string>>();
  return classifier;
}

/// What makes the classifier, besides its tensors.
Json pipeline_of(const TextClassifier& classifier) {
  return {{"encoder", Json::parse(classifier.encoder().to_json())},
          {"labels", classifier.labels()},
          {"model", Json::parse(to_json(classifier.model().config()))}};
}

std::map<std::string, std::string> metadata_of(const Json& pipeline) {
  return {{kFormatKey, std::string(kFormat)}, {kPipelineKey, pipeline.dump()}};
}

TensorsByName<float> tensors_of(const SequenceClassifier<float>& model) {
  TensorsByName<float> tensors;
  for (const Parameter<float>* parameter : model.parameters()) {
    tensors[parameter->name] = &parameter->value;
  }
  return tensors;
}

std::string major_version(const std::string& version) {
  return version.substr(0, version.find('.'));
}

}  // namespace

TextClassifier::TextClassifier(TextEncoder encoder, std::vector<std::string> labels,
                               const SequenceClassifierConfig& config)
    : encoder_(std::move(encoder)), labels_(std::move(labels)), model_(config) {}

TextClassifier TextClassifier::load(const std::filesystem::path& path) {
  const std::filesystem::path file = model_file(path);
  const Safetensors content = read_safetensors(file);
  try {
    return classifier_of(content);
  } catch (const Json::exception& error) {
    throw ModelError(
        fmt::format("{}: not a model of this program: {}", file.string(), error.what()));
  } catch (const ModelError& error) {
    throw ModelError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

void TextClassifier::save(const std::filesystem::path& folder) const {
  Json pipeline = pipeline_of(*this);
  pipeline["notes"] = notes;
  make_folder(folder);
  write_safetensors(folder / kFileName, metadata_of(pipeline), tensors_of(model_));
}

std::string TextClassifier::hash() const {
  return safetensors_checksum(metadata_of(pipeline_of(*this)), tensors_of(model_));
}

std::optional<std::string> TextClassifier::icu_warning() const {
  const auto note = notes.find(kIcuNote);
  if (encoder_.settings().tokenizer.kind != TokenizerKind::kIcu || note == notes.end()) {
    return std::nullopt;
  }
  const std::string then = major_version(note->second);
  const std::string now = major_version(icu_version());
  if (then == now) return std::nullopt;
  return fmt::format(
      "trained with ICU {}, this is {}: words of Chinese, Japanese, Thai … may be cut otherwise; "
      "if its answers are worse, train it again",
      then, now);
}

std::size_t TextClassifier::least_file_bytes() const {
  std::size_t bytes = encoder_.to_json().size();
  for (const Parameter<float>* parameter : model_.parameters()) {
    bytes += parameter->value.size() * sizeof(float);
  }
  return bytes;
}

std::int32_t TextClassifier::label_number(std::string_view label) const {
  const auto found = std::lower_bound(labels_.begin(), labels_.end(), label);
  if (found == labels_.end() || *found != label) return -1;
  return static_cast<std::int32_t>(found - labels_.begin());
}

}  // namespace unroll
