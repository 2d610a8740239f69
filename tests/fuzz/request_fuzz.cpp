// The body of a request to the server: whatever it is, it is refused with a reason, or its texts
// are UTF-8 and its answer is JSON with a result for each.
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/fuzz/target.h"
#include "tests/tools/small_classifier.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/server/prediction_api.h"

using namespace unroll;

namespace {

const TextPredictor& predictor() {
  static const TextPredictor one(test::small_classifier());
  return one;
}

void check(const PredictionRequest& request) {
  for (const std::string& text : request.texts) require(!invalid_utf8(text), "texts are UTF-8");
  const std::vector<std::string_view> views(request.texts.begin(), request.texts.end());
  const auto answer = nlohmann::json::parse(
      prediction_answer(request, predictor(), predictor().predict(std::span(views))));
  require(request.is_one ? answer.contains("label") : answer.at("results").size() == views.size(),
          "each text has a result");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    check(parse_prediction_request(text_of(data, size)));
  } catch (const DataError& error) {
    require(!invalid_utf8(error_answer(error.what())), "an error's answer is UTF-8");
    require(nlohmann::json::parse(error_answer(error.what())).contains("error"), "and JSON");
  }
  return 0;
}
