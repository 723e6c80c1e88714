"""The nurse's console: the room where an alarm reaches a human.

In: `incidents`, `mission`, `chain`, `controller`, `battery`, `diagnostics` from the robot, and the de-identified
pictures that perception leaves in STATE_DIR/pictures. Out: a web page behind a token (loopback unless the profile says
otherwise), webhooks to the site's contacts through an outbox on disk, and the service call `acknowledge_incident` to
behaviors, which owns the incidents. Audit and outbox live in STATE_DIR/console.sqlite. Open `desk.py` first (what the
page may know and do), then `view.py` (what it shows), `app.py` (how it is asked), `outbox.py` (how nothing is lost).
"""
