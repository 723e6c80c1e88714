"""Makes the picture of the console for the docs: `python -m tests.browser.screenshot OUT.png [--language zh]`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from kangban.values import IncidentState
from tests.browser.chromium import browser
from tests.browser.demo import OPENED_WALL, STORY, STORY_ZH, fall, running_console
from tests.browser.figure import draw_figure


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--phone", action="store_true", help="a small screen instead of a desk's")
    parser.add_argument("--dark", action="store_true", help="as at night")
    parser.add_argument("--scene", choices=("alarm", "taken", "calm", "login", "lost"), default="alarm")
    args = parser.parse_args()
    size = {"width": 390, "height": 844} if args.phone else {"width": 1200, "height": 900}
    with (
        tempfile.TemporaryDirectory() as name,
        running_console(Path(name), language=args.language) as running,
        browser() as chromium,
    ):
        draw_figure(Path(name) / "pictures" / "fall-2.png")
        earlier = {"opened_wall": OPENED_WALL - 7200.0, "acknowledged_by": "Li Na", "room": "bedroom"}
        house = running.house
        over = fall("fall-1", IncidentState.RESOLVED, house.clock.now() - 800.0, **earlier)
        story = STORY_ZH if args.language == "zh" else STORY
        now = fall("fall-2", IncidentState.ALARMED, house.clock.now() - 134.0, log=story)
        if args.language == "zh":
            house.doing = "已呼叫，等待有人接手"
        house.happen(*([over] if args.scene == "calm" else [now, over]))
        if args.scene == "taken":
            house.acknowledge("fall-2", "Li Na", "")
        page = chromium.new_page(viewport=size, color_scheme="dark" if args.dark else "light")
        page.goto(running.server.url if args.scene == "login" else running.server.login_url)
        page.wait_for_selector("#login:not([hidden])" if args.scene == "login" else "#desk:not([hidden])")
        if args.scene in ("alarm", "taken", "lost"):
            page.locator(".picture").first.evaluate("picture => picture.decode()")
        if args.scene == "lost":
            running.server.close()
            page.wait_for_selector("#banner:not([hidden])")
        page.screenshot(path=args.out, full_page=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
