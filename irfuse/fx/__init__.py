"""Between FX and IR: types and sizes of values, which FX values an IR value stands for, the way back to a graph."""
