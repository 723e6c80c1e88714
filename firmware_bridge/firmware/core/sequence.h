/* Numbers that wrap: 16-bit sequences and 32-bit milliseconds, compared as in RFC 1982. */
#ifndef KB_SEQUENCE_H
#define KB_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool begun;
    uint16_t last;
    uint16_t lost; /* numbers that never came; wraps */
} kb_window;

/* True only for a number newer than the last accepted one: duplicates and the reordered are refused. */
static inline bool kb_window_accept(kb_window *window, uint16_t sequence) {
    if (window->begun) {
        const uint16_t ahead = (uint16_t)(sequence - window->last);
        if (ahead == 0u || ahead >= 0x8000u) return false;
        window->lost = (uint16_t)(window->lost + ahead - 1u);
    }
    window->begun = true;
    window->last = sequence;
    return true;
}

/* How far ahead a deadline is; negative once it has passed. */
static inline int64_t kb_milliseconds_until(uint32_t deadline_ms, uint32_t now_ms) {
    const uint32_t ahead = deadline_ms - now_ms;
    return ahead < 0x80000000u ? (int64_t)ahead : (int64_t)ahead - 0x100000000;
}

#endif
