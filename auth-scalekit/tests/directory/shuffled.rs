//! The events of many changes, in any order and repeated: the directory equals what the API lists.

use crate::stage::{Stage, known, truth};
use crate::world::World;

#[tokio::test]
async fn events_in_any_order_lead_to_the_same() {
    for seed in 1..=5 {
        let mut world = World::new(3, 12, seed);
        let builder = world.describe(auth_testkit::MockScalekit::builder());
        let stage = Stage::beside(builder, |builder| builder).await;
        stage.directory.list_once().await.unwrap();
        stage.tick();
        let mut changes = Vec::new();
        for _ in 0..150 {
            changes.push(world.change(&stage.scalekit));
            stage.tick();
        }
        let mut events = stage.events().await;
        assert!(events.len() >= changes.len(), "{}", events.len());
        // A tenth comes twice.
        events.extend(events.clone().into_iter().step_by(10));
        for event in world.shuffled(events) {
            stage.deliver(&event).await;
        }
        let expected = truth(&stage.management).await;
        let known = known(&stage.directory, &world.organizations(), &world.subjects());
        let differences: Vec<_> = known.symmetric_difference(&expected).collect();
        assert!(differences.is_empty(), "seed {seed}: {differences:#?}");
        // The listing finds nothing to correct but what no event states.
        stage.tick();
        let report = stage.directory.list_once().await.unwrap();
        assert_eq!(
            report.added.total() + report.removed.total(),
            0,
            "seed {seed}: {report:?}"
        );
    }
}
