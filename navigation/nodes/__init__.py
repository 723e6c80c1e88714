"""Nodes beside `navigation/node.py`: `nav2.py` runs in its place where the profile says `navigation.engine: nav2`;
`mapping.py` is the command's own.
"""
