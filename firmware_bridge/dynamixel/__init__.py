"""Dynamixel Protocol 2.0: servos on a bus, and TurtleBot3's OpenCR board."""
