/// Lines of `unroll predict`: one for each text, in the form that was asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {

struct AnswerForm {
  enum class Kind : std::uint8_t {
    kLabel,   ///< the label, or several with tabs between; with `top` or `probabilities` pairs of
              ///< label and probability
    kJson,    ///< a JSON object
    kAppend,  ///< the input's columns and such pairs, as TSV
    kJsonl,   ///< the input's columns with "prediction", the object of kJson
  };
  Kind kind = Kind::kLabel;
  std::size_t top = 0;         ///< 0: only the label, or the labels
  bool probabilities = false;  ///< with the label
  /// Less probable labels are left out; none: labels of which a text has any number have
  /// TextPredictor::kThreshold, and the one label that a text has is told however probable it is.
  std::optional<double> threshold = {};
  /// What is between labels in a column of kAppend, and between their probabilities.
  std::string separator = ",";
};

/// The key of kJsonl's answer; an input that has it already gets "prediction_2", or the next one
/// that is free.
inline constexpr std::string_view kAnswerKey = "prediction";
std::string answer_key(std::string_view input);

/// `input`: the input's columns, in kAppend as TSV, in kJsonl as a JSON object.
std::string answer_line(const TextPredictor& predictor, const Prediction& prediction,
                        std::string_view input, const AnswerForm& form);

/// What keeps the lines in step where a text can't be read: nothing, or in JSON the error.
std::string error_line(std::string_view error, const AnswerForm& form);

/// The first line of kAppend. `has_sets`: texts of the model have any number of labels.
std::string append_header(std::span<const std::string> columns, bool has_sets,
                          const AnswerForm& form);

}  // namespace unroll
