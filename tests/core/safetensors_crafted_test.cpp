// Headers that somebody made up, with a checksum that holds: each is refused for what it says.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/core/model_bytes.h"
#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

/// Behind the checksum's digits: the end of the metadata, then these tensors.
std::string with_tensors(const std::string& tensors) {
  return "\"}," + tensors + "}";
}

std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"("t":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}";
}

const std::string kData(16, '\1');

void expect_refused(const std::string& json, const std::string& reason) {
  const std::string message = outcome(sealed(json, kData));
  EXPECT_NE(message.find(reason), std::string::npos) << json.substr(0, 300) << "\n" << message;
}

void expect_tensor_refused(const std::string& t, const std::string& reason) {
  expect_refused(with_tensors(t), reason);
}

TEST(CraftedModel, IsReadWhereItIsCorrect) {
  EXPECT_EQ(outcome(sealed(with_tensors(tensor(R"("F32")", "[4]", "[0,16]")), kData)), kSuccess);
  EXPECT_EQ(outcome(sealed(with_tensors(tensor(R"("F64")", "[2,1]", "[0,16]")), kData)), kSuccess);
}

TEST(CraftedModel, MayHaveItsDataAtAnyAddress) {
  for (std::size_t blanks = 0; blanks < 9; ++blanks) {
    const std::string json = with_tensors(tensor(R"("F64")", "[2]", "[0,16]"));
    EXPECT_EQ(outcome(sealed(json + std::string(blanks, ' '), kData)), kSuccess) << blanks;
  }
}

TEST(CraftedModel, MayHaveTensorsInAnyOrderOfTheHeader) {
  const std::string b = R"("b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)";
  const std::string json =
      with_tensors(b + R"("a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]})");
  EXPECT_EQ(outcome(sealed(json, kData)), kSuccess);
}

TEST(CraftedModel, IsRefusedForAWrongHeaderLength) {
  const std::string json = with_tensors(tensor(R"("F32")", "[4]", "[0,16]"));
  const std::uint64_t right = kModelPrefix.size() + kDigitCount + json.size();
  EXPECT_EQ(outcome(sealed(right, json, kData)), kSuccess);
  for (std::uint64_t wrong :
       {std::uint64_t{0}, std::uint64_t{1}, right - 1, right + 1, right + 16, right + 17,
        std::uint64_t{1} << 32, std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{7}}) {
    const std::string message = outcome(sealed(wrong, json, kData));
    EXPECT_NE(message.find("the header"), std::string::npos) << wrong << ": " << message;
  }
}

TEST(CraftedModel, IsRefusedForAHeaderOverTheLimit) {
  // A file with a hole: it has the length, but no disk is needed for it.
  const TempFolder folder;
  std::ofstream(folder.file("model"), std::ios::binary)
      << std::string("\x01\xe1\xf5\x05\0\0\0\0{", 9);  // 100'000'001
  std::filesystem::resize_file(folder.file("model"), 101'000'000);
  EXPECT_THROW(read_safetensors(folder.file("model"), Checksum::kIgnored), ModelError);
}

TEST(CraftedModel, IsRefusedForWhatIsNotJson) {
  expect_refused("\"}}", "belong to no tensor");
  expect_refused("\"", "not valid JSON");
  expect_refused("\"},", "not valid JSON");
  expect_refused("\"}} {}", "not valid JSON");
  expect_refused("\"},\"\xff\":{}}", "not valid JSON");
  expect_refused("\"},\"t\":1e999}", "not valid JSON");
  expect_refused("\"},\"t\":NaN}", "not valid JSON");
  expect_refused(std::string("\"}}\0x", 5), "zero byte");
}

TEST(CraftedModel, IsRefusedForMetadataThatIsNotText) {
  expect_refused("\",\"a\":1}}", "is not a text");
  expect_refused("\",\"a\":null}}", "is not a text");
  expect_refused("\",\"a\":{}}}", "nested too deeply");
}

TEST(CraftedModel, IsRefusedForRepeatedKeys) {
  const std::string t = tensor(R"("F32")", "[4]", "[0,16]");
  expect_tensor_refused(t + "," + t, "\"t\" twice");
  expect_refused(R"(","checksum":"other"}})", "\"checksum\" twice");
  expect_refused(R"("},"__metadata__":{}})", "\"__metadata__\" twice");
  expect_tensor_refused(R"("t":{"dtype":"F32","dtype":"F64","shape":[4],"data_offsets":[0,16]})",
                        "\"dtype\" twice");
}

TEST(CraftedModel, IsRefusedForDeepNesting) {
  constexpr std::size_t kDepth = 5'000'000;
  expect_tensor_refused("\"t\":" + std::string(kDepth, '['), "list");
  std::string objects;
  for (std::size_t i = 0; i < kDepth / 10; ++i) objects += "{\"t\":";
  expect_tensor_refused("\"t\":" + objects, "nested too deeply");
  expect_tensor_refused(tensor("\"F32\"", std::string(kDepth, '['), "[0,16]"), "list");
}

TEST(CraftedModel, IsRefusedForLongLists) {
  std::string shape = "[1";
  for (int i = 0; i < 1'000'000; ++i) shape += ",1";
  expect_tensor_refused(tensor("\"F32\"", shape + "]", "[0,16]"), "more than 4");
  expect_tensor_refused(tensor("\"F32\"", "[1,1,1,1,4]", "[0,16]"), "more than 4");
}

TEST(CraftedModel, IsRefusedForTensorsThatAreNotDescribed) {
  for (const char* t :
       {"\"t\":1", "\"t\":null", "\"t\":\"F32\"", "\"t\":{}", R"("t":{"dtype":"F32","shape":[4]})",
        R"("t":{"dtype":"F32","shape":[4],"offsets":[0,16]})",
        R"("t":{"dtype":"F32","shape":[4],"data_offsets":[0,16],"more":1})"}) {
    expect_tensor_refused(t, "expected dtype, shape and data_offsets");
  }
}

TEST(CraftedModel, IsRefusedForOtherDtypesByName) {
  for (const char* dtype : {"\"F16\"", "\"F8_E4M3\"", "\"I64\"", "\"f32\"", "\"\"", "32", "null"}) {
    const std::string reason = std::string("tensor \"t\": dtype ") + dtype;
    expect_tensor_refused(tensor(dtype, "[4]", "[0,16]"), reason);
  }
}

TEST(CraftedModel, IsRefusedForSizesThatAreNone) {
  for (const char* size : {"-4", "-0", "4.0", "4e0", "\"4\"", "null", "true",
                           "18446744073709551616", "-9223372036854775809"}) {
    expect_tensor_refused(tensor("\"F32\"", "[" + std::string(size) + "]", "[0,16]"),
                          "is not a size");
    expect_tensor_refused(tensor("\"F32\"", "[4]", "[" + std::string(size) + ",16]"),
                          "is not a size");
  }
  expect_tensor_refused(tensor("\"F32\"", "4", "[0,16]"), "is not a list");
  expect_tensor_refused(tensor("\"F32\"", "[4]", "16"), "is not a list");
}

TEST(CraftedModel, IsRefusedForShapesThatOverflow) {
  for (const char* shape :
       {"[18446744073709551615]", "[4611686018427387904]", "[4611686018427387908]",
        "[4294967296,4294967296]", "[4294967296,4294967296,0]", "[65536,65536,65536,65536]",
        "[9223372036854775808,2]", "[2305843009213693952]"}) {
    expect_tensor_refused(tensor("\"F32\"", shape, "[0,16]"), "is too large");
    expect_tensor_refused(tensor("\"F64\"", shape, "[0,0]"), "is too large");
  }
}

TEST(CraftedModel, IsRefusedForShapesThatDoNotFitTheirData) {
  for (const char* shape : {"[3]", "[5]", "[0]", "[4,4]", "[1000000000000]"}) {
    expect_tensor_refused(tensor("\"F32\"", shape, "[0,16]"), "does not fit");
  }
  expect_tensor_refused(tensor("\"F64\"", "[4]", "[0,16]"), "does not fit");
  expect_tensor_refused(tensor("\"F32\"", "[]", "[0,16]"), "the shape is empty");
}

TEST(CraftedModel, IsRefusedForOffsetsOutsideTheData) {
  for (const char* offsets : {"[0,17]", "[16,0]", "[16,32]", "[0,18446744073709551615]",
                              "[18446744073709551615,15]", "[18446744073709551600,0]"}) {
    expect_tensor_refused(tensor("\"F32\"", "[4]", offsets), "are outside the 16 bytes");
  }
  for (const char* offsets : {"[]", "[0]", "[0,16,16]"}) {
    expect_tensor_refused(tensor("\"F32\"", "[4]", offsets), "is not a pair");
  }
}

TEST(CraftedModel, IsRefusedForOverlapsAndGaps) {
  const auto two = [](const std::string& a, const std::string& b) {
    return R"("a":{"dtype":"F32",)" + a + R"(},"b":{"dtype":"F32",)" + b + "}";
  };
  const std::string first = R"("shape":[2],"data_offsets":[0,8])";
  expect_tensor_refused(two(first, R"("shape":[3],"data_offsets":[4,16])"), "\"b\": begins at 4");
  expect_tensor_refused(two(first, first), "begins at 0");
  expect_tensor_refused(two(first, R"("shape":[1],"data_offsets":[12,16])"), "\"b\": begins at 12");
  expect_tensor_refused(two(first, R"("shape":[1],"data_offsets":[8,12])"), "last 4 bytes");
  expect_tensor_refused(two(first, R"("shape":[0],"data_offsets":[4,4])"), "begins at");
  expect_tensor_refused(tensor("\"F32\"", "[3]", "[4,16]"), "begins at 4");
}

TEST(CraftedModel, IsRefusedForAHeaderThatIsNoObject) {
  const auto raw = [](std::string_view json) {
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(json.size());
    return outcome(bytes.append(json), Checksum::kIgnored);
  };
  EXPECT_EQ(raw("{}"), kSuccess);
  for (const char* json : {"", "[]", "1", "null", " {}", "\xef\xbb\xbf{}"}) {
    EXPECT_NE(raw(json).find("does not begin with '{'"), std::string::npos) << json;
  }
  EXPECT_NE(raw(R"({"__metadata__":[]})").find("list"), std::string::npos);
  EXPECT_NE(raw(R"({"__metadata__":1})").find("not an object"), std::string::npos);
}

TEST(CraftedModel, NamesAreQuotedInMessages) {
  const std::string t = R"("\u001b[2J":{"dtype":"F16","shape":[4],"data_offsets":[0,16]})";
  expect_tensor_refused(t, R"(tensor "\u001b[2J")");
}

}  // namespace
}  // namespace unroll
