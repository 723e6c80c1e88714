#include <stddef.h>
#include <string.h>

#include "app.h"
#include "start.h"

#define NVIC_ISER 0xE000E100u

extern uint32_t kb_data_stored[], kb_data_begin[], kb_data_end[], kb_bss_begin[], kb_bss_end[]; /* linker script */

/* Byte by byte and volatile, so that the compiler does not turn them into calls of themselves. */
void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    volatile uint8_t *out = to;
    const uint8_t *in = from;
    for (size_t i = 0; i < length; i++) out[i] = in[i];
    return to;
}

void *memset(void *to, int value, size_t length) {
    volatile uint8_t *out = to;
    for (size_t i = 0; i < length; i++) out[i] = (uint8_t)value;
    return to;
}

void Halt_Handler(void) {
    for (;;) {}
}

void kb_irq_enable(unsigned number) { REGISTER(NVIC_ISER + 4u * (number / 32u)) = (uint32_t)1 << (number % 32u); }

void Reset_Handler(void) {
    const uint32_t *stored = kb_data_stored;
    for (volatile uint32_t *to = kb_data_begin; to < kb_data_end; to++) *to = *stored++;
    for (volatile uint32_t *to = kb_bss_begin; to < kb_bss_end; to++) *to = 0;
    kb_app_run();
}
