/* What a board was built with: how many axes, their parameters and between what each may be tuned. */
#ifndef KB_SETTINGS_H
#define KB_SETTINGS_H

#include "messages.h"

#define KB_PARAMETERS 13u /* numbered from 1, as in messages.h */
#define KB_NO_LOWEST INT32_MIN  /* of a position: the axis turns without end */
#define KB_NO_HIGHEST INT32_MAX

typedef struct {
    int32_t value; /* after a reset */
    int32_t lowest;
    int32_t highest;
} kb_parameter;

typedef struct {
    uint16_t protocol; /* KB_PROTOCOL_VERSION, but for rehearsing a wrong one */
    uint16_t boot_ms;
    uint16_t under_voltage_mv;
    uint8_t axes; /* 1..KB_MOST_AXES */
    uint32_t ticks_per_turn;
    int32_t mnm_per_ampere[KB_MOST_AXES];
    kb_parameter parameters[KB_MOST_AXES][KB_PARAMETERS];
} kb_settings;

/* Bytes of a stored settings page for `axes` axes. */
#define KB_SETTINGS_HEAD 16u
#define KB_SETTINGS_AXIS (4u + 12u * KB_PARAMETERS)
#define KB_SETTINGS_PAGE (KB_SETTINGS_HEAD + KB_MOST_AXES * KB_SETTINGS_AXIS + 2u)

/* Read a stored page; false where it is damaged, of another layout or senseless, and then the board must not drive. */
bool kb_settings_read(kb_settings *settings, const uint8_t *page, size_t length);

#endif
