"""Where the robot is on the map, and whether that is known.

Odometry carries the pose on; each scan weighs a cloud of particles about it, and the matcher then finds the pose among
them to a centimetre. Unknown stays unknown: a pose is given only while one place is left and the scans agree with it
(`locating/knowing.py`). Otherwise places where the robot is likely to stand (the dock, the last known pose) are tried
with every scan, and the whole map is searched; what is seen on the way tells those places apart.

Everything is drawn from the seed and the scan's own stamp: the same readings give the same poses.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from kangban.values import Array, MapPose, Odometry, Persons, Pose2D, Scan, wrap_angle
from navigation.field import Field
from navigation.locating import candidates, everywhere, knowing, motion, senses, trying
from navigation.locating.belief import Belief as Belief
from navigation.locating.candidates import LATE, RETURNS, UNLIKELY, Place
from navigation.locating.knowing import BEGAN_ANEW, CARRIED, Look, State
from navigation.locating.senses import Fault
from navigation.locating.trying import Seen
from navigation.matching import FEWEST, Fit, agreement, thinned

CERTAIN, UNCERTAIN = 0.98, 0.90  # how likely a place must be to be taken for known, and to stay known
CLAIM, CLAIM_M = 0.65, 0.5  # a place found by search: share of explained returns, over at least so much moved
WIDEST_STD_M = 0.30  # less sure than this is not known
LARGEST_STEP_M, LARGEST_STEP_RAD = 0.10, 0.10  # of one correction
LOOK_S = 0.5  # the whole map is looked over so often while the pose is not known
LOOK_M, LOOK_NEW_M = 0.5, 0.15  # and while it is known each time the robot has moved so far; while that is still new
NEW_M = 1.5  # a pose that was taken for known is new so far
USUAL_S, WORSE = 20.0, 0.8  # agreement below this share of its usual one: look elsewhere too


def begin(places_in_map: tuple[Pose2D, ...], odometry: Odometry, seed: int = 0) -> Belief:
    """Nothing confirmed yet; at `odometry` the robot may stand at one of these places, the last of them its dock."""
    back = odometry.pose_in_odom.inverse()
    tried = tuple(place @ back for place in places_in_map)
    first = tried[0] if tried else None
    return Belief(map_from_odom=first, history=(odometry,), tried=tried, homes=places_in_map[-1:], seed=seed)


def pose(belief: Belief, stamp: float | None = None) -> MapPose | None:
    """The known pose at the last odometry, or at a stamp within the history; None while unknown."""
    at = belief.odometry if stamp is None else motion.at(belief.history, stamp)
    if not belief.known or belief.map_from_odom is None or at is None:
        return None
    return MapPose(at.stamp, belief.map_from_odom @ at.pose_in_odom, position_std(belief))


def position_std(belief: Belief) -> float:
    return math.sqrt(max(0.0, float(np.linalg.eigvalsh(belief.covariance[:2, :2])[-1])))


def moved(belief: Belief, odometry: Odometry) -> Belief:
    """Carry the pose on by odometry. Where it began anew the robot stands where it stood, to be confirmed by a scan."""
    last = belief.odometry
    if last is None:
        return replace(belief, history=(odometry,))
    if odometry.stamp <= last.stamp and last.stamp - odometry.stamp < motion.BACKWARDS_S:
        return belief  # an old message
    if odometry.stamp <= last.stamp or motion.began_anew(last, odometry):
        return _rebased(belief, last, odometry, (last.pose_in_odom,))
    if motion.perhaps_anew(last, odometry):
        return _rebased(belief, last, odometry, (odometry.pose_in_odom, last.pose_in_odom))
    kept = tuple(o for o in belief.history if o.stamp > odometry.stamp - motion.HISTORY_S)
    belief = replace(belief, history=(*kept, odometry))
    step = last.pose_in_odom.inverse() @ odometry.pose_in_odom
    if not belief.known:
        belief = replace(belief, strayed=belief.strayed + motion.novelty(step))
    if belief.map_from_odom is not None:
        stood = belief.map_from_odom @ last.pose_in_odom
        belief = replace(belief, covariance=motion.spread(belief.covariance, stood, step))
    vague = belief.known and position_std(belief) > WIDEST_STD_M
    if vague or senses.silent(belief.senses, odometry.stamp):
        fault = Fault.SILENT if senses.silent(belief.senses, odometry.stamp) else belief.senses.fault
        return _known_as(belief, Look(fault=fault, vague=vague), odometry.stamp)
    return belief


def corrected(
    belief: Belief, scan: Scan, points_in_base: Array, on_map: Field, persons: Persons | None = None
) -> Belief:
    """Use a scan (its returns as (n, 2), m, in the base) taken at a time that the odometry covers.

    Returns at `persons`, seen a little before the scan, are left out: people move, the map does not know them.
    """
    at, last = motion.at(belief.history, scan.stamp), belief.senses.stamp
    if at is None or (last is not None and scan.stamp <= last):
        return belief
    belief = replace(belief, senses=senses.step(belief.senses, scan, at.pose_in_odom))
    if belief.senses.fault is not None:
        return _known_as(replace(belief, agreement=None), Look(fault=belief.senses.fault), scan.stamp)
    if belief.senses.carried:
        belief = _known_as(replace(belief, trusted=False), Look(interrupted=CARRIED), scan.stamp)
    points = _without(persons, points_in_base, belief.history, at)
    if len(points) < FEWEST:  # says nothing: no reason to doubt; the growing uncertainty of the odometry ends that
        return _known_as(replace(belief, agreement=None), Look(), scan.stamp)
    rng = np.random.default_rng((belief.seed, round(scan.stamp * 1000.0) % 2**32))
    seen = Seen(at, points, thinned(points, RETURNS), on_map, rng)
    belief = _weigh(belief, seen)
    if not belief.known:
        found = trying.likely(belief, seen)
        if found is not None:
            return _take(belief, found, seen)
    return _judge(belief, seen)


def _without(persons: Persons | None, points: Array, history: tuple[Odometry, ...], at: Odometry) -> Array:
    then = None if persons is None else motion.at(history, persons.stamp)
    if persons is None or then is None:
        return points
    return senses.without_people(points, persons, then.pose_in_odom.inverse() @ at.pose_in_odom)


def _weigh(belief: Belief, seen: Seen) -> Belief:
    """Carry all places to this scan and weigh them; look all over the map where that is due."""
    step = seen.at.pose_in_odom if belief.at is None else belief.at.inverse() @ seen.at.pose_in_odom
    places = candidates.weighed(belief.places, step, seen.on_map, seen.points, seen.returns, seen.rng)
    belief = replace(belief, places=places, at=seen.at.pose_in_odom)
    if not _elsewhere_due(belief, seen.at.stamp):
        return belief
    return _look(belief, seen)


def _look(belief: Belief, seen: Seen) -> Belief:
    found = everywhere.look(seen.on_map, seen.points, seen.returns)
    sure = belief.known and belief.places and belief.places[0].seen >= NEW_M
    late = UNLIKELY if sure else LATE
    places = candidates.joined(belief.places, found, seen.on_map, seen.returns, late, seen.rng)
    return replace(belief, places=places, looked_at=seen.at.stamp, looked_seen=places[0].seen if places else 0.0)


def _elsewhere_due(belief: Belief, stamp: float) -> bool:
    """While it searches; and now and then while it knows, at once where it fits much worse than it used to."""
    if belief.looked_at is None or stamp < belief.looked_at or not belief.places:
        return True
    share, usual = belief.agreement, belief.usual
    worse = share is not None and usual is not None and share < WORSE * usual
    if not belief.known or worse:
        return stamp - belief.looked_at >= LOOK_S
    seen = belief.places[0].seen
    return seen - belief.looked_seen >= (LOOK_NEW_M if seen < NEW_M else LOOK_M)


def _judge(belief: Belief, seen: Seen) -> Belief:
    """What the places tell after this scan; with one left, the pose."""
    if not belief.places:
        return _known_as(replace(belief, agreement=None), Look(share=0.0), seen.at.stamp)
    if not belief.known and _may_claim(belief):
        belief = _look(belief, seen)  # against all that looks like this now
    first, certainty = belief.places[0], candidates.certainty(belief.places)
    if not belief.known and _may_claim(belief):
        return _take(belief, first.fit, seen, belief.places[:1])
    hope, count = max(p.agreement for p in belief.places), len(belief.places)
    if not belief.known:
        share = first.fit.agreement
        look = Look(share=share, hope=hope, places=count, rivals=certainty < UNCERTAIN)
        return _known_as(replace(belief, agreement=share), look, seen.at.stamp)
    assert belief.map_from_odom is not None  # it is known
    here = belief.map_from_odom @ seen.at.pose_in_odom
    own, others = candidates.contenders(belief.places, here)
    rivals = own is None or candidates.certainty((own, *others)) < UNCERTAIN
    known_share = agreement(seen.on_map, seen.points, here) if own is None else own.fit.agreement
    look = Look(share=known_share, hope=hope, places=count, rivals=rivals)
    belief = _known_as(replace(belief, agreement=known_share), look, seen.at.stamp)
    return _followed(belief, own.fit, seen) if belief.known and own is not None else belief


def _may_claim(belief: Belief) -> bool:
    first = belief.places[0]
    fits = first.agreement >= CLAIM and first.fit.agreement >= CLAIM
    return fits and first.seen >= CLAIM_M and candidates.certainty(belief.places) >= CERTAIN


def _followed(belief: Belief, found: Fit, seen: Seen) -> Belief:
    """The known pose after a scan: at most so far at once; the rest follows with the next scans, if they agree."""
    assert belief.map_from_odom is not None  # it is known
    at, share = seen.at.pose_in_odom, found.agreement
    bounded = _bounded(belief.map_from_odom @ at, found.pose_in_map)
    usual = share if belief.usual is None else belief.usual + (share - belief.usual) / (USUAL_S * 10.0)
    return replace(belief, map_from_odom=bounded @ at.inverse(), covariance=found.covariance, usual=usual)


def _take(belief: Belief, found: Fit, seen: Seen, places: tuple[Place, ...] = ()) -> Belief:
    """From now on this is the pose."""
    at = seen.at.pose_in_odom
    belief = replace(
        belief,
        map_from_odom=found.pose_in_map @ at.inverse(),
        covariance=found.covariance,
        places=places or candidates.certain(found, seen.rng),
        at=at,
        tried=(),
        agreement=found.agreement,
        usual=None,
        trusted=True,
        strayed=0.0,
        looked_seen=0.0,
    )
    return _known_as(belief, Look(share=found.agreement, confirmed=True), seen.at.stamp)


def _known_as(belief: Belief, look: Look, stamp: float) -> Belief:
    """Let the state follow. A pose that the scans spoke against is tried from then on, but no longer trusted."""
    before, after = belief.knowing.state, knowing.step(belief.knowing, look, stamp)
    spoken_against = look.rivals or (look.share is not None and look.share < knowing.DOUBT)
    if before is State.KNOWN and after.state is State.DOUBTFUL and spoken_against:
        belief = replace(belief, trusted=False)
    given_up = before in (State.KNOWN, State.DOUBTFUL) and after.state is State.SEARCHING
    if given_up and belief.map_from_odom is not None:
        at = Pose2D(0.0, 0.0, 0.0) if belief.odometry is None else belief.odometry.pose_in_odom
        tried = trying.distinct((belief.map_from_odom, *belief.tried), at)
        belief = replace(belief, tried=tried, trusted=False, strayed=0.0)
    return replace(belief, knowing=after)


def _rebased(belief: Belief, last: Odometry, odometry: Odometry, stood: tuple[Pose2D, ...]) -> Belief:
    """The odometry's frame is another now. In the old one the robot is at one of these poses, to be confirmed."""
    back, before = odometry.pose_in_odom.inverse(), belief.map_from_odom
    since = last.pose_in_odom if belief.at is None else belief.at.inverse() @ last.pose_in_odom
    places = candidates.carried(belief.places, since, np.random.default_rng(belief.seed))
    shifts = tuple(s @ back for s in stood)  # of the new frame in the old one
    was_known = belief.knowing.state in (State.KNOWN, State.DOUBTFUL) and before is not None
    old = (before,) if was_known and before is not None else belief.tried
    belief = replace(
        belief,
        map_from_odom=None if before is None else before @ shifts[0],
        history=(odometry,),
        tried=trying.distinct((pose @ shift for pose in old for shift in shifts), odometry.pose_in_odom),
        places=places,
        at=odometry.pose_in_odom,
        strayed=0.0 if was_known else belief.strayed,
        senses=replace(belief.senses, stamp=None) if odometry.stamp <= last.stamp else belief.senses,
    )
    return _known_as(belief, Look(interrupted=BEGAN_ANEW), odometry.stamp)


def _bounded(guess: Pose2D, found: Pose2D) -> Pose2D:
    """At most so much in one correction."""
    dx, dy, turn = found.x - guess.x, found.y - guess.y, wrap_angle(found.yaw - guess.yaw)
    share = min(1.0, LARGEST_STEP_M / max(math.hypot(dx, dy), 1e-12), LARGEST_STEP_RAD / max(abs(turn), 1e-12))
    return Pose2D(guess.x + share * dx, guess.y + share * dy, wrap_angle(guess.yaw + share * turn))
