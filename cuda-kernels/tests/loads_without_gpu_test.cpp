// The library loads where there is no GPU and no driver, tells its ABI version, and refuses work with
// a status and a message. Usage: loads_without_gpu_test LIBRARY
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "potstill_cuda.h"

namespace {

int failures = 0;

void check(bool holds, const char* claim) {
  if (holds) return;
  ++failures;
  std::printf("FAILED: %s\n", claim);
}

template <typename Function>
Function* find(void* library, const char* name) {
  void* symbol = dlsym(library, name);
  if (symbol == nullptr) {
    std::printf("FAILED: no %s\n", name);
    std::exit(1);
  }
  Function* function;
  std::memcpy(&function, &symbol, sizeof symbol);
  return function;
}

}  // namespace

int main(int arguments, char** argument) {
  void* library = arguments > 1 ? dlopen(argument[1], RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (library == nullptr) {
    std::printf("FAILED: %s\n", arguments > 1 ? dlerror() : "name the library");
    return 1;
  }
  const auto abi_version = find<decltype(potstill_cuda_abi_version)>(library, "potstill_cuda_abi_version");
  const auto last_error = find<decltype(potstill_cuda_last_error)>(library, "potstill_cuda_last_error");
  const auto available = find<decltype(potstill_cuda_available)>(library, "potstill_cuda_available");
  const auto score = find<decltype(potstill_cuda_score)>(library, "potstill_cuda_score");
  check(abi_version() == POTSTILL_CUDA_ABI_VERSION, "the ABI version is the header's");
  if (available(0) == POTSTILL_CUDA_OK) {
    std::printf("there is a GPU: what happens without one is not tested\n");
    return failures == 0 ? 0 : 1;
  }
  check(std::strlen(last_error()) > 0, "the message says why there is no GPU");
  std::printf("%s\n", last_error());
  float logits[2] = {0, 0};
  const int64_t label = 0;
  check(score(logits, POTSTILL_CUDA_FLOAT32, &label, 1, 2, logits, nullptr, nullptr, nullptr,
              nullptr, 0, nullptr) == POTSTILL_CUDA_UNAVAILABLE,
        "score without a GPU is refused");
  check(std::strstr(last_error(), "score: ") == last_error(), "the message names the operation");
  std::printf("%s\n", last_error());
  return failures == 0 ? 0 : 1;
}
