// Where the buffers of the tests lie: host memory for the host execution (memory_host.cpp), GPU
// memory for the library (memory_gpu.cu).
#ifndef POTSTILL_TESTS_MEMORY_H
#define POTSTILL_TESTS_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <vector>

// Aligned to 256 bytes.
void* allocate(size_t bytes);
void release(void* memory);
void copy_in(void* to, const void* from, size_t bytes);
void copy_out(void* to, const void* from, size_t bytes);  // after all that is queued

// Says before pass 0 and 1 over all cases what is to differ between them.
void begin_pass(int pass);

// Samples for which `select` needs more than one launch.
extern const int64_t kManySamples;

// Rows of which a warp of `score` takes several, in several blocks.
extern const int64_t kManyRows;

// A device buffer that begins `offset` elements after an aligned address and ends where its memory
// does.
template <typename T>
class Buffer {
 public:
  explicit Buffer(const std::vector<T>& values, size_t offset = 0)
      : memory_(allocate((values.size() + offset) * sizeof(T))), count_(values.size()) {
    data_ = static_cast<T*>(memory_) + offset;
    copy_in(data_, values.data(), count_ * sizeof(T));
  }
  ~Buffer() { release(memory_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  T* data() { return data_; }
  std::vector<T> read() const;

 private:
  void* memory_;
  size_t count_;
  T* data_;
};

// Adds bytes to the digest of all results of the pass.
void digest(const void* bytes, size_t count);

template <typename T>
std::vector<T> Buffer<T>::read() const {
  std::vector<T> values(count_);
  copy_out(values.data(), data_, count_ * sizeof(T));
  digest(values.data(), count_ * sizeof(T));
  return values;
}

#endif
