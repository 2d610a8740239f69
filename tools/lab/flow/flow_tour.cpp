#include "unroll/tools/lab/flow/flow_tour.h"

#include <fmt/format.h>

#include <numbers>
#include <utility>

namespace unroll {

namespace {

/// An RNN with orthogonal W, which most cases vary.
FlowExperiment rnn(const char* name, Activation activation, FlowScale scale, double size,
                   double input) {
  FlowExperiment e;
  e.name = name;
  e.activation = activation;
  e.scale = scale;
  e.size = size;
  e.input_strength = input;
  return e;
}

FlowExperiment with_init(FlowExperiment e, FlowInit init) {
  e.init = init;
  return e;
}

FlowExperiment centred(FlowExperiment e) {
  e.centred = true;
  return e;
}

FlowExperiment positive(FlowExperiment e) {
  e.positive = true;
  return e;
}

void add(FlowChapter& chapter, FlowExperiment experiment, const char* why) {
  chapter.cases.push_back({std::move(experiment), why});
}

FlowChapter sigmoid_chapter() {
  FlowChapter chapter;
  chapter.anchor = "sigmoid";
  chapter.title = "Sigmoid: under the ceiling (‖W‖/4)^lag";
  chapter.equations = {"GRAD-J", "GRAD-bound", "GRAD-sigmoid", "GRAD-sigmoid-explodes"};
  chapter.introduction =
      "The slope σ′ = σ(1 − σ) is never above 1/4, so each step back multiplies the gradient by at "
      "most ‖W‖/4. Below ‖W‖ = 4 it must vanish, whatever the input. Above 4 it may explode, but "
      "only where the units stay on the steep part of σ.";
  const auto sigmoid = [](const char* name, double norm, double input) {
    return rnn(name, Activation::kSigmoid, FlowScale::kNorm, norm, input);
  };
  add(chapter,
      with_init(rnn("Glorot, input 1", Activation::kSigmoid, FlowScale::kGain, 1, 1),
                FlowInit::kGlorot),
      "The usual start: ‖W‖ is below 2, so the ceiling more than halves at each step.");
  add(chapter, sigmoid("‖W‖ = 1, input 1", 1, 1),
      "Orthogonal W loses nothing by itself; the slopes alone take three quarters and more a "
      "step.");
  add(chapter, centred(sigmoid("‖W‖ = 3.6, centred, input 0.1", 3.6, 0.1)),
      "Centred: b = −½W1 and h_0 = ½ keep z near 0, where σ′ = 1/4. The ceiling 0.9^lag is nearly "
      "reached, and it still falls.");
  add(chapter, centred(sigmoid("‖W‖ = 4.4, centred, no input", 4.4, 0)),
      "At rest in h = ½ with an orthogonal W the bound is attained: 1.1^lag. A sigmoid can "
      "explode.");
  add(chapter, centred(sigmoid("‖W‖ = 8, centred, input 0.1", 8, 0.1)),
      "Input moves the units off the steep part: growth, far below the ceiling 2^lag.");
  add(chapter, sigmoid("‖W‖ = 8, input 1", 8, 1),
      "The same W without the centring bias and with a stronger input: many slopes are flat and "
      "the gradient vanishes. ‖W‖ > 4 is necessary for growth, not sufficient.");
  return chapter;
}

FlowChapter tanh_chapter() {
  FlowChapter chapter;
  chapter.anchor = "tanh";
  chapter.title = "Tanh: slope 1 at rest, saturation under input";
  chapter.equations = {"GRAD-J", "GRAD-bound", "GRAD-tanh"};
  chapter.introduction =
      "The slope 1 − h² is 1 at h = 0 and falls as a unit moves away from it. So W alone decides "
      "only while the input is weak; whatever drives the units drives the gradient down.";
  const auto tanh = [](const char* name, double radius, double input) {
    return rnn(name, Activation::kTanh, FlowScale::kRadius, radius, input);
  };
  add(chapter,
      with_init(rnn("Glorot, input 1", Activation::kTanh, FlowScale::kGain, 1, 1),
                FlowInit::kGlorot),
      "The usual start and an ordinary input: a steady decay, although ‖W‖ > 1 would allow "
      "growth.");
  add(chapter, tanh("orthogonal ρ = 1, input 0.001", 1, 0.001),
      "Units rest near 0, where tanh is the identity: next to nothing is lost.");
  add(chapter, tanh("orthogonal ρ = 1, input 1", 1, 1),
      "The same W. With ‖W‖ = 1 a step can only lose, by the slopes' distance from 1.");
  add(chapter, tanh("orthogonal ρ = 1, input 3", 1, 3),
      "Strong input: about half of the slopes are flat, and the decay is quick.");
  add(chapter, tanh("orthogonal ρ = 1.5, input 0.01", 1.5, 0.01),
      "Gain above 1 and weak input: the units leave 0, whose slope they could not sustain, and "
      "wander; the gradient grows, slower than 1.5^lag.");
  add(chapter, tanh("orthogonal ρ = 1.5, input 3", 1.5, 3),
      "The same W under strong input: saturation turns growth into decay.");
  return chapter;
}

FlowChapter relu_on_chapter() {
  FlowChapter chapter;
  chapter.anchor = "relu-on";
  chapter.title = "ReLU with all units on: the change is at spectral radius 1";
  chapter.equations = {"GRAD-J", "GRAD-relu", "GRAD-sharp-relu", "GRAD-relu-explodes"};
  chapter.introduction =
      "Non-negative W, U and x keep every z_t positive, so every D_t is the identity and the "
      "Jacobian is W^lag: ρ(W) alone decides. (In general it does not: W = 1.5·[1 −1; 1 −1] has "
      "ρ = 0, and with its second unit off the gradient grows as 1.5^lag.)";
  const auto on = [](const char* name, FlowInit init, double radius) {
    return positive(with_init(rnn(name, Activation::kRelu, FlowScale::kRadius, radius, 1), init));
  };
  const FlowInit identity = FlowInit::kIdentity;
  const FlowInit nonnegative = FlowInit::kNonnegative;
  add(chapter, on("identity ρ = 0.95", identity, 0.95), "0.95^lag, exactly the bound.");
  add(chapter, on("identity ρ = 1", identity, 1),
      "The W an IRNN starts with: nothing is lost and nothing grows.");
  add(chapter, on("identity ρ = 1.05", identity, 1.05), "1.05^lag, exactly the bound.");
  add(chapter, on("non-negative ρ = 0.95", nonnegative, 0.95),
      "‖W‖ is above ρ, so the bound ‖W‖^lag is not attained; the rate is ρ.");
  add(chapter, on("non-negative ρ = 1", nonnegative, 1),
      "W^lag tends to the projection onto the leading eigenvector: it stays.");
  add(chapter, on("non-negative ρ = 1.05", nonnegative, 1.05),
      "Grows by ρ a step, and so do the states themselves.");
  return chapter;
}

FlowChapter relu_half_chapter() {
  FlowChapter chapter;
  chapter.anchor = "relu-half";
  chapter.title = "ReLU with half of the units on: near √2";
  chapter.equations = {"GRAD-J", "GRAD-bound", "GRAD-relu", "GRAD-relu-dead"};
  chapter.introduction =
      "With weights and inputs of both signs about half of the units are off at any step. D_t then "
      "halves the squared length of what passes, and W must bring a gain near √2 to make up for it "
      "(He's start is a Gaussian of deviation √(2/H)). The draws scatter widely: one unit more or "
      "less that is on changes the product.";
  const auto half = [](const char* name, FlowInit init, double gain) {
    return with_init(rnn(name, Activation::kRelu, FlowScale::kGain, gain, 1), init);
  };
  constexpr double kRoot2 = std::numbers::sqrt2;
  const FlowInit gaussian = FlowInit::kGaussian;
  const FlowInit orthogonal = FlowInit::kOrthogonal;
  add(chapter, half("Gaussian, gain 1", gaussian, 1),
      "Deviation 1/√H: about 1/√2 is left after each step.");
  add(chapter, half("Gaussian, gain √2", gaussian, kRoot2),
      "Near the change; some draws vanish, others do not.");
  add(chapter, half("Gaussian, gain 1.8", gaussian, 1.8),
      "Growth. The states grow too and outweigh the input, and some units are then off for the "
      "whole window: dead.");
  add(chapter, half("orthogonal, gain 1", orthogonal, 1),
      "‖W‖ = 1 preserves length, D_t does not.");
  add(chapter, half("orthogonal, gain √2", orthogonal, kRoot2),
      "Near the change, as for the Gaussian, though ‖W‖ is only √2 here.");
  add(chapter, half("orthogonal, gain 1.8", orthogonal, 1.8), "Growth, and more dead units.");
  return chapter;
}

FlowChapter lstm_chapter() {
  FlowChapter chapter;
  chapter.anchor = "lstm";
  chapter.title = "LSTM: the carry is as long as the forget gate is open";
  chapter.equations = {"GRAD-lstm-carry", "GRAD-lstm-whole", "GRAD-lstm-vanish"};
  chapter.introduction =
      "Along the carry alone ∂C_t/∂C_k is the product of the forget gates, with no W and no slope "
      "in it: the forget bias sets how far it reaches. The whole ∂C_t/∂C_k adds the paths through "
      "the gates and is larger here. An open gate keeps the gradient, a half-open one does not: "
      "an LSTM vanishes too.";
  const auto lstm = [&](const char* name, double bias, const char* why) {
    FlowExperiment e;
    e.name = name;
    e.cell = Cell::kLstm;
    e.forget_bias = bias;
    add(chapter, std::move(e), why);
  };
  lstm("forget bias −1", -1,
       "f near σ(−1) = 0.27: sooner gone than in a tanh RNN under an ordinary input.");
  lstm("forget bias 0", 0, "f near ½: without a bias the carry halves at each step.");
  lstm("forget bias 1", 1,
       "f near 0.73: the usual start; the carry alone halves in two steps, the whole in about "
       "five.");
  lstm("forget bias 2", 2, "f near 0.88.");
  lstm("forget bias 3", 3,
       "f near 0.95: the carry halves in 14 steps, and the other paths make up for what it loses.");
  return chapter;
}

}  // namespace

std::vector<FlowChapter> flow_tour(const FlowTourSettings& settings) {
  std::vector<FlowChapter> tour{sigmoid_chapter(), tanh_chapter(), relu_on_chapter(),
                                relu_half_chapter(), lstm_chapter()};
  for (FlowChapter& chapter : tour) {
    for (FlowCase& flow_case : chapter.cases) {
      FlowExperiment& e = flow_case.experiment;
      e.hidden = settings.hidden;
      e.input = settings.hidden;
      e.lags = settings.lags;
      e.draws = settings.draws;
      e.seed = settings.seed;
    }
  }
  return tour;
}

namespace {

std::vector<std::string> equations_of(const FlowExperiment& experiment) {
  switch (experiment.cell) {
    case Cell::kRnn:
      return {"GRAD-J", "GRAD-bound", "GRAD-" + std::string(to_string(experiment.activation))};
    case Cell::kLstm:
      return {"GRAD-lstm-carry", "GRAD-lstm-whole"};
    case Cell::kGru:
      return {"GRAD-gru-carry", "GRAD-gru-step", "GRAD-gru-bound"};
  }
  return {};
}

}  // namespace

FlowChapter single_case(const FlowExperiment& experiment) {
  FlowChapter chapter;
  chapter.anchor = "case";
  chapter.title = title({experiment.cell, experiment.activation, experiment.gru_reset});
  chapter.equations = equations_of(experiment);
  add(chapter, experiment, "");
  chapter.cases.front().experiment.name =
      fmt::format("{}, {} {:.3g}, input {:.3g}", to_string(experiment.init),
                  to_string(experiment.scale), experiment.size, experiment.input_strength);
  return chapter;
}

}  // namespace unroll
