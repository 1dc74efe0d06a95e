// select against one stable segmented sort by CUB, which gets the samples grouped by class already
// and gives the order alone, without the selection.
#include <algorithm>
#include <cub/device/device_segmented_sort.cuh>
#include <random>

#include "harness.h"

namespace {

template <typename T>
void copy_in(const DeviceMemory& to, const std::vector<T>& from) {
  check(cudaMemcpy(to.get(), from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice),
        "copy to the device");
}

void run(int64_t classes, int64_t of_class) {
  const int64_t n = classes * of_class;
  std::vector<int32_t> grouped(static_cast<size_t>(n));
  for (size_t i = 0; i < grouped.size(); ++i) {
    grouped[i] = static_cast<int32_t>(static_cast<int64_t>(i) / of_class);
  }
  auto shuffled = grouped;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64(7));
  const DeviceMemory scores(n * 4);
  const DeviceMemory class_of(n * 4);
  fill_floats(scores.as<float>(), n, 10, 1);
  copy_in(class_of, shuffled);

  // Half of every class, as pruning does.
  const std::vector<int64_t> keep(static_cast<size_t>(classes), of_class / 2);
  const DeviceMemory kept(classes * (of_class / 2) * 8);
  const DeviceMemory memory(potstill_cuda_select_workspace(n, classes, of_class, 0));

  std::vector<int32_t> begins;
  for (int64_t c = 0; c <= classes; ++c) begins.push_back(static_cast<int32_t>(c * of_class));
  const DeviceMemory offsets((classes + 1) * 4);
  const DeviceMemory sorted(n * 4);
  const DeviceMemory values(n * 4);
  const DeviceMemory order(n * 4);
  copy_in(offsets, begins);
  std::vector<uint32_t> numbers(static_cast<size_t>(n));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<uint32_t>(i);
  copy_in(values, numbers);
  const auto segmented_sort = [&](void* room, size_t* bytes, cudaStream_t stream) {
    check(cub::DeviceSegmentedSort::StableSortPairs(
              room, *bytes, scores.as<float>(), sorted.as<float>(), values.as<uint32_t>(),
              order.as<uint32_t>(), n, classes, offsets.as<int32_t>(), offsets.as<int32_t>() + 1,
              stream),
          "CUB segmented sort");
  };
  size_t bytes = 0;
  segmented_sort(nullptr, &bytes, nullptr);
  const DeviceMemory room(static_cast<int64_t>(bytes));

  const auto ms =
      medians({[&](cudaStream_t stream) {
                 check_status(potstill_cuda_select(scores.as<float>(), class_of.as<int32_t>(), n,
                                                   classes, of_class, POTSTILL_CUDA_EASY,
                                                   keep.data(), kept.as<int64_t>(), nullptr,
                                                   memory.get(), memory.bytes(), 0, stream),
                              "select");
               },
               [&](cudaStream_t stream) { segmented_sort(room.get(), &bytes, stream); }});
  report({"select", std::to_string(classes) + " classes of " + std::to_string(of_class), ms[0], 0,
          0, "CUB segmented sort", ms[1], 1});
}

}  // namespace

void bench_select() {
  run(1000, 1280);   // ImageNet
  run(10, 1300);     // a subset of it
  run(10000, 100);   // many small classes
  run(10, 1000000);  // few large ones
}
