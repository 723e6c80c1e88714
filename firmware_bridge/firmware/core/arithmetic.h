/* Integers that stay inside their bounds. */
#ifndef KB_ARITHMETIC_H
#define KB_ARITHMETIC_H

#include <stdint.h>

static inline int64_t kb_clamp(int64_t value, int64_t lowest, int64_t highest) {
    return value < lowest ? lowest : value > highest ? highest : value;
}
static inline int64_t kb_least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t kb_most(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t kb_absolute(int64_t value) { return value < 0 ? -value : value; }
static inline int32_t kb_to_i32(int64_t value) { return (int32_t)kb_clamp(value, INT32_MIN, INT32_MAX); }
static inline int16_t kb_to_i16(int64_t value) { return (int16_t)kb_clamp(value, INT16_MIN, INT16_MAX); }

/* To the nearest, halves away from zero; `by` is positive. */
static inline int64_t kb_divide(int64_t value, int64_t by) {
    return value < 0 ? -((by / 2 - value) / by) : (value + by / 2) / by;
}

/* The square root, rounded down, one bit of the result at a time. */
static inline uint32_t kb_root(uint64_t value) {
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit != 0u; bit >>= 1) {
        const uint64_t tried = root | bit;
        if (tried * tried <= value) root = tried;
    }
    return (uint32_t)root;
}

#endif
