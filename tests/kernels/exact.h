// The exact value of a function, by MPFR: what accuracy.cpp measures errors against.
#pragma once

#include <mpfr.h>

namespace unroll::test {

/// A real number f(x), as the Real nearest to it and what that lacks.
template <typename Real>
struct ExactValue {
  Real nearest;  ///< f(x) correctly rounded: ties to even, denormals, infinity on overflow
  double rest;   ///< f(x) − nearest in units of nearest's last place; at most ½ either way
};

/// |got − f(x)| in units of the last place of `nearest`, the least denormal being the smallest
/// unit; 0 where both are NaN or the same infinity, infinite where only one of them is.
template <typename Real>
double ulps_from(const ExactValue<Real>& exact, Real got);

/// Computes y = f(x) in y's precision, correctly or with a few roundings.
using MpfrFunction = void (*)(mpfr_ptr y, mpfr_srcptr x);

void mpfr_exponential(mpfr_ptr y, mpfr_srcptr x);
void mpfr_exponential_minus_1(mpfr_ptr y, mpfr_srcptr x);
void mpfr_logarithm(mpfr_ptr y, mpfr_srcptr x);
void mpfr_hyperbolic_tangent(mpfr_ptr y, mpfr_srcptr x);
void mpfr_sigmoid(mpfr_ptr y, mpfr_srcptr x);

/// A number of 256 bits. Rounding it to a Real rounds twice, which would show only where f(x) is
/// within 2⁻²⁵⁰ of the middle between two Reals. It never is one, being transcendental or a Real
/// itself (0, ½, 1); and the hardest cases known for doubles are some 2⁻¹²⁰ away (Lefèvre and
/// Muller, "Worst cases for correct rounding of the elementary functions in double precision"),
/// sigmoid's at x = 2⁻⁵², where it is ½ + x/4 − x³/48 …, 2⁻¹⁶².
class MpfrNumber {
 public:
  MpfrNumber() { mpfr_init2(value_, 256); }
  ~MpfrNumber() { mpfr_clear(value_); }
  MpfrNumber(const MpfrNumber&) = delete;
  MpfrNumber& operator=(const MpfrNumber&) = delete;
  mpfr_ptr get() { return value_; }

 private:
  mpfr_t value_;
};

/// f, exactly. Not for two threads at once; some microseconds a call.
class ExactFunction {
 public:
  explicit ExactFunction(MpfrFunction f) : f_(f) {}

  template <typename Real>
  ExactValue<Real> operator()(Real x);

 private:
  MpfrFunction f_;
  MpfrNumber x_, y_;
};

/// f at floats, correctly rounded, mostly without MPFR: the value is the standard library's in
/// double wherever all that lies within kUnits of it rounds to the same float.
class ExactFloatFunction {
 public:
  /// In units of a double's last place. glibc's manual states errors of at most 2 for these
  /// functions, and a sigmoid of exp, a sum and a quotient has at most 4: this is sixteen times as
  /// much, and leaves one float in some millions to MPFR.
  static constexpr double kUnits = 64;

  ExactFloatFunction(double (*library)(double), MpfrFunction f) : library_(library), exact_(f) {}

  /// `rest` is right to 1e-7.
  ExactValue<float> operator()(float x);

 private:
  double (*library_)(double);
  ExactFunction exact_;
};

}  // namespace unroll::test
