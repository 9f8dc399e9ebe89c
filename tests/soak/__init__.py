"""What takes too long for every change, or needs what not every machine has: `make soak`."""
