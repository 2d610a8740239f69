// fasttext_reader FILE: from a file to ids as fastText's training reads it, on one thread: its
// dictionary by the first pass, the ids of all lines by the second. bench/compare-readers.py calls
// it.
#include <fasttext/args.h>
#include <fasttext/dictionary.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto args = std::make_shared<fasttext::Args>();
  args->model = fasttext::model_name::sup;
  args->minCount = 1;
  args->minn = args->maxn = 0;  // words alone
  args->bucket = 0;
  args->verbose = 0;
  const std::clock_t busy_before = std::clock();
  const auto begin = std::chrono::steady_clock::now();
  fasttext::Dictionary dictionary(args);
  std::ifstream file(argv[1]);
  dictionary.readFromFile(file);
  file.clear();
  file.seekg(0);
  std::vector<std::vector<std::int32_t>> ids;
  std::vector<std::int32_t> words, labels;
  std::size_t tokens = 0;
  while (file.peek() != EOF) {
    dictionary.getLine(file, words, labels);
    tokens += words.size();
    ids.emplace_back(words);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const double processor_seconds = static_cast<double>(std::clock() - busy_before) / CLOCKS_PER_SEC;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"seconds\":%f,\"processor_seconds\":%f,\"rows\":%zu,\"tokens\":%zu,\"words\":%d,\"peak_"
      "mib\":%ld}\n",
      seconds.count(), processor_seconds, ids.size(), tokens, dictionary.nwords(),
      usage.ru_maxrss >> 10);
}
