// score and select at one instruction set against plain loops.
// Usage: score_test generic|avx2|avx512 [seed]
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "checks.h"

namespace {

double reference_loss(const float* row, int64_t classes, int64_t label) {
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
  for (int64_t n : {0, 1, 7, 100, 20000}) {
    const int64_t classes = 7;
    std::vector<float> scores(static_cast<size_t>(n));
    std::vector<int32_t> class_of(static_cast<size_t>(n));
    std::vector<int64_t> keep(classes, 0);
    for (int64_t i = 0; i < n; ++i) {
      scores[i] = static_cast<float>(static_cast<int>(generator() % 50) - 25);
      if (generator() % 11 == 0) scores[i] = std::numeric_limits<float>::quiet_NaN();
      class_of[i] = static_cast<int32_t>(generator() % classes);
      ++keep[class_of[i]];
    }
    for (auto& k : keep) k = k * 2 / 3;
    for (int32_t order : {POTSTILL_EASY, POTSTILL_HARD}) {
      std::vector<int64_t> expected;
      for (int64_t c = 0; c < classes; ++c) {
        std::vector<int64_t> members;
        for (int64_t i = 0; i < n; ++i) {
          if (class_of[i] == c) members.push_back(i);
        }
        const auto hardness = [&](int64_t i) {
          return std::isnan(scores[i]) ? std::numeric_limits<float>::infinity() : scores[i];
        };
        std::stable_sort(members.begin(), members.end(), [&](int64_t a, int64_t b) {
          return order == POTSTILL_EASY ? hardness(a) < hardness(b) : hardness(a) > hardness(b);
        });
        expected.insert(expected.end(), members.begin(), members.begin() + keep[c]);
      }
      std::vector<int64_t> kept(expected.size());
      std::vector<int64_t> workspace(potstill_select_workspace(n, classes) / 8);
      check(potstill_select(scores.data(), class_of.data(), n, classes, order, keep.data(),
                            kept.data(), nullptr, workspace.data(),
                            static_cast<int64_t>(workspace.size()) * 8, 2) == POTSTILL_OK,
            "select runs");
      check(kept == expected, "select equals a stable sort, n " + std::to_string(n));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_tests(argc, argv, [] {
    test_score();
    test_score_refuses();
    test_select();
  });
}
