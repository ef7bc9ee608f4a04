//! Rate limits: the arithmetic of a token bucket, and buckets in the table.

mod bucket;
mod quota;

pub use bucket::{NotAdmitted, RateLimiter};
pub use quota::{BucketState, InvalidQuota, Quota};
