// What ToolMotion.candidates computes, one thread a candidate: C that NVRTC and, in the tests, g++ compile.
//
// A candidate that breaks a limit goes on carefully from its own first broken step, inside its thread, so that nobody on
// the host has to ask whether one does. Units are m and rad. JOINTS is given by who compiles.

#ifndef JOINTS
#error "JOINTS: expected the number of joints"
#endif

// Same order as ToolKernel packs it.
struct Arm {
    float chain[JOINTS + 1][12];  // 3 x 4 in rows: to the frame of each joint at 0, which turns about its z, then to the tool
    float lower[JOINTS], upper[JOINTS], largest[JOINTS], swing[JOINTS], homeward[JOINTS];
    float inner_lower[3], inner_upper[3];  // what a step aims for
    float outer_lower[3], outer_upper[3];  // what no step may leave
    float max_step, max_turn, posture_gain, damping, step, beyond, leaning, as_drawn, rounding, braking_steps;
};

struct Frame {
    float turn[9];  // rows
    float place[3];
};

struct Columns {  // of each joint: the axis it turns about, and where that is
    float axis[JOINTS][3], place[JOINTS][3];
};

struct Box {
    float lower[3], upper[3];
};

// min and max of CUDA drop NaN; what is NaN here has to end in a NaN cost.
__device__ inline float clamped(float value, float low, float high) {
    value = value < low ? low : value;
    return value > high ? high : value;
}

__device__ inline float length(const float* v) { return sqrtf(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

__device__ inline void limit_norm(float* v, float longest) {
    float excess = length(v) / longest;
    if (excess > 1.0f)
        for (int i = 0; i < 3; ++i) v[i] /= excess;
}

__device__ inline void follow(const Frame& before, const float* link, Frame& after) {
#pragma unroll
    for (int i = 0; i < 3; ++i) {
        const float* row = before.turn + 3 * i;
#pragma unroll
        for (int j = 0; j < 3; ++j) after.turn[3 * i + j] = row[0] * link[j] + row[1] * link[4 + j] + row[2] * link[8 + j];
        after.place[i] = row[0] * link[3] + row[1] * link[7] + row[2] * link[11] + before.place[i];
    }
}

__device__ inline void turn_about_z(Frame& frame, float angle) {
    float sine, cosine;
    __sincosf(angle, &sine, &cosine);  // to 4e-7 for angles of joints, and a tenth of the code
#pragma unroll
    for (int i = 0; i < 3; ++i) {
        float x = frame.turn[3 * i], y = frame.turn[3 * i + 1];
        frame.turn[3 * i] = cosine * x + sine * y;
        frame.turn[3 * i + 1] = cosine * y - sine * x;
    }
}

template <bool with_columns>
__device__ inline void forward(const Arm& arm, const float* joints, Frame& tool, Columns* columns) {
    Frame frame = {{1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0}}, next;
#pragma unroll
    for (int j = 0; j < JOINTS; ++j) {
        follow(frame, arm.chain[j], next);
        turn_about_z(next, joints[j]);
        frame = next;
        if (with_columns)
            for (int i = 0; i < 3; ++i) {
                columns->axis[j][i] = frame.turn[3 * i + 2];
                columns->place[j][i] = frame.place[i];
            }
    }
    follow(frame, arm.chain[JOINTS], tool);
}

__device__ inline bool leaves(const Box& box, const float* place) {
    bool outside = false;
    for (int i = 0; i < 3; ++i) outside |= place[i] < box.lower[i] || place[i] > box.upper[i];
    return outside;
}

__device__ inline void include(Box& box, const float* place) {
    for (int i = 0; i < 3; ++i) {
        if (place[i] < box.lower[i]) box.lower[i] = place[i];
        if (place[i] > box.upper[i]) box.upper[i] = place[i];
    }
}

// Braking as hard as may be: whether something still moves.
__device__ inline bool brake(const Arm& arm, float* change) {
    bool moves = false;
    for (int j = 0; j < JOINTS; ++j) {
        change[j] -= clamped(change[j], -arm.swing[j], arm.swing[j]);
        moves |= change[j] != 0.0f;
    }
    return moves;
}

// Whether braking leads out of the box from `joints`, or, if those count, beyond a joint limit. `reached`, where it is
// given, is widened by the places instead, and nothing leads out.
__device__ inline bool stop_leaves(
    const Arm& arm, const Box& box, const float* from, const float* moving, bool limits_count, Box* reached) {
    float joints[JOINTS], change[JOINTS];
    for (int j = 0; j < JOINTS; ++j) joints[j] = from[j], change[j] = moving[j];
#pragma unroll 1
    for (int n = 0; n < (int)arm.braking_steps; ++n) {
        if (!brake(arm, change)) return false;
        bool beyond = false;
        for (int j = 0; j < JOINTS; ++j) {
            joints[j] += change[j];
            beyond |= joints[j] < arm.lower[j] || joints[j] > arm.upper[j];
        }
        Frame tool;
        forward<false>(arm, joints, tool, nullptr);
        if (reached) include(*reached, tool.place);
        else if ((limits_count && beyond) || leaves(box, tool.place)) return true;
    }
    return false;
}

// target: 3 x 3 in rows. -> the rotation vector that leads from `frame` to it, at most max_turn long.
__device__ inline void left_to_turn(const Arm& arm, const Frame& frame, const float* target, float* turn) {
    float axis[3] = {0, 0, 0}, cosine = -1.0f;
#pragma unroll
    for (int c = 0; c < 3; ++c) {
        const float *r = frame.turn + c, *t = target + c;  // a column: every third number
        axis[0] += r[3] * t[6] - r[6] * t[3];
        axis[1] += r[6] * t[0] - r[0] * t[6];
        axis[2] += r[0] * t[3] - r[3] * t[0];
        cosine += r[0] * t[0] + r[3] * t[3] + r[6] * t[6];
    }
    for (int i = 0; i < 3; ++i) axis[i] *= 0.5f;
    float sine = length(axis), angle = atan2f(sine, 0.5f * cosine);
    angle = angle > arm.max_turn ? arm.max_turn : angle;
    for (int i = 0; i < 3; ++i) turn[i] = axis[i] * (angle / (sine < 1e-7f ? 1e-7f : sine));
}

// Solves (J J^T + damping) x = b by L D L^T, in place.
__device__ inline void solve(float matrix[6][6], float* x) {
#pragma unroll
    for (int i = 0; i < 6; ++i) {
#pragma unroll
        for (int k = 0; k < i; ++k) {
            float factor = matrix[i][k] / matrix[k][k];
#pragma unroll
            for (int j = k + 1; j <= i; ++j) matrix[i][j] -= factor * matrix[j][k];
            x[i] -= factor * x[k];
        }
    }
#pragma unroll
    for (int i = 5; i >= 0; --i) {
#pragma unroll
        for (int k = i + 1; k < 6; ++k) x[i] -= matrix[k][i] * x[k];
        x[i] /= matrix[i][i];
    }
}

// dq = n + J^T (J J^T + damping)^-1 (twist - J n): least squares with the posture in the null space. With `whole` 0 the
// turn is left out, and most of the posture. twist: m, then rad.
__device__ inline void solved_change(
    const Arm& arm, const float* joints, const Frame& tool, const Columns& columns, const float* twist, float whole, float* change) {
    float rest[6], jacobian[JOINTS][6], square[6][6], pull = whole > 0.0f ? 1.0f : arm.leaning;
#pragma unroll
    for (int i = 0; i < 6; ++i) {
        rest[i] = i < 3 ? twist[i] : whole * twist[i];
#pragma unroll
        for (int k = 0; k <= i; ++k) square[i][k] = i == k ? arm.damping : 0.0f;
    }
#pragma unroll
    for (int j = 0; j < JOINTS; ++j) {
        const float* axis = columns.axis[j];
        float x = tool.place[0] - columns.place[j][0], y = tool.place[1] - columns.place[j][1];
        float z = tool.place[2] - columns.place[j][2];
        float column[6] = {axis[1] * z - axis[2] * y, axis[2] * x - axis[0] * z, axis[0] * y - axis[1] * x,
                           whole * axis[0],           whole * axis[1],           whole * axis[2]};
        change[j] = pull * (arm.homeward[j] - arm.posture_gain * joints[j]);
#pragma unroll
        for (int i = 0; i < 6; ++i) {
            jacobian[j][i] = column[i];
            rest[i] -= column[i] * change[j];
#pragma unroll
            for (int k = 0; k <= i; ++k) square[i][k] += column[i] * column[k];
        }
    }
    solve(square, rest);
#pragma unroll
    for (int j = 0; j < JOINTS; ++j)
#pragma unroll
        for (int i = 0; i < 6; ++i) change[j] += jacobian[j][i] * rest[i];
}

// Where place and turn together would take a joint beyond its limit, place comes first.
__device__ inline void wanted_change(
    const Arm& arm, const float* joints, const Frame& tool, const Columns& columns, const float* target, const float* displacement,
    float* change) {
    float twist[6];
    for (int i = 0; i < 3; ++i)
        twist[i] = clamped(tool.place[i] + displacement[i], arm.inner_lower[i], arm.inner_upper[i]) - tool.place[i];
    limit_norm(twist, arm.max_step);
    left_to_turn(arm, tool, target, twist + 3);
    // One copy of the code for both.
#pragma unroll 1
    for (float whole = 1.0f;; whole = 0.0f) {
        solved_change(arm, joints, tool, columns, twist, whole, change);
        bool beyond = false;
        for (int j = 0; j < JOINTS; ++j)
            beyond |= joints[j] + change[j] < arm.lower[j] - arm.beyond || joints[j] + change[j] > arm.upper[j] + arm.beyond;
        if (!beyond || whole == 0.0f) return;
    }
}

// See JointBounds.advance.
__device__ inline void advance(const Arm& arm, const float* joints, const float* before, const float* change, float* after) {
    float excess = 1.0f, jump[JOINTS], too_soon = 1.0f;
    for (int j = 0; j < JOINTS; ++j) excess = fmaxf(excess, fabsf(change[j] / arm.largest[j]));
    for (int j = 0; j < JOINTS; ++j) {
        jump[j] = change[j] / excess - before[j];
        too_soon = fmaxf(too_soon, fabsf(jump[j] / arm.swing[j]));
    }
    for (int j = 0; j < JOINTS; ++j)
        after[j] = clamped(joints[j] + before[j] + jump[j] / too_soon, arm.lower[j], arm.upper[j]);
}

// rad that the next step may go toward a limit that is `room` away, see JointBounds._fastest.
__device__ inline float fastest(const Arm& arm, float room, float swing) {
    float least = room * 0.5f + 0.5f * swing;
#pragma unroll 1
    for (int n = 2; n < (int)arm.braking_steps; ++n) least = fminf(least, room / (n + 1.0f) + n * swing * 0.5f);
    return least;
}

// What JointBounds.advance_carefully makes of what `advance` made.
__device__ inline void with_care(const Arm& arm, const float* joints, const float* before, float* after) {
    for (int j = 0; j < JOINTS; ++j) {
        float swing = arm.swing[j], ahead = joints[j] + before[j];
        if (arm.braking_steps > 1.0f) {
            float down = fastest(arm, joints[j] - arm.lower[j], swing), up = fastest(arm, arm.upper[j] - joints[j], swing);
            after[j] = clamped(after[j], joints[j] - down, joints[j] + up);
        }
        after[j] = clamped(after[j], ahead - swing, ahead + swing);
    }
}

__device__ inline bool too_much(const Arm& arm, const float* joints, const float* before, const float* after) {
    bool found = false;
    for (int j = 0; j < JOINTS; ++j) found |= fabsf(after[j] - joints[j] - before[j]) > arm.swing[j] + arm.rounding;
    return found;
}

// actions: samples x horizon rows of 3, `stride` apart. start, velocity: rows of JOINTS, one for all where their stride is 0.
// Out: path (S, H, J), moved, position (S, H, 3), rotation (S, H, 9), limited (S).
extern "C" __global__ void tool_motion(
    const Arm* given, const float* target, const float* actions, const float* start, const float* velocity, float* path,
    float* moved, float* position, float* rotation, unsigned char* limited, int samples, int horizon, int stride,
    int start_stride, int velocity_stride) {
    int sample = blockIdx.x * blockDim.x + threadIdx.x;
    if (sample >= samples) return;
    const Arm& arm = *given;
    float joints[JOINTS], change[JOINTS], wanted[JOINTS], after[JOINTS];
    for (int j = 0; j < JOINTS; ++j) {
        joints[j] = start[sample * start_stride + j];
        change[j] = velocity[sample * velocity_stride + j] * arm.step;
    }
    Frame tool, next;
    Columns columns;
    forward<true>(arm, joints, tool, &columns);
    // A start that is outside, or that cannot stop before it is, may be as far outside as braking takes it.
    Box box;
    for (int i = 0; i < 3; ++i) box.lower[i] = arm.outer_lower[i], box.upper[i] = arm.outer_upper[i];
    include(box, tool.place);
    stop_leaves(arm, box, joints, change, false, &box);
    bool careful = false, bent = false;
    for (int h = 0; h < horizon; ++h) {
        int row = sample * horizon + h;
        float asked[3];
        for (int i = 0; i < 3; ++i) asked[i] = actions[row * stride + i];
        limit_norm(asked, 1.0f);
        for (int i = 0; i < 3; ++i) asked[i] *= arm.max_step;
        wanted_change(arm, joints, tool, columns, target, asked, wanted);
        float coming[JOINTS];
        // As it comes; if that breaks something, carefully; if that leaves the box, braking. One copy of the code for all.
#pragma unroll 1
        for (int attempt = careful ? 1 : 0;; ++attempt) {
            if (attempt < 2) {
                advance(arm, joints, change, wanted, after);
                if (attempt == 1) with_care(arm, joints, change, after);
                for (int j = 0; j < JOINTS; ++j) coming[j] = after[j] - joints[j];
            } else {
                for (int j = 0; j < JOINTS; ++j) coming[j] = change[j];
                brake(arm, coming);
                for (int j = 0; j < JOINTS; ++j) after[j] = joints[j] + coming[j];
            }
            forward<true>(arm, after, next, &columns);
            if (attempt == 2) break;
            bool broken = leaves(box, next.place) || (attempt == 0 && too_much(arm, joints, change, after));
            if (!broken && !stop_leaves(arm, box, after, coming, attempt == 0, nullptr)) break;
            careful = bent = true;
        }
        float off[3];
        for (int i = 0; i < 3; ++i) {
            float made = next.place[i] - tool.place[i];
            off[i] = made - asked[i];
            moved[3 * row + i] = made;
            position[3 * row + i] = next.place[i];
        }
        bent |= length(off) > arm.as_drawn;
        for (int i = 0; i < 9; ++i) rotation[9 * row + i] = next.turn[i];
        for (int j = 0; j < JOINTS; ++j) {
            path[row * JOINTS + j] = joints[j] = after[j];
            change[j] = coming[j];
        }
        tool = next;
    }
    limited[sample] = bent;
}
