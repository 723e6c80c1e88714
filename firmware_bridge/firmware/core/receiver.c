#include "receiver.h"

void kb_receiver_init(kb_receiver *receiver, uint8_t axes) {
    *receiver = (kb_receiver){.axes = axes, .session = KB_NO_SESSION};
}

uint16_t kb_receiver_corrupt(const kb_receiver *receiver) {
    return (uint16_t)(receiver->parser.corrupt + receiver->bad_payload);
}

uint16_t kb_receiver_lost(const kb_receiver *receiver) {
    return (uint16_t)(receiver->lost_before + receiver->window.lost);
}

/* A row for every axis, in a mode that exists. */
static bool fits(const kb_setpoint *setpoint, uint8_t axes) {
    if (setpoint->count != axes) return false;
    for (uint8_t axis = 0; axis < axes; axis++) {
        if (setpoint->axes[axis].mode > KB_MODE_TORQUE) return false;
    }
    return true;
}

/* Read the payload; false where the number is unknown or not one that goes to a controller, or the length is wrong. */
static bool read_payload(const kb_frame *frame, uint8_t axes, kb_received *received) {
    const uint8_t *in = frame->payload;
    const size_t length = frame->length;
    received->number = frame->number;
    received->sequence = frame->sequence;
    received->refusal = 0;
    switch (frame->number) {
        case KB_HELLO: return kb_hello_get(&received->as.hello, in, length);
        case KB_ARM: return kb_arm_get(&received->as.arm, in, length);
        case KB_DISARM: return kb_disarm_get(length);
        case KB_EMERGENCY_STOP: return kb_emergency_stop_get(length);
        case KB_CLEAR_EMERGENCY_STOP: return kb_clear_emergency_stop_get(&received->as.clear, in, length);
        case KB_READ_PARAMETER: return kb_read_parameter_get(&received->as.read, in, length);
        case KB_WRITE_PARAMETER: return kb_write_parameter_get(&received->as.write, in, length);
        case KB_SETPOINT:
            return kb_setpoint_get(&received->as.setpoint, in, length) && fits(&received->as.setpoint, axes);
        default: return false;
    }
}

static uint8_t judge_deadline(const kb_received *received, uint32_t now_ms, uint32_t longest_life_ms) {
    uint32_t deadline_ms = 0;
    switch (received->number) {
        case KB_ARM: deadline_ms = received->as.arm.deadline_ms; break;
        case KB_CLEAR_EMERGENCY_STOP: deadline_ms = received->as.clear.deadline_ms; break;
        case KB_SETPOINT: deadline_ms = received->as.setpoint.deadline_ms; break;
        default: return 0;
    }
    const int64_t left = kb_milliseconds_until(deadline_ms, now_ms);
    if (left <= 0) return KB_REFUSAL_LATE;
    return left > (int64_t)longest_life_ms ? KB_REFUSAL_TOO_FAR_AHEAD : 0;
}

static void begin_session(kb_receiver *receiver, uint16_t session) {
    receiver->lost_before = kb_receiver_lost(receiver);
    receiver->window = (kb_window){0};
    receiver->session = session;
}

static bool is_ours(kb_receiver *receiver, const kb_frame *frame) {
    if (frame->number == KB_HELLO && frame->session != receiver->session && frame->session != KB_NO_SESSION) {
        begin_session(receiver, frame->session);
    }
    return frame->session == receiver->session && receiver->session != KB_NO_SESSION &&
           kb_window_accept(&receiver->window, frame->sequence);
}

bool kb_receiver_take(kb_receiver *receiver, uint8_t byte, uint32_t now_ms, uint32_t longest_life_ms,
                      kb_received *received) {
    kb_frame frame;
    if (!kb_parser_take(&receiver->parser, byte, &frame)) return false;
    if (!read_payload(&frame, receiver->axes, received)) {
        receiver->bad_payload++;
        return false;
    }
    if (frame.number == KB_EMERGENCY_STOP) return true; /* from anybody: a confused host can always stop */
    if (!is_ours(receiver, &frame)) {
        receiver->stale++;
        return false;
    }
    receiver->accepted++;
    receiver->echo_sequence = frame.sequence;
    receiver->echo_ms = now_ms;
    received->refusal = judge_deadline(received, now_ms, longest_life_ms);
    if (received->refusal != 0u && frame.number == KB_SETPOINT) receiver->late++;
    return true;
}
