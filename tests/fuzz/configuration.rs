//! Values of the environment that are parsed.

use crate::NOW;
use crate::wire::request;
use lambda_http::http::{HeaderValue, header};
use shared::gateway::RequestParts;
use shared::gateway::origins::AllowedOrigins;
use shared::limits::Quota;
use shared::timestamp::Timestamp;

/// Reads bytes as a quota. A full bucket of that quota admits as many requests at one moment as its capacity.
pub(crate) fn quota(bytes: &[u8]) {
    let Some(quota) = text(bytes).and_then(|it| it.parse::<Quota>().ok()) else { return };
    let written = format!("{}/{}", quota.capacity(), quota.window());
    assert_eq!(written.parse::<Quota>().ok(), Some(quota));
    let burst =
        (0..).scan(Timestamp::default(), |tat, _| quota.admit(*tat, NOW).inspect(|next| *tat = *next));
    assert_eq!(burst.take(100).count(), quota.capacity().min(100) as usize);
}

/// Reads bytes as a list of origins. Every origin in the list is allowed, and no other value is.
pub(crate) fn origins(bytes: &[u8]) {
    let Some(list) = text(bytes) else { return };
    let Ok(allowed) = list.parse::<AllowedOrigins>() else { return };
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        assert!(passes(&allowed, name));
        let other = format!("{name}.");
        assert!(list.contains(&other) || !passes(&allowed, &other));
    }
    for never in ["null", "*", "", "https://elsewhere.test/", "file://", "https://A.test"] {
        assert!(!passes(&allowed, never));
    }
}

fn passes(allowed: &AllowedOrigins, origin: &str) -> bool {
    let mut parts = RequestParts::default();
    parts.headers.insert(header::ORIGIN, HeaderValue::from_str(origin).expect("an origin is header text"));
    allowed.check(&request(parts)).is_ok()
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
