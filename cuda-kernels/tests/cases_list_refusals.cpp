// What the operations on lists and classes refuse: of a call that works, one argument is changed.
#include <type_traits>

#include "cases.h"

namespace {

// A call of arguments that can be changed.
template <typename Run>
class Call {
 public:
  Call(const std::string& name, const Run& run) : name_(name), run_(run) {
    check_status(run_(), POTSTILL_CUDA_OK, name_);
  }

  template <typename Argument>
  void refuses(Argument* argument, std::common_type_t<Argument> wrong,
               const std::string& what) const {
    const Argument right = *argument;
    *argument = wrong;
    check_status(run_(), POTSTILL_CUDA_INVALID_ARGUMENT, name_ + ", " + what);
    *argument = right;
  }

 private:
  std::string name_;
  const Run& run_;
};

// Three tensors: the second has no elements, the third no memory either.
constexpr int64_t kSizes[] = {6, 0, 0};
constexpr int64_t kNegative[] = {6, -1, 0};
constexpr int64_t kTooLarge[] = {6, (int64_t{1} << 48) + 1, 0};
float* const kNowhere[] = {nullptr, nullptr, nullptr};

// The arguments that all operations have in common.
struct Common {
  int64_t count = 3;
  const int64_t* sizes = kSizes;
  Buffer<double> loss_memory{{0}};
  double* loss = loss_memory.data();
  int64_t bytes;
  Buffer<unsigned char> memory;
  unsigned char* workspace = memory.data();

  explicit Common(int64_t needed) : bytes(needed), memory(::workspace(needed)) {}

  template <typename Run>
  void refuse_memory(const Call<Run>& call) {
    call.refuses(&loss, nullptr, "no loss");
    call.refuses(&workspace, nullptr, "no workspace");
    call.refuses(&workspace, workspace + 128, "a workspace off its boundary");
    call.refuses(&bytes, bytes - 1, "a short workspace");
  }

  template <typename Run>
  void refuse_lists(const Call<Run>& call) {
    call.refuses(&count, -1, "a negative count");
    call.refuses(&count, (int64_t{1} << 24) + 1, "too many tensors");
    call.refuses(&sizes, nullptr, "no sizes");
    call.refuses(&sizes, kNegative, "a negative size");
    call.refuses(&sizes, kTooLarge, "too large a size");
    refuse_memory(call);
  }
};

// A tensor each for what is read and what is written.
struct Lists {
  Buffer<float> values{normal(6, 1)};
  Buffer<float> into{normal(6, 1)};
  float* const read[3] = {values.data(), values.data(), nullptr};
  float* const written[3] = {into.data(), into.data(), nullptr};
};

void refuse_trajectory() {
  Common of(potstill_cuda_trajectory_workspace(3, kSizes));
  const Lists lists;
  const float* const* theta = lists.read;
  const float* const* target = lists.read;
  const float* const* start = lists.read;
  float* const* gradients = lists.written;
  const auto run = [&] {
    return potstill_cuda_trajectory(of.count, of.sizes, theta, target, start, gradients, of.loss,
                                    of.workspace, of.bytes, 0, nullptr);
  };
  const Call call("trajectory", run);
  of.refuse_lists(call);
  for (const auto list : {&theta, &target, &start}) {
    call.refuses(list, nullptr, "no list");
    call.refuses(list, kNowhere, "no memory in a list");
  }
  call.refuses(&gradients, kNowhere, "no memory for a gradient");
}

void refuse_gradient_match(int32_t distance) {
  const int64_t right[] = {3, 0, 0};
  const bool by_row = distance == POTSTILL_CUDA_LAYERWISE;
  Common of(potstill_cuda_gradient_match_workspace(distance, 3, right, kSizes));
  const Lists lists;
  const int64_t* rows = by_row ? right : nullptr;
  const float* const* real = lists.read;
  const float* const* synthetic = lists.read;
  float* const* gradients = lists.written;
  const auto run = [&] {
    return potstill_cuda_gradient_match(distance, of.count, rows, of.sizes, real, synthetic,
                                        gradients, of.loss, of.workspace, of.bytes, 0, nullptr);
  };
  const Call call("gradient_match, distance " + std::to_string(distance), run);
  call.refuses(&distance, -1, "distance -1");
  call.refuses(&distance, 3, "distance 3");
  of.refuse_lists(call);
  for (const auto list : {&real, &synthetic}) {
    call.refuses(list, nullptr, "no list");
    call.refuses(list, kNowhere, "no memory in a list");
  }
  call.refuses(&gradients, kNowhere, "no memory for a gradient");
  if (!by_row) return;
  const int64_t unequal[] = {4, 0, 0};
  const int64_t negative[] = {3, -1, 0};
  const int64_t many[] = {3, int64_t{1} << 48, 0};  // each by itself not too many
  call.refuses(&rows, nullptr, "no rows");
  call.refuses(&rows, unequal, "rows of unequal length");
  call.refuses(&rows, negative, "a negative number of rows");
  call.refuses(&rows, many, "too many rows in all");
}

void refuse_feature_mean() {
  const int64_t right[] = {0, 1, 3};
  const int64_t late[] = {1, 2, 3};
  const int64_t empty[] = {0, 3, 3};
  Common of(potstill_cuda_feature_mean_workspace(2, 2));
  Lists lists;
  int64_t classes = 2;
  int64_t features = 2;
  const float* real = lists.values.data();
  const float* synthetic = lists.values.data();
  const int64_t* real_offsets = right;
  const int64_t* synthetic_offsets = right;
  const auto run = [&] {
    return potstill_cuda_feature_mean(real, real_offsets, synthetic, synthetic_offsets, classes,
                                      features, of.loss, nullptr, nullptr, of.workspace, of.bytes,
                                      0, nullptr);
  };
  const Call call("feature_mean", run);
  of.refuse_memory(call);
  call.refuses(&real, nullptr, "no real rows");
  call.refuses(&synthetic, nullptr, "no synthetic rows");
  for (const auto offsets : {&real_offsets, &synthetic_offsets}) {
    call.refuses(offsets, nullptr, "no offsets");
    call.refuses(offsets, late, "offsets that do not begin with 0");
    call.refuses(offsets, empty, "a class without rows");
  }
  for (const auto size : {&classes, &features}) {
    call.refuses(size, -1, "a negative size");
    call.refuses(size, (int64_t{1} << 24) + 1, "too large a size");
  }
  real = synthetic = nullptr;
  features = 0;
  check_status(run(), POTSTILL_CUDA_OK, "feature_mean of no features");
  features = 2;
  classes = 0;
  check_status(run(), POTSTILL_CUDA_OK, "feature_mean of no classes");
}

}  // namespace

void test_list_refusals() {
  refuse_trajectory();
  for (int32_t distance : {POTSTILL_CUDA_LAYERWISE, POTSTILL_CUDA_MSE, POTSTILL_CUDA_COSINE}) {
    refuse_gradient_match(distance);
  }
  refuse_feature_mean();
}
