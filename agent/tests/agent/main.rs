//! The agent tested through its sockets: what strangers see, which orders it takes, what its receipts say, how it ends.

mod calling;
mod deploy;
mod doors;
mod downloading;
mod drain;
mod lines;
mod measuring;
mod orders;
mod program;
mod receipts;
mod strangers;
mod stubborn;
mod support;
mod unfinished;
