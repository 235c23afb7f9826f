// The end of an iteration of the cross-entropy method, in one block: who is best, and what to draw from next.
// C that NVRTC and, in the tests, g++ compile. SAMPLES, a power of two, is given by who compiles.

struct Ranked {
    float cost;
    int row;
};

__device__ inline bool before(const Ranked& one, const Ranked& other) {
    return one.cost < other.cost || (one.cost == other.cost && one.row < other.row);
}

// Bitonic, all threads together; the cheapest first.
__device__ inline void sort(Ranked* ranked) {
    for (int run = 2; run <= SAMPLES; run *= 2)
        for (int apart = run / 2; apart > 0; apart /= 2) {
            for (int i = threadIdx.x; i < SAMPLES; i += blockDim.x) {
                int other = i ^ apart;
                if (other > i && before(ranked[other], ranked[i]) == ((i & run) == 0)) {
                    Ranked kept = ranked[i];
                    ranked[i] = ranked[other];
                    ranked[other] = kept;
                }
            }
            __syncthreads();
        }
}

// Sums over the elites of every number of their actions, or of its squared distance from `middle` -> sums (numbers), by
// groups of threads that have a share of the elites each. partial: (groups, numbers).
__device__ inline void add_up(
    const Ranked* ranked, int count, const float* actions, int numbers, const float* middle, float* partial, float* sums) {
    int groups = blockDim.x / numbers > 0 ? blockDim.x / numbers : 1;
    for (int i = threadIdx.x; i < groups * numbers; i += blockDim.x) {
        float sum = 0.0f;
        int number = i % numbers;
        for (int elite = i / numbers; elite < count; elite += groups) {
            float value = actions[(size_t)ranked[elite].row * numbers + number];
            sum += middle ? (value - middle[number]) * (value - middle[number]) : value;
        }
        partial[i] = sum;
    }
    __syncthreads();
    for (int number = threadIdx.x; number < numbers; number += blockDim.x) {
        float sum = 0.0f;
        for (int group = 0; group < groups; ++group) sum += partial[group * numbers + number];
        sums[number] = sum / count;
    }
    __syncthreads();
}

// to[at], to[at + 1], ... = the `size` numbers of one row; -> where the next ones begin.
__device__ inline int tell(float* to, int at, const float* rows, int row, int size) {
    for (int i = threadIdx.x; i < size; i += blockDim.x) to[at + i] = rows[(size_t)row * size + i];
    return at + size;
}

// costs: (S). actions: (S, numbers), path: (S, joints), position, moved: (S, ways), gripper: (S, steps) or null; shares:
// (terms, S). last_mean, last_std: (numbers). last_best: (length), or null. -> mean, std: (numbers); told: (length + numbers),
// the best so far (cost, row, number of the iteration, actions, path, position, moved, gripper, shares), and the mean.
extern "C" __global__ void refit(
    const float* costs, const float* actions, const float* path, const float* position, const float* moved, const float* gripper,
    const float* shares, const float* last_mean, const float* last_std, const float* last_best, float* mean, float* std,
    float* told, int samples, int numbers, int joints, int ways, int steps, int terms, int elites, int iteration, int length,
    float min_std) {
    Ranked* ranked = (Ranked*)shared_memory();    // (SAMPLES)
    float* sums = (float*)(ranked + SAMPLES);     // (numbers)
    float* partial = sums + numbers;              // as many as threads, or numbers
    for (int i = threadIdx.x; i < SAMPLES; i += blockDim.x) ranked[i] = {i < samples ? costs[i] : INFINITE, i};
    __syncthreads();
    sort(ranked);
    int count = 0;
    for (int i = 0; i < elites; ++i) count += ranked[i].cost < INFINITE;
    if (count > 0) {
        add_up(ranked, count, actions, numbers, nullptr, partial, sums);
        for (int i = threadIdx.x; i < numbers; i += blockDim.x) mean[i] = told[length + i] = sums[i];
        add_up(ranked, count, actions, numbers, sums, partial, sums);  // they are written to when all were read
    }
    for (int i = threadIdx.x; i < numbers; i += blockDim.x) {
        float spread = count > 0 ? sqrtf(sums[i]) : 0.0f;
        std[i] = count == 0 ? last_std[i] : spread < min_std ? min_std : spread;
        if (count == 0) mean[i] = told[length + i] = last_mean[i];
    }
    int row = ranked[0].row;
    if (last_best && !(ranked[0].cost < last_best[0])) {
        tell(told, 0, last_best, 0, length);
        return;
    }
    if (threadIdx.x == 0) told[0] = ranked[0].cost, told[1] = row, told[2] = iteration;
    int at = tell(told, 3, actions, row, numbers);
    at = tell(told, at, path, row, joints);
    at = tell(told, at, position, row, ways);
    at = tell(told, at, moved, row, ways);
    if (gripper) at = tell(told, at, gripper, row, steps);
    for (int i = threadIdx.x; i < terms; i += blockDim.x) told[at + i] = shares[(size_t)i * samples + row];
}
