// What the tests of the C ABI share: claims, the level under test, seeded inputs.
#ifndef POTSTILL_CHECKS_H
#define POTSTILL_CHECKS_H

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "potstill_kernels.h"

inline int failures = 0;
inline int32_t level = POTSTILL_LEVEL_GENERIC;
inline std::mt19937_64 generator;

constexpr double kRelative = 1e-5;
constexpr double kAbsolute = 2e-6;

inline void check(bool holds, const std::string& claim) {
  if (holds) return;
  ++failures;
  std::printf("FAILED: %s (last error: %s)\n", claim.c_str(), potstill_last_error());
}

inline bool close(double value, double expected) {
  if (std::isnan(expected)) return std::isnan(value);
  if (std::isinf(expected)) return value == expected;
  return std::abs(value - expected) <= kAbsolute + kRelative * std::abs(expected);
}

// Starts one element past the allocation, so that no vector load is aligned.
struct Unaligned {
  std::vector<float> memory;
  explicit Unaligned(int64_t n) : memory(static_cast<size_t>(n) + 1) {}
  float* data() { return memory.data() + 1; }
};

inline void fill(float* data, int64_t n, float scale) {
  std::normal_distribution<float> normal(0, scale);
  for (int64_t i = 0; i < n; ++i) data[i] = normal(generator);
}

// Runs `tests` at the level and with the seed of the command line; the exit status of the program.
template <typename Tests>
int run_tests(int argc, char** argv, Tests tests) {
  const std::string name = argc > 1 ? argv[1] : "generic";
  while (level <= POTSTILL_LEVEL_AVX512 && name != potstill_level_name(level)) ++level;
  if (level > POTSTILL_LEVEL_AVX512) {
    std::printf("no level is called %s\n", name.c_str());
    return 1;
  }
  if (potstill_level_supported(level) == 0) {
    std::printf("skipped: this CPU does not run %s\n", name.c_str());
    return 77;
  }
  const unsigned long long seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20240607;
  generator.seed(seed);
  std::printf("level %s, seed %llu\n", name.c_str(), seed);
  tests();
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}

#endif
