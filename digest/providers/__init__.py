"""Where mail goes out: one file per provider, all behind `ports.Provider`, all run through one contract suite."""
