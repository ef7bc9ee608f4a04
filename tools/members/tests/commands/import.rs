//! Importing members of another application.

use crate::program::{HASH, OTHER_HASH, PASSWORD, Tables, counts, email, file, said};
use serde_json::json;
use std::fs::read_to_string;
use std::path::Path;

/// The lines of the report next to the imported file, without the heading.
fn report(path: &Path) -> Vec<String> {
    let report = read_to_string(path.with_extension("rejected.csv")).unwrap();
    assert!(
        !report.contains("$2") && !report.contains("L6Bc") && !report.contains("example"),
        "the report tells"
    );
    let mut lines = report.lines();
    assert_eq!(lines.next().unwrap(), "line,loaded,reason");
    lines.map(|line| line.replace('"', "")).collect() // a reason that contains a comma is in quotes
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_loaded_and_a_second_run_changes_nothing() {
    let tables = Tables::start().await;
    let path =
        file(format!("\u{feff}Email,Hash\r\nAda@Example.com,{HASH}\r\n\"bob@example.com\",\"{HASH}\",\n\n"));
    let first = tables.import(&path);
    assert_eq!((&first.record()["total"], &first.record()["skipped"]), (&json!(4), &json!(2)));
    assert_eq!(counts(&first), [2, 0, 0]);
    assert!(!path.with_extension("rejected.csv").exists());
    let scan = async || {
        let mut items =
            tables.client().scan().table_name("MembersTable").send().await.unwrap().items.unwrap();
        items.sort_by_key(|item| item["email"].as_s().unwrap().clone());
        items
    };
    let before = scan().await;
    assert_eq!(counts(&tables.import(&path)), [0, 2, 0]);
    assert_eq!(scan().await, before);
    let ada = tables.members().get(&email("ada@example.com")).await.unwrap().unwrap();
    assert!(ada.has_hash(&HASH.parse().unwrap()) && !ada.is_disabled());
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_lines_are_reported_by_number_and_the_others_loaded() {
    let tables = Tables::start().await;
    let lines = [
        format!("ada@example.com,{HASH},10"),
        "bob@example.com,secret".to_owned(),
        format!(" ADA@example.com,{HASH}"),
        format!("carl@example.com,{HASH},10"),
        HASH.to_owned(),
        format!("dora@example.com,{HASH},12"),
    ];
    let path = file(lines.join("\n"));
    let said = tables.import(&path);
    assert_eq!((said.code, counts(&said)), (Some(1), [2, 0, 4]));
    assert!(said.error_line().starts_with("cannot load 4 lines: "));
    let expected = [
        "2,no,the hash is of an unknown kind; only bcrypt hashes of version 2a, 2b or 2y can be verified",
        "3,no,the email is the same as in line 1, perhaps spelled differently",
        "4,no,the member id is the same as in line 1",
        "5,no,the line has 1 fields instead of an email, a hash and optionally a member id",
    ];
    assert_eq!(report(&path), expected);
    assert_eq!(counts(&tables.import(&path)), [0, 2, 4]);
    assert_eq!(report(&path), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fields_are_separated_as_the_command_says() {
    let tables = Tables::start().await;
    let path = file(format!("user_id;Encrypted Password;E-Mail\n7.0;{HASH}; Ada@example.com\n"));
    tables.run(&["import", path.to_str().unwrap(), "--delimiter", "semicolon", "--json"]).record();
    let ada = tables.members().get(&email("ada@example.com")).await.unwrap().unwrap();
    assert!(ada.id().get() == 7 && ada.has_hash(&HASH.parse().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_file_is_one_line_and_nothing_is_loaded() {
    let tables = Tables::start().await;
    let member = format!("ada@example.com,{HASH}\n");
    for (content, reason) in [
        (format!("courriel,mot_de_passe\n{member}"), "line 1, \"courriel\", is neither a known heading nor "),
        ("email,hash\n\n".to_owned(), "it contains no member"),
    ] {
        let path = file(content);
        let said = tables.import(&path);
        let line = format!("cannot read {}: {reason}", path.display());
        assert!(said.error().starts_with(&line), "{}", said.error());
        assert!(!path.with_extension("rejected.csv").exists());
    }
    assert!(tables.run(&["list", "--json"]).records().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn members_without_a_bcrypt_hash_keep_their_id_and_have_no_password() {
    let tables = Tables::start().await;
    let path = file(format!(
        "email,hash,id\nada@example.com,pbkdf2_sha256$600000$salt$hash,10\nbob@example.com,,11\n\
         carl@example.com,{HASH},12\ndora@example.com,{},13\n",
        &HASH[..40]
    ));
    let refused = tables.import(&path);
    assert_eq!(counts(&refused), [1, 0, 3]);
    let advice = "add --without-password to load 2 of them without a password";
    assert!(refused.error_line().contains(advice), "{}", refused.error_line());

    let import = || tables.run(&["import", path.to_str().unwrap(), "--json", "--without-password"]);
    let said = import();
    assert_eq!((counts(&said), &said.json()[0]["withoutPassword"]), ([2, 1, 1], &json!(2)));
    assert!(report(&path)[0].starts_with("5,no,the hash is a bcrypt hash that was cut off"));
    let found = tables.run(&["find", "10", "--json"]).record();
    assert_eq!((&found["hasPassword"], &found["usableHash"]), (&json!(false), &json!(false)));
    assert!(tables.run(&["find", "bob@example.com"]).stdout.contains("no password"));

    tables.run_with(&["set-password", "10", "--password-stdin", "--allow-weak"], PASSWORD);
    assert_eq!(tables.run(&["find", "10", "--json"]).record()["hasPassword"], true);
    assert_eq!(counts(&import()), [0, 3, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_replaces_an_earlier_one_and_nothing_that_a_link_points_to() {
    let tables = Tables::start().await;
    let path = file("ada@example.com,secret\n");
    let report = path.with_extension("rejected.csv");
    let precious = path.with_file_name("precious");
    std::fs::write(&precious, "precious").unwrap();
    let import = || tables.run(&["import", path.to_str().unwrap()]);
    for target in [precious.as_path(), Path::new("nothing"), Path::new("/dev/null")] {
        std::os::unix::fs::symlink(target, &report).unwrap();
        let line = format!("cannot write the report {}: it is a link, ", report.display());
        assert!(import().error().starts_with(&line));
        std::fs::remove_file(&report).unwrap();
    }
    assert_eq!(read_to_string(&precious).unwrap(), "precious");
    assert!(!path.with_file_name("nothing").exists());
    // A second name for the same file. This name keeps the content when the report replaces the first name.
    std::fs::hard_link(&precious, &report).unwrap();
    import();
    import();
    assert_eq!(read_to_string(&precious).unwrap(), "precious");
    assert!(read_to_string(&report).unwrap().contains("1,no,\"the hash is "));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_hash_is_reported_and_does_not_replace_the_existing_one() {
    let tables = Tables::start().await;
    tables.import(&file(format!("ada@example.com,{HASH},7"))).record();
    let path = file(format!("ada@example.com,{OTHER_HASH}\n"));
    let said = tables.import(&path);
    assert_eq!((said.code, counts(&said)), (Some(1), [0, 0, 1]));
    let kept = "1,no,a member has this email with another password hash or none, and was not changed";
    assert_eq!(report(&path), [kept]);
    let path = file(format!("ada@example.com,{HASH},8\n"));
    assert_eq!(counts(&tables.import(&path)), [0, 0, 1]);
    let kept = "1,no,a member has this email and hash with another member id, and was not changed";
    assert_eq!(report(&path), [kept]);
    let ada = tables.members().get(&email("ada@example.com")).await.unwrap().unwrap();
    assert!(ada.has_hash(&HASH.parse().unwrap()) && ada.id().get() == 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_id_belongs_to_no_other_member() {
    let tables = Tables::start().await;
    for number in 1..=3 {
        assert_eq!(tables.add(&format!("m{number}@example.com")).record()["memberId"], number);
    }
    // The ids 2 and 3 are in use. The row without an id must not get an id that another row keeps, even a later row.
    let rows = [("two", "2"), ("three", "3"), ("ten", "10"), ("next", ""), ("twenty", "20"), ("five", "5")];
    let rows = rows.map(|(name, id)| format!("{name}@example.com,{HASH},{id}"));
    let path = file(rows.join("\n"));
    let said = tables.import(&path);
    assert_eq!((said.code, counts(&said)), (Some(1), [4, 0, 2]));
    let taken = |line| format!("{line},no,the member id is or was in use");
    assert_eq!(report(&path), [taken(1), taken(2)]);
    let id = async |name: &str| {
        let email = email(&format!("{name}@example.com"));
        tables.members().get(&email).await.unwrap().map(|member| member.id().get())
    };
    let ids = [id("ten").await, id("next").await, id("twenty").await, id("five").await];
    assert_eq!(ids, [Some(10), Some(4), Some(20), Some(5)]);
    assert_eq!(
        tables.add("later@example.com").record()["memberId"],
        7,
        "5 is kept, so the counter skips two"
    );

    let other = file(format!("thief@example.com,{HASH},10\nsix@example.com,{HASH},6\n"));
    assert_eq!(counts(&tables.import(&other)), [1, 0, 1]);
    assert_eq!((id("thief").await, id("six").await), (None, Some(6)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_with_too_high_a_cost_is_loaded_and_reported() {
    let tables = Tables::start().await;
    let path = file(format!("ada@example.com,{}\n", HASH.replace("$04$", "$11$")));
    let said = tables.import(&path);
    assert_eq!((counts(&said), said.record()["costTooHigh"].clone()), ([1, 0, 0], json!(1)));
    let line = "1,yes,the hash has a higher cost than BCRYPT_COST: no login until BCRYPT_COST is raised";
    assert_eq!(report(&path), [line]);
    assert_eq!(tables.run(&["list", "--json"]).record()["usableHash"], false);
    let text = tables.run(&["import", path.to_str().unwrap()]).stdout;
    let (done, todo) =
        ("1 line: 0 loaded, 1 already there, 0 not loaded", "1 cannot log in until BCRYPT_COST is raised");
    assert!(text.starts_with(&format!("{done}; {todo}; see ")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_or_would_be_overwritten_is_one_line() {
    let tables = Tables::start().await;
    let path = file(format!("ada@example.com,{HASH}\n"));
    let path = path.to_str().unwrap();
    for (arguments, line) in [
        (&["import", "/nowhere.csv"][..], "cannot read /nowhere.csv: "),
        (&["import", "/\u{1b}[31m.csv"], "cannot read /\\u{1b}[31m.csv: "),
        (
            &["import", "/dev/null"],
            "cannot read /dev/null: it must be a file, because it is read more than once",
        ),
        (
            &["import", path, "--report", path],
            &format!("the report {path} would overwrite the file to import"),
        ),
        (&["import", path, "--report", "/nowhere/x"], "cannot write the report /nowhere/x: "),
    ] {
        let said = tables.run(arguments);
        assert!(said.error().starts_with(line), "{}", said.error());
    }
    assert!(read_to_string(path).unwrap().contains(HASH));
    let nowhere = said(&tables.program_at("http://127.0.0.1:1", &["import", path]).output().unwrap());
    assert!(nowhere.error().starts_with("dispatch failure"), "{}", nowhere.error());
}
