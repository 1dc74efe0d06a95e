#include "upload.h"

#include <algorithm>
#include <cstring>

namespace potstill {
namespace {

constexpr int kFew = 480;    // within the 4 KB of parameters that every launch may have
constexpr int kMany = 3968;  // within the 32 KB since CUDA 12.1; costlier to launch
constexpr int kThreads = 128;

template <int kCount>
struct Words {
  uint64_t value[kCount];
};

template <int kCount>
__global__ void __launch_bounds__(kThreads)
    store_words(const __grid_constant__ Words<kCount> words, int count, uint64_t* to) {
  const int stride = static_cast<int>(gridDim.x) * kThreads;
  for (int i = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x); i < count;
       i += stride) {
    to[i] = words.value[i];
  }
}

template <int kCount>
void upload_chunk(const char* from, int64_t count, uint64_t* to, cudaStream_t stream) {
  Words<kCount> words;
  std::memcpy(words.value, from, static_cast<size_t>(count) * sizeof(uint64_t));
  // Parameters are read a word at a time: several multiprocessors share the wait.
  launch("store_words", store_words<kCount>, std::min((count + kThreads - 1) / kThreads, kMostBlocks),
         kThreads, stream, words, static_cast<int>(count), to);
}

}  // namespace

void upload(const void* words, int64_t count, void* to, cudaStream_t stream) {
  for (int64_t done = 0; done < count;) {
    const int64_t chunk = std::min<int64_t>(count - done, kMany);
    const char* from = static_cast<const char*>(words) + done * 8;
    uint64_t* into = static_cast<uint64_t*>(to) + done;
    if (chunk <= kFew) {
      upload_chunk<kFew>(from, chunk, into, stream);
    } else {
      upload_chunk<kMany>(from, chunk, into, stream);
    }
    done += chunk;
  }
}

}  // namespace potstill
