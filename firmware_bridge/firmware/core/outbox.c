#include "outbox.h"

void kb_outbox_send(kb_outbox *outbox, uint8_t number, uint16_t session, const uint8_t *payload, size_t length) {
    uint8_t encoded[KB_LONGEST_ENCODED];
    outbox->sequence++;
    const kb_frame frame = {number, outbox->sequence, session, payload, length};
    const size_t size = kb_frame_encode(&frame, encoded);
    if (size > KB_OUTBOX_BYTES - (outbox->written - outbox->read)) return; /* nobody reads: the gap is seen as lost */
    for (size_t i = 0; i < size; i++) {
        outbox->bytes[outbox->written % KB_OUTBOX_BYTES] = encoded[i];
        outbox->written++;
    }
}
