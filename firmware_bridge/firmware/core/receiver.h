/* The controller's ear: frames in, and only what is intact, ours, new and in time comes out. */
#ifndef KB_RECEIVER_H
#define KB_RECEIVER_H

#include "frame.h"
#include "sequence.h"

#define KB_NO_SESSION 0u

/* One message to the controller, by the number of its frame. */
typedef struct {
    uint8_t number;
    uint16_t sequence;
    uint8_t refusal; /* 0, or why it must not be obeyed */
    union {
        kb_hello hello;
        kb_arm arm;
        kb_clear_emergency_stop clear;
        kb_read_parameter read;
        kb_write_parameter write;
        kb_setpoint setpoint;
    } as;
} kb_received;

typedef struct {
    kb_parser parser;
    kb_window window;
    uint8_t axes;
    uint16_t session;
    uint16_t accepted; /* counters are since boot and wrap */
    uint16_t bad_payload;
    uint16_t stale;
    uint16_t late;
    uint16_t lost_before; /* in the sessions before this one */
    uint16_t echo_sequence;
    uint32_t echo_ms; /* when the last accepted frame came */
} kb_receiver;

void kb_receiver_init(kb_receiver *receiver, uint8_t axes);

/* Take one byte; true where it completed a message that concerns the controller. */
bool kb_receiver_take(kb_receiver *receiver, uint8_t byte, uint32_t now_ms, uint32_t longest_life_ms,
                      kb_received *received);

uint16_t kb_receiver_corrupt(const kb_receiver *receiver);
uint16_t kb_receiver_lost(const kb_receiver *receiver);

#endif
