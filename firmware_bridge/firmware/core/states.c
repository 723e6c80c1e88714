#include <string.h>

#include "parts.h"

#define UNDER_VOLTAGE_MS 500u
#define WAITING_TELEMETRY_HZ 10u /* before a session begins */

void kb_controller_init(kb_controller *c, const kb_settings *settings, uint32_t boot_id) {
    memset(c, 0, sizeof *c); /* too large for a value on the stack */
    c->settings = *settings;
    c->boot_id = boot_id;
    c->telemetry_hz = WAITING_TELEMETRY_HZ;
    c->state = KB_STATE_BOOT;
    kb_parameters_reset(&c->parameters, settings);
    kb_receiver_init(&c->receiver, settings->axes);
}

uint32_t kb_states_time_ms(const kb_controller *c) { return (uint32_t)(c->now_us / 1000u); }

kb_axis_build kb_states_build(const kb_controller *c, uint8_t axis) {
    const kb_axis_build build = {
        &c->parameters, c->settings.ticks_per_turn, c->settings.mnm_per_ampere[axis], axis};
    return build;
}

/* What time alone brings about: the end of booting, and the watchdog. */
void kb_states_tell_time(kb_controller *c, uint64_t now_us) {
    if (now_us > c->now_us) c->now_us = now_us;
    if (c->state == KB_STATE_BOOT && c->now_us >= (uint64_t)c->settings.boot_ms * 1000u) {
        c->state = c->button ? KB_STATE_EMERGENCY_STOP : KB_STATE_DISARMED;
    }
    const uint64_t silence_us = c->now_us - c->valid_us;
    const int32_t watchdog_ms = kb_parameter_get(&c->parameters, 0, KB_PARAMETER_WATCHDOG_MS);
    if (c->state == KB_STATE_ARMED && silence_us > (uint64_t)watchdog_ms * 1000u) {
        c->state = KB_STATE_WATCHDOG;
        c->has_setpoint = false;
        kb_logs_begin(&c->logs, KB_WARNING, "watchdog: no valid setpoint came; arm again to go on");
    }
}

void kb_states_stop(kb_controller *c, const char *why) {
    if (c->state != KB_STATE_EMERGENCY_STOP) {
        kb_logs_begin(&c->logs, KB_WARNING, "emergency stop: ");
        kb_logs_add(&c->logs, why);
        c->let_go = false;
    }
    c->state = KB_STATE_EMERGENCY_STOP;
    c->has_setpoint = false;
}

void kb_states_disarm(kb_controller *c) {
    if (c->state == KB_STATE_ARMED || c->state == KB_STATE_WATCHDOG) c->state = KB_STATE_DISARMED;
}

static uint16_t low_voltage(const kb_controller *c) {
    return c->under_voltage_ms >= UNDER_VOLTAGE_MS ? KB_FAULT_BIT_UNDER_VOLTAGE : 0;
}

static uint16_t present(const kb_controller *c, uint8_t axis) {
    const kb_axis_build build = kb_states_build(c, axis);
    return kb_axis_present_faults(&c->axes[axis], &build);
}

uint8_t kb_states_arm(kb_controller *c) {
    if (c->state == KB_STATE_EMERGENCY_STOP) return KB_REFUSAL_STATE;
    if (low_voltage(c) != 0u) return KB_REFUSAL_CAUSE_REMAINS;
    for (uint8_t axis = 0; axis < c->settings.axes; axis++) {
        /* That an encoder is dead shows only while its wheel is asked to turn. */
        if ((present(c, axis) & ~(unsigned)KB_FAULT_BIT_ENCODER) != 0u) return KB_REFUSAL_CAUSE_REMAINS;
    }
    c->board_faults = 0;
    for (uint8_t axis = 0; axis < c->settings.axes; axis++) kb_axis_forgive(&c->axes[axis]);
    c->has_setpoint = false;
    c->valid_us = c->now_us;
    c->state = KB_STATE_ARMED;
    return 0;
}

uint8_t kb_states_clear(kb_controller *c) {
    if (c->state != KB_STATE_EMERGENCY_STOP) return KB_REFUSAL_STATE;
    if (c->button) return KB_REFUSAL_BUTTON_DOWN;
    if (!c->let_go) return KB_REFUSAL_NOT_RELEASED_HERE;
    c->state = KB_STATE_DISARMED;
    kb_logs_begin(&c->logs, KB_INFO, "emergency stop cleared");
    return 0;
}

void kb_controller_sense(kb_controller *c, uint64_t now_us, bool button, bool bumper) {
    kb_states_tell_time(c, now_us);
    const bool pressed = button && !c->button && c->sensed, released = !button && c->button;
    if (!c->sensed && button && c->state != KB_STATE_BOOT) kb_states_stop(c, "the emergency-stop button is down");
    c->sensed = true;
    c->button = button;
    c->bumper = bumper;
    if (released) c->let_go = true;
    if (pressed) kb_states_stop(c, "the emergency-stop button was pressed");
}

void kb_controller_charging(kb_controller *c, bool charging) { c->charging = charging; }

void kb_controller_receive(kb_controller *c, uint64_t now_us, uint8_t byte) {
    kb_states_tell_time(c, now_us);
    if (c->state == KB_STATE_BOOT) return;
    const int32_t life_ms = kb_parameter_get(&c->parameters, 0, KB_PARAMETER_LONGEST_LIFE_MS);
    kb_received received;
    if (kb_receiver_take(&c->receiver, byte, kb_states_time_ms(c), (uint32_t)life_ms, &received)) {
        kb_requests_obey(c, &received);
    }
}

static void name_faults(kb_logs *logs, uint16_t bits) {
    static const char *const names[] = {"STALL", "OVER_CURRENT", "UNDER_VOLTAGE", "OVER_TEMPERATURE", "ENCODER"};
    bool first = true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((bits >> i & 1u) == 0u) continue;
        if (!first) kb_logs_add(logs, "|");
        kb_logs_add(logs, names[i]);
        first = false;
    }
}

static void fail(kb_controller *c, uint16_t bits) {
    if (c->state != KB_STATE_EMERGENCY_STOP) c->state = KB_STATE_FAULT; /* which is not left for less */
    c->has_setpoint = false;
    kb_logs_begin(&c->logs, KB_WARNING, "fault: ");
    name_faults(&c->logs, bits);
}

static void take_faults(kb_controller *c) {
    if (c->state == KB_STATE_BOOT) return;
    const uint16_t low = (uint16_t)(low_voltage(c) & ~(unsigned)c->board_faults);
    c->board_faults |= low;
    if (low != 0u) {
        fail(c, low);
        kb_logs_add(&c->logs, " of board; arm again once its cause is gone");
    }
    for (uint8_t axis = 0; axis < c->settings.axes; axis++) {
        const uint16_t bits = (uint16_t)(present(c, axis) & ~(unsigned)c->axes[axis].faults);
        c->axes[axis].faults |= bits;
        if (bits == 0u) continue;
        fail(c, bits);
        kb_logs_add(&c->logs, " of axis ");
        kb_logs_add_number(&c->logs, axis);
        kb_logs_add(&c->logs, "; arm again once its cause is gone");
    }
}

static bool setpoint_lives(const kb_controller *c) {
    return c->state == KB_STATE_ARMED && c->has_setpoint &&
           kb_milliseconds_until(c->setpoint.deadline_ms, kb_states_time_ms(c)) > 0;
}

void kb_controller_step(kb_controller *c, uint64_t now_us, const kb_readings *readings, kb_axis_drive *drives) {
    kb_states_tell_time(c, now_us);
    c->voltage_mv = readings->voltage_mv;
    c->temperature_dc = readings->temperature_dc;
    c->under_voltage_ms = c->voltage_mv < c->settings.under_voltage_mv ? c->under_voltage_ms + 1u : 0u;
    const bool lives = setpoint_lives(c);
    for (uint8_t axis = 0; axis < c->settings.axes; axis++) {
        const kb_axis_setpoint *row = &c->setpoint.axes[axis];
        const kb_axis_wish wish = {row->mode, row->value, row->torque_limit_mnm};
        const kb_axis_build build = kb_states_build(c, axis);
        drives[axis] = kb_axis_step(&c->axes[axis], &build, &readings->axes[axis], lives ? &wish : NULL, c->bumper);
    }
    take_faults(c);
}
