"""The bench: raw peers in C, and the driver that measures ours beside them."""
