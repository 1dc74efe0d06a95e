// What the operations on scores, features and lists refuse.
// Usage: refusals_test generic|avx2|avx512 [seed]
#include "refusals.h"

namespace {

float values[4096];  // zeros, of any operand
float into[4096];

void refuse_score() {
  const void* logits = values;
  int32_t type = POTSTILL_FLOAT32;
  int64_t label = 1;
  const int64_t* labels = &label;
  int64_t rows = 1;
  int64_t classes = 2;
  float* loss = into;
  const auto run = [&] {
    return potstill_score(logits, type, labels, rows, classes, loss, nullptr, nullptr, nullptr,
                          nullptr, 1, level);
  };
  const Call call("score", run);
  call.refuses_null(&logits, &labels, &loss);
  call.refuses(&type, -1, "type -1");
  call.refuses(&type, 3, "type 3");
  call.refuses(&rows, -1, "negative rows");
  call.refuses(&classes, -1, "negative classes");
  call.refuses(&classes, 0, "rows without classes");
  call.refuses(&label, -1, "label -1");
  call.refuses(&label, 2, "a label that is no class");
}

void refuse_select() {
  const int32_t right[] = {0, 1, 1};
  const int32_t below[] = {0, -1, 1};
  const int32_t above[] = {0, 2, 1};
  const int64_t as_many[] = {1, 1};
  const int64_t too_many[] = {2, 1};
  const int64_t negative[] = {-1, 1};
  int64_t kept[2];
  const float* scores = values;
  const int32_t* class_of = right;
  const int64_t* keep = as_many;
  int64_t* indices = kept;
  int64_t n = 3;
  int64_t classes = 2;
  int32_t order = POTSTILL_EASY;
  Room room(potstill_select_workspace(n, classes));
  const auto run = [&] {
    return potstill_select(scores, class_of, n, classes, order, keep, indices, nullptr, room.at,
                           room.bytes, 1);
  };
  const Call call("select", run);
  room.refuse(call);
  call.refuses_null(&scores, &class_of, &keep, &indices);
  call.refuses(&class_of, below, "class -1");
  call.refuses(&class_of, above, "a class that there is not");
  call.refuses(&keep, too_many, "to keep more than there are");
  call.refuses(&keep, negative, "to keep fewer than none");
  call.refuses(&order, -1, "order -1");
  call.refuses(&order, 2, "order 2");
  call.refuses(&n, -1, "a negative n");
  call.refuses(&n, int64_t{1} << 32, "too large an n");
  call.refuses(&classes, -1, "negative classes");
  check(potstill_select_workspace(0, (int64_t{1} << 40) + 1) == -1, "too many classes");
}

void refuse_feature_mean() {
  const int64_t right[] = {0, 1, 3};
  const int64_t late[] = {1, 2, 3};
  const int64_t empty[] = {0, 3, 3};
  int64_t classes = 2;
  int64_t features = 2;
  double sum;
  double* loss = &sum;
  const float* real = values;
  const float* synthetic = values;
  const int64_t* real_offsets = right;
  const int64_t* synthetic_offsets = right;
  Room room(potstill_feature_mean_workspace(classes, features));
  const auto run = [&] {
    return potstill_feature_mean(real, real_offsets, synthetic, synthetic_offsets, classes,
                                 features, loss, nullptr, nullptr, room.at, room.bytes, 1, level);
  };
  const Call call("feature_mean", run);
  room.refuse(call);
  call.refuses_null(&real, &synthetic, &real_offsets, &synthetic_offsets, &loss);
  for (const auto offsets : {&real_offsets, &synthetic_offsets}) {
    call.refuses(offsets, late, "offsets that do not begin with 0");
    call.refuses(offsets, empty, "a class without rows");
  }
  call.refuses(&classes, -1, "negative classes");
  call.refuses(&features, -1, "negative features");
  real = synthetic = nullptr;
  features = 0;
  call.works("without features");
  features = 2;
  classes = 0;
  call.works("without classes");
}

// Lists of two tensors, the second without elements and without memory.
const int64_t kSizes[] = {6, 0};
const int64_t kNegative[] = {6, -1};
float* const kLists[] = {values, nullptr};
float* const kNothing[] = {nullptr, nullptr};

template <typename Run>
void refuse_lists(const Call<Run>& call, int64_t* count, const int64_t** sizes, Room* room) {
  room->refuse(call);
  call.refuses(count, -1, "a negative count");
  call.refuses(sizes, nullptr, "no sizes");
  call.refuses(sizes, kNegative, "a negative size");
}

template <typename Run, typename... Lists>
void refuse_nothing_in(const Call<Run>& call, Lists*... lists) {
  (call.refuses(lists, kNothing, "a tensor without memory"), ...);
}

void refuse_gradient_match(int32_t distance) {
  const bool by_row = distance == POTSTILL_LAYERWISE;
  const int64_t right[] = {3, 0};
  const int64_t unequal[] = {4, 0};
  const int64_t negative[] = {3, -1};
  int64_t count = 2;
  double sum;
  double* loss = &sum;
  const int64_t* rows = by_row ? right : nullptr;
  const int64_t* sizes = kSizes;
  const float* const* real = kLists;
  const float* const* synthetic = kLists;
  float* const* gradients = kLists;
  Room room(potstill_gradient_match_workspace(distance, count, rows, sizes));
  const auto run = [&] {
    return potstill_gradient_match(distance, count, rows, sizes, real, synthetic, gradients, loss,
                                   room.at, room.bytes, 1, level);
  };
  const Call call("gradient_match", run);
  refuse_lists(call, &count, &sizes, &room);
  call.refuses_null(&real, &synthetic, &loss);
  refuse_nothing_in(call, &real, &synthetic, &gradients);
  call.refuses(&distance, -1, "distance -1");
  call.refuses(&distance, 3, "distance 3");
  gradients = nullptr;
  call.works("without a gradient");
  if (!by_row) return;
  call.refuses_null(&rows);
  call.refuses(&rows, unequal, "rows of unequal length");
  call.refuses(&rows, negative, "a negative number of rows");
}

void refuse_trajectory() {
  int64_t count = 2;
  double ratio;
  double* loss = &ratio;
  const int64_t* sizes = kSizes;
  const float* const* theta = kLists;
  const float* const* target = kLists;
  const float* const* start = kLists;
  float* const* gradients = kLists;
  Room room(potstill_trajectory_workspace(count, sizes));
  const auto run = [&] {
    return potstill_trajectory(count, sizes, theta, target, start, gradients, loss, room.at,
                               room.bytes, 1, level);
  };
  const Call call("trajectory", run);
  refuse_lists(call, &count, &sizes, &room);
  call.refuses_null(&theta, &target, &start, &loss);
  refuse_nothing_in(call, &theta, &target, &start, &gradients);
  gradients = nullptr;
  call.works("without a gradient");
}

void refuse_sgd() {
  int64_t count = 2;
  const int64_t* sizes = kSizes;
  float* const* parameters = kLists;
  const float* const* gradients = kLists;
  float* const* velocities = kLists;
  Room room(potstill_sgd_workspace(count, sizes));
  const auto run = [&] {
    return potstill_sgd(count, sizes, parameters, gradients, velocities, 1, 0, 0, room.at,
                        room.bytes, 1, level);
  };
  const Call call("sgd", run);
  refuse_lists(call, &count, &sizes, &room);
  call.refuses_null(&parameters, &gradients, &velocities);
  refuse_nothing_in(call, &parameters, &gradients, &velocities);
}

void refuse_quantise() {
  int64_t count = 2;
  int64_t codes = 3;
  int64_t width = 2;
  int64_t nearest[2];
  const float* points = values;
  const float* codebook = values;
  int64_t* indices = nearest;
  Room room(potstill_quantise_workspace(codes, width));
  const auto run = [&] {
    return potstill_quantise(points, count, codebook, codes, width, indices, room.at, room.bytes,
                             1, level);
  };
  const Call call("quantise", run);
  room.refuse(call);
  call.refuses_null(&points, &codebook, &indices);
  call.refuses(&count, -1, "a negative count");
  call.refuses(&codes, 0, "no codes");
  call.refuses(&width, 0, "no width");
  check(potstill_quantise_workspace((int64_t{1} << 30) + 1, 1) == -1 &&
            potstill_quantise_workspace(-1, 1) == -1 && potstill_quantise_workspace(1, -1) == -1,
        "sizes out of range have no workspace");
}

}  // namespace

int main(int argc, char** argv) {
  return run_tests(argc, argv, [] {
    refuse_score();
    refuse_select();
    refuse_feature_mean();
    for (const int32_t distance : {POTSTILL_LAYERWISE, POTSTILL_MSE, POTSTILL_COSINE}) {
      refuse_gradient_match(distance);
    }
    refuse_trajectory();
    refuse_sgd();
    refuse_quantise();
  });
}
