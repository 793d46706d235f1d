//! Our compiler beside the `cel` crate's interpreter: where both say true or false they say the same.

use cel::{Context, Program};
use proptest::prelude::*;

use super::super::fields::{Slots, slot_of};
use super::check::lowered;
use super::tests::{AIS, FLAGS, NUMBERS, World, full_worlds, truths};

/// What the peer makes of a text; `None` where it has an error.
fn peer(text: &str, context: &Context<'_, '_>) -> Option<bool> {
    let program = Program::compile(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    match program.execute(context) {
        Ok(cel::Value::Bool(value)) => Some(value),
        Ok(other) => panic!("{text}: {other:?}"),
        Err(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_both_decide_both_decide_alike(truth in truths(), (night, mmsi, numbers, ais) in full_worlds()) {
        let text = truth.print(0);
        let world = World { flags: [Some(night), Some(mmsi)], numbers: numbers.map(Some), ais: Some(ais) };
        let ours = lowered(&text, &[]).unwrap().holds(&world.slots());
        let mut context = Context::default();
        context.add_variable_from_value(FLAGS[0], night);
        context.add_variable_from_value(FLAGS[1], mmsi);
        for (name, number) in NUMBERS.iter().zip(numbers) {
            context.add_variable_from_value(*name, number);
        }
        context.add_variable_from_value("ais", AIS[ais]);
        let theirs = peer(&text, &context);
        // Ours does not know what a division by nought is; theirs has an error or computes with infinity.
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            prop_assert_eq!(ours, theirs, "{}", text);
        }
        // With every field known both decide, unless something is divided.
        prop_assert!(ours.is_some() && theirs.is_some() || text.contains('/'), "{}", text);
    }

    #[test]
    fn sets_and_parameters_mean_the_same(kinds in proptest::collection::btree_set(0usize..4, 0..4), v in 0.0..50.0f64, limit in 0.0..50.0f64) {
        const WORDS: [&str; 4] = ["landing", "port", "berth", "anchorage"];
        let text = "('port' in zones || !('landing' in zones)) && sog_kn >= p.v_kn && !(\"anchorage\" in zones && sog_kn < 10.0)";
        let ours = lowered(text, &[("v_kn".to_owned(), limit)]).unwrap();
        let mut slots = Slots::new();
        slots.set(slot_of("zones").unwrap(), Some(kinds.iter().map(|k| 1u32 << k).sum::<u32>().into()));
        slots.set(slot_of("sog_kn").unwrap(), Some(v));
        let mut context = Context::default();
        context.add_variable_from_value("zones", kinds.iter().map(|k| WORDS[*k]).collect::<Vec<_>>());
        context.add_variable_from_value("sog_kn", v);
        context.add_variable_from_value("p", std::collections::HashMap::from([("v_kn", limit)]));
        prop_assert_eq!(ours.holds(&slots), peer(text, &context));
    }
}
