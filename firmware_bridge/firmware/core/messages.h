/* The messages between bridge and motor controller. Made by `python -m firmware_bridge.protocol.c_header`: don't edit.
 *
 * kb_X_put writes a payload and returns its length; `out` has room for KB_LONGEST_PAYLOAD bytes.
 * kb_X_get reads one; false where no message of this kind has this many bytes, and then *m is not to be used.
 * Little-endian on the wire, whatever the machine is. docs/protocol.md says what the messages mean.
 */
#ifndef KB_MESSAGES_H
#define KB_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KB_PROTOCOL_VERSION 2u
#define KB_MOST_AXES 9u
#define KB_LONGEST_TEXT 120u
#define KB_LONGEST_FRAME 200u
#define KB_LONGEST_PAYLOAD 152u
#define KB_FRAME_OVERHEAD 7u

/* Frame numbers; below 0x80 they go to the controller. */
#define KB_HELLO 0x01u
#define KB_ARM 0x02u
#define KB_DISARM 0x03u
#define KB_EMERGENCY_STOP 0x04u
#define KB_CLEAR_EMERGENCY_STOP 0x05u
#define KB_READ_PARAMETER 0x06u
#define KB_WRITE_PARAMETER 0x07u
#define KB_SETPOINT 0x10u
#define KB_HELLO_ACK 0x81u
#define KB_TELEMETRY 0x90u
#define KB_REFUSED 0x91u
#define KB_LOG 0x92u
#define KB_PARAMETER_VALUE 0x93u

enum {
    KB_STATE_BOOT = 0,
    KB_STATE_DISARMED = 1,
    KB_STATE_ARMED = 2,
    KB_STATE_WATCHDOG = 3,
    KB_STATE_EMERGENCY_STOP = 4,
    KB_STATE_FAULT = 5,
};

enum {
    KB_FAULT_BIT_STALL = 1,
    KB_FAULT_BIT_OVER_CURRENT = 2,
    KB_FAULT_BIT_UNDER_VOLTAGE = 4,
    KB_FAULT_BIT_OVER_TEMPERATURE = 8,
    KB_FAULT_BIT_ENCODER = 16,
};

enum {
    KB_INPUT_BIT_BUTTON = 1,
    KB_INPUT_BIT_BUMPER = 2,
    KB_INPUT_BIT_CLEARABLE = 4,
    KB_INPUT_BIT_CHARGING = 8,
};

enum {
    KB_REFUSAL_LATE = 1,
    KB_REFUSAL_TOO_FAR_AHEAD = 2,
    KB_REFUSAL_BUTTON_DOWN = 3,
    KB_REFUSAL_NOT_RELEASED_HERE = 4,
    KB_REFUSAL_STATE = 5,
    KB_REFUSAL_CAUSE_REMAINS = 6,
    KB_REFUSAL_VERSION = 7,
    KB_REFUSAL_UNKNOWN = 8,
    KB_REFUSAL_RANGE = 9,
};

enum {
    KB_MODE_VELOCITY = 0,
    KB_MODE_POSITION = 1,
    KB_MODE_TORQUE = 2,
};

enum {
    KB_PARAMETER_WATCHDOG_MS = 1,
    KB_PARAMETER_LONGEST_LIFE_MS = 2,
    KB_PARAMETER_HIGHEST_URAD_PER_S = 3,
    KB_PARAMETER_HIGHEST_TORQUE_MNM = 4,
    KB_PARAMETER_ACCELERATION_URAD_PER_S2 = 5,
    KB_PARAMETER_BRAKING_URAD_PER_S2 = 6,
    KB_PARAMETER_LOWEST_POSITION_URAD = 7,
    KB_PARAMETER_HIGHEST_POSITION_URAD = 8,
    KB_PARAMETER_VELOCITY_GAIN = 9,
    KB_PARAMETER_VELOCITY_INTEGRAL = 10,
    KB_PARAMETER_POSITION_GAIN = 11,
    KB_PARAMETER_CURRENT_LIMIT_MA = 12,
    KB_PARAMETER_BUMPER_BLOCKS = 13,
};

static inline void kb_put_u8(uint8_t *out, uint8_t v) { out[0] = v; }
static inline void kb_put_u16(uint8_t *out, uint16_t v) {
    out[0] = (uint8_t)(v & 0xFFu);
    out[1] = (uint8_t)(v >> 8);
}
static inline void kb_put_u32(uint8_t *out, uint32_t v) {
    kb_put_u16(out, (uint16_t)(v & 0xFFFFu));
    kb_put_u16(out + 2, (uint16_t)(v >> 16));
}
static inline void kb_put_i16(uint8_t *out, int16_t v) { kb_put_u16(out, (uint16_t)v); }
static inline void kb_put_i32(uint8_t *out, int32_t v) { kb_put_u32(out, (uint32_t)v); }
static inline uint8_t kb_get_u8(const uint8_t *in) { return in[0]; }
static inline uint16_t kb_get_u16(const uint8_t *in) { return (uint16_t)(in[0] | ((unsigned)in[1] << 8)); }
static inline uint32_t kb_get_u32(const uint8_t *in) { return kb_get_u16(in) | ((uint32_t)kb_get_u16(in + 2) << 16); }
/* Two's complement without leaving what C defines. */
static inline int32_t kb_get_i32(const uint8_t *in) {
    const uint32_t v = kb_get_u32(in);
    return v <= 0x7FFFFFFFu ? (int32_t)v : -(int32_t)(0xFFFFFFFFu - v) - 1;
}
static inline int16_t kb_get_i16(const uint8_t *in) {
    const int32_t v = (int32_t)kb_get_u16(in);
    return (int16_t)(v <= 0x7FFF ? v : v - 0x10000);
}

typedef struct {
    uint8_t mode;
    int32_t value;
    uint16_t torque_limit_mnm;
} kb_axis_setpoint;

#define KB_AXIS_SETPOINT_BYTES 7u
static inline void kb_axis_setpoint_put(const kb_axis_setpoint *m, uint8_t *out) {
    kb_put_u8(out + 0, m->mode);
    kb_put_i32(out + 1, m->value);
    kb_put_u16(out + 5, m->torque_limit_mnm);
}
static inline void kb_axis_setpoint_get(kb_axis_setpoint *m, const uint8_t *in) {
    m->mode = kb_get_u8(in + 0);
    m->value = kb_get_i32(in + 1);
    m->torque_limit_mnm = kb_get_u16(in + 5);
}

typedef struct {
    int32_t ticks;
    int32_t urad_per_s;
    int16_t ma;
    int16_t temperature_dc;
    uint16_t faults;
} kb_axis_state;

#define KB_AXIS_STATE_BYTES 14u
static inline void kb_axis_state_put(const kb_axis_state *m, uint8_t *out) {
    kb_put_i32(out + 0, m->ticks);
    kb_put_i32(out + 4, m->urad_per_s);
    kb_put_i16(out + 8, m->ma);
    kb_put_i16(out + 10, m->temperature_dc);
    kb_put_u16(out + 12, m->faults);
}
static inline void kb_axis_state_get(kb_axis_state *m, const uint8_t *in) {
    m->ticks = kb_get_i32(in + 0);
    m->urad_per_s = kb_get_i32(in + 4);
    m->ma = kb_get_i16(in + 8);
    m->temperature_dc = kb_get_i16(in + 10);
    m->faults = kb_get_u16(in + 12);
}

typedef struct {
    uint16_t protocol;
    uint16_t telemetry_hz;
} kb_hello;

static inline size_t kb_hello_put(const kb_hello *m, uint8_t *out) {
    kb_put_u16(out + 0, m->protocol);
    kb_put_u16(out + 2, m->telemetry_hz);
    return 4u;
}
static inline bool kb_hello_get(kb_hello *m, const uint8_t *in, size_t length) {
    if (length != 4u) return false;
    m->protocol = kb_get_u16(in + 0);
    m->telemetry_hz = kb_get_u16(in + 2);
    return true;
}

typedef struct {
    uint32_t deadline_ms;
} kb_arm;

static inline size_t kb_arm_put(const kb_arm *m, uint8_t *out) {
    kb_put_u32(out + 0, m->deadline_ms);
    return 4u;
}
static inline bool kb_arm_get(kb_arm *m, const uint8_t *in, size_t length) {
    if (length != 4u) return false;
    m->deadline_ms = kb_get_u32(in + 0);
    return true;
}

static inline size_t kb_disarm_put(void) {
    return 0u;
}
static inline bool kb_disarm_get(size_t length) {
    if (length != 0u) return false;
    return true;
}

static inline size_t kb_emergency_stop_put(void) {
    return 0u;
}
static inline bool kb_emergency_stop_get(size_t length) {
    if (length != 0u) return false;
    return true;
}

typedef struct {
    uint32_t deadline_ms;
} kb_clear_emergency_stop;

static inline size_t kb_clear_emergency_stop_put(const kb_clear_emergency_stop *m, uint8_t *out) {
    kb_put_u32(out + 0, m->deadline_ms);
    return 4u;
}
static inline bool kb_clear_emergency_stop_get(kb_clear_emergency_stop *m, const uint8_t *in, size_t length) {
    if (length != 4u) return false;
    m->deadline_ms = kb_get_u32(in + 0);
    return true;
}

typedef struct {
    uint8_t parameter;
    uint8_t axis;
} kb_read_parameter;

static inline size_t kb_read_parameter_put(const kb_read_parameter *m, uint8_t *out) {
    kb_put_u8(out + 0, m->parameter);
    kb_put_u8(out + 1, m->axis);
    return 2u;
}
static inline bool kb_read_parameter_get(kb_read_parameter *m, const uint8_t *in, size_t length) {
    if (length != 2u) return false;
    m->parameter = kb_get_u8(in + 0);
    m->axis = kb_get_u8(in + 1);
    return true;
}

typedef struct {
    uint8_t parameter;
    uint8_t axis;
    int32_t value;
} kb_write_parameter;

static inline size_t kb_write_parameter_put(const kb_write_parameter *m, uint8_t *out) {
    kb_put_u8(out + 0, m->parameter);
    kb_put_u8(out + 1, m->axis);
    kb_put_i32(out + 2, m->value);
    return 6u;
}
static inline bool kb_write_parameter_get(kb_write_parameter *m, const uint8_t *in, size_t length) {
    if (length != 6u) return false;
    m->parameter = kb_get_u8(in + 0);
    m->axis = kb_get_u8(in + 1);
    m->value = kb_get_i32(in + 2);
    return true;
}

typedef struct {
    uint32_t deadline_ms;
    uint8_t count /* of axes */;
    kb_axis_setpoint axes[KB_MOST_AXES];
} kb_setpoint;

static inline size_t kb_setpoint_put(const kb_setpoint *m, uint8_t *out) {
    kb_put_u32(out + 0, m->deadline_ms);
    const uint8_t count = m->count <= KB_MOST_AXES ? m->count : (uint8_t)KB_MOST_AXES;
    for (size_t i = 0; i < count; i++) kb_axis_setpoint_put(&m->axes[i], out + 4 + i * 7u);
    return 4u + (size_t)count * 7u;
}
static inline bool kb_setpoint_get(kb_setpoint *m, const uint8_t *in, size_t length) {
    if (length < 4u || (length - 4u) % 7u != 0u || (length - 4u) / 7u > KB_MOST_AXES) return false;
    m->deadline_ms = kb_get_u32(in + 0);
    m->count = (uint8_t)((length - 4u) / 7u);
    for (size_t i = 0; i < m->count; i++) kb_axis_setpoint_get(&m->axes[i], in + 4 + i * 7u);
    return true;
}

typedef struct {
    uint16_t protocol;
    uint8_t firmware_major;
    uint8_t firmware_minor;
    uint32_t boot_id;
    uint32_t time_ms;
    uint16_t echo_sequence;
    uint8_t axes;
    uint32_t ticks_per_turn;
    uint16_t watchdog_ms;
    uint16_t longest_life_ms;
    uint32_t highest_urad_per_s;
    uint16_t highest_torque_mnm;
} kb_hello_ack;

static inline size_t kb_hello_ack_put(const kb_hello_ack *m, uint8_t *out) {
    kb_put_u16(out + 0, m->protocol);
    kb_put_u8(out + 2, m->firmware_major);
    kb_put_u8(out + 3, m->firmware_minor);
    kb_put_u32(out + 4, m->boot_id);
    kb_put_u32(out + 8, m->time_ms);
    kb_put_u16(out + 12, m->echo_sequence);
    kb_put_u8(out + 14, m->axes);
    kb_put_u32(out + 15, m->ticks_per_turn);
    kb_put_u16(out + 19, m->watchdog_ms);
    kb_put_u16(out + 21, m->longest_life_ms);
    kb_put_u32(out + 23, m->highest_urad_per_s);
    kb_put_u16(out + 27, m->highest_torque_mnm);
    return 29u;
}
static inline bool kb_hello_ack_get(kb_hello_ack *m, const uint8_t *in, size_t length) {
    if (length != 29u) return false;
    m->protocol = kb_get_u16(in + 0);
    m->firmware_major = kb_get_u8(in + 2);
    m->firmware_minor = kb_get_u8(in + 3);
    m->boot_id = kb_get_u32(in + 4);
    m->time_ms = kb_get_u32(in + 8);
    m->echo_sequence = kb_get_u16(in + 12);
    m->axes = kb_get_u8(in + 14);
    m->ticks_per_turn = kb_get_u32(in + 15);
    m->watchdog_ms = kb_get_u16(in + 19);
    m->longest_life_ms = kb_get_u16(in + 21);
    m->highest_urad_per_s = kb_get_u32(in + 23);
    m->highest_torque_mnm = kb_get_u16(in + 27);
    return true;
}

typedef struct {
    uint32_t time_ms;
    uint8_t state;
    uint8_t inputs;
    uint16_t faults;
    uint16_t voltage_mv;
    int16_t temperature_dc;
    uint16_t echo_sequence;
    uint16_t echo_age_ms;
    uint16_t accepted;
    uint16_t corrupt;
    uint16_t stale;
    uint16_t late;
    uint16_t lost;
    uint8_t count /* of axes */;
    kb_axis_state axes[KB_MOST_AXES];
} kb_telemetry;

static inline size_t kb_telemetry_put(const kb_telemetry *m, uint8_t *out) {
    kb_put_u32(out + 0, m->time_ms);
    kb_put_u8(out + 4, m->state);
    kb_put_u8(out + 5, m->inputs);
    kb_put_u16(out + 6, m->faults);
    kb_put_u16(out + 8, m->voltage_mv);
    kb_put_i16(out + 10, m->temperature_dc);
    kb_put_u16(out + 12, m->echo_sequence);
    kb_put_u16(out + 14, m->echo_age_ms);
    kb_put_u16(out + 16, m->accepted);
    kb_put_u16(out + 18, m->corrupt);
    kb_put_u16(out + 20, m->stale);
    kb_put_u16(out + 22, m->late);
    kb_put_u16(out + 24, m->lost);
    const uint8_t count = m->count <= KB_MOST_AXES ? m->count : (uint8_t)KB_MOST_AXES;
    for (size_t i = 0; i < count; i++) kb_axis_state_put(&m->axes[i], out + 26 + i * 14u);
    return 26u + (size_t)count * 14u;
}
static inline bool kb_telemetry_get(kb_telemetry *m, const uint8_t *in, size_t length) {
    if (length < 26u || (length - 26u) % 14u != 0u || (length - 26u) / 14u > KB_MOST_AXES) return false;
    m->time_ms = kb_get_u32(in + 0);
    m->state = kb_get_u8(in + 4);
    m->inputs = kb_get_u8(in + 5);
    m->faults = kb_get_u16(in + 6);
    m->voltage_mv = kb_get_u16(in + 8);
    m->temperature_dc = kb_get_i16(in + 10);
    m->echo_sequence = kb_get_u16(in + 12);
    m->echo_age_ms = kb_get_u16(in + 14);
    m->accepted = kb_get_u16(in + 16);
    m->corrupt = kb_get_u16(in + 18);
    m->stale = kb_get_u16(in + 20);
    m->late = kb_get_u16(in + 22);
    m->lost = kb_get_u16(in + 24);
    m->count = (uint8_t)((length - 26u) / 14u);
    for (size_t i = 0; i < m->count; i++) kb_axis_state_get(&m->axes[i], in + 26 + i * 14u);
    return true;
}

typedef struct {
    uint8_t refused;
    uint16_t sequence;
    uint8_t reason;
} kb_refused;

static inline size_t kb_refused_put(const kb_refused *m, uint8_t *out) {
    kb_put_u8(out + 0, m->refused);
    kb_put_u16(out + 1, m->sequence);
    kb_put_u8(out + 3, m->reason);
    return 4u;
}
static inline bool kb_refused_get(kb_refused *m, const uint8_t *in, size_t length) {
    if (length != 4u) return false;
    m->refused = kb_get_u8(in + 0);
    m->sequence = kb_get_u16(in + 1);
    m->reason = kb_get_u8(in + 3);
    return true;
}

typedef struct {
    uint8_t level;
    uint8_t length /* of the text, bytes */;
    char text[KB_LONGEST_TEXT];
} kb_log;

static inline size_t kb_log_put(const kb_log *m, uint8_t *out) {
    kb_put_u8(out + 0, m->level);
    const uint8_t count = m->length <= KB_LONGEST_TEXT ? m->length : (uint8_t)KB_LONGEST_TEXT;
    for (size_t i = 0; i < count; i++) out[1 + i] = (uint8_t)m->text[i];
    return 1u + (size_t)count;
}
static inline bool kb_log_get(kb_log *m, const uint8_t *in, size_t length) {
    if (length < 1u || length - 1u > KB_LONGEST_TEXT) return false;
    m->level = kb_get_u8(in + 0);
    m->length = (uint8_t)(length - 1u);
    for (size_t i = 0; i < m->length; i++) m->text[i] = (char)in[1 + i];
    return true;
}

typedef struct {
    uint8_t parameter;
    uint8_t axis;
    int32_t value;
    int32_t lowest;
    int32_t highest;
} kb_parameter_value;

static inline size_t kb_parameter_value_put(const kb_parameter_value *m, uint8_t *out) {
    kb_put_u8(out + 0, m->parameter);
    kb_put_u8(out + 1, m->axis);
    kb_put_i32(out + 2, m->value);
    kb_put_i32(out + 6, m->lowest);
    kb_put_i32(out + 10, m->highest);
    return 14u;
}
static inline bool kb_parameter_value_get(kb_parameter_value *m, const uint8_t *in, size_t length) {
    if (length != 14u) return false;
    m->parameter = kb_get_u8(in + 0);
    m->axis = kb_get_u8(in + 1);
    m->value = kb_get_i32(in + 2);
    m->lowest = kb_get_i32(in + 6);
    m->highest = kb_get_i32(in + 10);
    return true;
}

#endif
