//! The HTTP edge: reading requests, answering them, and nothing in between.

pub mod body;
pub mod edge;
pub mod paging;
mod patience;
pub mod problem;
pub mod reply;
pub mod serve;

pub use body::{At, Body, Loose, NoBody, Query, Segments, given};
pub use edge::{Peer, RequestId};
pub use paging::{Cursor, Page, Paging, Placed};
pub use problem::{Halt, Problem};
pub use reply::Reply;
