//! How evenly a server with more worker threads than cores answers when it has room to spare: a
//! queue at a lock shows as answers that take many times as long as most.

use std::time::Duration;

use auth_testkit::MockScalekit;

use crate::line::Server;
use crate::load::Load;
use crate::server::{Guard, Inner, Setting};
use crate::spread::print_ratio;
use crate::wire::Wire;

const ROUNDS: u32 = 5;
const THREADS: usize = 8;

pub(crate) async fn run(scalekit: &MockScalekit, keys: &str, token: &str, seconds: f64) {
    let slice = Duration::from_secs_f64(seconds / f64::from(ROUNDS * 2));
    let load = Load::new(token, slice);
    for guard in [Guard::Open, Guard::Ours] {
        let mut setting = Setting::new(scalekit, keys, Inner::Trivial, guard);
        setting.threads = THREADS;
        let name = guard.name();
        let server = Server::start(name, &setting);
        let address = server.process.address;
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let most = load.flat_out(address, Wire::Http1).await.per_second();
            let rate = most * 0.8;
            let mut answers = load.paced(address, Wire::Http1, rate).await;
            let (half, most) = (answers.percentile(50), answers.percentile(99));
            println!("paced {name:<22} {rate:>8.0} requests/s, p50 {half:.0} us, p99 {most:.0} us");
            ratios.push(most / half);
        }
        print_ratio(&format!("paced_p99_vs_p50_{name}"), ratios);
    }
}
