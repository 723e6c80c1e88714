#include "parameters.h"

void kb_parameters_reset(kb_parameters *parameters, const kb_settings *settings) {
    for (uint8_t axis = 0; axis < KB_MOST_AXES; axis++) {
        for (uint8_t i = 0; i < KB_PARAMETERS; i++) {
            parameters->values[axis][i] = axis < settings->axes ? settings->parameters[axis][i].value : 0;
        }
    }
}

int32_t kb_parameter_get(const kb_parameters *parameters, uint8_t axis, uint8_t parameter) {
    return parameters->values[axis][parameter - 1u];
}

static bool of_controller(uint8_t parameter) {
    return parameter == KB_PARAMETER_WATCHDOG_MS || parameter == KB_PARAMETER_LONGEST_LIFE_MS;
}

const kb_parameter *kb_parameter_find(const kb_settings *settings, uint8_t axis, uint8_t parameter) {
    if (parameter < 1u || parameter > KB_PARAMETERS || axis >= settings->axes) return NULL;
    if (of_controller(parameter) && axis != 0u) return NULL;
    return &settings->parameters[axis][parameter - 1u];
}

uint8_t kb_parameter_write(kb_parameters *parameters, const kb_settings *settings, const kb_write_parameter *write) {
    const kb_parameter *limits = kb_parameter_find(settings, write->axis, write->parameter);
    if (limits == NULL) return KB_REFUSAL_UNKNOWN;
    if (write->value < limits->lowest || write->value > limits->highest) return KB_REFUSAL_RANGE;
    const int32_t before = kb_parameter_get(parameters, write->axis, write->parameter);
    parameters->values[write->axis][write->parameter - 1u] = write->value;
    if (kb_parameter_get(parameters, write->axis, KB_PARAMETER_LOWEST_POSITION_URAD) >
        kb_parameter_get(parameters, write->axis, KB_PARAMETER_HIGHEST_POSITION_URAD)) {
        parameters->values[write->axis][write->parameter - 1u] = before; /* a range that nothing fits into */
        return KB_REFUSAL_RANGE;
    }
    return 0;
}
