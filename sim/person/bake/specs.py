"""Who is baked: three people, as data."""

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
    the spine in rad."""

    name: str
    femininity: float
    age: float
    muscle: float
    weight: float
    stature_m: float
    stoop: float
    clothes: Clothes
    looks: Looks


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
)
