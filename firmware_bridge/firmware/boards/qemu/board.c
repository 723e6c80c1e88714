/* QEMU's lm3s6965evb (Cortex-M3): UART0 is the host link, UART1 the plant link, and the plant's time is the clock.
 *
 * This board rather than mps2-an385, because its UARTs (PL011) take 16 bytes at a time and not one. */
#include "plant.h"
#include "start.h"

#define UART0 0x4000C000u
#define UART1 0x4000D000u
#define UART_DATA 0x00u
#define UART_FLAGS 0x18u
#define UART_LINE 0x2Cu
#define UART_CONTROL 0x30u
#define UART_MASK 0x38u
#define UART_CLEAR 0x44u
#define FLAG_RX_EMPTY 0x10u
#define FLAG_TX_FULL 0x20u
#define UART0_IRQ 5u
#define UART1_IRQ 6u
#define RCGC1 0x400FE104u /* clock gates of the UARTs */
#define WATCHDOG 0x40000000u
#define WATCHDOG_UNLOCK 0x1ACCE551u
#define CLOCK_HZ 12500000u
#define SYSTICK_CONTROL 0xE000E010u
#define SYSTICK_RELOAD 0xE000E014u
#define SYSTICK_VALUE 0xE000E018u
#define RING_BYTES 2048u /* a power of two; the simulator sends less than this before it waits for an answer */

extern const uint8_t kb_settings_page[]; /* linker script: the simulator puts the page there */
extern uint32_t kb_stack_top[];

typedef struct {
    volatile uint8_t bytes[RING_BYTES];
    volatile uint32_t written; /* by the interrupt only */
    uint32_t read;             /* by the loop only */
} ring;

static ring host, plant_in;
static kb_plant plant;
static kb_axis_drive told[KB_MOST_AXES];
static uint32_t host_sent;
/* Outside .bss: lives through a reset, as a backup register does. */
static struct {
    uint32_t count, check;
} resets __attribute__((section(".noinit")));
#define RESETS_CHECK 0x4B42B007u

static void take_all(uint32_t uart, ring *to) {
    REGISTER(uart + UART_CLEAR) = 0x7FFu; /* before the bytes: the other order can lose the next interrupt */
    while ((REGISTER(uart + UART_FLAGS) & FLAG_RX_EMPTY) == 0u) {
        const uint8_t byte = (uint8_t)REGISTER(uart + UART_DATA);
        if (to->written - to->read < RING_BYTES) {
            to->bytes[to->written % RING_BYTES] = byte;
            to->written++;
        }
    }
}

static void Uart0_Handler(void) { take_all(UART0, &host); }
static void Uart1_Handler(void) { take_all(UART1, &plant_in); }
static void Tick_Handler(void) {} /* only wakes the loop, so that it feeds the watchdog */

__attribute__((section(".vectors"), used)) static const kb_handler vectors[16 + UART1_IRQ + 1u] = {
    (kb_handler)(uintptr_t)kb_stack_top,
    [1] = Reset_Handler,
    [2] = Halt_Handler,
    [3] = Halt_Handler,
    [4] = Halt_Handler,
    [5] = Halt_Handler,
    [6] = Halt_Handler,
    [15] = Tick_Handler,
    [16 + UART0_IRQ] = Uart0_Handler,
    [16 + UART1_IRQ] = Uart1_Handler,
};

static void uart_init(uint32_t uart) {
    REGISTER(uart + UART_LINE) = 0x70u;  /* 8 bits, FIFOs on */
    REGISTER(uart + UART_MASK) = 0x50u;  /* received, and received long ago */
    REGISTER(uart + UART_CONTROL) = 0x301u;
}

static void uart_put(uint32_t uart, uint8_t byte) {
    while ((REGISTER(uart + UART_FLAGS) & FLAG_TX_FULL) != 0u) {}
    REGISTER(uart + UART_DATA) = byte;
}

static void watchdog_init(void) {
    REGISTER(WATCHDOG + 0xC00u) = WATCHDOG_UNLOCK;
    REGISTER(WATCHDOG) = CLOCK_HZ / 10u; /* 100 ms to its interrupt, and a reset if that is not answered as long again */
    REGISTER(WATCHDOG + 0x8u) = 3u;
}

static void send_to_plant(const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) uart_put(UART1, bytes[i]);
}

void board_init(void) {
    uint8_t out[KB_LONGEST_ENCODED];
    REGISTER(RCGC1) |= 3u;
    uart_init(UART0);
    uart_init(UART1);
    watchdog_init();
    REGISTER(SYSTICK_RELOAD) = CLOCK_HZ / 50u - 1u;
    REGISTER(SYSTICK_VALUE) = 0;
    REGISTER(SYSTICK_CONTROL) = 7u;
    kb_irq_enable(UART0_IRQ);
    kb_irq_enable(UART1_IRQ);
    resets.count = resets.check == (resets.count ^ RESETS_CHECK) ? resets.count + 1u : 1u;
    resets.check = resets.count ^ RESETS_CHECK;
    send_to_plant(out, kb_plant_booted(resets.count, out));
}

const uint8_t *board_settings(size_t *length) {
    *length = KB_SETTINGS_PAGE;
    return kb_settings_page;
}

uint8_t board_axes(void) { return KB_MOST_AXES; }

uint32_t board_boot_id(void) { return resets.count; }

uint64_t board_micros(void) { return kb_plant_micros(&plant); }

bool board_button(void) { return (plant.inputs & PLANT_BUTTON) != 0u; }

bool board_bumper(void) { return (plant.inputs & PLANT_BUMPER) != 0u; }

bool board_charging(void) { return (plant.inputs & PLANT_CHARGING) != 0u; }

/* Until an interrupt, unless one has brought something already. */
static void sleep_while_empty(const ring *one) {
    __asm volatile("cpsid i");
    if (one->written == one->read) __asm volatile("wfi");
    __asm volatile("cpsie i");
    REGISTER(WATCHDOG + 0xCu) = 1u; /* feeds it */
}

/* Only what the plant has let through, so that bytes are heard at the time that the plant says. */
int board_host_read(void) {
    if (!plant.open || host.read == plant.host_bytes) return -1;
    while (host.written == host.read) sleep_while_empty(&host); /* on its way, however long QEMU takes */
    return host.bytes[host.read++ % RING_BYTES];
}

bool board_host_write(uint8_t byte) {
    uart_put(UART0, byte);
    host_sent++;
    return true;
}

bool board_step_due(kb_readings *readings) { return plant.open && kb_plant_step(&plant, KB_MOST_AXES, readings); }

void board_drive(const kb_axis_drive *drives, uint8_t count) {
    for (uint8_t axis = 0; axis < count; axis++) told[axis] = drives[axis];
}

void board_passed(const kb_controller *controller) {
    uint8_t out[KB_LONGEST_ENCODED];
    if (plant.open) send_to_plant(out, kb_plant_answer(&plant, controller, told, host_sent, out));
    REGISTER(WATCHDOG + 0xCu) = 1u; /* feeds it */
    while (!plant.open) {
        if (plant_in.written == plant_in.read) {
            sleep_while_empty(&plant_in);
            continue;
        }
        (void)kb_plant_take(&plant, plant_in.bytes[plant_in.read++ % RING_BYTES], controller->settings.axes);
    }
}
