//! The Unix socket: the command line's door into a running server.
