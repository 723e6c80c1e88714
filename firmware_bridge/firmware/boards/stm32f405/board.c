/* STM32F405 with two brushed or hub motors on H-bridges. UNTESTED ON HARDWARE: it compiles, nobody has run it.
 *
 *   host link   USART1, PA9 out, PA10 in, 921600 baud
 *   encoders    left TIM2 on PA15 and PB3, right TIM3 on PB4 and PB5
 *   PWM 20 kHz  TIM4: left forwards PB6, backwards PB7; right forwards PB8, backwards PB9
 *   ADC         PC0, PC1 motor currents; PC2 battery; PC3 board, PC4 and PC5 motor temperatures
 *   inputs      PB12 emergency-stop button, PB13 bumper: closed to ground while free, so a cut wire stops;
 *               PB14 charger present: high through a divider while the dock feeds the contacts
 */
#include "board.h"
#include "stm32f405.h"

#define CLOCK_HZ 168000000u
#define TICKS_PER_US (CLOCK_HZ / 1000000u)
#define BAUD 921600u
#define PWM_PERIOD 4200u /* of 84 MHz: 20 kHz */
#define MOTORS 2u
#define RING_BYTES 1024u
#define MOST_STEPS_BEHIND 5u /* a loop that is further behind leaves the rest out */
#define BUTTON_PIN 12u
#define BUMPER_PIN 13u
#define CHARGER_PIN 14u
#define CHANNEL_CURRENT 10u
#define CHANNEL_BATTERY 12u
#define CHANNEL_BOARD_C 13u
#define CHANNEL_MOTOR_C 14u
/* The analogue parts of this board: change them with the parts. */
#define ADC_MV 3300
#define ADC_STEPS 4096
#define CURRENT_ZERO_MV 1650   /* amplifier in the middle at no current, */
#define CURRENT_MV_PER_A 100   /* 5 mOhm and 20 V/V */
#define BATTERY_DIVIDER 11     /* 100 kOhm over 10 kOhm */
#define SENSOR_ZERO_MV 500     /* 10 mV a degree above 500 mV at 0 degrees Celsius: a mV is a tenth of a degree */
#define WINDING_MOHM 400       /* of a motor with its leads */

typedef struct {
    volatile uint8_t bytes[RING_BYTES];
    volatile uint32_t written, read;
} ring;

extern const uint8_t kb_settings_page[];
extern uint32_t kb_stack_top[];

static ring from_host, to_host;
static volatile uint32_t milliseconds;
static uint32_t steps_done;
static uint32_t boot_id;
static uint16_t battery_mv;
static int32_t right_ticks; /* TIM3 counts 16 bits only */
static kb_settings built;   /* for the torque constants */

static void Tick_Handler(void) { milliseconds++; }

static void Usart_Handler(void) {
    const uint32_t status = USART_SR(USART1);
    if ((status & 0x28u) != 0u) { /* received, or overrun: reading clears both */
        const uint8_t byte = (uint8_t)USART_DR(USART1);
        if (from_host.written - from_host.read < RING_BYTES) {
            from_host.bytes[from_host.written % RING_BYTES] = byte;
            from_host.written++;
        }
    }
    if ((status & 0x80u) != 0u && (USART_CR1(USART1) & 0x80u) != 0u) {
        if (to_host.read == to_host.written) {
            USART_CR1(USART1) &= ~0x80u;
        } else {
            USART_DR(USART1) = to_host.bytes[to_host.read % RING_BYTES];
            to_host.read++;
        }
    }
}

__attribute__((section(".vectors"), used)) static const kb_handler vectors[16 + USART1_IRQ + 1u] = {
    (kb_handler)(uintptr_t)kb_stack_top,
    [1] = Reset_Handler,
    [2] = Halt_Handler,
    [3] = Halt_Handler,
    [4] = Halt_Handler,
    [5] = Halt_Handler,
    [6] = Halt_Handler,
    [15] = Tick_Handler,
    [16 + USART1_IRQ] = Usart_Handler,
};

/* The internal 16 MHz through the PLL: 168 MHz, peripherals at 42 and 84. */
static void clock_init(void) {
    FLASH_ACR = 0x705u; /* caches, five wait states */
    RCC_PLLCFGR = 16u | 336u << 6 | 7u << 24;
    RCC_CR |= (uint32_t)1 << 24;
    while ((RCC_CR & (uint32_t)1 << 25) == 0u) {}
    RCC_CFGR = 5u << 10 | 4u << 13;
    RCC_CFGR |= 2u;
    while ((RCC_CFGR & 0xCu) != 0x8u) {}
    RCC_AHB1ENR |= 7u;                                       /* ports A, B, C */
    RCC_APB1ENR |= 1u | 2u | 4u | (uint32_t)1 << 28;         /* TIM2, TIM3, TIM4, PWR */
    RCC_APB2ENR |= (uint32_t)1 << 4 | (uint32_t)1 << 8;      /* USART1, ADC1 */
    (void)RCC_APB2ENR;                                       /* the clocks need two cycles */
}

static void pin_mode(uint32_t port, unsigned pin, uint32_t mode, uint32_t function) {
    GPIO_AFR(port, pin) = (GPIO_AFR(port, pin) & ~((uint32_t)0xF << (pin % 8u * 4u))) | function << (pin % 8u * 4u);
    GPIO_MODER(port) = (GPIO_MODER(port) & ~((uint32_t)3 << (pin * 2u))) | mode << (pin * 2u);
}

static void pull_up(uint32_t port, unsigned pin) {
    GPIO_PUPDR(port) = (GPIO_PUPDR(port) & ~((uint32_t)3 << (pin * 2u))) | (uint32_t)1 << (pin * 2u);
}

static void pins_init(void) {
    const uint32_t alternate = 2, analogue = 3;
    pin_mode(GPIOA, 9, alternate, 7);
    pin_mode(GPIOA, 10, alternate, 7);
    pin_mode(GPIOA, 15, alternate, 1);
    pin_mode(GPIOB, 3, alternate, 1);
    pin_mode(GPIOB, 4, alternate, 2);
    pin_mode(GPIOB, 5, alternate, 2);
    for (unsigned pin = 6; pin <= 9; pin++) pin_mode(GPIOB, pin, alternate, 2);
    for (unsigned pin = 0; pin <= 5; pin++) pin_mode(GPIOC, pin, analogue, 0);
    pull_up(GPIOA, 10);
    pull_up(GPIOB, BUTTON_PIN);
    pull_up(GPIOB, BUMPER_PIN);
}

static void encoder_init(uint32_t timer, uint32_t top) {
    TIM_ARR(timer) = top;
    TIM_CCMR1(timer) = 0xF1F1u; /* both inputs, filtered */
    TIM_SMCR(timer) = 3u;       /* count every edge of both */
    TIM_CR1(timer) = 1u;
}

static void pwm_init(void) {
    TIM_ARR(TIM4) = PWM_PERIOD - 1u;
    TIM_CCMR1(TIM4) = 0x6868u; /* PWM mode 1, taken over at the period's end */
    TIM_CCMR2(TIM4) = 0x6868u;
    for (unsigned channel = 0; channel < 4u; channel++) TIM_CCR(TIM4, channel) = 0;
    TIM_CCER(TIM4) = 0x1111u;
    TIM_EGR(TIM4) = 1u;
    TIM_CR1(TIM4) = 0x81u;
}

static int32_t adc_mv(uint32_t channel) {
    ADC1_SQR3 = channel;
    ADC1_SR = 0;
    ADC1_CR2 |= (uint32_t)1 << 30;
    while ((ADC1_SR & 2u) == 0u) {}
    return (int32_t)(ADC1_DR & 0xFFFu) * ADC_MV / ADC_STEPS;
}

static void adc_init(void) {
    ADC_CCR = 1u << 16;       /* 84 / 4 MHz */
    ADC1_SMPR1 = 0x00024924u; /* channels 11..15: 84 cycles; channel 10 below */
    ADC1_SMPR1 |= 4u;
    ADC1_CR2 = 1u;
}

/* Counted in the backup domain; where that has lost its power, begun from the noise of an input. */
static uint32_t next_boot(void) {
    PWR_CR |= (uint32_t)1 << 8;
    uint32_t number = RTC_BKP0R;
    for (unsigned bit = 0; number == 0u && bit < 32u; bit++) {
        number = number << 1 | ((uint32_t)adc_mv(CHANNEL_BOARD_C) & 1u);
    }
    RTC_BKP0R = number + 1u == 0u ? 1u : number + 1u;
    return RTC_BKP0R;
}

static void watchdog_init(void) {
    IWDG_KR = 0x5555u;
    IWDG_PR = 3u;    /* 32 kHz / 32: a count is a millisecond */
    IWDG_RLR = 50u;
    IWDG_KR = 0xCCCCu;
}

void board_init(void) {
    clock_init();
    pins_init();
    pwm_init(); /* all at zero before anything else can go wrong */
    watchdog_init();
    adc_init();
    encoder_init(TIM2, 0xFFFFFFFFu);
    encoder_init(TIM3, 0xFFFFu);
    boot_id = next_boot();
    (void)kb_settings_read(&built, kb_settings_page, KB_SETTINGS_PAGE);
    USART_BRR(USART1) = (CLOCK_HZ / 2u + BAUD / 2u) / BAUD;
    USART_CR1(USART1) = 0x202Cu; /* on, both ways, interrupt on receiving */
    SYSTICK_RELOAD = CLOCK_HZ / 1000u - 1u;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 7u;
    kb_irq_enable(USART1_IRQ);
}

const uint8_t *board_settings(size_t *length) {
    *length = KB_SETTINGS_PAGE;
    return kb_settings_page;
}

uint8_t board_axes(void) { return MOTORS; }

uint32_t board_boot_id(void) { return boot_id; }

/* Read until no millisecond ended in between. 32 bits of milliseconds last 49 days; then the boot ends in a reset. */
uint64_t board_micros(void) {
    uint32_t before, within;
    do {
        before = milliseconds;
        within = SYSTICK_RELOAD - SYSTICK_VALUE;
    } while (before != milliseconds);
    return (uint64_t)before * 1000u + within / TICKS_PER_US;
}

bool board_button(void) { return (GPIO_IDR(GPIOB) >> BUTTON_PIN & 1u) != 0u; }

bool board_bumper(void) { return (GPIO_IDR(GPIOB) >> BUMPER_PIN & 1u) != 0u; }

bool board_charging(void) { return (GPIO_IDR(GPIOB) >> CHARGER_PIN & 1u) != 0u; }

int board_host_read(void) {
    if (from_host.read == from_host.written) return -1;
    const uint8_t byte = from_host.bytes[from_host.read % RING_BYTES];
    from_host.read++;
    return byte;
}

bool board_host_write(uint8_t byte) {
    if (to_host.written - to_host.read == RING_BYTES) return false;
    to_host.bytes[to_host.written % RING_BYTES] = byte;
    to_host.written++;
    USART_CR1(USART1) |= 0x80u; /* interrupt while there is room to send */
    return true;
}

static int32_t ticks_of(uint8_t motor) {
    if (motor == 0u) return (int32_t)TIM_CNT(TIM2);
    const uint16_t moved = (uint16_t)((uint16_t)TIM_CNT(TIM3) - (uint16_t)((uint32_t)right_ticks & 0xFFFFu));
    const int32_t way = moved < 0x8000u ? (int32_t)moved : (int32_t)moved - 0x10000;
    right_ticks = (int32_t)((uint32_t)right_ticks + (uint32_t)way);
    return right_ticks;
}

bool board_step_due(kb_readings *readings) {
    const uint32_t behind = milliseconds - steps_done;
    if (behind == 0u) return false;
    steps_done = behind > MOST_STEPS_BEHIND ? milliseconds : steps_done + 1u;
    for (uint8_t motor = 0; motor < MOTORS; motor++) {
        kb_axis_reading *axis = &readings->axes[motor];
        axis->ticks = ticks_of(motor);
        axis->ma = (adc_mv(CHANNEL_CURRENT + motor) - CURRENT_ZERO_MV) * 1000 / CURRENT_MV_PER_A;
        axis->temperature_dc = (int16_t)(adc_mv(CHANNEL_MOTOR_C + motor) - SENSOR_ZERO_MV);
    }
    battery_mv = (uint16_t)(adc_mv(CHANNEL_BATTERY) * BATTERY_DIVIDER);
    readings->voltage_mv = battery_mv;
    readings->temperature_dc = (int16_t)(adc_mv(CHANNEL_BOARD_C) - SENSOR_ZERO_MV);
    return true;
}

/* The voltage that gives this torque at this velocity: the winding's and what the turning motor makes against it.
 * The torque constant in mN·m/A is also the voltage constant in mV s/rad. */
static int32_t duty_of(uint8_t motor, const kb_axis_drive *drive) {
    if (battery_mv == 0u) return 0;
    const int64_t constant = built.mnm_per_ampere[motor];
    const int64_t winding_mv = (int64_t)drive->torque_mnm * WINDING_MOHM / constant;
    const int64_t turning_mv = (int64_t)drive->urad_per_s * constant / 1000000;
    const int64_t duty = (winding_mv + turning_mv) * (int64_t)PWM_PERIOD / battery_mv;
    return (int32_t)(duty > PWM_PERIOD ? PWM_PERIOD : duty < -(int64_t)PWM_PERIOD ? -(int64_t)PWM_PERIOD : duty);
}

void board_drive(const kb_axis_drive *drives, uint8_t count) {
    for (uint8_t motor = 0; motor < MOTORS && motor < count; motor++) {
        const int32_t duty = duty_of(motor, &drives[motor]);
        TIM_CCR(TIM4, motor * 2u) = duty > 0 ? (uint32_t)duty : 0u;
        TIM_CCR(TIM4, motor * 2u + 1u) = duty < 0 ? (uint32_t)-duty : 0u;
    }
}

void board_passed(const kb_controller *controller) {
    (void)controller;
    IWDG_KR = 0xAAAAu;
    __asm volatile("cpsid i");
    if (from_host.read == from_host.written && steps_done == milliseconds) __asm volatile("wfi");
    __asm volatile("cpsie i");
}
