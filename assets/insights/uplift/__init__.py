"""What actions brought: who bought because of them, and who would have bought anyway."""
