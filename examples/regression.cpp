// A network of one's own from layers: an LSTM reads sequences of numbers and answers with a number.
// Each line of the CSV file is a target, then a sequence of any length.
//
//     regression DATA.csv
#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <ranges>
#include <sstream>
#include <string>
#include <vector>

#include "unroll/layers/init.h"
#include "unroll/layers/linear.h"
#include "unroll/layers/pooling.h"
#include "unroll/layers/recurrent.h"
#include "unroll/layers/squared_error.h"
#include "unroll/optim/optimizer.h"

using namespace unroll;

int main(int, char** argv) {
  std::vector<std::vector<float>> rows;
  std::ifstream file(argv[1]);
  for (std::string line, field; std::getline(file, line);) {
    std::istringstream fields(line);
    for (rows.emplace_back(); std::getline(fields, field, ',');)
      rows.back().push_back(std::stof(field));
  }
  // A ragged batch has its longest row first, and no padding.
  std::ranges::stable_sort(rows, std::greater(), &std::vector<float>::size);
  const std::size_t B = rows.size(), H = 16;
  RaggedShape shape;
  shape.assign(rows | std::views::transform([](const auto& row) { return row.size() - 1; }));
  Tensor<float> x({shape.tokens(), 1}), y({B, 1});
  for (std::size_t r = 0; r < B; ++r) {
    y[r] = rows[r][0];
    for (std::size_t t = 0; t < shape.length(r); ++t) x[shape.index(t, r)] = rows[r][t + 1];
  }

  RecurrentLayer<float> lstm("lstm", 1, H, Cell::kLstm);
  Linear<float> output("output", H, 1);
  init_recurrent(lstm, RecurrentInit::kUniform, 1.0, 7);
  init_glorot(output.V, 7);
  ParameterList<float> parameters = lstm.parameters();
  for (Parameter<float>* parameter : output.parameters()) parameters.push_back(parameter);
  Adam<float> adam({});
  const Pooling<float> last(Pool::kLast, 1);

  Tensor<float> h({shape.tokens(), H}), dh(h.shape()), p({B, H}), dp(p.shape()), O({B, 1});
  RecurrentPass<float> pass;
  Pooling<float>::Record pooled;
  for (int step = 0; step <= 300; ++step) {
    RecurrentState<float> state = lstm.zero_state(B), dstate = lstm.zero_state(B);
    lstm.forward(shape, x.matrix(), state, pass, h.matrix());
    last.forward(shape, h.matrix(), pooled, p.matrix());
    output.forward(p.matrix(), O.matrix());
    const double loss =
        squared_error<float>(O.matrix(), y.matrix(), 1.0 / static_cast<double>(B), O.matrix());
    if (step % 100 == 0) std::cout << "step " << step << "  loss " << loss << '\n';

    zero_grad(parameters);
    output.backward(p.matrix(), O.matrix(), dp.matrix());
    last.backward(shape, pooled, dp.matrix(), dh.matrix());
    lstm.backward(shape, x.matrix(), pass, dh.matrix(), dstate, {});
    adam.step(parameters, 0.01);
  }
}
