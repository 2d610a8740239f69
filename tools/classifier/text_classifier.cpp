#include "unroll/tools/classifier/text_classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/safetensors.h"
#include "unroll/text/encoder_reader.h"
#include "unroll/text/unicode.h"
#include "unroll/tools/classifier/model_config.h"
#include "unroll/tools/classifier/ngram_classifier.h"
#include "unroll/tools/classifier/process_memory.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

/// A model is written in the first format that can hold it, so that the programs of its time read
/// it. The first one has no n-grams.
constexpr std::string_view kFirstFormat = "1";
/// It counts the n-grams of as many tokens as the network reads.
constexpr std::string_view kCutNgramsFormat = "2";
constexpr std::string_view kNgramsFormat = "3";
/// It answers any number of labels, with or without n-grams.
constexpr std::string_view kOutputFormat = "4";
constexpr std::array kFormats{kFirstFormat, kCutNgramsFormat, kNgramsFormat, kOutputFormat};
constexpr const char* kFormatKey = "unroll.format";
constexpr const char* kPipelineKey = "unroll.pipeline";

struct NgramDescription {
  NgramSettings settings;
  FusionWeights fusion;
};

/// Everything of a classifier but its weights.
struct Description {
  TextEncoder encoder;
  std::vector<std::string> labels;
  OutputKind output = OutputKind::kSoftmax;
  std::optional<SequenceClassifierConfig> config;
  std::optional<NgramDescription> ngrams;
  double network_weight = 1;  // of a network alone
  std::map<std::string, std::string> notes;
};

/// A length of n-grams that costs no more than reading a text.
std::size_t length_from(const Json& json, const char* key) {
  constexpr std::size_t kMost = 16;
  const auto value = json.at(key).get<std::size_t>();
  if (value <= kMost) return value;
  throw ModelError(fmt::format("its {} of n-grams is {}, expected at most {}", key, value, kMost));
}

double weight_from(const Json& json, const char* key) {
  const auto value = json.at(key).get<double>();
  if (std::isfinite(value)) return value;
  throw ModelError(fmt::format("its fusion weight {} is not finite", key));
}

/// `most_tokens`: what a text's n-grams are limited to where the JSON does not say.
NgramDescription ngrams_from(const Json& json, std::size_t most_tokens) {
  const Json& fusion = json.at("fusion");
  return {.settings = {.words = length_from(json, "words"),
                       .least_letters = length_from(json, "least_letters"),
                       .most_letters = length_from(json, "most_letters"),
                       .unspaced = length_from(json, "unspaced"),
                       .most_tokens = json.value("most_tokens", most_tokens)},
          .fusion = {.network = weight_from(fusion, "network"),
                     .ngrams = {weight_from(fusion, "tf_idf"), weight_from(fusion, "naive_bayes")},
                     .bias = fusion.contains("bias") ? weight_from(fusion, "bias") : 0}};
}

/// A network alone that is not calibrated has no key for it, as in the files of the first programs.
double network_weight_from(const Json& json) {
  if (!json.contains("fusion")) return 1;
  const double weight = weight_from(json.at("fusion"), "network");
  if (weight > 0) return weight;
  throw ModelError(fmt::format("its network's weight is {}, expected more than 0", weight));
}

OutputKind output_from(const Json& json) {
  const auto name = json.at("output").get<std::string>();
  for (const OutputKind output : {OutputKind::kSoftmax, OutputKind::kSigmoid}) {
    if (to_string(output) == name) return output;
  }
  throw ModelError(fmt::format("its output is {}, which this program does not know", name));
}

Description parse_description(const std::string& text, std::string_view format) {
  EncoderReader encoder("encoder");
  const Json json = encoder.parse(text);
  Description result{.encoder = encoder.encoder(json.at("encoder")),
                     .labels = json.at("labels").get<std::vector<std::string>>(),
                     .output = OutputKind::kSoftmax,
                     .config = {},
                     .ngrams = {},
                     .network_weight = 0,
                     .notes = json.at("notes").get<std::map<std::string, std::string>>()};
  if (result.labels.size() < 2 || !std::is_sorted(result.labels.begin(), result.labels.end())) {
    throw ModelError("its labels are not two or more in byte order");
  }
  if (format == kOutputFormat) result.output = output_from(json);
  const bool has_ngrams =
      format == kOutputFormat ? json.contains("ngrams") : format != kFirstFormat;
  if (has_ngrams) {
    const std::size_t read_by_network = result.encoder.settings().max_tokens;
    result.ngrams = ngrams_from(json.at("ngrams"), read_by_network);
  } else {
    result.network_weight = network_weight_from(json);
  }
  if (has_ngrams && json.at("model").is_null()) return result;
  result.config = model_config_from_json(json.at("model").dump());
  result.config->vocabulary = result.encoder.vocabulary().size();
  result.config->classes = result.labels.size();
  result.config->output = result.output;
  return result;
}

/// Throws ModelError for a format that this program does not read.
Description read_description(const std::map<std::string, std::string>& metadata) {
  const auto format = metadata.find(kFormatKey);
  const auto pipeline = metadata.find(kPipelineKey);
  if (format == metadata.end() || pipeline == metadata.end()) {
    throw ModelError("it holds tensors, but not a text classifier of unroll");
  }
  if (std::ranges::find(kFormats, format->second) == kFormats.end()) {
    throw ModelError(
        fmt::format("its format is {}, this program reads formats {} to {}; use the version of "
                    "unroll that wrote it, or a later one",
                    format->second, kFormats.front(), kFormats.back()));
  }
  return parse_description(pipeline->second, format->second);
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

/// The tensors into which a file is read, by name.
class Places {
 public:
  template <typename Number>
  void add(const std::string& name, Tensor<Number>& tensor) {
    places_.emplace(name, &tensor);
  }

  /// The file's tensors are these: every one by name, type and exact shape, and no others.
  void check(const std::vector<TensorInfo>& tensors) const {
    for (const auto& [name, place] : places_) {
      const auto found = std::ranges::find(tensors, name, &TensorInfo::name);
      if (found == tensors.end()) throw ModelError(fmt::format("tensor {} is missing", name));
      std::visit([&](const auto* tensor) { check(*found, *tensor); }, place);
    }
    if (tensors.size() != places_.size()) {
      throw ModelError(
          fmt::format("it holds {} tensors, expected {}", tensors.size(), places_.size()));
    }
  }

  void read(SafetensorsReader& file) {
    check(file.tensors());
    for (const TensorInfo& info : file.tensors()) {
      std::visit([&](auto* tensor) { read_next(file, info.name, *tensor); }, places_.at(info.name));
    }
  }

 private:
  using Place = std::variant<Tensor<float>*, Tensor<BFloat16>*, Tensor<std::uint32_t>*>;

  static std::string_view type_name(NumberType type) {
    return type == NumberType::kFloat ? "F32" : type == NumberType::kBFloat16 ? "BF16" : "U32";
  }
  template <typename Number>
  static void check(const TensorInfo& info, const Tensor<Number>& tensor) {
    if (info.type == kNumberType<Number> && info.shape == tensor.shape()) return;
    throw ModelError(fmt::format("tensor {} is not {} of shape {}", info.name,
                                 type_name(kNumberType<Number>), to_string(tensor.shape())));
  }
  template <typename Number>
  static void read_next(SafetensorsReader& file, const std::string& name, Tensor<Number>& tensor) {
    file.read(tensor);
    if (has_finite(tensor)) return;
    throw ModelError(fmt::format(
        "tensor {} holds values that are not finite numbers; train the model anew", name));
  }
  static bool has_finite(const Tensor<float>& tensor) { return is_finite(tensor); }
  static bool has_finite(const Tensor<std::uint32_t>&) { return true; }
  /// Without an early end, which compilers do not vectorize.
  static bool has_finite(const Tensor<BFloat16>& tensor) {
    constexpr std::uint16_t kExponent = 0x7f80;
    return std::ranges::count_if(tensor.values(), [](BFloat16 value) {
             return (value.bits & kExponent) == kExponent;
           }) == 0;
  }

  std::map<std::string, Place> places_;
};

void add_places(const ParameterList<float>& parameters, Places& places) {
  for (Parameter<float>* parameter : parameters) places.add(parameter->name, parameter->value);
}

constexpr const char* kKeys = "ngrams.keys";

/// The tensors of an NgramClassifier with room for what the file has.
struct NgramTensors {
  NgramTensors(const std::vector<TensorInfo>& tensors, std::size_t labels, OutputKind output) {
    const auto found = std::ranges::find(tensors, kKeys, &TensorInfo::name);
    if (found == tensors.end()) throw ModelError(fmt::format("tensor {} is missing", kKeys));
    const std::size_t machines = kNgramModels.size() * machines_for(labels, output);
    keys.resize({found->shape.size()});
    idf.resize({keys.size()});
    W.resize({keys.size(), machines});
    b.resize({machines});
  }

  Tensor<std::uint32_t> keys;
  Tensor<float> idf;
  Tensor<BFloat16> W;
  Tensor<float> b;
};

template <typename Keys, typename Idf, typename Weights, typename Biases, typename Body>
void for_each_ngram_tensor(Keys& keys, Idf& idf, Weights& W, Biases& b, Body body) {
  body("ngrams.W", W);
  body("ngrams.b", b);
  body("ngrams.idf", idf);
  body(kKeys, keys);
}

NgramClassifier assemble(const NgramSettings& settings, NgramTensors tensors, std::size_t labels) {
  return NgramClassifier(settings, NgramIndex(std::move(tensors.keys)), labels,
                         std::move(tensors.idf), std::move(tensors.W), std::move(tensors.b));
}

TextClassifier without_weights(Description& description) {
  if (!description.config) {
    return TextClassifier(std::move(description.encoder), std::move(description.labels),
                          description.output);
  }
  return TextClassifier(std::move(description.encoder), std::move(description.labels),
                        *description.config);
}

TextClassifier read_classifier(SafetensorsReader& file) {
  Description description = read_description(file.take_metadata());
  release_freed_memory();  // of the JSON, before there is anything large
  if (description.config) refuse_larger(*description.config, count_values(file.tensors()));
  TextClassifier classifier = without_weights(description);
  classifier.notes = std::move(description.notes);
  Places places;
  if (classifier.has_network()) add_places(classifier.model().parameters(), places);
  std::optional<NgramTensors> ngrams;
  if (description.ngrams) {
    ngrams.emplace(file.tensors(), classifier.labels().size(), classifier.output());
    for_each_ngram_tensor(ngrams->keys, ngrams->idf, ngrams->W, ngrams->b,
                          [&](const char* name, auto& tensor) { places.add(name, tensor); });
  }
  places.read(file);
  file.finish();
  classifier.set_fusion({.network = description.network_weight});
  if (ngrams) {
    classifier.set_ngrams(
        assemble(description.ngrams->settings, std::move(*ngrams), classifier.labels().size()));
    classifier.set_fusion(description.ngrams->fusion);
  }
  return classifier;
}

/// One label for a text needs one output for it.
const SequenceClassifierConfig& checked(const SequenceClassifierConfig& config) {
  check_config(config);
  if (config.pool) return config;
  throw UsageError(
      "pool is none: a text classifier needs one, since it has one label for all steps of a text");
}

/// Whether the network takes part in the answers.
bool uses_network(const TextClassifier& classifier) {
  return classifier.has_network() &&
         (classifier.ngrams() == nullptr || classifier.fusion().network != 0);
}

/// Whether a network alone has a temperature, which a file then holds.
bool has_temperature(const TextClassifier& classifier) {
  return classifier.ngrams() == nullptr && classifier.fusion().network != 1;
}

/// What makes the classifier, besides its tensors.
Json pipeline_of(const TextClassifier& classifier) {
  Json pipeline = {{"encoder", Json::parse(classifier.encoder().to_json())},
                   {"labels", classifier.labels()},
                   {"model", nullptr}};
  if (uses_network(classifier)) {
    pipeline["model"] = Json::parse(to_json(classifier.model().config()));
  }
  if (has_temperature(classifier)) {
    pipeline["fusion"] = {{"network", classifier.fusion().network}};
  }
  if (const NgramClassifier* ngrams = classifier.ngrams()) {
    pipeline["ngrams"] = Json::parse(to_json(ngrams->settings(), classifier.fusion()));
    const std::size_t most_tokens = ngrams->settings().most_tokens;
    const bool is_format_2 = most_tokens == classifier.encoder().settings().max_tokens;
    if (!is_format_2) pipeline["ngrams"]["most_tokens"] = most_tokens;
  }
  if (classifier.has_any_number_of_labels()) pipeline["output"] = to_string(classifier.output());
  return pipeline;
}

std::map<std::string, std::string> metadata_of(const Json& pipeline) {
  const std::string_view format = pipeline.contains("output")                  ? kOutputFormat
                                  : !pipeline.contains("ngrams")               ? kFirstFormat
                                  : pipeline["ngrams"].contains("most_tokens") ? kNgramsFormat
                                                                               : kCutNgramsFormat;
  return {{kFormatKey, std::string(format)}, {kPipelineKey, pipeline.dump()}};
}

StoredTensors tensors_of(const TextClassifier& classifier) {
  StoredTensors tensors;
  if (uses_network(classifier)) {
    for (const Parameter<float>* parameter : classifier.model().parameters()) {
      tensors.emplace(parameter->name, parameter->value);
    }
  }
  if (const NgramClassifier* ngrams = classifier.ngrams()) {
    for_each_ngram_tensor(
        ngrams->index().keys(), ngrams->idf, ngrams->W, ngrams->b,
        [&](const char* name, const auto& tensor) { tensors.emplace(name, tensor); });
  }
  return tensors;
}

std::string major_version(const std::string& version) {
  return version.substr(0, version.find('.'));
}

}  // namespace

std::string to_json(const NgramSettings& settings, const FusionWeights& fusion) {
  Json json = {{"words", settings.words},
               {"least_letters", settings.least_letters},
               {"most_letters", settings.most_letters},
               {"unspaced", settings.unspaced},
               {"fusion",
                {{"network", fusion.network},
                 {"tf_idf", fusion.ngrams[0]},
                 {"naive_bayes", fusion.ngrams[1]}}}};
  if (fusion.bias != 0) json["fusion"]["bias"] = fusion.bias;
  return json.dump();
}

std::string_view to_string(OutputKind output) {
  switch (output) {
    case OutputKind::kSoftmax:
      return "softmax";
    case OutputKind::kSigmoid:
      return "sigmoid";
  }
  return "";
}

TextClassifier::TextClassifier(TextEncoder encoder, std::vector<std::string> labels,
                               const SequenceClassifierConfig& config)
    : encoder_(std::move(encoder)),
      labels_(std::move(labels)),
      output_(config.output),
      model_(checked(config)),
      fusion_{.network = 1} {}

TextClassifier::TextClassifier(TextEncoder encoder, std::vector<std::string> labels,
                               OutputKind output)
    : encoder_(std::move(encoder)), labels_(std::move(labels)), output_(output) {}

TextClassifier::~TextClassifier() = default;
TextClassifier::TextClassifier(TextClassifier&&) noexcept = default;
TextClassifier& TextClassifier::operator=(TextClassifier&&) noexcept = default;

SequenceClassifier<float>& TextClassifier::model() {
  return const_cast<SequenceClassifier<float>&>(std::as_const(*this).model());
}

const SequenceClassifier<float>& TextClassifier::model() const {
  if (model_) return *model_;
  throw UsageError(
      "the model has no recurrent network: it is a linear model of n-grams alone; train one with a "
      "recurrent cell");
}

void TextClassifier::drop_network() {
  if (!ngrams_) throw UsageError("a classifier without n-grams needs its network");
  model_.reset();
  fusion_.network = 0;
}

void TextClassifier::set_ngrams(NgramClassifier ngrams) {
  if (ngrams.labels() != labels_.size()) {
    throw UsageError(fmt::format("the linear model has {} labels, the classifier {}",
                                 ngrams.labels(), labels_.size()));
  }
  ngrams_ = std::make_unique<NgramClassifier>(std::move(ngrams));
  fusion_ = {};
}

namespace {

TextClassifier read_named(SafetensorsReader& file, const std::filesystem::path& name) {
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

std::map<std::string, std::string> metadata_with_notes(const TextClassifier& classifier) {
  Json pipeline = pipeline_of(classifier);
  pipeline["notes"] = classifier.notes;
  return metadata_of(pipeline);
}

}  // namespace

std::filesystem::path TextClassifier::file_of(const std::filesystem::path& path) {
  return std::filesystem::is_directory(path) ? path / kFileName : path;
}

TextClassifier TextClassifier::load(const std::filesystem::path& path) {
  const std::filesystem::path name = file_of(path);
  SafetensorsReader file(name);
  return read_named(file, name);
}

TextClassifier TextClassifier::from_bytes(std::string_view bytes) {
  const std::filesystem::path name = "model in memory";
  SafetensorsReader file(InputFile::of_memory(bytes, name));
  return read_named(file, name);
}

void TextClassifier::save(const std::filesystem::path& folder) const {
  make_folder(folder);
  write_safetensors(folder / kFileName, metadata_with_notes(*this), tensors_of(*this));
}

std::string TextClassifier::to_bytes() const {
  return safetensors_bytes(metadata_with_notes(*this), tensors_of(*this));
}

std::string TextClassifier::hash() const {
  return safetensors_checksum(metadata_of(pipeline_of(*this)), tensors_of(*this));
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
  if (model_) {
    for (const Parameter<float>* parameter : model().parameters()) {
      bytes += parameter->value.size() * sizeof(float);
    }
  }
  if (ngrams_) {
    for_each_ngram_tensor(
        ngrams_->index().keys(), ngrams_->idf, ngrams_->W, ngrams_->b,
        [&](const char*, const auto& tensor) { bytes += StoredTensor(tensor).bytes.size(); });
  }
  return bytes;
}

std::int32_t TextClassifier::label_number(std::string_view label) const {
  const auto found = std::lower_bound(labels_.begin(), labels_.end(), label);
  if (found == labels_.end() || *found != label) return -1;
  return static_cast<std::int32_t>(found - labels_.begin());
}

}  // namespace unroll
