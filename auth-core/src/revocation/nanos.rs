//! Times as nanoseconds since 1970, as revocations are kept and written. They end in the year 2554: later times are
//! the last one, and earlier ones than 1970 the first.

use std::time::{Duration, SystemTime};

pub(crate) fn of(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn to_time(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}
