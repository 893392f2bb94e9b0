//! Slots of a window: who holds one, who waits, and when one lapses.

use std::future::pending;
use std::pin::pin;

use tokio::task::JoinSet;

use super::*;

async fn hear_nothing(mut slot: Slot) {
    slot.until_heard(pin!(pending::<()>())).await;
}

fn filled(now: Instant) -> Slots {
    let mut slots = Slots::default();
    for _ in 0..SLOTS {
        assert_eq!(slots.take(now), Taken::Slot);
    }
    slots
}

#[test]
fn calls_that_are_connected_hold_their_slots_and_others_wait() {
    let start = Instant::now();
    let mut slots = filled(start);
    assert_eq!(slots.take(start), Taken::None);
    for _ in 0..SLOTS {
        slots.connect(Held::Sent, start);
    }
    assert_eq!(slots.take(start), Taken::NoneUntil(start + UNHEARD));
    let answered = start + Duration::from_millis(400);
    slots.answered = Some(answered);
    let later = start + UNHEARD;
    assert_eq!(slots.take(later), Taken::NoneUntil(answered + UNHEARD), "the target is at work, if slowly");
    assert_eq!(slots.take(answered + UNHEARD), Taken::Slot, "it answers nobody");
}

#[test]
fn a_late_answer_takes_its_slot_back_above_the_window() {
    let start = Instant::now();
    let mut slots = filled(start);
    let lapsed = slots.leave(Held::Sent);
    assert_eq!(slots.take(start), Taken::Slot);
    let late = slots.connect(lapsed, start);
    slots.leave(Held::Sent);
    assert_eq!(slots.take(start), Taken::NoneUntil(start + UNHEARD));
    slots.leave(late);
    assert_eq!(slots.take(start), Taken::Slot);
}

#[test]
fn silent_calls_to_one_address_start_faster_than_a_vantage_starts_any() {
    // Timers are at most a millisecond late.
    let rounds_in_a_second = Duration::from_secs(1).as_millis() / (UNANSWERED.as_millis() + 1);
    assert!(
        rounds_in_a_second * SLOTS as u128 > 2 * 20_000,
        "by default a vantage starts 20,000 calls a second"
    );
}

#[tokio::test]
async fn a_slot_that_is_left_is_given_to_who_waits() {
    let windows = Windows::default();
    let [near, far] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
    let mut held = Vec::new();
    for _ in 0..SLOTS {
        held.push(windows.enter(near).await);
    }
    let elsewhere = windows.enter(far).await;
    let (next, ()) = tokio::join!(windows.enter(near), async { drop(held.pop()) });
    let window = windows.towards(near);
    assert_eq!(window.slots().sent, SLOTS);
    drop((next, elsewhere, held));
    assert_eq!(window.slots().sent, 0);
}

#[tokio::test]
async fn calls_that_hear_nothing_leave_their_slots_and_those_that_hear_at_once_keep_them() {
    let (windows, silent) = (Windows::default(), IpAddr::from([192, 0, 2, 1]));
    let mut calls = JoinSet::new();
    for _ in 0..4 * SLOTS {
        calls.spawn(hear_nothing(windows.enter(silent).await));
    }
    let mut slot = windows.enter(silent).await;
    slot.until_heard(pin!(async {})).await;
    assert_eq!(slot.held, Held::Sent);
    slot.connected();
    assert!(matches!(slot.held, Held::Connected(..)));
}

#[tokio::test]
async fn windows_without_calls_are_let_go_of() {
    let windows = Windows::default();
    for last in 0..=u16::MAX {
        let [a, b] = last.to_be_bytes();
        drop(windows.enter(IpAddr::from([10, 0, a, b])).await);
    }
    assert!(windows.0.lock().expect("no panic").capacity() < 100);
}
