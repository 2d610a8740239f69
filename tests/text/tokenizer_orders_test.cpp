// Tokenizing is a function of the text: whatever was cut before, in the process or by another
// thread. ICU keeps what it loads for as long as a process lives, so every order begins in a
// process of its own: a child of this one, which never cuts anything itself.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <latch>
#include <numeric>
#include <thread>

#include "tests/text/words.h"
#include "unroll/core/random.h"
#include "unroll/text/tokenizer.h"

namespace unroll {
namespace {

using Words = std::vector<std::string>;
using Order = std::vector<std::size_t>;  // numbers of words
using Digest = std::uint64_t;            // of a word's tokens; 0 where the word was not cut

constexpr std::size_t kWordsPerLanguage = 2000;
constexpr std::size_t kThreads = 4;
/// A random order of all words is cut this far; forward and backward, all words are cut.
constexpr std::size_t kWordsOfAnOrder = 3000;
/// Every so many words one begins a process.
constexpr std::size_t kWordsPerProcess = 97;

Words all_words() {
  Words words;
  for (const std::string_view language : test::dictionary_languages()) {
    for (std::string& word : test::words_of(language, kWordsPerLanguage)) {
      words.push_back(std::move(word));
    }
  }
  return words;
}

Digest digest(const std::vector<std::string>& tokens) {
  std::string all;
  for (const std::string& token : tokens) all += token + '\n';
  return std::hash<std::string>{}(all) | 1;
}

/// A part of the order: from `first` on every `step`-th word, by one tokenizer.
void cut_part(const Words& words, const Order& order, std::size_t first, std::size_t step,
              Digest* digests) {
  Tokenizer tokenizer({TokenizerKind::kIcu, true});
  for (std::size_t k = first; k < order.size(); k += step) {
    digests[order[k]] = digest(tokenizer(words[order[k]]));
  }
}

/// All threads' first cuts at the same time.
void cut_on_threads(const Words& words, const Order& order, std::size_t threads, Digest* digests) {
  std::latch start(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::thread> team;
  for (std::size_t k = 0; k < threads; ++k) {
    team.emplace_back([&, k] {
      start.arrive_and_wait();
      cut_part(words, order, k, threads, digests);
    });
  }
  for (std::thread& thread : team) thread.join();
}

/// Memory that a child writes and its parent reads.
class SharedDigests {
 public:
  explicit SharedDigests(std::size_t count) : bytes_(count * sizeof(Digest)) {
    void* memory =
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    digests_ = static_cast<Digest*>(memory);
  }
  ~SharedDigests() { ::munmap(digests_, bytes_); }
  SharedDigests(const SharedDigests&) = delete;
  SharedDigests& operator=(const SharedDigests&) = delete;

  Digest* data() { return digests_; }

 private:
  std::size_t bytes_;
  Digest* digests_ = nullptr;
};

/// The digests of the words after `body` has written them in a new process.
std::vector<Digest> in_new_process(std::size_t words, const std::function<void(Digest*)>& body) {
  SharedDigests shared(words);
  const pid_t child = ::fork();
  if (child == 0) {
    body(shared.data());
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << "the process that cuts has failed";
  return {shared.data(), shared.data() + words};
}

std::vector<Digest> cut(const Words& words, const Order& order, std::size_t threads) {
  return in_new_process(words.size(), [&](Digest* digests) {
    if (threads == 1) {
      cut_part(words, order, 0, 1, digests);
    } else {
      cut_on_threads(words, order, threads, digests);
    }
  });
}

/// Each word by a tokenizer of its own.
std::vector<Digest> cut_alone(const Words& words) {
  return in_new_process(words.size(), [&](Digest* digests) {
    for (std::size_t k = 0; k < words.size(); ++k) cut_part(words, {k}, 0, 1, digests);
  });
}

Order forward(std::size_t count) {
  Order order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

Order backward(std::size_t count) {
  Order order = forward(count);
  std::reverse(order.begin(), order.end());
  return order;
}

Order shuffled(std::size_t count, std::uint64_t number) {
  Order order = forward(count);
  Random random(1, "orders/", number);
  random.shuffle(std::span(order));
  return order;
}

/// Every word that was cut has the tokens that it has alone.
void expect_same(const Words& words, const std::vector<Digest>& alone,
                 const std::vector<Digest>& digests, const std::string& what) {
  std::size_t others = 0;
  std::string first;
  for (std::size_t k = 0; k < words.size(); ++k) {
    if (digests[k] == alone[k] || digests[k] == 0) continue;
    if (others++ == 0) first = words[k];
  }
  EXPECT_EQ(others, 0u) << what << ": the first word with other tokens is " << first;
}

TEST(TokensOfAWord, AreTheSameForwardAndBackward) {
  const Words words = all_words();
  const auto alone = cut_alone(words);
  EXPECT_EQ(std::count(alone.begin(), alone.end(), 0u), 0);
  for (const std::size_t threads : {std::size_t{1}, kThreads}) {
    expect_same(words, alone, cut(words, forward(words.size()), threads), "forward");
    expect_same(words, alone, cut(words, backward(words.size()), threads), "backward");
  }
}

// A process that cuts one language only has no reason of its own to load what the others need.
TEST(TokensOfAWord, AreTheSameAmongWordsOfItsLanguageAlone) {
  const auto alone = cut_alone(all_words());
  auto expected = alone.begin();
  for (const std::string_view language : test::dictionary_languages()) {
    const Words words = test::words_of(language, kWordsPerLanguage);
    const std::vector<Digest> part(expected, expected + kWordsPerLanguage);
    for (std::uint64_t number = 0; number < 4; ++number) {
      const Order order = shuffled(words.size(), number);
      expect_same(words, part, cut(words, order, number % 2 == 0 ? 1 : kThreads),
                  std::string(language));
    }
    expected += kWordsPerLanguage;
  }
}

TEST(TokensOfAWord, AreTheSameInAHundredOrders) {
  const Words words = all_words();
  const auto alone = cut_alone(words);
  for (std::uint64_t number = 0; number < 100; ++number) {
    const std::size_t threads = number % 2 == 0 ? 1 : kThreads;
    Order order = shuffled(words.size(), number);
    order.resize(kWordsOfAnOrder);
    expect_same(words, alone, cut(words, order, threads), "order " + std::to_string(number));
  }
}

// An iterator of ICU remembers the scripts that no engine takes, and with ゛ all characters that
// belong to no script, ー among them.
TEST(TokensOfAWord, AreTheSameAfterOneThatNoEngineTakes) {
  const Words words = test::words_of("Japanese", kWordsPerLanguage);
  const auto alone = cut_alone(words);
  for (const std::string before : {"゛゜", "〱〱", "ᥐᥑ゛", "ーー"}) {
    const auto after = in_new_process(words.size(), [&](Digest* digests) {
      for (std::size_t k = 0; k < words.size(); ++k) {
        Tokenizer tokenizer({TokenizerKind::kIcu, true});
        tokenizer(before);
        digests[k] = digest(tokenizer(words[k]));
      }
    });
    expect_same(words, alone, after, "after " + before);
  }
}

TEST(TokensOfAWord, AreTheSameWhenItIsTheFirstOfItsProcess) {
  const Words words = all_words();
  const auto alone = cut_alone(words);
  for (std::size_t k = 0; k < words.size(); k += kWordsPerProcess) {
    expect_same(words, alone, cut(words, {k}, 1), "first of a process");
  }
}

}  // namespace
}  // namespace unroll
