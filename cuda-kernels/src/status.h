// Statuses instead of exceptions at the border: guard() runs the body of an entry point, catches
// everything, and keeps the message of the last error per thread.
#ifndef POTSTILL_CUDA_STATUS_H
#define POTSTILL_CUDA_STATUS_H

#include <cstdint>
#include <exception>

#include "potstill_cuda.h"

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
int32_t guard(const char* operation, const Body& body) noexcept {
  try {
    body();
    return POTSTILL_CUDA_OK;
  } catch (const Failure& failure) {
    remember_error(operation, failure.message());
    return failure.status();
  } catch (const std::exception& error) {
    remember_error(operation, error.what());
  } catch (...) {
    remember_error(operation, "unknown error");
  }
  return POTSTILL_CUDA_INTERNAL;
}

// The size that the body returns, or -1 where it fails.
template <typename Body>
int64_t guard_size(const char* operation, const Body& body) noexcept {
  int64_t size = -1;
  return guard(operation, [&] { size = body(); }) == POTSTILL_CUDA_OK ? size : -1;
}

// Throws POTSTILL_CUDA_INVALID_ARGUMENT unless the condition holds.
inline void require(bool holds, const char* problem) {
  if (!holds) throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT, "%s", problem);
}

}  // namespace potstill

#endif
