"""What she is reminded of and asked: medicine, water, appointments, and the good-morning question.

`course.py` (pure): what becomes of one reminder once it is due: asked, asked again, confirmed, told. `schedule.py`
(pure): which are due and which were missed. `store.py`: both on disk, before anything is said or answered. `desk.py`
owns them and puts them to work; the services are in `nodes/company.py`. Open `course.py` first.
"""
