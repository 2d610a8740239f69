#include "bench/serving/contender.h"

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace unroll::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) throw std::runtime_error(path + " has no texts");
  return lines;
}

void print_line(const std::vector<float>& numbers) {
  for (const float number : numbers) std::printf("%.9g ", static_cast<double>(number));
  std::puts("");
}

void time_short(Contender& contender, std::size_t texts, std::size_t calls) {
  std::vector<float> microseconds;
  for (std::size_t k = 0; k < calls; ++k) {
    const auto begun = Clock::now();
    contender.predict_short(k % texts);
    microseconds.push_back(std::chrono::duration<float, std::micro>(Clock::now() - begun).count());
  }
  print_line(microseconds);
}

void time_all(Contender& contender, std::vector<float>& first) {
  const auto begun = Clock::now();
  contender.predict_all(first);
  std::printf("%.9g\n", std::chrono::duration<double>(Clock::now() - begun).count());
}

}  // namespace

Texts read_texts(const std::string& all, const std::string& short_ones) {
  return {lines_of(all), lines_of(short_ones)};
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

void serve(Contender& contender, const Texts& texts) {
  std::vector<float> first(texts.all.size());
  contender.predict_all(first);  // whatever a first call takes, it is not timed
  std::printf("ready %s\n", contender.choice().c_str());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what;
    std::size_t calls = 0;
    words >> what >> calls;
    if (what == "short") {
      time_short(contender, texts.short_ones.size(), calls);
    } else if (what == "all") {
      time_all(contender, first);
    } else {
      contender.predict_all(first);
      print_line(first);
    }
    std::fflush(stdout);
  }
}

int run(void (*body)(int, char**), int count, char** arguments) {
  try {
    body(count, arguments);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", arguments[0], error.what());
    return 1;
  }
}

}  // namespace unroll::bench
