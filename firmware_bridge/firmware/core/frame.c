#include "frame.h"

#define HEADER_BYTES 5u
#define CRC_BYTES 2u
#define CODE_SPAN 0xFFu /* a COBS code byte that stands for 254 bytes and no zero */

static uint16_t crc_byte(uint16_t crc, uint8_t byte) {
    crc = (uint16_t)(crc ^ ((unsigned)byte << 8));
    for (unsigned bit = 0; bit < 8u; bit++) {
        const unsigned shifted = (unsigned)crc << 1;
        crc = (uint16_t)((crc & 0x8000u) != 0u ? shifted ^ 0x1021u : shifted);
    }
    return crc;
}

uint16_t kb_crc16(const uint8_t *bytes, size_t length) {
    uint16_t crc = 0xFFFFu;
    for (size_t i = 0; i < length; i++) crc = crc_byte(crc, bytes[i]);
    return crc;
}

/* Decode in place (what is written never overtakes what is read); false where the bytes are no COBS. */
static bool unstuff(uint8_t *bytes, size_t length, size_t *decoded) {
    size_t from = 0, to = 0;
    while (from < length) {
        const size_t code = bytes[from++];
        if (code - 1u > length - from) return false; /* no byte is zero here, so code is at least 1 */
        for (size_t i = 1; i < code; i++) bytes[to++] = bytes[from++];
        if (code != CODE_SPAN && from < length) bytes[to++] = 0;
    }
    *decoded = to;
    return true;
}

static bool read_frame(uint8_t *bytes, size_t length, kb_frame *frame) {
    size_t size = 0;
    if (!unstuff(bytes, length, &size) || size < KB_FRAME_OVERHEAD) return false;
    size -= CRC_BYTES;
    if (kb_crc16(bytes, size) != kb_get_u16(bytes + size)) return false;
    frame->number = kb_get_u8(bytes);
    frame->sequence = kb_get_u16(bytes + 1);
    frame->session = kb_get_u16(bytes + 3);
    frame->payload = bytes + HEADER_BYTES;
    frame->length = size - HEADER_BYTES;
    return true;
}

bool kb_parser_take(kb_parser *parser, uint8_t byte, kb_frame *frame) {
    if (byte != 0u) {
        if (parser->length < sizeof parser->held) {
            parser->held[parser->length++] = byte;
        } else {
            parser->skipping = true;
        }
        return false;
    }
    const size_t length = parser->length;
    const bool skipped = parser->skipping;
    parser->length = 0;
    parser->skipping = false;
    if (length == 0u) return false; /* two zeros in a row are an idle line */
    if (!skipped && read_frame(parser->held, length, frame)) return true;
    parser->corrupt++;
    return false;
}

typedef struct {
    uint8_t *out;
    size_t code_at; /* where the code byte of the open block goes */
    size_t length;
} stuffing;

static void stuff(stuffing *s, uint8_t byte) {
    if (byte != 0u) s->out[s->length++] = byte;
    if (byte == 0u || s->length - s->code_at == CODE_SPAN) {
        s->out[s->code_at] = (uint8_t)(s->length - s->code_at);
        s->code_at = s->length++;
    }
}

size_t kb_frame_encode(const kb_frame *frame, uint8_t *out) {
    uint8_t head[HEADER_BYTES], tail[CRC_BYTES];
    /* Fewer than 254 bytes go in, so COBS adds exactly one and a full block never comes about. */
    if (frame->length > KB_LONGEST_FRAME - KB_FRAME_OVERHEAD - 1u) return 0;
    kb_put_u8(head, frame->number);
    kb_put_u16(head + 1, frame->sequence);
    kb_put_u16(head + 3, frame->session);
    uint16_t crc = kb_crc16(head, HEADER_BYTES);
    stuffing s = {out, 0, 1};
    for (size_t i = 0; i < HEADER_BYTES; i++) stuff(&s, head[i]);
    for (size_t i = 0; i < frame->length; i++) {
        crc = crc_byte(crc, frame->payload[i]);
        stuff(&s, frame->payload[i]);
    }
    kb_put_u16(tail, crc);
    for (size_t i = 0; i < CRC_BYTES; i++) stuff(&s, tail[i]);
    out[s.code_at] = (uint8_t)(s.length - s.code_at);
    out[s.length++] = 0;
    return s.length;
}
