#include <cstdio>
#include <iostream>
#include <string>

#include "unroll/tools/classifier/text_predictor.h"

int main(int, char** arguments) {
  const auto predictor = unroll::TextPredictor::load(arguments[1]);
  for (std::string text; std::getline(std::cin, text);) {
    const unroll::Prediction prediction = predictor.predict(text);
    std::printf("%s\t%.6f\n", prediction.label.c_str(), prediction.probability);
  }
}
