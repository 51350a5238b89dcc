//! The HTTP edge: reading requests, answering them, and nothing in between.

pub mod body;
pub mod edge;
pub mod paging;
pub mod problem;
pub mod reply;
pub mod serve;

<<<<<<< HEAD
pub use body::{At, Body, NoBody, Query, given};
=======
pub use body::{At, Body, Loose, NoBody, Query};
>>>>>>> a3bad9e (Queries and forms say what is wrong by name; a pause needs no body; tests of forms' addresses, error pages and the phone's width)
pub use edge::{Peer, RequestId};
pub use paging::{Cursor, Page, Paging};
pub use problem::{Halt, Problem};
pub use reply::Reply;
