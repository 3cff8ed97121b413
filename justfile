# Every fuzz target for a minute each, on stable Rust; another time: `FUZZ_SECONDS=600 just fuzz`.
# Optimized, and still with the checks of a debug build: an overflow is a finding.
fuzz:
    FUZZ_SECONDS=${FUZZ_SECONDS:-60} cargo test --profile fuzz -p auth-core --test fuzz_targets -- --nocapture --test-threads=1
    FUZZ_SECONDS=${FUZZ_SECONDS:-60} cargo test --profile fuzz -p auth-scalekit --test any_bytes -- --nocapture --test-threads=1
    FUZZ_SECONDS=${FUZZ_SECONDS:-60} cargo test --profile fuzz -p examples --test whole_bodies -- --nocapture --test-threads=1

# One target guided by coverage, until stopped: needs cargo-fuzz and a nightly toolchain.
# `just fuzz-guided auth-core bearer`
fuzz-guided crate target:
    mkdir -p {{crate}}/fuzz/corpus/{{target}}
    cd {{crate}} && cargo +nightly fuzz run {{target}} fuzz/corpus/{{target}} fuzz/seeds/{{target}}

# What many callers, strangers and a long outage cost, with a million unknown key names: some minutes.
load:
    AUTH_SCALEKIT_FLOOD=${AUTH_SCALEKIT_FLOOD:-1000000} cargo test --release -p auth-scalekit --test load --test faults -- --nocapture
    AUTH_SCALEKIT_LOAD_SECONDS=${AUTH_SCALEKIT_LOAD_SECONDS:-60} cargo test --release -p auth-scalekit --test introspection load:: -- --nocapture

# The worst that strangers are known to send, beside good callers: a minute for each verifier.
mixed-load:
    MIXED_LOAD_SECONDS=${MIXED_LOAD_SECONDS:-60} cargo test --release -p examples --test mixed_load -- --nocapture --test-threads=1

# Changes the code of one crate step by step, to see which change no test notices.
# `just mutants auth-core`, `just mutants auth-core --file '**/policy/*.rs'`
mutants crate *arguments:
    cargo mutants --package {{crate}} --timeout 30 --output target {{arguments}}

# What everything costs, beside what people would pick instead: some minutes on an idle machine.
# `FASTMCP_PYTHON` names an interpreter that has FastMCP, to compare with that as well.
bench:
    cargo bench -p auth-scalekit --bench verify
    cargo bench -p auth-scalekit --bench overhead
    cargo bench -p auth-scalekit --bench scaling
    cargo bench -p auth-scalekit --bench directory --features postgres,sqlite
    cargo bench -p examples --bench http

# How many instructions the ways of a request take; fails when one has grown by more than 5 %.
count-instructions:
    auth-scalekit/benches/count-instructions
