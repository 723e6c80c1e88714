"""Who is baked: eight people, as data."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Clothes:
    """Colours of the painted clothes, 0..255; `stripe_period_m` None leaves the top plain."""

    top: Rgb
    trousers: Rgb
    shoes: Rgb
    stripe_period_m: float | None
    buttons: Rgb | None


@dataclass(frozen=True, slots=True)
class Looks:
    """Skin, hair and brow colours; `hair_to_m` is how far hair hangs below eye level at the back."""

    skin: Rgb
    hair: Rgb
    brows: Rgb
    lips: Rgb
    hair_to_m: float
    hairline_m: float


@dataclass(frozen=True, slots=True)
class BodySpec:
    """One person: anny's phenotype values in [0, 1] (`femininity` 1 is a woman), stature in m, `stoop` of
    the spine in rad; `detail`: share of the faces that are kept, and below 1 half the texture."""

    name: str
    femininity: float
    age: float
    muscle: float
    weight: float
    stature_m: float
    stoop: float
    clothes: Clothes
    looks: Looks
    detail: float = 1.0


BODIES = (
    BodySpec(
        "old_woman",
        femininity=0.95,
        age=1.0,
        muscle=0.4,
        weight=0.85,
        stature_m=1.56,
        stoop=0.14,
        clothes=Clothes((140, 62, 84), (66, 60, 66), (44, 34, 32), 0.14, (226, 214, 200)),
        looks=Looks((216, 170, 146), (206, 204, 202), (158, 150, 142), (172, 92, 86), 0.09, 0.062),
    ),
    BodySpec(
        "old_man",
        femininity=0.05,
        age=1.0,
        muscle=0.45,
        weight=0.7,
        stature_m=1.68,
        stoop=0.11,
        clothes=Clothes((64, 96, 150), (92, 82, 66), (36, 30, 28), 0.09, (225, 220, 205)),
        looks=Looks((208, 158, 132), (168, 166, 164), (140, 134, 128), (166, 96, 88), 0.05, 0.078),
    ),
    BodySpec(
        "carer",
        femininity=0.95,
        age=0.72,
        muscle=0.55,
        weight=0.85,
        stature_m=1.63,
        stoop=0.03,
        clothes=Clothes((70, 150, 142), (48, 58, 84), (226, 226, 222), None, None),
        looks=Looks((220, 174, 146), (58, 44, 38), (58, 44, 38), (178, 96, 90), 0.085, 0.06),
    ),
    BodySpec(
        "child",
        femininity=0.4,
        age=0.33,
        muscle=0.45,
        weight=0.45,
        stature_m=1.16,
        stoop=0.0,
        clothes=Clothes((222, 168, 52), (52, 92, 150), (198, 60, 52), None, None),
        looks=Looks((232, 190, 164), (112, 78, 48), (104, 74, 48), (196, 108, 100), 0.06, 0.062),
        detail=0.3,
    ),
    BodySpec(
        "heavy_woman",
        femininity=0.95,
        age=0.97,
        muscle=0.35,
        weight=1.0,
        stature_m=1.60,
        stoop=0.12,
        clothes=Clothes((96, 74, 132), (40, 44, 52), (92, 70, 58), None, (230, 222, 210)),
        looks=Looks((222, 178, 152), (186, 180, 172), (150, 142, 134), (176, 96, 90), 0.08, 0.062),
        detail=0.3,
    ),
    BodySpec(
        "tall_man",
        femininity=0.05,
        age=1.0,
        muscle=0.35,
        weight=0.25,
        stature_m=1.82,
        stoop=0.13,
        clothes=Clothes((176, 172, 160), (60, 66, 78), (52, 38, 30), 0.11, None),
        looks=Looks((206, 156, 128), (222, 220, 216), (186, 182, 176), (166, 96, 88), 0.04, 0.085),
        detail=0.3,
    ),
    BodySpec(
        "young_woman",
        femininity=0.95,
        age=0.66,
        muscle=0.5,
        weight=0.5,
        stature_m=1.70,
        stoop=0.0,
        clothes=Clothes((206, 84, 72), (44, 54, 78), (232, 230, 226), None, None),
        looks=Looks((172, 124, 92), (34, 28, 26), (34, 28, 26), (146, 78, 70), 0.14, 0.06),
        detail=0.3,
    ),
    BodySpec(
        "young_man",
        femininity=0.05,
        age=0.67,
        muscle=0.65,
        weight=0.6,
        stature_m=1.79,
        stoop=0.0,
        clothes=Clothes((54, 110, 84), (150, 138, 116), (58, 60, 66), None, None),
        looks=Looks((118, 80, 58), (30, 26, 24), (30, 26, 24), (116, 64, 56), 0.05, 0.07),
        detail=0.3,
    ),
)
