//! Why an order is not carried out, in words for the officer and for programs. A refused order is in the record all the same.

use serde::{Deserialize, Serialize};

use super::TrackId;
use super::command::{COMMAND_VERSION, MAX_COMMAND_BYTES};
use super::incident::{HandOverId, IncidentId, UnitName};

/// Why a command was not carried out. It is in the record all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Refusal {
    /// No such incident, or one that ended long ago.
    #[error("there is no incident {incident}")]
    NoIncident {
        /// Its number.
        incident: IncidentId,
    },
    /// No such track.
    #[error("there is no track {track}")]
    NoTrack {
        /// Its number.
        track: TrackId,
    },
    /// No such unit.
    #[error("there is no unit {unit}")]
    NoUnit {
        /// Its name.
        unit: UnitName,
    },
    /// No such hand-over.
    #[error("there is no hand-over {hand_over} to be signed")]
    NoHandOver {
        /// Its number.
        hand_over: HandOverId,
    },
    /// The state does not allow it.
    #[error("{order} is not possible: {because}")]
    NotNow {
        /// What was ordered.
        order: String,
        /// Why not.
        because: NotNow,
    },
    /// A text that must be there is empty.
    #[error("{what} is missing")]
    Missing {
        /// Which text.
        what: String,
    },
    /// A value out of its range.
    #[error("{what} is out of range: {range}")]
    OutOfRange {
        /// Which value.
        what: String,
        /// What it may be.
        range: String,
    },
    /// Not a command of this form.
    #[error("not a command: {why}")]
    Unreadable {
        /// What the reader says.
        why: String,
    },
    /// Written by a later program.
    #[error("command of form {v}; this program reads form {COMMAND_VERSION}")]
    Version {
        /// Its version.
        v: u32,
    },
    /// Longer than can be recorded.
    #[error("the command is longer than {MAX_COMMAND_BYTES} bytes")]
    TooLong,
    /// Only the program itself orders this.
    #[error("only the program itself orders this")]
    NotYours,
    /// More than can be kept.
    #[error("there are already {most} {what}")]
    TooMany {
        /// Of what.
        what: String,
        /// How many can be kept.
        most: usize,
    },
    /// What was to be loaded is faulty; what was in force stays.
    #[error("not loaded, what was in force stays: {}", faults.join("; "))]
    Faulty {
        /// All its faults.
        faults: Vec<String>,
    },
    /// More commands wait than the engine takes.
    #[error("the engine is busy; try again")]
    Busy,
    /// The engine has ended.
    #[error("the engine has ended")]
    Ended,
}

/// What of an incident's state forbids an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // each says itself in words()
pub enum NotNow {
    AlreadyAcknowledged,
    Closed,
    Shelved,
    NotShelved,
    Archived,
    FalseAlarm,
    AlreadyDispatched,
    UnitElsewhere,
    ReportersElsewhere,
    UnitNotAvailable,
    NotDispatched,
    NotAccepted,
    AlreadyAccepted,
    AlreadyOnScene,
    AlreadyReported,
    TasksOpen,
    NothingToReview,
    NotReviewed,
    AlreadyReviewed,
    AlarmOpen,
    DoesNotSound,
    Merged,
    SameLevel,
    SamePerson,
    OtherPerson,
    SecondPerson,
    NotProposed,
    NotTheirs,
}

impl NotNow {
    /// In words, English and Chinese.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AlreadyAcknowledged => ("it is acknowledged already", "已确认"),
            Self::Closed => ("its alarm is closed", "报警已关闭"),
            Self::Shelved => ("it is shelved", "已搁置"),
            Self::NotShelved => ("it is not shelved", "未搁置"),
            Self::Archived => ("it is archived", "已归档"),
            Self::FalseAlarm => ("it was judged a false alarm", "已判为误报"),
            Self::AlreadyDispatched => ("this unit is dispatched to it already", "该力量已派出"),
            Self::UnitElsewhere => ("this unit is at another incident", "该力量正在处置其他事件"),
            Self::ReportersElsewhere => (
                "the units that reported are at other incidents by now: recall one there, or send another one here",
                "已反馈的力量正在处置其他事件：请先在该事件召回，或另派力量",
            ),
            Self::UnitNotAvailable => ("this unit is not available", "该力量不可用"),
            Self::NotDispatched => ("this unit was not dispatched to it", "未向该力量派单"),
            Self::NotAccepted => ("the unit has not accepted", "该力量未签收"),
            Self::AlreadyAccepted => ("the unit has accepted already", "该力量已签收"),
            Self::AlreadyOnScene => ("the unit is on scene already", "该力量已到场"),
            Self::AlreadyReported => ("the unit has reported back already", "该力量已反馈"),
            Self::TasksOpen => ("a unit has not reported back", "仍有力量未反馈"),
            Self::NothingToReview => ("there is no feedback and the alarm is open", "无反馈且报警未关闭"),
            Self::NotReviewed => ("it is not reviewed", "未复核"),
            Self::AlreadyReviewed => ("it is reviewed already", "已复核"),
            Self::AlarmOpen => ("its alarm is not closed", "报警未关闭"),
            Self::DoesNotSound => ("it does not sound", "报警未发声"),
            Self::Merged => ("it is part of another incident", "已并入其他事件"),
            Self::SameLevel => ("it is at this level already", "已在该级别"),
            Self::SamePerson => ("the same person cannot sign for both", "交接双方不能为同一人"),
            Self::SecondPerson => (
                "an alarm of severity 4 needs two different people: another officer has to decide this",
                "四级报警须由两名不同人员决定，请另一名值班员确认",
            ),
            Self::NotProposed => ("nobody has proposed a false alarm", "没有待确认的误报申请"),
            Self::NotTheirs => ("only who proposed it, or a supervisor, gives it up", "只有申请人或带班领导可以撤回"),
            Self::OtherPerson => ("another person was named to take over", "指定的接班人为他人"),
        }
    }
}

impl std::fmt::Display for NotNow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words().0)
    }
}

impl Refusal {
    /// One word for programs, as in JSON.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoIncident { .. } => "no-incident",
            Self::NoTrack { .. } => "no-track",
            Self::NoUnit { .. } => "no-unit",
            Self::NoHandOver { .. } => "no-hand-over",
            Self::NotNow { .. } => "not-now",
            Self::Missing { .. } => "missing",
            Self::OutOfRange { .. } => "out-of-range",
            Self::Unreadable { .. } => "unreadable",
            Self::Version { .. } => "version",
            Self::TooLong => "too-long",
            Self::NotYours => "not-yours",
            Self::TooMany { .. } => "too-many",
            Self::Faulty { .. } => "faulty",
            Self::Busy => "busy",
            Self::Ended => "ended",
        }
    }

    /// For the officer, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::NoIncident { incident } => format!("没有事件{incident}"),
            Self::NoTrack { track } => format!("没有航迹{track}"),
            Self::NoUnit { unit } => format!("没有力量“{unit}”"),
            Self::NoHandOver { hand_over } => format!("没有待签的交接班{hand_over}"),
            Self::NotNow { because, .. } => format!("不能执行：{}", because.words().1),
            Self::Missing { what } => format!("缺少：{what}"),
            Self::OutOfRange { what, range } => format!("超出范围：{what}（{range}）"),
            Self::Unreadable { why } => format!("不是有效命令：{why}"),
            Self::Version { v } => format!("命令格式{v}，本程序只认格式{COMMAND_VERSION}"),
            Self::TooLong => format!("命令超过{MAX_COMMAND_BYTES}字节"),
            Self::NotYours => "只能由程序自身发出".to_owned(),
            Self::TooMany { what, most } => format!("{what}已达上限{most}"),
            Self::Faulty { faults } => format!("未加载，原有内容继续生效：{}", faults.join("；")),
            Self::Busy => "引擎繁忙，请重试".to_owned(),
            Self::Ended => "引擎已停止".to_owned(),
        }
    }
}
