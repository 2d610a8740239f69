// Classifies each line of standard input with a model that `unroll train` made.
//
//     classify_text RUN < texts.txt

#include <exception>
#include <iostream>
#include <string>

#include "unroll/unroll.h"

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: classify_text RUN < texts.txt\n";
    return 2;
  }
  const auto predictor = unroll::TextPredictor::load(argv[1]);
  for (std::string line; std::getline(std::cin, line);) {
    const unroll::Prediction prediction = predictor.predict(line);
    std::cout << prediction.label << '\t' << prediction.probability << '\n';
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "classify_text: " << error.what() << '\n';
  return 1;
}
