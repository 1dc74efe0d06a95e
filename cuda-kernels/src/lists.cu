#include "lists.h"

#include <cstring>

namespace potstill {

namespace {
constexpr int64_t kMostTensors = int64_t{1} << 24;
constexpr int64_t kMostElements = int64_t{1} << 48;
}  // namespace

TensorList upload_tensors(const std::vector<Tensor>& tensors, const ListPlace& place,
                          cudaStream_t stream) {
  constexpr size_t kWords = sizeof(Tensor) / 8;
  std::vector<int64_t> words(1 + tensors.size() * kWords, 0);
  TensorList list = {reinterpret_cast<const Tensor*>(place.head + 1), 0, 0};
  for (Tensor tensor : tensors) {
    if (tensor.size == 0 && tensor.rows == 0) continue;
    tensor.first_item = list.items;
    list.items += tensor.rows > 0 ? tensor.rows : (tensor.size + kPiece - 1) / kPiece;
    std::memcpy(&words[1 + static_cast<size_t>(list.count) * kWords], &tensor, sizeof tensor);
    ++list.count;
  }
  upload(words.data(), 1 + list.count * static_cast<int64_t>(kWords), place.head, stream);
  return list;
}

void require_list(int64_t count, const int64_t* sizes) {
  require(count >= 0 && count <= kMostTensors, "the number of tensors is negative or too large");
  require(count == 0 || sizes != nullptr, "sizes is NULL");
  for (int64_t t = 0; t < count; ++t) {
    if (sizes[t] < 0 || sizes[t] > kMostElements) {
      throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT, "size %lld of tensor %lld",
                    static_cast<long long>(sizes[t]), static_cast<long long>(t));
    }
  }
}

void require_pointers(const char* name, const float* const* list, int64_t count,
                      const int64_t* sizes) {
  if (count > 0 && list == nullptr) {
    throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT, "%s is NULL", name);
  }
  for (int64_t t = 0; t < count; ++t) {
    if (sizes[t] > 0 && list[t] == nullptr) {
      throw Failure(POTSTILL_CUDA_INVALID_ARGUMENT, "%s[%lld] is NULL", name,
                    static_cast<long long>(t));
    }
  }
}

}  // namespace potstill
