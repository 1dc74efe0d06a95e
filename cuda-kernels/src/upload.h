// Short host arrays on their way to the device: they travel as parameters of a kernel, so that
// nothing waits, no pinned memory is needed, and the caller's arrays are free at once.
#ifndef POTSTILL_CUDA_UPLOAD_H
#define POTSTILL_CUDA_UPLOAD_H

#include "device.h"

namespace potstill {

// Queues `count` words of 64 bits from host memory to device memory.
void upload(const void* words, int64_t count, void* to, cudaStream_t stream);

}  // namespace potstill

#endif
