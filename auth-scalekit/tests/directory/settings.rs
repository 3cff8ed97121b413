//! Settings that can only be mistakes.

use std::time::Duration;

use auth_scalekit::directory::{ScalekitDirectory, ScalekitDirectoryBuilder};
use auth_scalekit::management::Management;

#[test]
fn what_is_out_of_range_is_named() {
    let builder = || {
        let management = Management::builder("https://acme.scalekit.com", "skc_1", "secret");
        ScalekitDirectory::builder(management.build().unwrap())
    };
    assert!(builder().build().is_ok(), "the control");
    let (second, day) = (Duration::from_secs(1), Duration::from_secs(24 * 60 * 60));
    type Change = fn(ScalekitDirectoryBuilder, Duration) -> ScalekitDirectoryBuilder;
    let rows: [(&str, Change, Duration, Duration); 5] = [
        (
            "list_every",
            |builder, time| {
                builder
                    .max_age(Duration::from_secs(8 * 86_400))
                    .list_every(time)
            },
            7 * day,
            7 * day + second,
        ),
        (
            "max_age",
            |builder, time| builder.max_age(time),
            30 * day,
            30 * day + second,
        ),
        (
            "read_store_every",
            |builder, time| {
                builder
                    .max_lag(70 * Duration::from_secs(1))
                    .read_store_every(time)
            },
            60 * second,
            61 * second,
        ),
        (
            "max_lag",
            |builder, time| builder.max_lag(time),
            3_600 * second,
            3_601 * second,
        ),
        (
            "clock_skew",
            |builder, time| builder.clock_skew(time),
            300 * second,
            301 * second,
        ),
    ];
    for (setting, change, most, too_much) in rows {
        assert!(
            change(builder(), most).build().is_ok(),
            "{setting}, the control"
        );
        let error = change(builder(), too_much).build().unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{setting} is out of range: choose ")),
            "{error}"
        );
    }
    let error = builder().list_every(day).build().unwrap_err().to_string();
    assert_eq!(
        error,
        "max_age is out of range: choose more than list_every, up to 30 days"
    );
}
