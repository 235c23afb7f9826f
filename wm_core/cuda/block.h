// What the threads of a block do together. It stands before every kernel; on a CPU the tests have their own of the first part.

#ifndef ON_CPU
__device__ inline uint4* shared_memory() {
    extern __shared__ uint4 memory[];
    return memory;
}

// Of another thread of the same warp.
__device__ inline float beside(float value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }

__device__ inline unsigned short to_half(float value) {
    unsigned short half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
    return half;
}

// sums (16 units x 8 samples) += weights (16 x 16) * inputs (16 x 8), in halves, each thread of a warp holding its part of all.
__device__ inline void multiply(float* sums, const uint4& weights, unsigned low, unsigned high) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(weights.x), "r"(weights.y), "r"(weights.z), "r"(weights.w), "r"(low), "r"(high));
}

// Blocks that run together and see each other's shared memory; CLUSTER of them.
#if CLUSTER > 1
#define IN_CLUSTERS __cluster_dims__(CLUSTER, 1, 1)
__device__ inline int cluster_rank() {
    int rank;
    asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
}

// Where block `rank` of the cluster has what this one has at `mine`.
template <typename Value>
__device__ inline Value* of_block(Value* mine, int rank) {
    unsigned long long there;
    asm("mapa.u64 %0, %1, %2;" : "=l"(there) : "l"((unsigned long long)mine), "r"(rank));
    return (Value*)there;
}

__device__ inline void wait_for_cluster() {
    asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}
#endif
#endif

#if !(CLUSTER > 1)
#define IN_CLUSTERS
__device__ inline int cluster_rank() { return 0; }

template <typename Value>
__device__ inline Value* of_block(Value* mine, int) { return mine; }

__device__ inline void wait_for_cluster() { __syncthreads(); }
#endif

#define INFINITE (1.0f / 0.0f)

__device__ inline int lane() { return threadIdx.x % 32; }

__device__ inline float sum_over_warp(float value) {
    for (int mask = 16; mask > 0; mask /= 2) value += beside(value, mask);
    return value;
}
