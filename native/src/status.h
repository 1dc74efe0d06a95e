// Statuses instead of exceptions at the border: guard() runs the body of an entry point, catches
// everything, and keeps the message of the last error per thread.
#ifndef POTSTILL_STATUS_H
#define POTSTILL_STATUS_H

#include <cstdint>
#include <exception>

#include "potstill_kernels.h"

namespace potstill {

// Thrown inside the library only; the text is formatted as by printf.
class Failure {
 public:
  Failure(int32_t status, const char* format, ...) __attribute__((format(printf, 3, 4)));
  int32_t status() const { return status_; }
  const char* message() const { return message_; }

 private:
  int32_t status_;
  char message_[256];
};

void remember_error(const char* operation, const char* message) noexcept;

template <typename Body>
int32_t guard(const char* operation, Body body) noexcept {
  try {
    body();
    return POTSTILL_OK;
  } catch (const Failure& failure) {
    remember_error(operation, failure.message());
    return failure.status();
  } catch (const std::exception& error) {
    remember_error(operation, error.what());
  } catch (...) {
    remember_error(operation, "unknown error");
  }
  return POTSTILL_INTERNAL;
}

// Throws POTSTILL_INVALID_ARGUMENT unless the condition holds.
inline void require(bool holds, const char* problem) {
  if (!holds) throw Failure(POTSTILL_INVALID_ARGUMENT, "%s", problem);
}

// libgomp ends the process where it cannot start as many threads as it is asked for.
inline bool takes_threads(int32_t threads) {
  return threads >= 1 && threads <= POTSTILL_MOST_THREADS;
}

inline void require_threads(int32_t threads) {
  require(takes_threads(threads), "threads are from 1 to 1024");
}

}  // namespace potstill

#endif
