"""What the benches of the wire share: a decoder of its own kind to judge ours, damage to frames, and the far ends."""
