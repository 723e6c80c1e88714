/* What a board gives the controller. A new board is these functions and a vector table; docs/firmware.md shows how. */
#ifndef KB_BOARD_H
#define KB_BOARD_H

#include "controller.h"

/* Clocks, serial ports, timers, hardware watchdog. Motors without power until board_drive. */
void board_init(void);

/* The stored settings page (settings.c says its layout). */
const uint8_t *board_settings(size_t *length);

/* How many axes it can drive; settings with more are refused. */
uint8_t board_axes(void);

/* Another number after each reset. */
uint32_t board_boot_id(void);

/* Microseconds since reset; never goes back. */
uint64_t board_micros(void);

bool board_button(void); /* the emergency-stop button is down */
bool board_bumper(void);
bool board_charging(void); /* a charger feeds the battery */

/* The next byte from the host, or -1. */
int board_host_read(void);

/* False where the byte must wait. */
bool board_host_write(uint8_t byte);

/* True where a millisecond has passed; then `readings` are those of now. Called again until false. */
bool board_step_due(kb_readings *readings);

/* What the motors do until the next step. */
void board_drive(const kb_axis_drive *drives, uint8_t count);

/* All that was due is done. The watchdog is to be fed here and nowhere else; sleep until the next interrupt. */
void board_passed(const kb_controller *controller);

#endif
