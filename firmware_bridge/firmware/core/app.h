#ifndef KB_APP_H
#define KB_APP_H

/* Run the controller on this board; never returns. */
void kb_app_run(void);

#endif
