"""Which mission has the turn: one at a time, by rank, put aside and taken up again where it was.

A *wish* (`wish.py`) is something that the robot should do and that takes a while: follow her, remind her, make a round.
Whoever hears of it (an action server, a schedule, a reminder that is due) hands it to `Missions.wish` (`desk.py`). The
arbiter (`arbiter.py`, pure) gives the turn to the wish of the highest rank. What needs no wish claims its rank on every
tick as long as it applies: a stop, an incident, a low battery; the mission is put aside meanwhile.

To add a mission:
1. choose a name and a rank; build its branch of the tree, a function `(times) -> Behaviour`, and put it into the table
   `MISSIONS` of `tree/missions.py`. While the mission has the turn its branch is ticked. When it loses the turn the
   branch is stopped at once (each leaf's `end` cancels what it began); when it gets the turn back the branch begins
   anew. What must survive that (the rooms left of a round, the question that was put) belongs to an object of the
   mission's own, looked up by the wish's id, not into leaves.
2. the branch ends with SUCCESS: done; with FAILURE: failed. The reason is what a leaf left with `because(code)`.
3. `missions.wish(Wish(...))` to want it, `missions.withdraw(id, why)` to take it back, `missions.on_end(name, tell)` to
   be told how each ended (done, failed, withdrawn, dropped, and why: a code of `texts.py`).

A leaf reads which wish it works for with `self.ports.missions.running()`.
Everything ends: a wish is dropped when it has waited `waits_s` without a turn, and when it has had the turn for
`lasts_s` in all; every leaf has its own limit besides. Open `arbiter.py` first.
"""
