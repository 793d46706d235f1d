use haishao::model::Timestamp;
use haishao::wire::WireHealth;
use haishao::wire::nmea::{Item, Reader};
#[test]
fn stats() {
    let dir = crate::shared::data("ais/raw").unwrap();
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.extend(std::fs::read_dir(crate::shared::data("ais/raw/gfw-ais-tools").unwrap()).unwrap().map(|e| e.unwrap().path()));
    files.sort();
    for f in files {
        if f.is_dir() { continue; }
        let data = crate::shared::read(&f);
        let mut h = WireHealth::default();
        let mut r = Reader::new(false);
        let mut bad: std::collections::BTreeMap<&'static str, String> = Default::default();
        for line in data.split(|&b| b == b'\n') {
            let before = h.clone();
            r.read(line, Timestamp::MIN, &mut h, |i, _| if let Item::Ais(_) = i {});
            for (k, v) in &h.refused { if before.refused.get(k) != Some(v) { bad.entry(k.0).or_insert(String::from_utf8_lossy(line).into_owned()); } }
        }
        println!("STAT {} decoded {} refused {:?} ignored {:?} completed {}", f.file_name().unwrap().to_string_lossy(), h.decoded, h.refused.iter().map(|(k,v)|(k.0,*v)).collect::<Vec<_>>(), h.ignored.iter().map(|(k,v)|(k.0,*v)).collect::<Vec<_>>(), r.assembler().counters.completed);
        if std::env::var("EX").is_ok() { for (k, v) in bad { println!("   EX {k}: {v}"); } }
    }
}
