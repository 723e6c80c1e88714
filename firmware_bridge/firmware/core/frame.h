/* Frames: COBS(number u8, sequence u16, session u16, payload, CRC-16/CCITT-FALSE u16) and a zero byte.
 * docs/protocol.md, "Frames". The parser holds one frame and nothing else; any bytes leave it able to read the next. */
#ifndef KB_FRAME_H
#define KB_FRAME_H

#include "messages.h"

typedef struct {
    uint8_t number;
    uint16_t sequence;
    uint16_t session;
    const uint8_t *payload; /* inside the parser's buffer: good until its next byte */
    size_t length;
} kb_frame;

typedef struct {
    uint8_t held[KB_LONGEST_FRAME];
    size_t length;
    bool skipping;    /* the piece is too long to be a frame: drop it up to the next zero */
    uint16_t corrupt; /* pieces between zeros that were no intact frame; wraps */
} kb_parser;

#define KB_LONGEST_ENCODED (KB_LONGEST_FRAME + 1u) /* bytes, closing zero included */

uint16_t kb_crc16(const uint8_t *bytes, size_t length);

/* Take one byte; true where it ended an intact frame, which is then in *frame. */
bool kb_parser_take(kb_parser *parser, uint8_t byte, kb_frame *frame);

/* The bytes for the wire, closing zero included; 0 where they would be too long. `out` has KB_LONGEST_ENCODED. */
size_t kb_frame_encode(const kb_frame *frame, uint8_t *out);

#endif
