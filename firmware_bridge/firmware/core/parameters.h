/* What may be tuned while disarmed: read, write, and never beyond the limits of the settings. */
#ifndef KB_PARAMETERS_H
#define KB_PARAMETERS_H

#include "settings.h"

typedef struct {
    int32_t values[KB_MOST_AXES][KB_PARAMETERS];
} kb_parameters;

void kb_parameters_reset(kb_parameters *parameters, const kb_settings *settings);

/* The parameter of an axis; it must be one that kb_parameter_find knows. */
int32_t kb_parameter_get(const kb_parameters *parameters, uint8_t axis, uint8_t parameter);

/* Its limits, or NULL where there is no such parameter or axis. */
const kb_parameter *kb_parameter_find(const kb_settings *settings, uint8_t axis, uint8_t parameter);

/* 0, or the refusal. Out of range is refused, never clipped. */
uint8_t kb_parameter_write(kb_parameters *parameters, const kb_settings *settings, const kb_write_parameter *write);

#endif
