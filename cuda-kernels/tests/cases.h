// The cases that the kernels have to pass, on the host and on a GPU alike, against plain
// double-precision loops.
#ifndef POTSTILL_TESTS_CASES_H
#define POTSTILL_TESTS_CASES_H

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "memory.h"
#include "potstill_cuda.h"

constexpr double kRelative = 1e-5;
constexpr double kAbsolute = 2e-6;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kUnwritten = 12345.5f;  // what outputs hold before

extern std::mt19937_64 generator;

void check(bool holds, const std::string& claim);
void check_status(int32_t status, int32_t expected, const std::string& call);
void check_close(double value, double expected, const std::string& claim,
                 double absolute = kAbsolute);
std::vector<float> normal(int64_t n, float scale);
int64_t draw(int64_t below);

// Memory of the size that a query returned.
Buffer<unsigned char> workspace(int64_t bytes);

void test_score();
void test_select();
void test_feature_mean();
void test_gradient_match();
void test_trajectory();
void test_quantise();
void test_upfirdn();
void test_filtered_lrelu();
void test_refused();

#endif
