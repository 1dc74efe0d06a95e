// What the operations refuse: of a call that works, one argument is changed.
#include <type_traits>

#include "cases.h"

namespace {

// A call of arguments that can be changed.
template <typename Run>
class Call {
 public:
  Call(const std::string& name, const Run& run) : name_(name), run_(run) {
    works("as it is");
  }

  void works(const std::string& how) const {
    check_status(run_(), POTSTILL_CUDA_OK, name_ + " " + how);
  }

  template <typename Argument>
  void refuses(Argument* argument, std::common_type_t<Argument> wrong,
               const std::string& what) const {
    const Argument right = *argument;
    *argument = wrong;
    check_status(run_(), POTSTILL_CUDA_INVALID_ARGUMENT, name_ + ", " + what);
    *argument = right;
  }

  template <typename... Pointers>
  void refuses_null(Pointers*... pointers) const {
    (refuses(pointers, nullptr, "a pointer that is NULL"), ...);
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
    call.refuses_null(&loss, &workspace);
    call.refuses(&workspace, workspace + 128, "a workspace off its boundary");
    call.refuses(&bytes, bytes - 1, "a short workspace");
  }

  template <typename Run>
  void refuse_lists(const Call<Run>& call) {
    call.refuses(&count, -1, "a negative count");
    call.refuses(&count, (int64_t{1} << 24) + 1, "too many tensors");
    call.refuses_null(&sizes);
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
  call.refuses_null(&theta, &target, &start);
  for (const auto list : {&theta, &target, &start}) {
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
  call.refuses_null(&real, &synthetic);
  for (const auto list : {&real, &synthetic}) {
    call.refuses(list, kNowhere, "no memory in a list");
  }
  call.refuses(&gradients, kNowhere, "no memory for a gradient");
  if (!by_row) return;
  const int64_t unequal[] = {4, 0, 0};
  const int64_t negative[] = {3, -1, 0};
  const int64_t many[] = {3, int64_t{1} << 48, 0};  // each by itself not too many
  call.refuses_null(&rows);
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
  call.refuses_null(&real, &synthetic, &real_offsets, &synthetic_offsets);
  for (const auto offsets : {&real_offsets, &synthetic_offsets}) {
    call.refuses(offsets, late, "offsets that do not begin with 0");
    call.refuses(offsets, empty, "a class without rows");
  }
  for (const auto size : {&classes, &features}) {
    call.refuses(size, -1, "a negative size");
    call.refuses(size, (int64_t{1} << 24) + 1, "too large a size");
  }
  real = synthetic = nullptr;
  features = 0;
  call.works("without features");
  features = 2;
  classes = 0;
  call.works("without classes");
}

// ---- Rows and images ----

void refuse_score() {
  Buffer<float> values(normal(8, 1));
  Buffer<int64_t> label({1, 0});
  Buffer<float> into(normal(2, 1));
  const float* first = values.data();
  const void* logits = first;
  const int64_t* labels = label.data();
  float* loss = into.data();
  int32_t type = POTSTILL_CUDA_FLOAT32;
  int64_t rows = 2;
  int64_t classes = 3;
  const auto run = [&] {
    return potstill_cuda_score(logits, type, labels, rows, classes, loss, nullptr, nullptr, nullptr,
                               nullptr, 0, nullptr);
  };
  const Call call("score", run);
  call.refuses_null(&logits, &labels, &loss);
  call.refuses(&type, -1, "type -1");
  call.refuses(&type, 3, "type 3");
  call.refuses(&logits, reinterpret_cast<const char*>(first) + 2, "half an element's offset");
  call.refuses(&rows, -1, "negative rows");
  call.refuses(&rows, int64_t{1} << 59, "too many rows");
  call.refuses(&classes, -1, "negative classes");
  call.refuses(&classes, 0, "rows without classes");
  call.refuses(&classes, (int64_t{1} << 30) + 1, "too many classes");
  type = POTSTILL_CUDA_BFLOAT16;
  call.refuses(&logits, reinterpret_cast<const char*>(first) + 1, "half an element's offset");
}

constexpr int64_t kMostSide = int64_t{1} << 24;

// One image of 4 x 4 samples, with filters of two taps.
struct Picture {
  Buffer<float> values{normal(16, 1)};
  Buffer<float> into{normal(16, 1)};
  int64_t planes = 1;
  int64_t height = 4;
  int64_t width = 4;
  int64_t padding[4] = {0, 0, 0, 0};
  const int64_t* paddings = padding;
  int64_t rows = 0;
  int64_t columns = 2;
  const float* input = values.data();
  const float* filter = values.data();
  float* output = into.data();

  template <typename Run>
  void refuse(const Call<Run>& call) {
    call.refuses_null(&paddings, &input, &filter, &output);
    call.refuses(&planes, -1, "negative planes");
    call.refuses(&planes, int64_t{1} << 60, "too many planes");
    for (const auto side : {&height, &width}) {
      call.refuses(side, 0, "images without samples");
      call.refuses(side, kMostSide + 1, "too large an image");
    }
    call.refuses(&rows, -1, "negative rows of a filter");
    call.refuses(&columns, -1, "negative columns of a filter");
    call.refuses(&columns, 5, "more taps than samples");
    for (int64_t& pad : padding) {
      call.refuses(&pad, -3, "an image without outputs");
      call.refuses(&pad, kMostSide + 1, "too large a padding");
      call.refuses(&pad, -kMostSide - 1, "too small a padding");
    }
    padding[0] = padding[2] = 4096;
    call.refuses(&columns, 4097, "too many taps");
    padding[0] = padding[2] = 0;
    planes = 0;
    call.works("without planes");
    planes = 1;
  }

  template <typename Run>
  void refuse_factor(const Call<Run>& call, int32_t* factor) {
    call.refuses(factor, 0, "factor 0");
    call.refuses(factor, 65, "factor 65");
  }
};

void refuse_upfirdn() {
  Picture of;
  int32_t up[] = {1, 1};
  int32_t down[] = {1, 1};
  const int32_t* ups = up;
  const int32_t* downs = down;
  const auto run = [&] {
    return potstill_cuda_upfirdn(of.input, of.planes, of.height, of.width, ups, downs, of.paddings,
                                 of.filter, of.rows, of.columns, 0, 1, of.output, 0, nullptr);
  };
  const Call call("upfirdn", run);
  of.refuse(call);
  call.refuses_null(&ups, &downs);
  for (const auto factor : {&up[0], &up[1], &down[0], &down[1]}) of.refuse_factor(call, factor);
}

void refuse_filtered_lrelu(bool backward) {
  Picture of;
  Buffer<float> one(normal(4, 1));
  int32_t up = 1;
  int32_t down = 1;
  int64_t channels = 1;
  int64_t taps = 2;
  double clamp = 1;
  const float* down_filter = one.data();
  const float* gradient = of.values.data();
  const auto run = [&] {
    if (backward) {
      return potstill_cuda_filtered_lrelu_gradient(
          of.input, nullptr, of.planes, channels, of.height, of.width, up, down, of.paddings,
          of.filter, of.rows, of.columns, down_filter, 0, taps, 0, 1, 1, clamp, gradient, of.output,
          0, nullptr);
    }
    return potstill_cuda_filtered_lrelu(
        of.input, nullptr, of.planes, channels, of.height, of.width, up, down, of.paddings,
        of.filter, of.rows, of.columns, down_filter, 0, taps, 0, 1, 1, clamp, of.output, 0,
        nullptr);
  };
  const Call call(backward ? "filtered_lrelu_gradient" : "filtered_lrelu", run);
  of.refuse(call);
  of.refuse_factor(call, &up);
  of.refuse_factor(call, &down);
  call.refuses_null(&down_filter);
  call.refuses(&taps, 4, "more taps than the upsampled image has samples");
  call.refuses(&channels, 0, "no channels");
  call.refuses(&clamp, -1, "a negative clamp");
  call.refuses(&clamp, kNan, "a clamp that is NaN");
  if (backward) call.refuses_null(&gradient);
}

}  // namespace

void test_refused() {
  refuse_score();
  refuse_upfirdn();
  refuse_filtered_lrelu(false);
  refuse_filtered_lrelu(true);
  refuse_trajectory();
  for (int32_t distance : {POTSTILL_CUDA_LAYERWISE, POTSTILL_CUDA_MSE, POTSTILL_CUDA_COSINE}) {
    refuse_gradient_match(distance);
  }
  refuse_feature_mean();
}
