/// UTF-8 in another encoding, for tests.
#pragma once

#include <gtest/gtest.h>
#include <unicode/ucnv.h>

#include <string>
#include <string_view>

namespace unroll {

inline std::string encoded(std::string_view text, const char* encoding) {
  UErrorCode error = U_ZERO_ERROR;
  std::string bytes(4 * text.size() + 16, '\0');
  const int32_t size =
      ucnv_convert(encoding, "UTF-8", bytes.data(), static_cast<int32_t>(bytes.size()), text.data(),
                   static_cast<int32_t>(text.size()), &error);
  EXPECT_TRUE(U_SUCCESS(error)) << encoding;
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

}  // namespace unroll
