//! What passes for a run and is none raises nothing, and what is one still does: timelines by the rules that ship.

use haishao::config;
use haishao::model::units::knots_to_mps;
use haishao::model::{AisClass, AisState, Alert, AlertState, Looks, Mmsi, Plausibility, Sensing, Track, TrackId};
use haishao::rules::Grounds;

use crate::rule_watch::{OPEN_SEA, SEA, Watch, heard, night, second, ship, track};

/// A craft seen from `born` on at a place of the site's plane, going east.
fn craft(id: u64, born: f64, seconds: f64, at: [f64; 2], kn: f64) -> Track {
    Track {
        born: night().plus_seconds(born),
        velocity_cov: [0.6, 0.0, 0.6],
        sog_lcb90: knots_to_mps((kn - 2.0).max(0.0)),
        p_exist: 0.99,
        p_fast: 0.95,
        sensing: Sensing { echo_m2: Some([2.5, 4.0]), sea_km2: Some(0.02), ..Sensing::default() },
        ..track(id, seconds, at, [knots_to_mps(kn), 0.0])
    }
}

/// What the rules that ship say, all of them, with a look every 2.5 s at the tracks that are there.
fn watch(to: f64, looks: impl Fn(f64) -> Vec<Track>) -> Vec<Alert> {
    let mut watch = Watch::by(OPEN_SEA, config::default_rules().unwrap(), &Grounds::default());
    watch.run(0.0, to, looks);
    watch.alerts
}

/// When a rule was raised about a track, s.
fn raised(alerts: &[Alert], rule: &str, id: u64) -> Vec<f64> {
    let of = |a: &&Alert| a.rule == rule && a.track == TrackId(id) && a.state == AlertState::Raised;
    alerts.iter().filter(of).map(second).collect()
}

/// A boat of 40 kn that appears at 100 s, 4 km from the origin and as changed.
fn alone(change: impl Fn(&mut Track)) -> Vec<f64> {
    let looks = |s: f64| {
        let mut track = craft(2, 100.0, s, [-4000.0 + 20.6 * (s - 100.0), 500.0], 40.0);
        change(&mut track);
        if s >= 100.0 { vec![track] } else { Vec::new() }
    };
    raised(&watch(300.0, looks), "R01", 2)
}

#[test]
fn a_boat_is_raised_within_seconds_and_what_has_no_known_speed_is_not() {
    assert_eq!(alone(|_| {}), [105.0]);
    // Two plots of two things: the speed is known to 16 kn.
    assert!(alone(|t| t.velocity_cov = [68.0, 0.0, 68.0]).is_empty());
    assert!(alone(|t| t.sog_lcb90 = knots_to_mps(90.0)).is_empty());
}

/// Ten looks of which so many saw it.
fn seen_in(hits: usize) -> Looks {
    let mut looks = Looks::default();
    (0..10).for_each(|i| looks.note(i < hits));
    looks
}

#[test]
fn one_look_is_enough_of_who_is_seen_in_half_of_them_and_began_away_from_all_that_is_held() {
    // A boat seen from 100 s on whose speed is known from so many seconds on; perhaps another lies where it began.
    let known = |from: f64, hits: usize, lies: bool| {
        let looks = |s: f64| {
            let mut tracks = if lies { vec![craft(1, 0.0, s, [-4000.0, 400.0], 1.0)] } else { Vec::new() };
            if s >= 100.0 {
                let mut boat = craft(2, 100.0, s, [-4000.0 + 20.6 * (s - 100.0), 500.0], 40.0);
                boat.sensing.looks = seen_in(hits);
                boat.sog_lcb90 = if s >= from { boat.sog_lcb90 } else { knots_to_mps(20.0) };
                tracks.push(boat);
            }
            tracks
        };
        raised(&watch(300.0, looks), "R01", 2)
    };
    assert_eq!(known(120.0, 5, false), [120.0]);
    // Three looks of one radar, 5 s: of who is seen more seldom, of what might be a chain of the sea's plots until it is 15 s old, of who was known
    // to be slower for a minute and a half, and beside a craft whose second echo it may be.
    assert_eq!(known(120.0, 4, false), [125.0]);
    assert_eq!(known(107.5, 5, false), [112.5]);
    assert_eq!(known(190.0, 5, false), [195.0]);
    assert_eq!(known(120.0, 5, true), [125.0]);
}

#[test]
fn a_weak_echo_seen_at_nearly_every_look_is_a_boat_bow_on_and_a_weaker_one_a_bird() {
    let shows = |m2: f32, hits: usize| {
        alone(|t| {
            t.sensing.echo_m2 = Some([m2, 0.92]);
            t.sensing.looks = seen_in(hits);
        })
    };
    assert_eq!(shows(0.55, 9).len(), 1);
    assert!(shows(0.55, 7).is_empty());
    assert!(shows(0.38, 9).is_empty());
}

#[test]
fn a_second_track_beside_a_craft_that_is_held_waits_until_it_has_shown_itself() {
    let beside = |metres: f64, live_s: f64| {
        let looks = move |s: f64| {
            let mut tracks = vec![craft(1, 0.0, s, [0.0, 0.0], 1.0)];
            if (100.0..100.0 + live_s).contains(&s) {
                tracks.push(craft(2, 100.0, s, [metres + 20.6 * (s - 100.0), 0.0], 40.0));
            }
            tracks
        };
        raised(&watch(300.0, looks), "R01", 2)
    };
    assert!(beside(60.0, 25.0).is_empty());
    // A boat that leaves a fleet is called half a minute later, one that begins 900 m off at once.
    assert_eq!(beside(60.0, 200.0), [130.0]);
    assert_eq!(beside(900.0, 200.0), [105.0]);
}

#[test]
fn a_bird_is_none_by_its_echo_and_a_boat_in_a_rough_sea_is_one() {
    let with =
        |echo: Option<[f32; 2]>, sea: Option<f32>| alone(move |t| (t.sensing.echo_m2, t.sensing.sea_km2) = (echo, sea)).len();
    assert_eq!(with(Some([0.2, 0.4]), Some(0.02)), 0);
    // Bow-on in a calm, bow-on behind waves, and where no radar tells the size.
    assert_eq!(with(Some([0.8, 1.1]), Some(0.02)), 1);
    assert_eq!(with(Some([0.12, 0.2]), Some(0.25)), 1);
    assert_eq!(with(None, None), 1);
    assert_eq!(with(Some([0.02, 0.04]), Some(0.25)), 0);
}

#[test]
fn two_boats_in_company_are_no_birds_and_a_bird_tracked_twice_is_one() {
    // Both show a bird's echo in a calm; the second goes `off` metres abeam of the first, and `slower` than it.
    let called = |off: f64, echo: [f32; 2], slower: f64| -> Vec<f64> {
        let looks = move |s: f64| {
            let one = |id: u64, north: f64, kn: f64| {
                let mut t = craft(id, 0.0, s, [-4000.0 + knots_to_mps(kn) * s, north], kn);
                // An echo is known of what radars have looked at.
                (t.sensing.echo_m2, t.sensing.sea_km2, t.sensing.looks) = (Some(echo), Some(0.02), seen_in(6));
                t
            };
            vec![one(2, 500.0, 40.0), one(3, 500.0 + off, 40.0 - slower)]
        };
        let alerts = watch(120.0, looks);
        raised(&alerts, "R01", 2).into_iter().chain(raised(&alerts, "R18", 2)).collect()
    };
    let bow_on = [0.4, 0.7];
    let both = called(280.0, bow_on, 0.0);
    // In sight of each other from the first look on, fast from the tenth second on, and for so long in company.
    assert!(both.len() == 2 && both.iter().all(|s| (10.0..=25.0).contains(s)), "{both:?}");
    assert!(called(60.0, bow_on, 0.0).is_empty(), "a bird tracked twice");
    assert!(called(1500.0, bow_on, 0.0).is_empty(), "two birds of one sky");
    assert!(called(280.0, bow_on, 34.0).is_empty(), "a bird that passes a fishing boat");
    assert!(called(280.0, [0.15, 0.3], 0.0).is_empty(), "a pair of birds");
}

#[test]
fn a_young_track_whose_place_is_not_known_is_no_run_unless_others_run_with_it() {
    let within = |m: f64| alone(move |t| t.position_cov = [m * m, 0.0, m * m]);
    assert_eq!(within(65.0), [105.0]);
    assert_eq!(within(75.0), [190.0], "a minute and a half old");
    // Beside another that runs the same way it is called for at once.
    let looks = |s: f64| {
        let east = -4000.0 + 20.6 * s;
        let mut tracks = vec![craft(3, 0.0, s, [east, 400.0], 40.0)];
        if s >= 100.0 {
            tracks.push(Track { position_cov: [9025.0, 0.0, 9025.0], ..craft(2, 100.0, s, [east, 0.0], 40.0) });
        }
        tracks
    };
    assert_eq!(raised(&watch(200.0, looks), "R01", 2), [105.0]);
}

#[test]
fn a_watch_that_begins_over_a_calm_sea_calls_nobody_out_for_birds_and_over_a_rough_one_for_a_boat() {
    // A craft of 40 kn from 20 s on, beside a buoy that is there from the start; the sea as radars tell it: too rough at first.
    let called = |echo: [f32; 2], sea: fn(f64) -> Option<f32>| -> Vec<f64> {
        let looks = move |s: f64| {
            let mut tracks = vec![craft(1, 0.0, s, [3000.0, 0.0], 0.5)];
            if s >= 20.0 {
                let mut boat = craft(2, 20.0, s, [-4000.0 + 20.6 * (s - 20.0), 500.0], 40.0);
                (boat.sensing.echo_m2, boat.sensing.sea_km2) = (Some(echo), sea(s));
                tracks.push(boat);
            }
            tracks
        };
        raised(&watch(300.0, looks), "R01", 2)
    };
    let calm = |s: f64| (s >= 50.0).then(|| 0.05 + 0.23 * (-(s as f32 - 50.0) / 120.0).exp());
    let rough = |s: f64| (s >= 50.0).then(|| 0.21 + 0.22 * (-(s as f32 - 60.0) / 120.0).exp());
    assert_eq!(called([0.2, 0.4], calm), Vec::<f64>::new(), "a bird");
    // Until the sea is told nothing is known of radars' errors either: one so young waits until it is 25 s old, one that comes later does not.
    assert_eq!(called([0.8, 1.1], calm), [45.0], "a boat bow-on");
    assert_eq!(called([0.8, 1.1], |_| Some(0.28)), [25.0], "a boat bow-on where the sea is told");
    // Behind waves it looks like a bird until the sea is told.
    assert_eq!(called([0.2, 0.4], rough), [50.0], "a boat behind waves");
}

#[test]
fn a_boat_whose_speed_is_not_known_in_a_storm_is_kept_back_for_three_minutes_and_not_for_ever() {
    let with = |sea: f32| {
        alone(move |t| {
            t.velocity_cov = [68.0, 0.0, 68.0];
            t.sensing.sea_km2 = Some(sea);
            (0..10).for_each(|_| t.sensing.looks.note(true));
        })
    };
    assert_eq!(with(0.02), [105.0]);
    assert_eq!(with(0.6), [280.0]);
    // What has gone nowhere is not let out by its age: a buoy whose track is thrown about.
    let thrown = |t: &mut Track| {
        t.velocity_cov = [68.0, 0.0, 68.0];
        t.sensing.sea_km2 = Some(0.6);
        (0..10).for_each(|_| t.sensing.looks.note(true));
        t.position = track(2, 0.0, [-4000.0, 500.0], [0.0; 2]).position;
    };
    assert!(alone(thrown).is_empty());
}

#[test]
fn what_is_seldom_hit_among_the_spikes_of_a_storm_waits_until_its_place_is_known() {
    let with = |sea: f32, hits: u32, metres: f64| {
        alone(move |t| {
            t.sensing.sea_km2 = Some(sea);
            (0..10).for_each(|look| t.sensing.looks.note(look < hits));
            t.position_cov = [metres * metres, 0.0, metres * metres];
        })
    };
    assert_eq!(with(0.6, 4, 50.0), [190.0], "known to 50 m for a minute and a half");
    assert_eq!(with(0.6, 6, 60.0), [280.0], "known to 60 m for three minutes, however often seen");
    // Spikes that three radars see make a track whose place is known well.
    assert_eq!(with(0.6, 3, 30.0), [280.0]);
    for (sea, hits, metres) in [(0.6, 6, 50.0), (0.6, 4, 30.0), (0.02, 3, 60.0)] {
        assert_eq!(with(sea, hits, metres), [105.0], "{sea} plots a km², {hits} of ten looks, {metres} m");
    }
}

/// A boat alone or beside one of 40 kn on its course, both from 100 s on, in a sea of so many plots a km²: when it is called for, by the bound of its speed.
fn beside_a_fast_one(sea: f32, kn: f64, least: f64, change: impl Fn(&mut Track)) -> [Vec<f64>; 2] {
    [false, true].map(|in_company| {
        let looks = |s: f64| {
            if s < 100.0 {
                return Vec::new();
            }
            let mut boat = craft(2, 100.0, s, [-4000.0 + knots_to_mps(kn) * (s - 100.0), 500.0], kn);
            boat.sog_lcb90 = knots_to_mps(least);
            boat.sensing.sea_km2 = Some(sea);
            change(&mut boat);
            let mut other = craft(3, 100.0, s, [-4000.0 + 20.6 * (s - 100.0), 800.0], 40.0);
            other.sensing.sea_km2 = Some(sea);
            if in_company { vec![other, boat] } else { vec![boat] }
        };
        raised(&watch(200.0, looks), "R01", 2)
    })
}

#[test]
fn who_runs_with_one_that_is_surely_fast_and_dark_is_of_its_party_before_its_own_speed_is_known() {
    let called = |sea: f32, kn: f64, least: f64, hits: usize| {
        beside_a_fast_one(sea, kn, least, |t| t.sensing.looks = seen_in(hits)).map(|of| of.first().copied())
    };
    // Known to be faster than 21 kn, held for 33: the other is fast from the tenth second on.
    let [alone, party] = called(0.02, 33.0, 21.0, 9);
    assert!(alone.is_none() && party.is_some_and(|s| s <= 120.0), "{alone:?} {party:?}");
    assert_eq!(called(0.02, 33.0, 19.0, 9), [None, None]);
    // An angler that goes their way for a while makes 28 kn.
    assert_eq!(called(0.02, 28.0, 21.0, 9), [None, None]);
    // Behind waves it makes two fifths less and is seen in three of ten looks.
    let [alone, party] = called(0.6, 26.0, 18.0, 3);
    assert!(alone.is_none() && party.is_some_and(|s| s <= 120.0), "{alone:?} {party:?}");
    assert_eq!(called(0.6, 26.0, 16.0, 3), [None, None]);
}

#[test]
fn a_hull_that_few_looks_see_lives_on_anothers_echo_until_it_has_shown_itself_for_a_minute_and_a_half() {
    // A track of 300 m² that passes 400 m from what lies there.
    let seen = |hits: usize| {
        let looks = |s: f64| {
            let mut tracks = vec![craft(1, 0.0, s, [-3000.0, 900.0], 1.0)];
            if s >= 100.0 {
                let mut hull = craft(2, 100.0, s, [-4000.0 + 20.6 * (s - 100.0), 500.0], 40.0);
                (hull.sensing.echo_m2, hull.sensing.looks) = (Some([300.0, 600.0]), seen_in(hits));
                tracks.push(hull);
            }
            tracks
        };
        raised(&watch(185.0, looks), "R01", 2)
    };
    assert_eq!((seen(4), seen(3)), (vec![125.0], vec![]));
}

#[test]
fn waves_that_slow_a_boat_slow_no_tug() {
    // Of 22 kn surely, seen at every look, in a rough sea.
    let called = |m2: f32, kn: f64| {
        alone(move |t| {
            (t.velocity, t.sog_lcb90) = ([knots_to_mps(kn + 2.0), 0.0], knots_to_mps(kn));
            (t.sensing.sea_km2, t.sensing.echo_m2, t.sensing.looks) = (Some(0.6), Some([m2, 1.4 * m2]), seen_in(10));
        })
        .len()
    };
    assert_eq!((called(4.0, 22.0), called(100.0, 22.0), called(100.0, 26.0)), (1, 0, 1));
}

#[test]
fn an_angler_at_27_knots_is_none_in_a_calm_and_may_be_one_in_a_sea() {
    let at_27 = |sea: f32| {
        alone(move |t| {
            t.velocity = [knots_to_mps(27.5), 0.0];
            t.sog_lcb90 = knots_to_mps(25.5);
            t.sensing.sea_km2 = Some(sea);
        })
        .len()
    };
    assert_eq!((at_27(0.02), at_27(0.25)), (0, 1));
}

/// Exits told of a boat that lies for so long among five, 250 m about it, then goes away, at a speed of which a bound is known; at times it is not seen.
fn exits(lay_s: f64, kn: f64, least: f64, sea: f32, unseen: std::ops::Range<f64>) -> Vec<f64> {
    let looks = move |s: f64| {
        let lie = |n: u64| {
            let about = n as f64 * 72f64.to_radians();
            craft(10 + n, 0.0, s, [250.0 * about.sin(), 250.0 * about.cos()], 1.0)
        };
        let gone = (s - lay_s).max(0.0);
        let mut boat = craft(2, 0.0, s, [knots_to_mps(kn) * gone, 0.0], if gone > 0.0 { kn } else { 0.5 });
        if gone > 0.0 {
            boat.sog_lcb90 = knots_to_mps(least);
        }
        boat.sensing.sea_km2 = Some(sea);
        (0..5).map(lie).chain((!unseen.contains(&s)).then_some(boat)).collect()
    };
    raised(&watch(lay_s + 60.0, looks), "R17", 2)
}

#[test]
fn who_leaves_those_it_lay_among_is_told_unless_it_may_be_an_angler_on_its_way_to_the_next_reef() {
    let leaves = |lay_s: f64, kn: f64, least: f64, sea: f32| exits(lay_s, kn, least, sea, 0.0..0.0);
    assert!(leaves(600.0, 33.0, 30.0, 0.02).is_empty(), "an angler");
    assert_eq!(leaves(600.0, 34.0, 32.5, 0.02).len(), 1, "surely faster");
    assert_eq!(leaves(600.0, 38.0, 29.0, 0.02).len(), 1, "faster by all that is known");
    assert_eq!(leaves(600.0, 33.0, 30.0, 0.25).len(), 1, "in a rough sea it makes two fifths less");
    // A track that began while it lay there is as good as one that came in.
    assert_eq!(leaves(80.0, 40.0, 38.0, 0.02).len(), 1);
    assert!(leaves(40.0, 40.0, 38.0, 0.02).is_empty(), "it ran past");
}

#[test]
fn a_boat_that_nobody_sees_as_it_sets_out_has_lain_among_the_others_all_the_same() {
    // Not seen for 40 s: when it is again it has gone 160 m.
    let told = exits(100.0, 40.0, 38.0, 0.02, 68.0..108.0);
    assert!(told.len() == 1 && (108.0..120.0).contains(&told[0]), "{told:?}");
}

/// When R17 tells of a craft among five that lie about it, s.
fn leaves_five(to: f64, boat: impl Fn(f64) -> Option<Track>) -> Vec<f64> {
    let lie = |s: f64, n: u64| {
        let about = n as f64 * 72f64.to_radians();
        craft(10 + n, 0.0, s, [250.0 * about.sin(), 250.0 * about.cos()], 1.0)
    };
    raised(&watch(to, |s| (0..5).map(|n| lie(s, n)).chain(boat(s)).collect()), "R17", 2)
}

#[test]
fn a_track_that_begins_among_those_that_lie_there_and_runs_from_the_first_has_left_them() {
    // First seen at 100 s, so far from the middle of the five, and known to make so much surely; seen in so many of ten looks.
    let begins = |x: f64, kn: f64, least: f64, hits: usize| {
        let boat = move |s: f64| {
            let mut boat = craft(2, 100.0, s, [x + knots_to_mps(kn) * (s - 100.0), 0.0], kn);
            boat.sog_lcb90 = knots_to_mps(least);
            boat.sensing.looks = seen_in(hits);
            boat
        };
        leaves_five(200.0, move |s| (s >= 100.0).then(|| boat(s)))
    };
    let told = begins(0.0, 42.0, 34.0, 6);
    assert!(told.len() == 1 && told[0] <= 107.5, "{told:?}");
    assert!(begins(0.0, 42.0, 34.0, 3).is_empty(), "two plots of two of them make a track of any speed");
    assert!(begins(0.0, 33.0, 28.0, 6).is_empty(), "an angler that goes to the next reef");
    // A boat that was first seen a mile and a half off, and runs through.
    assert!(begins(-2800.0, 42.0, 34.0, 6).is_empty());
}

#[test]
fn who_ran_in_surely_is_told_as_it_sets_out_before_its_speed_is_known_again() {
    // From 3.2 km off at 40 kn, three minutes among them, then 33 kn of which 18 are sure for a minute; told of at that speed or none when it was confirmed.
    let back = |born_kn: f64, least: f64| {
        leaves_five(460.0, move |s| {
            let (x, kn) = match s {
                s if s < 155.0 => (-3200.0 + 20.6 * s, 40.0),
                s if s < 350.0 => (0.0, 0.5),
                s => (17.0 * (s - 350.0), 33.0),
            };
            let mut boat = craft(2, 0.0, s, [x, 0.0], kn);
            boat.origin.speed = Some(knots_to_mps(born_kn));
            boat.sensing.looks = seen_in(6);
            if s >= 350.0 {
                boat.sog_lcb90 = knots_to_mps(least);
            }
            Some(boat)
        })
    };
    let told = back(40.0, 18.0);
    assert!(told.len() == 1 && (350.0..360.0).contains(&told[0]), "{told:?}");
    assert!(back(40.0, 15.0).is_empty(), "a boat of the fleet makes that");
    // An angler that came at 27 kn goes on at as much as is known of a run.
    assert!(back(27.0, 18.0).is_empty() && back(27.0, 28.0).is_empty());
}

#[test]
fn what_lies_still_is_no_clone_under_way_for_a_look_at_ten_knots() {
    // The number of a trawler at rest is told elsewhere thrice, so that she is told of as an advisory; then her track makes 10 kn for so long.
    let clone = |runs_s: f64| {
        let mut w = Watch::of("R04");
        for s in [10.0, 20.0, 30.0] {
            w.judge.hear(&[heard(s, 412_000_010, AisClass::A, Plausibility::JUMP)]);
        }
        w.run(30.0, 120.0, |s| {
            let v = if (70.0..=70.0 + runs_s).contains(&s) { 5.1 } else { 0.2 };
            vec![ship(1, s, SEA, [v, 0.0])]
        });
        w.raised().iter().map(|a| (second(a), a.severity.level())).collect::<Vec<_>>()
    };
    let told = |runs_s: f64| clone(runs_s).iter().map(|t| t.1).collect::<Vec<_>>();
    assert_eq!(told(0.0), [2], "one look");
    assert_eq!(told(5.0), [2], "three looks");
    // Who is under way for as long as the rule holds is the clone.
    assert_eq!(told(30.0), [2, 3]);
    assert_eq!(clone(30.0)[1].0, 80.0);
}

#[test]
fn an_angler_whose_estimate_reaches_31_knots_is_none_once_it_has_run_alone_for_a_minute_and_a_half() {
    // It makes 29 kn for so long, then its estimate is `kn`.
    let called = |from: f64, kn: f64| {
        alone(move |t| {
            let kn = if t.t.seconds_since(t.born) < from { 29.0 } else { kn };
            t.velocity = [knots_to_mps(kn), 0.0];
            t.sog_lcb90 = knots_to_mps(kn - 3.0);
        })
    };
    assert_eq!(called(60.0, 31.0), [160.0], "so far it may be a boat of 33 kn");
    assert_eq!(called(100.0, 31.0), Vec::<f64>::new());
    assert_eq!(called(100.0, 33.0), [200.0]);
}

/// Ten ships with AIS, whose AIS changes at a time.
fn fleet(turns_at: f64, to: f64, at_once: bool) -> Vec<Alert> {
    let looks = move |s: f64| {
        (0..10u64)
            .map(|n| {
                let at = turns_at + if at_once { 0.0 } else { 200.0 * n as f64 };
                let mut ship = craft(10 + n, 0.0, s, [-5000.0 + 400.0 * n as f64, 3000.0], 8.0);
                ship.mmsi = Some(Mmsi(413_900_000 + 10 * n as u32));
                ship.ais = if s >= at { AisState::Lost } else { AisState::Ok };
                ship
            })
            .collect()
    };
    watch(to, looks)
}

#[test]
fn ais_that_is_lost_in_the_first_minutes_is_no_event_and_later_it_is_one() {
    let count = |alerts: &[Alert]| alerts.iter().filter(|a| a.rule == "R15" && a.state == AlertState::Raised).count();
    // A watch has just begun: there is no baseline.
    assert_eq!(count(&fleet(60.0, 400.0, true)), 0);
    assert_eq!(count(&fleet(400.0, 700.0, true)), 1);
    // One after the other, none of it is an event.
    assert_eq!(count(&fleet(400.0, 2600.0, false)), 0);
}

/// Twenty-two ships of one cell and twelve of the next to the east, of each of which so many lose their AIS after 400 s: whether an event is told in either.
fn two_cells(lost: [u64; 2]) -> [bool; 2] {
    let mut rules = config::default_rules().unwrap();
    rules.retain(|r| r.id == "R15");
    rules[0].single = false;
    let mut watch = Watch::by(OPEN_SEA, rules, &Grounds::default());
    watch.run(0.0, 700.0, |s| {
        let of = |cell: u64, n: u64| {
            let x = if cell == 0 { -5000.0 + 200.0 * n as f64 } else { 1000.0 + 400.0 * n as f64 };
            let id = 10 + 100 * cell + n;
            let mut ship = craft(id, 0.0, s, [x, 3000.0], 8.0);
            ship.mmsi = Some(Mmsi(413_900_000 + 10 * id as u32));
            ship.ais = if s >= 400.0 && n < lost[cell as usize] { AisState::Lost } else { AisState::Ok };
            ship
        };
        (0..22).map(|n| of(0, n)).chain((0..12).map(|n| of(1, n))).collect()
    });
    [10..100, 100..200].map(|ids| watch.raised().iter().any(|a| ids.contains(&a.track.0)))
}

#[test]
fn five_ships_of_twenty_two_fall_silent_by_chance_and_eight_do_not() {
    assert_eq!(two_cells([5, 0]), [false, false]);
    assert_eq!(two_cells([8, 0]), [true, false]);
    assert_eq!(two_cells([5, 4]), [false, false]);
    // Beside an event the same five belong to it.
    assert_eq!(two_cells([5, 12]), [true, true]);
}
