#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| auth_scalekit::fuzzing::webhook_event(data));
