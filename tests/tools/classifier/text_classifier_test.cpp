#include "unroll/tools/classifier/text_classifier.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/temp_folder.h"
#include "tests/tools/small_classifier.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/random.h"
#include "unroll/core/safetensors.h"
#include "unroll/text/unicode.h"

namespace unroll {
namespace {

using test::small_classifier;

void expect_in(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(TextClassifier, SavesTheSameBytesAgain) {
  const TempFolder a, b;
  small_classifier().save(a.path());
  TextClassifier::load(a.path()).save(b.path());
  const auto read = [](const TempFolder& folder) {
    return read_safetensors(folder.path() / TextClassifier::kFileName);
  };
  EXPECT_EQ(read(a).metadata, read(b).metadata);
}

TEST(TextClassifier, IsInMemoryWhatItIsInItsFile) {
  const TempFolder folder;
  small_classifier().save(folder.path());
  const std::string bytes = small_classifier().to_bytes();
  EXPECT_EQ(read_file(folder.file("model.safetensors")), bytes);
  EXPECT_EQ(TextClassifier::from_bytes(bytes).to_bytes(), bytes);
  EXPECT_THROW(TextClassifier::from_bytes(bytes.substr(0, 40)), ModelError);
  EXPECT_THROW(TextClassifier::from_bytes(""), ModelError);
}

TEST(TextClassifier, KeepsTheRulesOfItsFile) {
  const std::string first = UNROLL_TEST_DATA "/versions/rules-1-icu.safetensors";
  const TempFolder again;
  TextClassifier::load(first).save(again.path());
  EXPECT_EQ(read_file(again.file("model.safetensors")), read_file(first));
}

TEST(TextClassifier, HasAHashOfWeightsAndPipelineButNotOfNotes) {
  const std::string hash = small_classifier().hash();
  EXPECT_EQ(hash.size(), 32u);
  TextClassifier other = small_classifier();
  other.notes["train"] = "elsewhere.tsv";
  EXPECT_EQ(other.hash(), hash);
  other.model().parameters().back()->value[0] += 1;
  EXPECT_NE(other.hash(), hash);
  const TextClassifier renamed(other.encoder(), {"a", "b", "c"}, other.model().config());
  const TextClassifier zeros(other.encoder(), other.labels(), other.model().config());
  EXPECT_NE(renamed.hash(), zeros.hash());
}

TEST(TextClassifier, KeepsATemperatureInItsFileAndHash) {
  const TempFolder folder;
  TextClassifier classifier = small_classifier();
  const std::string hash = classifier.hash();
  classifier.set_fusion({.network = 0.3});
  EXPECT_NE(classifier.hash(), hash);
  classifier.save(folder.path());
  TextClassifier loaded = TextClassifier::load(folder.path());
  EXPECT_EQ(loaded.fusion().network, 0.3);
  EXPECT_EQ(loaded.hash(), classifier.hash());
  loaded.set_fusion({.network = 1});
  EXPECT_EQ(loaded.hash(), hash) << "without a temperature it is the model of earlier programs";
}

TEST(TextClassifier, OfAnEarlierProgramHasTheTemperatureOne) {
  const auto model = TextClassifier::load(UNROLL_TEST_DATA "/versions/rules-1-icu.safetensors");
  EXPECT_EQ(model.fusion().network, 1);
}

TEST(TextClassifier, KeepsItsHashInAFile) {
  const TempFolder folder;
  small_classifier().save(folder.path());
  EXPECT_EQ(TextClassifier::load(folder.path()).hash(), small_classifier().hash());
}

/// The warning of a classifier that this version of ICU trained.
std::optional<std::string> icu_warning(TokenizerKind kind, const std::string& version) {
  EncoderSettings settings;
  settings.tokenizer.kind = kind;
  TextClassifier classifier(TextEncoder(settings, Vocabulary()), {"a", "b"},
                            small_classifier().model().config());
  classifier.notes[TextClassifier::kIcuNote] = version;
  return classifier.icu_warning();
}

TEST(TextClassifier, WarnsIfAnotherIcuCutTheTextsOfTraining) {
  const std::string major = icu_version().substr(0, icu_version().find('.'));
  EXPECT_EQ(icu_warning(TokenizerKind::kIcu, icu_version()), std::nullopt);
  EXPECT_EQ(icu_warning(TokenizerKind::kIcu, major + ".99"), std::nullopt);
  expect_in("trained with ICU 60, this is " + major + ": words of Chinese, Japanese, Thai … may be",
            icu_warning(TokenizerKind::kIcu, "60.1").value_or(""));
}

TEST(TextClassifier, DoesNotWarnWhereIcuDoesNotCutOrIsNotNamed) {
  EXPECT_EQ(icu_warning(TokenizerKind::kChar, "60.1"), std::nullopt);
  EXPECT_EQ(icu_warning(TokenizerKind::kSpace, "60.1"), std::nullopt);
  EXPECT_EQ(small_classifier().icu_warning(), std::nullopt);
}

/// The message of the error that loading this file gives.
std::string load_error(const std::filesystem::path& path) {
  try {
    TextClassifier::load(path);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TextClassifier, WithAWeightThatIsNotFiniteIsNotLoaded) {
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    const TempFolder folder;
    TextClassifier classifier = small_classifier();
    Parameter<float>* last = classifier.model().parameters().back();
    last->value[last->value.size() - 1] = value;
    classifier.save(folder.path());
    expect_in("tensor " + last->name + " holds values that are not finite",
              load_error(folder.path()));
  }
}

TEST(TextClassifier, FileHasAtLeastTheBytesItSaysBeforehand) {
  const TempFolder folder;
  const TextClassifier classifier = small_classifier();
  classifier.save(folder.path());
  const auto bytes = std::filesystem::file_size(folder.file("model.safetensors"));
  EXPECT_LE(classifier.least_file_bytes(), bytes);
  EXPECT_GE(classifier.least_file_bytes() + 4096, bytes);
}

TEST(TextClassifier, NeverLoadsADamagedFile) {
  const TempFolder folder;
  small_classifier().save(folder.path());
  const auto file = folder.file("model.safetensors");
  const std::string good = read_file(file);
  Random random(1, "damage");
  for (int trial = 0; trial < 1000; ++trial) {
    std::string bad = good;
    if (trial % 4 == 0) {
      bad.resize(random.below(good.size()));
    } else {
      bad[random.below(good.size())] ^= static_cast<char>(1 << random.below(8));
    }
    folder.write("model.safetensors", bad);
    expect_in("checksum", load_error(folder.path()));
  }
}

TEST(TextClassifier, RefusesAFileOfTensorsThatIsNoClassifier) {
  const TempFolder folder;
  write_safetensors<float>(folder.file("model.safetensors"), {}, {});
  expect_in("not a text classifier of unroll", load_error(folder.path()));
}

/// Loads a file whose checksum is right, but whose content was changed.
template <typename Change>
std::string changed_error(Change change) {
  const TempFolder folder;
  small_classifier().save(folder.path());
  Safetensors file = read_safetensors(folder.file("model.safetensors"));
  change(file);
  TensorsByName<float> tensors;
  for (const auto& [name, tensor] : file.tensors) tensors[name] = &std::get<Tensor<float>>(tensor);
  write_safetensors<float>(folder.file("model.safetensors"), file.metadata, tensors);
  return load_error(folder.path());
}

TEST(TextClassifier, RefusesALaterFormat) {
  expect_in("format is 99",
            changed_error([](Safetensors& file) { file.metadata["unroll.format"] = "99"; }));
}

TEST(TextClassifier, RefusesMissingAndSuperfluousAndMisshapenTensors) {
  expect_in("tensor output.V is missing",
            changed_error([](Safetensors& file) { file.tensors.erase("output.V"); }));
  expect_in("it holds 10 tensors, expected 9",
            changed_error([](Safetensors& file) { file.tensors["more"] = Tensor<float>({1}); }));
  expect_in("tensor output.c is not F32 of shape 3", changed_error([](Safetensors& file) {
              file.tensors["output.c"] = Tensor<float>({4});
            }));
}

TEST(TextClassifier, AsksForNoMemoryThatItsFileDoesNotFill) {
  const std::string message = changed_error([](Safetensors& file) {
    std::string& pipeline = file.metadata["unroll.pipeline"];
    const std::string hidden = "\"hidden\":5";
    pipeline.replace(pipeline.find(hidden), hidden.size(), "\"hidden\":65536");
  });
  expect_in("its configuration asks for", message);
}

TEST(TextClassifier, HasNoGradientsWhenItIsLoaded) {
  const TempFolder folder;
  small_classifier().save(folder.path());
  TextClassifier loaded = TextClassifier::load(folder.path());
  for (const Parameter<float>* parameter : loaded.model().parameters()) {
    EXPECT_TRUE(parameter->grad.empty()) << parameter->name;
  }
}

TEST(TextClassifier, IsLoadedFromAPipe) {
  const TempFolder folder;
  small_classifier().save(folder.path());
  const std::string content = read_file(folder.file("model.safetensors"));
  const std::string pipe = folder.file("pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::size_t length : {content.size(), content.size() - 1}) {
    std::thread writer([&] { std::ofstream(pipe).write(content.data(), std::streamsize(length)); });
    if (length == content.size()) {
      EXPECT_EQ(TextClassifier::load(pipe).hash(), small_classifier().hash());
    } else {
      expect_in("checksum error", load_error(pipe));
    }
    writer.join();
  }
}

TEST(TextClassifier, NeedsAPoolAndAConfigurationThatAFileMayHave) {
  const auto make = [](const SequenceClassifierConfig& config) {
    TextClassifier(TextEncoder(), {"a", "b"}, config);
  };
  const SequenceClassifierConfig good{.vocabulary = 1, .classes = 2, .embedding = 2, .hidden = 2};
  EXPECT_NO_THROW(make(good));
  SequenceClassifierConfig config = good;
  config.pool = std::nullopt;
  EXPECT_THROW(make(config), UsageError);
  config = good;
  config.embedding = (1 << 16) + 1;
  EXPECT_THROW(make(config), UsageError);
}

TEST(TextClassifier, RefusesAPipelineItDidNotWrite) {
  const auto with = [](const std::string& from, const std::string& to) {
    return changed_error([&](Safetensors& file) {
      std::string& pipeline = file.metadata["unroll.pipeline"];
      pipeline.replace(pipeline.find(from), from.size(), to);
    });
  };
  expect_in("model.safetensors", with("{\"encoder\"", "[\"encoder\""));
  expect_in("model.safetensors", with("\"labels\"", "\"names\""));
  expect_in("byte order", with("[\"neg\",\"neu\",\"pos\"]", "[\"pos\",\"neu\",\"neg\"]"));
  expect_in("hidden", with("\"hidden\":5", "\"hidden\":0"));
  expect_in("pool is none", with("\"pool\":\"max\"", "\"pool\":\"none\""));
  const auto with_fusion = [&](const std::string& fusion) {
    return with("\"notes\"", "\"fusion\":" + fusion + ",\"notes\"");
  };
  expect_in("weight is -1", with_fusion("{\"network\":-1}"));
  expect_in("weight is 0", with_fusion("{\"network\":0}"));
  expect_in("not a model", with_fusion("{\"network\":\"warm\"}"));
  expect_in("two vocabularies", with("]]},\"labels\"", "]],\"vocabulary\":[]},\"labels\""));
}

}  // namespace
}  // namespace unroll
