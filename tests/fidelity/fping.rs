//! `fping`: echo requests and their replies.

use std::collections::HashMap;
use std::time::Duration;

use ringfence_tests::capture::echoes;

use super::curl::seconds;
use super::error::Row;
use super::ground::{Ground, TARGET};

pub(crate) fn measure(ground: &Ground) -> Vec<Row> {
    let (said, packets) =
        ground.watch(|| ground.said("fping", &["-c", "500", "-p", "10", "-t", "2000", TARGET]));
    let truths: HashMap<u16, Duration> = echoes(&packets).into_iter().collect();
    vec![Row::of_each("echo", &said.lines().filter_map(|line| read(line, &truths)).collect::<Vec<_>>())]
}

/// Reads a line such as `10.0.0.1 : [7], 64 bytes, 20.1 ms (20.0 avg, 0% loss)`.
fn read(line: &str, truths: &HashMap<u16, Duration>) -> Option<(Duration, Duration)> {
    let number = line.split_once('[')?.1.split_once(']')?.0.parse::<u16>().ok()?;
    let ms = line.split_once("bytes, ")?.1.split_once(" ms")?.0;
    Some((seconds(ms)? / 1_000, *truths.get(&number)?))
}
