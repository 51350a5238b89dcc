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

#[cfg(test)]
mod tests {
    use super::*;

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
