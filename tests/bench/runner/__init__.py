"""What all rows of the benchmark share. Reading order: samples, child, machine, results, goals, report, compare."""
