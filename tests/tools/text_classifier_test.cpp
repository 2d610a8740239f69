#include "unroll/tools/text_classifier.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <string>

#include "tests/support/temp_folder.h"
#include "tests/tools/small_classifier.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/random.h"
#include "unroll/core/safetensors.h"

namespace unroll {
namespace {

using test::small_classifier;

TEST(TextClassifier, SavesTheSameBytesAgain) {
  const TempFolder a, b;
  small_classifier().save(a.path());
  TextClassifier::load(a.path()).save(b.path());
  const auto read = [](const TempFolder& folder) {
    return read_safetensors(folder.path() / TextClassifier::kFileName);
  };
  EXPECT_EQ(read(a).metadata, read(b).metadata);
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

void expect_in(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
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
  expect_in("format is 2",
            changed_error([](Safetensors& file) { file.metadata["unroll.format"] = "2"; }));
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
}

}  // namespace
}  // namespace unroll
