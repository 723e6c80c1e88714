/* The motor controller: bytes and readings in, bytes and drives out. No hardware is touched here.
 *
 *     BOOT -> DISARMED -> ARMED -> WATCHDOG | FAULT; EMERGENCY_STOP from every state.
 *
 * The board calls, with its own clock of microseconds since reset: kb_controller_sense whenever it has looked at the
 * button, kb_controller_receive for each byte from the host, kb_controller_step each millisecond, and
 * kb_controller_report after either; what goes to the host waits in `outbox`. */
#ifndef KB_CONTROLLER_H
#define KB_CONTROLLER_H

#include "axis.h"
#include "outbox.h"
#include "receiver.h"

#define KB_FIRMWARE_MAJOR 2u
#define KB_FIRMWARE_MINOR 1u
#define KB_LOG_LINES 8u

typedef struct {
    kb_axis_reading axes[KB_MOST_AXES];
    uint16_t voltage_mv;
    int16_t temperature_dc; /* of the board */
} kb_readings;

typedef struct {
    kb_log lines[KB_LOG_LINES];
    uint8_t first;
    uint8_t count;
} kb_logs;

typedef struct {
    kb_settings settings;
    kb_parameters parameters;
    kb_receiver receiver;
    kb_outbox outbox;
    kb_logs logs;
    kb_axis axes[KB_MOST_AXES];
    kb_setpoint setpoint;
    bool has_setpoint;
    uint8_t state;
    uint16_t board_faults;
    uint32_t boot_id;
    uint64_t now_us;   /* since reset; never goes back */
    uint64_t valid_us; /* when the last valid setpoint (or ARM) came */
    bool sensed;       /* the button has been looked at once */
    bool button;
    bool bumper;
    bool charging;
    bool let_go; /* the button has been let go since the stop */
    uint32_t under_voltage_ms;
    uint16_t voltage_mv;
    int16_t temperature_dc;
    uint16_t telemetry_hz;
    uint64_t telemetry_turn; /* telemetry frames due since reset, this one included; 0: none yet */
    bool setpoint_seen;      /* one with our session came, intact and new; obeyed or not */
    uint32_t setpoint_deadline_ms;
} kb_controller;

void kb_controller_init(kb_controller *c, const kb_settings *settings, uint32_t boot_id);
void kb_controller_sense(kb_controller *c, uint64_t now_us, bool button, bool bumper);
void kb_controller_charging(kb_controller *c, bool charging);
void kb_controller_receive(kb_controller *c, uint64_t now_us, uint8_t byte);
void kb_controller_step(kb_controller *c, uint64_t now_us, const kb_readings *readings, kb_axis_drive *drives);
void kb_controller_report(kb_controller *c, uint64_t now_us);

#endif
