//! Files with keys' secrets and counters: as the tools write them, as people damage them.

use keyward_core::clock::Timestamp;
use keyward_core::protocols::provisioning::{
    Contents, CounterRecord, Counters, Format, KeyRecord, LockCode, RowFault, detect,
    personalization, script, text, ykksm, ykval,
};
use keyward_core::protocols::yubico::{PublicId, modhex};
use proptest::prelude::*;
use zeroize::Zeroizing;

const AES: &str = "ecde18dbe76fbd0c33330f1c354871db";

/// The one record of a file of one row.
fn only<T: std::fmt::Debug>(contents: Contents<T>) -> T {
    let [row] = <[_; 1]>::try_from(contents.rows).expect("one row");
    row.row.expect("a sound row")
}

fn fault(line: &str) -> RowFault {
    let contents = ykksm::read(line);
    let [row] = <[_; 1]>::try_from(contents.rows).expect("one row");
    row.row.expect_err("a bad row")
}

fn ykval_fault(line: &str) -> RowFault {
    let contents = ykval::read(line);
    let [row] = <[_; 1]>::try_from(contents.rows).expect("one row");
    row.row.expect_err("a bad row")
}

fn seconds(moment: &str) -> i64 {
    let row = format!("1,cccccccccccb,000000000001,{AES},,{moment}");
    let created = only(ykksm::read(&row)).created;
    created.expect("a time").seconds()
}

#[test]
fn the_reference_format_is_read_with_its_comments_and_its_trailing_comma() {
    let file = format!(
        "# ykksm 1\n# serialnr,identity,internaluid,aeskey,lockpw,created,accessed[,progflags]\n\
         4711,dlcfffckrcde,ca62baca62ba,{AES},be70aeca62ba,2009-01-22 00:25:11,\n\
         \n\
         4712,DLCFFFCKRCDE,CA62BACA62BA,{},000000000000,2009-01-22T00:25:11,2009-02-13 00:05:40,4711 # anna's\n\
         # the end\n",
        AES.to_uppercase()
    );
    assert_eq!(detect(&file), Some(Format::Ykksm));
    let contents = ykksm::read(&file);
    let lines: Vec<usize> = contents.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [3, 5]);
    let records: Vec<KeyRecord> = contents
        .rows
        .into_iter()
        .map(|row| row.row.expect("a sound row"))
        .collect();
    let [first, second] = records.as_slice() else {
        panic!("{records:?}");
    };
    assert_eq!(first.serial, Some(4711));
    assert_eq!(first.public_id.as_str(), "dlcfffckrcde");
    assert_eq!(*first.private_id, [0xca, 0x62, 0xba, 0xca, 0x62, 0xba]);
    assert_eq!(first.aes_key[..2], [0xec, 0xde]);
    assert_eq!(
        first.lock_code,
        LockCode::new([0xbe, 0x70, 0xae, 0xca, 0x62, 0xba])
    );
    assert_eq!(
        first.created.map(Timestamp::rfc3339).as_deref(),
        Some("2009-01-22T00:25:11Z")
    );
    assert_eq!(first.accessed, None);
    assert!(first.agrees_with(second));
    assert_eq!(second.lock_code, None, "zeros are no code");
    assert_eq!(
        second.accessed.map(Timestamp::rfc3339).as_deref(),
        Some("2009-02-13T00:05:40Z")
    );
}

#[test]
fn what_ykman_and_the_personalization_tool_append_is_read() {
    // Columns as `ykman otp yubiotp --config-output` 5.9 and the "Yubico format" have them.
    let file = format!(
        "1234567,cccccccccccb,000000000001,{AES},,2026-11-22T03:57:15,\r\n\
         ,cccccccccccd,000000000002,{AES},0102030405ff,2026-11-22T03:57:15,\r\n\
         1234567,ccccccccccce,0,0123456789abcdef0123456789abcdef01234567,,2026-11-22T03:57:15,\r\n\
         1234567,,0,0123456789abcdef0123456789abcdef01234567,,2026-11-22T03:57:15,\r\n\
         1234567,,,,,2026-11-22T03:57:15,\r\n"
    );
    assert_eq!(detect(&file), Some(Format::Ykksm));
    let contents = ykksm::read(&file);
    assert_eq!(
        contents.others, 3,
        "HOTP, challenge-response, static password"
    );
    let [first, second] = contents.rows.as_slice() else {
        panic!("{contents:?}");
    };
    assert_eq!(first.row.as_ref().expect("sound").serial, Some(1_234_567));
    let second = second.row.as_ref().expect("sound");
    assert_eq!(second.serial, None);
    assert_eq!(second.lock_code, LockCode::new([1, 2, 3, 4, 5, 0xff]));
}

#[test]
fn the_traditional_log_is_read_whatever_the_machine_calls_a_time() {
    for time in [
        "12/11/2013 11:10",
        "1/3/15 10:48 PM",
        "Mi., 11. Dez. 2013, 16:43",
        "déc.",
    ] {
        let file = format!(
            "LOGGING START,{time}\n\
             Static Password: Scan Code,{time},1,282828051212172c092728,,,,,0,0,0,0,0,0,0,0,0,0\n\
             Yubico OTP,{time},1,vvgutbiedkvi,ab86c04de6a3,{AES},,0102030405ff,0,0,0,0,0,0,0,0,0,0\n\
             OATH-HOTP,{time},1,cccccccccccc,,916821d3a138bf855e70069605559a206ba854cd,,,0,0,0,6,0,0,0,0,0,0\n"
        );
        assert_eq!(detect(&file), Some(Format::Personalization));
        let contents = personalization::read(&file);
        assert_eq!(contents.others, 2);
        let record = only(contents);
        assert_eq!(record.public_id.as_str(), "vvgutbiedkvi");
        assert_eq!(*record.private_id, [0xab, 0x86, 0xc0, 0x4d, 0xe6, 0xa3]);
        assert_eq!(record.lock_code, LockCode::new([1, 2, 3, 4, 5, 0xff]));
        assert_eq!((record.serial, record.created), (None, None));
    }
}

#[test]
fn a_log_of_an_older_tool_with_fewer_flags_is_read() {
    let row = format!("Yubico OTP,1/3/15 10:48 PM,2,brknecvrdjcr,f365a983aa27,{AES},,,0,0");
    assert_eq!(
        only(personalization::read(&row)).public_id.as_str(),
        "brknecvrdjcr"
    );
    let cut = personalization::read("Yubico OTP,1/3/15 10:48 PM,2\n");
    assert_eq!(cut.rows[0].row, Err(RowFault::Columns));
}

#[test]
fn a_validators_dump_is_read_with_commas_and_with_tabs() {
    let row = "1,1359470658,1359470659,cccccccccccb,2,1,32729,4,aoincuhfuahs";
    let expected = CounterRecord {
        is_active: true,
        created: Some(Timestamp::from_seconds(1_359_470_658)),
        modified: Some(Timestamp::from_seconds(1_359_470_659)),
        public_id: PublicId::parse("cccccccccccb").expect("an id"),
        counters: Some(Counters {
            session: 2,
            usage: 1,
            low: 32729,
            high: 4,
        }),
        nonce: "aoincuhfuahs".to_owned(),
        notes: String::new(),
    };
    assert_eq!(only(ykval::read(row)), expected);
    assert_eq!(only(ykval::read(&format!("{row},"))), expected);
    let noted = only(ykval::read(&format!("# comment\n\n{row},ben, not anna\n")));
    assert_eq!(noted.notes, "ben, not anna");
    let tabs = format!("{}\t\n", row.replace(',', "\t"));
    assert_eq!(detect(&tabs), Some(Format::Ykval));
    assert_eq!(only(ykval::read(&tabs)), expected);
    assert_eq!(detect(row), Some(Format::Ykval));
}

#[test]
fn a_key_that_the_validator_never_saw_used_has_no_counters() {
    let row = "0,1359470658,1359470658,cccccccccccb,-1,-1,-1,-1,0000000000000000,";
    let record = only(ykval::read(row));
    assert_eq!((record.is_active, record.counters), (false, None));
    assert_eq!(record.nonce, "");
    assert_eq!(ykval::row(&record), row);
}

#[test]
fn each_damage_to_a_row_has_its_own_code() {
    for (row, expected) in [
        (
            format!("x,cccccccccccb,000000000001,{AES}"),
            RowFault::Serial,
        ),
        (
            format!("-1,cccccccccccb,000000000001,{AES}"),
            RowFault::Serial,
        ),
        (
            format!("99999999999999999999,cccccccccccb,000000000001,{AES}"),
            RowFault::Serial,
        ),
        (
            format!("1,cccccccccccx,000000000001,{AES}"),
            RowFault::PublicId,
        ),
        (
            format!("1,ccccccccccccccccc,000000000001,{AES}"),
            RowFault::PublicId,
        ),
        (format!("1,,000000000001,{AES}"), RowFault::PublicId),
        (
            format!("1,cccccccccccb,00000000001,{AES}"),
            RowFault::PrivateId,
        ),
        (format!("1,cccccccccccb,,{AES}"), RowFault::PrivateId),
        (
            format!("1,cccccccccccb,000000000001,{}", &AES[2..]),
            RowFault::AesKey,
        ),
        (
            format!("1,cccccccccccb,000000000001,{AES}00"),
            RowFault::AesKey,
        ),
        ("1,cccccccccccb,000000000001,".to_owned(), RowFault::AesKey),
        (
            format!("1,cccccccccccb,000000000001,{AES},12"),
            RowFault::LockCode,
        ),
        (
            format!("1,cccccccccccb,000000000001,{AES},,yesterday"),
            RowFault::Created,
        ),
        (
            format!("1,cccccccccccb,000000000001,{AES},,2009-02-30 00:00:00"),
            RowFault::Created,
        ),
        (
            format!("1,cccccccccccb,000000000001,{AES},,,,,1"),
            RowFault::Columns,
        ),
        ("1,cccccccccccb,000000000001".to_owned(), RowFault::Columns),
        ("cccccccccccb".to_owned(), RowFault::Columns),
        (
            "1,cccccccccccb,,,,2009-01-22T00:25:11,".to_owned(),
            RowFault::Withheld,
        ),
    ] {
        assert_eq!(fault(&row), expected, "{row}");
    }
    for (row, expected) in [
        ("2,1,1,cccccccccccb,2,1,3,4,n", RowFault::Active),
        ("1,x,1,cccccccccccb,2,1,3,4,n", RowFault::Created),
        ("1,999999999999,1,cccccccccccb,2,1,3,4,n", RowFault::Created),
        ("1,1,1,ccccccccccca,2,1,3,4,n", RowFault::PublicId),
        ("1,1,1,cccccccccccb,65536,1,3,4,n", RowFault::Counter),
        ("1,1,1,cccccccccccb,+2,1,3,4,n", RowFault::Counter),
        ("1,1,1,cccccccccccb,2,256,3,4,n", RowFault::Use),
        ("1,1,1,cccccccccccb,2,-1,3,4,n", RowFault::Use),
        ("1,1,1,cccccccccccb,2,1,65536,4,n", RowFault::Timestamp),
        ("1,1,1,cccccccccccb,2,1,3,256,n", RowFault::Timestamp),
        ("1,1,1,cccccccccccb,2,1,3,4,a b", RowFault::Nonce),
        ("1,1,1,cccccccccccb,2,1,3,4", RowFault::Columns),
    ] {
        assert_eq!(ykval_fault(row), expected, "{row}");
    }
}

#[test]
fn every_fault_has_a_code_and_a_sentence_of_its_own() {
    for fault in RowFault::ALL {
        assert!(fault.code().starts_with("row."), "{fault:?}");
        assert!(fault.meaning().ends_with('.'), "{fault:?}");
        let same = RowFault::ALL
            .iter()
            .filter(|other| other.code() == fault.code());
        assert_eq!(same.count(), 1, "{fault:?}");
    }
}

#[test]
fn one_bad_row_says_nothing_about_the_others() {
    let file = format!("nonsense\n1,cccccccccccb,000000000001,{AES}\nmore nonsense\n");
    let rows = ykksm::read(&file).rows;
    let told: Vec<(usize, bool)> = rows.iter().map(|row| (row.line, row.row.is_ok())).collect();
    assert_eq!(told, [(1, false), (2, true), (3, false)]);
}

#[test]
fn a_file_is_read_whatever_wrote_its_bytes() {
    let row = format!("1,cccccccccccb,000000000001,{AES}\r\n");
    let wide = |join: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(row.encode_utf16());
        units.flat_map(join).collect()
    };
    for bytes in [
        row.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", row.as_bytes()].concat(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ] {
        let text = text(&bytes);
        assert_eq!(detect(&text), Some(Format::Ykksm));
        assert_eq!(only(ykksm::read(&text)).serial, Some(1));
    }
    // A log in the machine's old encoding: the time is not ours to read.
    let log = [
        b"Yubico OTP,d\xe9c.,1,vvgutbiedkvi,ab86c04de6a3,",
        AES.as_bytes(),
    ]
    .concat();
    let log = text(&log);
    assert_eq!(
        only(personalization::read(&log)).public_id.as_str(),
        "vvgutbiedkvi"
    );
}

#[test]
fn what_a_spreadsheet_or_a_database_tool_makes_of_a_file_is_read() {
    let keys = format!(
        "serialnr,identity,internaluid,aeskey,lockpw,created,accessed,progflags\r\n\
         \"1\",\"cccccccccccb\", \"000000000001\" ,\"{AES}\",\"\",\"2009-01-22 00:25:11\",,\r\n"
    );
    assert_eq!(detect(&keys), Some(Format::Ykksm));
    assert_eq!(only(ykksm::read(&keys)).serial, Some(1));
    let quoted = keys.lines().nth(1).expect("the row");
    assert_eq!(detect(quoted), Some(Format::Ykksm));
    let old = format!("# ykksm 1\r2,cccccccccccb,000000000001,{AES}\r");
    let row = &ykksm::read(&old).rows[0];
    assert_eq!(
        (row.line, row.row.is_ok()),
        (2, true),
        "lines that end with CR alone"
    );

    for names in [
        "active,created,modified,yk_publicname,yk_counter,yk_use,yk_low,yk_high,nonce,notes",
        "active,created,modified,publicname,counter,use,low,high,nonce,notes",
    ] {
        let dump =
            format!("{names}\n1,1359470658,1359470659,cccccccccccb,2,1,32729,4,aoincuhfuahs,\n");
        for dump in [dump.replace(',', "\t"), dump] {
            assert_eq!(detect(&dump), Some(Format::Ykval));
            assert_eq!(only(ykval::read(&dump)).public_id.as_str(), "cccccccccccb");
        }
    }
}

#[test]
fn what_is_no_file_of_keys_is_not_taken_for_one() {
    for text in [
        "",
        "\n\n",
        "hello",
        "a,b,c,d\n",
        "{\"a\": [1, 2, 3, 4]}",
        "# ykval\n# nothing\n",
    ] {
        assert_eq!(detect(text), None, "{text:?}");
    }
}

#[test]
fn a_time_is_read_as_the_tools_write_it() {
    assert_eq!(seconds("1970-01-01T00:00:01"), 1);
    assert_eq!(seconds("1970-01-01 00:01:00"), 60);
    assert_eq!(seconds("2009-02-24T17:41:57.123456Z"), 1_235_497_317);
    for none in ["", "NULL", "0000-00-00 00:00:00"] {
        let row = format!("1,cccccccccccb,000000000001,{AES},,{none},");
        assert_eq!(only(ykksm::read(&row)).created, None, "{none:?}");
    }
}

#[test]
fn withheld_secrets_leave_nothing_behind() {
    let id = PublicId::parse("cccccccccccb").expect("an id");
    let row = ykksm::withheld_row(Some(7), &id, Some(Timestamp::from_seconds(0)), None);
    assert_eq!(row, "7,cccccccccccb,,,,1970-01-01T00:00:00,");
    assert_eq!(fault(&row), RowFault::Withheld);
    let record = only(ykksm::read(&format!(
        "7,cccccccccccb,00000000abcd,{AES},0102030405ff"
    )));
    let printed = format!("{record:?} {:?}", record.lock_code);
    assert_eq!(printed, "KeyRecord(cccccccccccb..) Some(LockCode(..))");
}

#[test]
fn a_script_ends_in_rows_that_can_be_imported() {
    let record = only(ykksm::read(&format!("7,cccccccccccb,00000000abcd,{AES}")));
    for tool in [script::Tool::Ykman, script::Tool::Ykpersonalize] {
        let script = script::print(tool, script::Slot::One, std::slice::from_ref(&record));
        let rows = script.split("<<'KEYS'\n").nth(1).expect("rows");
        let rows = rows.strip_suffix("KEYS\n").expect("an end");
        assert_eq!(only(ykksm::read(rows)), record);
    }
}

fn moments() -> impl Strategy<Value = Option<Timestamp>> {
    // From 1970 to 9999; a zero in a dump is a time like others.
    prop::option::of((0..253_402_300_800_i64).prop_map(Timestamp::from_seconds))
}

prop_compose! {
    fn key_records()(
        serial in prop::option::of(1..=u64::from(u32::MAX)),
        public_id: [u8; 6],
        private_id: [u8; 6],
        aes_key: [u8; 16],
        lock_code: [u8; 6],
        created in moments(),
        accessed in moments(),
    ) -> KeyRecord {
        KeyRecord {
            serial,
            public_id: PublicId::parse(&modhex::encode(&public_id)).expect("an id"),
            private_id: Zeroizing::new(private_id),
            aes_key: Zeroizing::new(aes_key),
            lock_code: LockCode::new(lock_code),
            created,
            accessed,
        }
    }
}

prop_compose! {
    fn counter_records()(
        is_active: bool,
        created in 0..253_402_300_800_i64,
        modified in 0..253_402_300_800_i64,
        public_id: [u8; 6],
        counters in prop::option::of((0..=u16::MAX, 0..=u8::MAX, 0..=u16::MAX, 0..=u8::MAX)),
        nonce in "[0-9a-z]{1,40}",
        notes in "[a-z][a-z ]{0,40}[a-z]",
    ) -> CounterRecord {
        CounterRecord {
            is_active,
            created: Some(Timestamp::from_seconds(created)),
            modified: Some(Timestamp::from_seconds(modified)),
            public_id: PublicId::parse(&modhex::encode(&public_id)).expect("an id"),
            counters: counters.map(|(session, usage, low, high)| Counters {
                session,
                usage,
                low,
                high,
            }),
            nonce,
            notes,
        }
    }
}

proptest! {
    #[test]
    fn a_row_of_secrets_is_read_as_it_was_written(record in key_records()) {
        let row = ykksm::row(&record);
        prop_assert_eq!(detect(&row), Some(Format::Ykksm));
        prop_assert_eq!(&only(ykksm::read(&row)), &record);
        let mut short = record.clone();
        short.accessed = None;
        let row = ykksm::yubico_row(&record);
        prop_assert_eq!(detect(&row), Some(Format::Ykksm));
        prop_assert_eq!(only(ykksm::read(&row)), short);
    }

    #[test]
    fn the_reference_reader_accepts_every_row_that_is_written(record in key_records()) {
        // The columns that `ykksm-import` looks for.
        let row = ykksm::row(&record);
        let columns: Vec<&str> = row.split(',').collect();
        prop_assert_eq!(columns.len(), 7);
        let all = |text: &str, of: &str| !text.is_empty() && text.chars().all(|c| of.contains(c));
        prop_assert!(all(columns[0], "0123456789"));
        prop_assert!(all(columns[1], "cbdefghijklnrtuv"));
        for secret in &columns[2..5] {
            prop_assert!(all(secret, "0123456789abcdef"));
        }
        for time in &columns[5..] {
            prop_assert!(time.is_empty() || all(time, "T:0123456789 -"));
        }
    }

    #[test]
    fn a_row_of_counters_is_read_as_it_was_written(record in counter_records()) {
        let row = ykval::row(&record);
        prop_assert_eq!(detect(&row), Some(Format::Ykval));
        prop_assert_eq!(only(ykval::read(&row)), record);
    }

    #[test]
    fn no_text_makes_a_reader_fall_over(text in "\\PC{0,200}") {
        let _ = detect(&text);
        let _ = (ykksm::read(&text), personalization::read(&text), ykval::read(&text));
    }

    #[test]
    fn no_columns_make_a_reader_fall_over(
        columns in prop::collection::vec("[cbde0-9 ,#\t\"TZ:.-]{0,14}|Yubico OTP", 0..22),
        bytes: Vec<u8>,
    ) {
        let row = columns.join(",");
        let _ = detect(&row);
        let _ = (ykksm::read(&row), personalization::read(&row), ykval::read(&row));
        let text = text(&bytes);
        let _ = (ykksm::read(&text), personalization::read(&text), ykval::read(&text));
    }
}
