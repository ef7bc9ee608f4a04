//! Importing members of another application.

use crate::program::{HASH, OTHER_HASH, PASSWORD, Said, Tables, email, file, said, wait_for};
use serde_json::json;
use std::fs::read_to_string;
use std::path::Path;

impl Tables {
    fn import(&self, path: &Path) -> Said {
        self.run(&["import", path.to_str().unwrap(), "--json"])
    }
}

/// The counts of an import: loaded, already there, rejected.
fn counts(said: &Said) -> [u64; 3] {
    let [tally] = &said.json()[..] else { panic!("not one record") };
    ["loaded", "alreadyThere", "rejected"].map(|name| tally[name].as_u64().unwrap())
}

/// The lines of the report beside the file, without its heading.
fn report(path: &Path) -> Vec<String> {
    let report = read_to_string(path.with_extension("rejected.csv")).unwrap();
    assert!(
        !report.contains("$2") && !report.contains("L6Bc") && !report.contains("example"),
        "the report tells"
    );
    let mut lines = report.lines();
    assert_eq!(lines.next().unwrap(), "line,loaded,reason");
    lines.map(unquoted).collect()
}

/// A reason that contains a comma is in quotes.
fn unquoted(line: &str) -> String {
    line.replace('"', "")
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
    let mut lines: Vec<Vec<u8>> = [
        format!("ada@example.com,{HASH},10"),
        "bob@example.com,secret".to_owned(),
        format!(" ADA@example.com,{HASH}"),
        format!("carl@example.com,{HASH},10"),
        HASH.to_owned(),
        format!("a@example.com,{HASH},1,2"),
        format!(",{HASH}"),
        format!("{},{HASH}", "x".repeat(255)),
        format!("dora@example.com,{HASH},0"),
        format!("dora@example.com,{HASH},+7"),
        format!("dora@example.com,{HASH},9007199254740992"),
        format!("\"erik@example.com,{HASH}"),
        "x".repeat(5000),
        format!("dora@example.com,{HASH},12"),
    ]
    .map(String::into_bytes)
    .into();
    lines.push([b"\xff@example.com,", HASH.as_bytes()].concat());
    let path = file(lines.join(&b'\n'));
    let said = tables.import(&path);
    assert_eq!((said.code, counts(&said)), (Some(1), [2, 0, 13]));
    assert!(said.error_line().starts_with("cannot load 13 lines: "));
    let expected = [
        "2,no,the hash is of an unknown kind; only bcrypt hashes of version 2a, 2b or 2y can be verified",
        "3,no,the email is that of line 1, perhaps in another spelling",
        "4,no,the member id is that of line 1",
        "5,no,the line has 1 fields, not an email, a hash and perhaps a member id",
        "6,no,the line has 4 fields, not an email, a hash and perhaps a member id",
        "7,no,the email must not be empty",
        "8,no,the email must not be over 254 bytes",
        "9,no,the member id is not a whole number from 1 to 9007199254740991",
        "10,no,the member id is not a whole number from 1 to 9007199254740991",
        "11,no,the member id is not a whole number from 1 to 9007199254740991",
        "12,no,the line has 1 fields, not an email, a hash and perhaps a member id",
        "13,no,the line is over 4096 bytes",
        "15,no,the line is not UTF-8: save the file as UTF-8",
    ];
    assert_eq!(report(&path), expected);
    assert_eq!(counts(&tables.import(&path)), [0, 2, 13]);
    assert_eq!(report(&path), expected);
}

/// Excel's "CSV (Macintosh)".
#[tokio::test(flavor = "multi_thread")]
async fn members_between_carriage_returns_are_all_loaded() {
    let tables = Tables::start().await;
    let path = file(["a", "b", "c"].map(|name| format!("{name}@example.com,{HASH}\r")).concat());
    let said = tables.import(&path);
    assert_eq!((counts(&said), &said.record()["total"]), ([3, 0, 0], &json!(3)));
    assert_eq!(tables.run(&["list", "--json"]).records().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_stand_as_the_heading_says_and_are_separated_as_the_command_says() {
    let tables = Tables::start().await;
    let path = file(format!("sep=;\nuser_id;Encrypted Password;E-Mail\n7.0;{HASH}; Ada@example.com\n"));
    let refused = tables.import(&path);
    assert!(refused.error().ends_with("name the separator with --delimiter"), "{}", refused.error());
    for delimiter in [";", "semicolon"] {
        tables.run(&["import", path.to_str().unwrap(), "--delimiter", delimiter, "--json"]).record();
    }
    let ada = tables.members().get(&email("ada@example.com")).await.unwrap().unwrap();
    assert!(ada.id().get() == 7 && ada.has_hash(&HASH.parse().unwrap()));

    let path = file(format!("email,hash\nbob@example.com\t{HASH}\ncarl@example.com|{HASH}\n"));
    tables.import(&path);
    let line = |number, found| {
        format!("{number},no,the fields are separated by {found}s: import the file with --delimiter {found}")
    };
    assert_eq!(report(&path), [line(2, "tab"), line(3, "pipe")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_understood_is_one_line_and_nothing_is_loaded() {
    let tables = Tables::start().await;
    let text = format!("ada@example.com,{HASH}\n");
    let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(unit).collect() };
    let marked = [&b"\xff\xfe"[..], &utf16(u16::to_le_bytes)].concat();
    let reason = "it is UTF-16: save it as UTF-8 and run the command again";
    for (content, reason) in [
        (marked, reason),
        (utf16(u16::to_le_bytes), reason),
        (utf16(u16::to_be_bytes), reason),
        (
            format!("email,hash,created_at\n{text}").into(),
            "the heading of column 3, \"created_at\", is not known: ",
        ),
        (format!("email,hash,E-Mail\n{text}").into(), "columns 1 and 3 have headings of the same meaning: "),
        (format!("email,id\n{text}").into(), "no heading says where the hashes are: "),
        (Vec::new(), "there is no member in it"),
        ("\u{feff}".into(), "there is no member in it"),
        (
            format!("courriel,mot_de_passe,actif\n{text}").into(),
            "line 1, \"courriel\", is neither a known heading nor a member: a heading names each column one of: email, ",
        ),
        (
            format!("\nUsers of admin@example.com\nemail,password,active\n{text}").into(),
            "line 2 is neither a known heading nor a member: a heading names ",
        ),
        (
            [&b"email,password,d\xe9sactiv\xe9\n"[..], text.as_bytes()].concat(),
            "line 1 is neither a known heading nor a member: the line is not UTF-8: ",
        ),
        (
            format!("email;hash\n{}", text.replace(',', ";")).into(),
            "line 1 is neither a known heading nor a member: the fields are separated by semicolons: ",
        ),
        (
            format!("user_email,user_pass,deactivated\n{text}").into(),
            "the heading of column 3, \"deactivated\", is not known: ",
        ),
        (
            br#"{"users": [{"localId": "a", "email": "ada@example.com"}]}"#.into(),
            "it is JSON, as of Firebase: turn it into CSV with jq -rn '",
        ),
        (b"email,hash\n\n".into(), "there is no member in it"),
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
async fn two_emails_in_a_field_are_no_email_and_null_is_an_empty_field() {
    let tables = Tables::start().await;
    let path = file(format!(
        "email,hash,id\n\"a@example.com, b@example.com\",{HASH},\na@x.example;b@x.example,{HASH},\n\
         c@example.com,{HASH},\"NULL\"\nd@example.com,\\N,\\N\nNULL,{HASH},1\n\\N,NULL,\n"
    ));
    assert_eq!(counts(&tables.import(&path)), [1, 0, 4]);
    let expected = [
        "2,no,the email must not contain white space",
        "3,no,the email must have one @ with something on both sides",
        "5,no,the hash is missing; only bcrypt hashes of version 2a, 2b or 2y can be verified",
        "6,no,the email must not be empty",
    ];
    assert_eq!(report(&path), expected);
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
    // Another name for the same file. It still has the content after the first name is replaced.
    std::fs::hard_link(&precious, &report).unwrap();
    import();
    import();
    assert_eq!(read_to_string(&precious).unwrap(), "precious");
    assert!(read_to_string(&report).unwrap().contains("1,no,\"the hash is "));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_hash_is_reported_and_does_not_replace_the_one_that_is_there() {
    let tables = Tables::start().await;
    tables.import(&file(format!("ada@example.com,{HASH},7"))).record();
    let path = file(format!("ada@example.com,{OTHER_HASH}\n"));
    let said = tables.import(&path);
    assert_eq!((said.code, counts(&said)), (Some(1), [0, 0, 1]));
    let kept = "1,no,a member has this email with another password hash or none, which was left as it is";
    assert_eq!(report(&path), [kept]);
    let path = file(format!("ada@example.com,{HASH},8\n"));
    assert_eq!(counts(&tables.import(&path)), [0, 0, 1]);
    let kept = "1,no,a member has this email and hash under another member id, which was left as it is";
    assert_eq!(report(&path), [kept]);
    let ada = tables.members().get(&email("ada@example.com")).await.unwrap().unwrap();
    assert!(ada.has_hash(&HASH.parse().unwrap()) && ada.id().get() == 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_ids_are_nobody_elses_before_and_after() {
    let tables = Tables::start().await;
    for number in 1..=3 {
        assert_eq!(tables.add(&format!("m{number}@example.com")).record()["memberId"], number);
    }
    // 2 and 3 are in use. The row without an id gets one that no row keeps, although it is before some of
    // them.
    let rows = [("two", "2"), ("three", "3"), ("ten", "10"), ("next", ""), ("twenty", "20"), ("five", "5")];
    let rows = rows.map(|(name, id)| format!("{name}@example.com,{HASH},{id}"));
    let path = file(rows.join("\n"));
    let said = tables.import(&path);
    assert_eq!((said.code, counts(&said)), (Some(1), [4, 0, 2]));
    let taken = |line| format!("{line},no,the member id is another member's, or was, or may have been");
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
async fn two_imports_at_once_give_no_id_twice() {
    let tables = Tables::start().await;
    let rows = |name: &str| {
        let row = |id| format!("{name}{id}@example.com,{HASH},{id}\n");
        (101..=200).map(row).collect::<Vec<_>>().concat()
    };
    let paths = [file(rows("a")), file(rows("b"))];
    let start = |path: &Path| tables.program(&["import", path.to_str().unwrap(), "--json"]).spawn().unwrap();
    let both = [start(&paths[0]), start(&paths[1])].map(wait_for);
    let counts = [counts(&both[0]), counts(&both[1])];
    assert_eq!((counts[0][0] + counts[1][0], counts[0][2] + counts[1][2]), (100, 100), "{counts:?}");
    let listed = tables.run(&["list", "--json"]).records();
    let mut ids: Vec<_> = listed.iter().map(|it| it["memberId"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (101..=200).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_is_too_dear_is_loaded_and_reported() {
    let tables = Tables::start().await;
    let path = file(format!("ada@example.com,{}\n", HASH.replace("$04$", "$11$")));
    let said = tables.import(&path);
    assert_eq!((counts(&said), said.record()["costTooHigh"].clone()), ([1, 0, 0], json!(1)));
    let line = "1,yes,the hash is of a higher cost than BCRYPT_COST: no login until that is raised";
    assert_eq!(report(&path), [line]);
    assert_eq!(tables.run(&["list", "--json"]).record()["usableHash"], false);
    let text = tables.run(&["import", path.to_str().unwrap()]).stdout;
    assert!(text.starts_with("1 line: 0 loaded, 1 already there, 0 not loaded; 1 cannot log in until "));
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
