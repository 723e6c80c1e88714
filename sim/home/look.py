"""`python -m sim.home.look SITE OUT.png`: a home from above, and as the robot sees it from where it waits."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import pybullet as p
from numpy.typing import NDArray
from PIL import Image

from kangban.config import ConfigError, load_profile, load_site
from kangban.profile import Camera
from kangban.site import Site
from kangban.values import Pose2D
from sim.home.home import build
from sim.sensors.camera import Light, RgbdCamera, render
from sim.sensors.egl import RenderError, connect

SIDE = 480
CUT_M = 0.15  # below the ceiling
LENS_RAD = 0.7


def from_above(client: int, site: Site, light: Light) -> NDArray[np.uint8]:
    """(480, 640, 3) RGB, north up; the near plane cuts the ceiling off."""
    middle = [(min(r.min_m[k] for r in site.rooms) + max(r.max_m[k] for r in site.rooms)) / 2 for k in (0, 1)]
    wide, deep = (max(r.max_m[k] for r in site.rooms) - min(r.min_m[k] for r in site.rooms) for k in (0, 1))
    height = max(deep, wide * 3 / 4) / 2 * 1.08 / math.tan(LENS_RAD / 2) + site.ceiling_m
    near = height - site.ceiling_m + CUT_M
    looking = p.computeViewMatrix([*middle, height], [*middle, 0.0], [0, 1, 0])
    lens = p.computeProjectionMatrixFOV(math.degrees(LENS_RAD), 4 / 3, near, height + 1.0)
    _, _, pixels, _, _ = p.getCameraImage(
        640, SIDE, looking, lens, renderer=p.ER_BULLET_HARDWARE_OPENGL, lightDirection=light.direction,
        lightAmbientCoeff=light.ambient, lightDiffuseCoeff=light.diffuse, lightSpecularCoeff=0.0,
        flags=p.ER_NO_SEGMENTATION_MASK, physicsClientId=client,
    )  # fmt: skip
    return np.asarray(pixels, dtype=np.uint8).reshape(SIDE, 640, 4)[..., :3]


def from_the_watch_place(client: int, site: Site, camera: Camera, light: Light) -> NDArray[np.uint8]:
    eye = RgbdCamera(client, camera, light, np.random.default_rng(0))
    return render(client, eye.view(Pose2D(site.watch.x_m, site.watch.y_m, site.watch.yaw_rad)), light)[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site")
    parser.add_argument("out", type=Path)
    parser.add_argument("--profile", default="companion")
    args = parser.parse_args()
    light = Light()
    try:
        site, profile = load_site(args.site), load_profile(args.profile)
        client = connect()
    except (ConfigError, RenderError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        build(client, site, Path(folder), np.random.default_rng(1))
        above = Image.fromarray(from_above(client, site, light))
        seen = Image.fromarray(from_the_watch_place(client, site, profile.camera, light))
    p.disconnect(client)
    sheet = Image.new("RGB", (above.width + seen.width, max(above.height, seen.height)))
    sheet.paste(above, (0, 0))
    sheet.paste(seen, (above.width, 0))
    sheet.save(args.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
