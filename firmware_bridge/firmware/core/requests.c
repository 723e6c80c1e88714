#include "parts.h"

#define FASTEST_TELEMETRY_HZ 100u

static void take_setpoint(kb_controller *c, const kb_received *received) {
    c->setpoint_seen = true;
    c->setpoint_deadline_ms = received->as.setpoint.deadline_ms;
    if (received->refusal != 0u) return;
    c->setpoint = received->as.setpoint;
    c->has_setpoint = true;
    c->valid_us = c->now_us;
}

/* A session begins (or is asked for again): whatever the one before had wished ends here. */
static void greet(kb_controller *c, const kb_received *received) {
    const kb_hello *hello = &received->as.hello;
    if (c->state == KB_STATE_ARMED || c->state == KB_STATE_WATCHDOG) {
        kb_logs_begin(&c->logs, KB_INFO, "disarmed: a session began");
        kb_states_disarm(c);
    }
    c->has_setpoint = false;
    const uint16_t hz = hello->telemetry_hz;
    c->telemetry_hz = hz < 1u ? 1u : hz > FASTEST_TELEMETRY_HZ ? (uint16_t)FASTEST_TELEMETRY_HZ : hz;
    c->telemetry_turn = kb_report_turn(c);
    kb_report_acknowledge(c, received->sequence);
    if (hello->protocol != c->settings.protocol) kb_report_refuse(c, received, KB_REFUSAL_VERSION);
}

static void send_parameter(kb_controller *c, uint8_t axis, uint8_t parameter) {
    uint8_t payload[KB_LONGEST_PAYLOAD];
    const kb_parameter *limits = kb_parameter_find(&c->settings, axis, parameter);
    if (limits == NULL) return;
    const kb_parameter_value value = {
        parameter, axis, kb_parameter_get(&c->parameters, axis, parameter), limits->lowest, limits->highest};
    const size_t length = kb_parameter_value_put(&value, payload);
    kb_outbox_send(&c->outbox, KB_PARAMETER_VALUE, c->receiver.session, payload, length);
}

static uint8_t read_parameter(kb_controller *c, const kb_read_parameter *read) {
    if (kb_parameter_find(&c->settings, read->axis, read->parameter) == NULL) return KB_REFUSAL_UNKNOWN;
    send_parameter(c, read->axis, read->parameter);
    return 0;
}

static uint8_t write_parameter(kb_controller *c, const kb_write_parameter *write) {
    if (c->state != KB_STATE_DISARMED) return KB_REFUSAL_STATE;
    const uint8_t refusal = kb_parameter_write(&c->parameters, &c->settings, write);
    if (refusal == 0u) send_parameter(c, write->axis, write->parameter);
    return refusal;
}

static uint8_t obey(kb_controller *c, const kb_received *received) {
    if (received->refusal != 0u) return received->refusal;
    switch (received->number) {
        case KB_ARM: return kb_states_arm(c);
        case KB_DISARM: kb_states_disarm(c); return 0;
        case KB_EMERGENCY_STOP: kb_states_stop(c, "stopped over the wire"); return 0;
        case KB_CLEAR_EMERGENCY_STOP: return kb_states_clear(c);
        case KB_READ_PARAMETER: return read_parameter(c, &received->as.read);
        case KB_WRITE_PARAMETER: return write_parameter(c, &received->as.write);
        default: return 0;
    }
}

void kb_requests_obey(kb_controller *c, const kb_received *received) {
    if (received->number == KB_SETPOINT) {
        take_setpoint(c, received);
    } else if (received->number == KB_HELLO) {
        greet(c, received);
    } else {
        const uint8_t refusal = obey(c, received);
        if (refusal != 0u) kb_report_refuse(c, received, refusal);
    }
}
