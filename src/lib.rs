#![doc = include_str!("ARCHITECTURE.md")]

pub mod clock;
pub mod config;
pub mod data_dir;
pub mod telemetry;
pub mod tls;

pub mod domain;

pub mod auth;
pub mod blobs;
pub mod pictures;
pub mod search;
pub mod storage;

pub mod app;
pub mod backup;
pub mod wire;

pub mod control;
pub mod discovery;
pub mod gateway;
pub mod http;
pub mod jobs;
pub mod server;

pub mod cli;
