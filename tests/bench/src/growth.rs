//! How cost grows with what is stored. On the embedded database, in one process: what it shows is whether a
//! request costs more on large tables, not how many `DynamoDB` would answer.

use crate::fixtures::SEEN_AHEAD_SECONDS;
use crate::limiter::Chance;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use embedded_dynamodb::Template;
use futures_util::{StreamExt, stream};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use shared::dynamodb::{Item, n, s};
use shared::email::Email;
use shared::lambda::answer;
use shared::lifespan::Lifespans;
use shared::member::MemberId;
use shared::members::Members;
use shared::rate_limit::RateLimiter;
use shared::session_token::SessionToken;
use shared::sessions::Sessions;
use shared::signing_key::SigningKey;
use shared::timestamp::Timestamp;
use status::Status;
use std::time::{Duration, Instant};
use test_database::{Calls, TestDatabase};

/// The sizes of the tables, each reached by adding to the one before.
const SIZES: [u64; 3] = [1, 10_000, 1_000_000];

/// Requests of each kind at each size. The first thousands after so many writes are slower by up to 7 %.
const REQUESTS: u32 = 20_000;

/// Items of one `BatchWriteItem`, and how many of those are under way at once.
const BATCH: usize = 25;
const AT_ONCE: usize = 8;

/// A database that grows, and the members whose cookies are presented.
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
        let new: Vec<_> =
            (from + 1..=to).map(|member| SessionToken::generate(MemberId::new(member))).collect();
        grown.fill(&new).await;
        tokens.extend(new);
        let (status, find) = (grown.status(&tokens).await, grown.find(to).await);
        let take = grown.take(to).await;
        println!("| {to} | {status:.0} | {find:.0} | {take:.0} |");
    }
    grown.log_out_everywhere(MemberId::new(2_000_000), 10_000).await;
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

    /// Adds a member, a session and a bucket for each token.
    async fn fill(&self, tokens: &[SessionToken]) {
        let members = tokens.iter().map(|token| self.member(token.member().get()));
        self.write("MembersTable", members.collect()).await;
        self.write("SessionsTable", tokens.iter().map(|token| self.session(token)).collect()).await;
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

    /// Status calls of members by chance.
    async fn status(&self, tokens: &[SessionToken]) -> f64 {
        let variables = Template::of_workspace().environment("status").into_iter();
        let unlimited = [("STATUS_QUOTA".to_owned(), "1000000/1".to_owned())];
        let status = Status::new(&variables.chain(unlimited).collect(), &self.client).expect("all variables");
        let mut chance = Chance(1);
        let events = (0..REQUESTS).map(|_| self.event(pick(tokens, &mut chance)));
        let events: Vec<_> = events.collect();
        let start = Instant::now();
        for event in &events {
            let answer = answer(&status, event, self.now).await;
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
        let table = Members::new(self.client.clone(), "MembersTable".into());
        let mut chance = Chance(2);
        let start = Instant::now();
        for _ in 0..REQUESTS {
            let email = Email::parse(&email(1 + chance.below(members))).expect("an email");
            assert!(table.find(&email).await.expect("a database").is_some());
        }
        per_second(start)
    }

    /// Takes a token of buckets by chance.
    async fn take(&self, buckets: u64) -> f64 {
        let quota = "1000000/1".parse().expect("a quota");
        let limiter = RateLimiter::new(self.client.clone(), "RateLimitsTable".into(), "status", quota);
        let mut chance = Chance(3);
        let start = Instant::now();
        for _ in 0..REQUESTS {
            limiter.take(&(1 + chance.below(buckets)), self.now).await.expect("a token");
        }
        per_second(start)
    }

    /// One member with so many sessions ends them all.
    async fn log_out_everywhere(&self, member: MemberId, count: usize) {
        let tokens: Vec<_> = (0..count).map(|_| SessionToken::generate(member)).collect();
        self.write("SessionsTable", tokens.iter().map(|token| self.session(token)).collect()).await;
        let lifespans = Lifespans::from_environment(&shared::config::Environment::default());
        let sessions =
            Sessions::new(self.client.clone(), "SessionsTable".into(), lifespans.expect("defaults"));
        self.calls.forget();
        let start = Instant::now();
        let ended = sessions.end_all_by(tokens[0], self.now).await.expect("a database");
        assert!(ended.live().is_some());
        let (time, calls): (Duration, _) = (start.elapsed(), self.calls.take());
        let queries = calls.iter().filter(|call| *call == "Query").count();
        println!("\nA member's {count} sessions end in {:.1} s, of", time.as_secs_f64());
        println!("{} calls, {queries} of them queries, on tables of {} sessions.", calls.len(), SIZES[2]);
    }
}

fn email(number: u64) -> String {
    format!("member{number}@tozo.invalid")
}

/// One that is full again since long.
fn bucket(name: &str) -> Item {
    Item::from([("bucket".to_owned(), s(name)), ("tat".to_owned(), n(1)), ("expires_at".to_owned(), n(2))])
}

fn pick<'a>(tokens: &'a [SessionToken], chance: &mut Chance) -> &'a SessionToken {
    let count = u64::try_from(tokens.len()).expect("a million");
    &tokens[usize::try_from(chance.below(count)).expect("below a million")]
}

fn per_second(start: Instant) -> f64 {
    f64::from(REQUESTS) / start.elapsed().as_secs_f64()
}
