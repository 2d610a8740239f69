// Trains a classifier on texts that are in memory already, watches it, uses it, and saves it.
//
//     train_in_memory FOLDER

#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "unroll/unroll.h"

namespace {

/// Short opinions: who says "warm" likes it, who says "cold" does not.
std::vector<unroll::Record> opinions(std::size_t count) {
  const char* const things[] = {"room", "soup", "staff", "bed", "tea"};
  std::vector<unroll::Record> records;
  for (std::size_t n = 0; n < count; ++n) {
    const std::string thing = things[n / 2 % 5];
    if (n % 2 == 0) records.push_back({"the " + thing + " was warm and kind", "good"});
    if (n % 2 == 1) records.push_back({"the " + thing + " was cold and rude", "bad"});
  }
  return records;
}

}  // namespace

int main(int argc, char** argv) try {
  unroll::set_thread_count(1);
  unroll::TrainClassifierOptions options;
  options.model.embedding = 16;
  options.model.hidden = 16;
  options.epochs = 5;
  unroll::ClassifierObserver observer;
  observer.epoch = [](const unroll::EpochReport& report, const unroll::DevScore& dev,
                      unroll::TextClassifier&) {
    std::cout << "epoch " << report.epoch << ": loss " << report.mean_loss << ", dev accuracy "
              << dev.accuracy << '\n';
  };
  unroll::TrainedClassifier trained =
      unroll::train_classifier(opinions(200), opinions(20), options, observer);
  if (argc == 2) trained.classifier.save(argv[1]);
  const unroll::TextPredictor predictor(std::move(trained.classifier));
  for (const char* text : {"the tea was warm", "the bed was cold"}) {
    std::cout << text << ": " << predictor.predict(text).label << '\n';
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "train_in_memory: " << error.what() << '\n';
  return 1;
}
