#include "cases.h"

namespace {

struct Quantised {
  std::vector<float> points;
  std::vector<float> codebook;
  int64_t width;

  int64_t count() const { return static_cast<int64_t>(points.size()) / width; }
  int64_t codes() const { return static_cast<int64_t>(codebook.size()) / width; }

  double distance(int64_t point, int64_t code) const {
    double sum = 0;
    for (int64_t d = 0; d < width; ++d) {
      const double difference = double(points[static_cast<size_t>(point * width + d)]) -
                                codebook[static_cast<size_t>(code * width + d)];
      sum += difference * difference;
    }
    return sum;
  }

  // 0 where no distance is finite.
  int64_t nearest(int64_t point) const {
    int64_t index = 0;
    double least = HUGE_VAL;
    for (int64_t k = 0; k < codes(); ++k) {
      if (distance(point, k) < least) {
        least = distance(point, k);
        index = k;
      }
    }
    return index;
  }
};

std::vector<int64_t> quantise(const Quantised& in, size_t offset) {
  Buffer<float> points(in.points, offset);
  Buffer<float> codebook(in.codebook, offset);
  Buffer<int64_t> indices(std::vector<int64_t>(static_cast<size_t>(in.count()), -7));
  check_status(potstill_cuda_quantise(points.data(), in.count(), codebook.data(), in.codes(),
                                      in.width, indices.data(), 0, nullptr),
               POTSTILL_CUDA_OK, "quantise");
  return indices.read();
}

// Multiples of 1/4, whose distances single precision holds exactly: equal ones are frequent.
std::vector<float> draw_grid(int64_t n) {
  std::vector<float> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(static_cast<float>(draw(9) - 4) / 4);
  return values;
}

std::string name_of(const Quantised& in) {
  return "quantise, " + std::to_string(in.count()) + " points, " + std::to_string(in.codes()) +
         " codes, width " + std::to_string(in.width);
}

void check_exactly(const Quantised& in, size_t offset) {
  const auto indices = quantise(in, offset);
  for (int64_t i = 0; i < in.count(); ++i) {
    check(indices[static_cast<size_t>(i)] == in.nearest(i),
          name_of(in) + ", point " + std::to_string(i));
  }
}

// What was found is as near as the nearest, to rounding.
void check_nearly(const Quantised& in) {
  const auto indices = quantise(in, 0);
  for (int64_t i = 0; i < in.count(); ++i) {
    const int64_t found = indices[static_cast<size_t>(i)];
    check(found >= 0 && found < in.codes(), name_of(in) + ", index in range");
    if (found < 0 || found >= in.codes()) return;
    check_close(in.distance(i, found), in.distance(i, in.nearest(i)), name_of(in));
  }
}

void test_special_points() {
  Quantised in = {draw_grid(12 * 3), draw_grid(1100 * 3), 3};
  in.points[4] = kNan;
  in.points[9] = kInfinity;
  in.points[17] = -kInfinity;
  in.points[20] = 3e38f;  // finite, its distances are not
  in.codebook[0] = in.codebook[5 * 3 + 1] = kNan;
  in.codebook[6 * 3] = kInfinity;
  in.codebook[1099 * 3 + 2] = -kInfinity;
  const auto indices = quantise(in, 0);
  for (int64_t i = 0; i < in.count(); ++i) {
    const bool none = i == 1 || i == 3 || i == 5 || i == 6;
    check(indices[static_cast<size_t>(i)] == (none ? 0 : in.nearest(i)),
          "quantise, special point " + std::to_string(i));
  }
  Quantised nothing = {draw_grid(3), std::vector<float>(7 * 3, kNan), 3};
  check(quantise(nothing, 0)[0] == 0, "a codebook of NaN gives index 0");
}

void test_refusals() {
  const float value = 0;
  int64_t index = 0;
  const auto run = [&](const float* points, int64_t count, int64_t codes, int64_t width) {
    return potstill_cuda_quantise(points, count, &value, codes, width, &index, 0, nullptr);
  };
  check_status(run(nullptr, 0, 1, 1), POTSTILL_CUDA_OK, "quantise of nothing");
  check_status(run(&value, 1, 0, 1), POTSTILL_CUDA_INVALID_ARGUMENT, "an empty codebook");
  check_status(run(&value, 1, 1, 0), POTSTILL_CUDA_INVALID_ARGUMENT, "width 0");
  check_status(run(&value, -1, 1, 1), POTSTILL_CUDA_INVALID_ARGUMENT, "a negative count");
  check_status(run(&value, 1, (int64_t{1} << 30) + 1, 1), POTSTILL_CUDA_INVALID_ARGUMENT,
               "too many codes");
  check_status(run(&value, 1, 1, int64_t{1} << 60), POTSTILL_CUDA_INVALID_ARGUMENT,
               "too large a width");
  check_status(run(nullptr, 1, 1, 1), POTSTILL_CUDA_INVALID_ARGUMENT, "no points");
}

}  // namespace

void test_quantise() {
  for (int64_t width : {1, 3, 4, 7, 8, 9, 17}) {
    for (int64_t codes : {1, 2, 31, 1023, 1024, 1025}) {
      check_exactly({draw_grid(9 * width), draw_grid(codes * width), width}, width == 3 ? 1 : 0);
    }
  }
  for (int64_t count : {0, 1, 7, 8, 15, 16, 17, 40}) {
    check_exactly({draw_grid(count * 3), draw_grid(70 * 3), 3}, 0);
  }
  check_nearly({normal(33 * 3, 1), normal(8192 * 3, 1), 3});
  check_nearly({normal(9 * 64, 1), normal(1500 * 64, 1), 64});
  test_special_points();
  test_refusals();
}
