/* What the files of the controller share among themselves. */
#ifndef KB_PARTS_H
#define KB_PARTS_H

#include "controller.h"

#define KB_INFO 20u
#define KB_WARNING 30u

/* states.c */
void kb_states_tell_time(kb_controller *c, uint64_t now_us);
uint32_t kb_states_time_ms(const kb_controller *c);
void kb_states_stop(kb_controller *c, const char *why);
void kb_states_disarm(kb_controller *c);
uint8_t kb_states_arm(kb_controller *c);
uint8_t kb_states_clear(kb_controller *c);
kb_axis_build kb_states_build(const kb_controller *c, uint8_t axis);

/* requests.c */
void kb_requests_obey(kb_controller *c, const kb_received *received);

/* report.c */
void kb_report_acknowledge(kb_controller *c, uint16_t sequence);
void kb_report_refuse(kb_controller *c, const kb_received *received, uint8_t reason);
uint16_t kb_report_faults(const kb_controller *c);
uint64_t kb_report_turn(const kb_controller *c);

/* logs.c: lines wait for the next telemetry; when too many wait, the oldest is lost */
void kb_logs_begin(kb_logs *logs, uint8_t level, const char *text);
void kb_logs_add(kb_logs *logs, const char *text);
void kb_logs_add_number(kb_logs *logs, uint8_t number);
void kb_logs_send(kb_controller *c);

#endif
