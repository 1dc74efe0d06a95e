// Runs every case twice: the results of the two passes have to be the same bits.
// Usage: TEST [seed]
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "cases.h"

std::mt19937_64 generator;

namespace {
int failures = 0;
uint64_t digest_of_pass = 0;

void run(const char* operation, void (*test)()) {
  const std::clock_t begin = std::clock();
  test();
  std::printf("%-14s %.1f s\n", operation,
              static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
}
}  // namespace

void digest(const void* bytes, size_t count) {
  const auto* from = static_cast<const unsigned char*>(bytes);
  for (size_t i = 0; i < count; ++i) digest_of_pass = (digest_of_pass ^ from[i]) * 0x100000001B3u;
}

void check(bool holds, const std::string& claim) {
  if (holds) return;
  if (++failures <= 20) {
    std::printf("FAILED: %s (last error: %s)\n", claim.c_str(), potstill_cuda_last_error());
  }
}

void check_status(int32_t status, int32_t expected, const std::string& call) {
  check(status == expected, call + " returns " + std::to_string(status));
}

void check_close(double value, double expected, const std::string& claim, double absolute) {
  const bool close = std::isnan(expected)   ? std::isnan(value)
                     : std::isinf(expected) ? value == expected
                                            : std::abs(value - expected) <=
                                                  absolute + kRelative * std::abs(expected);
  if (close) return;
  char figures[80];
  std::snprintf(figures, sizeof figures, ": %.9g instead of %.9g", value, expected);
  check(false, claim + figures);
}

std::vector<float> normal(int64_t n, float scale) {
  std::normal_distribution<float> distribution(0, scale);
  std::vector<float> values(static_cast<size_t>(n));
  for (auto& value : values) value = distribution(generator);
  return values;
}

int64_t draw(int64_t below) {
  return static_cast<int64_t>(generator() % static_cast<uint64_t>(below));
}

Buffer<unsigned char> workspace(int64_t bytes) {
  check(bytes >= 0, "a workspace has a size");
  // Not zeros: workspaces hold nothing between calls.
  return Buffer<unsigned char>(std::vector<unsigned char>(static_cast<size_t>(bytes), 0xA5));
}

int main(int arguments, char** argument) {
  const uint64_t seed = arguments > 1 ? std::strtoull(argument[1], nullptr, 10) : 20240607;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  if (potstill_cuda_available(0) != POTSTILL_CUDA_OK) {
    std::printf("skipped: %s\n", potstill_cuda_last_error());
    return 77;
  }
  uint64_t digests[2];
  for (int pass = 0; pass < 2; ++pass) {
    begin_pass(pass);
    generator.seed(seed);
    digest_of_pass = 0xCBF29CE484222325u;
    run("score", test_score);
    run("select", test_select);
    run("feature_mean", test_feature_mean);
    run("gradient_match", test_gradient_match);
    run("trajectory", test_trajectory);
    run("quantise", test_quantise);
    run("upfirdn", test_upfirdn);
    run("filtered_lrelu", test_filtered_lrelu);
    run("refused", test_refused);
    digests[pass] = digest_of_pass;
  }
  check(digests[0] == digests[1], "both passes give the same bits");
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
