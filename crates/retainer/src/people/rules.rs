//! Pure decisions about who may make whom what.

use kernel::Role;

/// How much a role may do, for comparing.
const fn rank(role: Role) -> u8 {
    match role {
        Role::Owner => 5,
        Role::Admin => 4,
        Role::Developer => 3,
        Role::Member => 2,
        Role::Analyst => 1,
        Role::Customer => 0,
    }
}

/// Whether somebody with `own` role may make somebody a `given` role, or touch somebody who has it: nobody raises
/// anybody above themselves, so only owners make or touch owners. Without a role of its own the installation acts.
pub fn may_give(own: Option<Role>, given: Role) -> bool {
    own.is_none_or(|own| rank(given) <= rank(own))
}

/// What somebody uses, in words in which they know it again: "Firefox on Linux". From the header `User-Agent`, in which
/// browsers also name those they resemble, so the order of the names matters.
pub fn device(agent: &str) -> String {
    const BROWSERS: &[(&str, &str)] = &[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: &[(&str, &str)] = &[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named =
        |names: &[(&str, &'static str)]| names.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    match (named(BROWSERS), named(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) => name.to_owned(),
        (None, Some(name)) => format!("Browser on {name}"),
        (None, None) => "Browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_called_as_its_owner_calls_it() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36";
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1";
        for (agent, device_name) in [
            (chrome, "Chrome on Linux"),
            (&format!("{chrome} Edg/142.0"), "Edge on Linux"),
            (phone, "Safari on iPhone"),
            ("Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
            ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox on Android"),
            ("curl/8.0", "Browser"),
            ("", "Browser"),
        ] {
            assert_eq!(device(agent), device_name, "{agent}");
        }
    }

    #[test]
    fn nobody_raises_anybody_above_themselves() {
        for own in Role::ALL {
            for given in Role::ALL {
                let expected = own == given || *own == Role::Owner || rank(*own) > rank(*given);
                assert_eq!(may_give(Some(*own), *given), expected, "{own} makes {given}");
            }
        }
        assert!(!may_give(Some(Role::Admin), Role::Owner));
        assert!(may_give(None, Role::Owner));
    }
}
