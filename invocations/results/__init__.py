"""What people read after pressing Run: progress, targets, outputs, history. It reads rows and calls no cloud."""
