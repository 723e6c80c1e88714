"""`kangban score falls`: how many labelled falls are found, how soon, and how often an alarm was for nothing.

In flow a manifest of clips (films, or recordings of landmarks) with the times of their falls; out flow figures, as a
table, as JSON and as a page that explains every miss and every false alarm. `manifest.py` reads the labels,
`marking.py` says what counts as found, late and false, `sums.py` makes the figures; `runner.py` shares the clips out to
processes (`worker.py`), and `page.py` writes the page. Open `marking.py` first.
"""
