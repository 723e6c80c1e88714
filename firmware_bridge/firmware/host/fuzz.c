/* Any bytes at all, as the host may send them, with time and readings taken from the same bytes.
 *
 * Beside what the sanitizers find: a drive past the limits that the board was built with, or a controller that no longer
 * hears a good frame afterwards, ends the run. */
#include <stdlib.h>

#include "controller.h"

#define AXES 3u
#define BAD_IF(condition) do { if (condition) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const kb_parameter ROWS[KB_PARAMETERS] = {
    {100, 20, 100}, {300, 20, 300}, {6000000, 0, 6000000}, {6000, 0, 6000}, {12000000, 0, 12000000},
    {35000000, 35000000, 140000000}, {-3000000, -3000000, 3000000}, {3000000, -3000000, 3000000},
    {2000, 0, 1000000}, {20000, 0, 1000000}, {8000, 0, 1000000}, {15000, 0, 15000}, {1, -1, 1}};

static kb_settings make_settings(void) {
    kb_settings settings = {.protocol = KB_PROTOCOL_VERSION, .boot_ms = 0, .under_voltage_mv = 18900, .axes = AXES,
                            .ticks_per_turn = 4096};
    for (size_t axis = 0; axis < AXES; axis++) {
        settings.mnm_per_ampere[axis] = 600;
        for (size_t i = 0; i < KB_PARAMETERS; i++) settings.parameters[axis][i] = ROWS[i];
    }
    return settings;
}

/* One millisecond; the wheels read what the byte says. */
static void step(kb_controller *c, uint64_t now_us, uint8_t byte) {
    kb_readings readings = {.voltage_mv = 24000, .temperature_dc = 250};
    kb_axis_drive drives[KB_MOST_AXES];
    for (size_t axis = 0; axis < AXES; axis++) {
        readings.axes[axis].ticks = (int32_t)((uint32_t)byte * 0x01010101u * (uint32_t)axis);
        readings.axes[axis].ma = (int32_t)byte * 100 - 12800;
        readings.axes[axis].temperature_dc = (int16_t)(byte * 4);
    }
    kb_controller_sense(c, now_us, byte == 0xE5u, byte == 0xB5u);
    kb_controller_step(c, now_us, &readings, drives);
    for (size_t axis = 0; axis < AXES; axis++) {
        BAD_IF(drives[axis].torque_mnm > 6000 || drives[axis].torque_mnm < -6000);
        BAD_IF(drives[axis].urad_per_s > 6000000 || drives[axis].urad_per_s < -6000000);
    }
    kb_controller_report(c, now_us);
    c->outbox.read = c->outbox.written; /* the host reads */
}

/* A good frame after all that must be heard: a stop is obeyed in every state. */
static void must_still_hear(kb_controller *c, uint64_t now_us) {
    uint8_t encoded[KB_LONGEST_ENCODED];
    const kb_frame stop = {KB_EMERGENCY_STOP, 1, 1, encoded, 0};
    const size_t length = kb_frame_encode(&stop, encoded);
    kb_controller_receive(c, now_us, 0); /* whatever was begun ends here */
    for (size_t i = 0; i < length; i++) kb_controller_receive(c, now_us, encoded[i]);
    BAD_IF(c->state != KB_STATE_EMERGENCY_STOP);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static kb_controller c;
    const kb_settings settings = make_settings();
    uint64_t now_us = 0;
    kb_controller_init(&c, &settings, 1);
    for (size_t i = 0; i < length; i++) {
        kb_controller_receive(&c, now_us, bytes[i]);
        if (i % 4u == 3u) {
            now_us += 1000;
            step(&c, now_us, bytes[i]);
        }
    }
    must_still_hear(&c, now_us);
    return 0;
}
