"""Simulated Dynamixel Protocol 2.0 devices: servos with their control table, and the OpenCR board."""
