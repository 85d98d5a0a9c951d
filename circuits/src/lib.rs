//! Layout planner, strips, gadgets and the halo2 circuit of a quantised model.
