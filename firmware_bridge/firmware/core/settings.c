/* The page: "KBS2", protocol u16, boot_ms u16, under_voltage_mv u16, axes u8, zero u8, ticks_per_turn u32, then for each
 * axis mnm_per_ampere i32 and 13 rows of value, lowest, highest i32; CRC-16 of everything before it. Little-endian. */
#include "frame.h"
#include "settings.h"

static const uint8_t MAGIC[4] = {'K', 'B', 'S', '2'};

static bool read_axis(kb_settings *settings, uint8_t axis, const uint8_t *from) {
    settings->mnm_per_ampere[axis] = kb_get_i32(from);
    if (settings->mnm_per_ampere[axis] <= 0) return false;
    for (size_t i = 0; i < KB_PARAMETERS; i++) {
        kb_parameter *parameter = &settings->parameters[axis][i];
        const uint8_t *row = from + 4u + i * 12u;
        parameter->value = kb_get_i32(row);
        parameter->lowest = kb_get_i32(row + 4);
        parameter->highest = kb_get_i32(row + 8);
        if (parameter->value < parameter->lowest || parameter->value > parameter->highest) return false;
    }
    return true;
}

bool kb_settings_read(kb_settings *settings, const uint8_t *page, size_t length) {
    if (length < KB_SETTINGS_HEAD) return false;
    for (size_t i = 0; i < sizeof MAGIC; i++) {
        if (page[i] != MAGIC[i]) return false;
    }
    settings->protocol = kb_get_u16(page + 4);
    settings->boot_ms = kb_get_u16(page + 6);
    settings->under_voltage_mv = kb_get_u16(page + 8);
    settings->axes = kb_get_u8(page + 10);
    settings->ticks_per_turn = kb_get_u32(page + 12);
    if (settings->axes < 1u || settings->axes > KB_MOST_AXES || settings->ticks_per_turn == 0u) return false;
    const size_t body = KB_SETTINGS_HEAD + (size_t)settings->axes * KB_SETTINGS_AXIS;
    if (length < body + 2u || kb_crc16(page, body) != kb_get_u16(page + body)) return false;
    for (uint8_t axis = 0; axis < settings->axes; axis++) {
        if (!read_axis(settings, axis, page + KB_SETTINGS_HEAD + (size_t)axis * KB_SETTINGS_AXIS)) return false;
    }
    return true;
}
