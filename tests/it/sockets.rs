//! The appliance behind a real listener, asked byte by byte: what no HTTP library would send.

mod protocol;
mod shop;
