/* The registers in use, by ST's reference manual RM0090. */
#ifndef KB_STM32F405_H
#define KB_STM32F405_H

#include "start.h"

#define RCC_CR REGISTER(0x40023800u)
#define RCC_PLLCFGR REGISTER(0x40023804u)
#define RCC_CFGR REGISTER(0x40023808u)
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_APB1ENR REGISTER(0x40023840u)
#define RCC_APB2ENR REGISTER(0x40023844u)
#define FLASH_ACR REGISTER(0x40023C00u)
#define PWR_CR REGISTER(0x40007000u)
#define RTC_BKP0R REGISTER(0x40002850u)

#define GPIOA 0x40020000u
#define GPIOB 0x40020400u
#define GPIOC 0x40020800u
#define GPIO_MODER(port) REGISTER((port) + 0x00u)
#define GPIO_PUPDR(port) REGISTER((port) + 0x0Cu)
#define GPIO_IDR(port) REGISTER((port) + 0x10u)
#define GPIO_AFR(port, pin) REGISTER((port) + 0x20u + 4u * ((pin) / 8u))

#define USART1 0x40011000u
#define USART_SR(port) REGISTER((port) + 0x00u)
#define USART_DR(port) REGISTER((port) + 0x04u)
#define USART_BRR(port) REGISTER((port) + 0x08u)
#define USART_CR1(port) REGISTER((port) + 0x0Cu)
#define USART1_IRQ 37u

#define TIM2 0x40000000u
#define TIM3 0x40000400u
#define TIM4 0x40000800u
#define TIM_CR1(timer) REGISTER((timer) + 0x00u)
#define TIM_SMCR(timer) REGISTER((timer) + 0x08u)
#define TIM_EGR(timer) REGISTER((timer) + 0x14u)
#define TIM_CCMR1(timer) REGISTER((timer) + 0x18u)
#define TIM_CCMR2(timer) REGISTER((timer) + 0x1Cu)
#define TIM_CCER(timer) REGISTER((timer) + 0x20u)
#define TIM_CNT(timer) REGISTER((timer) + 0x24u)
#define TIM_ARR(timer) REGISTER((timer) + 0x2Cu)
#define TIM_CCR(timer, channel) REGISTER((timer) + 0x34u + 4u * (channel))

#define ADC1_SR REGISTER(0x40012000u)
#define ADC1_CR2 REGISTER(0x40012008u)
#define ADC1_SMPR1 REGISTER(0x4001200Cu)
#define ADC1_SQR3 REGISTER(0x40012034u)
#define ADC1_DR REGISTER(0x4001204Cu)
#define ADC_CCR REGISTER(0x40012304u)

#define IWDG_KR REGISTER(0x40003000u)
#define IWDG_PR REGISTER(0x40003004u)
#define IWDG_RLR REGISTER(0x40003008u)

#define SYSTICK_CONTROL REGISTER(0xE000E010u)
#define SYSTICK_RELOAD REGISTER(0xE000E014u)
#define SYSTICK_VALUE REGISTER(0xE000E018u)

#endif
