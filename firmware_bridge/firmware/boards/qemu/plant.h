/* The plant link: the second serial port of the simulated board, on which the physics stands in for the hardware.
 *
 * One frame in (core/frame.h; session unused), one frame back with the same sequence. The board does everything that is
 * due up to the frame's time before it answers, and its clock stands still between frames: lock-step.
 *
 *   in  0x01  time_us u64, host_bytes u32, flags u8, inputs u8, voltage_mv u16, board temperature_dc i16,
 *             and, where the readings flag is set, for each axis ticks i32, ma i32, temperature_dc i16
 *   out 0x81  host_bytes u32, state u8, setpoint_seen u8, setpoint_deadline_ms u32, session u16,
 *             and for each axis torque_mnm i32, urad_per_s i32
 *   out 0x82  boot_id u32: the board has just been reset
 *
 * host_bytes counts what went over the first serial port since reset, so that the answer is complete: the board has
 * taken that many when it answers, and has sent that many. */
#ifndef KB_PLANT_H
#define KB_PLANT_H

#include "board.h"

#define PLANT_FRAME 0x01u
#define PLANT_ANSWER 0x81u
#define PLANT_BOOTED 0x82u
#define PLANT_HEAD 18u
#define PLANT_ROW 10u
#define PLANT_HAS_READINGS 1u
#define PLANT_HANG 2u /* stop working, as a crashed program does: the hardware watchdog must end it */
#define PLANT_BUTTON 1u
#define PLANT_BUMPER 2u
#define PLANT_CHARGING 4u

typedef struct {
    kb_parser parser;
    bool open;          /* a frame waits for its answer */
    bool has_readings;  /* of it, and steps of it may be due */
    bool begun;         /* readings have come before: steps can be placed between */
    uint16_t sequence;
    uint64_t time_us;   /* of the frame */
    uint64_t readings_us; /* of `now` */
    uint64_t before_us; /* of `before` */
    uint64_t step_us;   /* of the last step */
    uint32_t host_bytes;
    uint8_t inputs;
    kb_readings now;
    kb_readings before;
} kb_plant;

/* Take one byte; true where a frame is open afterwards. */
bool kb_plant_take(kb_plant *plant, uint8_t byte, uint8_t axes);

/* The board's clock: of the step that is due, else of the frame. */
uint64_t kb_plant_micros(const kb_plant *plant);

/* True where a step of 1 ms is due; its readings lie between the last frame's and this one's. */
bool kb_plant_step(kb_plant *plant, uint8_t axes, kb_readings *readings);

/* Close the frame: the answer's bytes for the wire. `out` has KB_LONGEST_ENCODED. */
size_t kb_plant_answer(kb_plant *plant, const kb_controller *controller, const kb_axis_drive *drives,
                       uint32_t host_bytes, uint8_t *out);

size_t kb_plant_booted(uint32_t boot_id, uint8_t *out);

#endif
