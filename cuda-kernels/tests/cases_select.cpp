#include <algorithm>

#include "cases.h"

namespace {

struct Samples {
  std::vector<float> scores;
  std::vector<int32_t> class_of;
  int64_t classes;
};

std::vector<int64_t> sizes_of(const Samples& samples) {
  std::vector<int64_t> sizes(static_cast<size_t>(samples.classes), 0);
  for (int32_t c : samples.class_of) ++sizes[static_cast<size_t>(c)];
  return sizes;
}

// With many ties and every special value.
Samples draw_samples(int64_t n, int64_t classes) {
  const float special[] = {kNan, -kNan, kInfinity, -kInfinity, 0.0f, -0.0f, 1e-42f, 3e38f};
  Samples samples;
  samples.classes = classes;
  for (int64_t i = 0; i < n; ++i) {
    float score = static_cast<float>(draw(41) - 20) / 4;
    if (draw(9) == 0) score = special[draw(8)];
    if (draw(3) == 0) score = normal(1, 10)[0];
    samples.scores.push_back(score);
    samples.class_of.push_back(static_cast<int32_t>(draw(classes)));
  }
  return samples;
}

std::vector<int64_t> reference(const Samples& samples, int32_t order,
                               const std::vector<int64_t>& keep) {
  const auto hardness = [&](int64_t i) {  // NaN above infinity
    const float score = samples.scores[static_cast<size_t>(i)];
    return std::make_pair(std::isnan(score), std::isnan(score) ? 0 : score);
  };
  std::vector<int64_t> kept;
  for (size_t c = 0; c < keep.size(); ++c) {
    std::vector<int64_t> members;
    for (size_t i = 0; i < samples.scores.size(); ++i) {
      if (samples.class_of[i] == static_cast<int32_t>(c)) members.push_back(static_cast<int64_t>(i));
    }
    std::stable_sort(members.begin(), members.end(), [&](int64_t a, int64_t b) {
      return order == POTSTILL_CUDA_EASY ? hardness(a) < hardness(b) : hardness(b) < hardness(a);
    });
    kept.insert(kept.end(), members.begin(), members.begin() + keep[c]);
  }
  return kept;
}

std::vector<int64_t> select(const Samples& samples, int64_t largest_class, int32_t order,
                            const std::vector<int64_t>& keep, bool with_offsets = true) {
  const auto n = static_cast<int64_t>(samples.scores.size());
  Buffer<float> scores(samples.scores, 1);
  Buffer<int32_t> class_of(samples.class_of, 1);
  std::vector<int64_t> begins(1, 0);
  for (int64_t k : keep) begins.push_back(begins.back() + k);
  Buffer<int64_t> kept(std::vector<int64_t>(static_cast<size_t>(begins.back()), -7));
  Buffer<int64_t> offsets(std::vector<int64_t>(begins.size(), -7));
  const int64_t bytes = potstill_cuda_select_workspace(n, samples.classes, largest_class, 0);
  auto memory = workspace(bytes);
  check_status(potstill_cuda_select(scores.data(), class_of.data(), n, samples.classes,
                                    largest_class, order, keep.data(), kept.data(),
                                    with_offsets ? offsets.data() : nullptr, memory.data(), bytes,
                                    0, nullptr),
               POTSTILL_CUDA_OK, "select");
  check(!with_offsets || offsets.read() == begins, "select offsets");
  return kept.read();
}

enum class Keep { kAll, kShare, kAsMany };  // of every class; as many as the smallest has

void check_select(const Samples& samples, int64_t largest_class, Keep which) {
  auto keep = sizes_of(samples);
  const int64_t smallest = *std::min_element(keep.begin(), keep.end());
  for (auto& k : keep) {
    if (which == Keep::kShare) k = k * 3 / 5;
    if (which == Keep::kAsMany) k = smallest;
  }
  for (int32_t order : {POTSTILL_CUDA_EASY, POTSTILL_CUDA_HARD}) {
    check(select(samples, largest_class, order, keep) == reference(samples, order, keep),
          "select, n " + std::to_string(samples.scores.size()) + ", classes " +
              std::to_string(samples.classes) + ", order " + std::to_string(order));
  }
}

void test_by_blocks() {
  for (int64_t n : {0, 1, 2, 31, 32, 33, 255, 256, 257, 1000}) {
    for (int64_t classes : {1, 3, 40}) {
      const Samples samples = draw_samples(n, classes);
      check_select(samples, n, Keep::kAll);
      check_select(samples, n, Keep::kShare);
    }
  }
  check_select(draw_samples(4095, 1), 4095, Keep::kAll);
  check_select(draw_samples(4096, 1), 4096, Keep::kAll);
  check_select(draw_samples(3000, 1500), 3000, Keep::kShare);
  const Samples many = draw_samples(9000, 3);
  const auto sizes = sizes_of(many);
  check_select(many, *std::max_element(sizes.begin(), sizes.end()), Keep::kAll);
}

// Classes of like size, for each size of the group that sorts one; then of unlike sizes.
void test_by_groups() {
  for (int64_t members : {7, 100, 400, 1500}) {
    const Samples samples = draw_samples(kManySamples, kManySamples / members);
    const auto sizes = sizes_of(samples);
    const int64_t largest = *std::max_element(sizes.begin(), sizes.end());
    check_select(samples, largest, Keep::kAll);
    check_select(samples, largest + 70, Keep::kShare);
    check_select(samples, largest, Keep::kAsMany);
  }
  check_select(draw_samples(12000, 6000), 40, Keep::kAll);
  check_select(draw_samples(12000, 6400), 40, Keep::kShare);  // whose places end at a boundary
  // Small enough classes for rooms of their own.
  check_select(draw_samples(12000, 3000), 16, Keep::kAll);
  Samples uneven = draw_samples(kManySamples, 150);
  for (size_t i = 0; i < uneven.class_of.size() / 3; i += 9) uneven.class_of[i] = 7;
  check_select(uneven, 4096, Keep::kShare);
  check_select(uneven, 4096, Keep::kAsMany);
}

void test_by_sort() {
  for (int64_t classes : {1, 2, 3, 255, 256, 3000}) {
    const Samples samples = draw_samples(4097, classes);
    check_select(samples, 4097, Keep::kAll);
    check_select(samples, 4097, Keep::kShare);
    check_select(samples, 4097, Keep::kAsMany);
  }
}

// Classes of exactly as many members as a group of threads sorts, and of one more.
void test_limits() {
  for (int64_t members : {128, 129, 512, 513, 2048, 2049, 4096, 4097}) {
    for (int64_t classes : {1, 7}) {
      Samples samples = draw_samples(classes * members, classes);
      for (size_t i = 0; i < samples.class_of.size(); ++i) {
        samples.class_of[i] = static_cast<int32_t>(static_cast<int64_t>(i) % classes);
      }
      check_select(samples, members, Keep::kAll);
    }
  }
}

struct Size {
  int64_t n;
  int64_t classes;
  int64_t largest_class;
};

// What only the data can tell shows as -1, whichever way classes are sorted.
void test_wrong_data() {
  for (const Size& size : {Size{100, 4, 100}, Size{900, 4, 900}, Size{2000, 4, 2000},
                           Size{900, 40, 900}, Size{12000, 2100, 22}, Size{5000, 4, 5000}}) {
    Samples samples = draw_samples(size.n, size.classes);
    samples.class_of[0] = samples.class_of[1] = 2;  // which leaves two places to another
    const auto sizes = sizes_of(samples);
    auto keep = sizes;
    keep[1] = sizes[1] + 2;
    keep[2] = 0;
    auto expected_keep = sizes;
    expected_keep[2] = 0;
    const auto full = reference(samples, POTSTILL_CUDA_EASY, expected_keep);
    std::vector<int64_t> expected(full.size() + 2, -1);
    const auto end = std::copy_n(full.begin(), sizes[0] + sizes[1], expected.begin());
    std::copy(full.begin() + sizes[0] + sizes[1], full.end(), end + 2);
    check(select(samples, size.largest_class, POTSTILL_CUDA_EASY, keep) == expected,
          "too few members show");

    for (int32_t wrong : {-1, static_cast<int32_t>(size.classes)}) {
      samples.class_of[static_cast<size_t>(size.n) / 2] = wrong;
      const auto kept = select(samples, size.largest_class, POTSTILL_CUDA_HARD, expected_keep);
      check(std::count(kept.begin(), kept.end(), -1) == static_cast<int64_t>(kept.size()),
            "a class out of range shows");
    }
  }
  for (const Size& size : {Size{100, 2, 50}, Size{6000, 2, 50}, Size{6000, 500, 50},
                           Size{6000, 2100, 10}, Size{9000, 2, 5000}}) {
    Samples samples = draw_samples(size.n, size.classes);
    std::fill(samples.class_of.begin(), samples.class_of.end(), 0);
    samples.class_of.front() = samples.class_of.back() = 1;
    samples.scores.front() = samples.scores.back() = 1;
    std::vector<int64_t> keep(static_cast<size_t>(size.classes), 0);
    keep[0] = 1;
    keep[1] = 2;
    const std::vector<int64_t> expected = {-1, 0, size.n - 1};
    check(select(samples, size.largest_class, POTSTILL_CUDA_EASY, keep) == expected,
          "a class larger than the bound shows");
    check(select(samples, size.largest_class, POTSTILL_CUDA_EASY, keep, false) == expected,
          "select without offsets");
  }
}

void test_refusals() {
  const int64_t n = 5000;
  float score = 0;
  int32_t c = 0;
  int64_t kept = 0;
  const int64_t bytes = potstill_cuda_select_workspace(n, 1, n, 0);
  auto memory = workspace(bytes);
  const auto run = [&](int64_t keep, int32_t order, int64_t held, int32_t device) {
    return potstill_cuda_select(&score, &c, n, 1, n, order, &keep, &kept, nullptr, memory.data(),
                                held, device, nullptr);
  };
  check_status(run(n + 1, 0, bytes, 0), POTSTILL_CUDA_INVALID_ARGUMENT, "keep beyond n");
  check_status(run(-1, 0, bytes, 0), POTSTILL_CUDA_INVALID_ARGUMENT, "negative keep");
  check_status(run(1, 2, bytes, 0), POTSTILL_CUDA_INVALID_ARGUMENT, "unknown order");
  check_status(run(1, 0, bytes - 1, 0), POTSTILL_CUDA_INVALID_ARGUMENT, "short workspace");
  check_status(run(1, 0, bytes, 99), POTSTILL_CUDA_UNAVAILABLE, "no such device");
  check(potstill_cuda_select_workspace(-1, 1, 1, 0) == -1, "negative n has no workspace");
  const int64_t one = 1;
  for (const Size& size : {Size{-1, 1, 1}, Size{int64_t{1} << 32, 1, 1}, Size{n, -1, 1},
                           Size{n, (int64_t{1} << 24) + 1, 1}, Size{n, 1, -1}}) {
    check(potstill_cuda_select_workspace(size.n, size.classes, size.largest_class, 0) == -1,
          "sizes out of range have no workspace");
    check_status(potstill_cuda_select(&score, &c, size.n, size.classes, size.largest_class, 0, &one,
                                      &kept, nullptr, memory.data(), bytes, 0, nullptr),
                 POTSTILL_CUDA_INVALID_ARGUMENT, "sizes out of range");
  }
  const auto select_at = [&](const float* scores, const int32_t* class_of, const int64_t* keep,
                             int64_t* to, unsigned char* room) {
    return potstill_cuda_select(scores, class_of, n, 1, n, 0, keep, to, nullptr, room, bytes, 0,
                                nullptr);
  };
  const int32_t invalid = POTSTILL_CUDA_INVALID_ARGUMENT;
  check_status(select_at(nullptr, &c, &one, &kept, memory.data()), invalid, "no scores");
  check_status(select_at(&score, nullptr, &one, &kept, memory.data()), invalid, "no classes");
  check_status(select_at(&score, &c, nullptr, &kept, memory.data()), invalid, "nothing to keep");
  check_status(select_at(&score, &c, &one, nullptr, memory.data()), invalid, "no kept");
  check_status(select_at(&score, &c, &one, &kept, nullptr), invalid, "no workspace");
}

}  // namespace

void test_select() {
  test_by_blocks();
  test_by_groups();
  test_by_sort();
  test_limits();
  test_wrong_data();
  test_refusals();
}
