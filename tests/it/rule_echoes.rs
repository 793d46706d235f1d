//! Ships whose echo lies beside the place that they tell: what radars show of them is no other craft. And boats in a ship's echo.

use haishao::model::{AisClass, Mmsi, Plausibility, SensorId, Track};

use crate::rule_watch::{SEA, Watch, heard, kn, placed, plane, second, ship, told, track};

/// A ship that runs north and tells of a place so many metres east of her echo, which is a track without AIS; `shown`: a radar shows
/// another echo under her name as well.
fn ship_beside_her_echo(rule: &str, speed_kn: f64, off_m: f64, shown: bool, to: f64) -> Watch {
    let v = [0.0, kn(speed_kn)];
    let mmsi = 412_000_010;
    let mut w = Watch::of(rule);
    let sized = told(0.0, mmsi, |said| said.dimensions = Some([25, 15, 6, 6]));
    w.judge.hear(&[heard(0.0, mmsi, AisClass::A, Plausibility::default()), sized]);
    for s in (0..).map(|n| 2.5 * f64::from(n)).take_while(|s| *s <= to) {
        let echo_at = [SEA[0], SEA[1] + v[1] * s];
        let told_at = [echo_at[0] + off_m, echo_at[1]];
        if s % 10.0 == 0.0 {
            w.judge.hear(&[placed(s, mmsi, plane().geodetic(told_at[0], told_at[1]))]);
        }
        // Who she is and that she is under way is told by two reports; radars look from then on.
        if s < 20.0 {
            continue;
        }
        let mut named = Track { mmsi: Some(Mmsi(mmsi)), ..ship(1, s, told_at, v) };
        if !shown {
            named.sensors = Default::default();
            named.sensors.touch(SensorId(1), named.t);
        }
        w.look(&[named]);
        // Seen later than heard, and a little apart in course: how far apart they are depends on when they are compared.
        let (s, drift) = (s + 1.2, -kn(0.1));
        w.look(&[track(2, s, [SEA[0] + drift * s, SEA[1] + v[1] * s], [drift, v[1]])]);
    }
    w
}

#[test]
fn a_ship_that_no_radar_shows_has_her_echo_in_what_goes_with_her() {
    // A ferry of 40 kn told 320 m off by her own transponder, and a ship of 13 kn told 160 m off that has nobody abeam.
    ship_beside_her_echo("R01", 40.0, 320.0, false, 240.0).silent();
    ship_beside_her_echo("R09", 13.0, 160.0, false, 700.0).silent();
    // Of a ship that a radar shows as well, what goes with her is another: R01 calls for it, R09 tells of it.
    assert_eq!(ship_beside_her_echo("R01", 40.0, 320.0, true, 240.0).only().track.0, 2);
    assert_eq!(ship_beside_her_echo("R09", 13.0, 160.0, true, 700.0).only().track.0, 2);
    // What is farther off than a ship's own place can be is another as well.
    assert_eq!(ship_beside_her_echo("R01", 40.0, 560.0, false, 240.0).only().track.0, 2);
}

#[test]
fn who_rides_along_with_such_a_ship_is_another() {
    // She tells to be 190 m east of her echo; who rides 350 m abeam does so on the side of the place she tells, nearer to it than she is.
    let ride = |rider: bool| {
        let v = [0.0, kn(15.0)];
        let mut w = Watch::of("R09");
        let sized = told(0.0, 412_000_010, |said| said.dimensions = Some([120, 30, 12, 12]));
        w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), sized]);
        for s in (0..=280).map(|n| 2.5 * f64::from(n)) {
            let y = SEA[1] + v[1] * s;
            if s % 10.0 == 0.0 {
                w.judge.hear(&[placed(s, 412_000_010, plane().geodetic(SEA[0] + 190.0, y))]);
            }
            if s < 20.0 {
                continue;
            }
            let mut named = ship(1, s, [SEA[0] + 190.0, y], v);
            named.sensors = Default::default();
            named.sensors.touch(SensorId(1), named.t);
            let echo = |id, east: f64, m2: f32| {
                let mut t = track(id, s, [SEA[0] + east, y], v);
                t.sensing.echo_m2 = Some([m2, 1.3 * m2]);
                t
            };
            let boat = rider.then(|| echo(3, 350.0, 6.0));
            w.look(&[named, echo(2, 0.0, 7000.0)].into_iter().chain(boat).collect::<Vec<_>>());
        }
        w
    };
    ride(false).silent();
    assert_eq!(ride(true).only().track.0, 3);
}

/// Beside a great echo a small one is lost with its track: what is seen next where it rode is the same boat.
#[test]
fn r09_who_is_lost_beside_a_ship_and_found_again_has_ridden_along_since() {
    let told_at = |lost_s: f64, side: f64| {
        let mut w = Watch::of("R09");
        w.run(0.0, 800.0, |s| {
            let x = SEA[0] - 6000.0 + 7.5 * s;
            let mut all = vec![ship(1, s, [x, SEA[1]], [7.5, 0.0])];
            if s < 400.0 {
                all.push(track(2, s, [x, SEA[1] + 270.0], [7.5, 0.0]));
            } else if s >= 400.0 + lost_s {
                all.push(track(3, s, [x, SEA[1] + 270.0 * side], [7.5, 0.0]));
            }
            all
        });
        w.raised().first().map(|a| (a.track.0, second(a)))
    };
    let told = told_at(40.0, 1.0);
    assert!(matches!(told, Some((3, s)) if (600.0..620.0).contains(&s)), "{told:?}");
    assert_eq!(told_at(40.0, -1.0), None, "another, on her other side");
    assert_eq!(told_at(120.0, 1.0), None, "who is there two minutes later has come since");
}
