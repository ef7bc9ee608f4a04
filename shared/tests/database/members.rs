//! Members: their ids, and changes between a read and a write.

use crate::{Database, NOW};
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use shared::accounts::Accounts;
use shared::members::{Addition, Email, Epochs, MemberId, Members, PasswordHash};

pub(crate) fn members(database: &Database) -> Members {
    let epochs = Epochs::new(database.client(), "EpochsTable".into());
    Members::new(database.client(), "MembersTable".into(), epochs)
}

pub(crate) fn accounts(database: &Database) -> Accounts {
    Accounts::new(members(database), crate::sessions::sessions(database))
}

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

pub(crate) fn some_hash(cost: u32) -> PasswordHash {
    format!("$2b${cost:02}$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u").parse().unwrap()
}

#[tokio::test]
async fn members_who_are_added_simultaneously_have_different_ids() {
    let database = Database::start().await;
    let accounts = accounts(&database);
    let emails: Vec<_> = (0..20).map(|number| email(&format!("m{number}@example.com"))).collect();
    let hash = some_hash(12);
    let added = join_all(emails.iter().map(|email| accounts.add(email, &hash, NOW))).await;
    let mut ids: Vec<_> = added.into_iter().map(|it| it.unwrap().unwrap().get()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_email_added_ten_times_simultaneously_is_one_member() {
    let database = Database::start().await;
    let (accounts, members) = (accounts(&database), members(&database));
    let (ada, hash) = (email("ada@example.com"), some_hash(12));
    let added = join_all((0..10).map(|_| accounts.add(&ada, &hash, NOW))).await;
    let ids: Vec<_> = added.into_iter().filter_map(|it| it.unwrap()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(members.get(&ada).await.unwrap().unwrap().id(), ids[0]);
    assert!(accounts.add(&email(" ADA@example.com"), &hash, NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn a_renewal_replaces_only_the_hash_that_was_verified() {
    let database = Database::start().await;
    let members = members(&database);
    let ada = email("ada@example.com");
    accounts(&database).add(&ada, &some_hash(4), NOW).await.unwrap();
    let member = members.get(&ada).await.unwrap().unwrap();
    assert!(members.renew_hash(&member, &some_hash(4), &some_hash(12)).await.unwrap());
    assert!(!members.renew_hash(&member, &some_hash(4), &some_hash(11)).await.unwrap());
    let now = members.get(&ada).await.unwrap().unwrap();
    assert_eq!(now.password_hash(), Some(&some_hash(12)));
}

#[tokio::test]
async fn a_missing_member_cannot_be_changed() {
    let database = Database::start().await;
    let (accounts, members) = (accounts(&database), members(&database));
    accounts.add(&email("ada@example.com"), &some_hash(12), NOW).await.unwrap();
    assert!(members.get(&email("MEMBER_IDS")).await.unwrap().is_none());
    let ada = members.get(&email("ada@example.com")).await.unwrap().unwrap();
    for _ in 0..2 {
        accounts.remove(&ada, NOW).await.unwrap();
    }
    assert!(!accounts.set_password(&ada, &some_hash(12), NOW).await.unwrap());
    assert!(!accounts.disable(&ada, NOW).await.unwrap());
    assert!(!accounts.enable(&ada).await.unwrap());
    assert!(members.get(ada.email()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_list_contains_every_member_and_no_other_item() {
    let database = Database::start().await;
    let (accounts, members) = (accounts(&database), members(&database));
    let seven = MemberId::new(7).unwrap();
    let kept = members.add_with_id(&email("kept@example.com"), Some(&some_hash(12)), seven, NOW).await;
    assert_eq!(kept.unwrap(), Addition::Added);
    let emails: Vec<_> = (0..20).map(|number| email(&format!("m{number}@example.com"))).collect();
    let hash = some_hash(12);
    join_all(emails.iter().map(|email| accounts.add(email, &hash, NOW))).await;
    let listed: Vec<_> = members.list().try_collect().await.unwrap();
    let mut ids: Vec<_> = listed.iter().map(|member| member.id().get()).collect();
    ids.sort_unstable();
    assert_eq!(ids.len(), 21);
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert!(listed.iter().all(|member| member.created_at() == Some(NOW) && member.has_hash(&hash)));
}
