//! How the cost of a request grows with the size of the tables, on the embedded database in one process. It shows
//! whether a request costs more on large tables, and not how many requests `DynamoDB` answers.

use crate::fixtures::SEEN_AHEAD_SECONDS;
use crate::limiter::Rng;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use embedded_dynamodb::table_variables;
use futures_util::{StreamExt, stream};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use shared::gateway::Gateway;
use shared::gateway::process::Start;
use shared::keys::SigningKey;
use shared::limits::RateLimiter;
use shared::members::{Email, Epochs, MemberId, Members};
use shared::sessions::{SessionTimeouts, SessionToken, Sessions};
use shared::store::{Item, n, s};
use shared::timestamp::Timestamp;
use status::Status;
use std::time::{Duration, Instant};
use test_database::{Calls, TestDatabase};

/// The sizes of the tables. Items are added to reach the next size.
const SIZES: [u64; 3] = [1, 10_000, 1_000_000];

/// The number of requests of each kind at each size. The first thousands after many writes are slower by up to 7 %.
const REQUESTS: u32 = 20_000;

/// Items of one `BatchWriteItem`, and how many of these calls run at the same time.
const BATCH: usize = 25;
const AT_ONCE: usize = 8;

/// A database that grows, and the tokens of its members.
struct Grown {
    client: Client,
    calls: Calls,
    key: SigningKey,
    now: Timestamp,
    _database: TestDatabase,
}

/// Prints both tables.
pub(crate) async fn report() {
    let grown = Grown::start().await;
    let mut tokens = Vec::new();
    println!("| members, sessions, buckets | status, requests/s | find a member, /s | take a token, /s |");
    println!("|---|---|---|---|");
    for (from, to) in std::iter::once(&0).chain(&SIZES).zip(SIZES) {
        let new: Vec<_> = (from + 1..=to).map(|number| SessionToken::generate(member_id(number))).collect();
        grown.fill(&new).await;
        tokens.extend(new);
        let (status, find) = (grown.status(&tokens).await, grown.find(to).await);
        let take = grown.take(to).await;
        println!("| {to} | {status:.0} | {find:.0} | {take:.0} |");
    }
    grown.log_out_everywhere(member_id(2_000_000), 200_000).await;
}

impl Grown {
    async fn start() -> Self {
        let (database, calls, now) =
            (TestDatabase::start().await.expect("a database"), Calls::default(), Timestamp::now());
        let client = Client::from_conf(database.config().interceptor(calls.clone()).build());
        let key = SigningKey::generate(now);
        let ring = client.put_item().table_name("SigningKeysTable").item("ring", s("sessions"));
        ring.item("current", key.to_attribute()).send().await.expect("a database");
        Self { client, calls, key, now, _database: database }
    }

    /// Adds a member, an epoch, a session and a bucket for each token.
    async fn fill(&self, tokens: &[SessionToken]) {
        let members = tokens.iter().map(|token| self.member(token.member().get()));
        self.write("MembersTable", members.collect()).await;
        self.write("SessionsTable", tokens.iter().map(|token| self.session(token)).collect()).await;
        self.write("EpochsTable", tokens.iter().map(|token| epoch(token.member())).collect()).await;
        let buckets = tokens.iter().map(|token| bucket(&format!("status#{}", token.member().get())));
        self.write("RateLimitsTable", buckets.collect()).await;
    }

    fn member(&self, number: u64) -> Item {
        Item::from([
            ("email".to_owned(), s(email(number))),
            ("member_id".to_owned(), n(number)),
            ("password_hash".to_owned(), s("x".repeat(60))),
            ("generation".to_owned(), n(1)),
            ("disabled".to_owned(), AttributeValue::Bool(false)),
            ("created_at".to_owned(), n(self.now.as_secs())),
        ])
    }

    fn session(&self, token: &SessionToken) -> Item {
        let now = self.now.as_secs();
        let mut item = Item::from(token.key());
        item.extend([
            ("created_at".to_owned(), n(now)),
            ("last_seen_at".to_owned(), n(now + SEEN_AHEAD_SECONDS)),
            ("remember".to_owned(), AttributeValue::Bool(false)),
            ("epoch".to_owned(), n(1)),
            ("expires_at".to_owned(), n(now + 7200)),
        ]);
        item
    }

    async fn write(&self, table: &str, items: Vec<Item>) {
        let batches = items.chunks(BATCH).map(|items| {
            let puts = items.iter().map(|item| {
                let put = PutRequest::builder().set_item(Some(item.clone())).build().expect("an item is set");
                WriteRequest::builder().put_request(put).build()
            });
            self.client.batch_write_item().request_items(table, puts.collect()).send()
        });
        let mut written = stream::iter(batches).buffer_unordered(AT_ONCE);
        while let Some(result) = written.next().await {
            result.expect("a database");
        }
    }

    /// Status requests of random members.
    async fn status(&self, tokens: &[SessionToken]) -> f64 {
        let variables = table_variables().into_iter();
        let unlimited = [("STATUS_QUOTA".to_owned(), "1000000/1".to_owned())];
        let status = Gateway::<Status>::new(&variables.chain(unlimited).collect(), &self.client)
            .expect("all variables");
        let mut rng = Rng(1);
        let events = (0..REQUESTS).map(|_| self.event(pick(tokens, &mut rng)));
        let events: Vec<_> = events.collect();
        let start = Instant::now();
        for event in &events {
            let answer = status.respond(event, self.now).await;
            assert_eq!(answer["statusCode"], json!(200));
        }
        per_second(start)
    }

    fn event(&self, token: &SessionToken) -> Box<RawValue> {
        let event = include_str!("../../../events/status.json");
        let mut event: Value = serde_json::from_str(event).expect("events/status.json is JSON");
        let cookie = token.set_cookie(&self.key, None);
        let cookie = cookie.to_str().expect("a cookie is text").split(';').next();
        event["cookies"] = json!([cookie]);
        to_raw_value(&event).expect("JSON is JSON")
    }

    /// Looks members up by email, as login does.
    async fn find(&self, members: u64) -> f64 {
        let epochs = Epochs::new(self.client.clone(), "EpochsTable".into());
        let table = Members::new(self.client.clone(), "MembersTable".into(), epochs);
        let mut rng = Rng(2);
        let start = Instant::now();
        for _ in 0..REQUESTS {
            let email = Email::parse(&email(1 + rng.below(members))).expect("an email");
            assert!(table.get(&email).await.expect("a database").is_some());
        }
        per_second(start)
    }

    /// Takes tokens from random buckets.
    async fn take(&self, buckets: u64) -> f64 {
        let quota = "1000000/1".parse().expect("a quota");
        let limiter = RateLimiter::new(self.client.clone(), "RateLimitsTable".into(), "status", quota);
        let mut rng = Rng(3);
        let start = Instant::now();
        for _ in 0..REQUESTS {
            limiter.take(&(1 + rng.below(buckets)), self.now).await.expect("a token");
        }
        per_second(start)
    }

    /// One member with this many sessions revokes all of them.
    async fn log_out_everywhere(&self, member: MemberId, count: usize) {
        let tokens: Vec<_> = (0..count).map(|_| SessionToken::generate(member)).collect();
        self.write("SessionsTable", tokens.iter().map(|token| self.session(token)).collect()).await;
        self.write("EpochsTable", vec![epoch(member)]).await;
        let timeouts = SessionTimeouts::from_env(&shared::config::Environment::default());
        let epochs = Epochs::new(self.client.clone(), "EpochsTable".into());
        let sessions =
            Sessions::new(self.client.clone(), "SessionsTable".into(), epochs, timeouts.expect("defaults"));
        self.calls.forget();
        let start = Instant::now();
        let found = sessions.revoke_all_by(tokens[0], self.now).await.expect("a database");
        let (time, calls): (Duration, _) = (start.elapsed(), self.calls.take());
        assert!(found.live().is_some());
        for token in [tokens[0], tokens[count - 1]] {
            assert!(sessions.get(token, self.now).await.expect("a database").live().is_none());
        }
        println!("\nA member's {count} sessions are revoked in {:.1} ms, by", time.as_secs_f64() * 1000.0);
        println!("{calls:?}, on tables of {} sessions.", SIZES[2]);
    }
}

fn member_id(number: u64) -> MemberId {
    MemberId::new(number).expect("a number of a member")
}

fn epoch(member: MemberId) -> Item {
    Item::from([("member_id".to_owned(), n(member.get())), ("epoch".to_owned(), n(1))])
}

fn email(number: u64) -> String {
    format!("member{number}@tozo.invalid")
}

/// A bucket that has been full for a long time.
fn bucket(name: &str) -> Item {
    Item::from([("bucket".to_owned(), s(name)), ("tat".to_owned(), n(1)), ("expires_at".to_owned(), n(2))])
}

fn pick<'a>(tokens: &'a [SessionToken], rng: &mut Rng) -> &'a SessionToken {
    let count = u64::try_from(tokens.len()).expect("a million");
    &tokens[usize::try_from(rng.below(count)).expect("below a million")]
}

fn per_second(start: Instant) -> f64 {
    f64::from(REQUESTS) / start.elapsed().as_secs_f64()
}
