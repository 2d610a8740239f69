#include <fmt/format.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/tools/classifier/text_predictor.h"
#include "unroll/tools/python/arrays.h"
#include "unroll/tools/python/bindings.h"
#include "unroll/tools/python/texts.h"

namespace unroll {

std::string text_of(py::handle item, const char* name, std::size_t index) {
  if (PyUnicode_Check(item.ptr()) == 0) {
    throw py::type_error(
        fmt::format("{}[{}] is {}, expected str", name, index, Py_TYPE(item.ptr())->tp_name));
  }
  const auto bytes = py::reinterpret_steal<py::bytes>(PyUnicode_AsUTF8String(item.ptr()));
  if (bytes) return bytes;
  PyErr_Clear();
  throw DataError(
      fmt::format("{}[{}] holds half a surrogate pair, which is no character", name, index));
}

namespace {

/// Signals are looked at after so many texts.
constexpr std::size_t kTextsAtOnce = 2048;

/// The predictions of some texts: the number of each one's most probable label, and a row of
/// probabilities for each.
struct Answers {
  std::vector<std::int32_t> labels;
  Tensor<float> probabilities;
};

void predict_part(const TextPredictor& predictor, const std::vector<std::string>& texts,
                  std::size_t first, Answers& answers) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::vector<Prediction> predictions = predictor.predict(std::span(views));
  for (std::size_t k = 0; k < predictions.size(); ++k) {
    answers.labels[first + k] = predictor.classifier().label_number(predictions[k].label);
    std::ranges::copy(predictions[k].probabilities,
                      answers.probabilities.matrix().row(first + k).begin());
  }
}

/// Others may run Python meanwhile.
py::tuple predict_texts(const TextPredictor& predictor, const py::tuple& texts) {
  const std::size_t count = texts.size();
  Answers answers{.labels = std::vector<std::int32_t>(count),
                  .probabilities = Tensor<float>({count, predictor.labels().size()})};
  std::vector<std::string> part;
  for (std::size_t first = 0; first < count; first += part.size()) {
    part.clear();
    for (std::size_t k = first; k < std::min(count, first + kTextsAtOnce); ++k) {
      part.push_back(text_of(texts[k], "texts", k));
    }
    {
      const py::gil_scoped_release others;
      predict_part(predictor, part, first, answers);
    }
    check_signals();
  }
  return py::make_tuple(std::move(answers.labels), Array<float>(std::move(answers.probabilities)));
}

/// What labels_of says of each row of probabilities.
std::vector<std::vector<std::string>> labels_of_texts(const TextPredictor& predictor,
                                                      const Array<float>& probabilities,
                                                      double threshold) {
  const auto columns = static_cast<std::size_t>(probabilities.shape[1]);
  std::vector<std::vector<std::string>> result;
  for (py::ssize_t row = 0; row < probabilities.shape[0]; ++row) {
    const float* const begin = probabilities.data.get() + static_cast<std::size_t>(row) * columns;
    Prediction prediction;
    prediction.probabilities.assign(begin, begin + columns);
    prediction.probability = static_cast<double>(std::ranges::max(prediction.probabilities));
    const auto labels = predictor.labels_of(prediction, threshold);
    result.emplace_back(labels.begin(), labels.end());
  }
  return result;
}

std::unique_ptr<TextPredictor> loaded(const std::filesystem::path& path) {
  const py::gil_scoped_release others;
  return std::make_unique<TextPredictor>(TextPredictor::load(path));
}

std::unique_ptr<TextPredictor> from_bytes(const py::bytes& bytes) {
  const std::string_view view = bytes;
  const py::gil_scoped_release others;
  return std::make_unique<TextPredictor>(TextClassifier::from_bytes(view));
}

}  // namespace

void bind_model(py::module_& module) {
  py::class_<TextPredictor>(module, "Predictor")
      .def_static("load", [](const std::string& path) { return loaded(path); })
      .def_static("from_bytes", &from_bytes)
      .def("to_bytes",
           [](const TextPredictor& self) { return py::bytes(self.classifier().to_bytes()); })
      .def(
          "save",
          [](const TextPredictor& self, const std::string& folder) {
            self.classifier().save(folder);
          },
          py::call_guard<py::gil_scoped_release>())
      .def("predict", &predict_texts)
      .def("labels_of", &labels_of_texts)
      .def("labels", [](const TextPredictor& self) { return self.labels(); })
      .def("has_any_number_of_labels",
           [](const TextPredictor& self) { return self.classifier().has_any_number_of_labels(); })
      .def("hash", [](const TextPredictor& self) { return self.classifier().hash(); })
      .def("notes", [](const TextPredictor& self) { return self.classifier().notes; })
      .def("warning", [](const TextPredictor& self) { return self.classifier().icu_warning(); });
}

}  // namespace unroll
