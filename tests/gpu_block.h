// Blocks of a GPU on a CPU, those of a cluster at once: their threads take turns, and wait for each other where they exchange
// something. CLUSTER is given by who compiles, where there are clusters.
#pragma once
#include <setjmp.h>
#include <ucontext.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#define ON_CPU
#define __device__
#define __global__
#define __shared__
#define __restrict__
#define __sincosf sincosf
#define __expf expf
#define __fdividef(x, y) ((x) / (y))
#define rsqrtf(x) (1.0f / sqrtf(x))

struct uint4 {
    unsigned x, y, z, w;
};
struct Index {
    int x;
};
static Index threadIdx, blockIdx, blockDim;
#ifdef CLUSTER
static const int BLOCKS = CLUSTER;
#else
static const int BLOCKS = 1;
#endif
alignas(16) static uint4 memory[BLOCKS][16384];  // shared memory of each block, 256 KiB
static int me;  // of the threads that take turns: those of the first block, then those of the next one

struct Meeting {  // of `size` threads: nobody goes on before all are there
    int size = 0, here = 0, times = 0;
};

static std::vector<ucontext_t> contexts;  // where each begins; from then on jumps, which ask the system for nothing
static jmp_buf pauses[2048], outside;
static Meeting of_all, of_each[BLOCKS], of_warp[64];
static bool begun[2048], done[2048];

static int rank() { return me / blockDim.x; }

static void turn(int next) {
    me = next;
    threadIdx.x = me % blockDim.x;
}

static void pause_at(int self) {
    if (!_setjmp(pauses[self])) _longjmp(outside, 1);
    turn(self);
}

static void go_on(int self) {
    if (_setjmp(outside)) return;
    if (begun[self]) _longjmp(pauses[self], 1);
    begun[self] = true;
    setcontext(&contexts[self]);
}

static void meet(Meeting& meeting) {
    int self = me, time = meeting.times;
    if (++meeting.here == meeting.size) {
        meeting.here = 0;
        ++meeting.times;
        return;
    }
    while (meeting.times == time) pause_at(self);
}

static void __syncthreads() { meet(of_each[rank()]); }
static uint4* shared_memory() { return memory[rank()]; }

#if CLUSTER > 1
#define IN_CLUSTERS
static int cluster_rank() { return rank(); }
static void wait_for_cluster() { meet(of_all); }

template <typename Value>
static Value* of_block(Value* mine, int there) {
    return (Value*)((char*)mine + (there - rank()) * (long)sizeof memory[0]);
}
#endif

static float exchanged[2048];
static float beside(float value, int mask) {
    int self = me;
    exchanged[self] = value;
    meet(of_warp[self / 32]);
    float other = exchanged[self ^ mask];
    meet(of_warp[self / 32]);
    return other;
}

static unsigned short to_half(float value) {  // to the nearest, ties to even
    uint32_t bits;
    memcpy(&bits, &value, 4);
    unsigned sign = bits >> 16 & 0x8000;
    float magnitude = fabsf(value);
    if (magnitude != magnitude) return 0x7fff;
    if (magnitude >= 65520.0f) return sign | 0x7c00;
    if (magnitude < 6.103515625e-05f) return sign | (unsigned)lrintf(magnitude * 16777216.0f);
    memcpy(&bits, &magnitude, 4);
    bits += 0xfff + (bits >> 13 & 1);
    return sign | ((bits >> 13) - (112 << 10));
}

static float from_half(unsigned half) {
    float sign = half & 0x8000 ? -1.0f : 1.0f;
    int exponent = half >> 10 & 31, rest = half & 0x3ff;
    if (exponent == 31) return rest ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexpf(1024 + rest, exponent - 25) : ldexpf(rest, -24));
}

// mma.m16n8k16 of halves, sums of float32; fragments as in the PTX ISA.
struct Fragments {
    unsigned a[4], b[2];
};
static Fragments given[2048];
static void multiply(float* sums, const uint4& weights, unsigned low, unsigned high) {
    int self = me, first = self / 32 * 32, group = self % 32 / 4, quad = self % 4;
    given[self] = {{weights.x, weights.y, weights.z, weights.w}, {low, high}};
    meet(of_warp[self / 32]);
    for (int i = 0; i < 4; ++i) {
        int row = group + (i < 2 ? 0 : 8), column = 2 * quad + i % 2;
        for (int k = 0; k < 16; ++k) {
            // A: registers 0, 1 of rows g, g + 8 and columns 0 to 7; 2, 3 of 8 to 15. B: one register for 8 rows each.
            unsigned a = given[first + row % 8 * 4 + k % 8 / 2].a[row / 8 + k / 8 * 2];
            unsigned b = given[first + column * 4 + k % 8 / 2].b[k / 8];
            sums[i] += from_half(a >> 16 * (k % 2) & 0xffff) * from_half(b >> 16 * (k % 2) & 0xffff);
        }
    }
    meet(of_warp[self / 32]);
}

static void (*work)();
static void one_thread(int self) {
    turn(self);
    work();
    done[self] = true;
    _longjmp(outside, 1);
}

// `kernel` for every thread of every block, as `launch` has set up its arguments.
// shared: bytes of memory that a block asks for. -> whether none wrote beyond them.
static bool run_blocks(int blocks, int threads, int shared, void (*kernel)()) {
    static std::vector<char> stacks;
    const int all = threads * BLOCKS;
    stacks.resize((size_t)all << 16);
    contexts.resize(all);
    work = kernel;
    blockDim.x = threads;
    for (int first = 0; first < blocks; first += BLOCKS) {
        for (auto& each : memory) {
            memset(each, 0xff, shared);  // no numbers, as halves or floats: what nobody wrote is found out
            memset((char*)each + shared, 0x5a, sizeof each - shared);
        }
        of_all = {all};
        for (Meeting& each : of_each) each = {threads};
        for (Meeting& each : of_warp) each = {threads < 32 ? threads : 32};
        for (int self = 0; self < all; ++self) {
            begun[self] = done[self] = false;
            getcontext(&contexts[self]);
            contexts[self].uc_stack.ss_sp = &stacks[(size_t)self << 16];
            contexts[self].uc_stack.ss_size = 1 << 16;
            makecontext(&contexts[self], (void (*)())one_thread, 1, self);
        }
        for (int left = all; left > 0;) {
            left = 0;
            for (int self = 0; self < all; ++self)
                if (!done[self]) {
                    blockIdx.x = first + self / threads;
                    go_on(self);
                    left += !done[self];
                }
        }
        for (auto& each : memory)
            for (size_t i = shared; i < sizeof each; ++i)
                if (((char*)each)[i] != 0x5a) return false;
    }
    return true;
}
