/* What both boards need of a Cortex-M: the reset path and what the compiler expects of a C library. */
#ifndef KB_START_H
#define KB_START_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

typedef void (*kb_handler)(void);

void Reset_Handler(void);
void Halt_Handler(void); /* an exception that must not happen: stand still, the watchdog resets */

void kb_irq_enable(unsigned number);

#endif
