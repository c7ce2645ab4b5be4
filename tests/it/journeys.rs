//! Whole days: what several people and trolleys do one after another, and at once.

mod at_once;
mod first_day;
mod https;
mod live;
mod older_systems;
mod pulled_plug;
