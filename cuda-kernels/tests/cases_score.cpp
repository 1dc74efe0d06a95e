#include <algorithm>
#include <cstring>

#include "cases.h"

namespace {

// Logits of any type as they are stored and as they read.
struct Logits {
  std::vector<uint16_t> halves;
  std::vector<float> values;
};

float read_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double fraction = bits & 1023;
  double magnitude = exponent == 0    ? fraction * std::pow(2.0, -24)
                     : exponent < 31  ? (1024 + fraction) * std::pow(2.0, exponent - 25)
                     : fraction == 0  ? HUGE_VAL
                                      : std::nan("");
  return static_cast<float>(bits & 0x8000 ? -magnitude : magnitude);
}

float read_bfloat(uint16_t bits) {
  const uint32_t word = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &word, sizeof value);
  return value;
}

Logits draw_logits(int32_t type, int64_t count) {
  Logits logits;
  logits.values = normal(count, 4);
  if (type == POTSTILL_CUDA_FLOAT32) return logits;
  for (auto& value : logits.values) {
    uint16_t bits;
    if (type == POTSTILL_CUDA_BFLOAT16) {
      uint32_t word;
      std::memcpy(&word, &value, sizeof word);
      bits = static_cast<uint16_t>(word >> 16);
    } else {  // any sign and fraction; exponents up to 2^3, subnormals included
      bits = static_cast<uint16_t>(generator() & 0x83FF);
      bits = static_cast<uint16_t>(bits | draw(19) << 10);
    }
    logits.halves.push_back(bits);
    value = type == POTSTILL_CUDA_BFLOAT16 ? read_bfloat(bits) : read_half(bits);
  }
  return logits;
}

struct Expected {
  double loss;
  double margin;
  double entropy;
  double el2n;
  bool correct;
};

Expected reference(const float* z, int64_t classes, int64_t label) {
  const double nan = std::nan("");
  if (label < 0 || label >= classes) return {nan, nan, nan, nan, false};
  double other = -HUGE_VAL;
  bool has_nan = false;
  bool first = true;
  for (int64_t j = 0; j < classes; ++j) {
    has_nan = has_nan || std::isnan(z[j]);
    if (j == label) continue;
    other = std::max<double>(other, z[j]);
    first = first && (j < label ? z[j] < z[label] : z[j] <= z[label]);
  }
  if (has_nan) return {nan, nan, nan, nan, false};
  const float margin = z[label] - static_cast<float>(other);
  const double top = std::max<double>(other, z[label]);
  if (std::isinf(top)) return {nan, margin, nan, nan, first};
  double others = 0;
  double squares = 0;
  double slopes = 0;
  for (int64_t j = 0; j < classes; ++j) {
    const double e = std::exp(z[j] - top);
    if (e > 0) slopes += e * (z[j] - top);
    if (j == label) continue;
    others += e;
    squares += e * e;
  }
  const double own = z[label] - top;
  const double sum = others + std::exp(own);
  const double log_sum = own == 0 ? std::log1p(others) : std::log(sum);
  return {log_sum - own, margin, log_sum - slopes / sum,
          std::sqrt(squares + others * others) / sum, first};
}

// kNoSums: no entropy, no EL2N.
enum class Outputs { kAll, kNoSums, kEntropyAlone, kEl2nAlone, kLossAlone };

void check_score(const Logits& logits, int32_t type, const std::vector<int64_t>& labels,
                 int64_t classes, size_t offset, Outputs outputs, double absolute = kAbsolute) {
  const bool all = outputs == Outputs::kAll;
  const bool few = !all && outputs != Outputs::kNoSums;
  const bool with_entropy = all || outputs == Outputs::kEntropyAlone;
  const bool with_el2n = all || outputs == Outputs::kEl2nAlone;
  const auto rows = static_cast<int64_t>(labels.size());
  const size_t n = labels.size();
  Buffer<float> floats(type == POTSTILL_CUDA_FLOAT32 ? logits.values : std::vector<float>(),
                       offset);
  Buffer<uint16_t> halves(logits.halves, offset);
  Buffer<int64_t> device_labels(labels);
  Buffer<float> loss(std::vector<float>(n, kUnwritten));
  Buffer<float> margin(std::vector<float>(n, kUnwritten));
  Buffer<float> entropy(std::vector<float>(n, kUnwritten));
  Buffer<float> el2n(std::vector<float>(n, kUnwritten));
  Buffer<int8_t> correct(std::vector<int8_t>(n, 7));
  const void* from = type == POTSTILL_CUDA_FLOAT32 ? static_cast<void*>(floats.data())
                                                   : static_cast<void*>(halves.data());
  check_status(
      potstill_cuda_score(from, type, device_labels.data(), rows, classes, loss.data(),
                          few ? nullptr : margin.data(), with_entropy ? entropy.data() : nullptr,
                          with_el2n ? el2n.data() : nullptr, few ? nullptr : correct.data(), 0,
                          nullptr),
      POTSTILL_CUDA_OK, "score");
  const auto losses = loss.read();
  const auto margins = margin.read();
  const auto entropies = entropy.read();
  const auto el2ns = el2n.read();
  const auto corrects = correct.read();
  for (size_t i = 0; i < n; ++i) {
    const Expected e =
        reference(&logits.values[i * static_cast<size_t>(classes)], classes, labels[i]);
    const std::string where = ", type " + std::to_string(type) + ", row " + std::to_string(i) +
                              " of " + std::to_string(n) + ", classes " + std::to_string(classes) +
                              ", offset " + std::to_string(offset);
    check_close(losses[i], static_cast<float>(e.loss), "loss" + where, absolute);
    check_close(margins[i], few ? kUnwritten : e.margin, "margin" + where, absolute);
    check_close(entropies[i], with_entropy ? e.entropy : kUnwritten, "entropy" + where, absolute);
    check_close(el2ns[i], with_el2n ? e.el2n : kUnwritten, "el2n" + where, absolute);
    check(corrects[i] == (few ? 7 : e.correct), "correct" + where);
  }
}

std::vector<int64_t> draw_labels(int64_t rows, int64_t classes) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < rows; ++i) labels.push_back(draw(classes));
  return labels;
}

void test_sizes() {
  for (int32_t type : {POTSTILL_CUDA_FLOAT32, POTSTILL_CUDA_BFLOAT16, POTSTILL_CUDA_FLOAT16}) {
    for (int64_t classes : {1, 2, 3, 4, 7, 10, 16, 31, 32, 33, 63, 64, 65, 66, 67, 68, 95, 127, 128,
                            129, 184, 188, 191, 192, 255, 256,
                            257, 368, 376, 383, 384, 500, 513, 640, 760, 896, 1000, 1024, 1025, 1280,
                            1536, 1784, 2048, 2056, 8200, 16391}) {
      const int64_t rows = classes <= 64 ? 130 : 9;
      const auto labels = draw_labels(rows, classes);
      const Logits logits = draw_logits(type, rows * classes);
      for (size_t offset : {0, 1, 2, 3, 4}) {
        check_score(logits, type, labels, classes, offset, Outputs::kAll);
      }
      for (Outputs outputs : {Outputs::kNoSums, Outputs::kEntropyAlone, Outputs::kEl2nAlone,
                              Outputs::kLossAlone}) {
        check_score(logits, type, labels, classes, 0, outputs);
      }
    }
    for (int64_t rows : {0, 1, 127, 128, 129, 600}) {
      check_score(draw_logits(type, rows * 10), type, draw_labels(rows, 10), 10, 0, Outputs::kAll);
    }
    for (int64_t rows : {1, 31, 32, 33, 65}) {
      for (int64_t classes : {100, 300, 501, 512}) {
        const Logits logits = draw_logits(type, rows * classes);
        const auto labels = draw_labels(rows, classes);
        for (size_t offset : {0, 1}) {
          check_score(logits, type, labels, classes, offset, Outputs::kAll);
        }
      }
    }
  }
}

uint16_t to_bfloat(float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  return static_cast<uint16_t>(word >> 16);
}

// Of what half precision represents, or beyond its range.
uint16_t to_half(float value) {
  const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
  if (std::isnan(value)) return 0x7E00;
  const float size = std::fabs(value);
  if (size == 0) return sign;
  if (size > 65504) return sign | 0x7C00;
  int exponent;
  const float fraction = std::frexp(size, &exponent);  // in [0.5, 1)
  return static_cast<uint16_t>(sign | (exponent + 14) << 10 |
                               (static_cast<int>(std::ldexp(fraction, 11)) - 1024));
}

// The values as the type holds them.
Logits stored(int32_t type, Logits logits) {
  if (type == POTSTILL_CUDA_FLOAT32) return logits;
  for (auto& value : logits.values) {
    const bool brain = type == POTSTILL_CUDA_BFLOAT16;
    logits.halves.push_back(brain ? to_bfloat(value) : to_half(value));
    value = brain ? read_bfloat(logits.halves.back()) : read_half(logits.halves.back());
  }
  return logits;
}

// One row for each way in which a row can be special.
void test_special_rows(int64_t classes) {
  Logits logits;
  std::vector<int64_t> labels;
  const auto add = [&](float fill, int64_t label) {
    labels.push_back(label);
    logits.values.insert(logits.values.end(), static_cast<size_t>(classes), fill);
    return logits.values.end() - static_cast<std::ptrdiff_t>(classes);
  };
  const int64_t middle = classes / 2;
  const int64_t last = classes - 1;
  add(0, 0)[last] = kNan;
  add(0, middle)[middle] = kNan;
  add(0, middle)[last] = kInfinity;
  add(0, middle)[middle] = kInfinity;
  add(0, middle)[middle] = -kInfinity;
  add(0, middle)[last] = -kInfinity;
  add(-kInfinity, 0);
  add(-kInfinity, last);
  add(-kInfinity, middle)[middle] = 1;
  add(-kInfinity, middle)[last] = 1;
  add(kInfinity, middle);
  add(2, 0);  // ties
  add(2, middle);
  add(2, last);
  add(-3e38f, middle)[middle] = 3e38f;
  add(-3e38f, middle)[last] = 3e38f;
  add(-std::numeric_limits<float>::max(), middle)[last] = 88;
  add(0, -1);
  add(0, classes);
  add(0, std::numeric_limits<int64_t>::max());
  for (float far : {1000.0f, 12345.6f, 16384.0f, 30000.0f, 1e30f}) {
    for (float sign : {1.0f, -1.0f}) {
      add(sign * far, middle)[last] = sign * far * (1 + sign / 512);
      add(sign * far, middle)[middle] = sign * far * (1 + sign / 512);
      add(sign * far, last);
      // Two of the same far from the rest.
      const auto row = add(sign * far - 64, middle);
      row[0] = row[last] = sign * far;
    }
  }
  for (int32_t type : {POTSTILL_CUDA_FLOAT32, POTSTILL_CUDA_BFLOAT16, POTSTILL_CUDA_FLOAT16}) {
    const Logits of_type = stored(type, logits);
    for (Outputs outputs : {Outputs::kAll, Outputs::kNoSums, Outputs::kLossAlone}) {
      check_score(of_type, type, labels, classes, 0, outputs);
    }
    check_score(of_type, type, labels, classes, 1, Outputs::kAll);
  }
}

// With ties, classes left out by minus infinity and labels out of range among them.
void test_many_rows() {
  for (int32_t type : {POTSTILL_CUDA_FLOAT32, POTSTILL_CUDA_BFLOAT16, POTSTILL_CUDA_FLOAT16}) {
    const int64_t classes = type == POTSTILL_CUDA_FLOAT32 ? 192 : 384;
    Logits logits;
    std::vector<int64_t> labels = draw_labels(kManyRows, classes);
    for (int64_t i = 0; i < kManyRows * classes; ++i) {
      logits.values.push_back(static_cast<float>(draw(161) - 80) / 8);
    }
    for (int64_t row = 0; row < kManyRows; row += 11) {
      logits.values[static_cast<size_t>(row * classes + draw(classes))] = -kInfinity;
    }
    for (int64_t row = 0; row < kManyRows; row += 13) labels[static_cast<size_t>(row)] = classes;
    check_score(stored(type, logits), type, labels, classes, 0, Outputs::kAll);
  }
}

// An easy row's loss near zero keeps its digits.
void test_small_losses(int64_t classes) {
  Logits logits;
  std::vector<int64_t> labels;
  for (float own : {10.0f, 20.0f, 40.0f, 80.0f}) {
    labels.push_back(1);
    const auto noise = normal(classes, 1);
    logits.values.insert(logits.values.end(), noise.begin(), noise.end());
    logits.values[logits.values.size() - static_cast<size_t>(classes) + 1] = own;
  }
  check_score(logits, POTSTILL_CUDA_FLOAT32, labels, classes, 0, Outputs::kAll, 1e-37);
}

void test_refusals() {
  float buffer[4] = {0, 0, 0, 0};
  const int64_t label = 0;
  const auto score = [&](const void* logits, int32_t type, int64_t rows, int64_t classes) {
    return potstill_cuda_score(logits, type, &label, rows, classes, buffer, nullptr, nullptr,
                               nullptr, nullptr, 0, nullptr);
  };
  check_status(score(nullptr, 0, 0, 0), POTSTILL_CUDA_OK, "score of nothing");
  check_status(score(buffer, 0, -1, 2), POTSTILL_CUDA_INVALID_ARGUMENT, "negative rows");
  check_status(score(buffer, 0, 1, 0), POTSTILL_CUDA_INVALID_ARGUMENT, "no classes");
  check_status(score(buffer, 3, 1, 2), POTSTILL_CUDA_INVALID_ARGUMENT, "unknown type");
  check_status(score(nullptr, 0, 1, 2), POTSTILL_CUDA_INVALID_ARGUMENT, "no logits");
  check(std::strstr(potstill_cuda_last_error(), "score: ") != nullptr, "the message names the call");
}

}  // namespace

void test_score() {
  test_sizes();
  for (int64_t classes : {7, 10, 64, 99, 100, 1000, 1025, 9001}) test_special_rows(classes);
  for (int64_t classes : {10, 100, 1000, 9001}) test_small_losses(classes);
  test_many_rows();
  test_refusals();
}
