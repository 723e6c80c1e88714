/* The core for this machine: one controller that a test opens, feeds and looks into through plain functions. */
#include "controller.h"

typedef struct {
    kb_controller controller;
    kb_settings settings;
    kb_readings readings;
    kb_axis_drive drives[KB_MOST_AXES];
} kb_bench;

size_t kb_bench_bytes(void);
bool kb_bench_open(kb_bench *bench, const uint8_t *page, size_t length, uint32_t boot_id);
void kb_bench_sense(kb_bench *bench, uint64_t now_us, bool button, bool bumper);
void kb_bench_charging(kb_bench *bench, bool charging);
void kb_bench_read(kb_bench *bench, uint8_t axis, int32_t ticks, int32_t ma, int16_t temperature_dc);
void kb_bench_board(kb_bench *bench, uint16_t voltage_mv, int16_t temperature_dc);
void kb_bench_step(kb_bench *bench, uint64_t now_us);
int32_t kb_bench_torque(const kb_bench *bench, uint8_t axis);
int32_t kb_bench_velocity(const kb_bench *bench, uint8_t axis);
uint8_t kb_bench_state(const kb_bench *bench);
size_t kb_bench_feed(kb_bench *bench, uint64_t now_us, const uint8_t *bytes, size_t length, uint8_t *out);
size_t kb_bench_parse(const uint8_t *bytes, size_t length, uint8_t *frames, uint16_t *corrupt);

size_t kb_bench_bytes(void) { return sizeof(kb_bench); }

bool kb_bench_open(kb_bench *bench, const uint8_t *page, size_t length, uint32_t boot_id) {
    if (!kb_settings_read(&bench->settings, page, length)) return false;
    kb_controller_init(&bench->controller, &bench->settings, boot_id);
    return true;
}

void kb_bench_sense(kb_bench *bench, uint64_t now_us, bool button, bool bumper) {
    kb_controller_sense(&bench->controller, now_us, button, bumper);
}

void kb_bench_charging(kb_bench *bench, bool charging) { kb_controller_charging(&bench->controller, charging); }

void kb_bench_read(kb_bench *bench, uint8_t axis, int32_t ticks, int32_t ma, int16_t temperature_dc) {
    bench->readings.axes[axis] = (kb_axis_reading){ticks, ma, temperature_dc};
}

void kb_bench_board(kb_bench *bench, uint16_t voltage_mv, int16_t temperature_dc) {
    bench->readings.voltage_mv = voltage_mv;
    bench->readings.temperature_dc = temperature_dc;
}

void kb_bench_step(kb_bench *bench, uint64_t now_us) {
    kb_controller_step(&bench->controller, now_us, &bench->readings, bench->drives);
}

int32_t kb_bench_torque(const kb_bench *bench, uint8_t axis) { return bench->drives[axis].torque_mnm; }
int32_t kb_bench_velocity(const kb_bench *bench, uint8_t axis) { return bench->drives[axis].urad_per_s; }
uint8_t kb_bench_state(const kb_bench *bench) { return bench->controller.state; }

/* What the host sends in, what goes to it out; `out` has room for KB_OUTBOX_BYTES. */
size_t kb_bench_feed(kb_bench *bench, uint64_t now_us, const uint8_t *bytes, size_t length, uint8_t *out) {
    kb_outbox *outbox = &bench->controller.outbox;
    for (size_t i = 0; i < length; i++) kb_controller_receive(&bench->controller, now_us, bytes[i]);
    kb_controller_report(&bench->controller, now_us);
    size_t sent = 0;
    for (; outbox->read != outbox->written; outbox->read++) out[sent++] = outbox->bytes[outbox->read % KB_OUTBOX_BYTES];
    return sent;
}

/* Every intact frame in a stream: its length u16 and its decoded bytes without the CRC. `frames` holds twice `length`. */
size_t kb_bench_parse(const uint8_t *bytes, size_t length, uint8_t *frames, uint16_t *corrupt) {
    kb_parser parser = {0};
    kb_frame frame;
    size_t at = 0;
    for (size_t i = 0; i < length; i++) {
        if (!kb_parser_take(&parser, bytes[i], &frame)) continue;
        kb_put_u16(frames + at, (uint16_t)(frame.length + 5u));
        kb_put_u8(frames + at + 2, frame.number);
        kb_put_u16(frames + at + 3, frame.sequence);
        kb_put_u16(frames + at + 5, frame.session);
        for (size_t k = 0; k < frame.length; k++) frames[at + 7u + k] = frame.payload[k];
        at += frame.length + 7u;
    }
    *corrupt = parser.corrupt;
    return at;
}
