//! The true answer, delivered badly or not at all.

use std::io::ErrorKind;
use std::time::Duration;

use auth_testkit::{Endpoint, Fault, MockScalekit, TestClock};
use reqwest::StatusCode;
use tokio::io::AsyncWriteExt;

use crate::raw::{connect, get, heard};
use crate::support::{code, error, exchange, http, jwks, public_client, token, tokens};

#[tokio::test]
async fn a_truncated_answer_has_its_head_and_a_part_of_its_body() {
    let scalekit = MockScalekit::start().await;
    let control = get(&scalekit, "/keys").await;
    let (head, body) = control.parts();
    for keep in [0, 1, 40, body.len() - 1] {
        let cut = scalekit
            .fail(Endpoint::Keys, Fault::Truncate(keep))
            .times(1);
        let heard = get(&scalekit, "/keys").await;
        assert_eq!(heard.parts().0.len(), head.len(), "{keep}");
        assert_eq!(heard.parts().1, &body[..keep], "{keep}");
        drop(cut);
    }
    let whole = scalekit.fail(Endpoint::Keys, Fault::Truncate(body.len()));
    assert_eq!(get(&scalekit, "/keys").await.parts().1, body);
    drop(whole);
    assert_eq!(get(&scalekit, "/keys").await.parts().1, body);
}

#[tokio::test]
async fn over_http2_only_the_stream_of_a_truncated_answer_ends() {
    let scalekit = MockScalekit::start().await;
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .no_proxy()
        .build()
        .unwrap();
    let keys = || client.get(scalekit.keys_url()).send();
    let control = keys().await.unwrap();
    assert_eq!(control.version(), reqwest::Version::HTTP_2);
    let length = control.bytes().await.unwrap().len();
    let cut = scalekit.fail(Endpoint::Keys, Fault::Truncate(9)).times(1);
    // The reset may overtake the head.
    if let Ok(response) = keys().await {
        response.bytes().await.expect_err("the body is cut");
    }
    drop(cut);
    assert_eq!(keys().await.unwrap().bytes().await.unwrap().len(), length);
}

#[tokio::test]
async fn a_delayed_answer_comes_when_the_clock_has_been_moved() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    let slow = scalekit.fail(Endpoint::Keys, Fault::Delay(Duration::from_secs(30)));
    let url = scalekit.keys_url().to_owned();
    let fetch = tokio::spawn(async move { http().get(url).send().await.unwrap().status() });
    while slow.hits() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!fetch.is_finished());
    clock.advance(Duration::from_secs(30));
    assert_eq!(fetch.await.unwrap(), StatusCode::OK);
}

#[tokio::test]
async fn a_dribbled_answer_is_whole_in_the_end() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    let control = get(&scalekit, "/keys").await;
    let _slow = scalekit.fail(Endpoint::Keys, Fault::Dribble(Duration::from_secs(1)));
    let mut stream = connect(&scalekit).await;
    let request = "GET /keys HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = tokio::spawn(heard(stream));
    let mut seconds = 0;
    while !answer.is_finished() {
        clock.advance(Duration::from_secs(1));
        seconds += 1;
        tokio::task::yield_now().await;
    }
    let answer = answer.await.unwrap();
    assert_eq!(answer.parts().1, control.parts().1);
    assert!(seconds >= answer.bytes.len(), "one byte at a time");
}

#[tokio::test]
async fn garbage_is_not_http() {
    let scalekit = MockScalekit::start().await;
    let _fault = scalekit.fail(Endpoint::Keys, Fault::Garbage);
    let heard = get(&scalekit, "/keys").await;
    assert!(!heard.bytes.is_empty() && !heard.bytes.starts_with(b"HTTP"));
    http().get(scalekit.keys_url()).send().await.unwrap_err();
}

#[tokio::test]
async fn a_reset_and_a_close_look_different_and_give_no_byte() {
    let scalekit = MockScalekit::start().await;
    let reset = scalekit.fail(Endpoint::Keys, Fault::Reset);
    let heard = get(&scalekit, "/keys").await;
    assert_eq!(
        (heard.bytes, heard.error),
        (vec![], Some(ErrorKind::ConnectionReset))
    );
    drop(reset);
    let close = scalekit.fail(Endpoint::Keys, Fault::Close);
    let heard = get(&scalekit, "/keys").await;
    assert_eq!((heard.bytes, heard.error), (vec![], None));
    drop(close);
    jwks(&scalekit).await;
}

#[tokio::test]
async fn a_lost_answer_has_used_up_the_code_and_a_refusal_has_not() {
    for (fault, is_used_up) in [(Fault::Reset, true), (Fault::Status(503), false)] {
        let scalekit = MockScalekit::start().await;
        let client = public_client(&scalekit);
        let code = code(&scalekit, &client).await;
        let exchange = exchange(&client, &code);
        let failing = scalekit.fail(Endpoint::Token, fault).times(1);
        let first = http().post(scalekit.token_endpoint()).form(&exchange);
        let first = first.send().await;
        assert!(first.is_err() || first.unwrap().status() == StatusCode::SERVICE_UNAVAILABLE);
        drop(failing);
        if is_used_up {
            let again = token(&scalekit, &exchange).await;
            assert_eq!(error(again, StatusCode::BAD_REQUEST).await, "invalid_grant");
        } else {
            tokens(&scalekit, &exchange).await;
        }
    }
}

#[tokio::test]
async fn faults_reach_also_what_a_mock_of_ones_own_answers() {
    use wiremock::{Mock, ResponseTemplate, matchers::path};
    let scalekit = MockScalekit::start().await;
    Mock::given(path("/keys"))
        .respond_with(ResponseTemplate::new(200).set_body_string("mine"))
        .mount(scalekit.server())
        .await;
    assert_eq!(get(&scalekit, "/keys").await.parts().1, b"mine");
    let _fault = scalekit.fail(Endpoint::Keys, Fault::Truncate(2));
    assert_eq!(get(&scalekit, "/keys").await.parts().1, b"mi");
}

#[tokio::test]
async fn a_mock_of_ones_own_may_close_the_connection() {
    use wiremock::{Mock, matchers::path};
    let scalekit = MockScalekit::start().await;
    Mock::given(path("/keys"))
        .respond_with_err(|_: &wiremock::Request| std::io::Error::other("gone"))
        .mount(scalekit.server())
        .await;
    let heard = get(&scalekit, "/keys").await;
    assert_eq!((heard.bytes, heard.error), (vec![], None));
}
