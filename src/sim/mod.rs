//! Scenario → bytes on the wire, with truth beside them. Pure: seeds come in, bytes go out.
