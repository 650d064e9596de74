//! The tests' own reading of a page.

use keyward_test_support::page::Page;

#[test]
fn a_form_is_sent_as_a_browser_sends_it() {
    let page = Page {
        status: 200,
        headers: Default::default(),
        path: "/sign-in".to_owned(),
        body: r#"<!doctype html><title>T</title><script>"<form>"</script>
            <h1>Sign <b>in</b></h1><!-- <input name=no> -->
            <form id="other"><button>Back</button></form>
            <form action='/sign-in?a=1&amp;b=2' method="POST"><input type=hidden name="turn" value="x&quot;y">
              <label for="user">User<span>name</span></label><input id="user" name="username" value="anna" required>
              <label>Keep me <input type="checkbox" name="keep"></label>
              <label>Kind <select name="kind"><option value="a">A<option value="b" selected>B</select></label>
              <input name="off" disabled><button type="button">Show</button>
              <button name="go" value="1">Continue</button></form>
            <input form="other" name="stray" value="s"><p role="alert">That is  wrong.</p>
            <a href="/else">Use another method</a>"#
            .to_owned(),
    };
    assert_eq!(page.heading(), "Sign in");
    assert_eq!(page.notice(), "That is wrong.");
    assert_eq!(page.link("Use another method").as_deref(), Some("/else"));
    assert!(page.try_form("Show").is_none());
    let form = page.form("Continue");
    assert_eq!(form.action, "/sign-in?a=1&b=2");
    assert_eq!(form.method, "post");
    let sent: Vec<_> = form
        .fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(sent, ["turn=x\"y", "username=anna", "kind=b", "go=1"]);
    let stray = page.form("Back").fields;
    assert_eq!(stray, [("stray".to_owned(), "s".to_owned())]);
}
