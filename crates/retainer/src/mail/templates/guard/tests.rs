//! What the guard refuses, and what it lets through.

use proptest::prelude::*;

use super::super::{MailKind, Values, fill};
use super::*;

const KIND: MailKind = MailKind::TicketWentOn;

fn judged(source: &str) -> Result<(), Wrong> {
    judge(source, Place::Body, &KIND.variables())
}

fn wrong(source: &str) -> Wrong {
    judged(source).expect_err(source)
}

#[test]
fn variables_filters_and_conditions_are_all_there_is() {
    let good = "{{ \"Hello\"|heading(\" \", person|upper) }},\n{# said to nobody #}\
                {% if status == \"completed\" and not said %}x{% elif person != what or balance %}y{% else %}z{% endif %}\n\
                {{ said|default(\"nothing\") }} {{ balance }} {{ link|button(\"Open \", number) }}";
    assert_eq!(judged(good), Ok(()));
}

#[test]
fn what_makes_much_of_little_is_refused_where_it_stands() {
    for hostile in [
        "{% set x = title %}",
        "{% set x = x ~ x %}",
        "{% set x %}{{ title }}{% endset %}",
        "{{ title ~ title }}",
        "{{ 'a' * 100000000 }}",
        "{{ 2 ** 64 }}",
        "{{ 1 + 1 }}",
        "{{ 9 // 0 }}",
        "{{ 'a' * 100000000 * 100000000 }}",
        "{% for x in title %}{% endfor %}",
        "{% for x in range(1000000) %}{% for y in range(1000000) %}a{% endfor %}{% endfor %}",
        "{% macro a() %}{{ a() }}{{ a() }}{% endmacro %}",
        "{% call a() %}{% endcall %}",
        "{% filter upper %}a{% endfilter %}",
        "{% with a = title %}{% endwith %}",
        "{% include 'x' %}",
        "{% extends 'x' %}",
        "{% import 'x' as y %}",
        "{% block a %}{% endblock %}",
        "{{ self.a() }}",
        "{{ loop(title) }}",
        "{{ range(9) }}",
        "{{ title.secret }}",
        "{{ title['x'] }}",
        "{{ title[0:9] }}",
        "{{ [title, title] }}",
        "{{ {'a': title} }}",
        "{{ (title, title) }}",
        "{{ title|replace('a', 'bb') }}",
        "{{ title|safe }}",
        "{{ title|upper(title) }}",
        "{{ title|default }}",
        "{{ title if title else what }}",
        "{% autoescape false %}{{ title }}{% endautoescape %}",
        "{% do title() %}",
        "{{ title is defined }}",
        "{{ -1 }}",
        "{{ 1 }}",
        "{{ true }}",
        "{{ title < what }}",
        "{{ title in what }}",
        "{{ title == what }}",
        "{{ not title }}",
        "{{ title|heading|upper }}",
        "{{ title|button('a') }}",
        "{{ title|heading(*what) }}",
        "{{ title|heading(a=what) }}",
        "{{ unknown }}",
        "{{ debug() }}",
    ] {
        assert_eq!(wrong(&format!("first\n  {hostile}")).line, 2, "{hostile}");
    }
    let undeclared = wrong("a\nå {{ secret }}");
    assert_eq!((undeclared.line, undeclared.column), (2, 6), "{undeclared}");
    assert!(undeclared.what.starts_with("There is no secret in this mail; there are number, title,"), "{undeclared}");
    let open = wrong("a\n\n  {% if title %}");
    assert!(open.line >= 3, "{open}");
}

#[test]
fn an_address_is_never_said_beside_words_that_would_carry_it_off() {
    for stolen in [
        "https://evil.example/?{{ link }}",
        "{{ link }}",
        "{{ link|upper }}",
        "{{ link|heading }}",
        "{{ title|heading(link) }}",
        "{{ link|button(link) }}",
        "{{ link|default('https://evil.example') }}",
        "{% if link == 'x' %}{% endif %}",
        "{{ 'https://evil.example'|button('Open') }}",
        "{{ title|button('Open') }}",
        "{{ link|button }}",
        "{{ balance|upper }}",
    ] {
        wrong(stolen);
    }
    for subject in ["{{ link|button('a') }}", "{{ link }}", "{{ balance }}", "{{ title|heading }}"] {
        judge(subject, Place::Subject, &KIND.variables()).expect_err(subject);
    }
    let of_reset = MailKind::ResetPassword.variables();
    for useless in
        ["Come in.", "{% if organization %}{{ link|button('a') }}{% endif %}", "{# {{ link|button('a') }} #}"]
    {
        let said = judge(useless, Place::Body, &of_reset).expect_err(useless);
        assert!(said.what.contains("of no use without link"), "{said}");
    }
    assert_eq!(judge("{{ link|button(organization) }}", Place::Body, &of_reset), Ok(()));
}

#[test]
fn what_is_no_template_is_told_in_words_of_a_mail() {
    for (source, line, says) in [
        ("Hello {{ title, it is done.\n{{ link|button(\"Open\") }}", 1, "ends with }}"),
        ("One\n{% include 'x' %}", 2, "A mail knows no {% include … %}"),
        ("{% if title %}One\ntwo", 1, "Write {% endif %}"),
        ("One {% endif %}", 1, "no {% if … %} before it"),
        ("{{ }}", 1, "Something is missing before }}"),
        ("{{ link|button(\"Open) }}", 1, "quotation mark"),
        ("{% if title", 1, "ends with %}"),
        ("{{ title @ }}", 1, "means nothing"),
        ("{% for x in %}", 1, ""),
    ] {
        let Wrong { what, line: found, .. } = wrong(source);
        assert!(what.contains(says) && found == line, "{source}: line {found}: {what}");
        let of_programmers = ["nexpected", "nknown", "statement", "variable block", "identifier", "end of input"];
        assert!(!of_programmers.iter().any(|word| what.contains(word)), "{source}: {what}");
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_refused_fast() {
    let begun = std::time::Instant::now();
    assert!(wrong(&"a".repeat(LONGEST + 1)).what.contains("longer"));
    let most = |piece: &str| piece.repeat(LONGEST / piece.len() - 4);
    for hostile in [
        format!("{}x{}", "{% if title %}".repeat(200), "{% endif %}".repeat(200)),
        format!("{{{{ {}title{} }}}}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("{{{{ {}title }}}}", most("not ")),
        format!("{{{{ title{} }}}}", most("|upper")),
        format!("{{{{ title{} }}}}", most("[0]")),
        format!("{{{{ title{} }}}}", most(".a")),
        format!("{{{{ title{} }}}}", most("~title")),
        format!("{{{{ {} }}}}", most("-")),
        format!("{{{{ {} }}}}", most("[")),
        format!("{{% if title{} %}}{{% endif %}}", most(" and title")),
        format!("{{% if title %}}{}{{% endif %}}", most("{% elif title %}")),
    ] {
        wrong(&hostile);
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "it took {:?}", begun.elapsed());
}

/// Pieces that templates are made of, the good and the bad.
fn piece() -> impl Strategy<Value = String> {
    let names: Vec<String> = KIND.variables().iter().map(|known| known.name.to_owned()).collect();
    let name = prop::sample::select(names);
    prop_oneof![
        "[a-z \n<&\"']{0,12}",
        "\\PC{0,6}",
        name.clone().prop_map(|name| format!("{{{{ {name} }}}}")),
        (
            name.clone(),
            prop::sample::select(vec![
                "upper",
                "lower",
                "default('x')",
                "heading",
                "heading('a')",
                "button('b')",
                "safe"
            ])
        )
            .prop_map(|(name, filter)| format!("{{{{ {name}|{filter} }}}}")),
        name.clone().prop_map(|name| format!("{{% if {name} %}}")),
        (name, "[a-z]{1,4}").prop_map(|(name, word)| format!("{{% elif {name} == '{word}' %}}")),
        prop::sample::select(vec![
            "{% else %}",
            "{% endif %}",
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "{% set x = 1 %}",
            "{% raw %}",
            "{% endraw %}",
            "-}}",
            "{%-"
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_the_guard_lets_through_can_be_filled_in_and_stays_small(pieces in prop::collection::vec(piece(), 0..24)) {
        let source = pieces.concat();
        if judged(&source).is_ok() {
            let values = Values::example(KIND);
            let filled = fill::fill(&source, &values, fill::MOST);
            let most = values.longest();
            prop_assert!(filled.is_ok(), "{source:?}: {filled:?}");
            // Each variable at most as often as its name stands there.
            prop_assert!(filled.unwrap_or_default().len() <= source.len() * (most + 8));
        }
    }

    #[test]
    fn nothing_makes_the_guard_stumble(source in "\\PC{0,200}") {
        if let Err(wrong) = judged(&source) {
            prop_assert!(wrong.line >= 1 && wrong.column >= 1 && !wrong.what.is_empty());
        }
    }
}
