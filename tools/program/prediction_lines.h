/// Lines of `unroll predict`: one for each text, in the form that was asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {

struct AnswerForm {
  enum class Kind : std::uint8_t {
    kLabel,   ///< the label, or with `top` or `probabilities` pairs of label and probability
    kJson,    ///< a JSON object
    kAppend,  ///< the input's columns and such pairs, as TSV
    kJsonl,   ///< the input's columns with "prediction", the object of kJson
  };
  Kind kind = Kind::kLabel;
  std::size_t top = 0;         ///< 0: only the label
  bool probabilities = false;  ///< with the label
};

/// `input`: the input's columns, in kAppend as TSV, in kJsonl as a JSON object.
std::string answer_line(std::span<const std::string> labels, const Prediction& prediction,
                        std::string_view input, const AnswerForm& form);

/// What keeps the lines in step where a text can't be read: nothing, or in JSON the error.
std::string error_line(std::string_view error, const AnswerForm& form);

/// The first line of kAppend.
std::string append_header(std::span<const std::string> columns, const AnswerForm& form);

}  // namespace unroll
