//! Makes a shape: a struct, its JSON Schema, and the list of its keys, all from one naming of each key.

macro_rules! shape {
    ($(#[$doc:meta])* $name:ident { $($(#[$part:meta])* $field:ident ($key:literal): $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, JsonSchema)]
        #[schemars(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$part])* #[schemars(rename = $key)] pub(super) $field: $type,)+
        }

        impl $name {
            /// The keys it knows.
            pub(super) const KEYS: &[&'static str] = &[$($key,)+];
        }
    };
}

pub(super) use shape;
