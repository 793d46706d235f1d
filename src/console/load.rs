//! The alarm-load board: `/api/load`, and its figures among the metrics.

use axum::extract::State;
use axum::response::Response;

use super::answer::json;
use super::api::Context;
use super::metrics::Page;
use crate::incident::load::{AVERAGE_AN_HOUR, Board, FLOOD_SHARE, PEAK_IN_TEN_MIN, STALE};

/// The board, and what EEMUA 191 and ISA-18.2 call bearable beside it.
pub async fn load(State(context): State<Context>) -> Response {
    let board = context.shared.load();
    json(|o| {
        o.object("bearable", |b| {
            b.number("an_hour", AVERAGE_AN_HOUR, 1)
                .integer("peak_in_ten_min", PEAK_IN_TEN_MIN as i64)
                .number("flood_share", FLOOD_SHARE, 3)
                .integer("stale", STALE as i64)
                .integer("chattering", 0);
        });
        o.json("board", &board);
    })
}

impl Page {
    /// The board's figures.
    pub(super) fn load(&mut self, board: &Board) {
        let officers = || std::iter::once(("all", &board.all)).chain(board.officers.iter().map(|(n, l)| (n.as_str(), l)));
        type Value = fn(&crate::incident::load::Load) -> f64;
        let families: [(&str, &str, Value); 5] = [
            ("haishao_alarms_last_day", "Alarms of the last 24 h, by who acknowledged; empty: nobody yet.", |l| {
                l.alarms as f64
            }),
            ("haishao_alarms_an_hour", "The same, an hour on average.", |l| l.an_hour),
            ("haishao_alarms_peak_in_ten_minutes", "The most in any ten minutes.", |l| l.peak_in_ten_min as f64),
            ("haishao_alarm_floods", "How often more than ten came in ten minutes.", |l| l.floods as f64),
            ("haishao_alarm_flood_share", "Share of the time that was flood.", |l| l.flood_share),
        ];
        for (name, help, value) in families {
            self.family(name, "gauge", help);
            for (officer, load) in officers() {
                self.sample(name, &[("officer", officer)], value(load));
            }
        }
        for (name, help, value) in [
            ("haishao_alarms_sounding", "Alarms that sound now.", board.sounding),
            ("haishao_alarms_shelved", "Alarms on the shelf now.", board.shelved),
            ("haishao_alarms_chattering", "Alarms that sounded three times within a minute.", board.chattering.len()),
            ("haishao_alarms_stale", "Alarms that have lasted for more than a day.", board.stale.len()),
        ] {
            self.family(name, "gauge", help);
            self.sample(name, &[], value as f64);
        }
        self.family("haishao_alarms_by_rule", "gauge", "Alarms of the last 24 h, of the ten rules that sounded most.");
        for (rule, n, _) in &board.top_ten {
            self.sample("haishao_alarms_by_rule", &[("rule", rule)], *n as f64);
        }
    }
}
