//! The program as people start it: what it prints, where, and with which exit code.

mod archive;
mod demo;
mod doctor;
mod import;
mod place;
