#include "plant.h"

#define STEP_US 1000u

static void read_axes(kb_plant *plant, const uint8_t *row, uint8_t axes) {
    plant->before = plant->now;
    plant->before_us = plant->readings_us;
    plant->readings_us = plant->time_us;
    for (uint8_t axis = 0; axis < axes; axis++, row += PLANT_ROW) {
        plant->now.axes[axis].ticks = kb_get_i32(row);
        plant->now.axes[axis].ma = kb_get_i32(row + 4);
        plant->now.axes[axis].temperature_dc = kb_get_i16(row + 8);
    }
}

static bool read_frame(kb_plant *plant, const kb_frame *frame, uint8_t axes) {
    const uint8_t *in = frame->payload;
    if (frame->number != PLANT_FRAME || frame->length < PLANT_HEAD) return false;
    const uint8_t flags = in[12];
    const bool readings = (flags & PLANT_HAS_READINGS) != 0u;
    if (frame->length != PLANT_HEAD + (readings ? (size_t)axes * PLANT_ROW : 0u)) return false;
    if ((flags & PLANT_HANG) != 0u) {
        for (;;) {}
    }
    plant->sequence = frame->sequence;
    plant->time_us = (uint64_t)kb_get_u32(in) | (uint64_t)kb_get_u32(in + 4) << 32;
    plant->host_bytes = kb_get_u32(in + 8);
    plant->inputs = in[13];
    plant->now.voltage_mv = kb_get_u16(in + 14);
    plant->now.temperature_dc = kb_get_i16(in + 16);
    plant->has_readings = readings;
    if (readings) read_axes(plant, in + PLANT_HEAD, axes);
    return true;
}

bool kb_plant_take(kb_plant *plant, uint8_t byte, uint8_t axes) {
    kb_frame frame;
    if (kb_parser_take(&plant->parser, byte, &frame) && read_frame(plant, &frame, axes)) plant->open = true;
    return plant->open;
}

uint64_t kb_plant_micros(const kb_plant *plant) { return plant->has_readings ? plant->step_us : plant->time_us; }

/* The encoder at the step, on a straight line between the two frames. */
static int32_t between(const kb_plant *plant, uint8_t axis) {
    const int32_t from = plant->before.axes[axis].ticks, to = plant->now.axes[axis].ticks;
    if (!plant->begun || plant->time_us <= plant->before_us) return to;
    const int32_t way = (int32_t)((uint32_t)to - (uint32_t)from);
    const int64_t passed = (int64_t)(plant->step_us - plant->before_us);
    const int64_t whole = (int64_t)(plant->time_us - plant->before_us);
    return (int32_t)((uint32_t)from + (uint32_t)(way * passed / whole));
}

bool kb_plant_step(kb_plant *plant, uint8_t axes, kb_readings *readings) {
    if (!plant->has_readings) return false;
    if (!plant->begun) plant->step_us = plant->time_us - plant->time_us % STEP_US; /* the first: nothing before it */
    if (plant->step_us + STEP_US > plant->time_us) {
        plant->has_readings = false;
        plant->begun = true;
        return false;
    }
    plant->step_us += STEP_US;
    *readings = plant->now;
    for (uint8_t axis = 0; axis < axes; axis++) readings->axes[axis].ticks = between(plant, axis);
    return true;
}

size_t kb_plant_answer(kb_plant *plant, const kb_controller *controller, const kb_axis_drive *drives,
                       uint32_t host_bytes, uint8_t *out) {
    uint8_t payload[KB_LONGEST_PAYLOAD];
    kb_put_u32(payload, host_bytes);
    kb_put_u8(payload + 4, controller->state);
    kb_put_u8(payload + 5, controller->setpoint_seen ? 1u : 0u);
    kb_put_u32(payload + 6, controller->setpoint_deadline_ms);
    kb_put_u16(payload + 10, controller->receiver.session);
    size_t length = 12;
    for (uint8_t axis = 0; axis < controller->settings.axes; axis++, length += 8u) {
        kb_put_i32(payload + length, drives[axis].torque_mnm);
        kb_put_i32(payload + length + 4u, drives[axis].urad_per_s);
    }
    plant->open = false;
    const kb_frame frame = {PLANT_ANSWER, plant->sequence, 0, payload, length};
    return kb_frame_encode(&frame, out);
}

size_t kb_plant_booted(uint32_t boot_id, uint8_t *out) {
    uint8_t payload[4];
    kb_put_u32(payload, boot_id);
    const kb_frame frame = {PLANT_BOOTED, 0, 0, payload, sizeof payload};
    return kb_frame_encode(&frame, out);
}
