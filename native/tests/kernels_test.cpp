// The other operations of the C ABI at one instruction set against plain double-precision loops,
// and what all have in common.
// Usage: kernels_test generic|avx2|avx512 [seed]
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "checks.h"

namespace {

void test_feature_mean() {
  for (int64_t features : {1, 3, 8, 17, 1024, 1500}) {
    const int64_t real_offsets[] = {0, 1, 10, 14};
    const int64_t synthetic_offsets[] = {0, 2, 3, 8};
    Unaligned real(14 * features);
    Unaligned synthetic(8 * features);
    Unaligned gradient(8 * features);
    fill(real.data(), 14 * features, 1);
    fill(synthetic.data(), 8 * features, 1);
    double expected = 0, expected_class[3] = {}, per_class[3] = {};
    std::vector<double> slope(static_cast<size_t>(8 * features));
    for (int c = 0; c < 3; ++c) {
      for (int64_t f = 0; f < features; ++f) {
        const auto mean = [&](float* data, const int64_t* offsets) {
          double sum = 0;
          for (int64_t r = offsets[c]; r < offsets[c + 1]; ++r) sum += data[r * features + f];
          return sum / static_cast<double>(offsets[c + 1] - offsets[c]);
        };
        const double d =
            mean(synthetic.data(), synthetic_offsets) - mean(real.data(), real_offsets);
        expected += d * d;
        expected_class[c] += d * d;
        for (int64_t r = synthetic_offsets[c]; r < synthetic_offsets[c + 1]; ++r) {
          slope[r * features + f] =
              2 * d / static_cast<double>(synthetic_offsets[c + 1] - synthetic_offsets[c]);
        }
      }
    }
    const int64_t bytes = potstill_feature_mean_workspace(3, features);
    std::vector<double> workspace(static_cast<size_t>(bytes) / 8, NAN);
    double loss = 0;
    check(potstill_feature_mean(real.data(), real_offsets, synthetic.data(), synthetic_offsets, 3,
                                features, &loss, per_class, gradient.data(), workspace.data(),
                                bytes, 2, level) == POTSTILL_OK,
          "feature_mean runs");
    check(close(loss, expected), "feature_mean loss");
    for (int c = 0; c < 3; ++c) check(close(per_class[c], expected_class[c]), "loss of a class");
    for (int64_t i = 0; i < 8 * features; ++i) {
      check(close(gradient.data()[i], slope[i]), "feature_mean gradient");
    }
  }
}

// Multiples of 1/4, whose distances single precision holds exactly: many are equal.
void test_quantise_ties() {
  constexpr int64_t kCount = 301, kCodes = 300;
  const auto grid = [](float* data, int64_t n) {
    for (int64_t i = 0; i < n; ++i) data[i] = static_cast<float>(generator() % 9) / 4;
  };
  for (int64_t width : {1, 2, 3}) {
    Unaligned points(kCount * width), codebook(kCodes * width);
    grid(points.data(), kCount * width);
    grid(codebook.data(), kCodes * width);
    const int64_t bytes = potstill_quantise_workspace(kCodes, width);
    std::vector<double> workspace(static_cast<size_t>(bytes) / 8, NAN);
    std::vector<int64_t> indices(kCount);
    check(potstill_quantise(points.data(), kCount, codebook.data(), kCodes, width, indices.data(),
                            workspace.data(), bytes, 2, level) == POTSTILL_OK,
          "quantise of a grid runs");
    for (int64_t i = 0; i < kCount; ++i) {
      int64_t nearest = 0;
      float least = INFINITY;
      for (int64_t k = 0; k < kCodes; ++k) {
        float distance = 0;
        for (int64_t d = 0; d < width; ++d) {
          const float difference = points.data()[i * width + d] - codebook.data()[k * width + d];
          distance += difference * difference;
        }
        if (distance < least) {
          least = distance;
          nearest = k;
        }
      }
      check(indices[static_cast<size_t>(i)] == nearest, "of the nearest codes the first");
    }
  }
}

void test_quantise() {
  for (int64_t width : {1, 3, 8}) {
    for (int64_t codes : {1, 63, 64, 65, 200}) {
      const int64_t count = 301;
      Unaligned points(count * width), codebook(codes * width);
      fill(points.data(), count * width, 1);
      fill(codebook.data(), codes * width, 1);
      const int64_t bytes = potstill_quantise_workspace(codes, width);
      std::vector<double> workspace(static_cast<size_t>(bytes) / 8 + 1, NAN);
      std::vector<int64_t> indices(count), again(count);
      for (auto* out : {&indices, &again}) {
        check(potstill_quantise(points.data(), count, codebook.data(), codes, width, out->data(),
                                workspace.data(), bytes, out == &indices ? 1 : 3,
                                level) == POTSTILL_OK,
              "quantise runs");
      }
      check(indices == again, "the thread count does not change the indices");
      for (int64_t i = 0; i < count; ++i) {
        double least = INFINITY, chosen = INFINITY;
        for (int64_t k = 0; k < codes; ++k) {
          double distance = 0;
          for (int64_t d = 0; d < width; ++d) {
            distance +=
                std::pow(double(points.data()[i * width + d]) - codebook.data()[k * width + d], 2);
          }
          least = std::min(least, distance);
          if (k == indices[static_cast<size_t>(i)]) chosen = distance;
        }
        check(chosen <= least * (1 + 1e-5) + 1e-12, "quantise takes the nearest code");
      }
    }
  }
  test_quantise_ties();
  const float point[] = {0, NAN}, same[] = {1, -1, 1};
  int64_t index[2] = {-1, -1};
  double workspace[32];
  check(potstill_quantise(point, 2, same, 3, 1, index, workspace, sizeof workspace, 1, level) ==
                POTSTILL_OK &&
            index[0] == 0 && index[1] == 0,
        "ties go to the lower index, NaN to the first");
  check(potstill_quantise(point, 2, same, 0, 1, index, workspace, sizeof workspace, 1, level) ==
            POTSTILL_INVALID_ARGUMENT,
        "an empty codebook is refused");
}

// Pages that the system has made for this process.
long faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

// Those that it makes for 64 MB that are written to and freed.
long faults_of_maps() {
  const long before = faults();
  std::vector<std::unique_ptr<char[]>> maps;
  for (int i = 0; i < 4; ++i) {
    maps.emplace_back(new char[16 << 20]);
    for (int byte = 0; byte < 16 << 20; byte += 1024) maps.back()[byte] = 1;
  }
  return faults() - before;
}

void test_freed_memory_is_kept() {
  if (faults_of_maps() < 1000) return;  // the system makes huge pages
  if (potstill_keep_freed_memory() == 0) return;  // another C library, or a sanitizer's malloc
  faults_of_maps();
  check(faults_of_maps() < 100, "freed memory is kept for the next maps");
  potstill_give_back_memory();
  check(faults_of_maps() > 1000, "freed memory is given back when asked for");
}

int64_t resident_bytes() {
  std::ifstream pages("/proc/self/statm");
  int64_t size = 0, resident = 0;
  pages >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

void test_memory_of_other_threads_is_given_back() {
  if (potstill_keep_freed_memory() == 0) return;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([] {
      std::vector<std::unique_ptr<char[]>> blocks;
      for (int block = 0; block < 32; ++block) {
        blocks.emplace_back(new char[1 << 20]);
        std::memset(blocks.back().get(), 1, 1 << 20);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const int64_t before = resident_bytes();
  potstill_give_back_memory();
  check(before - resident_bytes() > (30 << 20), "memory that ended threads kept is given back");
}

void test_threads() {
  for (const int32_t threads : {-1, 0, 1025}) {
    const auto refused = [&](int32_t status, const char* operation) {
      check(status == POTSTILL_INVALID_ARGUMENT &&
                std::strstr(potstill_last_error(), "threads are from 1 to 1024") != nullptr,
            std::to_string(threads) + " threads are refused by " + operation);
    };
    const int64_t none = 0;
    double loss = 0;
    refused(potstill_score(nullptr, POTSTILL_FLOAT32, nullptr, 0, 0, nullptr, nullptr, nullptr,
                           nullptr, nullptr, threads, level),
            "score");
    refused(potstill_select(nullptr, nullptr, 0, 0, POTSTILL_EASY, nullptr, nullptr, nullptr,
                            nullptr, 0, threads),
            "select");
    refused(potstill_feature_mean(nullptr, &none, nullptr, &none, 0, 0, &loss, nullptr, nullptr,
                                  nullptr, 0, threads, level),
            "feature_mean");
    refused(potstill_gradient_match(POTSTILL_MSE, 0, nullptr, nullptr, nullptr, nullptr, nullptr,
                                    &loss, nullptr, 0, threads, level),
            "gradient_match");
    refused(potstill_trajectory(0, nullptr, nullptr, nullptr, nullptr, nullptr, &loss, nullptr, 0,
                                threads, level),
            "trajectory");
    refused(
        potstill_sgd(0, nullptr, nullptr, nullptr, nullptr, 0, 0, 0, nullptr, 0, threads, level),
        "sgd");
    refused(potstill_quantise(nullptr, 0, nullptr, 1, 1, nullptr, nullptr, 0, threads, level),
            "quantise");
    refused(potstill_norm_relu_pool(nullptr, 0, 1, 1, 1, nullptr, nullptr, 0, 1, 1, nullptr,
                                    nullptr, nullptr, threads, level),
            "norm_relu_pool");
    refused(potstill_convolution(nullptr, 0, 8, 8, 16, nullptr, 3, 0, nullptr, 16, nullptr, nullptr,
                                 0, threads, level),
            "convolution");
    const int32_t one[2] = {1, 1};
    const int64_t flush[4] = {};
    check(potstill_convolution_workspace(1, 8, 8, 16, 16, 3, threads) == -1 &&
              potstill_upfirdn_workspace(8, 8, one, one, flush, 0, 0, threads) == -1 &&
              potstill_filtered_lrelu_workspace(8, 8, 1, 1, flush, 0, 0, 0, 0, threads) == -1,
          std::to_string(threads) + " threads have no workspace");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_tests(argc, argv, [] {
    check(potstill_abi_version() == POTSTILL_ABI_VERSION, "header and library agree");
    test_feature_mean();
    test_quantise();
    test_freed_memory_is_kept();
    test_memory_of_other_threads_is_given_back();
    test_threads();
  });
}
