/* One driven axis at 1 kHz: encoder, ramp, velocity, position and torque loop, and what goes wrong with them.
 *
 * Velocities are held in nrad/s: at 1 kHz an acceleration in µrad/s² is a change in nrad/s for each step. */
#ifndef KB_AXIS_H
#define KB_AXIS_H

#include "parameters.h"

typedef struct {
    int32_t ticks; /* of the encoder since the board was switched on (absolute ones: since zero); 32 bits, wrapping */
    int32_t ma;
    int16_t temperature_dc;
} kb_axis_reading;

typedef struct {
    int32_t torque_mnm; /* what the motor shall give now */
    int32_t urad_per_s; /* the velocity that the torque is for; never driven past it */
} kb_axis_drive;

typedef struct {
    uint8_t mode;
    int32_t value;
    int32_t torque_limit_mnm;
} kb_axis_wish;

typedef struct {
    bool begun; /* has read its encoder once: what it turned before is no motion */
    int32_t ticks;
    int64_t velocity_nrad_s; /* measured, smoothed */
    int64_t target_nrad_s;   /* of the ramp */
    int64_t integral_nrad;   /* how far the wheel is behind its target */
    int32_t ma;
    int16_t temperature_dc;
    uint32_t stalled_ms;
    uint32_t over_current_ms;
    uint32_t missed_ms;      /* ought to have turned, without one count, */
    int64_t missed_nrad;     /* and how far */
    int32_t torque_mnm;      /* told the motor last */
    uint16_t faults;         /* FaultBits, held until kb_axis_forgive */
} kb_axis;

/* What the axis needs to know of its settings and parameters. */
typedef struct {
    const kb_parameters *parameters;
    uint32_t ticks_per_turn;
    int32_t mnm_per_ampere;
    uint8_t number;
} kb_axis_build;

/* One millisecond: read, ramp, regulate, watch. `wish` NULL brakes to zero and holds. Without torque while the encoder
 * counts as dead: nothing can be regulated blind. */
kb_axis_drive kb_axis_step(kb_axis *axis, const kb_axis_build *build, const kb_axis_reading *reading,
                           const kb_axis_wish *wish, bool bumper);

/* FaultBits of what is wrong now. */
uint16_t kb_axis_present_faults(const kb_axis *axis, const kb_axis_build *build);

/* A person has armed again: count anew. */
void kb_axis_forgive(kb_axis *axis);

#endif
