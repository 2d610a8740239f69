// Gradients that are 0 outside some rows: what is done to these rows only must give the same bits
// as what is done to all; lazy Adam must leave the others alone.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/support/random_tensor.h"
#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/optim/average.h"
#include "unroll/optim/clip.h"
#include "unroll/optim/optimizer.h"

namespace unroll {
namespace {

using Rows = std::vector<std::int32_t>;

/// A table of word vectors with the gradients that batches of a few words leave.
template <typename Real>
struct Table {
  Table(std::size_t vocabulary, std::size_t size, bool lists_rows)
      : lists(lists_rows), E("E", {vocabulary, size}) {
    E.value = test::random_tensor<Real>(E.value.shape(), "E");
    E.value[E.value.size() - 1] = Real(-0.0);
  }

  /// The gradient of a step. Words in front come more often: some come late, some never.
  void backward(std::uint64_t step) {
    zero_grad<Real>({&E});
    Random random(1, "words/" + std::to_string(step));
    Rows ids(6);
    for (std::int32_t& id : ids) {
      const double u = random.uniform();
      id = static_cast<std::int32_t>(u * u * static_cast<double>(E.grad.shape()[0]));
      for (Real& g : E.grad.matrix().row(static_cast<std::size_t>(id))) {
        g += static_cast<Real>(random.normal());
      }
    }
    if (lists) E.touched.add(ids);
  }

  bool lists;
  Parameter<Real> E;
};

template <typename Body>
void with_threads(std::size_t count, Body body) {
  const std::size_t before = thread_count();
  set_thread_count(count);
  body();
  set_thread_count(before);
}

template <typename Real>
void expect_same_bits(const Tensor<Real>& a, const Tensor<Real>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    ASSERT_EQ(a[k], b[k]) << k;
    ASSERT_EQ(std::signbit(a[k]), std::signbit(b[k])) << k;
  }
}

TEST(TouchedRows, AreAllWhereNobodyHasSaidWhich) {
  Table<double> table(4, 2, false);
  zero_grad<double>({&table.E});
  table.E.grad[5] = 3;
  EXPECT_EQ(gradient_norm<double>({&table.E}), 3);
  const double before = table.E.value[5];
  Adam<double>({}).step({&table.E}, 0.1);
  EXPECT_NEAR(table.E.value[5], before - 0.1, 1e-8);
  zero_grad<double>({&table.E});
  EXPECT_EQ(table.E.grad[5], 0);
}

TEST(TouchedRows, GiveTheBitsOfTheNormOfAllRows) {
  // Rows that fit into the norm's blocks, that cross them, that are larger, and that are no
  // multiple of a vector.
  for (std::size_t size : {1, 5, 16, 37, 128, 300, 70001}) {
    Table<float> some(400003 / size, size, true);
    Table<float> all(400003 / size, size, false);
    for (std::uint64_t step = 0; step < 10; ++step) {
      some.backward(step);
      all.backward(step);
      ASSERT_FALSE(some.E.touched.all());
      const double norm = gradient_norm<float>({&all.E});
      for (std::size_t threads : {1, 3}) {
        with_threads(threads, [&] { ASSERT_EQ(gradient_norm<float>({&some.E}), norm) << size; });
      }
    }
  }
}

TEST(TouchedRows, AreClippedLikeAllRows) {
  Table<float> some(50, 7, true);
  Table<float> all(50, 7, false);
  some.backward(1);
  all.backward(1);
  EXPECT_EQ(clip_by_norm<float>({&some.E}, 1), clip_by_norm<float>({&all.E}, 1));
  expect_same_bits(some.E.grad, all.E.grad);
  clip_by_value<float>({&some.E}, 0.05);
  clip_by_value<float>({&all.E}, 0.05);
  expect_same_bits(some.E.grad, all.E.grad);
}

struct Trained {
  Tensor<float> value;
  Tensor<float> average;
};

Trained trained(Optimizer<float>&& optimizer, bool lists_rows, std::uint64_t steps) {
  Table<float> table(1000, 37, lists_rows);  // large enough for two threads
  const ParameterList<float> list{&table.E};
  ParameterAverage<float> average(list, 0.9);
  for (std::uint64_t step = 0; step < steps; ++step) {
    table.backward(step);
    optimizer.step(list, 0.01, &average);
  }
  Trained result{table.E.value, {}};
  average.swap();
  result.average = table.E.value;
  average.swap();
  expect_same_bits(table.E.value, result.value);
  return result;
}

void expect_same_bits(const Trained& a, const Trained& b) {
  expect_same_bits(a.value, b.value);
  expect_same_bits(a.average, b.average);
}

TEST(TouchedRows, OfAdamGiveTheBitsOfAllRows) {
  const Trained all = trained(Adam<float>({}), false, 40);
  for (std::size_t threads : {1, 3}) {
    with_threads(threads, [&] { expect_same_bits(trained(Adam<float>({}), true, 40), all); });
  }
}

TEST(TouchedRows, OfAdamWithWeightDecayGiveTheBitsOfAllRows) {
  for (bool decoupled : {false, true}) {
    const AdamConfig config{.weight_decay = 0.01, .decoupled = decoupled};
    expect_same_bits(trained(Adam<float>(config), true, 5), trained(Adam<float>(config), false, 5));
  }
}

TEST(TouchedRows, OfSgdGiveTheBitsOfAllRows) {
  const SgdConfig config{.momentum = 0.9, .nesterov = true};
  expect_same_bits(trained(Sgd<float>(config), true, 20), trained(Sgd<float>(config), false, 20));
}

/// Lazy Adam in plain words, one value after the other.
struct PlainLazyAdam {
  void step(Parameter<double>& E, double learning_rate) {
    ++n;
    const std::size_t size = E.value.shape()[1];
    m.resize(E.value.size());
    v.resize(E.value.size());
    for (std::int32_t row : E.touched.rows()) {
      for (std::size_t k = static_cast<std::size_t>(row) * size, end = k + size; k < end; ++k) {
        m[k] = 0.9 * m[k] + (1 - 0.9) * E.grad[k];
        v[k] = 0.999 * v[k] + (1 - 0.999) * E.grad[k] * E.grad[k];
        E.value[k] -= learning_rate * m[k] / (1 - std::pow(0.9, n)) /
                      (std::sqrt(v[k] / (1 - std::pow(0.999, n))) + 1e-8);
      }
    }
  }
  int n = 0;
  std::vector<double> m, v;
};

TEST(LazyAdam, MovesTheTouchedRowsAndNoOther) {
  Table<double> lazy(300, 5, true);
  Table<double> plain(300, 5, true);
  Adam<double> adam({.lazy = true});
  PlainLazyAdam reference;
  for (std::uint64_t step = 0; step < 50; ++step) {
    lazy.backward(step);
    plain.backward(step);
    const Tensor<double> before = lazy.E.value;
    adam.step({&lazy.E}, 0.01);
    reference.step(plain.E, 0.01);
    for (std::size_t k = 0; k < before.size(); ++k) {
      ASSERT_NEAR(lazy.E.value[k], plain.E.value[k], 1e-13);
      const auto row = static_cast<std::int32_t>(k / 5);
      const bool touched = std::ranges::binary_search(lazy.E.touched.rows(), row);
      ASSERT_EQ(lazy.E.value[k] != before[k], touched) << "step " << step << ", value " << k;
    }
  }
}

TEST(LazyAdam, IsAdamForParametersTouchedAsAWhole) {
  expect_same_bits(trained(Adam<float>({.lazy = true}), false, 10),
                   trained(Adam<float>({}), false, 10));
}

TEST(LazyAdam, DoesNotDependOnTheNumberOfThreads) {
  const Trained any = trained(Adam<float>({.lazy = true}), true, 20);
  with_threads(3, [&] { expect_same_bits(trained(Adam<float>({.lazy = true}), true, 20), any); });
}

TEST(ParameterAverage, MakesUpForEveryUpdateThatARowHasWaited) {
  // More steps than it keeps, and exchanges on the way, as after an epoch.
  Table<float> table(300, 5, true);
  const ParameterList<float> list{&table.E};
  ParameterAverage<float> average(list, 0.99);
  Tensor<float> plain = table.E.value;
  Adam<float> adam({.lazy = true});
  for (int step = 0; step < 2500; ++step) {
    table.backward(static_cast<std::uint64_t>(step));
    adam.step(list, 1e-3, &average);
    const double decay = std::min(0.99, step / (step + 9.0));
    const auto keep = static_cast<float>(decay);
    const auto take = static_cast<float>(1 - decay);
    for (std::size_t k = 0; k < plain.size(); ++k) {
      plain[k] = keep * plain[k] + take * table.E.value[k];
    }
    if (step != 699 && step != 2499) continue;
    average.swap();
    expect_same_bits(table.E.value, plain);
    average.swap();
  }
}

}  // namespace
}  // namespace unroll
