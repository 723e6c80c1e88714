/* The loop that joins controller and board. */
#include "app.h"
#include "board.h"

static kb_controller controller; /* the only one, and all the memory that it ever uses */

static void drain(void) {
    while (controller.outbox.written != controller.outbox.read) {
        if (!board_host_write(controller.outbox.bytes[controller.outbox.read % KB_OUTBOX_BYTES])) return;
        controller.outbox.read++;
    }
}

static void hear(void) {
    for (int byte = board_host_read(); byte >= 0; byte = board_host_read()) {
        kb_controller_receive(&controller, board_micros(), (uint8_t)byte);
    }
}

static void regulate(void) {
    kb_readings readings;
    kb_axis_drive drives[KB_MOST_AXES];
    while (board_step_due(&readings)) {
        kb_controller_step(&controller, board_micros(), &readings, drives);
        board_drive(drives, controller.settings.axes);
        kb_controller_report(&controller, board_micros());
        drain();
    }
}

void kb_app_run(void) {
    static kb_settings settings;
    size_t length = 0;
    board_init();
    const uint8_t *page = board_settings(&length);
    /* A board without intact settings says nothing and drives nothing: its watchdog resets it for ever. */
    if (!kb_settings_read(&settings, page, length) || settings.axes > board_axes()) {
        for (;;) {}
    }
    kb_controller_init(&controller, &settings, board_boot_id());
    for (;;) {
        kb_controller_sense(&controller, board_micros(), board_button(), board_bumper());
        kb_controller_charging(&controller, board_charging());
        regulate();
        hear();
        kb_controller_report(&controller, board_micros());
        drain();
        board_passed(&controller);
    }
}
