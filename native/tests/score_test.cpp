// score and select at one instruction set against plain loops.
// Usage: score_test generic|avx2|avx512 [seed]
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "checks.h"

namespace {

template <typename Number>
double reference_loss(const Number* row, int64_t classes, int64_t label) {
  double top = row[0];
  for (int64_t j = 1; j < classes; ++j) top = std::max<double>(top, row[j]);
  double others = 0;
  for (int64_t j = 0; j < classes; ++j) others += j == label ? 0 : std::exp(row[j] - top);
  const double own = row[label] - top;
  return own == 0 ? std::log1p(others) : std::log(others + std::exp(own)) - own;
}

void test_score() {
  for (int64_t classes : {1,  2,  3,  4,  5,  7,   8,    9,    15,   16,   17,
                          31, 33, 63, 64, 65, 129, 1000, 1023, 1024, 1025, 3000}) {
    const int64_t rows = 9;
    Unaligned logits(rows * classes);
    fill(logits.data(), rows * classes, 5);
    std::vector<int64_t> labels;
    for (int64_t i = 0; i < rows; ++i) labels.push_back((i * 131 + classes - 1) % classes);
    std::vector<float> loss(rows);
    std::vector<float> el2n(rows);
    const int32_t status =
        potstill_score(logits.data(), POTSTILL_FLOAT32, labels.data(), rows, classes, loss.data(),
                       nullptr, nullptr, el2n.data(), nullptr, 2, level);
    check(status == POTSTILL_OK, "score runs");
    for (int64_t i = 0; i < rows; ++i) {
      const double expected = reference_loss(logits.data() + i * classes, classes, labels[i]);
      check(close(loss[i], expected), "score loss, classes " + std::to_string(classes) + ": " +
                                          std::to_string(loss[i]) + " " + std::to_string(expected));
    }
  }
}

// A logit as the library reads it, from its bits where it has 16 of them.
double logit_of(int32_t type, uint16_t bits) {
  if (type == POTSTILL_BFLOAT16) {
    const uint32_t word = uint32_t{bits} << 16;
    float value;
    std::memcpy(&value, &word, sizeof value);
    return value;
  }
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double size =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return bits & 0x8000 ? -size : size;
}

struct ScoreReference {
  double margin, entropy, el2n;
  bool correct;

  ScoreReference(const double* row, int64_t classes, int64_t label) {
    double top = row[0], others = -INFINITY, total = 0, squares = 0;
    correct = true;
    for (int64_t j = 0; j < classes; ++j) {
      top = std::max(top, row[j]);
      if (j == label) continue;
      others = std::max(others, row[j]);
      if (row[j] > row[label] || (row[j] == row[label] && j < label)) correct = false;
    }
    margin = row[label] - others;
    for (int64_t j = 0; j < classes; ++j) total += std::exp(row[j] - top);
    entropy = std::log(total);
    for (int64_t j = 0; j < classes; ++j) {
      const double p = std::exp(row[j] - top) / total;
      if (p > 0) entropy -= p * (row[j] - top);
      squares += j == label ? 0 : p * p;
    }
    const double rest = 1 - std::exp(row[label] - top) / total;
    el2n = std::sqrt(squares + rest * rest);
  }
};

struct Figures {
  std::vector<float> loss, margin, entropy, el2n;
  std::vector<int8_t> correct;
};

Figures all_figures(const void* logits, int32_t type, const std::vector<int64_t>& labels,
                    int64_t classes) {
  const size_t rows = labels.size();
  const std::vector<float> empty(rows);
  Figures of{empty, empty, empty, empty, std::vector<int8_t>(rows, -1)};
  check(potstill_score(logits, type, labels.data(), static_cast<int64_t>(rows), classes,
                       of.loss.data(), of.margin.data(), of.entropy.data(), of.el2n.data(),
                       of.correct.data(), 2, level) == POTSTILL_OK,
        "score of all figures runs");
  return of;
}

// All figures of logits of every type, some of which the label shares with other classes.
void test_score_figures(int32_t type, int64_t classes) {
  const int64_t rows = 9;
  std::vector<uint16_t> halves(static_cast<size_t>(rows * classes));
  Unaligned floats(rows * classes);
  std::vector<double> exact(halves.size());
  std::vector<int64_t> labels;
  fill(floats.data(), rows * classes, 4);
  for (size_t i = 0; i < halves.size(); ++i) {
    // Half precision: up to 16, from subnormals on; bfloat16: the upper half of a float.
    uint32_t word;
    std::memcpy(&word, floats.data() + i, sizeof word);
    halves[i] = static_cast<uint16_t>(
        type == POTSTILL_BFLOAT16 ? word >> 16 : generator() % 0x4C00 | (generator() % 2) << 15);
    exact[i] = type == POTSTILL_FLOAT32 ? floats.data()[i] : logit_of(type, halves[i]);
  }
  for (int64_t i = 0; i < rows; ++i) {
    labels.push_back(static_cast<int64_t>(generator() % static_cast<uint64_t>(classes)));
    if (i % 3 != 0) continue;
    const auto begin = exact.begin() + i * classes;
    const int64_t top = std::max_element(begin, begin + classes) - begin;
    const auto to = static_cast<size_t>(i * classes + labels.back());
    const auto from = static_cast<size_t>(i * classes + top);
    halves[to] = halves[from], exact[to] = exact[from];
    floats.data()[to] = floats.data()[from];
  }
  const void* logits = halves.data();
  if (type == POTSTILL_FLOAT32) logits = floats.data();
  const auto [loss, margin, entropy, el2n, correct] = all_figures(logits, type, labels, classes);
  std::vector<float> entropy_alone(rows), el2n_alone(rows), loss_again(rows);
  for (const bool entropies : {true, false}) {
    check(potstill_score(logits, type, labels.data(), rows, classes, loss_again.data(), nullptr,
                         entropies ? entropy_alone.data() : nullptr,
                         entropies ? nullptr : el2n_alone.data(), nullptr, 1,
                         level) == POTSTILL_OK &&
              loss_again == loss,
          "score of some figures runs");
  }
  check(entropy_alone == entropy && el2n_alone == el2n, "figures do not depend on each other");
  const std::string of = " of type " + std::to_string(type) + ", " + std::to_string(classes);
  for (int64_t i = 0; i < rows; ++i) {
    const double* row = exact.data() + i * classes;
    const ScoreReference expected(row, classes, labels[i]);
    check(close(loss[i], reference_loss(row, classes, labels[i])), "loss" + of);
    check(close(margin[i], expected.margin), "margin" + of);
    check(close(entropy[i], expected.entropy), "entropy" + of);
    check(close(el2n[i], expected.el2n), "el2n" + of);
    check(correct[i] == (expected.correct ? 1 : 0), "correct" + of);
  }
}

void test_score_figures() {
  for (const int32_t type : {POTSTILL_FLOAT32, POTSTILL_BFLOAT16, POTSTILL_FLOAT16}) {
    for (const int64_t classes : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 1023, 1025, 3000}) {
      test_score_figures(type, classes);
    }
  }
}

// A logit as it is stored in 16 bits.
uint16_t bits_of(int32_t type, float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  if (type == POTSTILL_BFLOAT16) return static_cast<uint16_t>(word >> 16);
  const uint32_t sign = word >> 16 & 0x8000;
  if (std::isnan(value)) return 0x7E00;
  if (std::isinf(value)) return static_cast<uint16_t>(sign | 0x7C00);
  if (value == 0) return 0;
  const int exponent = std::ilogb(value);
  const double fraction = std::ldexp(std::abs(value), -exponent) - 1;
  return static_cast<uint16_t>(sign | (exponent + 15) << 10 | static_cast<int>(1024 * fraction));
}

// A row for each way in which NaN and infinity can lie in one.
void test_score_special_rows(int32_t type, int64_t classes) {
  std::vector<float> floats;
  std::vector<int64_t> labels;
  const auto add = [&](float fill, int64_t label) {
    labels.push_back(label);
    floats.insert(floats.end(), static_cast<size_t>(classes), fill);
    return floats.end() - static_cast<std::ptrdiff_t>(classes);
  };
  const int64_t middle = classes / 2, last = classes - 1;
  for (const float value : {NAN, INFINITY, -INFINITY, 1.0f, -2.5f}) {
    for (const float rest : {0.0f, INFINITY, -INFINITY}) {
      for (const int64_t place : {int64_t{0}, middle, last}) {
        add(rest, middle)[place] = value;
        add(rest, last)[place] = value;
      }
      add(rest, 0);
    }
  }
  const auto rows = static_cast<int64_t>(labels.size());
  std::vector<uint16_t> halves;
  for (const float value : floats) halves.push_back(bits_of(type, value));
  const void* logits = halves.data();
  if (type == POTSTILL_FLOAT32) logits = floats.data();
  const auto [loss, margin, entropy, el2n, correct] = all_figures(logits, type, labels, classes);
  for (int64_t i = 0; i < rows; ++i) {
    const std::vector<double> row(floats.begin() + i * classes, floats.begin() + (i + 1) * classes);
    const std::string of = " of special row " + std::to_string(i) + ", type " +
                           std::to_string(type) + ", " + std::to_string(classes);
    const bool has_nan =
        std::any_of(row.begin(), row.end(), [](double z) { return std::isnan(z); });
    const ScoreReference expected(row.data(), classes, labels[i]);
    if (has_nan || std::isinf(*std::max_element(row.begin(), row.end()))) {
      check(std::isnan(loss[i]) && std::isnan(entropy[i]) && std::isnan(el2n[i]),
            "all but the margin" + of);
    } else {
      check(close(loss[i], reference_loss(row.data(), classes, labels[i])), "loss" + of);
      check(close(entropy[i], expected.entropy), "entropy" + of);
      check(close(el2n[i], expected.el2n), "el2n" + of);
    }
    check(has_nan ? std::isnan(margin[i]) : close(margin[i], expected.margin), "margin" + of);
    check(correct[i] == (!has_nan && expected.correct ? 1 : 0), "correct" + of);
  }
}

void test_score_special_rows() {
  for (const int32_t type : {POTSTILL_FLOAT32, POTSTILL_BFLOAT16, POTSTILL_FLOAT16}) {
    for (const int64_t classes : {1, 2, 3, 8, 16, 17, 33, 100, 1024, 1030, 2100}) {
      test_score_special_rows(type, classes);
    }
  }
}

void test_score_refuses() {
  const float logits[2] = {0, 0};
  const int64_t label = 2;
  float loss = -1;
  check(potstill_score(logits, POTSTILL_FLOAT32, &label, 1, 2, &loss, nullptr, nullptr, nullptr,
                       nullptr, 1, level) == POTSTILL_INVALID_ARGUMENT,
        "a label out of range is refused");
  check(loss == -1, "nothing is written on refusal");
  check(std::strstr(potstill_last_error(), "label 2 of row 0") != nullptr, "the message names it");
  check(potstill_score(nullptr, POTSTILL_FLOAT32, nullptr, 0, 0, nullptr, nullptr, nullptr, nullptr,
                       nullptr, 1, level) == POTSTILL_OK,
        "no rows is no error");
}

void test_select() {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const float special[] = {kNan, -kNan, INFINITY, -INFINITY, -0.0f, 0.0f, 1e-42f};
  for (int64_t n : {0, 1, 7, 100, 20000}) {
    const int64_t classes = 7;
    std::vector<float> scores(static_cast<size_t>(n));
    std::vector<int32_t> class_of(static_cast<size_t>(n));
    std::vector<int64_t> keep(classes, 0);
    for (int64_t i = 0; i < n; ++i) {
      scores[i] = static_cast<float>(static_cast<int>(generator() % 50) - 25);
      if (generator() % 6 == 0) scores[i] = special[generator() % 7];
      class_of[i] = static_cast<int32_t>(generator() % classes);
      ++keep[class_of[i]];
    }
    for (auto& k : keep) k = k * 2 / 3;
    for (int32_t order : {POTSTILL_EASY, POTSTILL_HARD}) {
      std::vector<int64_t> expected, begins(1, 0);
      for (int64_t c = 0; c < classes; ++c) {
        std::vector<int64_t> members;
        for (int64_t i = 0; i < n; ++i) {
          if (class_of[i] == c) members.push_back(i);
        }
        const auto hardness = [&](int64_t i) {
          return std::make_pair(std::isnan(scores[i]), std::isnan(scores[i]) ? 0 : scores[i]);
        };
        std::stable_sort(members.begin(), members.end(), [&](int64_t a, int64_t b) {
          return order == POTSTILL_EASY ? hardness(a) < hardness(b) : hardness(a) > hardness(b);
        });
        expected.insert(expected.end(), members.begin(), members.begin() + keep[c]);
        begins.push_back(static_cast<int64_t>(expected.size()));
      }
      std::vector<int64_t> kept(expected.size()), offsets(classes + 1, -1);
      std::vector<int64_t> workspace(potstill_select_workspace(n, classes) / 8, -7);
      check(potstill_select(scores.data(), class_of.data(), n, classes, order, keep.data(),
                            kept.data(), offsets.data(), workspace.data(),
                            static_cast<int64_t>(workspace.size()) * 8, 2) == POTSTILL_OK,
            "select runs");
      check(offsets == begins, "select says where classes begin, n " + std::to_string(n));
      check(kept == expected, "select equals a stable sort, n " + std::to_string(n));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_tests(argc, argv, [] {
    test_score();
    test_score_figures();
    test_score_special_rows();
    test_score_refuses();
    test_select();
  });
}
