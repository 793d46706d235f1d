//! Targets of a radar's own tracker and own ship, on sentences made to be hard.

use haishao::geo::{Geodetic, GeodeticHeight, distance_m};
use haishao::model::units::METRES_PER_NM;
use haishao::model::{Place, Report, ReportKind, SensorTrack, Timestamp};
use haishao::publish::arpa_lines::said_line;
use haishao::wire::nmea::Arpa;
use haishao::wire::nmea::Envelope;
use haishao::wire::{Refusal, WireHealth};

use crate::arpa::{FEED, Log, NAVICO, reports, say, site, targets, track};
use crate::shared;

/// Feeds sentences at given seconds of capture time; checksums are added.
struct Script {
    arpa: Arpa,
    envelope: Envelope,
    health: WireHealth,
}

const START: Timestamp = Timestamp::from_secs(1_773_504_000); // 2026-03-14T16:00:00Z

impl Script {
    fn new(position: Option<GeodeticHeight>) -> Self {
        Self { arpa: Arpa::new(&site(position), FEED), envelope: Envelope::new(false), health: WireHealth::default() }
    }

    fn at(&mut self, second: f64, body: &str) -> Vec<Report> {
        let sum = body.bytes().fold(0, |a, b| a ^ b);
        let start = if body.contains("TTD") { '!' } else { '$' };
        let line = format!("{start}{body}*{sum:02X}\r\n");
        let mut out = Vec::new();
        for item in self.envelope.read(line.as_bytes()) {
            let (wrapper, sentence) = item.unwrap();
            self.arpa.sentence(&sentence, &wrapper, START.plus_seconds(second), &mut out, &mut self.health);
        }
        out
    }

    fn tracks(&mut self, second: f64, body: &str) -> Vec<SensorTrack> {
        self.at(second, body).iter().filter_map(track).copied().collect()
    }

    fn refused(&self, reason: &'static str) -> u64 {
        self.health.refused.get(&Refusal(reason)).copied().unwrap_or(0)
    }
}

const GGA: &str = "GPGGA,160000,2233.0000,N,11443.2000,E,1,08,1.0,5,M,,M,,";
const TTM: &str = "RATTM,12,2.00,90.0,T,20.0,180.0,T,,,N,,T,,160000,A";

#[test]
fn an_own_position_that_comes_after_the_first_target_places_it() {
    let mut s = Script::new(None);
    assert!(s.at(0.1, TTM).is_empty());
    let reports = s.at(0.4, GGA);
    assert_eq!(reports.len(), 2, "{reports:?}");
    let placed = &reports[1];
    // It was true when it was told and known when its last part came.
    assert_eq!((placed.t, placed.received_at), (START, START.plus_seconds(0.4)));
    let Place::Geodetic(at) = track(placed).unwrap().place else { panic!() };
    let here = Geodetic::from_degrees(22.55, 114.72);
    assert!((distance_m(at, here) - 2.0 * METRES_PER_NM).abs() < 0.01);

    // Too late: refused, with the reason.
    let mut s = Script::new(None);
    assert!(s.at(0.1, TTM).is_empty());
    let reports = s.at(2.6, &GGA.replace("160000", "160002"));
    assert!(reports.iter().all(|r| track(r).is_none()));
    assert_eq!(s.refused("no-own-position"), 1);
}

#[test]
fn a_stale_own_position_places_nothing() {
    let mut s = Script::new(None);
    s.at(0.0, GGA);
    let ttm = |second: u32| TTM.replace("160000", &format!("1600{second:02}"));
    assert_eq!(s.tracks(4.9, &ttm(4)).len(), 1);
    assert!(s.tracks(6.0, &ttm(6)).is_empty());
    // GNSS is back within the wait.
    assert_eq!(s.tracks(7.0, &GGA.replace("160000", "160007")).len(), 1);
    assert!(s.tracks(14.0, &ttm(14)).is_empty());
    assert!(s.tracks(17.0, &ttm(17)).is_empty());
    assert_eq!(s.refused("stale-own-position"), 1);
    // A radar that the site says stands still is placed there meanwhile.
    let mut s = Script::new(Some(GeodeticHeight::from_degrees(22.55, 114.72, 110.0)));
    assert!(matches!(s.tracks(0.0, TTM)[0].place, Place::Polar { .. }));
    s.at(1.0, &GGA.replace("160000", "160001"));
    assert!(matches!(s.tracks(1.5, &ttm(1))[0].place, Place::Geodetic(_)));
    assert!(matches!(s.tracks(30.0, &ttm(30))[0].place, Place::Polar { .. }));
}

#[test]
fn the_platform_is_moved_to_the_time_of_the_target() {
    let mut s = Script::new(None);
    // 20 kn due east.
    s.at(0.0, "GPRMC,160000,A,2233.0000,N,11443.2000,E,20.0,90.0,140326,,,A");
    let at = |s: &mut Script, second: f64, utc: &str| {
        let Place::Geodetic(at) = s.tracks(second, &TTM.replace("160000", utc))[0].place else { panic!() };
        at
    };
    let now = at(&mut s, 0.1, "160000");
    let later = at(&mut s, 3.2, "160003");
    assert!((distance_m(now, later) - 3.0 * 20.0 * 1852.0 / 3600.0).abs() < 0.01);
    assert!(later.lon > now.lon);
}

#[test]
fn relative_bearings_need_a_heading() {
    let mut s = Script::new(None);
    s.at(0.0, GGA);
    let relative = TTM.replace("90.0,T", "50.0,R");
    assert!(s.tracks(0.1, &relative).is_empty());
    let [placed] = s.tracks(0.2, "HEHDT,40.0,T")[..] else { panic!() };
    let [direct] = s.tracks(1.2, &TTM.replace("160000", "160001"))[..] else { panic!() };
    let (Place::Geodetic(a), Place::Geodetic(b)) = (placed.place, direct.place) else { panic!() };
    assert!(distance_m(a, b) < 1e-6);
    // The heading is old, no other comes.
    assert!(s.tracks(4.0, &relative.replace("160000", "160004")).is_empty());
    s.at(6.5, "HEROT,0.0,A");
    assert_eq!(s.refused("stale-heading"), 1);
    // With a rate of turn of 180° a minute a heading 1 s old is 3° further.
    let mut s = Script::new(None);
    s.at(0.0, GGA);
    s.at(0.0, "HEROT,180.0,A");
    s.at(0.0, "HEHDT,37.0,T");
    let [turned] = s.tracks(1.0, &relative)[..] else { panic!() };
    let Place::Geodetic(c) = turned.place else { panic!() };
    assert!(distance_m(b, c) < 0.01, "{}", distance_m(b, c));
}

#[test]
fn one_report_of_ttm_and_tll_whichever_comes_first_or_is_lost() {
    let tll = |second: u32| format!("RATLL,12,2233.0,N,11445.35,E,,1600{second:02},T,");
    let ttm = |second: u32| TTM.replace("160000", &format!("1600{second:02}"));
    let mut s = Script::new(None);
    s.at(0.0, GGA);
    // The first TLL cannot know that a TTM will come: it is the report, the TTM its repeat.
    assert_eq!(s.tracks(0.1, &tll(0)).len(), 1);
    assert!(s.tracks(0.1, &ttm(0)).is_empty());
    for second in 1..4 {
        let now = f64::from(second) + 0.1;
        s.at(now, &GGA.replace("160000", &format!("1600{second:02}")));
        assert!(s.tracks(now, &tll(second)).is_empty(), "waits for its TTM");
        let [report] = s.tracks(now, &ttm(second))[..] else { panic!() };
        assert!(report.velocity.is_some(), "the TTM's");
    }
    // The TTM is lost on the way: the TLL stands in for it.
    assert!(s.tracks(4.1, &tll(4)).is_empty());
    let [report] = s.tracks(5.2, &GGA.replace("160000", "160005"))[..] else { panic!() };
    assert!(report.velocity.is_none());
    // The other order.
    assert_eq!(s.tracks(6.0, &ttm(6)).len(), 1);
    assert!(s.tracks(6.0, &tll(6)).is_empty());
    // The same sentence twice, as on two networks.
    assert!(s.tracks(6.1, &ttm(6)).is_empty());
}

#[test]
fn a_number_that_was_lost_or_long_silent_is_another_target() {
    let mut s = Script::new(Some(GeodeticHeight::from_degrees(22.55, 114.72, 0.0)));
    let mut life = |second: u32, status: &str| {
        let utc = format!("16{:02}{:02}", second / 60, second % 60);
        s.tracks(f64::from(second), &TTM.replace("160000", &utc).replace(",T,,16", &format!(",{status},,16")))[0].life
    };
    assert_eq!([life(0, "Q"), life(3, "Q"), life(6, "T"), life(9, "T")], [0, 0, 0, 0]);
    assert_eq!([life(12, "L"), life(15, "L"), life(18, "Q"), life(21, "T")], [0, 0, 1, 1]);
    assert_eq!(life(24, "Q"), 2, "acquired anew without having been told lost");
    assert_eq!(life(80, "Q"), 2, "a minute is not yet silence");
    assert_eq!(life(160, "T"), 3);
}

#[test]
fn two_radars_on_one_network_do_not_share_numbers() {
    let mut s = Script::new(Some(GeodeticHeight::from_degrees(22.55, 114.72, 0.0)));
    let mut from = |second: f64, station: &str| {
        let tag = format!("s:{station}");
        let tag = format!("\\{tag}*{:02X}\\", tag.bytes().fold(0, |a, b| a ^ b));
        let body = TTM.replace("160000", &format!("1600{:02}", second as u32));
        let line = format!("{tag}${body}*{:02X}\r\n", body.bytes().fold(0, |a, b| a ^ b));
        let mut out = Vec::new();
        for item in s.envelope.read(line.as_bytes()) {
            let (w, sentence) = item.unwrap();
            s.arpa.sentence(&sentence, &w, START.plus_seconds(second), &mut out, &mut s.health);
        }
        let t = track(&out[0]).unwrap();
        (t.number, t.life)
    };
    let pairs = [from(0.0, "RA0001"), from(0.1, "RA0002"), from(3.0, "RA0001"), from(3.1, "RA0002")];
    assert_eq!(pairs, [(12, 0), (12, 1), (12, 0), (12, 1)]);
}

#[test]
fn ttd_targets_are_placed_and_ais_targets_are_not_the_radars() {
    let mut s = Script::new(Some(GeodeticHeight::from_degrees(22.55, 114.72, 0.0)));
    // Number 7, 90.0°, 20.0 kn, 180.0°, no heading, tracking, 2.00 NM, true, over ground; built bit by bit.
    let bits: String = [(0, 2), (7, 10), (900, 12), (200, 12), (1800, 12), (4095, 12), (4, 3), (0, 1), (200, 14), (0, 12)]
        .map(|(v, w): (u32, usize)| format!("{v:0w$b}"))
        .concat();
    let payload: String = bits
        .as_bytes()
        .chunks(6)
        .map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 2).unwrap())
        .map(|v| char::from(if v < 40 { v + 48 } else { v + 56 }))
        .collect();
    let [ttd] = s.tracks(0.0, &format!("RATTD,01,01,1,{payload},0"))[..] else { panic!() };
    let [ttm] = s.tracks(0.0, TTM)[..] else { panic!() };
    assert_eq!((ttd.number, ttm.number), (7, 12));
    assert_eq!((ttd.place, ttd.status), (ttm.place, ttm.status));
    let (a, b) = (ttd.velocity.unwrap(), ttm.velocity.unwrap());
    assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 1e-9);

    assert!(s.tracks(1.0, &TTM.replace("160000,A", "160001,R")).is_empty());
    assert_eq!(s.health.ignored[&Refusal("ttm-from-ais")], 1);
}

#[test]
fn dates_come_from_the_receiver_across_midnight_and_week_rollover() {
    let fixed = Some(GeodeticHeight::from_degrees(22.55, 114.72, 0.0));
    let t = |zda: Option<&str>, received: &str, ttm: &str| {
        let mut s = Script::new(fixed);
        let parts: Vec<u32> = received.split([' ', ':', '-']).map(|p| p.parse().unwrap()).collect();
        let now = Timestamp::from_civil(parts[0] as i32, parts[1], parts[2], parts[3], parts[4], parts[5], 0).unwrap();
        let second = now.seconds_since(START);
        if let Some(zda) = zda {
            s.at(second, zda);
        }
        s.at(second, &TTM.replace("160000", ttm)).last().unwrap().t.to_string()
    };
    // From arrival, on the nearer side of midnight.
    assert_eq!(t(None, "2026-03-15 00:00:01", "235959.50"), "2026-03-14T23:59:59.500Z");
    // The receiver's date goes before that of a log that is read years later.
    assert_eq!(t(Some("GPZDA,134601,27,07,2015,-01,00"), "2026-03-14 12:00:00", "134602"), "2015-07-27T13:46:02.000Z");
    // 1 024 weeks back: the receiver's week number rolled over.
    assert_eq!(t(Some("GPZDA,155959,29,07,2006,,"), "2026-03-14 16:00:00", "160000"), "2026-03-14T16:00:00.000Z");
    // A wrong date is refused, and the day of arrival stands.
    assert_eq!(t(Some("GPZDA,155959,30,02,2026,,"), "2026-03-14 16:00:00", "160000"), "2026-03-14T16:00:00.000Z");
}

#[test]
fn junk_is_counted_and_loses_nothing_else() {
    let Some(path) = shared::data(NAVICO) else { return };
    let whole = shared::read(&path);
    let text: Vec<&[u8]> = whole.split_inclusive(|&b| b == b'\n').take(2000).collect();
    let clean = text.concat();
    let (want, _) = reports(&Log::read(&clean), &site(None));
    // A byte order mark before, lines cut, lines without a checksum, numbers that are none, all between the good lines.
    let mut dirty = b"\xef\xbb\xbf".to_vec();
    for (i, line) in text.iter().enumerate() {
        dirty.extend_from_slice(line);
        match i % 5 {
            0 => dirty.extend_from_slice(b"$RATTM,05,0.48,263.6,T,0.0,2.9,T\r\n"),
            1 => dirty.extend_from_slice(b"$RATTM,05,0.48,263.6,T,0.0,2.9,T,0.48,,N,x,T,,134601,M\r\n"),
            2 => dirty.extend_from_slice(b"\xef\xbb\xbf\r\n$SDDPT,3.5,0.-6,*56\r\n"),
            3 => dirty.extend_from_slice(b"$RATTM,05,0.-6,263.6,T,0.0,2.9,T,0.48,,N,x,T,,134601,M*6A\r\n"),
            _ => dirty.extend_from_slice(b"$RATTM,01,0.48,2\r\n\0\xff\xfe"),
        }
    }
    let log = Log::read(&dirty);
    let (said, health) = say(&log, Arpa::without_site());
    let (got, _) = reports(&log, &site(None));
    assert_eq!(got.len(), want.len());
    assert!(got.iter().zip(&want).all(|(a, b)| a == b));
    assert!(health.refused[&Refusal("no-checksum")] >= 1200, "{health:?}");
    assert_eq!(health.refused[&Refusal("ttm-range")], 400, "{health:?}");
    assert!(targets(&said).all(|t| t.number != 5));
}

#[test]
fn lines_are_json_and_hold_the_contract() {
    let Some(log) = Log::of(NAVICO) else { return };
    let (said, _) = say(&log, Arpa::without_site());
    let mut out = Vec::new();
    said.iter().for_each(|s| said_line(s, &mut out));
    let lines: Vec<serde_json::Value> =
        String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let count = |sentence: &str| lines.iter().filter(|l| l["kind"] == "track" && l["sentence"] == sentence).count();
    assert_eq!((count("TTM"), count("TLL")), (932, 932));
    let ttm = lines.iter().find(|l| l["sentence"] == "TTM").unwrap();
    assert_eq!((&ttm["target"], &ttm["range_m"], &ttm["azimuth_deg"]), (&1.into(), &888.96.into(), &263.6.into()));
    assert!(ttm["lat"].is_number() && ttm["lon"].is_number() && ttm["vx"].is_null());
    let tll = lines.iter().find(|l| l["sentence"] == "TLL").unwrap();
    assert_eq!((&tll["lat"], &tll["lon"]), (&58.211_45.into(), &11.532_503_3.into()));
    assert!(tll["range_m"].is_null());
}

#[test]
fn mutated_sentences_never_panic_and_state_stays_bounded() {
    let mut pool: Vec<Vec<u8>> = [
        TTM,
        GGA,
        "RATLL,12,2233.0,N,11445.35,E,,160000,T,",
        "RATLB,481,ANNA,470,BERTA",
        "RAOSD,359.3,A,355.2,P,3.3,P,350.5,1.6,N",
        "RARSD,0.00,0.0,5.18,82.1,,,,,,,6,N,N",
        "GPRMC,160000,A,2233.0000,N,11443.2000,E,20.0,90.0,140326,2.9,E,A",
        "GPGLL,2233.0,N,11443.2,E,160000,A,A",
        "GPVTG,67.0,T,64.1,M,1.0,N,1.9,K,A",
        "GPZDA,160000,14,03,2026,00,00",
        "HEHDT,40.0,T",
        "HCHDG,220.3,1.0,W,2.9,E",
        "HETHS,40.0,A",
        "HEROT,-5.0,A",
        "HCHDM,277.5,M",
        "RATTD,01,01,1,1wh2L<2pq1t?wt04<80001wh2L<2pq1t?wt04<8000,0",
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec();
    if let Some(path) = shared::data(NAVICO) {
        let whole = shared::read(&path);
        pool.extend(whole.split(|&b| b == b'\n').skip(1000).take(3000).map(|line| {
            let line = line.strip_prefix(b"$").unwrap_or(line);
            line.split(|&b| b == b'*').next().unwrap_or_default().to_vec()
        }));
    }
    // A small generator of our own keeps the mutations the same from run to run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let letters = b"0123456789,,,..--TLQRNKSMAVEW$!*\\ \0\xff";
    let mut s = Script::new(None);
    let mut out = Vec::new();
    let mut second = 0.0;
    for i in 0..120_000 {
        let mut body = pool[next(pool.len())].clone();
        for _ in 0..next(4) {
            match next(4) {
                0 => body.truncate(next(body.len() + 1)),
                1 => body.insert(next(body.len() + 1), letters[next(letters.len())]),
                2 if !body.is_empty() => drop(body.remove(next(body.len()))),
                3 if !body.is_empty() => {
                    let at = next(body.len());
                    body[at] = letters[next(letters.len())];
                }
                _ => {}
            }
        }
        // Time mostly goes on, sometimes jumps, sometimes back.
        second += match next(200) {
            0 => 1000.0,
            1 => -300.0,
            _ => 0.01,
        };
        // The checksum is right, so that the mutation gets past it.
        let sum = body.iter().fold(0, |a, b| a ^ b);
        let line = [b"$", &body[..], format!("*{sum:02X}").as_bytes()].concat();
        out.clear();
        for (wrapper, sentence) in s.envelope.read(&line).flatten() {
            s.arpa.sentence(&sentence, &wrapper, START.plus_seconds(second), &mut out, &mut s.health);
        }
        for report in &out {
            let good = |g: &Geodetic| g.lat.abs() <= 1.6 && g.lon.abs() <= 3.2;
            match &report.kind {
                ReportKind::SensorTrack(t) => {
                    assert!(t.number <= 1023);
                    assert!(t.velocity.is_none_or(|v| v[0].hypot(v[1]) < 300.0));
                    assert!(matches!(&t.place, Place::Geodetic(g) if good(g)), "{i}: {t:?}");
                }
                ReportKind::OwnPosition(own) => assert!(good(&own.position)),
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(s.health.decoded > 20_000 && s.health.refused_total() > 1000, "{:?}", s.health);
}
