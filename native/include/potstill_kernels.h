/*
 * C ABI of Potstill's kernels for the CPU.
 *
 * Every buffer belongs to the caller, is row-major and need not be aligned beyond its element type.
 * Workspaces are plain memory of at least the size that the query of the operation returns, aligned
 * to 8 bytes, and hold nothing between calls. Every function but the queries returns a status; the
 * message of the last error of the calling thread is potstill_last_error(). Nothing here throws,
 * prints, exits or, potstill_keep_freed_memory() aside, changes what is global to the process, and
 * every function may be called by several threads at once.
 *
 * `threads` is how many OpenMP threads a call may use (from 1 to 1024). Results do not depend on
 * it. `level` is the instruction set, POTSTILL_LEVEL_AUTO for the best one that this CPU has.
 * Results of two levels agree to rounding, those of one level are bit-identical from run to run.
 */
#ifndef POTSTILL_KERNELS_H
#define POTSTILL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define POTSTILL_API __attribute__((visibility("default")))
#else
#define POTSTILL_API
#endif

#ifdef __cplusplus
#define POTSTILL_NOEXCEPT noexcept
extern "C" {
#else
#define POTSTILL_NOEXCEPT
#endif

/* Grows whenever a signature or a meaning below changes. */
#define POTSTILL_ABI_VERSION 11

enum {
  POTSTILL_OK = 0,
  POTSTILL_INVALID_ARGUMENT = 1,
  POTSTILL_UNSUPPORTED = 2,
  POTSTILL_INTERNAL = 3
};

enum {
  POTSTILL_LEVEL_AUTO = 0,
  POTSTILL_LEVEL_GENERIC = 1,
  POTSTILL_LEVEL_AVX2 = 2,
  POTSTILL_LEVEL_AVX512 = 3
};

enum { POTSTILL_MOST_THREADS = 1024 };

enum { POTSTILL_FLOAT32 = 0, POTSTILL_BFLOAT16 = 1, POTSTILL_FLOAT16 = 2 };

enum { POTSTILL_EASY = 0, POTSTILL_HARD = 1 };

enum { POTSTILL_LAYERWISE = 0, POTSTILL_MSE = 1, POTSTILL_COSINE = 2 };

/* POTSTILL_ABI_VERSION of the library, to be compared with the header's. */
POTSTILL_API int32_t potstill_abi_version(void) POTSTILL_NOEXCEPT;

/* What went wrong in the last call of this thread that failed; valid until its next failure. */
POTSTILL_API const char* potstill_last_error(void) POTSTILL_NOEXCEPT;

/*
 * The level that POTSTILL_LEVEL_AUTO stands for: the best of this CPU, or the one that the
 * environment variable POTSTILL_CPU (generic, avx2, avx512) names if this CPU has it.
 */
POTSTILL_API int32_t potstill_cpu_level(void) POTSTILL_NOEXCEPT;

/* 1 where this CPU runs the level, else 0. */
POTSTILL_API int32_t potstill_level_supported(int32_t level) POTSTILL_NOEXCEPT;

/* "generic", "avx2", "avx512", or "unknown". */
POTSTILL_API const char* potstill_level_name(int32_t level) POTSTILL_NOEXCEPT;

/* What the library was compiled with, such as "GCC 12.2.0": others round sums in other places. */
POTSTILL_API const char* potstill_compiler(void) POTSTILL_NOEXCEPT;

/* The C library of this process, such as "glibc 2.36", which computes exp() and log(). */
POTSTILL_API const char* potstill_c_library(void) POTSTILL_NOEXCEPT;

/*
 * score: loss_i = log(sum_j exp(z_ij)) - z_i,y_i of logits z (rows, classes) and labels y (rows),
 * in one pass over the logits. The other outputs (rows) may be NULL: margin = z_y - max_{j != y}
 * z_j; entropy of the softmax; el2n = ||softmax - onehot(y)||; correct = 1 where the label has the
 * largest logit, ties to the lower index. A row with NaN is NaN in all and not correct; a row with
 * plus infinity or nothing but minus infinity has NaN as loss, entropy and el2n. A label out of
 * range is POTSTILL_INVALID_ARGUMENT, and nothing is written. Reads rows * (classes * element size
 * + 8) bytes, writes 4 bytes a row and output.
 */
POTSTILL_API int32_t potstill_score(const void* logits, int32_t type, const int64_t* labels,
                                    int64_t rows, int64_t classes, float* loss, float* margin,
                                    float* entropy, float* el2n, int8_t* correct, int32_t threads,
                                    int32_t level) POTSTILL_NOEXCEPT;

/* Workspace of potstill_select in bytes; -1 where a size is negative or too large. */
POTSTILL_API int64_t potstill_select_workspace(int64_t n, int64_t classes) POTSTILL_NOEXCEPT;

/*
 * select: of every class the keep[c] best scores in rank order, class after class. EASY ascends,
 * HARD descends; NaN ranks as hardest (EASY: last, HARD: first), -0 equals +0, and ties go to the
 * lower index. kept holds sum(keep) indices, offsets (classes + 1, may be NULL) where each class
 * begins. A class out of range, or with fewer members than asked for, is POTSTILL_INVALID_ARGUMENT.
 * n is limited to 2^32 - 1.
 */
POTSTILL_API int32_t potstill_select(const float* scores, const int32_t* class_of, int64_t n,
                                     int64_t classes, int32_t order, const int64_t* keep,
                                     int64_t* kept, int64_t* offsets, void* workspace,
                                     int64_t workspace_bytes, int32_t threads) POTSTILL_NOEXCEPT;

/* Workspace of potstill_feature_mean in bytes; -1 where a size is negative or too large. */
POTSTILL_API int64_t potstill_feature_mean_workspace(int64_t classes,
                                                     int64_t features) POTSTILL_NOEXCEPT;

/*
 * feature_mean: loss = sum_c ||mean(real_c) - mean(synthetic_c)||^2, where class c takes the rows
 * offsets[c] to offsets[c + 1] - 1 of (rows, features) buffers. per_class (classes) and gradient
 * (as synthetic) may be NULL; each row of class c has the gradient 2 (mean_syn - mean_real) /
 * rows_c. Accumulates in double. A class without rows is POTSTILL_INVALID_ARGUMENT. Reads both
 * buffers once, writes the gradient once.
 */
POTSTILL_API int32_t potstill_feature_mean(const float* real, const int64_t* real_offsets,
                                           const float* synthetic, const int64_t* synthetic_offsets,
                                           int64_t classes, int64_t features, double* loss,
                                           double* per_class, float* gradient, void* workspace,
                                           int64_t workspace_bytes, int32_t threads,
                                           int32_t level) POTSTILL_NOEXCEPT;

/* Workspace of potstill_gradient_match in bytes; -1 where a size is negative or too large. */
POTSTILL_API int64_t potstill_gradient_match_workspace(int32_t distance, int64_t count,
                                                       const int64_t* rows,
                                                       const int64_t* sizes) POTSTILL_NOEXCEPT;

/*
 * gradient_match: the distance of two lists of `count` tensors and its gradient with respect to the
 * synthetic list (gradients may be NULL). LAYERWISE: sum over rows of 1 - a.b / (|a||b| + 1e-6),
 * where tensor t of sizes[t] elements has rows[t] rows of equal length; a tensor with rows[t] = 0
 * counts nothing and has the gradient 0. MSE: sum of (b - a)^2. COSINE: 1 - a.b / (|a||b| + 1e-6)
 * of the two lists as one vector each. The gradient of a norm at 0 is 0. Accumulates in double.
 * Reads both lists twice (once for the value alone), writes the gradients once.
 */
POTSTILL_API int32_t potstill_gradient_match(int32_t distance, int64_t count, const int64_t* rows,
                                             const int64_t* sizes, const float* const* real,
                                             const float* const* synthetic, float* const* gradients,
                                             double* loss, void* workspace, int64_t workspace_bytes,
                                             int32_t threads, int32_t level) POTSTILL_NOEXCEPT;

/* Workspace of potstill_trajectory in bytes; -1 where a size is negative or too large. */
POTSTILL_API int64_t potstill_trajectory_workspace(int64_t count,
                                                   const int64_t* sizes) POTSTILL_NOEXCEPT;

/*
 * trajectory: ||theta - target||^2 / ||start - target||^2 over lists of `count` tensors, and its
 * gradient with respect to theta (gradients may be NULL). NaN where start equals target.
 * Adds runs of 32 squares in single, the runs in double precision; all in double where a sum would
 * leave the range of single precision. Reads the three lists once and, for the gradient, theta and
 * target once more; writes the gradients once, past the caches where they are large.
 */
POTSTILL_API int32_t potstill_trajectory(int64_t count, const int64_t* sizes,
                                         const float* const* theta, const float* const* target,
                                         const float* const* start, float* const* gradients,
                                         double* loss, void* workspace, int64_t workspace_bytes,
                                         int32_t threads, int32_t level) POTSTILL_NOEXCEPT;

/* Workspace of potstill_sgd in bytes; -1 where a size is negative or too large. */
POTSTILL_API int64_t potstill_sgd_workspace(int64_t count, const int64_t* sizes) POTSTILL_NOEXCEPT;

/*
 * sgd: a step of gradient descent with momentum and weight decay over lists of `count` tensors, in
 * place: v = momentum * v + (gradient + decay * p), p = p - rate * v. Single precision. Reads the
 * three lists once, writes two of them once.
 */
POTSTILL_API int32_t potstill_sgd(int64_t count, const int64_t* sizes, float* const* parameters,
                                  const float* const* gradients, float* const* velocities,
                                  double rate, double momentum, double decay, void* workspace,
                                  int64_t workspace_bytes, int32_t threads,
                                  int32_t level) POTSTILL_NOEXCEPT;

/* Workspace of potstill_quantise in bytes; -1 where a size is negative or too large. */
POTSTILL_API int64_t potstill_quantise_workspace(int64_t codes, int64_t width) POTSTILL_NOEXCEPT;

/*
 * quantise: for every one of `count` points (count, width) the index of the nearest vector of a
 * codebook (codes, width), argmin_k sum_d (x_d - e_kd)^2, ties to the lower index. Distances are
 * added in single precision in the order of the coordinates. A point at no finite distance of any
 * code (NaN, infinity) has index 0. An empty codebook or width 0 is POTSTILL_INVALID_ARGUMENT;
 * codes is limited to 2^30. Reads 4 (count + codes) * width bytes, writes 8 bytes a point.
 */
POTSTILL_API int32_t potstill_quantise(const float* points, int64_t count, const float* codebook,
                                       int64_t codes, int64_t width, int64_t* indices,
                                       void* workspace, int64_t workspace_bytes, int32_t threads,
                                       int32_t level) POTSTILL_NOEXCEPT;

/*
 * norm_relu_pool: the mean over windows of window x window (1 or 2) of max(y, 0), or without `relu`
 * of y, where y = (x - mean) rstd scale + shift and rstd = 1 / sqrt(var + epsilon), mean and
 * variance (over n) of every image and channel. x (images, height, width, channels), out (images,
 * height / window, width / window, channels), scale and shift (channels), mean and rstd (images,
 * channels). Rows and columns that fill no window count in the statistics alone. NaN goes through.
 * Single precision; the variance is added up in runs of 64 positions about the mean of the run.
 * Reads x twice, writes out once.
 */
POTSTILL_API int32_t potstill_norm_relu_pool(const float* x, int64_t images, int64_t height,
                                             int64_t width, int64_t channels, const float* scale,
                                             const float* shift, float epsilon, int32_t window,
                                             int32_t relu, float* out, float* mean, float* rstd,
                                             int32_t threads, int32_t level) POTSTILL_NOEXCEPT;

/* Workspace of potstill_norm_relu_pool_gradient and its tangent in bytes; -1 where a size is
 * negative or too large. */
POTSTILL_API int64_t potstill_norm_relu_pool_gradient_workspace(int64_t images,
                                                                int64_t channels) POTSTILL_NOEXCEPT;

/*
 * norm_relu_pool_gradient: given out_gradient, as out, and what norm_relu_pool left in mean and
 * rstd, the gradients with respect to x, scale and shift. x_gradient may be x itself. Recomputes y;
 * adds up rows in single precision, images in double. Reads x and out_gradient twice, writes
 * x_gradient once.
 */
POTSTILL_API int32_t potstill_norm_relu_pool_gradient(
    const float* x, int64_t images, int64_t height, int64_t width, int64_t channels,
    const float* scale, const float* shift, int32_t window, int32_t relu, const float* mean,
    const float* rstd, const float* out_gradient, float* x_gradient, float* scale_gradient,
    float* shift_gradient, void* workspace, int64_t workspace_bytes, int32_t threads,
    int32_t level) POTSTILL_NOEXCEPT;

/*
 * norm_relu_pool_tangent: how out of norm_relu_pool with `relu` moves where x, scale and shift move
 * by x_tangent, scale_tangent and shift_tangent (the product with the Jacobian); mean and rstd as
 * norm_relu_pool left them. Fills x_mean and x_product (images, channels) with the means of
 * x_tangent and of x_tangent times the normed value, for norm_relu_pool_gradient_tangent. Sums rows
 * in single precision. Reads x and x_tangent twice, writes out_tangent once.
 */
POTSTILL_API int32_t potstill_norm_relu_pool_tangent(
    const float* x, int64_t images, int64_t height, int64_t width, int64_t channels,
    const float* scale, const float* shift, int32_t window, const float* mean, const float* rstd,
    const float* x_tangent, const float* scale_tangent, const float* shift_tangent,
    float* out_tangent, float* x_mean, float* x_product, int32_t threads,
    int32_t level) POTSTILL_NOEXCEPT;

/*
 * norm_relu_pool_gradient_tangent: how the gradients that norm_relu_pool_gradient finds move where
 * x, scale and out_gradient move by x_tangent, scale_tangent and out_gradient_tangent; x_mean and
 * x_product as norm_relu_pool_tangent left them. Sums rows in single precision, images in double.
 * Reads everything twice, writes x_gradient_tangent, which is none of the others, once.
 */
POTSTILL_API int32_t potstill_norm_relu_pool_gradient_tangent(
    const float* x, int64_t images, int64_t height, int64_t width, int64_t channels,
    const float* scale, const float* shift, int32_t window, const float* mean, const float* rstd,
    const float* x_tangent, const float* scale_tangent, const float* x_mean, const float* x_product,
    const float* out_gradient, const float* out_gradient_tangent, float* x_gradient_tangent,
    float* scale_gradient_tangent, float* shift_gradient_tangent, void* workspace,
    int64_t workspace_bytes, int32_t threads, int32_t level) POTSTILL_NOEXCEPT;

/*
 * Workspace of potstill_convolution and its gradient in bytes for as many threads; -1 where an
 * argument is out of range.
 */
POTSTILL_API int64_t potstill_convolution_workspace(int64_t images, int64_t height, int64_t width,
                                                    int64_t in, int64_t out, int64_t side,
                                                    int32_t threads) POTSTILL_NOEXCEPT;

/*
 * convolution: y = x * weight + bias, cross-correlation with squares of side 3 or 5, stride 1,
 * zeros around every map so that it keeps its size. x (images, height, width, in), y (images,
 * height, width, out), bias (out) or NULL. weight (out, in, side, side); with `transposed` (in,
 * out, side, side), the gradient with respect to the input of the convolution whose weight it is.
 * in is a multiple of 16, and so is out, or, with side 3, it is from 1 to 4: then sums are direct.
 * By minimal filtering F(4 x 4, 3 x 3): a quarter of the multiplications where sides are multiples
 * of 4, in single precision. In the mean square it rounds as a direct sum of as many terms does
 * from about 128 channels on, 1.2 to 1.4 times as much with 64, twice as much with 16. A value that
 * is not finite makes NaN of the squares of 4 x 4 that it is in or beside. Reads x three and a
 * quarter times, one of them for the means, and writes y once.
 * A square of side 5 becomes four of side 3, which takes 3 in 10 of its multiplications and reads x
 * ten times.
 * With side 3, maps of up to 8 pixels go by direct sums where those take fewer multiplications, as
 * of 1 x 1 and 2 x 2: a value that is not finite then reaches the outputs that see it, and x is
 * read once for every 64 outputs.
 */
POTSTILL_API int32_t potstill_convolution(const float* x, int64_t images, int64_t height,
                                          int64_t width, int64_t in, const float* weight,
                                          int64_t side, int32_t transposed, const float* bias,
                                          int64_t out, float* y, void* workspace,
                                          int64_t workspace_bytes, int32_t threads,
                                          int32_t level) POTSTILL_NOEXCEPT;

/*
 * convolution_weight_gradient: given y_gradient, as y, the gradient with respect to weight, (out,
 * in, side, side). Zeros where there is no image. Reads x two and a quarter times, with side 5 nine
 * times, and y_gradient once; where sums are direct, x once for every 64 outputs and y_gradient
 * once for every 64 inputs.
 */
POTSTILL_API int32_t potstill_convolution_weight_gradient(
    const float* x, int64_t images, int64_t height, int64_t width, int64_t in,
    const float* y_gradient, int64_t out, int64_t side, float* weight_gradient, void* workspace,
    int64_t workspace_bytes, int32_t threads, int32_t level) POTSTILL_NOEXCEPT;

/*
 * Filters of the two operations below: with rows 0 and columns > 0 `columns` taps for either
 * direction (separable), with both above 0 a matrix (rows, columns), with both 0 none (a single tap
 * 1, filter may be NULL). Without `flip` they are convolved, the last tap first; with it,
 * cross-correlated. Factors are from 1 to 64, sides up to 2^24, taps in a direction up to 4096,
 * paddings from -2^24 to 2^24.
 */

/*
 * Workspace of potstill_upfirdn in bytes for as many threads; -1 where an argument is out of range
 * or no output is left.
 */
POTSTILL_API int64_t potstill_upfirdn_workspace(int64_t height, int64_t width, const int32_t* up,
                                                const int32_t* down, const int64_t* padding,
                                                int64_t rows, int64_t columns,
                                                int32_t threads) POTSTILL_NOEXCEPT;

/*
 * upfirdn (Karras et al. 2020, appendix): every one of `planes` images (height, width) is
 * upsampled, up - 1 zeros after every sample, padded with zeros (negative: cropped), filtered, and
 * every down-th sample kept, times gain. up and down are {columns, rows}, padding {left, right,
 * top, bottom} of the upsampled image. Output (planes, out height, out width), out = (in * up +
 * padding - taps) / down + 1, rounded down, at least 1 by 1. The gradient with respect to the input
 * is the same operation on the gradient of the output: up and down swapped, flip inverted, the
 * paddings before taps - 1 - before, those after in * up - out * down + before - up + 1. The zeros
 * of the upsampling are not multiplied. A sample that is not finite shows in the outputs whose taps
 * meet it and nowhere else. Single precision, in the order of the taps. Reads the input once,
 * writes the output once.
 */
POTSTILL_API int32_t potstill_upfirdn(const float* input, int64_t planes, int64_t height,
                                      int64_t width, const int32_t* up, const int32_t* down,
                                      const int64_t* padding, const float* filter, int64_t rows,
                                      int64_t columns, int32_t flip, double gain, float* output,
                                      void* workspace, int64_t workspace_bytes, int32_t threads,
                                      int32_t level) POTSTILL_NOEXCEPT;

/*
 * Workspace of potstill_filtered_lrelu and of its gradient in bytes for as many threads; -1 where
 * an argument is out of range or no output is left.
 */
POTSTILL_API int64_t potstill_filtered_lrelu_workspace(int64_t height, int64_t width, int32_t up,
                                                       int32_t down, const int64_t* padding,
                                                       int64_t up_rows, int64_t up_columns,
                                                       int64_t down_rows, int64_t down_columns,
                                                       int32_t threads) POTSTILL_NOEXCEPT;

/*
 * filtered_lrelu (Karras et al. 2021, section 3.2): on every one of `planes` images (height,
 * width), plane p of channel p mod channels: x + bias[channel]; upfirdn by up, padding, up_filter
 * with the gain up^2; v = gain * (u > 0 ? u : slope * u), clamped to -clamp .. clamp (infinity:
 * not); upfirdn with down_filter and down. bias may be NULL. NaN stays NaN. Of the upsampled image
 * only the rows under the taps of the second filter exist at a time. Reads the input once, writes
 * the output once.
 */
POTSTILL_API int32_t potstill_filtered_lrelu(
    const float* input, const float* bias, int64_t planes, int64_t channels, int64_t height,
    int64_t width, int32_t up, int32_t down, const int64_t* padding, const float* up_filter,
    int64_t up_rows, int64_t up_columns, const float* down_filter, int64_t down_rows,
    int64_t down_columns, int32_t flip, double gain, double slope, double clamp, float* output,
    void* workspace, int64_t workspace_bytes, int32_t threads, int32_t level) POTSTILL_NOEXCEPT;

/*
 * The gradient of filtered_lrelu with respect to its input (planes, height, width), given that with
 * respect to its output (planes, out height, out width); u and v are computed anew. Where |v| >
 * clamp or v is NaN, none passes; elsewhere gain where u > 0, gain * slope where not. Where that
 * factor is 0 none passes either, even of a gradient that is not finite. Reads input and gradient
 * once, writes input_gradient once.
 */
POTSTILL_API int32_t potstill_filtered_lrelu_gradient(
    const float* input, const float* bias, int64_t planes, int64_t channels, int64_t height,
    int64_t width, int32_t up, int32_t down, const int64_t* padding, const float* up_filter,
    int64_t up_rows, int64_t up_columns, const float* down_filter, int64_t down_rows,
    int64_t down_columns, int32_t flip, double gain, double slope, double clamp,
    const float* gradient, float* input_gradient, void* workspace, int64_t workspace_bytes,
    int32_t threads, int32_t level) POTSTILL_NOEXCEPT;

/*
 * Has malloc keep freed memory for what is allocated next, in the whole process: it cuts a heap
 * only where more than 2 GB lie free at its top, and grows by 64 MB. Blocks of more than 32 MB
 * still come from the system and go back to it at once. Else a training gives its maps back at the
 * end of every step, and the system clears their pages anew for the next. Returns 1, or 0 where the
 * C library is not glibc.
 */
POTSTILL_API int32_t potstill_keep_freed_memory(void) POTSTILL_NOEXCEPT;

/*
 * Gives the freed memory that malloc keeps since potstill_keep_freed_memory() back to the system,
 * also what threads that have ended left. For an instant, threads begin and end.
 */
POTSTILL_API void potstill_give_back_memory(void) POTSTILL_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
