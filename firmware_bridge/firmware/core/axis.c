#include "arithmetic.h"
#include "axis.h"

#define FILTER_STEPS 31 /* the encoder is coarse, so its differences are smoothed over 30 ms */
#define NANO_TURN 6283185307 /* nrad in one turn */
#define MOST_TICKS_A_MS 1000000 /* more is no motion but a broken encoder */
#define TURNING_NRAD_PER_S 50000000 /* slower than this counts as standing */
#define STALLED_PERCENT 95  /* of the torque in use */
#define STALLED_MS 500u
#define STRAINS_PERCENT 50 /* of the torque told: what turns freely takes less */
#define MISSED_TICKS 4
#define MISSED_NRAD 50000000
#define MISSED_MS 100u
#define OVER_CURRENT_MS 50u
#define HOTTEST_DC 850
#define FARTHEST_URAD 0x7FFFFFFF

static int64_t tuned(const kb_axis_build *build, uint8_t parameter) {
    return kb_parameter_get(build->parameters, build->number, parameter);
}

static int64_t position_urad(const kb_axis *axis, const kb_axis_build *build) {
    return (int64_t)axis->ticks * (NANO_TURN / 1000) / build->ticks_per_turn;
}

static void measure(kb_axis *axis, const kb_axis_build *build, const kb_axis_reading *reading) {
    const int32_t moved = axis->begun ? (int32_t)((uint32_t)reading->ticks - (uint32_t)axis->ticks) : 0;
    axis->begun = true;
    axis->ticks = reading->ticks;
    /* nrad in a millisecond, times 1000, are nrad/s; the clamp keeps the product below 2^63. */
    const int64_t raw = kb_clamp(moved, -MOST_TICKS_A_MS, MOST_TICKS_A_MS) * NANO_TURN / build->ticks_per_turn * 1000;
    axis->velocity_nrad_s += kb_divide(raw - axis->velocity_nrad_s, FILTER_STEPS);
    if (moved != 0) {
        axis->missed_ms = 0;
        axis->missed_nrad = 0;
    }
    axis->ma = reading->ma;
    axis->temperature_dc = reading->temperature_dc;
    const bool over = kb_absolute(axis->ma) > tuned(build, KB_PARAMETER_CURRENT_LIMIT_MA);
    axis->over_current_ms = over ? axis->over_current_ms + 1u : 0u;
}

/* The velocity (µrad/s) with which it can still brake before `place`. */
static int64_t towards(const kb_axis *axis, const kb_axis_build *build, int64_t place_urad) {
    const int64_t way = place_urad - position_urad(axis, build);
    const int64_t far = kb_least(kb_absolute(way), FARTHEST_URAD);
    const int64_t braking = tuned(build, KB_PARAMETER_BRAKING_URAD_PER_S2);
    const int64_t stoppable = kb_root(2u * (uint64_t)braking * (uint64_t)far);
    const int64_t speed = kb_least(tuned(build, KB_PARAMETER_POSITION_GAIN) * far / 1000, stoppable);
    return way < 0 ? -speed : speed;
}

/* Within the velocity limit, the range and what the bumper leaves; µrad/s. */
static int64_t reachable(const kb_axis *axis, const kb_axis_build *build, int64_t wished, bool bumper) {
    const int64_t limit = tuned(build, KB_PARAMETER_HIGHEST_URAD_PER_S);
    const int64_t lowest = tuned(build, KB_PARAMETER_LOWEST_POSITION_URAD);
    const int64_t highest = tuned(build, KB_PARAMETER_HIGHEST_POSITION_URAD);
    const int64_t blocks = tuned(build, KB_PARAMETER_BUMPER_BLOCKS);
    int64_t fastest = limit, slowest = -limit;
    if (highest != KB_NO_HIGHEST) fastest = kb_least(fastest, kb_most(0, towards(axis, build, highest)));
    if (lowest != KB_NO_LOWEST) slowest = kb_most(slowest, kb_least(0, towards(axis, build, lowest)));
    if (bumper && blocks > 0) fastest = 0;
    if (bumper && blocks < 0) slowest = 0;
    return kb_clamp(wished, slowest, fastest);
}

static int64_t ramp(const kb_axis *axis, const kb_axis_build *build, int64_t wished_nrad_s) {
    const int64_t target = axis->target_nrad_s;
    const bool turns_round = (wished_nrad_s < 0 && target > 0) || (wished_nrad_s > 0 && target < 0);
    const bool slowing = turns_round || kb_absolute(wished_nrad_s) < kb_absolute(target);
    const int64_t change =
        tuned(build, slowing ? KB_PARAMETER_BRAKING_URAD_PER_S2 : KB_PARAMETER_ACCELERATION_URAD_PER_S2);
    return target + kb_clamp(wished_nrad_s - target, -change, change);
}

/* The velocity loop: proportional and integral, the integral held while the torque is at its limit. */
static int32_t regulate(kb_axis *axis, const kb_axis_build *build, int64_t limit_mnm) {
    const int64_t error_urad_s = (axis->target_nrad_s - axis->velocity_nrad_s) / 1000;
    const int64_t gain = tuned(build, KB_PARAMETER_VELOCITY_GAIN);
    const int64_t integral_gain = tuned(build, KB_PARAMETER_VELOCITY_INTEGRAL);
    const int64_t proportional = gain * kb_to_i32(error_urad_s) / 1000000;
    const int64_t most_nrad = integral_gain == 0 ? 0 : limit_mnm * 1000000000 / integral_gain;
    const int64_t behind = kb_clamp(axis->integral_nrad + error_urad_s, -most_nrad, most_nrad);
    const int64_t wished = proportional + integral_gain * behind / 1000000000;
    const bool deeper = kb_absolute(behind) > kb_absolute(axis->integral_nrad);
    if (kb_absolute(wished) <= limit_mnm || !deeper) axis->integral_nrad = behind;
    return (int32_t)kb_clamp(wished, -limit_mnm, limit_mnm);
}

static int64_t measured_mnm(const kb_axis *axis, const kb_axis_build *build) {
    return kb_absolute((int64_t)axis->ma * build->mnm_per_ampere / 1000);
}

/* Look for a wheel that ought to turn and doesn't, before the new torque is told. */
static void watch(kb_axis *axis, const kb_axis_build *build, int64_t limit_mnm) {
    const int64_t torque = measured_mnm(axis, build);
    const bool turning = kb_absolute(axis->target_nrad_s) > TURNING_NRAD_PER_S;
    const bool stands = kb_absolute(axis->velocity_nrad_s) < TURNING_NRAD_PER_S;
    const bool stalled = turning && stands && torque * 100 >= limit_mnm * STALLED_PERCENT;
    axis->stalled_ms = stalled ? axis->stalled_ms + 1u : 0u;
    if (turning && torque * 100 < kb_absolute(axis->torque_mnm) * STRAINS_PERCENT) {
        axis->missed_ms++;
        axis->missed_nrad += kb_absolute(axis->target_nrad_s) / 1000;
    }
}

/* TORQUE mode: as fast as it may turn with no more than that. False where it may not go that way, or is too fast. */
static bool push(kb_axis *axis, const kb_axis_build *build, int64_t wished_mnm, int64_t limit_mnm, bool bumper,
                 kb_axis_drive *drive) {
    const int64_t limit = tuned(build, KB_PARAMETER_HIGHEST_URAD_PER_S);
    const int64_t velocity = reachable(axis, build, wished_mnm < 0 ? -limit : limit, bumper);
    axis->stalled_ms = axis->missed_ms = 0; /* standing under a torque is no stall */
    axis->missed_nrad = 0;
    axis->integral_nrad = 0;
    axis->target_nrad_s = kb_clamp(axis->velocity_nrad_s, -limit * 1000, limit * 1000); /* from where braking begins */
    const int64_t measured = axis->velocity_nrad_s / 1000;
    if (velocity == 0 || (wished_mnm < 0 ? measured < velocity : measured > velocity)) {
        axis->target_nrad_s = velocity * 1000;
        return false;
    }
    drive->torque_mnm = (int32_t)kb_clamp(wished_mnm, -limit_mnm, limit_mnm);
    drive->urad_per_s = kb_to_i32(velocity);
    return true;
}

static void follow(kb_axis *axis, const kb_axis_build *build, const kb_axis_wish *wish, bool bumper) {
    int64_t wished = wish == NULL ? 0 : wish->value;
    if (wish != NULL && wish->mode == KB_MODE_POSITION) wished = towards(axis, build, wish->value);
    axis->target_nrad_s = ramp(axis, build, reachable(axis, build, wished, bumper) * 1000);
}

/* Its encoder is dead: the loop would see a wheel that stands and push it for ever, most of all while it "brakes". */
static kb_axis_drive let_go(kb_axis *axis) {
    const kb_axis_drive nothing = {0, 0};
    axis->target_nrad_s = axis->integral_nrad = 0;
    axis->torque_mnm = 0;
    axis->stalled_ms = 0;
    return nothing;
}

kb_axis_drive kb_axis_step(kb_axis *axis, const kb_axis_build *build, const kb_axis_reading *reading,
                           const kb_axis_wish *wish, bool bumper) {
    kb_axis_drive drive = {0, 0};
    measure(axis, build, reading);
    if ((axis->faults & KB_FAULT_BIT_ENCODER) != 0u) return let_go(axis);
    const int64_t built = tuned(build, KB_PARAMETER_HIGHEST_TORQUE_MNM);
    const int64_t limit = wish == NULL ? built : kb_least(built, wish->torque_limit_mnm);
    const bool torque_mode = wish != NULL && wish->mode == KB_MODE_TORQUE;
    if (!torque_mode || !push(axis, build, wish->value, limit, bumper, &drive)) {
        if (!torque_mode) {
            follow(axis, build, wish, bumper);
            watch(axis, build, limit);
        }
        drive.torque_mnm = regulate(axis, build, limit);
        drive.urad_per_s = kb_to_i32(axis->target_nrad_s / 1000);
    }
    axis->torque_mnm = drive.torque_mnm;
    return drive;
}

uint16_t kb_axis_present_faults(const kb_axis *axis, const kb_axis_build *build) {
    unsigned faults = 0;
    if (axis->stalled_ms >= STALLED_MS) faults |= KB_FAULT_BIT_STALL;
    if (axis->over_current_ms >= OVER_CURRENT_MS) faults |= KB_FAULT_BIT_OVER_CURRENT;
    if (axis->temperature_dc > HOTTEST_DC) faults |= KB_FAULT_BIT_OVER_TEMPERATURE;
    const int64_t far = kb_most(MISSED_NRAD, MISSED_TICKS * NANO_TURN / build->ticks_per_turn);
    if (axis->missed_nrad > far && axis->missed_ms > MISSED_MS) faults |= KB_FAULT_BIT_ENCODER;
    return (uint16_t)faults;
}

void kb_axis_forgive(kb_axis *axis) {
    axis->faults = 0;
    axis->stalled_ms = axis->over_current_ms = axis->missed_ms = 0;
    axis->missed_nrad = 0;
}
