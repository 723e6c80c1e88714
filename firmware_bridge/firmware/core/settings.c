/* The page: "KBS2", protocol u16, boot_ms u16, under_voltage_mv u16, axes u8, zero u8, ticks_per_turn u32, then for each
 * axis mnm_per_ampere i32 and 13 rows of value, lowest, highest i32; CRC-16 of everything before it. Little-endian. */
#include "frame.h"
#include "settings.h"

static const uint8_t MAGIC[4] = {'K', 'B', 'S', '2'};

/* What may be written at all. A slip of a sign would be a watchdog that never strikes, a wheel that never brakes. */
static bool is_sensible(const kb_parameter *parameter, uint8_t number, uint8_t axis) {
    int32_t least = 0, most = INT32_MAX;
    switch (number) {
        case KB_PARAMETER_WATCHDOG_MS:
        case KB_PARAMETER_LONGEST_LIFE_MS:
            if (axis != 0u) return true; /* the first axis has it for all */
            least = 1;
            most = UINT16_MAX;
            break;
        case KB_PARAMETER_BRAKING_URAD_PER_S2: least = 1; break;
        case KB_PARAMETER_LOWEST_POSITION_URAD:
        case KB_PARAMETER_HIGHEST_POSITION_URAD: return true;
        case KB_PARAMETER_BUMPER_BLOCKS:
            least = -1;
            most = 1;
            break;
        default: break;
    }
    return parameter->lowest >= least && parameter->highest <= most;
}

static int32_t value_of(const kb_settings *settings, uint8_t axis, uint8_t number) {
    return settings->parameters[axis][number - 1u].value;
}

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
        if (!is_sensible(parameter, (uint8_t)(i + 1u), axis)) return false;
    }
    return value_of(settings, axis, KB_PARAMETER_LOWEST_POSITION_URAD) <=
           value_of(settings, axis, KB_PARAMETER_HIGHEST_POSITION_URAD);
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
