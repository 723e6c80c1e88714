/* What waits to go out. A frame that doesn't fit whole is dropped whole, so the other end never sees half of one. */
#ifndef KB_OUTBOX_H
#define KB_OUTBOX_H

#include "frame.h"

#define KB_OUTBOX_BYTES 2048u /* a power of two */

typedef struct {
    uint8_t bytes[KB_OUTBOX_BYTES];
    uint32_t written; /* both count bytes since boot and wrap; bytes[read % KB_OUTBOX_BYTES] is the next to go */
    uint32_t read;
    uint16_t sequence;
} kb_outbox;

void kb_outbox_send(kb_outbox *outbox, uint8_t number, uint16_t session, const uint8_t *payload, size_t length);

#endif
