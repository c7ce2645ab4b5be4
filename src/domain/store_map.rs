//! The store map: nodes, edges, sections and shelf locations.
