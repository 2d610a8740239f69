#include "unroll/tools/classifier/text_classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/safetensors.h"
#include "unroll/text/encoder_reader.h"
#include "unroll/text/unicode.h"
#include "unroll/tools/classifier/model_config.h"
#include "unroll/tools/classifier/process_memory.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "1";
constexpr const char* kFormatKey = "unroll.format";
constexpr const char* kPipelineKey = "unroll.pipeline";

std::filesystem::path model_file(const std::filesystem::path& path) {
  return std::filesystem::is_directory(path) ? path / TextClassifier::kFileName : path;
}

/// Everything of a classifier but its weights.
struct Description {
  TextEncoder encoder;
  std::vector<std::string> labels;
  SequenceClassifierConfig config;
  std::map<std::string, std::string> notes;
};

Description parse_description(const std::string& text) {
  EncoderReader encoder;
  bool in_encoder = false;
  const Json json = Json::parse(text, [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1) in_encoder = parsed == "encoder";
    return !in_encoder || encoder(depth - 1, event, parsed);
  });
  Description result{.encoder = encoder.encoder(json.at("encoder")),
                     .labels = json.at("labels").get<std::vector<std::string>>(),
                     .config = model_config_from_json(json.at("model").dump()),
                     .notes = json.at("notes").get<std::map<std::string, std::string>>()};
  if (result.labels.size() < 2 || !std::is_sorted(result.labels.begin(), result.labels.end())) {
    throw ModelError("its labels are not two or more in byte order");
  }
  result.config.vocabulary = result.encoder.vocabulary().size();
  result.config.classes = result.labels.size();
  return result;
}

/// Throws ModelError for a format that this program does not read.
Description read_description(const std::map<std::string, std::string>& metadata) {
  const auto format = metadata.find(kFormatKey);
  const auto pipeline = metadata.find(kPipelineKey);
  if (format == metadata.end() || pipeline == metadata.end()) {
    throw ModelError("it holds tensors, but not a text classifier of unroll");
  }
  if (format->second != kFormat) {
    throw ModelError(
        fmt::format("its format is {}, this program reads format {}; use the version of unroll "
                    "that wrote it, or a later one",
                    format->second, kFormat));
  }
  return parse_description(pipeline->second);
}

std::size_t count_values(const std::vector<TensorInfo>& tensors) {
  std::size_t count = 0;
  for (const TensorInfo& tensor : tensors) count += tensor.shape.size();
  return count;
}

/// No model of this configuration has fewer values, whatever its cell is.
std::size_t least_values(const SequenceClassifierConfig& config) {
  const std::size_t directions = config.bidirectional ? 2 : 1;
  return config.vocabulary * config.embedding +
         directions * config.hidden * (config.embedding + config.layers * config.hidden);
}

/// Before the model takes memory: a file that is not what it says must not ask for all there is.
void refuse_larger(const SequenceClassifierConfig& config, std::size_t values) {
  if (least_values(config) <= values) return;
  throw ModelError(fmt::format("its tensors have {} values, its configuration asks for {} or more",
                               values, least_values(config)));
}

/// The tensors of the file are the model's parameters: every one by name and exact shape, and no
/// others.
void check_tensors(const std::vector<TensorInfo>& tensors, const ParameterList<float>& parameters) {
  for (const Parameter<float>* parameter : parameters) {
    const auto found = std::ranges::find(tensors, parameter->name, &TensorInfo::name);
    if (found == tensors.end()) {
      throw ModelError(fmt::format("tensor {} is missing", parameter->name));
    }
    if (found->is_double || found->shape != parameter->value.shape()) {
      throw ModelError(fmt::format("tensor {} is not F32 of shape {}", parameter->name,
                                   to_string(parameter->value.shape())));
    }
  }
  if (tensors.size() != parameters.size()) {
    throw ModelError(
        fmt::format("it holds {} tensors, expected {}", tensors.size(), parameters.size()));
  }
}

void read_parameters(SafetensorsReader& file, const ParameterList<float>& parameters) {
  check_tensors(file.tensors(), parameters);
  for (const TensorInfo& tensor : file.tensors()) {
    Parameter<float>& parameter =
        **std::ranges::find(parameters, tensor.name, &Parameter<float>::name);
    file.read(parameter.value);
    if (!is_finite(parameter.value)) {
      throw ModelError(
          fmt::format("tensor {} holds values that are not finite numbers; train the model anew",
                      parameter.name));
    }
  }
}

TextClassifier read_classifier(SafetensorsReader& file) {
  Description description = read_description(file.take_metadata());
  release_freed_memory();  // of the JSON, before there is anything large
  refuse_larger(description.config, count_values(file.tensors()));
  TextClassifier classifier(std::move(description.encoder), std::move(description.labels),
                            description.config);
  classifier.notes = std::move(description.notes);
  read_parameters(file, classifier.model().parameters());
  file.finish();
  return classifier;
}

/// One label for a text needs one output for it.
const SequenceClassifierConfig& checked(const SequenceClassifierConfig& config) {
  check_config(config);
  if (config.pool) return config;
  throw UsageError(
      "pool is none: a text classifier needs one, since it has one label for all steps of a text");
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
    : encoder_(std::move(encoder)), labels_(std::move(labels)), model_(checked(config)) {}

TextClassifier TextClassifier::load(const std::filesystem::path& path) {
  const std::filesystem::path name = model_file(path);
  SafetensorsReader file(name);
  std::string wrong;
  try {
    return read_classifier(file);
  } catch (const Json::exception& error) {
    wrong = fmt::format("not a model of this program: {}", error.what());
  } catch (const Error& error) {
    wrong = error.what();
  } catch (const std::exception&) {  // there is too little memory
    file.finish();
    throw;
  }
  file.finish();
  throw ModelError(fmt::format("{}: {}", name.string(), wrong));
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
