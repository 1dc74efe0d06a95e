// A call of the C ABI that works, of which one argument at a time is changed.
#ifndef POTSTILL_REFUSALS_H
#define POTSTILL_REFUSALS_H

#include <string>
#include <type_traits>
#include <vector>

#include "checks.h"

// A call of arguments that can be changed.
template <typename Run>
class Call {
 public:
  Call(const std::string& name, const Run& run) : name_(name), run_(run) { works("as it is"); }

  void works(const std::string& how) const {
    check(run_() == POTSTILL_OK, name_ + " works " + how);
  }

  template <typename Argument>
  void refuses(Argument* argument, std::common_type_t<Argument> wrong,
               const std::string& what) const {
    const Argument right = *argument;
    *argument = wrong;
    check(run_() == POTSTILL_INVALID_ARGUMENT, name_ + " refuses " + what);
    *argument = right;
  }

  template <typename... Pointers>
  void refuses_null(Pointers*... pointers) const {
    (refuses(pointers, nullptr, "a pointer that is NULL"), ...);
  }

 private:
  std::string name_;
  const Run& run_;
};

// The workspace of a call.
struct Room {
  int64_t bytes;
  std::vector<double> memory;
  void* at;

  explicit Room(int64_t needed)
      : bytes(needed), memory(static_cast<size_t>(needed + 7) / 8), at(memory.data()) {
    check(needed > 0, "there is a workspace");
  }

  template <typename Run>
  void refuse(const Call<Run>& call) {
    call.refuses(&at, nullptr, "no workspace");
    call.refuses(&bytes, bytes - 1, "a short workspace");
  }
};

#endif
