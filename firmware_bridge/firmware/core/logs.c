#include "parts.h"

static kb_log *newest(kb_logs *logs) {
    return &logs->lines[(logs->first + logs->count - 1u) % KB_LOG_LINES];
}

void kb_logs_begin(kb_logs *logs, uint8_t level, const char *text) {
    if (logs->count == KB_LOG_LINES) {
        logs->first = (uint8_t)((logs->first + 1u) % KB_LOG_LINES);
        logs->count--;
    }
    logs->count++;
    newest(logs)->level = level;
    newest(logs)->length = 0;
    kb_logs_add(logs, text);
}

void kb_logs_add(kb_logs *logs, const char *text) {
    kb_log *line = newest(logs);
    for (; *text != '\0' && line->length < KB_LONGEST_TEXT; text++) line->text[line->length++] = *text;
}

void kb_logs_add_number(kb_logs *logs, uint8_t number) {
    const char digits[4] = {(char)('0' + number / 100u), (char)('0' + number / 10u % 10u), (char)('0' + number % 10u), 0};
    kb_logs_add(logs, number > 99u ? digits : number > 9u ? digits + 1 : digits + 2);
}

void kb_logs_send(kb_controller *c) {
    uint8_t payload[KB_LONGEST_PAYLOAD];
    for (; c->logs.count > 0u; c->logs.count--) {
        const size_t length = kb_log_put(&c->logs.lines[c->logs.first], payload);
        kb_outbox_send(&c->outbox, KB_LOG, c->receiver.session, payload, length);
        c->logs.first = (uint8_t)((c->logs.first + 1u) % KB_LOG_LINES);
    }
}
