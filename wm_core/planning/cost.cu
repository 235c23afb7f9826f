// Terms of the cost of imagined futures, a block a candidate: C that NVRTC and, in the tests, g++ compile.
//
// What each term is, its class in `objectives` says. JOINTS is given by who compiles.

#define TERMS 7
enum { EFFORT, SMOOTHNESS, JOINT_LIMITS, WORKSPACE, GRIPPER, GOAL_POSE, GOAL_LATENT };

// Same order as CostKernel packs it.
struct Terms {
    float row[TERMS], weight[TERMS];  // row: of `shares`, -1 for a term that takes no part
    float largest[JOINTS], middle[JOINTS], half[JOINTS];
    float inner, lower[3], upper[3], lever;
    float end[3], part_weight[3];  // of the map's rows: where the parts of the distance end, and what they weigh
    float near_enough, final_weight;
};

// max of CUDA drops NaN; what is NaN here has to end in a cost that is none.
__device__ inline float not_below_zero(float value) { return value < 0.0f ? 0.0f : value; }

// One step of a path; before: the joints a step earlier, earlier: another one, null for the first step.
__device__ inline void look_at_joints(
    const Terms& terms, const float* joints, const float* before, const float* earlier, float* found) {
    for (int j = 0; j < JOINTS; ++j) {
        float change = (joints[j] - before[j]) / terms.largest[j];
        found[EFFORT] += change * change / JOINTS;
        if (earlier) {
            float jump = change - (before[j] - earlier[j]) / terms.largest[j];
            found[SMOOTHNESS] += jump * jump / JOINTS;
        }
        float share = fabsf(joints[j] - terms.middle[j]) / terms.half[j];
        float near = not_below_zero((share - terms.inner) / (1.0f - terms.inner));
        found[JOINT_LIMITS] += near * near;
    }
}

__device__ inline void look_at_tool(
    const Terms& terms, const float* position, const float* rotation, const float* place, const float* turn, float* found) {
    float outside = 0.0f, away = 0.0f;
    for (int i = 0; i < 3; ++i) {
        float beyond = not_below_zero(terms.lower[i] - position[i]) + not_below_zero(position[i] - terms.upper[i]);
        outside += beyond * beyond;
        if (place) away += (position[i] - place[i]) * (position[i] - place[i]);
    }
    found[WORKSPACE] += sqrtf(outside);
    found[GOAL_POSE] += sqrtf(away);
    if (!turn) return;
    float turned = 0.0f;
    for (int i = 0; i < 9; ++i) turned += (rotation[i] - turn[i]) * (rotation[i] - turn[i]);
    found[GOAL_POSE] += terms.lever * sqrtf(turned / 2.0f);
}

// m, as the metric reads it, from one latent to the goal's; by a whole warp.
__device__ inline float distance(const Terms& terms, const float* map, const float* latent, const float* goal, int size) {
    float total = 0.0f;
    int row = 0;
    for (int part = 0; part < 3; ++part) {
        float squares = 0.0f;
        for (; row < (int)terms.end[part]; ++row) {
            float way = 0.0f;
            for (int i = lane(); i < size; i += 32) way += map[row * size + i] * (latent[i] - goal[i]);
            way = sum_over_warp(way);
            squares += way * way;
        }
        total += terms.part_weight[part] * sqrtf(squares);
    }
    return total;
}

// path: (S, H, JOINTS), start: (JOINTS), position: (S, H, 3), rotation: (S, H, 9), gripper: (S, H) or null.
// place, turn: of a pose, or null. latents: of sample s and step h at s * sample_stride + h * step_stride, `size` numbers.
// map: (parts, size), goal: (size), or null. shares: (rows, S), those of other terms are there already. costs: (S).
extern "C" __global__ void cost(
    const Terms* given, const float* path, const float* start, const float* position, const float* rotation,
    const float* gripper, const float* place, const float* turn, const float* latents, const float* map, const float* goal,
    float* shares, float* costs, int samples, int horizon, int rows, int size, int sample_stride, int step_stride) {
    float(*sums)[32] = (float(*)[32])shared_memory();  // of every term, of every warp
    const Terms& terms = *given;
    int sample = blockIdx.x, thread = threadIdx.x, warp = thread / 32, warps = blockDim.x / 32;
    float found[TERMS] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
    for (int h = thread; h < horizon; h += blockDim.x) {
        int step = sample * horizon + h;
        const float* joints = path + (size_t)step * JOINTS;
        const float* before = h > 0 ? joints - JOINTS : start;
        const float* earlier = h > 1 ? joints - 2 * JOINTS : h > 0 ? start : nullptr;
        look_at_joints(terms, joints, before, earlier, found);
        look_at_tool(terms, position + 3 * step, rotation + 9 * step, place, turn, found);
        if (gripper) found[GRIPPER] += fabsf(gripper[step]);
    }
    float missing = 0.0f;
    if (goal)
        for (int h = warp; h < horizon; h += warps) {
            const float* latent = latents + (size_t)sample * sample_stride + (size_t)h * step_stride;
            float left = not_below_zero(distance(terms, map, latent, goal, size) - terms.near_enough);
            missing += left * (h == horizon - 1 ? terms.final_weight : 1.0f);
        }
    for (int term = 0; term < TERMS; ++term) {
        float sum = term == GOAL_LATENT ? missing : sum_over_warp(found[term]);
        if (lane() == 0) sums[term][warp] = sum;
    }
    __syncthreads();
    if (thread < TERMS && terms.row[thread] >= 0.0f) {
        float sum = 0.0f;
        for (int n = 0; n < warps; ++n) sum += sums[thread][n];
        shares[(int)terms.row[thread] * samples + sample] = terms.weight[thread] * sum;
    }
    __syncthreads();
    if (thread > 0) return;
    float total = 0.0f;
    for (int row = 0; row < rows; ++row) total += shares[row * samples + sample];
    costs[sample] = fabsf(total) < INFINITE ? total : INFINITE;
}
