#include <cstdlib>
#include <cstring>

#include "loops.h"
#include "potstill_kernels.h"
#include "status.h"

namespace potstill {
namespace {

bool supported(int32_t level) {
  if (level == POTSTILL_LEVEL_GENERIC) return true;
#if defined(POTSTILL_X86)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("f16c");
  if (level == POTSTILL_LEVEL_AVX2) return avx2;
#if defined(POTSTILL_EMULATE_AVX512)
  if (level == POTSTILL_LEVEL_AVX512) return avx2;
#else
  if (level == POTSTILL_LEVEL_AVX512) {
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
#endif
#endif
  return false;
}

int32_t level_named(const char* name) {
  for (int32_t level = POTSTILL_LEVEL_GENERIC; level <= POTSTILL_LEVEL_AVX512; ++level) {
    if (std::strcmp(name, potstill_level_name(level)) == 0) return level;
  }
  return POTSTILL_LEVEL_AUTO;
}

int32_t best_level() {
  const char* wanted = std::getenv("POTSTILL_CPU");
  if (wanted != nullptr) {
    const int32_t level = level_named(wanted);
    if (level != POTSTILL_LEVEL_AUTO && supported(level)) return level;
  }
  for (int32_t level = POTSTILL_LEVEL_AVX512; level > POTSTILL_LEVEL_GENERIC; --level) {
    if (supported(level)) return level;
  }
  return POTSTILL_LEVEL_GENERIC;
}

}  // namespace

const Loops& loops_of(int32_t level) {
  if (level == POTSTILL_LEVEL_AUTO) level = potstill_cpu_level();
  if (!supported(level)) {
    throw Failure(POTSTILL_UNSUPPORTED, "this CPU has no level %d (%s)", level,
                  potstill_level_name(level));
  }
#if defined(POTSTILL_X86)
  if (level == POTSTILL_LEVEL_AVX512) return avx512::loops;
  if (level == POTSTILL_LEVEL_AVX2) return avx2::loops;
#endif
  return generic::loops;
}

}  // namespace potstill

int32_t potstill_cpu_level(void) noexcept {
  static const int32_t level = potstill::best_level();
  return level;
}

int32_t potstill_level_supported(int32_t level) noexcept {
  return potstill::supported(level) ? 1 : 0;
}

const char* potstill_level_name(int32_t level) noexcept {
  switch (level) {
    case POTSTILL_LEVEL_GENERIC:
      return "generic";
    case POTSTILL_LEVEL_AVX2:
      return "avx2";
    case POTSTILL_LEVEL_AVX512:
      return "avx512";
    default:
      return "unknown";
  }
}
