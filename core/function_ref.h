/// FunctionRef: a borrowed callable, for functions that call it before they return.
#pragma once

#include <memory>
#include <type_traits>

namespace unroll {

/// Valid for the duration of the call it is passed to.
template <typename Argument>
class FunctionRef {
 public:
  template <typename F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
  FunctionRef(F&& function)  // NOLINT(bugprone-forwarding-reference-overload)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, Argument argument) {
          (*static_cast<std::remove_reference_t<F>*>(object))(argument);
        }) {}
  void operator()(Argument argument) const { call_(object_, argument); }

 private:
  void* object_;
  void (*call_)(void*, Argument);
};

}  // namespace unroll
