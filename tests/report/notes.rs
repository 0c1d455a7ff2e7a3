//! The author's Markdown: formatted where it is Markdown, text where it is anything else.

use expect_test::{Expect, expect};
use microtome::report::*;

use crate::markup::assert_well_formed;

/// The notes of a page as markup.
fn check(notes: &str, expected: Expect) {
    let page = render(&Report { notes: notes.to_owned(), ..Report::default() });
    assert_well_formed(&page);
    let (_, rest) = page.split_once("<div class=\"notes\">").unwrap();
    expected.assert_eq(rest.split_once("</div></section>").unwrap().0.trim_end());
}

#[test]
fn markdown_is_formatted() {
    check(
        "We *hope* for `conv`:\n\n- one\n- **two**\n",
        expect![[r#"
            <p>We <em>hope</em> for <code>conv</code>:</p>
            <ul>
            <li>one</li>
            <li><strong>two</strong></li>
            </ul>"#]],
    );
}

#[test]
fn html_stays_text() {
    check(
        "<script>alert(1)</script>\n\na <b onclick=\"x\">bold</b> & <img src=x onerror=alert(1)>",
        expect![[r#"
            <p>&lt;script&gt;alert(1)&lt;/script&gt;
            </p>
            <p>a &lt;b onclick="x"&gt;bold&lt;/b&gt; &amp; &lt;img src=x onerror=alert(1)&gt;</p>"#]],
    );
}

#[test]
fn only_links_that_open_a_page_or_a_letter_are_links() {
    check(
        "[a](https://a.example/?b=1&c=\"d\") [b](javascript:alert(1)) [c](MAILTO:c@d.example) \
         [d](data:text/html,x) [e](/etc/passwd) <https://f.example> [g](//g.example)",
        expect![[
            r#"<p><a href="https://a.example/?b=1&amp;c=&quot;d&quot;" rel="noreferrer">a</a> b <a href="MAILTO:c@d.example" rel="noreferrer">c</a> d e <a href="https://f.example" rel="noreferrer">https://f.example</a> g</p>"#
        ]],
    );
}

#[test]
fn pictures_are_not_fetched() {
    check(
        "See ![the *slide*](https://a.example/slide.png).",
        expect!["<p>See the <em>slide</em>.</p>"],
    );
}

#[test]
fn headings_join_the_outline_of_the_page() {
    check(
        "#### Deep first\n\n# Top\n\n### Skipped one\n",
        expect![[r#"
            <h3>Deep first</h3>
            <h3>Top</h3>
            <h4>Skipped one</h4>"#]],
    );
}

#[test]
fn tables_scroll_in_a_frame() {
    check(
        "| a | b |\n|---|---|\n| <i> | 2 |\n",
        expect![[r#"
            <div class="scroll" role="region" aria-label="Table in the notes" tabindex="0"><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>
            <tr><td>&lt;i&gt;</td><td>2</td></tr>
            </tbody></table></div>"#]],
    );
}

#[test]
fn without_notes_there_is_no_section() {
    let page = render(&Report { notes: " \n".to_owned(), ..Report::default() });
    assert!(!page.contains("id=\"notes\""));
}
