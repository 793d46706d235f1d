//! The parts of SAPIENT messages that are used, as protobuf types. Fields that are not named here are skipped by the decoder.
//!
//! Field numbers and the meaning of enumerations are those of BSI Flex 335 v2.0. All fields of that edition are optional on the
//! wire; what the standard calls mandatory has to be looked for.
#![allow(missing_docs)] // The names are the standard's own, one for one.

/// The envelope of every message.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SapientMessage {
    /// When it was sent; of a detection, when it was measured.
    #[prost(message, optional, tag = "1")]
    pub timestamp: Option<Time>,
    /// UUID of the sender.
    #[prost(string, tag = "2")]
    pub node_id: String,
    #[prost(oneof = "Content", tags = "4, 5, 6, 7, 8, 9, 10, 11, 12")]
    pub content: Option<Content>,
}

/// What a message says. Kinds that only a fusion node or an operator sends are told by name and not read.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Content {
    #[prost(message, tag = "4")]
    Registration(Registration),
    #[prost(message, tag = "5")]
    RegistrationAck(Unread),
    #[prost(message, tag = "6")]
    StatusReport(StatusReport),
    #[prost(message, tag = "7")]
    DetectionReport(DetectionReport),
    #[prost(message, tag = "8")]
    Task(Unread),
    #[prost(message, tag = "9")]
    TaskAck(Unread),
    #[prost(message, tag = "10")]
    Alert(Unread),
    #[prost(message, tag = "11")]
    AlertAck(Unread),
    #[prost(message, tag = "12")]
    Error(Unread),
}

/// A message whose fields are skipped.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Unread {}

/// Protobuf's own timestamp.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Time {
    /// Since 1970 UTC.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// 0–999 999 999.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// What a node declares of itself when it joins. Units of velocities are told only here.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Registration {
    #[prost(message, repeated, tag = "1")]
    pub node_definition: Vec<NodeDefinition>,
    #[prost(string, optional, tag = "2")]
    pub icd_version: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub short_name: Option<String>,
    #[prost(message, repeated, tag = "7")]
    pub mode_definition: Vec<ModeDefinition>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct NodeDefinition {
    /// 2 radar, 3 lidar, 4 camera, …
    #[prost(int32, tag = "1")]
    pub node_type: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ModeDefinition {
    #[prost(string, tag = "1")]
    pub mode_name: String,
    /// See [`TRACKING_NONE`].
    #[prost(int32, optional, tag = "7")]
    pub tracking_type: Option<i32>,
    #[prost(message, repeated, tag = "10")]
    pub detection_definition: Vec<DetectionDefinition>,
}

/// `tracking_type`: detections are not associated with one another; each has an object name of its own.
pub const TRACKING_NONE: i32 = 1;

#[derive(Clone, PartialEq, prost::Message)]
pub struct DetectionDefinition {
    #[prost(message, optional, tag = "1")]
    pub location_type: Option<LocationType>,
    #[prost(message, optional, tag = "6")]
    pub velocity_type: Option<VelocityType>,
}

/// Units and datum of places, either of coordinates (1, 3) or of range and bearing (2, 4).
#[derive(Clone, PartialEq, prost::Message)]
pub struct LocationType {
    #[prost(int32, optional, tag = "1")]
    pub location_units: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub range_bearing_units: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub range_bearing_datum: Option<i32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct VelocityType {
    #[prost(message, optional, tag = "4")]
    pub enu_velocity_units: Option<EnuVelocityUnits>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct EnuVelocityUnits {
    /// 1 m/s, 2 km/h.
    #[prost(int32, tag = "1")]
    pub east_north_rate_units: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StatusReport {
    #[prost(string, tag = "1")]
    pub report_id: String,
    /// 1 well, 2 warning, 3 error, 5 about to leave.
    #[prost(int32, tag = "2")]
    pub system: i32,
    #[prost(string, optional, tag = "5")]
    pub mode: Option<String>,
    #[prost(message, optional, tag = "7")]
    pub node_location: Option<Location>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct DetectionReport {
    #[prost(string, tag = "1")]
    pub report_id: String,
    #[prost(string, tag = "2")]
    pub object_id: String,
    /// A special case, as `lost`.
    #[prost(string, optional, tag = "4")]
    pub state: Option<String>,
    #[prost(oneof = "Where", tags = "5, 6")]
    pub place: Option<Where>,
    #[prost(float, optional, tag = "7")]
    pub detection_confidence: Option<f32>,
    #[prost(message, repeated, tag = "11")]
    pub classification: Vec<Classification>,
    #[prost(message, optional, tag = "19")]
    pub enu_velocity: Option<EnuVelocity>,
}

/// Where a detection is.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Where {
    #[prost(message, tag = "5")]
    RangeBearing(RangeBearing),
    #[prost(message, tag = "6")]
    Location(Location),
}

/// From the node. Without `range` it is a bearing only.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RangeBearing {
    #[prost(double, optional, tag = "1")]
    pub elevation: Option<f64>,
    #[prost(double, optional, tag = "2")]
    pub azimuth: Option<f64>,
    #[prost(double, optional, tag = "3")]
    pub range: Option<f64>,
    #[prost(double, optional, tag = "5")]
    pub azimuth_error: Option<f64>,
    #[prost(double, optional, tag = "6")]
    pub range_error: Option<f64>,
    /// 1 degrees and m, 2 radians and m, 3 degrees and km, 4 radians and km.
    #[prost(int32, tag = "7")]
    pub coordinate_system: i32,
    /// See [`DATUM_TRUE_NORTH`].
    #[prost(int32, tag = "8")]
    pub datum: i32,
}

/// `datum` of azimuths: true north. Others are 2 magnetic, 3 grid, 4 the platform's heading.
pub const DATUM_TRUE_NORTH: i32 = 1;

/// In coordinates: `x` is longitude, `y` latitude.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Location {
    #[prost(double, optional, tag = "1")]
    pub x: Option<f64>,
    #[prost(double, optional, tag = "2")]
    pub y: Option<f64>,
    #[prost(double, optional, tag = "3")]
    pub z: Option<f64>,
    /// 1 degrees and m, 2 radians and m, 5 UTM.
    #[prost(int32, tag = "7")]
    pub coordinate_system: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Classification {
    #[prost(string, tag = "1")]
    pub class: String,
    /// 0–1.
    #[prost(float, optional, tag = "2")]
    pub confidence: Option<f32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct EnuVelocity {
    #[prost(double, optional, tag = "1")]
    pub east_rate: Option<f64>,
    #[prost(double, optional, tag = "2")]
    pub north_rate: Option<f64>,
}
