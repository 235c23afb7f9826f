// What lies between the matrix products of a rollout, a block a row: C that NVRTC and, in the tests, g++ compile.
//
// Blocks have a power of two of threads, no more than THREADS. Everything is float32; a stride is how far rows are apart.

#define THREADS 256
#define WIDEST 1024  // of the touch head's layers

__device__ inline float sum_over_block(float value, float* shared) {
    int thread = threadIdx.x;
    shared[thread] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (thread < half) shared[thread] += shared[thread + half];
        __syncthreads();
    }
    float total = shared[0];
    __syncthreads();
    return total;
}

__device__ inline float silu(float value) { return value / (1.0f + expf(-value)); }

// Layer norm, then SiLU, of one row.
__device__ inline void norm_silu_row(
    const float* row, const float* weight, const float* bias, float eps, float* out, int width, float* shared) {
    float sum = 0.0f, squares = 0.0f;
    for (int i = threadIdx.x; i < width; i += blockDim.x) sum += row[i];
    float mean = sum_over_block(sum, shared) / width;
    for (int i = threadIdx.x; i < width; i += blockDim.x) squares += (row[i] - mean) * (row[i] - mean);
    float scale = 1.0f / sqrtf(sum_over_block(squares, shared) / width + eps);
    for (int i = threadIdx.x; i < width; i += blockDim.x) out[i] = silu((row[i] - mean) * scale * weight[i] + bias[i]);
    __syncthreads();
}

// rows: (S, width), `stride` apart. out: (S, width).
extern "C" __global__ void norm_silu(
    const float* rows, const float* weight, const float* bias, float* out, int stride, int width, float eps) {
    __shared__ float shared[THREADS];
    norm_silu_row(rows + blockIdx.x * stride, weight, bias, eps, out + blockIdx.x * width, width, shared);
}

// after = before + change, less what of the change moves an object that the touch head does not see touched.
//
// change: (S, size), of the predictor. entered: (S, hidden), the sums of the touch head's first layer; middle: (hidden,
// middles), the next layer's weight, transposed; last: (middles), the last one's. read: (size, 3), back: (3, size), of `Gate`.
extern "C" __global__ void hold(
    const float* change, const float* entered, const float* norm_weight, const float* norm_bias, const float* middle,
    const float* middle_bias, const float* last, const float* last_bias, const float* read, const float* back,
    const float* before, float* after, int entered_stride, int moment_stride, int size, int hidden, int middles, float eps) {
    __shared__ float shared[THREADS];
    __shared__ float units[WIDEST];
    int row = blockIdx.x;
    norm_silu_row(entered + row * entered_stride, norm_weight, norm_bias, eps, units, hidden, shared);
    float logit = 0.0f;
    for (int i = threadIdx.x; i < middles; i += blockDim.x) {
        float sum = middle_bias[i];
        for (int k = 0; k < hidden; ++k) sum += units[k] * middle[k * middles + i];
        logit += silu(sum) * last[i];
    }
    logit = sum_over_block(logit, shared) + last_bias[0];
    float untouched = 1.0f / (1.0f + expf(logit)), moved[3] = {0.0f, 0.0f, 0.0f};
    for (int i = threadIdx.x; i < size; i += blockDim.x)
        for (int k = 0; k < 3; ++k) moved[k] += change[row * size + i] * read[3 * i + k];
    for (int k = 0; k < 3; ++k) moved[k] = untouched * sum_over_block(moved[k], shared);
    for (int i = threadIdx.x; i < size; i += blockDim.x) {
        float held = moved[0] * back[i] + moved[1] * back[size + i] + moved[2] * back[2 * size + i];
        after[row * moment_stride + i] = before[row * moment_stride + i] + change[row * size + i] - held;
    }
}
