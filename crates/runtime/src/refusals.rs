//! The macro that declares a verb's refusals.

/// Declares a verb's refusals: `Variant { field: Type } => Class, "domain.code", "Sentence with {field}."`, then
/// optionally `, at "/pointer"`. Fields become facts under their names.
#[macro_export]
macro_rules! refusals {
    ($(#[$doc:meta])* pub enum $name:ident { $(
        $(#[$vdoc:meta])* $variant:ident $({ $($(#[$fdoc:meta])* $field:ident : $type:ty),* $(,)? })?
            => $class:ident, $code:literal, $sentence:literal $(, at $pointer:literal)? ;
    )* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name { $( $(#[$vdoc])* $variant $({ $($(#[$fdoc])* #[doc = "A fact of the refusal."] $field : $type),* })? ),* }

        impl ::kernel::Refusal for $name {
            fn code(&self) -> &'static str {
                match self { $( Self::$variant { .. } => $code ),* }
            }
            fn class(&self) -> ::kernel::Class {
                match self { $( Self::$variant { .. } => ::kernel::Class::$class ),* }
            }
            #[allow(unused_variables, clippy::allow_attributes, reason = "not every sentence uses every fact")]
            fn sentence(&self) -> String {
                match self { $( Self::$variant { $($($field),*)? } => format!($sentence) ),* }
            }
            #[allow(unreachable_patterns, clippy::allow_attributes, reason = "the fallback is unused when all have pointers")]
            fn pointer(&self) -> Option<&str> {
                match self { $( $( Self::$variant { .. } => Some($pointer), )? )* _ => None }
            }
            fn facts(&self) -> $crate::serde_json::Map<String, $crate::serde_json::Value> {
                #[allow(unused_imports, clippy::allow_attributes, reason = "not every refusal has facts of any kind")]
                use $crate::refusals::Said as _;
                let mut facts = $crate::serde_json::Map::new();
                match self { $( Self::$variant { $($($field),*)? } => { $($( facts.insert(stringify!($field).to_owned(), $crate::serde_json::Value::String($crate::refusals::Fact($field).said())); )*)? } ),* }
                facts
            }
            fn as_any(&self) -> &dyn std::any::Any { self }
        }

        impl From<$name> for $crate::Error {
            fn from(refusal: $name) -> Self { Self::Refused(Box::new(refusal)) }
        }
    };
}

/// A fact of a refusal, as programs read it: an amount as its decimal, anything else as people read it.
#[derive(Debug)]
pub struct Fact<'a, T>(pub &'a T);

/// What a fact says.
pub trait Said {
    /// The text.
    fn said(&self) -> String;
}

impl<T: std::fmt::Display> Said for Fact<'_, T> {
    fn said(&self) -> String {
        self.0.to_string()
    }
}

impl Fact<'_, kernel::quantity::Hours> {
    /// The decimal; it comes before what [`Said`] says of anything.
    pub fn said(&self) -> String {
        self.0.0.decimal()
    }
}

impl Fact<'_, kernel::Quantity> {
    /// The decimal and the unit's sign; it comes before what [`Said`] says of anything.
    pub fn said(&self) -> String {
        format!("{} {}", self.0.decimal(), self.0.unit.sign())
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Class, Refusal as _};

    crate::refusals! {
        /// Why a cake was not cut.
        pub enum CutRefused {
            /// None is left.
            NoneLeft { wanted: u32 } => Exhausted, "cake.none_left", "You asked for {wanted} pieces, none is left.", at "/pieces";
            /// The kitchen is shut.
            Shut => Conflict, "cake.shut", "The kitchen is shut.";
        }
    }

    #[test]
    fn a_refusal_tells_people_and_programs() {
        let refusal = CutRefused::NoneLeft { wanted: 3 };
        assert_eq!(refusal.sentence(), "You asked for 3 pieces, none is left.");
        assert_eq!(
            (refusal.code(), refusal.class(), refusal.pointer()),
            ("cake.none_left", Class::Exhausted, Some("/pieces"))
        );
        assert_eq!(serde_json::Value::Object(refusal.facts()), serde_json::json!({"wanted": "3"}));
        assert_eq!(CutRefused::Shut.pointer(), None);
    }
}
