//! Texts with numbers in them: `航速至少{sog_lcb90_kn:.0}节`.
//!
//! A clause in brackets is left out where a field in it is not known: `[, ashore in {eta_shore_min:.0} min]`. What is left out is
//! among the alert's unknowns all the same.

use std::fmt::Write;

use super::fields::{FIELDS, FieldKind, Table};
use super::lang::LangFault;
use super::nearest;

/// More decimals than this no officer reads.
const MOST_DECIMALS: usize = 6;

/// A text as read: pieces of words and of fields.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Field(u8, Decimals),
    Extra(usize, Decimals),
    /// Left out where one of its fields is not known.
    Clause(Template),
}

/// Decimals to print; `None` prints what the number has.
type Decimals = Option<usize>;

/// A language that texts are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Chinese,
    English,
}

impl Language {
    fn unknown(self) -> &'static str {
        match self {
            Self::Chinese => "未知",
            Self::English => "unknown",
        }
    }

    fn flag(self, flag: bool) -> &'static str {
        match (self, flag) {
            (Self::Chinese, true) => "是",
            (Self::Chinese, false) => "否",
            (Self::English, true) => "yes",
            (Self::English, false) => "no",
        }
    }

    fn nothing(self) -> &'static str {
        match self {
            Self::Chinese => "无",
            Self::English => "none",
        }
    }

    fn comma(self) -> &'static str {
        match self {
            Self::Chinese => "、",
            Self::English => ", ",
        }
    }

    /// Words of the sea in Chinese; English has them as they are.
    fn word(self, word: &'static str) -> &'static str {
        if self == Self::English {
            return word;
        }
        match word {
            "ok" => "正常",
            "none" => "未收到",
            "lost" => "中断",
            "inconsistent" => "位置不符",
            "ambiguous" => "身份冲突",
            "tentative" => "暂态",
            "confirmed" => "稳定",
            "coasting" => "外推",
            "deleted" => "丢失",
            "unknown" => "未知",
            "ship" => "船舶",
            "small-craft" => "小艇",
            "fixed" => "固定目标",
            "aircraft" => "航空器",
            "radar" => "雷达",
            "ais" => "船舶自动识别",
            "camera" => "光电",
            "net-buoy" => "网位仪",
            "aton" => "航标",
            "sart" => "搜救应答器",
            "mob" => "落水示位标",
            "epirb" => "应急示位标",
            "base" => "基站",
            "sar-aircraft" => "搜救航空器",
            "other" => "其他",
            "fishing" => "渔业",
            "cargo" => "货船",
            "tanker" => "油轮",
            "passenger" => "客船",
            "high-speed" => "高速船",
            "tug" => "拖轮",
            "pilot" => "引航",
            "rescue" => "救助船",
            "law" => "执法船",
            "pleasure" => "游艇",
            "go-fast" => "快艇",
            "buoy" => "浮标",
            "landing" => "登陆区",
            "port" => "港区",
            "berth" => "泊位",
            "anchorage" => "锚地",
            "angling" => "垂钓区",
            "corridor" => "航线",
            "jetski" => "摩托艇区",
            "exempt" => "豁免区",
            "no-go" => "禁入区",
            "cable" => "海缆区",
            "bunkering" => "加油区",
            "wind-farm" => "风电场",
            "watch" => "监视区",
            "line" => "监视线",
            "no" => "否",
            "like" => "相似",
            "sure" => "确认",
            other => other,
        }
    }
}

impl Template {
    /// Reads a text whose placeholders are fields or one of `extras`; all its faults at once.
    pub(super) fn new(text: &str, extras: &[String]) -> Result<Self, Vec<LangFault>> {
        let mut template = Self { pieces: Vec::new() };
        // Of the sentence, while a clause is read.
        let mut outside: Option<Vec<Piece>> = None;
        let mut faults = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            if ["{{", "}}", "[[", "]]"].iter().any(|twice| rest.starts_with(twice)) {
                literal.push(c);
                at += 2;
            } else if c == '[' && outside.is_none() {
                template.pieces.push(Piece::Text(std::mem::take(&mut literal)));
                outside = Some(std::mem::take(&mut template.pieces));
                at += 1;
            } else if c == ']'
                && let Some(sentence) = outside.take()
            {
                template.pieces.push(Piece::Text(std::mem::take(&mut literal)));
                let clause = Self { pieces: std::mem::replace(&mut template.pieces, sentence) };
                template.pieces.push(Piece::Clause(clause));
                at += 1;
            } else if matches!(c, '[' | ']') {
                faults.push(LangFault::new(at, format!("the \"{c}\" here has no other half; write {c}{c} for a bracket")));
                at += 1;
            } else if c == '{' {
                let Some(end) = rest.find('}') else {
                    faults.push(LangFault::new(at, "the \"{\" here has no \"}\"; write {{ for a brace"));
                    break;
                };
                match placeholder(&rest[1..end], extras) {
                    Ok(piece) => {
                        template.pieces.push(Piece::Text(std::mem::take(&mut literal)));
                        template.pieces.push(piece);
                    }
                    Err(what) => faults.push(LangFault::new(at, what)),
                }
                at += end + 1;
            } else if c == '}' {
                faults.push(LangFault::new(at, "the \"}\" here has no \"{\"; write }} for a brace"));
                at += 1;
            } else {
                literal.push(c);
                at += c.len_utf8();
            }
        }
        template.pieces.push(Piece::Text(literal));
        if outside.is_some() {
            faults.push(LangFault::new(at, "a \"[\" before has no \"]\"; write [[ for a bracket"));
        }
        if faults.is_empty() { Ok(template) } else { Err(faults) }
    }

    /// The fields it shows, in their order.
    pub(super) fn slots(&self) -> impl Iterator<Item = u8> {
        let mut slots = Vec::new();
        self.collect(&mut slots);
        slots.into_iter()
    }

    fn collect(&self, slots: &mut Vec<u8>) {
        for piece in &self.pieces {
            match piece {
                Piece::Field(slot, _) => slots.push(*slot),
                Piece::Clause(clause) => clause.collect(slots),
                Piece::Text(_) | Piece::Extra(..) => {}
            }
        }
    }

    /// The text, with `value` of each field and the extras.
    pub(super) fn fill(
        &self,
        language: Language,
        value: impl Fn(u8) -> Option<f64>,
        label: impl Fn(Table, f64) -> Option<String>,
        extras: &[f64],
    ) -> String {
        let mut text = String::new();
        self.fill_into(&mut text, language, &value, &label, extras);
        text
    }

    fn fill_into(
        &self,
        text: &mut String,
        language: Language,
        value: &dyn Fn(u8) -> Option<f64>,
        label: &dyn Fn(Table, f64) -> Option<String>,
        extras: &[f64],
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(words) => text.push_str(words),
                Piece::Clause(clause) => {
                    if clause.slots().all(|slot| value(slot).is_some()) {
                        clause.fill_into(text, language, value, label, extras);
                    }
                }
                Piece::Field(slot, decimals) => match (value(*slot), FIELDS.get(usize::from(*slot)).map(|f| f.kind)) {
                    (Some(v), Some(FieldKind::Number)) => number(text, v, *decimals),
                    (Some(v), Some(FieldKind::Flag)) => text.push_str(language.flag(v > 0.5)),
                    (Some(v), Some(FieldKind::Word(words))) => {
                        text.push_str(words.get(v as usize).map_or(language.unknown(), |word| language.word(word)));
                    }
                    (Some(v), Some(FieldKind::Set(words))) => {
                        let each = words.iter().enumerate().filter(|(i, _)| v as u32 >> i & 1 == 1);
                        let each: Vec<&str> = each.map(|(_, word)| language.word(word)).collect();
                        text.push_str(if each.is_empty() { language.nothing() } else { "" });
                        text.push_str(&each.join(language.comma()));
                    }
                    (Some(v), Some(FieldKind::Label(table))) => {
                        text.push_str(label(table, v).as_deref().unwrap_or(language.unknown()));
                    }
                    _ => text.push_str(language.unknown()),
                },
                Piece::Extra(i, decimals) => match extras.get(*i) {
                    Some(v) if v.is_finite() => number(text, *v, *decimals),
                    _ => text.push_str(language.unknown()),
                },
            }
        }
    }
}

fn number(text: &mut String, value: f64, decimals: Decimals) {
    // Writing to a `String` cannot fail.
    match decimals {
        // What rounds to nought has no sign.
        Some(decimals) if value.abs() < 0.5 * 10f64.powi(-(decimals as i32)) => write!(text, "{:.decimals$}", 0.0),
        Some(decimals) => write!(text, "{value:.decimals$}"),
        None => write!(text, "{value}"),
    }
    .unwrap_or_default();
}

fn placeholder(inside: &str, extras: &[String]) -> Result<Piece, String> {
    let (name, format) = inside.split_once(':').map_or((inside, None), |(name, format)| (name, Some(format)));
    let decimals = match format {
        None => None,
        Some(format) => match format.strip_prefix('.').and_then(|d| d.parse::<usize>().ok()) {
            Some(decimals) if decimals <= MOST_DECIMALS => Some(decimals),
            _ => return Err(format!("\":{format}\" is not a format; write :.0 to :.{MOST_DECIMALS} for decimals")),
        },
    };
    if let Some(slot) = FIELDS.iter().position(|field| field.name == name) {
        if decimals.is_some() && FIELDS[slot].kind != FieldKind::Number {
            return Err(format!("\"{name}\" is not a number and has no decimals"));
        }
        return Ok(Piece::Field(slot as u8, decimals));
    }
    if let Some(extra) = extras.iter().position(|extra| extra == name) {
        return Ok(Piece::Extra(extra, decimals));
    }
    let names = FIELDS.iter().map(|field| field.name).chain(extras.iter().map(String::as_str));
    let hint = nearest(name, names).map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
    Err(format!("\"{name}\" is neither a field nor a limit of this rule{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extras() -> Vec<String> {
        vec!["hold_s".to_owned(), "sog_kn_min".to_owned()]
    }

    fn filled(text: &str, language: Language, value: Option<f64>) -> String {
        Template::new(text, &extras()).unwrap().fill(language, |_| value, |_, v| Some(format!("#{v}")), &[10.0, 25.0])
    }

    #[test]
    fn numbers_words_and_flags_are_put_in() {
        assert_eq!(filled("{{{sog_kn:.1}}} kn", Language::English, Some(42.06)), "{42.1} kn");
        assert_eq!(filled("{sog_kn:.0}/{sog_kn}", Language::English, Some(-0.25)), "0/-0.25");
        assert_eq!(filled("AIS{ais}", Language::Chinese, Some(1.0)), "AIS未收到");
        assert_eq!(filled("AIS {ais}", Language::English, Some(1.0)), "AIS none");
        assert_eq!(filled("{zones}", Language::English, Some(5.0)), "landing, berth");
        assert_eq!(filled("{zones}/{zones}", Language::Chinese, Some(0.0)), "无/无");
        assert_eq!(filled("{parent_id}", Language::English, Some(7.0)), "#7");
        assert_eq!(filled("夜间：{is_night}", Language::Chinese, Some(1.0)), "夜间：是");
        assert_eq!(filled("{hold_s:.0} s, {sog_kn_min:.0} kn", Language::English, None), "10 s, 25 kn");
    }

    #[test]
    fn what_is_not_known_says_so() {
        for text in ["{sog_kn:.0}", "{ais}", "{is_night}"] {
            assert_eq!(filled(text, Language::Chinese, None), "未知");
            assert_eq!(filled(text, Language::English, None), "unknown");
        }
    }

    #[test]
    fn a_value_that_is_no_number_is_not_known() {
        let text = Template::new("{hold_s:.1} {hold_s}", &extras()).unwrap();
        assert_eq!(text.fill(Language::English, |_| None, |_, _| None, &[f64::NAN, 25.0]), "unknown unknown");
    }

    #[test]
    fn a_clause_in_brackets_is_left_out_where_it_is_not_known() {
        let text = "{shore_nm:.0} NM off[, ashore in {eta_shore_min:.0} min][[x]].";
        assert_eq!(filled(text, Language::English, Some(3.0)), "3 NM off, ashore in 3 min[x].");
        assert_eq!(filled(text, Language::English, None), "unknown NM off[x].");
        // It is asked for all the same, so that it is among the unknowns.
        assert_eq!(Template::new(text, &[]).unwrap().slots().count(), 2);
        for (broken, says) in [("a[b", "has no \"]\""), ("a]b", "has no other half"), ("a[b[c]", "has no other half")] {
            let faults = Template::new(broken, &[]).unwrap_err();
            assert!(faults[0].what.contains(says), "{broken}: {}", faults[0].what);
        }
    }

    #[test]
    fn every_word_of_every_field_has_its_chinese() {
        for field in &FIELDS {
            if let FieldKind::Word(words) | FieldKind::Set(words) = field.kind {
                for word in words {
                    assert!(Language::Chinese.word(word).chars().all(|c| c > '\u{2e80}'), "{word}");
                }
            }
        }
    }

    #[test]
    fn wrong_placeholders_are_told_all_at_once() {
        let faults = Template::new("{sog_knn} 节 {ais:.0} {sog_kn:x} } {sog_kn:.9} {sog", &extras()).unwrap_err();
        let found: Vec<(usize, &str)> = faults.iter().map(|f| (f.at, f.what.as_str())).collect();
        assert_eq!(found[0], (0, "\"sog_knn\" is neither a field nor a limit of this rule; did you mean \"sog_kn\"?"));
        assert_eq!(found[1], (14, "\"ais\" is not a number and has no decimals"));
        assert!(found[2].1.contains("\":x\" is not a format"));
        assert!(found[3].1.contains("has no \"{\""));
        assert!(found[4].1.contains("\":.9\" is not a format"));
        assert!(found[5].1.contains("has no \"}\""));
        assert_eq!(found.len(), 6);
    }
}
