/*
 * C ABI of Potstill's kernels for CUDA GPUs.
 *
 * Buffers named "device" lie in memory of the device, belong to the caller, are row-major and need
 * no alignment beyond their element type (16 bytes is fastest). Everything else is host memory and
 * may be released as soon as the call returns. Workspaces are device memory of at least the size
 * that the query of the operation returns, aligned to 256 bytes, and hold nothing between calls.
 *
 * A call queues its kernels on `stream` (a cudaStream_t; NULL is the default stream) of `device` (a
 * CUDA ordinal) and, but for potstill_cuda_copy, never waits for them: OK means queued. What only
 * the data can tell shows in the data, as said at each operation. The number of kernels of a call
 * is bounded whatever its sizes, save one more for each further 3968 words of lists (566 tensors).
 * Results are bit-identical from run to run and from device to device of one architecture.
 *
 * Every function but the queries returns a status; the message of the last error of the calling
 * thread is potstill_cuda_last_error(). Nothing here throws, prints, exits, or leaves another
 * device current than it found (but where that one is not in use yet, and making it current would
 * take its memory), and every function may be called by several threads at once.
 */
#ifndef POTSTILL_CUDA_H
#define POTSTILL_CUDA_H

#include <stdint.h>

#if defined(__GNUC__)
#define POTSTILL_CUDA_API __attribute__((visibility("default")))
#else
#define POTSTILL_CUDA_API
#endif

#ifdef __cplusplus
#define POTSTILL_CUDA_NOEXCEPT noexcept
extern "C" {
#else
#define POTSTILL_CUDA_NOEXCEPT
#endif

/* Grows whenever a signature or a meaning below changes. */
#define POTSTILL_CUDA_ABI_VERSION 5

enum {
  POTSTILL_CUDA_OK = 0,
  POTSTILL_CUDA_INVALID_ARGUMENT = 1,
  POTSTILL_CUDA_UNAVAILABLE = 2, /* no driver, no such device, or one that is too old */
  POTSTILL_CUDA_INTERNAL = 3,
  POTSTILL_CUDA_FAILED = 4 /* a launch or another call of the CUDA runtime failed */
};

enum { POTSTILL_CUDA_FLOAT32 = 0, POTSTILL_CUDA_BFLOAT16 = 1, POTSTILL_CUDA_FLOAT16 = 2 };

enum { POTSTILL_CUDA_EASY = 0, POTSTILL_CUDA_HARD = 1 };

enum { POTSTILL_CUDA_LAYERWISE = 0, POTSTILL_CUDA_MSE = 1, POTSTILL_CUDA_COSINE = 2 };

/* POTSTILL_CUDA_ABI_VERSION of the library, to be compared with the header's. */
POTSTILL_CUDA_API int32_t potstill_cuda_abi_version(void) POTSTILL_CUDA_NOEXCEPT;

/* What went wrong in the last call of this thread that failed; valid until its next failure. */
POTSTILL_CUDA_API const char* potstill_cuda_last_error(void) POTSTILL_CUDA_NOEXCEPT;

/* OK where the kernels run on this device, else POTSTILL_CUDA_UNAVAILABLE; the message says why. */
POTSTILL_CUDA_API int32_t potstill_cuda_available(int32_t device) POTSTILL_CUDA_NOEXCEPT;

/*
 * Device memory in the order of the stream, from the device's own pool: for callers that have no
 * allocator of the device. *memory is aligned to 256 bytes; NULL where bytes is 0.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_allocate(int64_t bytes, void** memory, int32_t device,
                                                 void* stream) POTSTILL_CUDA_NOEXCEPT;

/* Gives back what potstill_cuda_allocate gave, once the stream has come so far. NULL is no error.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_release(void* memory, int32_t device,
                                                void* stream) POTSTILL_CUDA_NOEXCEPT;

/*
 * Copies bytes between host and device memory in either direction, after all that is queued on the
 * stream, and waits for it: the one call that does. An earlier failure of the stream shows here.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_copy(void* to, const void* from, int64_t bytes,
                                             int32_t device, void* stream) POTSTILL_CUDA_NOEXCEPT;

/*
 * score: loss_i = log(sum_j exp(z_ij)) - z_i,y_i of device logits z (rows, classes) and device
 * labels y (rows), in one pass over the logits. The other device outputs (rows) may be NULL: margin
 * = z_y - max_{j != y} z_j; entropy of the softmax; el2n = ||softmax - onehot(y)||; correct = 1
 * where the label has the largest logit, ties to the lower index. A row with NaN or with a label
 * out of range is NaN in all and not correct; a row with plus infinity or nothing but minus
 * infinity has NaN as loss, entropy and el2n. The last bits of a row may depend on how it lies in
 * memory. classes is limited to 2^30. Reads rows * (classes * element size + 8) bytes, writes 4
 * bytes a row and output (correct: 1).
 */
POTSTILL_CUDA_API int32_t potstill_cuda_score(const void* logits, int32_t type,
                                              const int64_t* labels, int64_t rows, int64_t classes,
                                              float* loss, float* margin, float* entropy,
                                              float* el2n, int8_t* correct, int32_t device,
                                              void* stream) POTSTILL_CUDA_NOEXCEPT;

/* Workspace of potstill_cuda_select in bytes; -1 and a message where it cannot be told. */
POTSTILL_CUDA_API int64_t potstill_cuda_select_workspace(int64_t n, int64_t classes,
                                                         int64_t largest_class,
                                                         int32_t device) POTSTILL_CUDA_NOEXCEPT;

/*
 * select: of every class the keep[c] best scores in rank order, class after class. EASY ascends,
 * HARD descends; NaN ranks as hardest (EASY: last, HARD: first), -0 equals +0, and ties go to the
 * lower index. scores, class_of (n), kept (sum of keep) and offsets (classes + 1, where each class
 * begins in kept; may be NULL) are device buffers, keep (classes) is a host array.
 *
 * largest_class is an upper bound of the members of any class; n where nothing better is known. Up
 * to 4096, every class is sorted by a warp or a block, all classes in one launch, which is the only
 * one for a few samples; above, all samples go through one radix sort. All give the same.
 *
 * Places of kept that a class has too few members to fill hold -1; so does all of a class with more
 * than largest_class members, and all of kept where class_of is out of range anywhere. n is limited
 * to 2^32 - 1 and classes to 2^24.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_select(const float* scores, const int32_t* class_of,
                                               int64_t n, int64_t classes, int64_t largest_class,
                                               int32_t order, const int64_t* keep, int64_t* kept,
                                               int64_t* offsets, void* workspace,
                                               int64_t workspace_bytes, int32_t device,
                                               void* stream) POTSTILL_CUDA_NOEXCEPT;

/* Workspace of potstill_cuda_feature_mean in bytes; -1 where a size is negative or too large. */
POTSTILL_CUDA_API int64_t potstill_cuda_feature_mean_workspace(int64_t classes, int64_t features)
    POTSTILL_CUDA_NOEXCEPT;

/*
 * feature_mean: loss = sum_c ||mean(real_c) - mean(synthetic_c)||^2, where class c takes the rows
 * offsets[c] to offsets[c + 1] - 1 of the device buffers real and synthetic (rows, features); the
 * offsets are host arrays. loss (1), per_class (classes) and gradient (as synthetic) are device
 * buffers, the last two may be NULL; each row of class c has the gradient
 * 2 (mean_syn - mean_real) / rows_c. Accumulates in double. A class without rows is
 * POTSTILL_CUDA_INVALID_ARGUMENT. Reads both buffers once, writes the gradient once.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_feature_mean(
    const float* real, const int64_t* real_offsets, const float* synthetic,
    const int64_t* synthetic_offsets, int64_t classes, int64_t features, double* loss,
    double* per_class, float* gradient, void* workspace, int64_t workspace_bytes, int32_t device,
    void* stream) POTSTILL_CUDA_NOEXCEPT;

/* Workspace of potstill_cuda_gradient_match in bytes; -1 where an argument is impossible. */
POTSTILL_CUDA_API int64_t
potstill_cuda_gradient_match_workspace(int32_t distance, int64_t count, const int64_t* rows,
                                       const int64_t* sizes) POTSTILL_CUDA_NOEXCEPT;

/*
 * gradient_match: the distance of two lists of `count` tensors and its gradient with respect to the
 * synthetic list. LAYERWISE: sum over rows of 1 - a.b / (|a||b| + 1e-6), where tensor t of sizes[t]
 * elements has rows[t] rows of equal length; a tensor with rows[t] = 0 counts nothing and has the
 * gradient 0. MSE: sum of (b - a)^2. COSINE: 1 - a.b / (|a||b| + 1e-6) of the two lists as one
 * vector each. The gradient of a norm at 0 is 0. Accumulates in double. rows (read for LAYERWISE
 * only), sizes and the lists are host arrays; the lists hold device pointers; gradients may be
 * NULL; loss (1) is a device buffer. Reads both lists once and writes the gradients once; COSINE
 * with gradients reads both twice.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_gradient_match(
    int32_t distance, int64_t count, const int64_t* rows, const int64_t* sizes,
    const float* const* real, const float* const* synthetic, float* const* gradients, double* loss,
    void* workspace, int64_t workspace_bytes, int32_t device, void* stream) POTSTILL_CUDA_NOEXCEPT;

/* Workspace of potstill_cuda_trajectory in bytes; -1 where an argument is impossible. */
POTSTILL_CUDA_API int64_t potstill_cuda_trajectory_workspace(int64_t count, const int64_t* sizes)
    POTSTILL_CUDA_NOEXCEPT;

/*
 * trajectory: ||theta - target||^2 / ||start - target||^2 over lists of `count` tensors, and its
 * gradient with respect to theta. Sizes and lists are host arrays; the lists hold device pointers;
 * gradients may be NULL; loss (1) is a device buffer. All NaN where start equals target.
 * Accumulates in double. Reads the three lists once and, for the gradient, theta and target once
 * more; writes the gradients once.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_trajectory(
    int64_t count, const int64_t* sizes, const float* const* theta, const float* const* target,
    const float* const* start, float* const* gradients, double* loss, void* workspace,
    int64_t workspace_bytes, int32_t device, void* stream) POTSTILL_CUDA_NOEXCEPT;

/*
 * quantise: for every one of `count` points (count, width) the index of the nearest vector of a
 * codebook (codes, width), argmin_k sum_d (x_d - e_kd)^2, ties to the lower index; all are device
 * buffers. Distances are added in single precision in the order of the coordinates. A point at no
 * finite distance of any code (NaN, infinity) has index 0. An empty codebook or width 0 is
 * POTSTILL_CUDA_INVALID_ARGUMENT; codes is limited to 2^30. Reads 4 (count + codes) * width bytes,
 * the codes again from the caches for every eight points, and writes 8 bytes a point.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_quantise(const float* points, int64_t count,
                                                 const float* codebook, int64_t codes,
                                                 int64_t width, int64_t* indices, int32_t device,
                                                 void* stream) POTSTILL_CUDA_NOEXCEPT;

/*
 * Filters of the two operations below: with rows 0 and columns > 0 `columns` taps for either
 * direction (separable), with both above 0 a matrix (rows, columns), with both 0 none (a single tap
 * 1, filter may be NULL). Without `flip` they are convolved, the last tap first; with it,
 * cross-correlated. Factors are from 1 to 64, sides from 1 to 2^24, taps in a direction up to 4096,
 * paddings from -2^24 to 2^24. A filter whose block would need more than 48 KB of shared memory is
 * POTSTILL_CUDA_INVALID_ARGUMENT; up to 32 taps in each direction fit whatever the rest is.
 */

/*
 * upfirdn (Karras et al. 2020, appendix): every one of `planes` images (height, width) is
 * upsampled, up - 1 zeros after every sample, padded with zeros (negative: cropped), filtered, and
 * every down-th sample kept, times gain. up and down are {columns, rows}, padding {left, right,
 * top, bottom} of the upsampled image, host arrays all three; input, filter and output are device
 * buffers, the output not the input. Output (planes, out height, out width), out = (in * up +
 * padding - taps) / down + 1, rounded down, at least 1 by 1. The gradient with respect to the input
 * is the same operation on the gradient of the output: up and down swapped, flip inverted, the
 * paddings before taps - 1 - before, those after in * up - out * down + before - up + 1. The zeros
 * of the upsampling are not multiplied. A sample that is not finite shows in the outputs whose taps
 * meet it and nowhere else. Single precision, in the order of the taps. Reads the input once,
 * samples that several tiles need again from the caches, and writes the output once.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_upfirdn(
    const float* input, int64_t planes, int64_t height, int64_t width, const int32_t* up,
    const int32_t* down, const int64_t* padding, const float* filter, int64_t rows, int64_t columns,
    int32_t flip, double gain, float* output, int32_t device, void* stream) POTSTILL_CUDA_NOEXCEPT;

/*
 * filtered_lrelu (Karras et al. 2021, section 3.2): on every one of `planes` images (height,
 * width), plane p of channel p mod channels: x + bias[channel]; upfirdn by up, padding, up_filter
 * with the gain up^2; v = gain * (u > 0 ? u : slope * u), clamped to -clamp .. clamp (infinity:
 * not); upfirdn with down_filter and down. bias (channels) may be NULL. NaN stays NaN. All but
 * padding are device buffers. The upsampled image is never in device memory. Reads the input once,
 * samples that several tiles need again from the caches, and writes the output once.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_filtered_lrelu(
    const float* input, const float* bias, int64_t planes, int64_t channels, int64_t height,
    int64_t width, int32_t up, int32_t down, const int64_t* padding, const float* up_filter,
    int64_t up_rows, int64_t up_columns, const float* down_filter, int64_t down_rows,
    int64_t down_columns, int32_t flip, double gain, double slope, double clamp, float* output,
    int32_t device, void* stream) POTSTILL_CUDA_NOEXCEPT;

/*
 * The gradient of filtered_lrelu with respect to its input (planes, height, width), given that with
 * respect to its output (planes, out height, out width); u and v are computed anew. Where |v| >
 * clamp or v is NaN, none passes; elsewhere gain where u > 0, gain * slope where not. Where that
 * factor is 0 none passes either, even of a gradient that is not finite. Reads input and gradient
 * once, samples that several tiles need again from the caches, and writes input_gradient once.
 */
POTSTILL_CUDA_API int32_t potstill_cuda_filtered_lrelu_gradient(
    const float* input, const float* bias, int64_t planes, int64_t channels, int64_t height,
    int64_t width, int32_t up, int32_t down, const int64_t* padding, const float* up_filter,
    int64_t up_rows, int64_t up_columns, const float* down_filter, int64_t down_rows,
    int64_t down_columns, int32_t flip, double gain, double slope, double clamp,
    const float* gradient, float* input_gradient, int32_t device,
    void* stream) POTSTILL_CUDA_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
