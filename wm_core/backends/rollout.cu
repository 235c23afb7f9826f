// A whole rollout of an MLP predictor, all steps of all samples in one launch: C that NVRTC and, in the tests, g++ compile.
//
// A team of CLUSTER blocks imagines 8 samples; each warp of it computes its share of the units of every layer, and every
// block is told the results of all. What multiplies is in half precision (11 bits, as TF32), sums, norms and what is
// carried from step to step are float32. Weights come from the second-level cache every step, as fragments of the matrix
// instruction m16n8k16: 16 units of a layer by 16 inputs are a tile, the samples are its columns. Who compiles gives
// CLUSTER and WARPS, LATENT, HISTORY, ACTION, HIDDEN and LAYERS (those between the first and the last), and of the touch
// head TOUCH, 0 without one, and MIDDLE; all but ACTION and HISTORY are multiples of 16.

#define ROWS 8  // samples of a team
#define TEAM (CLUSTER * WARPS)
#define AHEAD 4  // tiles of weights that are on their way while others are multiplied
#define WINDOW (HISTORY * LATENT + ACTION)
#define SEEN ((WINDOW + 15) / 16 * 16)
#define WIDTH (HIDDEN + TOUCH)
#define SPAN(width) ((width) + 8)  // halves from row to row: so the rows of a fragment lie in different banks
#define PARTS(tiles) ((tiles) > TEAM / 2 ? 1 : TEAM / (tiles))  // of a sum, where there are fewer tiles than warps
#define CHANGE_SPAN (LATENT + 4)
#define MIDDLE_SPAN (MIDDLE + 4)

// Same order as KernelRollout packs it.
struct Numbers {
    float enter_bias[WIDTH], enter_scale[WIDTH], enter_shift[WIDTH];  // the predictor's units, then the touch head's
    float bias[LAYERS][HIDDEN], scale[LAYERS][HIDDEN], shift[LAYERS][HIDDEN];
    float last_bias[LATENT];
    float eps[1 + LAYERS];
#if TOUCH
    float touch_eps;
    float middle_bias[MIDDLE], logit[MIDDLE], logit_bias;
    float read[3][LATENT], back[3][LATENT];  // of `Gate`
#endif
};

__device__ inline int warp() { return threadIdx.x / 32; }
__device__ inline int team_warp() { return cluster_rank() * WARPS + warp(); }

__device__ inline float silu(float value) { return __fdividef(value, 1.0f + __expf(-value)); }

// Tiles of one row of a weight, from `from` to `to`; the first of them are fetched before they are needed.
struct Tiles {
    const uint4* row;
    int from, to;
    uint4 first[AHEAD];

    __device__ inline Tiles(const uint4* row, int from, int to) : row(row), from(from), to(to) { fetch(first, from); }

    __device__ inline void fetch(uint4* into, int at) const {
#pragma unroll
        for (int i = 0; i < AHEAD; ++i)
            if (at + i < to) into[i] = row[(at + i) * 32 + lane()];
    }

    // sums += their products with as many inputs. rows: of the samples, `span` halves apart.
    __device__ inline void multiply_rows(float* sums, const unsigned short* rows, int span) {
        const unsigned* inputs = (const unsigned*)rows + lane() / 4 * (span / 2) + lane() % 4;
        float others[4] = {0.0f, 0.0f, 0.0f, 0.0f};  // of every other tile: a product need not wait for the one before it
#pragma unroll 1
        for (int at = from; at < to; at += AHEAD) {
            uint4 next[AHEAD];
            fetch(next, at + AHEAD);
#pragma unroll
            for (int i = 0; i < AHEAD; ++i)
                if (at + i < to) multiply(i % 2 ? others : sums, first[i], inputs[8 * (at + i)], inputs[8 * (at + i) + 4]);
#pragma unroll
            for (int i = 0; i < AHEAD; ++i) first[i] = next[i];
        }
        for (int i = 0; i < 4; ++i) sums[i] += others[i];
    }
};

// A warp's share of a layer's tiles, for all samples: tiles team_warp, team_warp + TEAM, ...
//
// A thread's four sums of a tile are of units g and g + 8 (g = lane / 4) and samples 2 q and 2 q + 1 (q = lane % 4).
template <int TILES>
struct Sums {
    static const int COUNT = (TILES + TEAM - 1) / TEAM;
    float of[COUNT][4];

    __device__ inline static bool mine(int n) { return team_warp() + n * TEAM < TILES; }
    __device__ inline static int unit(int n, int i) { return 16 * (team_warp() + n * TEAM) + lane() / 4 + 8 * (i / 2); }

    // inputs: of a row of `weights`. The first of its tiles may be on its way already.
    __device__ inline void layer(Tiles& coming, const uint4* weights, int inputs, const float* bias, const unsigned short* rows) {
#pragma unroll
        for (int n = 0; n < COUNT; ++n) {
            if (!mine(n)) continue;
            for (int i = 0; i < 4; ++i) of[n][i] = bias[unit(n, i)];
            if (n > 0) coming = Tiles(begin(weights, inputs, n), 0, inputs / 16);
            coming.multiply_rows(of[n], rows, SPAN(inputs));
        }
    }

    __device__ inline static const uint4* begin(const uint4* weights, int inputs, int n) {
        return weights + (size_t)(team_warp() + n * TEAM) * (inputs / 16) * 32;
    }

    __device__ inline static Tiles fetch(const uint4* weights, int inputs) {
        return Tiles(begin(weights, inputs, 0), 0, mine(0) ? inputs / 16 : 0);
    }
};

struct Pair {  // of samples 2 q and 2 q + 1: sums of their units, and of the squares of those
    float sum[2], squares[2];
};

__device__ inline void add_up_groups(Pair& pair) {  // over the threads of a warp that have the same samples
    for (int mask = 4; mask < 32; mask *= 2)
        for (int s = 0; s < 2; ++s) {
            pair.sum[s] += beside(pair.sum[s], mask);
            pair.squares[s] += beside(pair.squares[s], mask);
        }
}

// Of the units that this warp has summed up, for every sample -> parts[team_warp] of every block.
template <int TILES>
__device__ inline void look(const Sums<TILES>& sums, Pair (*parts)[ROWS / 2]) {
    if (!sums.mine(0)) return;
    Pair pair = {{0.0f, 0.0f}, {0.0f, 0.0f}};
#pragma unroll
    for (int n = 0; n < Sums<TILES>::COUNT; ++n)
        if (sums.mine(n))
            for (int i = 0; i < 4; ++i) {
                pair.sum[i % 2] += sums.of[n][i];
                pair.squares[i % 2] += sums.of[n][i] * sums.of[n][i];
            }
    add_up_groups(pair);
    if (lane() / 4 < CLUSTER) *of_block(&parts[team_warp()][lane() % 4], lane() / 4) = pair;
}

// -> halves of every block, rows `span` apart, when all warps have looked.
template <int TILES>
__device__ inline void norm_silu(
    const Sums<TILES>& sums, const Pair (*parts)[ROWS / 2], float eps, const float* scale, const float* shift,
    unsigned short* rows, int span) {
    const int warps = TILES < TEAM ? TILES : TEAM;  // that have summed up something
    Pair all = {{0.0f, 0.0f}, {0.0f, 0.0f}};
#pragma unroll
    for (int n = 0; n < (warps + 7) / 8; ++n)
        if (lane() / 4 + 8 * n < warps) {
            const Pair part = parts[lane() / 4 + 8 * n][lane() % 4];
            for (int s = 0; s < 2; ++s) all.sum[s] += part.sum[s], all.squares[s] += part.squares[s];
        }
    add_up_groups(all);
    float mean[2], factor[2];
    for (int s = 0; s < 2; ++s) {
        mean[s] = all.sum[s] / (16 * TILES);
        float spread = all.squares[s] / (16 * TILES) - mean[s] * mean[s];
        factor[s] = rsqrtf((spread < 0.0f ? 0.0f : spread) + eps);
    }
    bool odd = lane() / 4 % 2;
#pragma unroll
    for (int n = 0; n < Sums<TILES>::COUNT; ++n) {
        if (!sums.mine(n)) continue;
#pragma unroll
        for (int i = 0; i < 4; i += 2) {
            int unit = sums.unit(n, i);
            float value[2];
            for (int s = 0; s < 2; ++s) value[s] = silu((sums.of[n][i + s] - mean[s]) * factor[s] * scale[unit] + shift[unit]);
            // Two units that are next to each other are a word: even ones are told about one sample, odd ones about the other.
            float other = beside(odd ? value[0] : value[1], 4), own = odd ? value[1] : value[0];
            unsigned low = to_half(odd ? other : own), high = to_half(odd ? own : other);
            unsigned short* at = rows + (2 * (lane() % 4) + odd) * span + unit - odd;
#pragma unroll
            for (int rank = 0; rank < CLUSTER; ++rank) *(unsigned*)of_block(at, rank) = high << 16 | low;
        }
    }
}

// A product with fewer tiles than warps: several warps sum up a part of the inputs each -> out[part][sample][unit] of every
// block.
template <int TILES, int INPUTS>
struct InParts {
    static const int COUNT = PARTS(TILES);

    __device__ inline static Tiles fetch(const uint4* weights, int work) {
        int part = work / TILES, all = INPUTS / 16, from = part * all / COUNT, to = (part + 1) * all / COUNT;
        return Tiles(weights + (size_t)(work % TILES) * all * 32, from, work < TILES * COUNT ? to : from);
    }

    __device__ inline static void multiply(Tiles& coming, const uint4* weights, const unsigned short* rows, float* out, int span) {
        for (int work = team_warp(); work < TILES * COUNT; work += TEAM) {
            float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
            if (work >= TEAM) coming = fetch(weights, work);
            coming.multiply_rows(sums, rows, SPAN(INPUTS));
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                int unit = 16 * (work % TILES) + lane() / 4 + 8 * (i / 2), sample = 2 * (lane() % 4) + i % 2;
                float* at = out + (work / TILES * ROWS + sample) * span + unit;
#pragma unroll
                for (int rank = 0; rank < CLUSTER; ++rank) *of_block(at, rank) = sums[i];
            }
        }
    }

    __device__ inline static float sum(const float* out, int span, int sample, int unit) {
        float sum = 0.0f;
#pragma unroll
        for (int part = 0; part < COUNT; ++part) sum += out[(part * ROWS + sample) * span + unit];
        return sum;
    }
};

#define OWN ((LATENT + 31) / 32)  // numbers of a latent that a thread looks after
typedef InParts<LATENT / 16, HIDDEN> Last;

#if TOUCH
typedef InParts<MIDDLE / 16, TOUCH> Middle;

// How sure the touch head is that the object of this sample is not touched.
__device__ inline float untouched(const Numbers& numbers, const float* middle, int sample) {
    float logit = 0.0f;
    for (int unit = lane(); unit < MIDDLE; unit += 32)
        logit += silu(Middle::sum(middle, MIDDLE_SPAN, sample, unit) + numbers.middle_bias[unit]) * numbers.logit[unit];
    return 1.0f / (1.0f + __expf(sum_over_warp(logit) + numbers.logit_bias));
}

// Takes out of a change what would move an object that is not touched.
__device__ inline void hold(const Numbers& numbers, float share, float* change) {
    float moved[3] = {0.0f, 0.0f, 0.0f};
    for (int i = 0; i < OWN; ++i)
        if (lane() + 32 * i < LATENT)
            for (int k = 0; k < 3; ++k) moved[k] += change[i] * numbers.read[k][lane() + 32 * i];
    for (int k = 0; k < 3; ++k) moved[k] = share * sum_over_warp(moved[k]);
    for (int i = 0; i < OWN; ++i)
        if (lane() + 32 * i < LATENT)
            for (int k = 0; k < 3; ++k) change[i] -= moved[k] * numbers.back[k][lane() + 32 * i];
}
#endif

// latent: (HISTORY, LATENT), where all samples begin. actions: (samples, horizon, ACTION).
// tiles: of the first layer, those between, the last and the touch head's second. futures: (samples, HISTORY + horizon, LATENT).
extern "C" __global__ void IN_CLUSTERS rollout(
    const float* latent, const float* actions, const uint4* tiles, const float* given, float* futures, int samples, int horizon) {
    Numbers& numbers = *(Numbers*)shared_memory();
    Pair(*parts)[ROWS / 2] = (Pair(*)[ROWS / 2])(shared_memory() + (sizeof(Numbers) + 15) / 16);  // (TEAM), then for the touch head
    float* change = (float*)parts[2 * TEAM];                                                      // (parts, ROWS, LATENT)
    unsigned short* window = (unsigned short*)(change + Last::COUNT * ROWS * CHANGE_SPAN);        // (ROWS, SEEN): moments, then the action
    unsigned short* units = window + ROWS * SPAN(SEEN);                                           // (ROWS, HIDDEN)
#if TOUCH
    unsigned short* touch = units + ROWS * SPAN(HIDDEN);  // (ROWS, TOUCH)
    float* middle = (float*)(touch + ROWS * SPAN(TOUCH));  // (parts, ROWS, MIDDLE)
#endif
    const uint4 *enter = tiles, *between = enter + (size_t)WIDTH * SEEN / 8, *last = between + (size_t)LAYERS * HIDDEN * HIDDEN / 8;
    // Between products a warp looks after one sample, if there are as many; every block does so for all of them.
    int row = blockIdx.x / CLUSTER * ROWS + warp();
    bool cares = warp() < ROWS, there = cares && row < samples, tells = there && warp() % CLUSTER == cluster_rank();
    const float* action = actions + (size_t)row * horizon * ACTION;
    float* future = futures + (size_t)row * (HISTORY + horizon) * LATENT;
    unsigned short* moments = window + warp() * SPAN(SEEN);
    float now[OWN];
    for (int i = threadIdx.x; i < sizeof(Numbers) / 4; i += 32 * WARPS) ((float*)&numbers)[i] = given[i];
    if (cares) {
        for (int i = lane(); i < SEEN; i += 32) {
            bool known = i < HISTORY * LATENT;
            float value = known ? latent[i] : i < WINDOW && there ? action[i - HISTORY * LATENT] : 0.0f;
            moments[i] = to_half(value);
            if (known && tells) future[i] = value;
        }
        for (int i = 0; i < OWN; ++i) now[i] = lane() + 32 * i < LATENT ? latent[(HISTORY - 1) * LATENT + lane() + 32 * i] : 0.0f;
    }
    wait_for_cluster();  // nobody writes to a block that has not begun
    Sums<HIDDEN / 16> sums;
    Tiles coming = sums.fetch(enter, SEEN);
#pragma unroll 1
    for (int step = 0; step < horizon; ++step) {
        float coming_action = there && lane() < ACTION && step + 1 < horizon ? action[(step + 1) * ACTION + lane()] : 0.0f;
        sums.layer(coming, enter, SEEN, numbers.enter_bias, window);
        look(sums, parts);
#if TOUCH
        float free = 0.0f;
        Sums<TOUCH / 16> felt;
        const uint4* feel = enter + (size_t)HIDDEN * SEEN / 8;
        coming = felt.fetch(feel, SEEN);
        felt.layer(coming, feel, SEEN, numbers.enter_bias + HIDDEN, window);
        look(felt, parts + TEAM);
#endif
        coming = sums.fetch(between, HIDDEN);
        wait_for_cluster();
        norm_silu(sums, parts, numbers.eps[0], numbers.enter_scale, numbers.enter_shift, units, SPAN(HIDDEN));
#if TOUCH
        norm_silu(
            felt, parts + TEAM, numbers.touch_eps, numbers.enter_scale + HIDDEN, numbers.enter_shift + HIDDEN, touch, SPAN(TOUCH));
#endif
        wait_for_cluster();
#pragma unroll 1
        for (int n = 0; n < LAYERS; ++n) {
            const uint4* layer = between + (size_t)n * HIDDEN * HIDDEN / 8;
            sums.layer(coming, layer, HIDDEN, numbers.bias[n], units);
            look(sums, parts);
#if TOUCH
            if (n == 0) {
                const uint4* second = last + (size_t)LATENT * HIDDEN / 8;
                coming = Middle::fetch(second, team_warp());
                Middle::multiply(coming, second, touch, middle, MIDDLE_SPAN);
            }
#endif
            if (n + 1 < LAYERS) coming = sums.fetch(layer + (size_t)HIDDEN * HIDDEN / 8, HIDDEN);
            else coming = Last::fetch(last, team_warp());
            wait_for_cluster();
#if TOUCH
            if (n == 0 && cares) free = untouched(numbers, middle, warp());
#endif
            norm_silu(sums, parts, numbers.eps[n + 1], numbers.scale[n], numbers.shift[n], units, SPAN(HIDDEN));
            wait_for_cluster();
        }
        Last::multiply(coming, last, units, change, CHANGE_SPAN);
        coming = sums.fetch(enter, SEEN);
        wait_for_cluster();
        if (cares) {
            float moved[OWN];
            for (int i = 0; i < OWN; ++i) {
                int at = lane() + 32 * i;
                moved[i] = at < LATENT ? Last::sum(change, CHANGE_SPAN, warp(), at) + numbers.last_bias[at] : 0.0f;
            }
#if TOUCH
            hold(numbers, free, moved);
#endif
            for (int i = 0; i < OWN; ++i) {
                int at = lane() + 32 * i;
                if (at >= LATENT) continue;
                now[i] += moved[i];
                for (int k = 0; k + 1 < HISTORY; ++k) moments[k * LATENT + at] = moments[(k + 1) * LATENT + at];
                moments[(HISTORY - 1) * LATENT + at] = to_half(now[i]);
                if (tells) future[(HISTORY + step) * LATENT + at] = now[i];
            }
            if (lane() < ACTION) moments[HISTORY * LATENT + lane()] = to_half(coming_action);
        }
        __syncthreads();
    }
}
