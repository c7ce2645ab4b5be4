//! Wires the app, listeners and jobs together.
