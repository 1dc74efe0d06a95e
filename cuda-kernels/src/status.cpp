#include "status.h"

#include <cstdarg>
#include <cstdio>

namespace potstill {

namespace {
thread_local char last_error[320] = "";
}

Failure::Failure(int32_t status, const char* format, ...) : status_(status), message_() {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(message_, sizeof message_, format, arguments);
  va_end(arguments);
}

void remember_error(const char* operation, const char* message) noexcept {
  std::snprintf(last_error, sizeof last_error, "%s: %s", operation, message);
}

}  // namespace potstill

int32_t potstill_cuda_abi_version(void) noexcept { return POTSTILL_CUDA_ABI_VERSION; }

const char* potstill_cuda_last_error(void) noexcept { return potstill::last_error; }
