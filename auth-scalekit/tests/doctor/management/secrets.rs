//! Neither credentials nor anything of people is printed or logged.

use auth_testkit::{Client, Endpoint, Fault};

use super::{assert_reveals_nothing, command, stage};
use crate::run;

#[tokio::test]
async fn no_secret_name_or_address_is_printed_or_logged() {
    let stage = stage().await;
    let client = Client::public("http://localhost:8000/marker").scopes(["notes:read"]);
    stage.scalekit.register_client(client);
    let key = auth_testkit::ApiKeyDraft::new("org_1").description("marker");
    let _ = stage.scalekit.admin().create_api_key(key);
    for fault in [
        None,
        Some((Endpoint::EnvironmentToken, Fault::Truncate(200))),
        Some((
            Endpoint::EnvironmentToken,
            Fault::Body(b"{\"error\":\"marker\"}".to_vec()),
        )),
        Some((Endpoint::Users, Fault::Truncate(200))),
        Some((
            Endpoint::Users,
            Fault::Body(b"{\"users\":\"marker\"}".to_vec()),
        )),
        Some((Endpoint::Users, Fault::Status(403))),
    ] {
        let fault = fault.map(|(endpoint, fault)| stage.scalekit.fail(endpoint, fault));
        for arguments in [&[][..], &["--json"]] {
            let mut command = command(&stage, arguments);
            command.env("RUST_LOG", "trace");
            let ran = run(command, "").await;
            assert!(ran.out.contains("management-permissions"), "{}", ran.out);
            assert!(ran.err.len() > 1000, "there is a log");
            assert_reveals_nothing(&ran);
        }
        drop(fault);
    }
    stage.stop().await;
}
